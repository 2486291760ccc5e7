import { databaseNow, transaction } from '../lib/db.js'
import type { Origin } from '../lib/db.js'
import { stopRenewing } from './ending.js'
import { isOpenNow, listHinderedForUpdate } from './queries.js'
import type { Ends } from './queries.js'

/** How many are stopped in one transaction: a creator may have many subscribers. */
export const STOP_BATCH = 100

/**
 * Has what is between two people, one of whom blocked the other, end with its period. It asks how things are now: safe to run
 * again, and late.
 */
export async function stopBetween(origin: Origin, one: string, other: string): Promise<void> {
  await stopNext(origin, { subscriberId: one, creatorId: other })
  await stopNext(origin, { subscriberId: other, creatorId: one })
}

/** The same for all of somebody whose account is closed, both ways; in batches that each commit. */
export async function stopAllOf(origin: Origin, userId: string): Promise<void> {
  if (await isOpenNow(origin.db, userId, await databaseNow(origin.db))) return
  for (const ends of [{ subscriberId: userId }, { creatorId: userId }]) while (await stopNext(origin, ends));
}

/** Stops a batch; answers whether others may follow. */
const stopNext = (origin: Origin, ends: Ends): Promise<boolean> =>
  transaction(origin, async (tx, now) => {
    const hindered = await listHinderedForUpdate(tx, ends, STOP_BATCH, now)
    // in order of their streams, as whoever tells several people does
    for (const { hindrance, ...subscription } of hindered.sort((a, b) => (a.subscriberId < b.subscriberId ? -1 : 1)))
      await stopRenewing(tx, subscription, { cancelReason: null, stoppedReason: hindrance }, now)
    return hindered.length === STOP_BATCH
  })
