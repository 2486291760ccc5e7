import { isBlocking, isFollowing, isMuting } from '../accounts/accounts.js'
import type { Someone } from '../accounts/accounts.js'
import type { Db } from '../lib/db.js'
import { fragment } from '../lib/sql.js'
import type { Fragment, SqlPart } from '../lib/sql.js'

/** True where neither the viewer nor whoever the column names blocks the other; always for a stranger. */
export const notBlocked = (viewerId: Someone, column: Someone): Fragment =>
  fragment`(not ${isBlocking(viewerId, column)} and not ${isBlocking(column, viewerId)})`

/**
 * Whom a block parts from the viewer, whoever of the two blocked, for `in` and `not in`: hashed once per statement, because
 * anybody may be blocked by many.
 */
export const partedFrom = (viewerId: string | null): Fragment => fragment`(
  select b.blocked_id from blocks b where b.blocker_id = ${viewerId}::uuid
  union all
  select b.blocker_id from blocks b where b.blocked_id = ${viewerId}::uuid
)`

/** The ids of all whom a block parts from somebody. */
export async function findParted(db: Db, userId: string): Promise<ReadonlySet<string>> {
  const rows = await db.sql<{ id: string }>`/* social.parted */
    select id::text as id from ${partedFrom(userId)} parted (id)`
  return new Set(rows.map(({ id }) => id))
}

/** So many are taken off the viewer's counts: each costs a look into each count. */
const MAX_UNCOUNTED = 1_000

/** An array of whom the viewer's counts leave out: all whom a block parts from them, or nobody where those are too many. */
export const uncounted = (viewerId: string | null): Fragment => fragment`coalesce((
  select array_agg(parted.id)
  from (select id from ${partedFrom(viewerId)} every (id) limit ${MAX_UNCOUNTED + 1}::int) parted
  having count(*) <= ${MAX_UNCOUNTED}::int
), '{}')`

/** True where the viewer follows whoever the column names; never for a stranger. */
export const follows = (viewerId: Someone, column: Someone): Fragment => isFollowing(viewerId, column)

/** True where the viewer mutes whoever the column names, at `now`; never for a stranger. */
export const mutes = (viewerId: Someone, column: Someone, now: SqlPart): Fragment => isMuting(viewerId, column, now)

/**
 * True where the follower of a row of `follows` under this name wants to hear of one type, such as `new_content`, on one
 * channel, such as `in_app`, as far as this following says: what is not decided here is as with everybody.
 */
export const isWanted = (follow: Fragment, type: SqlPart, channel: SqlPart): Fragment => fragment`(
  ${follow}.notifications_enabled and coalesce((
    select a_preference.enabled from follow_preferences a_preference
    where a_preference.follow_id = ${follow}.id and a_preference.type = ${type}::notification_type
      and a_preference.channel = ${channel}::notification_channel
  ), true)
)`

/** Whether one of two people blocks the other. */
export async function isBlockedEitherWay(db: Db, one: string, other: string): Promise<boolean> {
  const [row] = await db.sql<{ isBlocked: boolean }>`/* social.isBlocked */
    select not ${notBlocked(one, other)} as "isBlocked"`
  return row?.isBlocked ?? false
}
