import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DAY_MS, addMs, machineNow } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Origin } from '../lib/db.js'
import { log } from '../lib/log.js'
import { HELD_LOOK_MS, PROCESSING_GIVEN_UP_MS, PURGE_DELAY_MS, UNUSED_KEEP_MS } from './limits.js'
import { namesOfMade } from './names.js'
import { failMedia } from './processing.js'
import {
  deleteExpiredUploads,
  emptyMediaRow,
  findStoredMedia,
  isReferredTo,
  listStuckMedia,
  removeMediaRow,
  surrenderMediaOfErased,
  takeDueMedia,
} from './queries.js'
import type { DueMedia } from './queries.js'
import type { MediaServices } from './services.js'
import { keyIn, uploadKeyOf } from './storage.js'

/** Files that one transaction looks at; what is left is the next one's. */
const BATCH = 100
const MAX_BATCHES = 1_000
/** Files whose bytes could not be removed; after so many it is the store that is away, and the next sweep looks again. */
const MAX_FAILURES = 10
/** Erased people's files are surrendered for as long after it as sweeping may have stood still. */
const ERASED_LOOK_MS = 7 * DAY_MS
/** What is still being written after this long was left behind by a crash. */
const LEFT_BEHIND_MS = DAY_MS

/**
 * Ends what was never completed or prepared, and destroys what nobody uses: first a row says that the file is deleted, then,
 * when that is committed, the bytes go, then the row. Whatever a crash interrupts, the next sweep finishes.
 */
export async function sweepMedia(origin: Origin, media: MediaServices): Promise<void> {
  await untilFew((limit) =>
    transaction(origin, (tx, now) => {
      const times = { expiredBefore: addMs(now, -PURGE_DELAY_MS), purgeAfter: addMs(now, PURGE_DELAY_MS) }
      return deleteExpiredUploads(tx, { ...times, limit }, now)
    }),
  )
  await untilFew((limit) => transaction(origin, (tx, now) => giveUp(tx, limit, now)))
  await untilFew((limit) =>
    transaction(origin, (tx, now) => surrenderMediaOfErased(tx, addMs(now, -ERASED_LOOK_MS), limit, now)),
  )
  await purgeDue(origin, media)
  await removeLeftBehind(media.workFolder)
}

/** Works in batches until one is not full. */
async function untilFew(work: (limit: number) => Promise<number>): Promise<void> {
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) if ((await work(BATCH)) < BATCH) return
}

async function giveUp(tx: Parameters<typeof failMedia>[0], limit: number, now: Date): Promise<number> {
  const stuck = await listStuckMedia(tx, addMs(now, -PROCESSING_GIVEN_UP_MS), limit)
  for (const { id } of stuck) await failMedia(tx, id, 'PROCESSING_FAILED', now)
  return stuck.length
}

async function purgeDue(origin: Origin, media: MediaServices): Promise<void> {
  const failed = new Set<string>()
  await untilFew(async (limit) => {
    const { lookedAt, due } = await transaction(origin, (tx, now) => {
      const looks = { nextLook: addMs(now, UNUSED_KEEP_MS), nextHeldLook: addMs(now, HELD_LOOK_MS) }
      return takeDueMedia(tx, { ...looks, limit: limit + failed.size }, now)
    })
    for (const file of due) {
      if (failed.size >= MAX_FAILURES) return 0
      if (failed.has(file.id)) continue
      try {
        await purge(origin, media, file)
      } catch (error) {
        // one whose bytes cannot be removed must not keep the others
        log.error({ err: error, mediaId: file.id }, 'media: a file could not be destroyed')
        failed.add(file.id)
      }
    }
    return lookedAt - failed.size
  })
  if (failed.size > 0) throw new Error(`${String(failed.size)} files could not be destroyed`)
}

/** Whatever may ever have been stored of the file goes, also what a crash left without a row. */
async function purge(origin: Origin, { storage }: MediaServices, due: DueMedia): Promise<void> {
  const { id, folder, declaredType, variantKeys } = due
  const made = namesOfMade(declaredType).map((name) => keyIn(folder, name))
  for (const key of new Set([uploadKeyOf(folder), ...made, ...variantKeys])) await storage.remove(key)
  try {
    await transaction(origin, (tx) => removeMediaRow(tx, id))
  } catch (error) {
    if (!isReferredTo(error)) throw error
    await transaction(origin, (tx) => emptyMediaRow(tx, id))
  }
}

async function removeLeftBehind(folder: string): Promise<void> {
  const before = addMs(machineNow(), -LEFT_BEHIND_MS)
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name)
    const found = await stat(path).catch(() => null)
    if (found && found.mtime < before) await rm(path, { force: true })
  }
}

/** Removes what was uploaded of a file, once nothing can be sent to its address any more. Idempotent. */
export async function removeUploadOf({ db }: Origin, { storage }: MediaServices, mediaId: string): Promise<void> {
  const stored = await findStoredMedia(db, mediaId)
  // one that is still being prepared is made of it; the sweep ends one that never will be
  if (!stored || stored.state === 'UPLOADED' || stored.state === 'SCANNED') return
  await storage.remove(uploadKeyOf(stored.folder))
}
