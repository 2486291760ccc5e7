import { holdActor } from '../accounts/accounts.js'
import { DAY_MS, addMs } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import type { Viewer } from '../lib/viewer.js'
import { findFingerprint } from '../payments/payments.js'
import type { PaymentServices, PaymentSource } from '../payments/types.js'
import { tell } from './ending.js'
import { openPeriod } from './granting.js'
import { promoted } from './promoting.js'
import { insertRedemption, insertTrial, usePromotion } from './promotion-queries.js'
import { claimPeriod, findSubscriptionForUpdate, startPeriod, updatePeriod } from './queries.js'
import { beginSubscription, getOffer, payFirst, refuseOtherPrice } from './subscribing.js'
import type { SubscribeOrder } from './subscribing.js'
import { SUBSCRIPTION_STARTED } from './types.js'
import type { OfferRow, PromotionRow } from './types.js'

const CODE_PATH = ['input', 'code']

/** What somebody subscribes to by a code. */
export interface RedeemOrder extends SubscribeOrder {
  readonly code: string
}

/**
 * Subscribes by a creator's code: for less at first, or with a trial, for which nothing is paid but a way to pay must be saved.
 * One use of a code per person, one trial of a creator per person and card. Where the first payment is refused the code can be
 * used again. Idempotent under the key. Audited.
 * @throws as `subscribe`; CONFLICT promotion_not_valid, promotion_used, trial_used
 */
export async function redeemPromotion(
  tx: Tx,
  services: PaymentServices,
  viewer: Viewer,
  { idempotencyKey, ...order }: RedeemOrder,
  now: Date,
): Promise<Remembered<{ subscriptionId: string; paymentId: string | null }>> {
  const call = { scope: viewer.userId, mutation: 'redeemPromotion', key: idempotencyKey, request: order }
  return idempotently(tx, call, now, async () => {
    await holdActor(tx, viewer.userId, now)
    const offer = await getOffer(tx, viewer, order.offerId, now)
    const promotion = await usePromotion(tx, offer.creatorId, order.code, now)
    const price = promotion && promoted(offer, promotion, 1)
    if (!promotion || !price || (promotion.kind === 'TRIAL' && offer.months === null)) throw notValid()
    const isTrial = promotion.kind === 'TRIAL'
    refuseOtherPrice(isTrial ? { ...price, amountMinor: 0n } : price, order.expectedPrice)
    const begun = { viewer, offer, source: order.source, promotion }
    const subscriptionId = isTrial ? await beginTrial(tx, begun, now) : await beginPromoted(tx, begun, now)
    const used = { promotionId: promotion.id, userId: viewer.userId, subscriptionId }
    if (!(await insertRedemption(tx, used, now)))
      throw new AppError('CONFLICT', 'promotion_used', 'This code was used already.', { path: CODE_PATH })
    if (isTrial) return { subscriptionId, paymentId: null }
    const first = { subscriptionId, offer, amount: price, source: order.source }
    return { subscriptionId, paymentId: await payFirst(tx, services, viewer, first, now) }
  })
}

const notValid = (): AppError =>
  new AppError('CONFLICT', 'promotion_not_valid', 'This code gives nothing here, now or any more.', { path: CODE_PATH })

interface Begun {
  readonly viewer: Viewer
  readonly offer: OfferRow
  readonly source: PaymentSource
  readonly promotion: PromotionRow
}

const beginPromoted = (tx: Tx, { viewer, offer, source, promotion }: Begun, now: Date): Promise<string> =>
  beginSubscription(
    tx,
    {
      subscriberId: viewer.userId,
      offer,
      paymentMethodId: source.paymentMethodId,
      origin: 'PROMOTION',
      promotionId: promotion.id,
      trialEndsAt: null,
    },
    now,
  )

/** A trial is a first period that is free; what follows is counted from its end. */
async function beginTrial(tx: Tx, { viewer, offer, source, promotion }: Begun, now: Date): Promise<string> {
  const { userId } = viewer
  const method = source.useWallet ? null : await findFingerprint(tx, userId, source.paymentMethodId)
  if (!method)
    throw new AppError('INVALID', 'payment_method_required', 'Save a way to pay first.', { path: ['input', 'payWith'] })
  const endsAt = addMs(now, (promotion.trialDays ?? 0) * DAY_MS)
  const subscriptionId = await beginSubscription(
    tx,
    {
      subscriberId: userId,
      offer,
      paymentMethodId: method.id,
      origin: 'TRIAL',
      promotionId: promotion.id,
      trialEndsAt: endsAt,
    },
    now,
  )
  const trial = { creatorId: offer.creatorId, userId, fingerprintIndex: method.fingerprintIndex, subscriptionId }
  if (!(await insertTrial(tx, trial, now)))
    throw new AppError('CONFLICT', 'trial_used', 'This creator was tried already.', { path: CODE_PATH })
  const { currency } = offer
  const first = { subscriptionId, periodNumber: 1, startsAt: now, endsAt, priceVersionId: null, isAtOnce: false }
  await claimPeriod(tx, { ...first, amountMinor: 0n, currency }, now)
  await updatePeriod(tx, { ...first, state: 'FREE' })
  const started = { number: 1, startsAt: now, endsAt, anchorAt: endsAt, anchorPeriod: 1, offer: null }
  await startPeriod(tx, subscriptionId, started, now)
  const subscription = await findSubscriptionForUpdate(tx, subscriptionId)
  if (!subscription) return subscriptionId
  await openPeriod(tx, subscription, { startsAt: now, endsAt }, now)
  await tell(tx, subscription, { type: SUBSCRIPTION_STARTED, action: 'subscription.started' }, now)
  return subscriptionId
}
