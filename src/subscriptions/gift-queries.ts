import { createHash, randomBytes } from 'node:crypto'
import type { Db, Tx } from '../lib/db.js'
import { fragment } from '../lib/sql.js'
import { notBlocked } from '../social/social.js'
import type { GiftRow } from './types.js'

const giftColumns = fragment`
  g.id::text as id, g.giver_id::text as "giverId", g.creator_id::text as "creatorId",
  g.recipient_id::text as "recipientId", g.price_version_id::text as "priceVersionId", g.message,
  g.is_anonymous as "isAnonymous", g.subscription_id::text as "subscriptionId", g.paid_at as "paidAt"`

/**
 * Whether a subscription to `creatorId` can be given to somebody: they are there, no block is between any two, and they have
 * none. Whether they are suspended or banned is not asked: who gives must not learn of it, and what they were given waits.
 */
export async function canBeGiven(
  tx: Tx,
  { giverId, recipientId, creatorId }: Pick<GiftRow, 'giverId' | 'recipientId' | 'creatorId'>,
): Promise<boolean> {
  const rows = await tx.sql`/* subscriptions.canBeGiven */
    select from users u
    where u.id = ${recipientId}::uuid and u.id <> ${creatorId}::uuid and u.account_status <> 'deleted'
      and ${notBlocked(fragment`u.id`, fragment`${creatorId}::uuid`)}
      and ${notBlocked(fragment`u.id`, fragment`${giverId}::uuid`)}
      and not exists (
        select from subscriptions s
        where s.subscriber_id = u.id and s.creator_id = ${creatorId}::uuid and s.ended_at is null)`
  return rows.length > 0
}

/** Writes a gift that is not paid yet. It is for one person, so nobody claims it by a code: its hash is of none. */
export async function insertGift(
  tx: Tx,
  gift: Omit<GiftRow, 'id' | 'subscriptionId' | 'paidAt'> & { readonly amountMinor: bigint; readonly currency: string },
  now: Date,
): Promise<string> {
  const nobodysCode = createHash('sha256').update(randomBytes(32)).digest()
  const rows = await tx.sql<{ id: string }>`/* subscriptions.insertGift */
    insert into gifts (
      giver_id, creator_id, recipient_id, claim_hash, price_version_id, amount_minor, currency, message, is_anonymous,
      expires_at, created_at)
    values (
      ${gift.giverId}::uuid, ${gift.creatorId}::uuid, ${gift.recipientId}::uuid, ${nobodysCode}::bytea,
      ${gift.priceVersionId}::uuid, ${gift.amountMinor}::bigint, ${gift.currency}, ${gift.message},
      ${gift.isAnonymous}::boolean, ${now}::timestamptz, ${now}::timestamptz)
    returning id::text as id`
  return rows[0]?.id ?? ''
}

/** Ties a gift to the payment that pays for it. */
export async function attachGiftPayment(tx: Tx, giftId: string, paymentId: string): Promise<void> {
  await tx.sql`/* subscriptions.attachGift */
    update gifts set payment_intent_id = ${paymentId}::uuid where id = ${giftId}::uuid`
}

/** The gift that a payment pays for. */
export async function findPaidGift(tx: Tx, paymentId: string): Promise<GiftRow | null> {
  const [row] = await tx.sql<GiftRow>`/* subscriptions.giftOfPayment */
    select ${giftColumns} from gifts g where g.payment_intent_id = ${paymentId}::uuid`
  return row ?? null
}

/** Writes what a gift that was paid became; null where it could not become anything. */
export async function updatePaidGift(tx: Tx, giftId: string, subscriptionId: string | null, now: Date): Promise<void> {
  await tx.sql`/* subscriptions.paidGift */
    update gifts set paid_at = ${now}::timestamptz, subscription_id = ${subscriptionId}::uuid,
      claimed_at = case when ${subscriptionId}::uuid is null then null else ${now}::timestamptz end
    where id = ${giftId}::uuid`
}

/** The gifts that these subscriptions began with, in no order. */
export const listGiftsOf = (db: Db, subscriptionIds: readonly string[]): Promise<GiftRow[]> =>
  db.sql<GiftRow>`/* subscriptions.gifts */
    select ${giftColumns} from gifts g where g.subscription_id = any(${subscriptionIds}::uuid[])`
