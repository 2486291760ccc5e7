import { addMs } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { UNUSED_KEEP_MS } from './limits.js'
import { holdMediaOf, setPurgeAfter } from './queries.js'
import type { MediaPurpose, MediaRow } from './types.js'
import { noSuchMedia } from './uploads.js'

/** Which files somebody attaches to something of theirs. */
export interface Attachment {
  readonly ownerId: string
  readonly ids: readonly string[]
  readonly purpose: MediaPurpose
  /** The input field that names them. */
  readonly path: readonly string[]
}

/**
 * Holds files of one owner until the transaction ends, so that nobody deletes them while they are being attached, and keeps
 * them from being swept. Answers them in the order of `ids`. A file that is not ready may be attached; `checkReady` says so.
 * @throws NOT_FOUND node_not_found for another's, one for another purpose, one never completed, and none at all;
 * INVALID media_refused for one that failed
 */
export async function holdMedia(tx: Tx, { ownerId, ids, purpose, path }: Attachment, now: Date): Promise<MediaRow[]> {
  const found = new Map((await holdMediaOf(tx, ownerId, ids)).map((row) => [row.id, row]))
  const held = ids.map((id) => {
    const row = found.get(id)
    if (row?.purpose !== purpose || row.state === 'REQUESTED') throw noSuchMedia(path)
    if (row.state === 'FAILED')
      throw new AppError('INVALID', 'media_refused', 'This file was refused: upload it anew.', { path })
    return row
  })
  await setPurgeAfter(tx, ids, addMs(now, UNUSED_KEEP_MS))
  return held
}

/**
 * Refuses to show files that are not ready yet.
 * @throws CONFLICT media_not_ready
 */
export function checkReady(held: readonly Pick<MediaRow, 'state'>[], path: readonly string[]): void {
  if (held.every(({ state }) => state === 'READY')) return
  throw new AppError('CONFLICT', 'media_not_ready', 'A file is still being prepared: try again in a moment.', { path })
}

/** Says that files are no longer attached where they were: what is attached nowhere else is swept after its time. */
export async function releaseMedia(tx: Tx, ids: readonly string[], now: Date): Promise<void> {
  if (ids.length > 0) await setPurgeAfter(tx, ids, addMs(now, UNUSED_KEEP_MS))
}
