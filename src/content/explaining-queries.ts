import { isBlocking, isFollowing } from '../accounts/accounts.js'
import type { Db } from '../lib/db.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import type { ContentSnapshot } from './types.js'

/** A post as it was at an instant. */
export interface PastContent {
  readonly creatorId: string
  readonly version: number
  readonly snapshot: ContentSnapshot
  readonly existed: boolean
  readonly announcedAt: Date | null
}

/** A post as it was: the first version that ended after the instant, or the one in force. */
export async function findPastContent(db: Db, contentId: string, asOf: Date): Promise<PastContent | null> {
  const [row] = await db.sql<PastContent>`/* content.pastContent */
    select c.creator_id::text as "creatorId", c.created_at <= ${asOf}::timestamptz as existed,
      case when c.announced_at <= ${asOf}::timestamptz then c.announced_at end as "announcedAt",
      coalesce(v.content_version, c.version) as version, coalesce(v.snapshot, app_content_snapshot(c)) as snapshot
    from content c left join lateral (
      select v.content_version, v.snapshot from content_versions v
      where v.content_id = c.id and v.valid_to > ${asOf}::timestamptz
      order by v.content_version limit 1
    ) v on true
    where c.id = ${contentId}::uuid`
  return row ?? null
}

/** The columns of `users` that access depends on, as they were; times as PostgreSQL writes them into JSON. */
export interface PastUser {
  readonly account_status: 'active' | 'suspended' | 'banned' | 'deleted'
  readonly suspended_until: string | null
  readonly status_changed_at: string | null
  readonly age_verified: boolean
  readonly age_verified_until?: string | null
}

/** Somebody as they were: what the first change after the instant found, or the row as it is. */
export async function findPastUser(db: Db, userId: string, asOf: Date): Promise<PastUser | null> {
  const [row] = await db.sql<{ state: PastUser }>`/* content.pastUser */
    select coalesce(
      (
        select h.snapshot from access_history h
        where h.source_table = 'users' and h.row_id = u.id and h.ended_at > ${asOf}::timestamptz
        order by h.ended_at, h.id limit 1
      ),
      to_jsonb(u)
    ) as state
    from users u where u.id = ${userId}::uuid and u.created_at <= ${asOf}::timestamptz`
  return row?.state ?? null
}

/** A grant as it was. */
export interface PastGrant {
  readonly id: string
  readonly version: number
  readonly content_id: string | null
  readonly message_id: string | null
  readonly stream_id: string | null
  readonly starts_at: string
  readonly ends_at: string | null
  readonly revoked_at: string | null
  readonly suspended_at: string | null
}

/** What somebody could open of a creator's, every grant as it was. */
export const listPastGrants = async (db: Db, userId: string, creatorId: string, asOf: Date): Promise<PastGrant[]> =>
  (
    await db.sql<{ state: PastGrant }>`/* content.pastGrants */
      ${statesOf(
        { table: 'entitlement_grants', subjectId: userId, objectId: creatorId, asOf },
        fragment`select g.id, to_jsonb(g) as state from entitlement_grants g
          where g.user_id = ${userId}::uuid and g.creator_id = ${creatorId}::uuid`,
      )}`
  ).map(({ state }) => state)

/** Whether the one followed the other. */
export async function findPastFollow(db: Db, followerId: string, followedId: string, asOf: Date): Promise<boolean> {
  const rows = await db.sql<{
    state: { unfollowed_at: string | null; withdrawn_at: string | null }
  }>`/* content.pastFollow */
    ${statesOf(
      { table: 'follows', subjectId: followerId, objectId: followedId, asOf },
      fragment`select f.id, to_jsonb(f) as state from follows f
        where f.follower_id = ${followerId}::uuid and f.following_id = ${followedId}::uuid`,
    )}`
  return rows.some(({ state }) => state.unfollowed_at === null && state.withdrawn_at === null)
}

/** Whether the one blocked the other. */
export async function findPastBlock(db: Db, blockerId: string, blockedId: string, asOf: Date): Promise<boolean> {
  const rows = await db.sql`/* content.pastBlock */
    ${statesOf(
      { table: 'blocks', subjectId: blockerId, objectId: blockedId, asOf },
      fragment`select b.id, to_jsonb(b) as state from blocks b
        where b.blocker_id = ${blockerId}::uuid and b.blocked_id = ${blockedId}::uuid`,
    )}`
  return rows.length > 0
}

/**
 * Whether a creator may ask how somebody stood to them: whoever follows them, or was ever given access to something of theirs,
 * and does not block them.
 */
export async function isKnown(db: Db, userId: string, creatorId: string): Promise<boolean> {
  const rows = await db.sql`/* content.isKnown */
    select 1 as found
    where (
        ${isFollowing(userId, creatorId)}
        or exists (select from entitlement_grants g where g.user_id = ${userId}::uuid and g.creator_id = ${creatorId}::uuid)
      )
      and not ${isBlocking(userId, creatorId)}`
  return rows.length > 0
}

interface PastRows {
  readonly table: string
  readonly subjectId: string
  readonly objectId: string
  readonly asOf: Date
}

/**
 * The rows of a table about two people as they were at an instant: of each row what the first change after it found, or the
 * row as it is, where `current` still has it; none that was made later.
 */
const statesOf = ({ table, subjectId, objectId, asOf }: PastRows, current: Fragment): Fragment => fragment`
  with ended as (
    select distinct on (h.row_id) h.row_id as id, h.snapshot || jsonb_build_object('id', h.row_id) as state
    from access_history h
    where h.source_table = ${table} and h.subject_id = ${subjectId}::uuid and h.object_id = ${objectId}::uuid
      and h.ended_at > ${asOf}::timestamptz
    order by h.row_id, h.ended_at, h.id
  ), states as (
    select state from ended
    union all
    select state from (${current}) now where now.id not in (select id from ended)
  )
  select state from states where (state ->> 'created_at')::timestamptz <= ${asOf}::timestamptz`
