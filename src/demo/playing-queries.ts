import assert from 'node:assert'
import type { Db, Tx } from '../lib/db.js'
import type { Money } from '../lib/money.js'
import type { Visit } from './deeds.js'

/** Those of these files that are there. */
export const listMade = async (db: Db, ids: readonly string[]): Promise<string[]> =>
  (await db.mediaAsset.findMany({ where: { id: { in: [...ids] } }, select: { id: true } })).map(({ id }) => id)

/** Where a message is, and what it costs; nothing where it is free. */
export async function findMessage(
  db: Db,
  id: string,
): Promise<{ readonly conversationId: string; readonly sequence: bigint; readonly price: Money }> {
  const message = await db.message.findUnique({
    where: { id },
    select: { conversationId: true, sequence: true, priceMinor: true, currency: true },
  })
  assert(message, 'a message stays')
  const { conversationId, sequence, priceMinor, currency } = message
  return { conversationId, sequence, price: { amountMinor: priceMinor ?? 0n, currency: currency ?? '' } }
}

/** Writes down who is at a stream; again changes nothing. */
export async function insertVisits(tx: Tx, streamId: string, visits: readonly Visit[]): Promise<void> {
  await tx.sql`/* demo.visits */
    insert into stream_access (id, stream_id, user_id, joined_at, present_until, created_at, updated_at)
    select id, ${streamId}::uuid, user_id, joined_at, present_until, joined_at, joined_at
    from unnest(
      ${visits.map(({ id }) => id)}::uuid[],
      ${visits.map(({ userId }) => userId)}::uuid[],
      ${visits.map(({ joinedAt }) => joinedAt)}::timestamptz[],
      ${visits.map(({ until }) => until)}::timestamptz[]
    ) as new (id, user_id, joined_at, present_until)
    on conflict (id) do nothing`
}
