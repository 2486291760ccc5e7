import type { Tx } from '../lib/db.js'
import { EVERYTHING } from './types.js'

/** Listings that one transaction looks at. */
export const RANKING_BATCH = 1_000
/** Followers of one creator that are counted as new ones; beyond, nobody rises faster. */
const MAX_GAINED = 10_000

/** Where a walk over posts stands. */
export interface PostMark {
  readonly publishAt: Date
  readonly id: string
}

/** Counts the next posts whose time has come; answers how many listings they had. */
export async function countDue(tx: Tx, now: Date): Promise<number> {
  const rows = await tx.sql`/* discovery.countDue */
    update explore_posts e
    set is_due = true, score = app_explore_score(c.like_count, c.comment_count, c.save_count, c.publish_at)
    from (
      select content_id, scope_id from explore_posts
      where not is_due and publish_at <= ${now}::timestamptz
      order by publish_at limit ${RANKING_BATCH} for update skip locked
    ) due
    join content c on c.id = due.content_id
    where e.content_id = due.content_id and e.scope_id = due.scope_id
    returning 1`
  return rows.length
}

/**
 * Scores the next posts published since `from`, the oldest first; answers the last of them, or null when they were the last.
 * Whoever changes a listing at the same time is not waited for: its score is right already, or is the next walk's.
 */
export async function scorePosts(tx: Tx, from: Date, mark: PostMark | null, now: Date): Promise<PostMark | null> {
  const batch = await tx.sql<PostMark>`/* discovery.nextPosts */
    select id::text, publish_at as "publishAt" from content
    where publish_at is not null and unpublished_at is null and deleted_at is null and removed_at is null
      and publish_at >= ${from}::timestamptz and publish_at <= ${now}::timestamptz
      and (publish_at, id) > (
        coalesce(${mark?.publishAt ?? null}::timestamptz, '-infinity'),
        coalesce(${mark?.id ?? null}::uuid, '00000000-0000-0000-0000-000000000000')
      )
    order by publish_at, id limit ${RANKING_BATCH}`
  await tx.sql`/* discovery.scorePosts */
    update explore_posts e set score = changed.score
    from (
      select e.content_id, e.scope_id, scored.score
      from (
        select id, app_explore_score(like_count, comment_count, save_count, publish_at) as score
        from content where id = any(${batch.map(({ id }) => id)}::uuid[])
      ) scored
      join explore_posts e on e.content_id = scored.id
      where e.is_due and e.score <> scored.score
      order by e.content_id, e.scope_id
      for update of e skip locked
    ) changed
    where e.content_id = changed.content_id and e.scope_id = changed.scope_id`
  return batch.length < RANKING_BATCH ? null : (batch.at(-1) ?? null)
}

/** Ranks the next creators by how they fare, counting as new who follows since `from`; answers the last, null at the end. */
export async function rankCreators(tx: Tx, from: Date, after: string | null): Promise<string | null> {
  const batch = await tx.sql<{ id: string }>`/* discovery.nextCreators */
    select user_id::text as id from explore_creators
    where scope_id = ${EVERYTHING}::uuid
      and user_id > coalesce(${after}::uuid, '00000000-0000-0000-0000-000000000000')
    order by user_id limit ${RANKING_BATCH}`
  await tx.sql`/* discovery.rankCreators */
    update explore_creators e set follower_count = changed.follower_count, rising = changed.rising
    from (
      select e.user_id, e.scope_id, ranked.follower_count, ranked.rising
      from (
        select id, followers as follower_count,
          round(1000 * gained / sqrt(greatest(0, followers - gained) + 25))::int as rising
        from (
          select who.id, coalesce(c.follower_count, 0) as followers, (
            select count(*)::int from (
              select from follows f
              where f.following_id = who.id and f.unfollowed_at is null and f.withdrawn_at is null
                and f.followed_at > ${from}::timestamptz
              limit ${MAX_GAINED}
            ) lately
          ) as gained
          from unnest(${batch.map(({ id }) => id)}::uuid[]) who (id)
          left join user_counters c on c.user_id = who.id
        ) counted
      ) ranked
      join explore_creators e on e.user_id = ranked.id
      where (e.follower_count, e.rising) is distinct from (ranked.follower_count, ranked.rising)
      order by e.user_id, e.scope_id
      for update of e skip locked
    ) changed
    where e.user_id = changed.user_id and e.scope_id = changed.scope_id`
  return batch.length < RANKING_BATCH ? null : (batch.at(-1)?.id ?? null)
}

/** Where a walk over one creator's posts stands. */
export interface OwnMark {
  readonly createdAt: Date
  readonly id: string
}

/** Has the listings of the next posts of a creator agree with their rows; answers the last of them, null at the end. */
export async function refreshListings(tx: Tx, creatorId: string, mark: OwnMark | null): Promise<OwnMark | null> {
  const batch = await tx.sql<OwnMark>`/* discovery.nextOwn */
    select id::text, created_at as "createdAt" from content
    where creator_id = ${creatorId}::uuid
      and (created_at, id) < (
        coalesce(${mark?.createdAt ?? null}::timestamptz, 'infinity'),
        coalesce(${mark?.id ?? null}::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      )
    order by created_at desc, id desc limit ${RANKING_BATCH}`
  const ids = batch.map(({ id }) => id)
  // held as a writer of these posts would, so that none slips between
  await tx.sql`/* discovery.holdPosts */
    select id::text from content where id = any(${ids}::uuid[]) order by id for no key update`
  await tx.sql`/* discovery.refreshListings */ select app_refresh_explore_posts(${ids}::uuid[])::text`
  return batch.length < RANKING_BATCH ? null : (batch.at(-1) ?? null)
}
