import { transaction } from '../lib/db.js'
import type { Origin } from '../lib/db.js'
import {
  forgetSaid,
  LIKED,
  listNextComments,
  listNextLikes,
  settleComments,
  settleLikes,
  STANDING_BATCH,
} from './standing-queries.js'
import type { Mark } from './standing-queries.js'

/**
 * Makes the likes of a person agree with how they stand now: a deleted or banned one's are withdrawn, and come back with them
 * as they were. In batches that each commit; safe to run again, and beside itself.
 */
export async function likesFollowStanding(origin: Origin, userId: string): Promise<void> {
  for (const liked of Object.values(LIKED)) {
    let after: string | null = null
    do {
      const mark: string | null = after
      after = await transaction(origin, async (tx, now) => {
        const batch = await listNextLikes(tx, userId, liked, mark)
        await settleLikes(
          tx,
          userId,
          batch.map(({ id }) => id),
          now,
        )
        return batch.length < STANDING_BATCH ? null : (batch.at(-1)?.likedId ?? null)
      })
    } while (after !== null)
  }
}

/** As `likesFollowStanding`, for what a person said. */
export async function commentsFollowStanding(origin: Origin, userId: string): Promise<void> {
  let mark: Mark | null = null
  do {
    const from: Mark | null = mark
    mark = await transaction(origin, async (tx, now) => {
      const batch = await listNextComments(tx, userId, from)
      await settleComments(tx, userId, batch, now)
      return batch.length < STANDING_BATCH ? null : (batch.at(-1) ?? null)
    })
  } while (mark !== null)
}

/** Destroys what an erased person said and deletes what they liked, in batches; of anybody else, nothing. Safe to run again. */
export async function forgetSaidOfErased(origin: Origin, userId: string): Promise<void> {
  while (await transaction(origin, (tx, now) => forgetSaid(tx, userId, now)));
}
