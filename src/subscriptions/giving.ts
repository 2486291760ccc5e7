import assert from 'node:assert'
import { holdActor } from '../accounts/accounts.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import type { Money } from '../lib/money.js'
import { checkedLongText } from '../lib/text.js'
import type { Viewer } from '../lib/viewer.js'
import { openPayment } from '../payments/payments.js'
import type { PaymentServices, PaymentSource, Purpose } from '../payments/types.js'
import { attachGiftPayment, canBeGiven, findPaidGift, insertGift, updatePaidGift } from './gift-queries.js'
import { subscriptionPeriods } from './paying.js'
import { attachPayment, findOfferForShare, insertSubscription } from './queries.js'
import { claimFirstPeriod, getOffer, refuseOtherPrice } from './subscribing.js'
import type { GiftRow } from './types.js'

const MAX_MESSAGE_LENGTH = 500
const RECIPIENT_PATH = ['input', 'recipientId']

/** What is to be given, to whom and how. */
export interface GiftOrder {
  readonly offerId: string
  /** Somebody whom the giver can see. */
  readonly recipientId: string
  readonly expectedPrice: Money
  readonly message: string | null
  readonly isAnonymous: boolean
  readonly source: PaymentSource
  readonly idempotencyKey: string
}

/**
 * Begins to pay a subscription for somebody else; it is theirs once it is paid. Nothing of it is written at theirs before: who
 * does not pay keeps nobody from subscribing. Idempotent under the key. Audited with its payment.
 * @throws NOT_FOUND node_not_found; CONFLICT self_action, offer_retired, price_changed with the price, creator_not_earning,
 *   not_allowed where it cannot be given to them, whyever; insufficient_funds; INVALID payment_method_required;
 *   FORBIDDEN account_limited
 */
export async function giftSubscription(
  tx: Tx,
  services: PaymentServices,
  viewer: Viewer,
  { idempotencyKey, ...order }: GiftOrder,
  now: Date,
): Promise<Remembered<{ paymentId: string }>> {
  const call = { scope: viewer.userId, mutation: 'giftSubscription', key: idempotencyKey, request: order }
  return idempotently(tx, call, now, async () => {
    await holdActor(tx, viewer.userId, now)
    const { recipientId, message, isAnonymous, source } = order
    if (recipientId === viewer.userId)
      throw new AppError('CONFLICT', 'self_action', 'Subscribe yourself instead.', { path: RECIPIENT_PATH })
    const { id: priceVersionId, creatorId, amountMinor, currency } = await getOffer(tx, viewer, order.offerId, now)
    refuseOtherPrice({ amountMinor, currency }, order.expectedPrice)
    const gift = { giverId: viewer.userId, creatorId, recipientId, priceVersionId, message, isAnonymous }
    if (!(await canBeGiven(tx, gift)))
      throw new AppError('CONFLICT', 'not_allowed', 'This cannot be given to them.', { path: RECIPIENT_PATH })
    const giftId = await insertGift(tx, { ...gift, amountMinor, currency }, now)
    const { id } = await openPayment(
      tx,
      services,
      { payerId: viewer.userId, creatorId, purpose: 'GIFT', amount: { amountMinor, currency }, source },
      (paymentId) => attachGiftPayment(tx, giftId, paymentId),
      now,
    )
    return { paymentId: id }
  })
}

/** Null for none. @throws INVALID invalid_input */
export const checkedGiftMessage = (unchecked: string | null | undefined): string | null =>
  checkedLongText(unchecked ?? '', ['input', 'message'], MAX_MESSAGE_LENGTH) || null

/**
 * What paying a gift does: the recipient has a subscription that is not renewed unless they say so. Where they cannot have it by
 * now the money goes back. What goes back later closes it, as for any period.
 */
export const subscriptionGifts: Purpose = {
  ...subscriptionPeriods,
  paid: async (tx, payment, now) => {
    const gift = await findPaidGift(tx, payment.id)
    assert(gift, 'a payment of a gift has one')
    const sold = { type: 'SUBSCRIPTION', subject: { giftId: gift.id }, description: 'Gifted subscription' } as const
    const subscriptionId = await give(tx, gift, payment.id, now)
    await updatePaidGift(tx, gift.id, subscriptionId, now)
    if (!subscriptionId) return { ...sold, unowed: 'PAYMENT_FOR_DEAD_SUBSCRIPTION' }
    const opened = await subscriptionPeriods.paid(tx, payment, now)
    return { ...sold, subject: { ...opened?.subject, giftId: gift.id } }
  },
  // nothing of it has begun
  failed: () => Promise.resolve(),
}

/** Writes the recipient's subscription and its first period; null where they cannot have it. */
async function give(tx: Tx, gift: GiftRow, paymentId: string, now: Date): Promise<string | null> {
  if (!(await canBeGiven(tx, gift))) return null
  const offer = await findOfferForShare(tx, gift.priceVersionId)
  assert(offer, 'an offer is never deleted')
  const terms = { origin: 'GIFT', paymentMethodId: null, promotionId: null, trialEndsAt: null } as const
  const subscriptionId = await insertSubscription(tx, { subscriberId: gift.recipientId, offer, ...terms }, now)
  if (!subscriptionId) return null
  await claimFirstPeriod(tx, subscriptionId, offer, now)
  await attachPayment(tx, subscriptionId, 1, paymentId)
  return subscriptionId
}
