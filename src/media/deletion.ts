import { record } from '../audit/audit.js'
import { addMs } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { Viewer } from '../lib/viewer.js'
import { PURGE_DELAY_MS } from './limits.js'
import { getMediaForUpdate, isMediaInUse, markDeleted, setAltText } from './queries.js'
import type { StoredMedia } from './queries.js'
import { noSuchMedia } from './uploads.js'

/** Changes what is said of a file of the viewer's. Not audited: it is no part of a post by itself. @throws NOT_FOUND node_not_found */
export async function updateMedia(
  tx: Tx,
  viewer: Viewer,
  { mediaId, altText }: { readonly mediaId: string; readonly altText: string | null | undefined },
): Promise<void> {
  await holdOwn(tx, viewer, mediaId)
  if (altText !== undefined) await setAltText(tx, mediaId, altText)
}

/**
 * Deletes a file of the viewer's that is used nowhere: nobody can fetch it from now on, and its bytes go within hours, unless
 * the law has them kept. Idempotent. Audited as a content modification.
 * @throws NOT_FOUND node_not_found; CONFLICT media_in_use
 */
export async function deleteMedia(tx: Tx, viewer: Viewer, mediaId: string, now: Date): Promise<void> {
  const held = await getMediaForUpdate(tx, mediaId)
  if (held?.ownerId !== viewer.userId) throw noSuchMedia()
  if (held.deletedAt) return
  if (await isMediaInUse(tx, mediaId))
    throw new AppError('CONFLICT', 'media_in_use', 'The file is in use: take it out first.', {
      path: ['input', 'mediaId'],
    })
  await markDeleted(tx, mediaId, purgeTimeOf(held, now), now)
  await record(
    tx,
    {
      action: 'media.deleted',
      category: 'CONTENT_MODIFICATION',
      severity: 'LOW',
      subject: { table: 'media_assets', id: mediaId },
      userId: viewer.userId,
      before: { kind: held.kind, state: held.state, sizeBytes: held.declaredSizeBytes },
      description: 'Deleted a file.',
    },
    now,
  )
}

/** Later than anything that may still be sent or made of it. */
const purgeTimeOf = ({ uploadExpiresAt }: StoredMedia, now: Date): Date =>
  addMs(uploadExpiresAt > now ? uploadExpiresAt : now, PURGE_DELAY_MS)

async function holdOwn(tx: Tx, { userId }: Viewer, mediaId: string): Promise<StoredMedia> {
  const held = await getMediaForUpdate(tx, mediaId)
  if (held?.ownerId !== userId || held.deletedAt) throw noSuchMedia()
  return held
}
