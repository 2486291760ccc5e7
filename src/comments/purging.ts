import { transaction } from '../lib/db.js'
import type { Origin } from '../lib/db.js'
import { claimPurgeable, listUnpurged, purgeComments } from './standing-queries.js'

const BATCH = 1_000

/** Destroys the texts of comments that were deleted 30 days ago, in batches. */
export async function purgeDeleted(origin: Origin): Promise<void> {
  const purgeNext = (): Promise<number> =>
    transaction(origin, async (tx, now) => {
      const due = (await claimPurgeable(tx, now, BATCH)).map(({ id }) => id)
      await purgeComments(tx, due, now)
      return due.length
    })
  while ((await purgeNext()) === BATCH);
}

/** Destroys what was said under a post that is no more, in batches; safe to run again. */
export async function purgeUnder(origin: Origin, contentId: string): Promise<void> {
  const purgeNext = (): Promise<number> =>
    transaction(origin, async (tx, now) => {
      const left = (await listUnpurged(tx, contentId, BATCH)).map(({ id }) => id)
      await purgeComments(tx, left, now)
      return left.length
    })
  while ((await purgeNext()) === BATCH);
}
