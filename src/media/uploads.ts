import { holdActor } from '../accounts/accounts.js'
import { SECOND_MS, addMs } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Db, Origin, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import { enqueue } from '../lib/jobs.js'
import { TIMEOUTS } from '../lib/timeouts.js'
import type { Viewer } from '../lib/viewer.js'
import { beginsOtherwise, inspectBytes, isType, refusalOfPixels, typeOfHead } from './inspection.js'
import {
  HEAD_BYTES,
  MAX_INSPECTED_AT_ONCE_BYTES,
  MAX_OPEN_UPLOADS,
  MAX_STORED_BYTES,
  UNUSED_KEEP_MS,
  UPLOAD_WINDOW_MS,
} from './limits.js'
import { failMedia, removeUpload } from './processing.js'
import { findStoredMedia, getMediaForUpdate, insertMedia, markUploaded, measureMedia } from './queries.js'
import type { Arrived, StoredMedia } from './queries.js'
import type { MediaServices } from './services.js'
import { newFolder, uploadKeyOf } from './storage.js'
import type { UploadTarget } from './storage.js'
import { processMediaJob, removeUploadJob } from './types.js'
import type { MediaFailure } from './types.js'
import type { WantedUpload } from './upload-input.js'

/** No file of this viewer's, or none that is there. */
export const noSuchMedia = (path: readonly string[] = ['input', 'mediaId']): AppError =>
  new AppError('NOT_FOUND', 'node_not_found', 'No such MediaAsset.', { path })

/**
 * Makes room for a file that its owner is about to send. Idempotent under the key. Not audited: nothing is there yet.
 * @throws FORBIDDEN account_limited; CONFLICT media_too_many_uploads, media_storage_full, idempotency_mismatch
 */
export async function requestMediaUpload(
  tx: Tx,
  viewer: Viewer,
  { idempotencyKey, ...wanted }: WantedUpload & { readonly idempotencyKey: string | null },
  now: Date,
): Promise<Remembered<{ mediaId: string }>> {
  // held: two requests at once do not both get the last room
  await holdActor(tx, viewer.userId, now)
  const call = { scope: viewer.userId, mutation: 'requestMediaUpload', key: idempotencyKey, request: wanted }
  return idempotently(tx, call, now, async () => {
    await checkRoom(tx, viewer, wanted, now)
    const { contentType, sizeBytes, sha256, ...rest } = wanted
    const mediaId = await insertMedia(
      tx,
      {
        ...rest,
        ownerId: viewer.userId,
        folder: newFolder(),
        declaredType: contentType,
        declaredSizeBytes: sizeBytes,
        declaredSha256: sha256 === null ? null : Buffer.from(sha256, 'hex'),
        uploadExpiresAt: addMs(now, UPLOAD_WINDOW_MS),
        purgeAfter: addMs(now, UNUSED_KEEP_MS),
      },
      now,
    )
    return { mediaId }
  })
}

async function checkRoom(tx: Tx, { userId, role }: Viewer, { sizeBytes }: WantedUpload, now: Date): Promise<void> {
  const { storedBytes, openUploads } = await measureMedia(tx, userId, now)
  if (openUploads >= MAX_OPEN_UPLOADS)
    throw new AppError(
      'CONFLICT',
      'media_too_many_uploads',
      `At most ${String(MAX_OPEN_UPLOADS)} uploads are open at once.`,
    )
  const maxBytes = MAX_STORED_BYTES[role]
  if (storedBytes + BigInt(sizeBytes) > BigInt(maxBytes))
    throw new AppError('CONFLICT', 'media_storage_full', `All files together have at most ${String(maxBytes)} bytes.`, {
      path: ['input', 'sizeBytes'],
    })
}

/** Where the owner of a file sends it; null when there is nothing to send any more. */
export async function findUploadTarget(
  db: Db,
  { storage }: MediaServices,
  mediaId: string,
  now: Date,
): Promise<UploadTarget | null> {
  const stored = await findStoredMedia(db, mediaId)
  if (stored?.state !== 'REQUESTED' || stored.uploadExpiresAt <= now) return null
  const { folder, declaredType, declaredSizeBytes, declaredSha256, uploadExpiresAt } = stored
  return await storage.targetOf({
    mediaId,
    key: uploadKeyOf(folder),
    contentType: declaredType,
    sizeBytes: declaredSizeBytes,
    sha256: declaredSha256,
    expiresAt: uploadExpiresAt,
    secondsLeft: Math.ceil((uploadExpiresAt.getTime() - now.getTime()) / SECOND_MS),
  })
}

/**
 * Looks at what the owner has sent, as far as can be done at once, and has the rest done as a job. Answers why the file was
 * refused, if it was. Idempotent: of two at once, one decides. Not audited.
 * @throws NOT_FOUND node_not_found; INVALID media_not_uploaded
 */
export async function completeMediaUpload(
  origin: Origin,
  media: MediaServices,
  viewer: Viewer,
  mediaId: string,
): Promise<MediaFailure | null> {
  const stored = await findStoredMedia(origin.db, mediaId)
  if (stored?.ownerId !== viewer.userId || stored.deletedAt) throw noSuchMedia()
  if (stored.state !== 'REQUESTED') return stored.failure
  const found = await lookAt(media, stored)
  const failure = await transaction(origin, (tx, now) => settle(tx, mediaId, found, now))
  if (failure) await removeUpload(media, stored.folder)
  return failure
}

type Found = { readonly failure: MediaFailure } | { readonly failure: null; readonly arrived: Arrived }

async function settle(tx: Tx, mediaId: string, found: Found, now: Date): Promise<MediaFailure | null> {
  const held = await getMediaForUpdate(tx, mediaId)
  if (!held || held.deletedAt) throw noSuchMedia()
  if (held.state !== 'REQUESTED') return held.failure
  // bytes may be sent again for as long as the address is good, and what was begun then may last
  const removeAt = addMs(held.uploadExpiresAt, TIMEOUTS.uploadMs)
  await enqueue(tx, removeUploadJob, { mediaId }, { key: `media:remove:${mediaId}`, runAt: removeAt })
  if (found.failure) {
    await failMedia(tx, mediaId, found.failure, now)
    return found.failure
  }
  await markUploaded(tx, mediaId, found.arrived, now)
  await enqueue(tx, processMediaJob, { mediaId }, { key: `media:process:${mediaId}` })
  return null
}

/** What can be said of a file without reading gigabytes; what cannot is left to the job, which reads all of it. */
async function lookAt({ storage }: MediaServices, stored: StoredMedia): Promise<Found> {
  const { kind, folder, declaredType, declaredSizeBytes, declaredSha256 } = stored
  const key = uploadKeyOf(folder)
  const sizeBytes = await storage.sizeOf(key)
  if (sizeBytes === null)
    throw new AppError('INVALID', 'media_not_uploaded', 'Nothing has arrived yet: send the file first.', {
      path: ['input', 'mediaId'],
    })
  if (sizeBytes !== declaredSizeBytes) return { failure: 'SIZE_MISMATCH' }
  const isRead = sizeBytes <= MAX_INSPECTED_AT_ONCE_BYTES
  const bytes = await storage.read(key, isRead ? {} : { firstBytes: HEAD_BYTES })
  const { head, sha256, isSuspicious } = await inspectBytes(bytes)
  const type = await typeOfHead(head)
  // a tag as long as the whole beginning says nothing of what follows it
  if (type === null ? !isUndecided(head, sizeBytes) : !isType(declaredType, type)) return { failure: 'TYPE_MISMATCH' }
  if (isRead && declaredSha256 && !sha256.equals(declaredSha256)) return { failure: 'CHECKSUM_MISMATCH' }
  if (isRead ? isSuspicious : beginsOtherwise(head)) return { failure: 'SUSPICIOUS' }
  const failure = kind === 'IMAGE' ? await refusalOfPixels(head) : null
  return failure
    ? { failure }
    : { failure: null, arrived: { detectedType: declaredType, sizeBytes, sha256: isRead ? sha256 : null } }
}

/** Whether the beginning is that of a tag which is longer than what was read. */
const isUndecided = (head: Buffer, sizeBytes: number): boolean =>
  head.toString('latin1', 0, 3) === 'ID3' && sizeBytes > head.length
