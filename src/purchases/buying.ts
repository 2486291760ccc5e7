import assert from 'node:assert'
import { holdActor, noSuchUser } from '../accounts/accounts.js'
import {
  noSuchContent,
  openSoldGrant,
  endSoldGrants,
  holdSoldGrants,
  findSoldGrant,
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
import { findEarner, insertCase, openPayment } from '../payments/payments.js'
import type { PaymentServices, PaymentSource, Purpose } from '../payments/types.js'
import {
  attachPayment,
  findLivePurchase,
  findPaidPurchase,
  findStreamWareForShare,
  findWareForShare,
  insertPurchase,
  updatePurchase,
} from './queries.js'
import type { Ware } from './queries.js'
import { CONTENT_PURCHASED, salesOf } from './types.js'
import type { PurchaseRow, Wares } from './types.js'

/** How often somebody may try to buy. */
export const PURCHASES: RateLimit = { name: 'purchases.buy', points: 60, windowSeconds: (10 * MINUTE_MS) / SECOND_MS }

/** What of the input names what is to be bought. */
const pathOf = ({ streamId }: Pick<PurchaseOrder, 'streamId'>): readonly string[] => [
  'input',
  streamId === undefined ? 'contentId' : 'streamId',
]

/** What is to be bought, for how much and how. */
export interface PurchaseOrder {
  /** A post that the buyer can see. */
  readonly contentId: string
  /** Where access to the stream behind the post is bought. */
  readonly streamId?: string
  readonly creatorId: string
  readonly expectedPrice: Money
  readonly source: PaymentSource
  readonly idempotencyKey: string
}

/**
 * Begins to buy a post, or access to the stream behind one; the wallet pays at once, other ways are asked for after the commit. One purchase per person and post
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
  const mutation = order.streamId ? 'purchaseStreamAccess' : 'purchaseContent'
  const call = { scope: viewer.userId, mutation, key: idempotencyKey, request: order }
  return idempotently(tx, call, now, async () => {
    await holdActor(tx, viewer.userId, now)
    const { contentId, streamId, creatorId, source } = order
    const path = pathOf(order)
    await refuseSeller(tx, viewer, { creatorId, path }, now)
    const of = streamId ? { streamId } : { contentId }
    const ware = await findWare(tx, of, now)
    const price = checkedWare(ware, order.expectedPrice, path)
    const purchaseId = await insertPurchase(
      tx,
      { buyerId: viewer.userId, creatorId, of, titleSnapshot: ware?.title ?? null, price },
      now,
    )
    if (!purchaseId) throw await alreadyBought(tx, viewer, of, path)
    const { id } = await openPayment(
      tx,
      services,
      {
        payerId: viewer.userId,
        creatorId,
        purpose: streamId ? 'STREAM_ACCESS' : 'CONTENT_PURCHASE',
        amount: price,
        source,
      },
      (paymentId) => attachPayment(tx, purchaseId, paymentId),
      now,
    )
    return { purchaseId, paymentId: id }
  })
}

/** A post as it is sold, or access to the stream behind it. */
const findWare = (
  tx: Tx,
  of: { readonly contentId: string } | { readonly streamId: string },
  now: Date,
): Promise<Ware | null> =>
  'streamId' in of ? findStreamWareForShare(tx, of.streamId, now) : findWareForShare(tx, of.contentId)

async function refuseSeller(
  tx: Tx,
  { userId }: Viewer,
  { creatorId, path }: { readonly creatorId: string; readonly path: readonly string[] },
  now: Date,
): Promise<void> {
  if (creatorId === userId)
    throw new AppError('CONFLICT', 'self_action', 'Creators open their own posts anyway.', { path })
  const earner = await findEarner(tx, creatorId, userId, now)
  if (!earner) throw noSuchUser(path)
  if (!earner.isEarning)
    throw new AppError('CONFLICT', 'creator_not_earning', 'This creator does not earn now.', { path })
}

function checkedWare(ware: Ware | null, expected: Money, path: readonly string[]): Money {
  if (!ware) throw noSuchContent(path)
  const { isForSale, priceMinor, currency } = ware
  if (!isForSale || priceMinor === null || currency === null)
    throw new AppError('CONFLICT', 'not_for_sale', 'This is not sold singly.', { path })
  if (priceMinor === expected.amountMinor && currency === expected.currency) return expected
  throw new AppError('CONFLICT', 'price_changed', 'The price is another by now.', {
    path: ['input', 'expectedPrice'],
    price: { amountMinor: priceMinor, currency },
  })
}

/** Why somebody cannot begin to buy what they have, or are about to have. */
export async function alreadyBought(tx: Tx, { userId }: Viewer, of: Wares, path: readonly string[]): Promise<AppError> {
  const purchase = await findLivePurchase(tx, userId, of)
  return purchase?.state === 'PAID'
    ? new AppError('CONFLICT', 'already_purchased', 'It is yours already.', { path })
    : new AppError('CONFLICT', 'purchase_under_way', 'A purchase of it is under way.', { path })
}

/** What becomes of anything bought singly when its money does not come, or goes back: what goes back closes it. */
export const purchaseReversals: Omit<Purpose, 'paid'> = {
  failed: async (tx, { id }) => {
    const purchase = await findPaidPurchase(tx, id)
    if (purchase?.state === 'PENDING') await updatePurchase(tx, purchase.id, { state: 'FAILED' })
  },
  isOpen: async (db, { paymentIntentId }, now) => {
    const purchase = await findPaidPurchase(db, paymentIntentId)
    return purchase !== null && (await findSoldGrant(db, { purchaseId: purchase.id }, now)) !== null
  },
  refunded: async (tx, { paymentIntentId }, { isFull, revokesAccess }, now) => {
    const purchase = await findPaidPurchase(tx, paymentIntentId)
    if (purchase?.state !== 'PAID') return
    if (isFull) await updatePurchase(tx, purchase.id, { state: 'REFUNDED', refundedAt: now })
    if (revokesAccess) await endSoldGrants(tx, { purchaseId: purchase.id }, 'REFUND', now)
  },
  refundFailed: async (tx, { paymentIntentId }, opens, now) => {
    const purchase = await findPaidPurchase(tx, paymentIntentId)
    if (purchase?.state === 'REFUNDED') {
      if (await findLivePurchase(tx, purchase.buyerId, waresOf(purchase))) {
        await openPaidTwice(tx, purchase, now)
        return
      }
      await updatePurchase(tx, purchase.id, { state: 'PAID', refundedAt: null })
    } else if (purchase?.state !== 'PAID') return
    if (opens) await restoreSoldGrants(tx, { purchaseId: purchase.id }, ['REFUND', 'DISPUTE'], now)
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

/** What was bought again since is not given twice: somebody has to send the money of the first time by another way. */
const openPaidTwice = (tx: Tx, { buyerId, creatorId, paymentIntentId }: PurchaseRow, now: Date): Promise<void> =>
  insertCase(
    tx,
    {
      kind: 'OTHER',
      reference: `paid-twice:${String(paymentIntentId)}`,
      creatorId,
      payerId: buyerId,
      paymentIntentId,
      details: { reason: 'A refund came back of what was bought again since.' },
    },
    now,
  )

const waresOf = ({ contentId, messageId, streamId }: PurchaseRow): Wares => {
  if (messageId !== null) return { messageId }
  if (streamId !== null) return { streamId }
  assert(contentId !== null, 'something was bought')
  return { contentId }
}

/** What paying for a post, or for the stream behind one, does: it opens, for good; what goes back closes it. */
export const contentPurchases: Purpose = {
  ...purchaseReversals,
  paid: async (tx, payment, now) => {
    const purchase = await findPaidPurchase(tx, payment.id)
    assert(purchase?.contentId, `payment ${payment.id} is for no post`)
    const { buyerId, creatorId, contentId, streamId } = purchase
    const [what, of] = streamId === null ? (['Post', { contentId }] as const) : (['Stream', { streamId }] as const)
    const sold = {
      type: streamId === null ? 'CONTENT_PURCHASE' : 'STREAM_ACCESS',
      subject: { purchaseId: purchase.id },
      description: purchase.titleSnapshot ? `${what} “${purchase.titleSnapshot}”` : what,
    } as const
    const live = await findLivePurchase(tx, buyerId, of)
    const ware = await findWare(tx, of, now)
    // money that comes late, for what was bought again since, is taken down, or is over, goes back
    if ((live && live.id !== purchase.id) || !ware || (streamId !== null && !ware.isForSale))
      return { ...sold, unowed: 'OTHER' }
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
}
