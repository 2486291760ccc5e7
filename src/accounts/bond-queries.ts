import type { Db } from '../lib/db.js'
import { fragment } from '../lib/sql.js'
import type { Fragment, SqlPart } from '../lib/sql.js'
import type { Bonds } from './types.js'

/** Somebody in a statement: their id as a value, null for a stranger, or a column that has it. */
export type Someone = string | null | Fragment

// `offset 0` has each pair looked up: without it all of a person's may be read for a page, or joined with

/** True where the first follows the second now. */
export const isFollowing = (follower: Someone, followed: Someone): Fragment => fragment`exists (
  select from follows a_follow
  where a_follow.follower_id = ${follower}::uuid and a_follow.following_id = ${followed}::uuid
    and a_follow.unfollowed_at is null and a_follow.withdrawn_at is null
  offset 0
)`

/** True where the first blocks the second. */
export const isBlocking = (blocker: Someone, blocked: Someone): Fragment => fragment`exists (
  select from blocks a_block where a_block.blocker_id = ${blocker}::uuid and a_block.blocked_id = ${blocked}::uuid offset 0
)`

/** True where the first mutes the second at `now`. */
export const isMuting = (muter: Someone, muted: Someone, now: SqlPart): Fragment => fragment`exists (
  select from mutes a_mute
  where a_mute.muter_id = ${muter}::uuid and a_mute.muted_id = ${muted}::uuid
    and (a_mute.expires_at is null or a_mute.expires_at > ${now}::timestamptz)
  offset 0
)`

/** True where the first has a live subscription to the second at `now`. */
export const isSubscribed = (subscriber: Someone, creator: Someone, now: SqlPart): Fragment => fragment`exists (
  select from subscriptions a_subscription
  where a_subscription.subscriber_id = ${subscriber}::uuid and a_subscription.creator_id = ${creator}::uuid
    and a_subscription.ended_at is null and a_subscription.started_at is not null
    and (a_subscription.type = 'lifetime' or a_subscription.entitled_until > ${now}::timestamptz)
)`

/** The columns of `Bonds` between a viewer and somebody. */
export const bondColumns = (viewerId: Someone, userId: Someone, now: SqlPart): Fragment => fragment`
  ${isFollowing(viewerId, userId)} as follows,
  ${isSubscribed(viewerId, userId, now)} as subscribes,
  ${isBlocking(viewerId, userId)} as blocks,
  ${isBlocking(userId, viewerId)} as "isBlocked",
  ${isMuting(viewerId, userId, now)} as mutes`

/** What stands between the viewer and each of these people, in no order. */
export const listBonds = (
  db: Db,
  viewerId: string,
  userIds: readonly string[],
): Promise<(Bonds & { readonly id: string })[]> =>
  db.sql`/* accounts.bonds */
    select ids.id::text as id, ${bondColumns(viewerId, fragment`ids.id`, fragment`app_now()`)}
    from unnest(${userIds}::uuid[]) as ids (id)`
