import type { Db } from '../lib/db.js'
import { fragment } from '../lib/sql.js'
import type { MassBatch } from './types.js'

/** Whether the side `p` is to be told of the message `m`: it has neither read it nor muted the conversation. */
const isTold = fragment`(
  m.deleted_at is null and m.sequence > p.read_sequence and (p.muted_until is null or p.muted_until <= app_now())
)`

/** Whether somebody is to be told of a message that came to them. */
export async function findTold(db: Db, messageId: string, userId: string): Promise<boolean> {
  const rows = await db.sql`/* messages.told */
    select 1 from messages m
    join conversation_participants p on p.conversation_id = m.conversation_id and p.user_id = ${userId}::uuid
    where m.id = ${messageId}::uuid and ${isTold}`
  return rows.length > 0
}

/** A message of a mass message, and whom it came to. */
export interface MassTold {
  readonly messageId: string
  readonly conversationId: string
  readonly senderId: string
  readonly userId: string
}

const BEFORE_ALL = '00000000-0000-0000-0000-000000000000'

/** Those of a batch who are to be told, in order of id. */
export const listMassTold = (db: Db, { massMessageId, after, upTo }: MassBatch): Promise<MassTold[]> =>
  db.sql<MassTold>`/* messages.massTold */
    select m.id::text as "messageId", m.conversation_id::text as "conversationId", m.sender_id::text as "senderId",
      r.user_id::text as "userId"
    from mass_message_recipients r
    join messages m on m.id = r.message_id
    join conversation_participants p on p.conversation_id = m.conversation_id and p.user_id = r.user_id
    where r.mass_message_id = ${massMessageId}::uuid and r.user_id > ${after ?? BEFORE_ALL}::uuid
      and r.user_id <= ${upTo}::uuid and ${isTold}
    order by r.user_id`
