import type { Tx } from '../lib/db.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import type { FollowEnd } from './queries.js'

/** Rows that one transaction looks at. */
export const STANDING_BATCH = 500

/** Where a walk over somebody's followings stands: the sort key of the last one looked at. */
export interface Mark {
  readonly followedAt: Date
  readonly id: string
}

const OWNERS: Readonly<Record<FollowEnd, Fragment>> = {
  followers: fragment`f.following_id`,
  following: fragment`f.follower_id`,
}

/** The next followings with this person at one end that have not ended, the newest first. */
export const listNextFollows = (tx: Tx, end: FollowEnd, userId: string, mark: Mark | null): Promise<Mark[]> =>
  tx.sql<Mark>`/* social.nextFollows */
    select f.id::text as id, f.followed_at as "followedAt"
    from follows f
    where ${OWNERS[end]} = ${userId}::uuid and f.unfollowed_at is null
      and (f.followed_at, f.id) < (
        coalesce(${mark?.followedAt ?? null}::timestamptz, 'infinity'),
        coalesce(${mark?.id ?? null}::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      )
    order by f.followed_at desc, f.id desc limit ${STANDING_BATCH}`

/**
 * Withdraws those of these followings of which one end is deleted or banned, and brings back the others. They are held
 * before the standings are read: of two walks that meet at a following, the later one sees what the other did, and
 * standings at least as new.
 */
export async function settleFollows(tx: Tx, ids: readonly string[], now: Date): Promise<void> {
  await tx.sql`/* social.holdFollows */
    select f.id::text as id from follows f where f.id = any(${ids}::uuid[]) order by f.id for no key update`
  await tx.sql`/* social.settleFollows */
    update follows f set withdrawn_at = case when ends.are_present then null else ${now}::timestamptz end
    from (
      select held.id, bool_and(u.account_status not in ('deleted', 'banned')) as are_present
      from follows held join users u on u.id in (held.follower_id, held.following_id)
      where held.id = any(${ids}::uuid[])
      group by held.id
    ) ends
    where f.id = ends.id and f.unfollowed_at is null and (f.withdrawn_at is null) <> ends.are_present`
}

/** The tables of what is between two people, and the columns of the two. */
const BONDS = [
  { table: fragment`follows`, one: fragment`follower_id`, other: fragment`following_id` },
  { table: fragment`blocks`, one: fragment`blocker_id`, other: fragment`blocked_id` },
  { table: fragment`mutes`, one: fragment`muter_id`, other: fragment`muted_id` },
] as const

/** Deletes up to a batch of what is between an erased person and others, of each kind; answers whether something was left. */
export async function deleteBondsOfErased(tx: Tx, userId: string): Promise<boolean> {
  let isMore = false
  for (const { table, one, other } of BONDS) {
    const deleted = await tx.sql`/* social.deleteBonds */
      delete from ${table} where id in (
        select id from ${table}
        where (${one} = ${userId}::uuid or ${other} = ${userId}::uuid)
          and exists (select from users where users.id = ${userId}::uuid and users.erased_at is not null)
        limit ${STANDING_BATCH}
      )
      returning 1`
    isMore ||= deleted.length === STANDING_BATCH
  }
  return isMore
}
