import type { Tx } from '../lib/db.js'

/** A message as staff read it: all of it that is kept, whoever paid for what. */
export interface RevealedRow {
  readonly id: string
  readonly senderId: string
  readonly recipientId: string
  /** Null where it was destroyed. */
  readonly text: string | null
  readonly teaser: string | null
  readonly priceMinor: bigint | null
  readonly currency: string | null
  /** What it said before edits, the newest first. */
  readonly earlierTexts: readonly string[]
  readonly mediaIds: readonly string[]
  readonly isSentToMany: boolean
  readonly createdAt: Date
  readonly editedAt: Date | null
  readonly deletedAt: Date | null
}

/** Edits that are shown of one message. */
const MAX_EARLIER = 100

/** Any message; null where there is none. */
export async function findRevealed(tx: Tx, id: string): Promise<RevealedRow | null> {
  const [row] = await tx.sql<RevealedRow>`/* messages.revealed */
    select m.id::text as id, m.sender_id::text as "senderId",
      case when m.sender_id = c.creator_id then c.fan_id else c.creator_id end::text as "recipientId",
      m.body as text, m.teaser, m.price_minor as "priceMinor", m.currency::text as currency,
      array(
        select v.body from message_versions v where v.message_id = m.id and v.body is not null
        order by v.valid_from desc limit ${MAX_EARLIER}::int
      ) as "earlierTexts",
      array(select f.media_id::text from message_media f where f.message_id = m.id order by f.position) as "mediaIds",
      m.mass_message_id is not null as "isSentToMany", m.created_at as "createdAt", m.edited_at as "editedAt",
      m.deleted_at as "deletedAt"
    from messages m join conversations c on c.id = m.conversation_id
    where m.id = ${id}::uuid`
  return row ?? null
}
