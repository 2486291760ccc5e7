import { record } from '../audit/audit.js'
import { holdActor, noSuchUser } from '../accounts/accounts.js'
import { MINUTE_MS, SECOND_MS } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import type { Money } from '../lib/money.js'
import type { RateLimit } from '../lib/rate.js'
import { checkedLongText } from '../lib/text.js'
import type { Viewer } from '../lib/viewer.js'
import { findEarner, openPayment } from '../payments/payments.js'
import type { PaymentServices, PaymentSource } from '../payments/types.js'
import { refitPeriod } from './granting.js'
import { endOfPeriod } from './periods.js'
import {
  attachPayment,
  claimPeriod,
  dropCancellation,
  endSubscription,
  findOfferForShare,
  findSubscriptionForUpdate,
  insertSubscription,
  keepCancellation,
  listOffers,
} from './queries.js'
import { SUBSCRIPTION_CANCELLED, SUBSCRIPTION_ENDED, SUBSCRIPTION_RESUMED, subscriptionsOf } from './types.js'
import type { OfferRow, SubscriptionRow } from './types.js'

/** How often somebody may try to subscribe. */
export const SUBSCRIBES: RateLimit = {
  name: 'subscriptions.subscribe',
  points: 30,
  windowSeconds: (10 * MINUTE_MS) / SECOND_MS,
}
const OFFER_PATH = ['input', 'offerId']
const MAX_REASON_LENGTH = 500

/** What somebody subscribes to, and for how much. */
export interface SubscribeOrder {
  readonly offerId: string
  readonly expectedPrice: Money
  readonly source: PaymentSource
  readonly idempotencyKey: string
}

/**
 * Begins to subscribe; the wallet pays at once, other ways are asked for after the commit. One subscription per person and
 * creator that has not ended, however many ask for it. Idempotent under the key. Audited with its payment.
 * @throws NOT_FOUND node_not_found; CONFLICT self_action, offer_retired, price_changed with the price, already_subscribed,
 *   creator_not_earning, insufficient_funds; INVALID payment_method_required; FORBIDDEN account_limited
 */
export async function subscribe(
  tx: Tx,
  services: PaymentServices,
  viewer: Viewer,
  { idempotencyKey, ...order }: SubscribeOrder,
  now: Date,
): Promise<Remembered<{ subscriptionId: string; paymentId: string }>> {
  const call = { scope: viewer.userId, mutation: 'subscribe', key: idempotencyKey, request: order }
  return idempotently(tx, call, now, async () => {
    await holdActor(tx, viewer.userId, now)
    const offer = await getOffer(tx, viewer, order, now)
    const subscriptionId = await insertSubscription(
      tx,
      { subscriberId: viewer.userId, offer, paymentMethodId: order.source.paymentMethodId },
      now,
    )
    if (!subscriptionId)
      throw new AppError('CONFLICT', 'already_subscribed', 'There is a subscription to this creator already.', {
        path: OFFER_PATH,
      })
    const amount = { amountMinor: offer.amountMinor, currency: offer.currency }
    const endsAt = offer.months === null ? null : endOfPeriod(now, 1, offer.months)
    await claimPeriod(
      tx,
      { subscription: { id: subscriptionId, ...amount }, periodNumber: 1, startsAt: now, endsAt },
      now,
    )
    const { id } = await openPayment(
      tx,
      services,
      { payerId: viewer.userId, creatorId: offer.creatorId, purpose: 'SUBSCRIPTION', amount, source: order.source },
      (paymentId) => attachPayment(tx, subscriptionId, 1, paymentId),
      now,
    )
    return { subscriptionId, paymentId: id }
  })
}

async function getOffer(
  tx: Tx,
  { userId }: Viewer,
  { offerId, expectedPrice }: Omit<SubscribeOrder, 'idempotencyKey'>,
  now: Date,
): Promise<OfferRow> {
  const offer = await findOfferForShare(tx, offerId)
  if (!offer) throw new AppError('NOT_FOUND', 'node_not_found', 'No such SubscriptionOffer.', { path: OFFER_PATH })
  if (offer.creatorId === userId)
    throw new AppError('CONFLICT', 'self_action', 'Nobody subscribes to themselves.', { path: OFFER_PATH })
  const earner = await findEarner(tx, offer.creatorId, userId, now)
  if (!earner) throw noSuchUser(OFFER_PATH)
  if (!earner.isEarning)
    throw new AppError('CONFLICT', 'creator_not_earning', 'This creator does not earn now.', { path: OFFER_PATH })
  if (offer.retiredAt) throw await successor(tx, offer)
  if (offer.amountMinor !== expectedPrice.amountMinor || offer.currency !== expectedPrice.currency)
    throw priceChanged(offer)
  return offer
}

/** What to answer who wants an offer that is no longer made: the one that took its place, where there is one. */
async function successor(tx: Tx, { creatorId, type, months }: OfferRow): Promise<AppError> {
  const next = (await listOffers(tx, [creatorId])).find((offer) => offer.type === type && offer.months === months)
  if (next) return priceChanged(next)
  return new AppError('CONFLICT', 'offer_retired', 'The creator does not offer this any more.', { path: OFFER_PATH })
}

const priceChanged = ({ amountMinor, currency }: OfferRow): AppError =>
  new AppError('CONFLICT', 'price_changed', 'The price is another by now.', {
    path: ['input', 'expectedPrice'],
    price: { amountMinor, currency },
  })

/**
 * Renews a subscription no more: it stays open to the very end of its period, and where that has passed already, as in grace,
 * it is over. Again changes nothing. Audited.
 * @throws NOT_FOUND node_not_found; CONFLICT subscription_ended, subscription_lifetime, subscription_pending
 */
export async function cancelSubscription(
  tx: Tx,
  viewer: Viewer,
  { subscriptionId, reason }: { readonly subscriptionId: string; readonly reason: string | null },
  now: Date,
): Promise<void> {
  const subscription = await getOwn(tx, viewer, subscriptionId, now)
  if (subscription.status === 'CANCELLED') return
  await keepCancellation(tx, subscription.id, reason, now)
  await refitPeriod(tx, subscription, false, now)
  await tell(tx, subscription, { type: SUBSCRIPTION_CANCELLED, action: 'subscription.cancelled' }, now)
  if (subscription.periodEndsAt && subscription.periodEndsAt <= now) {
    await endSubscription(tx, subscription.id, { status: 'EXPIRED', reason: 'PERIOD_ENDED', at: now })
    await tell(tx, subscription, { type: SUBSCRIPTION_ENDED, action: 'subscription.ended' }, now)
  }
}

/**
 * Renews a cancelled subscription after all, while its period lasts. Again changes nothing. Audited.
 * @throws NOT_FOUND node_not_found; CONFLICT subscription_ended, subscription_lifetime, subscription_pending
 */
export async function resumeSubscription(tx: Tx, viewer: Viewer, subscriptionId: string, now: Date): Promise<void> {
  const subscription = await getOwn(tx, viewer, subscriptionId, now)
  if (subscription.status !== 'CANCELLED') return
  await dropCancellation(tx, subscription.id)
  await refitPeriod(tx, subscription, true, now)
  await tell(tx, subscription, { type: SUBSCRIPTION_RESUMED, action: 'subscription.resumed' }, now)
}

async function getOwn(tx: Tx, { userId }: Viewer, id: string, now: Date): Promise<SubscriptionRow> {
  const path = ['input', 'subscriptionId']
  await holdActor(tx, userId, now)
  const subscription = await findSubscriptionForUpdate(tx, id)
  if (subscription?.subscriberId !== userId)
    throw new AppError('NOT_FOUND', 'node_not_found', 'No such CreatorSubscription.', { path })
  if (statusAt(subscription, now) === 'EXPIRED' || subscription.endedAt)
    throw new AppError('CONFLICT', 'subscription_ended', 'It has ended: subscribe anew.', { path })
  if (subscription.status === 'PENDING')
    throw new AppError('CONFLICT', 'subscription_pending', 'Its first payment has not come yet.', { path })
  if (subscription.type === 'LIFETIME')
    throw new AppError('CONFLICT', 'subscription_lifetime', 'It is for always.', { path })
  return subscription
}

/** Where a subscription stands at `now`: one that was cancelled ends by itself, at the instant. */
export const statusAt = ({ status, periodEndsAt }: SubscriptionRow, now: Date): SubscriptionRow['status'] =>
  status === 'CANCELLED' && periodEndsAt !== null && periodEndsAt <= now ? 'EXPIRED' : status

/** Null for none. @throws INVALID invalid_input */
export const checkedCancelReason = (unchecked: string | null | undefined): string | null =>
  checkedLongText(unchecked ?? '', ['input', 'reason'], MAX_REASON_LENGTH) || null

/** Tells of a step, and keeps it in the trail. */
export async function tell(
  tx: Tx,
  { id, subscriberId, creatorId, status }: SubscriptionRow,
  step: { readonly type: string; readonly action: string },
  now: Date,
): Promise<void> {
  await record(
    tx,
    {
      action: step.action,
      category: 'PAYMENT',
      severity: 'LOW',
      subject: { table: 'subscriptions', id },
      userId: subscriberId,
      before: { status },
      description: 'A subscription went a step further.',
    },
    now,
  )
  const payload = { subscriptionId: id, subscriberId, creatorId }
  await emit(tx, { stream: subscriptionsOf(subscriberId), type: step.type, payload }, now)
}
