import { holdActor, noSuchUser } from '../accounts/accounts.js'
import { MINUTE_MS, SECOND_MS } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import type { Money } from '../lib/money.js'
import type { RateLimit } from '../lib/rate.js'
import { checkedLongText } from '../lib/text.js'
import type { Viewer } from '../lib/viewer.js'
import { findEarner, openPayment } from '../payments/payments.js'
import type { PaymentServices, PaymentSource } from '../payments/types.js'
import { stopRenewing, tell } from './ending.js'
import { refitPeriod } from './granting.js'
import { endOfPeriod } from './periods.js'
import {
  attachPayment,
  claimPeriod,
  dropCancellation,
  findOfferForShare,
  findSubscriptionForUpdate,
  insertSubscription,
  listOffers,
} from './queries.js'
import { SUBSCRIPTION_RESUMED } from './types.js'
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
    const offer = await getOffer(tx, viewer, order.offerId, now)
    refuseOtherPrice(offer, order.expectedPrice)
    const { source } = order
    const terms = { origin: 'PAID', promotionId: null, trialEndsAt: null } as const
    const subscriptionId = await beginSubscription(
      tx,
      { subscriberId: viewer.userId, offer, paymentMethodId: source.paymentMethodId, ...terms },
      now,
    )
    return {
      subscriptionId,
      paymentId: await payFirst(tx, services, viewer, { subscriptionId, offer, amount: offer, source }, now),
    }
  })
}

/** Begins a subscription that is not open yet. @throws CONFLICT already_subscribed */
export async function beginSubscription(
  tx: Tx,
  order: Parameters<typeof insertSubscription>[1],
  now: Date,
): Promise<string> {
  const id = await insertSubscription(tx, order, now)
  if (id) return id
  throw new AppError('CONFLICT', 'already_subscribed', 'There is a subscription to this creator already.', {
    path: OFFER_PATH,
  })
}

/** A first period, as it is to be paid. */
interface FirstPayment {
  readonly subscriptionId: string
  readonly offer: OfferRow
  readonly amount: Money
  readonly source: PaymentSource
}

/** Claims the first period and opens its payment. */
export async function payFirst(
  tx: Tx,
  services: PaymentServices,
  { userId: payerId }: Viewer,
  { subscriptionId, offer, source, amount: { amountMinor, currency } }: FirstPayment,
  now: Date,
): Promise<string> {
  const { creatorId, months } = offer
  const amount = { amountMinor, currency }
  await claimFirstPeriod(tx, subscriptionId, { months, ...amount }, now)
  const { id } = await openPayment(
    tx,
    services,
    { payerId, creatorId, purpose: 'SUBSCRIPTION', amount, source },
    (paymentId) => attachPayment(tx, subscriptionId, 1, paymentId),
    now,
  )
  return id
}

/** Claims the period that a subscription begins with, as if it were paid now. */
export async function claimFirstPeriod(
  tx: Tx,
  subscriptionId: string,
  { months, amountMinor, currency }: Money & Pick<OfferRow, 'months'>,
  now: Date,
): Promise<void> {
  const endsAt = months === null ? null : endOfPeriod(now, 1, months)
  const period = { subscriptionId, periodNumber: 1, startsAt: now, endsAt, priceVersionId: null, isAtOnce: false }
  await claimPeriod(tx, { ...period, amountMinor, currency }, now)
}

/**
 * An offer that `viewer` may take.
 * @throws NOT_FOUND node_not_found; CONFLICT self_action, creator_not_earning, offer_retired, price_changed with the price
 */
export async function getOffer(tx: Tx, { userId }: Viewer, offerId: string, now: Date): Promise<OfferRow> {
  const offer = await findOfferForShare(tx, offerId)
  if (!offer) throw new AppError('NOT_FOUND', 'node_not_found', 'No such SubscriptionOffer.', { path: OFFER_PATH })
  if (offer.creatorId === userId)
    throw new AppError('CONFLICT', 'self_action', 'Nobody subscribes to themselves.', { path: OFFER_PATH })
  const earner = await findEarner(tx, offer.creatorId, userId, now)
  if (!earner) throw noSuchUser(OFFER_PATH)
  if (!earner.isEarning) throw notEarning(OFFER_PATH)
  if (offer.retiredAt) throw await successor(tx, offer)
  return offer
}

/** @throws CONFLICT price_changed with the price */
export function refuseOtherPrice(price: Money, expected: Money): void {
  if (price.amountMinor !== expected.amountMinor || price.currency !== expected.currency) throw priceChanged(price)
}

const notEarning = (path: readonly string[]): AppError =>
  new AppError('CONFLICT', 'creator_not_earning', 'This creator does not earn now.', { path })

/** What to answer who wants an offer that is no longer made: the one that took its place, where there is one. */
async function successor(tx: Tx, { creatorId, type, months }: OfferRow): Promise<AppError> {
  const next = (await listOffers(tx, [creatorId])).find((offer) => offer.type === type && offer.months === months)
  if (next) return priceChanged(next)
  return new AppError('CONFLICT', 'offer_retired', 'The creator does not offer this any more.', { path: OFFER_PATH })
}

const priceChanged = ({ amountMinor, currency }: Money): AppError =>
  new AppError('CONFLICT', 'price_changed', 'The price is another by now.', {
    path: ['input', 'expectedPrice'],
    price: { amountMinor, currency },
  })

/**
 * Renews a subscription no more, at the word of its subscriber. Again changes nothing. Audited.
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
  await stopRenewing(tx, subscription, { cancelReason: reason, stoppedReason: null }, now)
}

/**
 * Renews a cancelled subscription after all, while its period lasts, and while its subscriber may pay its creator. Again
 * changes nothing. Audited.
 * @throws NOT_FOUND node_not_found; CONFLICT subscription_ended, subscription_lifetime, subscription_pending,
 *   creator_not_earning
 */
export async function resumeSubscription(tx: Tx, viewer: Viewer, subscriptionId: string, now: Date): Promise<void> {
  const subscription = await getOwn(tx, viewer, subscriptionId, now)
  if (subscription.status !== 'CANCELLED') return
  const earner = await findEarner(tx, subscription.creatorId, subscription.subscriberId, now)
  if (!earner?.isEarning) throw notEarning(['input', 'subscriptionId'])
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
