import { addMs, DAY_MS } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { MAX_ATTEMPTS } from '../lib/jobs.js'
import { fragment } from '../lib/sql.js'
import type { Fragment, SqlPart } from '../lib/sql.js'
import { mutes, notBlocked } from '../social/social.js'
import { isOnByDefault } from './channels.js'
import { isMemberSeen, isSubjectSeen, subjectTitle } from './sight-queries.js'
import type { Sight } from './sight-queries.js'
import { mailJob } from './types.js'
import type { MailOrder, News, NotificationChannel, NotificationType } from './types.js'

/** How long a group that was read is still joined. */
const GROUP_OPEN_MS = DAY_MS

/** Whether the person `u`, whose following of the actor is `f`, wants `type` on `channel`: the nearest wish counts. */
const wants = (type: NotificationType, channel: NotificationChannel): Fragment => fragment`coalesce(
  (
    select p.enabled from follow_preferences p
    where p.follow_id = f.id and p.type = ${column(type)}::notification_type
      and p.channel = ${column(channel)}::notification_channel
  ),
  (
    select p.enabled from notification_preferences p
    where p.user_id = u.id and p.type = ${column(type)}::notification_type
      and p.channel = ${column(channel)}::notification_channel
  ),
  ${isOnByDefault(type, channel)}
)`

const column = (value: NotificationType | NotificationChannel): string => value.toLowerCase()

/** Somebody to be told, and by which ways. */
export interface Willing {
  readonly userId: string
  readonly inApp: boolean
  readonly email: boolean
}

/**
 * Those of `userIds` who want to be told of this, in order of id: neither blocked nor muting whoever did it, nor the same
 * person, nor closed out.
 */
export const listWilling = (
  tx: Tx,
  { type, actorId }: Pick<News, 'type' | 'actorId'>,
  userIds: readonly string[],
  now: SqlPart,
): Promise<Willing[]> =>
  tx.sql<Willing>`/* notifications.willing */
    select * from (
      select u.id::text as "userId", ${wants(type, 'IN_APP')} as "inApp", ${wants(type, 'EMAIL')} as email
      from users u
      left join follows f on f.follower_id = u.id and f.following_id = ${actorId}::uuid and f.unfollowed_at is null
      where u.id = any(${userIds}::uuid[]) and u.id <> ${actorId}::uuid
        and u.account_status in ('active', 'suspended')
        and ${notBlocked(fragment`u.id`, actorId)} and not ${mutes(fragment`u.id`, actorId, now)}
        and (${type !== 'NEW_CONTENT' && type !== 'STREAM'} or f.notifications_enabled is not false)
    ) willing
    where "inApp" or email
    order by "userId"`

/** Holds these people's inboxes, in order of id, made where there are none: whoever tells them something else waits. */
export async function holdInboxes(tx: Tx, userIds: readonly string[]): Promise<void> {
  await tx.sql`/* notifications.makeInboxes */
    insert into notification_inboxes (user_id)
    select id from unnest(${userIds}::uuid[]) as person (id) order by id
    on conflict (user_id) do nothing`
  await tx.sql`/* notifications.holdInboxes */
    select user_id::text from notification_inboxes where user_id = any(${userIds}::uuid[])
    order by user_id for no key update`
}

/** Somebody who was told; `isJoined` when it joined what they had been told before. */
export interface Told {
  readonly userId: string
  readonly isJoined: boolean
}

/**
 * Writes news to these people, whose inboxes are held: once per key, and as the newest of its group where one is open.
 * Answers whom it was new to.
 */
export const insertNews = (tx: Tx, news: News, userIds: readonly string[], now: Date): Promise<Told[]> =>
  tx.sql<Told>`/* notifications.tell */
    with recipient as materialized (
      select i.user_id, i.last_sequence + 1 as sequence, gen_random_uuid() as id,
        head.id as head_id, head.created_at as head_at, head.group_id, head.group_from, head.group_since,
        greatest(${now}::timestamptz, head.created_at) as created_at
      from notification_inboxes i
      left join lateral (
        select n.id, n.created_at, n.group_id, n.group_from, n.group_since from notifications n
        where n.user_id = i.user_id and n.group_key = ${news.groupKey} and n.superseded_by is null
          and n.hidden_at is null and n.group_id is not null
          and (n.sequence > i.read_sequence or n.created_at > ${addMs(now, -GROUP_OPEN_MS)}::timestamptz)
        order by n.sequence desc limit 1
      ) head on true
      where i.user_id = any(${userIds}::uuid[]) and not exists (
        select from notifications n where n.user_id = i.user_id and n.once_key = ${news.onceKey}
      )
    ), told as (
      insert into notifications (
        id, created_at, user_id, sequence, type, actor_id, subject_type, subject_id, event_id, once_key,
        group_key, group_id, group_from, group_since
      )
      select id, created_at, user_id, sequence, ${column(news.type)}::notification_type, ${news.actorId}::uuid,
        ${news.subject.table}, ${news.subject.id}::uuid, ${news.eventId}::bigint, ${news.onceKey},
        ${news.groupKey}, coalesce(group_id, id), coalesce(group_from, sequence), coalesce(group_since, created_at)
      from recipient
      returning user_id
    ), superseded as (
      update notifications n set superseded_by = recipient.sequence
      from recipient where n.id = recipient.head_id and n.created_at = recipient.head_at
    ), counted as (
      update notification_inboxes i set last_sequence = recipient.sequence
      from recipient where i.user_id = recipient.user_id
    )
    select recipient.user_id::text as "userId", recipient.head_id is not null as "isJoined"
    from told join recipient on recipient.user_id = told.user_id`

/** Has mails sent to these people, each when their quiet hours are over; a second order of the same replaces the first. */
export async function enqueueMails(tx: Tx, orders: readonly MailOrder[], now: Date): Promise<void> {
  if (orders.length === 0) return
  // the queue goes by the database's clock, quiet hours by the platform's
  await tx.sql`/* notifications.enqueueMails */
    with specs as (
      select array_agg((
        ${mailJob}::text, mail.payload, null,
        clock_timestamp() + coalesce(
          app_quiet_until(${now}::timestamptz, s.quiet_from_minute, s.quiet_to_minute, s.time_zone) - ${now}::timestamptz,
          interval '0'),
        ${MAX_ATTEMPTS}::smallint, mail.key, null, null
      )::graphile_worker.job_spec) as list
      from unnest(
        ${orders.map(({ userId }) => userId)}::uuid[],
        ${orders.map(({ userId, onceKey }) => `mail:${userId}:${onceKey}`)}::text[],
        ${orders.map((order) => JSON.stringify(order))}::json[]
      ) as mail (user_id, key, payload)
      left join notification_settings s on s.user_id = mail.user_id
    )
    select job.id::text from specs cross join lateral graphile_worker.add_jobs(specs.list) as job`
}

/** Whether somebody's quiet hours are on. */
export async function isQuiet(tx: Tx, userId: string, now: Date): Promise<boolean> {
  const [row] = await tx.sql<{ isQuiet: boolean }>`/* notifications.isQuiet */
    select app_quiet_until(${now}::timestamptz, quiet_from_minute, quiet_to_minute, time_zone) is not null as "isQuiet"
    from notification_settings where user_id = ${userId}::uuid`
  return row?.isQuiet ?? false
}

/** What somebody may see of news; null when they may not, or it is so no more. */
export async function findSeenNews(
  tx: Tx,
  sight: Sight,
  { type, actorId, subject }: Pick<News, 'type' | 'actorId' | 'subject'>,
): Promise<{ readonly name: string; readonly subjectTitle: string | null } | null> {
  const [row] = await tx.sql<{ name: string; subjectTitle: string | null }>`/* notifications.seenNews */
    select u.display_name as name,
      ${subjectTitle} as "subjectTitle"
    from (
      select ${column(type)}::notification_type as type, ${actorId}::uuid as actor_id, ${subject.table} as subject_type,
        ${subject.id}::uuid as subject_id
    ) n
    cross join lateral (select n.*) member
    join users u on u.id = member.actor_id
    where ${isSubjectSeen(sight)} and ${isMemberSeen(sight)}`
  return row ?? null
}

/** Who made a comment; null when there is none. */
export async function findCommentAuthor(tx: Tx, commentId: string): Promise<string | null> {
  const row = await tx.comment.findUnique({ where: { id: commentId }, select: { authorId: true } })
  return row?.authorId ?? null
}

/** Those of these people who want announcements by mail. */
export async function listWantingMails(tx: Tx, type: NotificationType, userIds: readonly string[]): Promise<string[]> {
  const rows = await tx.sql<{ userId: string }>`/* notifications.wantingMails */
    select p.user_id::text as "userId" from notification_preferences p
    where p.user_id = any(${userIds}::uuid[]) and p.type = ${column(type)}::notification_type and p.channel = 'email' and p.enabled`
  return rows.map(({ userId }) => userId)
}
