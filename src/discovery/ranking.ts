import { addMs, DAY_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { countDue, rankCreators, RANKING_BATCH, refreshListings, scorePosts } from './ranking-queries.js'
import type { OwnMark, PostMark } from './ranking-queries.js'

/** Reactions to posts older than this move them no more: they are far down by then. */
const SCORED_MS = 30 * DAY_MS
/** Followers since then make a creator rise. */
const RISING_MS = 7 * DAY_MS

/** Has what fell due be counted under its tags, and stand among the popular. In batches that each commit; safe to run again. */
export async function lookAhead(origin: Origin): Promise<void> {
  while ((await transaction(origin, countDue)) === RANKING_BATCH);
}

/** Works out how popular the posts of the last 30 days are. In batches that each commit; safe to run again. */
export const scoreRecentPosts = (origin: Origin): Promise<void> =>
  walk<PostMark>(origin, (tx, mark, now) => scorePosts(tx, addMs(now, -SCORED_MS), mark, now))

/** Works out how creators fare. In batches that each commit; safe to run again. */
export const rankAllCreators = (origin: Origin): Promise<void> =>
  walk<string>(origin, (tx, after, now) => rankCreators(tx, addMs(now, -RISING_MS), after))

/**
 * Takes the posts of a banned or deleted creator off explore's listings, or puts them back, by how the creator stands when
 * it runs; lists hide them at once, whether this ran or not. In batches that each commit; safe to run again.
 */
export const listingsFollowStanding = (origin: Origin, creatorId: string): Promise<void> =>
  walk<OwnMark>(origin, (tx, mark) => refreshListings(tx, creatorId, mark))

/** Takes step after step, each in a transaction of its own, until one says that there is nothing left. */
async function walk<Mark>(
  origin: Origin,
  step: (tx: Tx, mark: Mark | null, now: Date) => Promise<Mark | null>,
): Promise<void> {
  const next = (from: Mark | null): Promise<Mark | null> => transaction(origin, (tx, now) => step(tx, from, now))
  let mark: Mark | null = await next(null)
  while (mark !== null) mark = await next(mark)
}
