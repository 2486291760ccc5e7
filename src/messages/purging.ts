import { addMs, DAY_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Origin } from '../lib/db.js'
import { claimPurgeable, deleteEventsBefore, forgetSides, listUnforgotten, purgeMessages } from './write-queries.js'

const BATCH = 1_000
/** How long a reader who was away can go on where they were. */
const KEEP_EVENTS_MS = 30 * DAY_MS

/** Destroys the texts of messages that were taken back 30 days ago, and deletes older events, in batches. */
export async function purgeOld(origin: Origin): Promise<void> {
  const purgeNext = (): Promise<number> =>
    transaction(origin, async (tx, now) => {
      const due = (await claimPurgeable(tx, now, BATCH)).map(({ id }) => id)
      await purgeMessages(tx, due, now)
      return due.length
    })
  while ((await purgeNext()) === BATCH);
  const forgetNext = (): Promise<number> =>
    transaction(origin, (tx, now) => deleteEventsBefore(tx, addMs(now, -KEEP_EVENTS_MS), BATCH))
  while ((await forgetNext()) === BATCH);
}

/**
 * Destroys what an erased person wrote, but for what somebody bought, and deletes their sides of conversations, in batches; of
 * anybody else, nothing. The other side keeps the conversation. Safe to run again.
 */
export async function forgetMessagesOfErased(origin: Origin, userId: string): Promise<void> {
  const forgetNext = (): Promise<number> =>
    transaction(origin, async (tx, now) => {
      const left = (await listUnforgotten(tx, userId, BATCH)).map(({ id }) => id)
      await purgeMessages(tx, left, now)
      return left.length
    })
  while ((await forgetNext()) === BATCH);
  await transaction(origin, (tx) => forgetSides(tx, userId))
}
