import assert from 'node:assert'
import { isInGoodStanding } from '../accounts/accounts.js'
import type { Db, Tx } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { Money } from '../lib/money.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import { notBlocked } from '../social/social.js'
import { moveSides } from './write-queries.js'
import type { MessageFile } from './sending.js'
import type { Audience, MassMessageRow, MassMessageState } from './types.js'

const columns = fragment`
  m.id::text as id, m.creator_id::text as "creatorId", upper(m.segment::text) as segment, m.list_id::text as "listId",
  m.spent_over_minor as "spentOverMinor", coalesce(m.body, '') as text, m.teaser, m.price_minor as "priceMinor",
  m.subscriber_discount_basis_points as "subscriberDiscountBasisPoints",
  m.currency::text as currency, m.is_age_restricted as "isAgeRestricted", upper(m.state::text) as state, m.send_at as "sendAt", m.recipient_count as "recipientCount",
  m.sent_count as "sentCount", m.skipped_count as "skippedCount", m.started_at as "startedAt", m.finished_at as "finishedAt",
  m.unsent_at as "unsentAt", m.created_at as "createdAt"`

/** A page of a creator's mass messages, the newest first, one row more than its limit when others follow. */
export const listMassMessages = (db: Db, creatorId: string, page: PageRequest): Promise<MassMessageRow[]> =>
  db.sql<MassMessageRow>`/* messages.mass */
    select ${columns} from mass_messages m
    where m.creator_id = ${creatorId}::uuid and ${beyond(page, fragment`m.created_at, m.id`, timeAndId)}
    order by ${inOrder(page, fragment`m.created_at`, fragment`m.id`)}
    limit ${page.limit + 1}::int`

/** Those of these mass messages that are the creator's, in no order. */
export const listMassMessagesById = (db: Db, creatorId: string, ids: readonly string[]): Promise<MassMessageRow[]> =>
  db.sql<MassMessageRow>`/* messages.massById */
    select ${columns} from mass_messages m where m.id = any(${ids}::uuid[]) and m.creator_id = ${creatorId}::uuid`

/** A mass message to write. */
export interface NewMassMessage extends Audience {
  readonly creatorId: string
  readonly body: string
  readonly teaser: string | null
  readonly price: Money | null
  readonly subscriberDiscountBasisPoints: number | null
  /** Of the price, and of what somebody spent. */
  readonly currency: string | null
  readonly media: readonly MessageFile[]
  readonly isAgeRestricted: boolean
  readonly sendAt: Date
  readonly recipientCount: number
}

export async function insertMassMessage(tx: Tx, mass: NewMassMessage, now: Date): Promise<string> {
  const [row] = await tx.sql<{ id: string }>`/* messages.insertMass */
    with mass as (
      insert into mass_messages (
        creator_id, segment, list_id, spent_over_minor, body, teaser, price_minor,
        subscriber_discount_basis_points, currency, is_age_restricted, send_at, recipient_count,
        created_at, updated_at)
      values (
        ${mass.creatorId}::uuid, lower(${mass.segment})::mass_message_segment, ${mass.listId}::uuid,
        ${mass.spentOverMinor}::bigint, ${mass.body}, ${mass.teaser}, ${mass.price?.amountMinor ?? null}::bigint, ${mass.subscriberDiscountBasisPoints}::int,
        ${mass.currency}, ${mass.isAgeRestricted}::boolean, ${mass.sendAt}::timestamptz, ${mass.recipientCount}::int, ${now}::timestamptz, ${now}::timestamptz)
      returning id
    ), files as (
      insert into mass_message_media (mass_message_id, media_id, position, is_teaser)
      select mass.id, file.media_id, file.place - 1, file.is_teaser
      from mass, unnest(${mass.media.map(({ mediaId }) => mediaId)}::uuid[], ${mass.media.map(({ isTeaser }) => isTeaser)}::boolean[])
        with ordinality as file (media_id, is_teaser, place)
    )
    select id::text as id from mass`
  assert(row, 'what was inserted is returned')
  return row.id
}

/** Holds a mass message, so that two runs of it, and whoever ends it, take turns. */
export async function holdMassMessage(tx: Tx, id: string): Promise<MassMessageRow | null> {
  const [row] = await tx.sql<MassMessageRow>`/* messages.holdMass */
    select ${columns} from mass_messages m where m.id = ${id}::uuid for no key update`
  return row ?? null
}

/** Writes how a mass message stands. */
export async function updateMassMessage(
  tx: Tx,
  id: string,
  change: {
    readonly state?: MassMessageState
    readonly startedAt?: Date
    readonly finishedAt?: Date
    readonly unsentAt?: Date
    readonly recipientCount?: number
  },
): Promise<void> {
  await tx.massMessage.update({ where: { id }, data: { ...change, version: { increment: 1 } }, select: { id: true } })
}

const BEFORE_ALL = '00000000-0000-0000-0000-000000000000'

/** True where the subscription `s` opens what subscribers see. */
const isLive = (now: Date): Fragment => fragment`(
  s.ended_at is null and (s.type = 'lifetime' or s.entitled_until > ${now}::timestamptz)
)`

/**
 * The people of a segment as `user_id`, in order of id, behind `mark`. What somebody gave without a name counts for no sum: it
 * would tell who gave it.
 */
function inSegment(
  audience: Audience & { readonly creatorId: string; readonly currency: string | null },
  mark: string,
  now: Date,
): Fragment {
  const { creatorId, currency } = audience
  const subscribers = (having: Fragment): Fragment => fragment`
    select s.subscriber_id as user_id from subscriptions s
    where s.creator_id = ${creatorId}::uuid and s.subscriber_id > ${mark}::uuid and s.started_at is not null
    group by s.subscriber_id having ${having} order by s.subscriber_id`
  switch (audience.segment) {
    case 'ALL_SUBSCRIBERS':
      return subscribers(fragment`true`)
    case 'ACTIVE_SUBSCRIBERS':
      return subscribers(fragment`bool_or(${isLive(now)})`)
    case 'LAPSED_SUBSCRIBERS':
      return subscribers(fragment`not bool_or(${isLive(now)})`)
    case 'FOLLOWERS':
      return fragment`
        select f.follower_id as user_id from follows f
        where f.following_id = ${creatorId}::uuid and f.follower_id > ${mark}::uuid
          and f.unfollowed_at is null and f.withdrawn_at is null
        order by f.follower_id`
    case 'LIST':
      return fragment`
        select l.user_id from fan_list_members l where l.list_id = ${audience.listId}::uuid and l.user_id > ${mark}::uuid
        order by l.user_id`
    case 'SPENT_OVER':
      return fragment`
        select t.payer_id as user_id from transactions t
        where t.creator_id = ${creatorId}::uuid and t.payer_id > ${mark}::uuid and t.payer_id is not null
          and t.status = 'succeeded' and t.currency = ${currency}
          and not exists (
            select from tips given where given.is_anonymous and given.id = coalesce(
              t.tip_id, (select sale.tip_id from transactions sale where sale.id = t.reverses_id)
            )
          )
          and not exists (
            select from gifts given where given.is_anonymous and given.id = coalesce(
              t.gift_id, (select sale.gift_id from transactions sale where sale.id = t.reverses_id)
            )
          )
        group by t.payer_id having sum(t.gross_amount) > ${audience.spentOverMinor}::bigint
        order by t.payer_id`
  }
}

/** How many people are in a segment, counted to `limit`. */
export async function countSegment(
  db: Db,
  audience: Audience & { readonly creatorId: string; readonly currency: string | null },
  limit: number,
  now: Date,
): Promise<number> {
  const [row] = await db.sql<{ n: number }>`/* messages.countSegment */
    select count(*)::int as n from (select 1 from (${inSegment(audience, BEFORE_ALL, now)}) each_one limit ${limit}::int) found`
  return row?.n ?? 0
}

/** Somebody whose turn it is, and why they are left out. */
export interface NextRecipient {
  readonly userId: string
  readonly skippedReason: 'BLOCKED' | 'ACCOUNT_CLOSED' | null
}

/**
 * The next people of a segment as it is now, in order of id behind those who had their turn: who left it meanwhile is not
 * among them.
 */
export const listNextRecipients = (
  tx: Tx,
  mass: MassMessageRow,
  mark: string | null,
  limit: number,
  now: Date,
): Promise<NextRecipient[]> =>
  tx.sql<NextRecipient>`/* messages.nextRecipients */
    select u.id::text as "userId", case
      when not ${notBlocked(mass.creatorId, fragment`u.id`)} then 'BLOCKED'
      when not ${isInGoodStanding(fragment`u`, now)} then 'ACCOUNT_CLOSED'
    end as "skippedReason"
    from (${inSegment(mass, mark ?? BEFORE_ALL, now)} limit ${limit}::int) found
    -- one by one: a merge would read all users before the first of them
    cross join lateral (select * from users where id = found.user_id limit 1) u
    where u.id <> ${mass.creatorId}::uuid
    order by u.id`

/** Up to whom a mass message has come; null before the first. */
export async function findMark(tx: Tx, id: string): Promise<string | null> {
  const [row] = await tx.sql<{ mark: string }>`/* messages.mark */
    select user_id::text as mark from mass_message_recipients where mass_message_id = ${id}::uuid
    order by user_id desc limit 1`
  return row?.mark ?? null
}

/** Begins the conversations of a creator and these people that there are not yet; they lie in no list until something is said. */
export async function makeConversations(
  tx: Tx,
  creatorId: string,
  userIds: readonly string[],
  now: Date,
): Promise<void> {
  await tx.sql`/* messages.makeConversations */
    with conversation as (
      insert into conversations (creator_id, fan_id, created_at, updated_at)
      select ${creatorId}::uuid, person.id, ${now}::timestamptz, ${now}::timestamptz
      from unnest(${userIds}::uuid[]) as person (id)
      where not exists (
        select from conversations c where c.creator_id = person.id and c.fan_id = ${creatorId}::uuid
      )
      order by person.id
      on conflict (creator_id, fan_id) do nothing
      returning id, fan_id
    )
    insert into conversation_participants (conversation_id, user_id, role, created_at, updated_at)
    select conversation.id, side.user_id, side.role::participant_role, ${now}::timestamptz, ${now}::timestamptz
    from conversation, lateral (values (${creatorId}::uuid, 'creator'), (conversation.fan_id, 'fan')) as side (user_id, role)`
}

/** Holds the conversations of a creator and these people, one of each, in order of id: whoever writes in one waits. */
export async function holdConversations(tx: Tx, creatorId: string, userIds: readonly string[]): Promise<string[]> {
  const rows = await tx.sql<{ id: string; userId: string }>`/* messages.holdConversations */
    select c.id::text as id, case when c.creator_id = ${creatorId}::uuid then c.fan_id else c.creator_id end::text as "userId"
    from conversations c
    where c.creator_id = ${creatorId}::uuid and c.fan_id = any(${userIds}::uuid[])
      or c.fan_id = ${creatorId}::uuid and c.creator_id = any(${userIds}::uuid[])
    order by c.id for no key update`
  return [...new Map(rows.map(({ id, userId }) => [userId, id])).values()]
}

/** What a mass message costs whom: the price is frozen in each one's own message. */
export interface MassBatchPrices {
  readonly id: string
  readonly creatorId: string
  readonly priceMinor: bigint | null
  /** Of those who subscribe now. */
  readonly subscriberPriceMinor: bigint | null
}

/**
 * Writes a mass message as the next message of each of these conversations, which are held, and that each person had it: of one
 * commit, as all that belongs to a message.
 */
export async function insertMassBatch(
  tx: Tx,
  { id, creatorId, priceMinor, subscriberPriceMinor }: MassBatchPrices,
  conversationIds: readonly string[],
  now: Date,
): Promise<number> {
  const rows = await tx.sql`/* messages.insertMassBatch */
    with mass as (
      select * from mass_messages where id = ${id}::uuid
    ), numbered as (
      update conversations
      set last_sequence = last_sequence + 1, last_event_sequence = last_event_sequence + 1,
        last_message_at = greatest(last_message_at, ${now}::timestamptz), updated_at = ${now}::timestamptz
      where id = any(${conversationIds}::uuid[])
      returning id, case when creator_id = ${creatorId}::uuid then fan_id else creator_id end as user_id, last_sequence,
        last_event_sequence, last_message_at
    ), message as (
      insert into messages (
        conversation_id, sequence, sender_id, mass_message_id, body, teaser, is_premium, price_minor, currency,
        is_age_restricted, created_at)
      select numbered.id, numbered.last_sequence, mass.creator_id, mass.id, mass.body, mass.teaser, mass.price_minor is not null,
        case
          when exists (
            select from subscriptions s
            where s.creator_id = mass.creator_id and s.subscriber_id = numbered.user_id and ${isLive(now)}
          ) then ${subscriberPriceMinor}::bigint
          else ${priceMinor}::bigint
        end, case when mass.price_minor is not null then mass.currency end, mass.is_age_restricted, ${now}::timestamptz
      from numbered, mass
      returning id, conversation_id
    ), event as (
      insert into conversation_events (conversation_id, sequence, kind, message_id, created_at)
      select numbered.id, numbered.last_event_sequence, 'created', message.id, ${now}::timestamptz
      from numbered join message on message.conversation_id = numbered.id
    ), sides as (
      ${moveSides(creatorId, now)}
    ), files as (
      insert into message_media (message_id, media_id, position, is_teaser, created_at)
      select message.id, f.media_id, f.position, f.is_teaser, ${now}::timestamptz
      from message join mass_message_media f on f.mass_message_id = ${id}::uuid
    )
    insert into mass_message_recipients (mass_message_id, user_id, message_id, handled_at)
    select ${id}::uuid, numbered.user_id, message.id, ${now}::timestamptz
    from numbered join message on message.conversation_id = numbered.id
    returning 1`
  return rows.length
}

/** Notes whom a mass message left out, and why. */
export async function insertSkipped(tx: Tx, id: string, skipped: readonly NextRecipient[], now: Date): Promise<void> {
  await tx.sql`/* messages.insertSkipped */
    insert into mass_message_recipients (mass_message_id, user_id, skipped_reason, handled_at)
    select ${id}::uuid, person.id, lower(person.reason)::recipient_skip_reason, ${now}::timestamptz
    from unnest(
      ${skipped.map(({ userId }) => userId)}::uuid[], ${skipped.map(({ skippedReason }) => skippedReason)}::text[]
    ) as person (id, reason)`
}

/** Counts those who had their turn. */
export async function addCounts(tx: Tx, id: string, sent: number, skipped: number): Promise<void> {
  await tx.sql`/* messages.addCounts */
    update mass_messages set sent_count = sent_count + ${sent}::int, skipped_count = skipped_count + ${skipped}::int,
      recipient_count = greatest(recipient_count, sent_count + skipped_count + ${sent + skipped}::int)
    where id = ${id}::uuid`
}

/** The conversations of the next people behind `mark` who have a mass message that they did not open, held in order of id. */
export async function holdUnopened(
  tx: Tx,
  id: string,
  mark: string | null,
  limit: number,
): Promise<{ readonly lastUserId: string; readonly conversationIds: readonly string[] } | null> {
  const rows = await tx.sql<{ userId: string; conversationId: string }>`/* messages.unopened */
    select r.user_id::text as "userId", m.conversation_id::text as "conversationId"
    from mass_message_recipients r join messages m on m.id = r.message_id
    where r.mass_message_id = ${id}::uuid and r.user_id > ${mark ?? BEFORE_ALL}::uuid and r.unsent_at is null
      and m.opened_at is null and m.deleted_at is null
    order by r.user_id limit ${limit}::int`
  const last = rows.at(-1)
  if (!last) return null
  const conversationIds = rows.map(({ conversationId }) => conversationId).sort()
  await tx.sql`/* messages.holdUnopened */
    select id::text from conversations where id = any(${conversationIds}::uuid[]) order by id for no key update`
  return { lastUserId: last.userId, conversationIds }
}

/** Takes a mass message back from those of these conversations, which are held, where it was not opened. Answers whose they are. */
export const takeBackBatch = (
  tx: Tx,
  id: string,
  conversationIds: readonly string[],
  purgeAfter: Date,
  now: Date,
): Promise<{ readonly conversationId: string; readonly userId: string }[]> =>
  tx.sql`/* messages.takeBackBatch */
    with taken as (
      update messages m set deleted_at = ${now}::timestamptz, purge_after = ${purgeAfter}::timestamptz
      where m.mass_message_id = ${id}::uuid and m.conversation_id = any(${conversationIds}::uuid[])
        and m.opened_at is null and m.purchased_at is null and m.deleted_at is null
      returning m.id, m.conversation_id, m.sequence, m.sender_id
    ), numbered as (
      update conversations c set last_event_sequence = c.last_event_sequence + 1, updated_at = ${now}::timestamptz
      from taken where c.id = taken.conversation_id
      returning c.id, c.last_event_sequence, taken.id as message_id, taken.sequence, taken.sender_id
    ), event as (
      insert into conversation_events (conversation_id, sequence, kind, message_id, created_at)
      select id, last_event_sequence, 'deleted', message_id, ${now}::timestamptz from numbered
    ), sides as (
      update conversation_participants p
      set updated_at = ${now}::timestamptz,
        unread_count = p.unread_count - case
          when p.user_id <> numbered.sender_id and p.read_sequence < numbered.sequence and p.unread_count > 0 then 1 else 0
        end
      from numbered where p.conversation_id = numbered.id
    )
    update mass_message_recipients r set unsent_at = ${now}::timestamptz
    from numbered where r.mass_message_id = ${id}::uuid and r.message_id = numbered.message_id
    returning numbered.id::text as "conversationId", r.user_id::text as "userId"`
