import type { Db } from '../lib/db.js'
import { priceOf } from '../lib/money.js'
import type { PageRequest } from '../lib/page.js'
import type { Owned } from '../lib/page-loader.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import type { MessageEventRow, MessageRow } from './types.js'

const NOTHING_BEFORE = '0'
const NOTHING_AFTER = '9223372036854775807'

/** A row as it is read; `toRow` makes a `MessageRow` of it. */
interface FlatRow extends Omit<MessageRow, 'price' | 'grant'> {
  readonly priceMinor: bigint | null
  readonly currency: string | null
  readonly grantId: string | null
  readonly grantVersion: number | null
}

/** For whom messages are read. */
export interface MessageReading {
  readonly viewerId: string
  readonly isAgeVerified: boolean
  /** Whether everything that others wrote counts as age restricted. */
  readonly isGated: boolean
}

/** The columns of a `FlatRow`, of the message `m`; `g` is what opens it to the viewer. */
const columns = (reading: MessageReading): Fragment => fragment`
  m.id::text as id, m.conversation_id::text as "conversationId", m.sequence, m.sender_id::text as "senderId",
  m.reply_to_id::text as "replyToId", m.created_at as "createdAt", m.edited_at as "editedAt", m.version,
  case
    when m.deleted_at is not null or m.body is null or not ${isOpen(reading.viewerId)} and ${isUnsent} then 'DELETED'
    when ${isVeiled(reading)} then 'AGE_VERIFICATION_REQUIRED'
  end as absence,
  case when m.deleted_at is null and ${isOpen(reading.viewerId)} and not ${isVeiled(reading)} then m.body end as text,
  case when m.deleted_at is null and not ${isVeiled(reading)} then m.teaser end as teaser, m.price_minor as "priceMinor", m.currency::text as currency,
  m.is_age_restricted as "isAgeRestricted", m.purchased_at is not null as "wasBought",
  m.purchased_at is not null and exists (select from purchases p where p.message_id = m.id and p.state = 'paid' offset 0) as "isBought", ${isOpen(reading.viewerId)} as "isOpen", g.id as "grantId", g.version as "grantVersion"`

/** Whether the body of `m` opens: it is free, the viewer's own, or a live grant opens it. The only place that decides. */
const isOpen = (viewerId: string): Fragment => fragment`
  (not m.is_premium or m.sender_id = ${viewerId}::uuid or g.id is not null)`

/** Whether `m` is of a mass message that was taken back: it is there only for whom it opens. */
export const isUnsent = fragment`
  exists (select from mass_messages mass where mass.id = m.mass_message_id and mass.unsent_at is not null offset 0)`

/** Whether `m` is closed to the viewer, paid for or not, because their age is not proven. */
const isVeiled = ({ viewerId, isAgeVerified, isGated }: MessageReading): Fragment => fragment`
  (not ${isAgeVerified}::boolean and (${isGated}::boolean or m.is_age_restricted) and m.sender_id <> ${viewerId}::uuid)`

/** The live grant `g` that opens the message `m` to the viewer, where it is one that has to be paid for. */
const opening = (viewerId: string): Fragment => fragment`
  left join lateral (
    select a_grant.id::text as id, a_grant.version from entitlement_grants a_grant
    where m.is_premium and a_grant.message_id = m.id and a_grant.user_id = ${viewerId}::uuid
      and a_grant.revoked_at is null and a_grant.suspended_at is null and a_grant.starts_at <= app_now()
      and (a_grant.ends_at is null or a_grant.ends_at > app_now())
    order by a_grant.starts_at limit 1
  ) g on true`

const toRow = ({ priceMinor, currency, grantId, grantVersion, ...row }: FlatRow): MessageRow => ({
  ...row,
  price: priceOf({ priceMinor, currency }),
  grant: grantId === null || grantVersion === null ? null : { id: grantId, version: grantVersion },
})

/** True where the viewer is one of the two of a conversation. */
const isSide = (viewerId: string, conversationId: Fragment): Fragment => fragment`exists (
  select from conversation_participants p where p.conversation_id = ${conversationId} and p.user_id = ${viewerId}::uuid
  offset 0
)`

const beyondPlace = ({ cursor, isBackward }: PageRequest): Fragment =>
  isBackward
    ? fragment`m.sequence > ${cursor?.[0] ?? NOTHING_BEFORE}::bigint`
    : fragment`m.sequence < ${cursor?.[0] ?? NOTHING_AFTER}::bigint`

/** A page of the messages of each of these conversations of the viewer, the newest first. */
export const listMessages = async (
  db: Db,
  reading: MessageReading,
  conversationIds: readonly string[],
  page: PageRequest,
): Promise<Owned<MessageRow>[]> => {
  const rows = await db.sql<FlatRow>`/* messages.ofConversations */
    select page.* from unnest(${conversationIds}::uuid[]) as conversation (id)
    cross join lateral (
      select ${columns(reading)} from messages m ${opening(reading.viewerId)}
      where m.conversation_id = conversation.id and ${beyondPlace(page)}
      order by ${page.isBackward ? fragment`m.sequence` : fragment`m.sequence desc`}
      limit ${page.limit + 1}::int
    ) page
    where ${isSide(reading.viewerId, fragment`conversation.id`)}`
  return rows.map((row) => ({ ownerId: row.conversationId, row: toRow(row) }))
}

/** Those of these messages that the viewer is one side of, in no order. */
export const listMessagesById = async (
  db: Db,
  reading: MessageReading,
  ids: readonly string[],
): Promise<MessageRow[]> =>
  (
    await db.sql<FlatRow>`/* messages.byId */
      select ${columns(reading)} from messages m ${opening(reading.viewerId)}
      where m.id = any(${ids}::uuid[]) and ${isSide(reading.viewerId, fragment`m.conversation_id`)}`
  ).map(toRow)

/** The newest message of each of these conversations of the viewer, in no order. */
export const listLastMessages = async (
  db: Db,
  reading: MessageReading,
  conversationIds: readonly string[],
): Promise<MessageRow[]> =>
  (
    await db.sql<FlatRow>`/* messages.last */
      select ${columns(reading)}
      from conversations c join messages m on m.conversation_id = c.id and m.sequence = c.last_sequence ${opening(reading.viewerId)}
      where c.id = any(${conversationIds}::uuid[]) and ${isSide(reading.viewerId, fragment`c.id`)}`
  ).map(toRow)

/** A file of a message, in its place. */
export interface MessageMediaRow {
  readonly messageId: string
  readonly mediaId: string
  /** Whether it is seen before paying. */
  readonly isTeaser: boolean
}

/** The files of messages, each message's in their order. */
export const listMessageMedia = (db: Db, messageIds: readonly string[]): Promise<MessageMediaRow[]> =>
  db.sql<MessageMediaRow>`/* messages.media */
    select message_id::text as "messageId", media_id::text as "mediaId", is_teaser as "isTeaser"
    from message_media where message_id = any(${messageIds}::uuid[])
    order by message_id, position`

/** Events that a resumed stream reads at once. */
export const EVENT_BATCH = 200

/** What happened in a conversation after `after`, oldest first: all of it that is kept. */
export const listMessageEvents = (db: Db, conversationId: string, after: bigint): Promise<MessageEventRow[]> =>
  db.sql<MessageEventRow>`/* messages.events */
    select e.conversation_id::text as "conversationId", e.sequence, upper(e.kind::text) as kind,
      e.message_id::text as "messageId"
    from conversation_events e
    where e.conversation_id = ${conversationId}::uuid and e.sequence > ${after}
    order by e.sequence limit ${EVENT_BATCH}::int`
