import assert from 'node:assert'
import { isFollowing } from '../accounts/accounts.js'
import { releaseMedia } from '../media/media.js'
import type { Db, Tx } from '../lib/db.js'
import type { Money } from '../lib/money.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import { isUnsent } from './message-queries.js'
import type { MessageMediaRow } from './message-queries.js'
import type { Acquaintance } from './rules.js'
import type { MessageEventRow } from './types.js'

/** Who the two of a conversation are. */
export interface Two {
  readonly id: string
  readonly creatorId: string
  readonly fanId: string
}

/** The conversation of two people, whoever of them is the creator in it. */
export async function findConversationOf(tx: Tx, one: string, other: string): Promise<Two | null> {
  const [row] = await tx.sql<Two>`/* messages.conversationOf */
    select id::text as id, creator_id::text as "creatorId", fan_id::text as "fanId" from conversations
    where creator_id = ${one}::uuid and fan_id = ${other}::uuid or creator_id = ${other}::uuid and fan_id = ${one}::uuid`
  return row ?? null
}

/** A conversation that somebody is one of; null where they are not. */
export async function findOwnConversation(db: Db, id: string, userId: string): Promise<Two | null> {
  const [row] = await db.sql<Two>`/* messages.own */
    select id::text as id, creator_id::text as "creatorId", fan_id::text as "fanId" from conversations
    where id = ${id}::uuid and (creator_id = ${userId}::uuid or fan_id = ${userId}::uuid)`
  return row ?? null
}

/** What decides whether the first may begin a conversation with the second. */
export async function findAcquaintance(tx: Tx, viewerId: string, otherId: string): Promise<Acquaintance> {
  const [row] = await tx.sql<Acquaintance>`/* messages.acquaintance */
    select
      exists (select from users where id = ${otherId}::uuid and account_type = 'creator') as "isOtherCreator",
      exists (select from users where id = ${viewerId}::uuid and account_type = 'creator') as "isViewerCreator",
      ${isFollowing(otherId, viewerId)}
        or exists (
          select from subscriptions where subscriber_id = ${otherId}::uuid and creator_id = ${viewerId}::uuid
            and started_at is not null
        )
        or exists (
          select from purchases where buyer_id = ${otherId}::uuid and creator_id = ${viewerId}::uuid and state = 'paid'
        ) as "isFan"`
  assert(row, 'a row without a table always is there')
  return row
}

/** Begins a conversation of two, or finds the one there is; it lies in the lists of whoever begins it alone. */
export async function insertConversation(
  tx: Tx,
  { creatorId, fanId, startedById }: Omit<Two, 'id'> & { readonly startedById: string },
  now: Date,
): Promise<string> {
  const [row] = await tx.sql<{ id: string }>`/* messages.start */
    with conversation as (
      insert into conversations (creator_id, fan_id, created_at, updated_at)
      values (${creatorId}::uuid, ${fanId}::uuid, ${now}::timestamptz, ${now}::timestamptz)
      returning id
    ), sides as (
      insert into conversation_participants (conversation_id, user_id, role, last_message_at, created_at, updated_at)
      select conversation.id, side.user_id, side.role::participant_role,
        case when side.user_id = ${startedById}::uuid then ${now}::timestamptz end, ${now}::timestamptz, ${now}::timestamptz
      from conversation, (values (${creatorId}::uuid, 'creator'), (${fanId}::uuid, 'fan')) as side (user_id, role)
    )
    select id::text as id from conversation`
  assert(row, 'what was inserted is returned')
  return row.id
}

/** A message to write. */
export interface NewMessage {
  readonly conversationId: string
  readonly senderId: string
  readonly replyToId: string | null
  readonly body: string
  readonly teaser: string | null
  readonly price: Money | null
  readonly media: readonly Pick<MessageMediaRow, 'mediaId' | 'isTeaser'>[]
  readonly isAgeRestricted: boolean
}

/**
 * Tells both sides of the conversations of `numbered` that something was said: to the other one it is unread, and brings the
 * conversation back from the archive unless it is muted.
 */
export const moveSides = (senderId: string, now: Date): Fragment => fragment`
  update conversation_participants p
  set last_message_at = numbered.last_message_at,
    unread_count = p.unread_count + case when p.user_id = ${senderId}::uuid then 0 else 1 end,
    archived_at = case
      when p.user_id <> ${senderId}::uuid and p.muted_until > ${now}::timestamptz then p.archived_at
    end,
    updated_at = ${now}::timestamptz
  from numbered where p.conversation_id = numbered.id`

/**
 * Writes a message as the next of its conversation, which is held from then on: its number, the newest message, what is unread
 * and what a reader is told of it are of one commit. A conversation that was put away comes back, unless it is muted.
 */
export async function insertMessage(
  tx: Tx,
  { conversationId, senderId, replyToId, body, teaser, price, media, isAgeRestricted }: NewMessage,
  now: Date,
): Promise<string> {
  const [row] = await tx.sql<{ id: string }>`/* messages.insert */
    with numbered as (
      update conversations
      set last_sequence = last_sequence + 1, last_event_sequence = last_event_sequence + 1,
        last_message_at = greatest(last_message_at, ${now}::timestamptz), updated_at = ${now}::timestamptz
      where id = ${conversationId}::uuid
      returning id, last_sequence, last_event_sequence, last_message_at
    ), message as (
      insert into messages (
        conversation_id, sequence, sender_id, reply_to_id, body, teaser, is_premium, price_minor, currency, is_age_restricted,
        created_at)
      select id, last_sequence, ${senderId}::uuid, ${replyToId}::uuid, ${body}, ${teaser}, ${price !== null}::boolean,
        ${price?.amountMinor ?? null}::bigint, ${price?.currency ?? null}, ${isAgeRestricted}::boolean, ${now}::timestamptz
      from numbered
      returning id
    ), event as (
      insert into conversation_events (conversation_id, sequence, kind, message_id, created_at)
      select numbered.id, numbered.last_event_sequence, 'created', message.id, ${now}::timestamptz from numbered, message
    ), sides as (
      ${moveSides(senderId, now)}
    ), files as (
      insert into message_media (message_id, media_id, position, is_teaser, created_at)
      select message.id, file.media_id, file.place - 1, file.is_teaser, ${now}::timestamptz
      from message, unnest(${media.map(({ mediaId }) => mediaId)}::uuid[], ${media.map(({ isTeaser }) => isTeaser)}::boolean[])
        with ordinality as file (media_id, is_teaser, place)
    )
    select id::text as id from message`
  assert(row, 'what was inserted is returned')
  return row.id
}

/** Whether a message is there to be answered in a conversation. */
export async function isAnswerable(tx: Tx, messageId: string, conversationId: string): Promise<boolean> {
  const count = await tx.message.count({ where: { id: messageId, conversationId, deletedAt: null } })
  return count > 0
}

/** Holds a conversation: whoever writes in it waits. How far it has come; what is read next is as of then. */
export async function holdConversation(tx: Tx, id: string): Promise<bigint> {
  const [row] = await tx.sql<{ lastSequence: bigint }>`/* messages.hold */
    select last_sequence as "lastSequence" from conversations where id = ${id}::uuid for no key update`
  assert(row, 'a conversation stays')
  return row.lastSequence
}

/**
 * Moves somebody's mark up to `upTo`, never back, counts what is unread behind it, and notes what they have seen. False when
 * the mark lies there or further already. The conversation is held.
 */
export async function moveMark(
  tx: Tx,
  { conversationId, userId, upTo }: { readonly conversationId: string; readonly userId: string; readonly upTo: bigint },
  now: Date,
): Promise<boolean> {
  const rows = await tx.sql`/* messages.markRead */
    with before as (
      select read_sequence from conversation_participants
      where conversation_id = ${conversationId}::uuid and user_id = ${userId}::uuid
    ), mine as (
      update conversation_participants p
      set read_sequence = ${upTo}, read_at = ${now}::timestamptz, updated_at = ${now}::timestamptz,
        unread_count = (
          select count(*) from messages m
          where m.conversation_id = p.conversation_id and m.sequence > ${upTo} and m.sender_id <> p.user_id
            and m.deleted_at is null
        )
      where p.conversation_id = ${conversationId}::uuid and p.user_id = ${userId}::uuid and p.read_sequence < ${upTo}
      returning 1
    ), opened as (
      update messages m set opened_at = ${now}::timestamptz
      from mine, before
      where m.conversation_id = ${conversationId}::uuid and m.sequence > before.read_sequence and m.sequence <= ${upTo}
        and m.sender_id <> ${userId}::uuid and m.opened_at is null and not m.is_premium
    ), theirs as (
      update conversation_participants p set updated_at = ${now}::timestamptz
      from mine where p.conversation_id = ${conversationId}::uuid and p.user_id <> ${userId}::uuid
    )
    select * from mine`
  return rows.length > 0
}

/** How one side keeps a conversation; what is left out stays. */
export interface SideChange {
  readonly archivedAt?: Date | null
  readonly mutedUntil?: Date | null
  readonly pinnedAt?: Date | null
  readonly sendsReadReceipts?: boolean
}

/** Changes somebody's side of a conversation. */
export async function changeSide(
  tx: Tx,
  conversationId: string,
  userId: string,
  change: SideChange,
  now: Date,
): Promise<void> {
  await tx.conversationParticipant.update({
    where: { conversationId_userId: { conversationId, userId } },
    data: { ...change, updatedAt: now },
    select: { id: true },
  })
}

/** How many conversations somebody has pinned beside one. */
export const countOtherPinned = (tx: Tx, userId: string, conversationId: string): Promise<number> =>
  tx.conversationParticipant.count({
    where: { userId, pinnedAt: { not: null }, conversationId: { not: conversationId } },
  })

/** A message that its sender is about to change; its conversation is held. */
export interface HeldMessage {
  readonly id: string
  readonly conversationId: string
  readonly sequence: bigint
  readonly senderId: string
  readonly body: string | null
  readonly version: number
  readonly createdAt: Date
  readonly editedAt: Date | null
  readonly isDeleted: boolean
  readonly wasBought: boolean
}

/** The conversation of a message that somebody is one side of; null where they are not. */
export async function findConversationOfMessage(tx: Tx, messageId: string, userId: string): Promise<Two | null> {
  const [row] = await tx.sql<Two>`/* messages.conversationOfMessage */
    select c.id::text as id, c.creator_id::text as "creatorId", c.fan_id::text as "fanId"
    from messages m join conversations c on c.id = m.conversation_id
    where m.id = ${messageId}::uuid and (c.creator_id = ${userId}::uuid or c.fan_id = ${userId}::uuid)`
  return row ?? null
}

/** A message as it is, held: nobody buys it meanwhile. */
export async function holdMessage(tx: Tx, messageId: string): Promise<HeldMessage> {
  const [row] = await tx.sql<HeldMessage>`/* messages.holdMessage */
    select id::text as id, conversation_id::text as "conversationId", sequence, sender_id::text as "senderId", body, version,
      created_at as "createdAt", edited_at as "editedAt", deleted_at is not null or body is null as "isDeleted",
      purchased_at is not null as "wasBought"
    from messages where id = ${messageId}::uuid for no key update`
  assert(row, 'a message stays')
  return row
}

/** Writes another text; the one before is kept. */
export async function replaceBody(
  tx: Tx,
  { id, body: before, createdAt, editedAt }: HeldMessage,
  body: string,
  now: Date,
): Promise<void> {
  await tx.messageVersion.create({
    data: { messageId: id, body: before, validFrom: editedAt ?? createdAt, validTo: now },
  })
  await tx.message.update({
    where: { id },
    data: { body, editedAt: now, version: { increment: 1 } },
    select: { id: true },
  })
}

/** Takes a message back; what was unread of it is so no more. The conversation is held. */
export async function takeBack(
  tx: Tx,
  { id, conversationId, sequence, senderId }: HeldMessage,
  purgeAfter: Date,
  now: Date,
): Promise<void> {
  await tx.sql`/* messages.takeBack */
    with message as (
      update messages set deleted_at = ${now}::timestamptz, purge_after = ${purgeAfter}::timestamptz
      where id = ${id}::uuid
    )
    update conversation_participants p set unread_count = greatest(p.unread_count - 1, 0)
    where p.conversation_id = ${conversationId}::uuid and p.user_id <> ${senderId}::uuid and p.read_sequence < ${sequence}`
}

/** Notes that something happened to a message, for those who follow the conversation, and that both sides' lists change. */
export async function noteEvent(
  tx: Tx,
  { conversationId, messageId, kind }: Omit<MessageEventRow, 'sequence'>,
  now: Date,
): Promise<void> {
  await tx.sql`/* messages.noteEvent */
    with numbered as (
      update conversations set last_event_sequence = last_event_sequence + 1, updated_at = ${now}::timestamptz
      where id = ${conversationId}::uuid
      returning id, last_event_sequence
    ), event as (
      insert into conversation_events (conversation_id, sequence, kind, message_id, created_at)
      select id, last_event_sequence, ${kind.toLowerCase()}::conversation_event_kind, ${messageId}::uuid, ${now}::timestamptz
      from numbered
    )
    update conversation_participants p set updated_at = ${now}::timestamptz from numbered where p.conversation_id = numbered.id`
}

/** Messages that were taken back so long ago that their text is to go; held, and passed over by other processes. */
export const claimPurgeable = (tx: Tx, now: Date, limit: number): Promise<{ readonly id: string }[]> =>
  tx.sql`/* messages.claimPurgeable */
    select m.id::text as id from messages m where m.purge_after <= ${now}::timestamptz
    order by m.purge_after limit ${limit}::int
    for no key update skip locked`

/** Messages of an erased person whose text is still there, but for those that a live grant opens to somebody. */
export const listUnforgotten = (tx: Tx, userId: string, limit: number): Promise<{ readonly id: string }[]> =>
  tx.sql`/* messages.unforgotten */
    select m.id::text as id from messages m
    where m.sender_id = ${userId}::uuid and m.body is not null
      and exists (select from users u where u.id = ${userId}::uuid and u.erased_at is not null)
      and not exists (
        select from entitlement_grants g where g.message_id = m.id and g.revoked_at is null
      )
    order by m.created_at desc limit ${limit}::int
    for no key update of m`

/** Destroys the texts of messages, what they said before edits, and lets their files go; the rows stay for their numbers. */
export async function purgeMessages(tx: Tx, ids: readonly string[], now: Date): Promise<void> {
  const files = await tx.messageMedia.findMany({ where: { messageId: { in: [...ids] } }, select: { mediaId: true } })
  await tx.messageMedia.deleteMany({ where: { messageId: { in: [...ids] } } })
  await releaseMedia(
    tx,
    files.map(({ mediaId }) => mediaId),
    now,
  )
  await tx.message.updateMany({
    where: { id: { in: [...ids] } },
    data: { body: null, teaser: null, purgeAfter: null },
  })
  await tx.messageVersion.deleteMany({ where: { messageId: { in: [...ids] } } })
}

/** Deletes what an erased person kept: their sides of conversations, what they let others know, whom they listed, what they sent to many. */
export async function forgetSides(tx: Tx, userId: string): Promise<void> {
  await tx.sql`/* messages.forgetSides */
    with gone as (select id from users where id = ${userId}::uuid and erased_at is not null), settings as (
      delete from messaging_settings s using gone where s.user_id = gone.id
    ), listed as (
      delete from fan_list_members f using gone
      where f.user_id = gone.id or f.list_id in (select l.id from fan_lists l where l.creator_id = gone.id)
      returning f.list_id
    ), shorter as (
      update fan_lists l set member_count = l.member_count - less.n,
        name = case when l.creator_id = gone.id then l.id::text else l.name end
      from (select list_id, count(*)::int as n from listed group by list_id) less, gone where l.id = less.list_id
    ), mass as (
      update mass_messages m set body = null, teaser = null,
        state = case when m.state in ('scheduled', 'sending') then 'cancelled' else m.state end
      from gone where m.creator_id = gone.id
    )
    delete from conversation_participants p using gone where p.user_id = gone.id`
}

/** Deletes events from before an instant, so many at once; answers how many there were. */
export async function deleteEventsBefore(tx: Tx, before: Date, limit: number): Promise<number> {
  const rows = await tx.sql`/* messages.deleteEvents */
    delete from conversation_events e using (
      select conversation_id, sequence from conversation_events where created_at < ${before}::timestamptz
      order by created_at limit ${limit}::int
    ) old
    where e.conversation_id = old.conversation_id and e.sequence = old.sequence
    returning 1`
  return rows.length
}

/** A message as it is sold. */
export interface Ware {
  readonly sellerId: string
  readonly amountMinor: bigint
  readonly currency: string
  readonly isForSale: boolean
  readonly isAgeRestricted: boolean
}

/** Who sells a message, and for how much, held so that nobody takes it back meanwhile. */
export async function findWareForShare(tx: Tx, messageId: string): Promise<Ware> {
  const [row] = await tx.sql<Ware>`/* messages.ware */
    select sender_id::text as "sellerId", coalesce(price_minor, 0) as "amountMinor", coalesce(currency::text, '') as currency,
      is_premium and deleted_at is null and body is not null and not ${isUnsent} as "isForSale", is_age_restricted as "isAgeRestricted"
    from messages m
    where id = ${messageId}::uuid for share of m`
  assert(row, 'a message stays')
  return row
}

/** Notes that a message was bought, and thereby opened; false where it was taken back. Its conversation is held. */
export async function noteBought(tx: Tx, messageId: string, now: Date): Promise<boolean> {
  const rows = await tx.sql`/* messages.noteBought */
    update messages m
    set purchased_at = coalesce(purchased_at, ${now}::timestamptz), opened_at = coalesce(opened_at, ${now}::timestamptz)
    where id = ${messageId}::uuid and deleted_at is null and body is not null and not ${isUnsent}
    returning 1`
  return rows.length > 0
}
