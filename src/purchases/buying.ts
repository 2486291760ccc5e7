import assert from 'node:assert'
import { holdActor, noSuchUser } from '../accounts/accounts.js'
import {
  noSuchContent,
  openSoldGrant,
  endSoldGrants,
  holdSoldGrants,
  freeSoldGrants,
  restoreSoldGrants,
} from '../content/content.js'
import { MINUTE_MS, SECOND_MS } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import type { Money } from '../lib/money.js'
import type { RateLimit } from '../lib/rate.js'
import type { Viewer } from '../lib/viewer.js'
import { findEarner, openPayment } from '../payments/payments.js'
import type { PaymentServices, PaymentSource, Purpose } from '../payments/types.js'
import {
  attachPayment,
  findLivePurchase,
  findPaidPurchase,
  findWareForShare,
  insertPurchase,
  updatePurchase,
} from './queries.js'
import type { Ware } from './queries.js'
import { CONTENT_PURCHASED, salesOf } from './types.js'

/** How often somebody may try to buy. */
export const PURCHASES: RateLimit = { name: 'purchases.buy', points: 60, windowSeconds: (10 * MINUTE_MS) / SECOND_MS }
const PATH = ['input', 'contentId']

/** What is to be bought, for how much and how. */
export interface PurchaseOrder {
  /** A post that the buyer can see. */
  readonly contentId: string
  readonly creatorId: string
  readonly expectedPrice: Money
  readonly source: PaymentSource
  readonly idempotencyKey: string
}

/**
 * Begins to buy a post; the wallet pays at once, other ways are asked for after the commit. One purchase per person and post
 * at a time, however many ask for it. Idempotent under the key. Audited.
 * @throws NOT_FOUND node_not_found; CONFLICT self_action, not_for_sale, price_changed with the price, already_purchased,
 *   purchase_under_way, creator_not_earning, insufficient_funds; INVALID payment_method_required
 */
export async function purchaseContent(
  tx: Tx,
  services: PaymentServices,
  viewer: Viewer,
  { idempotencyKey, ...order }: PurchaseOrder,
  now: Date,
): Promise<Remembered<{ purchaseId: string; paymentId: string }>> {
  const call = { scope: viewer.userId, mutation: 'purchaseContent', key: idempotencyKey, request: order }
  return idempotently(tx, call, now, async () => {
    await holdActor(tx, viewer.userId, now)
    const { contentId, creatorId, source } = order
    await refuseSeller(tx, viewer, creatorId, now)
    const ware = await findWareForShare(tx, contentId)
    const price = checkedWare(ware, order.expectedPrice)
    const purchaseId = await insertPurchase(
      tx,
      { buyerId: viewer.userId, creatorId, contentId, titleSnapshot: ware?.title ?? null, price },
      now,
    )
    if (!purchaseId) throw await alreadyBought(tx, viewer, contentId)
    const { id } = await openPayment(
      tx,
      services,
      { payerId: viewer.userId, creatorId, purpose: 'CONTENT_PURCHASE', amount: price, source },
      (paymentId) => attachPayment(tx, purchaseId, paymentId),
      now,
    )
    return { purchaseId, paymentId: id }
  })
}

async function refuseSeller(tx: Tx, { userId }: Viewer, creatorId: string, now: Date): Promise<void> {
  if (creatorId === userId)
    throw new AppError('CONFLICT', 'self_action', 'Creators open their own posts anyway.', { path: PATH })
  const earner = await findEarner(tx, creatorId, userId, now)
  if (!earner) throw noSuchUser(PATH)
  if (!earner.isEarning)
    throw new AppError('CONFLICT', 'creator_not_earning', 'This creator does not earn now.', { path: PATH })
}

function checkedWare(ware: Ware | null, expected: Money): Money {
  if (!ware) throw noSuchContent()
  const { isForSale, priceMinor, currency } = ware
  if (!isForSale || priceMinor === null || currency === null)
    throw new AppError('CONFLICT', 'not_for_sale', 'This post is not sold singly.', { path: PATH })
  if (priceMinor === expected.amountMinor && currency === expected.currency) return expected
  throw new AppError('CONFLICT', 'price_changed', 'The price is another by now.', {
    path: ['input', 'expectedPrice'],
    price: { amountMinor: priceMinor, currency },
  })
}

async function alreadyBought(tx: Tx, { userId }: Viewer, contentId: string): Promise<AppError> {
  const purchase = await findLivePurchase(tx, userId, contentId)
  return purchase?.state === 'PAID'
    ? new AppError('CONFLICT', 'already_purchased', 'This post is yours already.', { path: PATH })
    : new AppError('CONFLICT', 'purchase_under_way', 'A purchase of this post is under way.', { path: PATH })
}

/** What paying for a post does: it opens, for good; what goes back closes it. */
export const contentPurchases: Purpose = {
  paid: async (tx, payment, now) => {
    const purchase = await findPaidPurchase(tx, payment.id)
    assert(purchase?.contentId, `payment ${payment.id} is for no post`)
    const sold = {
      type: 'CONTENT_PURCHASE',
      subject: { purchaseId: purchase.id },
      description: purchase.titleSnapshot ? `Post “${purchase.titleSnapshot}”` : 'Post',
    } as const
    const { buyerId, creatorId, contentId } = purchase
    const live = await findLivePurchase(tx, buyerId, contentId)
    const ware = await findWareForShare(tx, contentId)
    // money that comes late, for what was bought again since, or is taken down, goes back
    if ((live && live.id !== purchase.id) || !ware) return { ...sold, unowed: 'OTHER' }
    await updatePurchase(tx, purchase.id, { state: 'PAID', paidAt: now })
    await openSoldGrant(
      tx,
      {
        userId: buyerId,
        creatorId,
        contentId,
        source: 'PURCHASE',
        purchaseId: purchase.id,
        startsAt: now,
        endsAt: null,
      },
      now,
    )
    const payload = { purchaseId: purchase.id, contentId, buyerId, creatorId }
    await emit(tx, { stream: salesOf(creatorId), type: CONTENT_PURCHASED, payload }, now)
    return sold
  },
  failed: async (tx, { id }) => {
    const purchase = await findPaidPurchase(tx, id)
    if (purchase?.state === 'PENDING') await updatePurchase(tx, purchase.id, { state: 'FAILED' })
  },
  refunded: async (tx, { paymentIntentId }, { isFull, revokesAccess }, now) => {
    const purchase = await findPaidPurchase(tx, paymentIntentId)
    if (purchase?.state !== 'PAID') return
    if (isFull) await updatePurchase(tx, purchase.id, { state: 'REFUNDED', refundedAt: now })
    if (revokesAccess) await endSoldGrants(tx, { purchaseId: purchase.id }, 'REFUND', now)
  },
  refundFailed: async (tx, { paymentIntentId }, _reversal, now) => {
    const purchase = await findPaidPurchase(tx, paymentIntentId)
    if (!purchase || (purchase.state !== 'REFUNDED' && purchase.state !== 'PAID')) return
    if (purchase.state === 'REFUNDED') await updatePurchase(tx, purchase.id, { state: 'PAID', refundedAt: null })
    await restoreSoldGrants(tx, { purchaseId: purchase.id }, 'REFUND', now)
  },
  held: async (tx, { paymentIntentId }, now) => {
    const purchase = await findPaidPurchase(tx, paymentIntentId)
    if (purchase) await holdSoldGrants(tx, { purchaseId: purchase.id }, now)
  },
  freed: async (tx, { paymentIntentId }, now) => {
    const purchase = await findPaidPurchase(tx, paymentIntentId)
    if (purchase) await freeSoldGrants(tx, { purchaseId: purchase.id }, now)
  },
  lost: async (tx, { paymentIntentId }, now) => {
    const purchase = await findPaidPurchase(tx, paymentIntentId)
    if (!purchase) return
    if (purchase.state === 'PAID') await updatePurchase(tx, purchase.id, { state: 'REFUNDED', refundedAt: now })
    await endSoldGrants(tx, { purchaseId: purchase.id }, 'DISPUTE', now)
  },
}
