import type { Db, Tx } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { Money } from '../lib/money.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { PurchaseRow, PurchaseState } from './types.js'

const purchaseColumns = fragment`
  p.id::text as id, p.buyer_id::text as "buyerId", p.creator_id::text as "creatorId", p.content_id::text as "contentId",
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
      is_premium and price_minor is not null and purged_at is null and removed_at is null as "isForSale"
    from content where id = ${contentId}::uuid for share`
  return row ?? null
}

/** Begins a purchase; null where the buyer has, or is about to have, the same already. */
export async function insertPurchase(
  tx: Tx,
  purchase: {
    readonly buyerId: string
    readonly creatorId: string
    readonly contentId: string
    readonly titleSnapshot: string | null
    readonly price: Money
  },
  now: Date,
): Promise<string | null> {
  const [row] = await tx.sql<{ id: string }>`/* purchases.insert */
    insert into purchases (
      buyer_id, creator_id, kind, content_id, title_snapshot, amount_minor, currency, created_at, updated_at)
    values (
      ${purchase.buyerId}::uuid, ${purchase.creatorId}::uuid, 'content', ${purchase.contentId}::uuid,
      ${purchase.titleSnapshot}, ${purchase.price.amountMinor}::bigint, ${purchase.price.currency}, ${now}::timestamptz,
      ${now}::timestamptz)
    on conflict (buyer_id, content_id) where content_id is not null and state in ('pending', 'paid') do nothing
    returning id::text as id`
  return row?.id ?? null
}

/** Ties a purchase to its payment. */
export async function attachPayment(tx: Tx, purchaseId: string, paymentId: string): Promise<void> {
  await tx.sql`/* purchases.attach */
    update purchases set payment_intent_id = ${paymentId}::uuid where id = ${purchaseId}::uuid`
}

/** The purchase that a payment pays for. */
export async function findPaidPurchase(tx: Tx, paymentId: string): Promise<PurchaseRow | null> {
  const [row] = await tx.sql<PurchaseRow>`/* purchases.ofPayment */
    select ${purchaseColumns} from purchases p where p.payment_intent_id = ${paymentId}::uuid`
  return row ?? null
}

/** The purchase of a post that a buyer has, or is about to have. */
export async function findLivePurchase(db: Db, buyerId: string, contentId: string): Promise<PurchaseRow | null> {
  const [row] = await db.sql<PurchaseRow>`/* purchases.live */
    select ${purchaseColumns} from purchases p
    where p.buyer_id = ${buyerId}::uuid and p.content_id = ${contentId}::uuid and p.state in ('pending', 'paid')`
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
    where p.buyer_id = ${buyerId}::uuid and p.kind = 'content'
      and ${beyond(page, fragment`p.created_at, p.id`, timeAndId)}
    order by ${inOrder(page, fragment`p.created_at`, fragment`p.id`)}
    limit ${page.limit + 1}::int`
