import type { Db, Tx } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { Money } from '../lib/money.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import { isUndisputed } from '../payments/payments.js'
import type { Owed } from '../payments/payments.js'
import type { PurchaseRow, PurchaseState, Wares } from './types.js'

const purchaseColumns = fragment`
  p.id::text as id, p.buyer_id::text as "buyerId", p.creator_id::text as "creatorId",
  coalesce(p.content_id, (select s.content_id from live_streams s where s.id = p.stream_id))::text as "contentId",
  p.message_id::text as "messageId", p.stream_id::text as "streamId",
  p.title_snapshot as "titleSnapshot", p.amount_minor as "amountMinor", p.currency::text as currency,
  upper(p.state::text) as state, p.payment_intent_id::text as "paymentIntentId", p.paid_at as "paidAt",
  p.refunded_at as "refundedAt", p.created_at as "createdAt"`

/** A post as it is sold, held so that its price stays until the transaction ends. */
export interface Ware {
  readonly title: string | null
  readonly isForSale: boolean
  readonly priceMinor: bigint | null
  readonly currency: string | null
}

/** What a post costs now. */
export async function findWareForShare(tx: Tx, contentId: string): Promise<Ware | null> {
  const [row] = await tx.sql<Ware>`/* purchases.ware */
    select title, price_minor as "priceMinor", currency::text as currency,
      is_premium and price_minor is not null and purged_at is null and removed_at is null and type <> 'live_stream'
        as "isForSale"
    from content where id = ${contentId}::uuid for share`
  return row ?? null
}

/** What access to a stream costs now; it is sold until the stream is over, and neither ends before the transaction does. */
export async function findStreamWareForShare(tx: Tx, streamId: string, now: Date): Promise<Ware | null> {
  const [row] = await tx.sql<Ware>`/* purchases.streamWare */
    select c.title, c.price_minor as "priceMinor", c.currency::text as currency,
      c.is_premium and c.price_minor is not null and c.purged_at is null and c.removed_at is null and c.deleted_at is null
        and (
          s.state = 'live' or s.state = 'interrupted' and s.reconnect_until > ${now}::timestamptz
          or s.state = 'scheduled' and s.scheduled_at > ${now}::timestamptz - interval '1 hour'
        ) as "isForSale"
    from live_streams s join content c on c.id = s.content_id
    where s.id = ${streamId}::uuid for share of c for key share of s`
  return row ?? null
}

/** Begins a purchase; null where the buyer has, or is about to have, the same already. */
export async function insertPurchase(
  tx: Tx,
  purchase: {
    readonly buyerId: string
    readonly creatorId: string
    readonly of: Wares
    readonly titleSnapshot: string | null
    readonly price: Money
  },
  now: Date,
): Promise<string | null> {
  const { contentId, messageId, streamId } = { contentId: null, messageId: null, streamId: null, ...purchase.of }
  const [row] = await tx.sql<{ id: string }>`/* purchases.insert */
    insert into purchases (
      buyer_id, creator_id, kind, content_id, message_id, stream_id, title_snapshot, amount_minor, currency, created_at,
      updated_at)
    values (
      ${purchase.buyerId}::uuid, ${purchase.creatorId}::uuid, ${kindOf(purchase.of)}::purchase_kind,
      ${contentId}::uuid, ${messageId}::uuid, ${streamId}::uuid, ${purchase.titleSnapshot}, ${purchase.price.amountMinor}::bigint, ${purchase.price.currency}, ${now}::timestamptz,
      ${now}::timestamptz)
    on conflict do nothing
    returning id::text as id`
  return row?.id ?? null
}

/** Ties a purchase to its payment. */
export async function attachPayment(tx: Tx, purchaseId: string, paymentId: string): Promise<void> {
  await tx.sql`/* purchases.attach */
    update purchases set payment_intent_id = ${paymentId}::uuid where id = ${purchaseId}::uuid`
}

/** The purchase that a payment pays for. */
export async function findPaidPurchase(db: Db, paymentId: string): Promise<PurchaseRow | null> {
  const [row] = await db.sql<PurchaseRow>`/* purchases.ofPayment */
    select ${purchaseColumns} from purchases p where p.payment_intent_id = ${paymentId}::uuid`
  return row ?? null
}

function kindOf(of: Wares): 'content' | 'message' | 'stream' {
  if ('contentId' in of) return 'content'
  return 'messageId' in of ? 'message' : 'stream'
}

function isOf(of: Wares): Fragment {
  if ('contentId' in of) return fragment`p.content_id = ${of.contentId}::uuid`
  return 'messageId' in of
    ? fragment`p.message_id = ${of.messageId}::uuid`
    : fragment`p.stream_id = ${of.streamId}::uuid`
}

/** The purchase of something that a buyer has, or is about to have. */
export async function findLivePurchase(db: Db, buyerId: string, of: Wares): Promise<PurchaseRow | null> {
  const [row] = await db.sql<PurchaseRow>`/* purchases.live */
    select ${purchaseColumns} from purchases p
    where p.buyer_id = ${buyerId}::uuid and ${isOf(of)} and p.state in ('pending', 'paid')`
  return row ?? null
}

/** Writes how a purchase stands. */
export async function updatePurchase(
  tx: Tx,
  id: string,
  change: { readonly state: PurchaseState; readonly paidAt?: Date; readonly refundedAt?: Date | null },
): Promise<void> {
  await tx.sql`/* purchases.update */
    update purchases set state = lower(${change.state})::purchase_state,
      paid_at = coalesce(${change.paidAt ?? null}::timestamptz, paid_at),
      refunded_at = ${change.refundedAt ?? null}::timestamptz
    where id = ${id}::uuid`
}

/** Purchases by id, in no order. */
export const listPurchasesById = (db: Db, ids: readonly string[]): Promise<PurchaseRow[]> =>
  db.sql<PurchaseRow>`/* purchases.byId */
    select ${purchaseColumns} from purchases p where p.id = any(${ids}::uuid[])`

/** A page of what somebody bought, the newest first, one row more than its limit when others follow. */
export const listPurchases = (db: Db, buyerId: string, page: PageRequest): Promise<PurchaseRow[]> =>
  db.sql<PurchaseRow>`/* purchases.ofBuyer */
    select ${purchaseColumns} from purchases p
    where p.buyer_id = ${buyerId}::uuid and p.kind in ('content', 'message', 'stream')
      and ${beyond(page, fragment`p.created_at, p.id`, timeAndId)}
    order by ${inOrder(page, fragment`p.created_at`, fragment`p.id`)}
    limit ${page.limit + 1}::int`

/** Whether it was not decided yet whether the price of a purchase `p` goes back: it is paid, by a payment. */
const isUnsettled = fragment`p.state = 'paid' and p.removal_settled_at is null and p.payment_intent_id is not null`

/** Purchases of posts that moderation took down before `before`, whose price has not gone back for that; of each post by itself. */
export const listOfRemoved = (tx: Tx, before: Date, limit: number): Promise<Owed[]> =>
  tx.sql<Owed>`/* purchases.ofRemoved */
    select owed.id::text as id, owed.payment_intent_id::text as "paymentId"
    from content c cross join lateral (
      select p.id, p.payment_intent_id from purchases p
      where p.content_id = c.id and ${isUnsettled} and ${isUndisputed(fragment`p.payment_intent_id`)}
      limit ${limit}::int
    ) owed
    where c.removed_at <= ${before}::timestamptz
    limit ${limit}::int`

/** Writes that the price of a purchase goes back; answers it, null where that was written before or the post is back. */
export async function claimRemoved(tx: Tx, id: string, before: Date, now: Date): Promise<bigint | null> {
  const [row] = await tx.sql<{ amountMinor: bigint }>`/* purchases.claimRemoved */
    with post as (
      select c.id from content c join purchases p on p.content_id = c.id
      where p.id = ${id}::uuid and c.removed_at <= ${before}::timestamptz
      for share of c
    )
    update purchases p set removal_settled_at = ${now}::timestamptz
    from post
    where p.id = ${id}::uuid and p.content_id = post.id and ${isUnsettled}
    returning p.amount_minor as "amountMinor"`
  return row?.amountMinor ?? null
}
