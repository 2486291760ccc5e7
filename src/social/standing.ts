import { transaction } from '../lib/db.js'
import type { Origin } from '../lib/db.js'
import type { FollowEnd } from './queries.js'
import { STANDING_BATCH, deleteBondsOfErased, listNextFollows, settleFollows } from './standing-queries.js'
import type { Mark } from './standing-queries.js'

/**
 * Makes the followings of a person, and those of them, agree with how they stand now: a deleted or banned one's are
 * withdrawn, and come back with them as they were. In batches that each commit; safe to run again, and beside itself.
 */
export async function followsFollowStanding(origin: Origin, userId: string): Promise<void> {
  for (const end of ['following', 'followers'] as const) {
    let mark: Mark | null = null
    do mark = await settleNext(origin, end, userId, mark)
    while (mark !== null)
  }
}

/** Settles a batch; answers where it ended, or null when it was the last. */
const settleNext = (origin: Origin, end: FollowEnd, userId: string, mark: Mark | null): Promise<Mark | null> =>
  transaction(origin, async (tx, now) => {
    const batch = await listNextFollows(tx, end, userId, mark)
    await settleFollows(
      tx,
      batch.map(({ id }) => id),
      now,
    )
    return batch.length < STANDING_BATCH ? null : (batch.at(-1) ?? null)
  })

/** Deletes what is between an erased person and others, in batches; of anybody else, nothing. Safe to run again. */
export async function forgetBondsOfErased(origin: Origin, userId: string): Promise<void> {
  while (await transaction(origin, (tx) => deleteBondsOfErased(tx, userId)));
}
