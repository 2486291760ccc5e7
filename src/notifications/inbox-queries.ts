import assert from 'node:assert'
import type { Db, Tx } from '../lib/db.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import { isMemberSeen, isOfGroup, isSeen, isSubjectSeen, subjectTitle } from './sight-queries.js'
import type { Sight } from './sight-queries.js'
import type { GroupRow, NotificationRow, NotificationType } from './types.js'

/** People a notification names at most. */
export const MAX_ACTORS = 10
/** Up to how many people of a notification, and how many unread notifications, are counted. */
export const MAX_COUNTED = 100
/** Rows that a resumed stream reads at once. */
export const EVENT_BATCH = 200
/** People whose names a text has. */
const NAMES = 2

const NOTHING_BEFORE = '0'
const NOTHING_AFTER = '9223372036854775807'

/** The mark up to which the viewer has read; looked up once per statement. */
const readUpTo = ({ viewerId }: Sight): Fragment =>
  fragment`coalesce((select i.read_sequence from notification_inboxes i where i.user_id = ${viewerId}::uuid), 0)`

/** The columns of a `NotificationRow`, of `n`. */
const columns = (sight: Sight): Fragment => fragment`
  coalesce(n.group_id, n.id)::text as id, n.id::text as "eventId", n.sequence, n.created_at as "createdAt",
  upper(n.type::text) as type, n.group_key as "groupKey", n.group_from as "groupFrom", n.group_since as "groupSince",
  n.subject_type as "subjectType", n.subject_id::text as "subjectId", n.payload,
  case n.subject_type when 'announcements' then (select a.title from announcements a where a.id = n.subject_id) end as title,
  case n.subject_type when 'announcements' then (select a.body from announcements a where a.id = n.subject_id) end as body,
  n.sequence <= ${readUpTo(sight)} as "isRead"`

/** The notifications that stand for their group and were not put away; the partial indexes have the same words. */
const isHead = fragment`n.superseded_by is null and n.hidden_at is null`

/** Which notifications a list has. */
export interface NotificationFilter {
  readonly unreadOnly: boolean
  /** Null for all. */
  readonly types: readonly NotificationType[] | null
}

/** A page of a person's notifications, the newest first, one row more than its limit when others follow. */
export const listNotifications = (
  db: Db,
  sight: Sight,
  { unreadOnly, types }: NotificationFilter,
  page: PageRequest,
): Promise<NotificationRow[]> => {
  const { limit, isBackward } = page
  const order = isBackward ? fragment`n.sequence` : fragment`n.sequence desc`
  const where = fragment`n.user_id = ${sight.viewerId}::uuid and ${isHead} and ${beyond(page)}
    and ${unreadOnly ? isUnread(sight) : fragment`true`} and decided.is_shown`
  if (types === null)
    return db.sql<NotificationRow>`/* notifications.list */
      select ${columns(sight)} from ${withSight(sight)} where ${where}
      order by ${order} limit ${limit + 1}::int`
  // each type from its index; what is sorted is as long as a page, times the types
  return db.sql<NotificationRow>`/* notifications.listOfTypes */
    select n.* from unnest(${toColumn(types)}::notification_type[]) as wanted (type)
    cross join lateral (
      select ${columns(sight)} from ${withSight(sight)} where ${where} and n.type = wanted.type
      order by ${order} limit ${limit + 1}::int
    ) n
    order by ${order} limit ${limit + 1}::int`
}

/**
 * What is to be seen of the notifications `n`, decided one by one in the order in which they are read, and beside them, so
 * that the statement does not grow with the months.
 */
const withSight = (sight: Sight): Fragment => fragment`
  notifications n cross join lateral (select ${isSeen(sight)} as is_shown offset 0) decided`

const toColumn = (types: readonly NotificationType[]): string[] => types.map((type) => type.toLowerCase())

const beyond = ({ cursor, isBackward }: PageRequest): Fragment =>
  isBackward
    ? fragment`n.sequence > ${cursor?.[0] ?? NOTHING_BEFORE}::bigint`
    : fragment`n.sequence < ${cursor?.[0] ?? NOTHING_AFTER}::bigint`

const isUnread = (sight: Sight): Fragment => fragment`n.sequence > ${readUpTo(sight)}`

/** How many of a person's notifications came after their mark, counted to `MAX_COUNTED`. */
export async function countUnread(db: Db, sight: Sight): Promise<number> {
  const [row] = await db.sql<{ unread: number }>`/* notifications.unread */
    select count(*)::int as unread from (
      select from ${withSight(sight)}
      where n.user_id = ${sight.viewerId}::uuid and ${isHead} and ${isUnread(sight)} and decided.is_shown
      order by n.sequence desc limit ${MAX_COUNTED}::int
    ) unread`
  return row?.unread ?? 0
}

/** Those of these notifications, by their group's id, that are the person's and can be seen, in no order. */
export const listNotificationsById = (db: Db, sight: Sight, ids: readonly string[]): Promise<NotificationRow[]> =>
  db.sql<NotificationRow>`/* notifications.byId */
    select ${columns(sight)}
    from notifications first
    cross join lateral (
      select n.* from notifications n
      where first.group_id is null and n.id = first.id and n.created_at = first.created_at
      union all
      select n.* from notifications n
      where n.user_id = first.user_id and n.group_key = first.group_key and n.group_id = first.id
        and n.superseded_by is null
    ) n
    where first.id = any(${ids}::uuid[]) and first.user_id = ${sight.viewerId}::uuid
      and coalesce(first.group_id, first.id) = first.id and n.hidden_at is null and ${isSeen(sight)}`

/** What can be seen of these groups, in no order; nothing of what is in none. */
export const listGroups = (db: Db, sight: Sight, heads: readonly NotificationRow[]): Promise<GroupRow[]> =>
  db.sql<GroupRow>`/* notifications.groups */
    select n.id::text as "eventId", seen.actor_ids as "actorIds", seen.names, seen.actor_count as "actorCount",
      seen.subject_id::text as "subjectId",
      ${subjectTitle} as "subjectTitle"
    from unnest(
      ${heads.map(({ eventId }) => eventId)}::uuid[], ${heads.map(({ groupKey }) => groupKey)}::text[],
      ${heads.map(({ groupFrom }) => groupFrom?.toString() ?? null)}::bigint[],
      ${heads.map(({ sequence }) => sequence.toString())}::bigint[],
      ${heads.map(({ groupSince }) => groupSince)}::timestamptz[],
      ${heads.map(({ createdAt }) => createdAt)}::timestamptz[],
      ${toColumn(heads.map(({ type }) => type))}::notification_type[],
      ${heads.map(({ subjectType }) => subjectType)}::text[], ${heads.map(({ subjectId }) => subjectId)}::uuid[]
    ) as head (id, group_key, group_from, sequence, group_since, created_at, type, subject_type, subject_id)
    cross join lateral (select head.*, ${sight.viewerId}::uuid as user_id) n
    cross join lateral (
      select
        coalesce((array_agg(actor.id::text order by actor.newest desc) filter (where actor.id is not null))[1:${MAX_ACTORS}::int], '{}') as actor_ids,
        coalesce((array_agg(u.display_name order by actor.newest desc) filter (where actor.id is not null))[1:${NAMES}::int], '{}') as names,
        count(actor.id)::int as actor_count,
        (array_agg(actor.subject_id order by actor.newest desc))[1] as subject_id
      from (
        select newest.actor_id as id, max(newest.sequence) as newest,
          (array_agg(newest.subject_id order by newest.sequence desc))[1] as subject_id
        from (
          select member.actor_id, member.sequence, member.subject_id from notifications member
          where ${isOfGroup} and ${isMemberSeen(sight)}
          order by member.sequence desc limit ${MAX_COUNTED}::int
        ) newest
        group by newest.actor_id
      ) actor
      left join users u on u.id = actor.id
    ) seen
    where ${isSubjectSeen(sight)}`

/** What came to a person after `after`, oldest first: all of it, in order and without gaps. */
export const listEvents = (
  db: Db,
  sight: Sight,
  after: bigint,
): Promise<(NotificationRow & { readonly isShown: boolean })[]> =>
  db.sql<NotificationRow & { isShown: boolean }>`/* notifications.events */
    select ${columns(sight)}, (${isHead} and decided.is_shown) as "isShown" from ${withSight(sight)}
    where n.user_id = ${sight.viewerId}::uuid and n.sequence > ${after}
    order by n.sequence limit ${EVENT_BATCH}::int`

/** A person's own sight as of now, where there is no request that says it. */
export async function findSight(db: Db, userId: string, isGated: boolean): Promise<Sight> {
  const [row] = await db.sql<{ now: Date; isAgeVerified: boolean }>`/* notifications.sight */
    select clock.now, coalesce(u.age_verified and (u.age_verified_until is null or u.age_verified_until > clock.now), false)
      as "isAgeVerified"
    from (select app_now() as now offset 0) clock left join users u on u.id = ${userId}::uuid`
  assert(row, 'the time is one row')
  return { viewerId: userId, isGated, ...row }
}

/** How far a person's notifications go, and up to where they are read. */
export async function findInbox(db: Db, userId: string): Promise<{ lastSequence: bigint; readSequence: bigint }> {
  const row = await db.notificationInbox.findUnique({
    where: { userId },
    select: { lastSequence: true, readSequence: true },
  })
  return row ?? { lastSequence: 0n, readSequence: 0n }
}

/** Moves the mark up to `upTo`, never back; false when nothing has come that far. */
export async function markRead(tx: Tx, userId: string, upTo: bigint): Promise<boolean> {
  const rows = await tx.sql`/* notifications.markRead */
    update notification_inboxes set read_sequence = greatest(read_sequence, ${upTo})
    where user_id = ${userId}::uuid and last_sequence >= ${upTo}
    returning 1`
  return rows.length > 0
}
