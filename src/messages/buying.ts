import assert from 'node:assert'
import { holdActor } from '../accounts/accounts.js'
import { openSoldGrant } from '../content/content.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import type { Money } from '../lib/money.js'
import type { Viewer } from '../lib/viewer.js'
import type { Sale } from '../ledger/types.js'
import { findEarner, openPayment } from '../payments/payments.js'
import type { PaymentServices, PaymentSource, Purpose } from '../payments/types.js'
import {
  alreadyBought,
  attachPayment,
  findLivePurchase,
  findPaidPurchase,
  insertPurchase,
  purchaseReversals,
  updatePurchase,
} from '../purchases/purchases.js'
import { salesOf } from '../purchases/types.js'
import { noSuchMessage } from './editing.js'
import { tellBoth } from './telling.js'
import { MESSAGE_PURCHASED } from './types.js'
import type { ConversationEventKind } from './types.js'
import {
  findConversationOfMessage,
  findWareForShare,
  holdConversation,
  noteBought,
  noteEvent,
} from './write-queries.js'
import type { Ware } from './write-queries.js'

const PATH = ['input', 'messageId']

/** What is to be bought, for how much and how. */
export interface MessagePurchaseOrder {
  readonly messageId: string
  readonly expectedPrice: Money
  readonly source: PaymentSource
  readonly idempotencyKey: string
  /** Whether every message counts as age restricted. */
  readonly isGated: boolean
}

/**
 * Begins to buy a message of a conversation of the viewer's; the wallet pays at once, other ways are asked for after the commit.
 * One purchase per person and message at a time, however many ask for it. Idempotent under the key. Audited.
 * @throws NOT_FOUND node_not_found; CONFLICT self_action, messaging_blocked, not_for_sale, price_changed with the price,
 *   age_verification_required, already_purchased, purchase_under_way, creator_not_earning, insufficient_funds; INVALID payment_method_required
 */
export async function purchaseMessage(
  tx: Tx,
  services: PaymentServices,
  viewer: Viewer,
  { idempotencyKey, isGated, ...order }: MessagePurchaseOrder,
  now: Date,
): Promise<Remembered<{ purchaseId: string; paymentId: string }>> {
  const { userId } = viewer
  const call = { scope: userId, mutation: 'purchaseMessage', key: idempotencyKey, request: order }
  return idempotently(tx, call, now, async () => {
    await holdActor(tx, userId, now)
    const { messageId, expectedPrice, source } = order
    const two = await findConversationOfMessage(tx, messageId, userId)
    if (!two) throw noSuchMessage()
    const ware = await findWareForShare(tx, messageId)
    const { sellerId: creatorId } = ware
    if (creatorId === userId) throw conflict('self_action', 'What one sells opens anyway.')
    if ((isGated || ware.isAgeRestricted) && !viewer.isAgeVerified)
      throw conflict('age_verification_required', 'Prove your age first.')
    const price = checkedWare(ware, expectedPrice)
    const earner = await findEarner(tx, creatorId, userId, now)
    if (!earner) throw conflict('messaging_blocked', 'One of the two blocks the other, or the account is closed.')
    if (!earner.isEarning) throw conflict('creator_not_earning', 'This creator does not earn now.')
    const purchaseId = await insertPurchase(
      tx,
      { buyerId: userId, creatorId, of: { messageId }, titleSnapshot: null, price },
      now,
    )
    if (!purchaseId) throw await alreadyBought(tx, viewer, { messageId }, PATH)
    const { id } = await openPayment(
      tx,
      services,
      { payerId: userId, creatorId, purpose: 'MESSAGE_PURCHASE', amount: price, source },
      (paymentId) => attachPayment(tx, purchaseId, paymentId),
      now,
    )
    return { purchaseId, paymentId: id }
  })
}

const conflict = (
  reason: 'self_action' | 'messaging_blocked' | 'creator_not_earning' | 'not_for_sale' | 'age_verification_required',
  message: string,
): AppError => new AppError('CONFLICT', reason, message, { path: PATH })

function checkedWare({ isForSale, ...ware }: Ware, expected: Money): Money {
  const price = { amountMinor: ware.amountMinor, currency: ware.currency }
  if (!isForSale) throw conflict('not_for_sale', 'This message is not sold.')
  if (price.amountMinor === expected.amountMinor && price.currency === expected.currency) return price
  throw new AppError('CONFLICT', 'price_changed', 'It costs something else.', {
    path: ['input', 'expectedPrice'],
    price,
  })
}

/** Tells both sides that a sold message opened, or is locked again. */
const telling =
  (step: (tx: Tx, sale: Sale, now: Date) => Promise<void>, kind: ConversationEventKind) =>
  async (tx: Tx, sale: Sale, now: Date): Promise<void> => {
    await step(tx, sale, now)
    await tellSold(tx, sale.paymentIntentId, kind, now)
  }

async function tellSold(tx: Tx, paymentId: string, kind: ConversationEventKind, now: Date): Promise<void> {
  const purchase = await findPaidPurchase(tx, paymentId)
  const two = purchase?.messageId ? await findConversationOfMessage(tx, purchase.messageId, purchase.buyerId) : null
  if (!two || !purchase?.messageId) return
  await noteEvent(tx, { conversationId: two.id, messageId: purchase.messageId, kind }, now)
  await tellBoth(tx, two)
}

/** What paying for a message does: it opens, for good, and can no longer be taken back; what goes back locks it again. */
export const messagePurchases: Purpose = {
  failed: purchaseReversals.failed,
  paid: async (tx, payment, now) => {
    const purchase = await findPaidPurchase(tx, payment.id)
    assert(purchase?.messageId, `payment ${payment.id} is for no message`)
    const { id: purchaseId, buyerId, creatorId, messageId } = purchase
    const sold = { type: 'MESSAGE_PURCHASE', subject: { purchaseId }, description: 'Message' } as const
    const two = await findConversationOfMessage(tx, messageId, buyerId)
    assert(two, 'a conversation stays')
    await holdConversation(tx, two.id)
    const live = await findLivePurchase(tx, buyerId, { messageId })
    // money that comes late, for what was bought again since, or was taken back, goes back
    if ((live && live.id !== purchaseId) || !(await noteBought(tx, messageId, now))) return { ...sold, unowed: 'OTHER' }
    await updatePurchase(tx, purchaseId, { state: 'PAID', paidAt: now })
    const grant = { userId: buyerId, creatorId, contentId: null, messageId, source: 'PURCHASE', purchaseId } as const
    await openSoldGrant(tx, { ...grant, startsAt: now, endsAt: null }, now)
    const payload = { purchaseId, messageId, buyerId, creatorId }
    await emit(tx, { stream: salesOf(creatorId), type: MESSAGE_PURCHASED, payload }, now)
    await noteEvent(tx, { conversationId: two.id, messageId, kind: 'OPENED' }, now)
    await tellBoth(tx, two)
    return sold
  },
  isOpen: purchaseReversals.isOpen,
  refunded: async (tx, sale, reversal, now) => {
    await purchaseReversals.refunded(tx, sale, reversal, now)
    if (reversal.revokesAccess) await tellSold(tx, sale.paymentIntentId, 'CLOSED', now)
  },
  refundFailed: async (tx, sale, opens, now) => {
    await purchaseReversals.refundFailed(tx, sale, opens, now)
    if (opens) await tellSold(tx, sale.paymentIntentId, 'OPENED', now)
  },
  held: telling((tx, sale, now) => purchaseReversals.held(tx, sale, now), 'CLOSED'),
  freed: telling((tx, sale, now) => purchaseReversals.freed(tx, sale, now), 'OPENED'),
  lost: telling((tx, sale, now) => purchaseReversals.lost(tx, sale, now), 'CLOSED'),
}
