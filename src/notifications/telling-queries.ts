import assert from 'node:assert'
import { addMs, DAY_MS } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { MAX_ATTEMPTS } from '../lib/jobs.js'
import { fragment } from '../lib/sql.js'
import type { Fragment, SqlPart } from '../lib/sql.js'
import { mutes, notBlocked } from '../social/social.js'
import { isOnByDefault } from './channels.js'
import { isActorMet, isContentLiked, isMemberSeen, isSubjectSeen, subjectTitle } from './sight-queries.js'
import type { Sight } from './sight-queries.js'
import { mailJob } from './types.js'
import type { MailOrder, News, NotificationChannel, NotificationType, AddressedNews } from './types.js'

/** How long a group that was read is still joined. */
const GROUP_OPEN_MS = DAY_MS

/** Whether the person `u`, whose following of the actor is `f`, wants what `told` says on `channel`: the nearest wish counts. */
const wants = (channel: NotificationChannel, byDefault: Fragment): Fragment => fragment`coalesce(
  (
    select p.enabled from follow_preferences p
    where p.follow_id = f.id and p.type = told.type and p.channel = ${column(channel)}::notification_channel
  ),
  (
    select p.enabled from notification_preferences p
    where p.user_id = u.id and p.type = told.type and p.channel = ${column(channel)}::notification_channel
  ),
  ${byDefault}
)`

const column = (value: NotificationType | NotificationChannel): string => value.toLowerCase()

/** Whether the person `u` is another one than the actor, where there is one, and neither blocks nor mutes them. */
const isApart = (now: SqlPart): Fragment => fragment`(
  told.actor_id is null
  or u.id <> told.actor_id and ${notBlocked(fragment`u.id`, fragment`told.actor_id`)}
    and not ${mutes(fragment`u.id`, fragment`told.actor_id`, now)}
)`

/** Whom to tell, and what: as much of it as says whether they want it. */
type Asked = Pick<AddressedNews, 'userId'> & { readonly news: Pick<News, 'type' | 'actorId'> }

/** Somebody who wants to be told, and by which ways. */
export interface Willing<Of extends Asked = AddressedNews> {
  readonly addressed: Of
  readonly inApp: boolean
  readonly email: boolean
}

/**
 * Those of `addressed` that are wanted, in order of the people's ids: these neither block nor mute whoever did it, nor are the
 * same person, nor closed out.
 */
export async function listWilling<Of extends Asked>(
  tx: Tx,
  addressed: readonly Of[],
  now: SqlPart,
): Promise<Willing<Of>[]> {
  const types = addressed.map(({ news }) => news.type)
  const rows = await tx.sql<Omit<Willing, 'addressed'> & { place: bigint }>`/* notifications.willing */
    select * from (
      select told.place, u.id, ${wants('IN_APP', fragment`told.in_app`)} as "inApp",
        ${wants('EMAIL', fragment`told.email`)} as email
      from unnest(
        ${addressed.map(({ userId }) => userId)}::uuid[], ${addressed.map(({ news }) => news.actorId)}::uuid[],
        ${types.map(column)}::notification_type[], ${types.map((type) => isOnByDefault(type, 'IN_APP'))}::boolean[],
        ${types.map((type) => isOnByDefault(type, 'EMAIL'))}::boolean[]
      ) with ordinality as told (user_id, actor_id, type, in_app, email, place)
      join users u on u.id = told.user_id
      left join follows f on f.follower_id = u.id and f.following_id = told.actor_id and f.unfollowed_at is null
      where u.account_status in ('active', 'suspended') and ${isApart(now)}
        and (told.type not in ('new_content', 'stream') or f.notifications_enabled is not false)
    ) willing
    where "inApp" or email
    order by id, place`
  return rows.map(({ place, inApp, email }) => ({ addressed: at(addressed, place), inApp, email }))
}

/** What a statement was given at this place, counted from one. */
function at<Of>(given: readonly Of[], place: bigint): Of {
  const one = given[Number(place) - 1]
  assert(one !== undefined, 'a place is of what was given')
  return one
}

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

/** What somebody was told; `isJoined` when it joined what they had been told before. */
export interface Told {
  readonly addressed: AddressedNews
  readonly isJoined: boolean
}

/**
 * Writes news to people whose inboxes are held: once per person and key, and as the newest of its group where one is open.
 * Answers what was new.
 */
export async function insertNews(tx: Tx, addressed: readonly AddressedNews[], now: Date): Promise<Told[]> {
  const all = addressed.map(({ news }) => news)
  const rows = await tx.sql<{ place: bigint; isJoined: boolean }>`/* notifications.tell */
    with fresh as materialized (
      select news.*, i.read_sequence, gen_random_uuid() as id,
        i.last_sequence + row_number() over (partition by i.user_id order by news.place) as sequence
      from (
        select distinct on (given.user_id, given.once_key) given.*
        from unnest(
          ${addressed.map(({ userId }) => userId)}::uuid[], ${all.map(({ type }) => column(type))}::notification_type[],
          ${all.map(({ actorId }) => actorId)}::uuid[], ${all.map(({ subject }) => subject.table)}::text[],
          ${all.map(({ subject }) => subject.id)}::uuid[], ${all.map(({ eventId }) => String(eventId))}::bigint[],
          ${all.map(({ onceKey }) => onceKey)}::text[], ${all.map(({ groupKey }) => groupKey)}::text[],
          ${all.map(({ facts }) => JSON.stringify(facts ?? {}))}::text[]
        ) with ordinality as given (
          user_id, type, actor_id, subject_type, subject_id, event_id, once_key, group_key, facts, place
        )
        order by given.user_id, given.once_key, given.place
      ) news
      join notification_inboxes i on i.user_id = news.user_id
      where not exists (select from notifications n where n.user_id = news.user_id and n.once_key = news.once_key)
    ), chained as materialized (
      select fresh.*, head.id as head_id, head.created_at as head_at, head.group_since,
        greatest(${now}::timestamptz, head.created_at) as created_at,
        coalesce(head.group_id, first_value(fresh.id) over members) as group_id,
        coalesce(head.group_from, first_value(fresh.sequence) over members) as group_from,
        row_number() over members = 1 as is_first,
        lead(fresh.sequence) over members as superseded_by
      from fresh
      left join lateral (
        select n.id, n.created_at, n.group_id, n.group_from, n.group_since from notifications n
        where n.user_id = fresh.user_id and n.group_key = fresh.group_key and n.superseded_by is null
          and n.hidden_at is null and n.group_id is not null
          and (n.sequence > fresh.read_sequence or n.created_at > ${addMs(now, -GROUP_OPEN_MS)}::timestamptz)
        order by n.sequence desc limit 1
      ) head on true
      window members as (partition by fresh.user_id, fresh.group_key order by fresh.sequence)
    ), told as (
      insert into notifications (
        id, created_at, user_id, sequence, type, actor_id, subject_type, subject_id, event_id, once_key,
        group_key, group_id, group_from, group_since, superseded_by,
        payload
      )
      select id, created_at, user_id, sequence, type, actor_id, subject_type, subject_id, event_id, once_key,
        group_key, group_id, group_from, coalesce(group_since, created_at), superseded_by,
        facts::jsonb
      from chained
    ), superseded as (
      update notifications n set superseded_by = chained.sequence
      from chained where chained.is_first and n.id = chained.head_id and n.created_at = chained.head_at
    ), counted as (
      update notification_inboxes i set last_sequence = newest.sequence
      from (select user_id, max(sequence) as sequence from chained group by user_id) newest
      where i.user_id = newest.user_id
    )
    select place, head_id is not null or not is_first as "isJoined" from chained`
  return rows.map(({ place, isJoined }) => ({ addressed: at(addressed, place), isJoined }))
}

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
): Promise<{ readonly name: string | null; readonly subjectTitle: string | null } | null> {
  const [row] = await tx.sql<{ name: string | null; subjectTitle: string | null }>`/* notifications.seenNews */
    select u.display_name as name,
      ${subjectTitle} as "subjectTitle"
    from (
      select ${column(type)}::notification_type as type, ${actorId}::uuid as actor_id, ${subject.table} as subject_type,
        ${subject.id}::uuid as subject_id
    ) n
    cross join lateral (select n.*) member
    left join users u on u.id = member.actor_id
    where ${isSubjectSeen(sight)} and ${isMemberSeen(sight)}`
  return row ?? null
}

/**
 * As `findSeenNews`, for likes of posts, which their creators alone are told of: those of `likes` that can be seen.
 */
export async function listSeenLikes(tx: Tx, likes: readonly AddressedNews[], now: Date): Promise<AddressedNews[]> {
  const rows = await tx.sql<{ place: bigint }>`/* notifications.seenLikes */
    select member.place
    from unnest(
      ${likes.map(({ userId }) => userId)}::uuid[], ${likes.map(({ news }) => news.actorId)}::uuid[],
      ${likes.map(({ news }) => news.subject.id)}::uuid[]
    ) with ordinality as member (user_id, actor_id, subject_id, place)
    join content c on c.id = member.subject_id and c.creator_id = member.user_id
    where c.deleted_at is null and ${isActorMet(fragment`member.user_id`, now)} and ${isContentLiked}
    order by member.place`
  return rows.map(({ place }) => at(likes, place))
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
