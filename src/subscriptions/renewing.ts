import { databaseNow, transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { DAY_MS, addMs } from '../lib/clock.js'
import { doAllDue } from '../lib/due.js'
import { AppError } from '../lib/errors.js'
import { ABSENT, chargePayment, findEarner, openPayment } from '../payments/payments.js'
import type { PaymentServices, PaymentSource } from '../payments/types.js'
import { end } from './ending.js'
import { refitPeriod } from './granting.js'
import { refuseRenewal } from './paying.js'
import { endOfPeriod } from './periods.js'
import { nextPrice } from './promoting.js'
import { getPromotion } from './promotion-queries.js'
import {
  attachPayment,
  claimPeriod,
  findHindrance,
  findOfferForShare,
  findPeriod,
  findSubscriptionForUpdate,
  keepRefusal,
  listDue,
  updatePeriod,
  waitForPayment,
} from './queries.js'
import type { ClaimedPeriod } from './queries.js'
import type { SubscriptionEndReason, SubscriptionRow } from './types.js'

/** How long what hinders a renewal is waited for before each further look. */
const HINDERED_MS = DAY_MS

/** Renews, one after the other, what is due, and ends what has run out. */
export const renewDue = (origin: Origin, services: PaymentServices): Promise<void> =>
  doAllDue({
    list: async (limit) => listDue(origin.db, await databaseNow(origin.db), limit),
    act: ({ id }) => renew(origin, services, id),
    failure: { one: 'a subscription could not be renewed', many: 'subscriptions could not be renewed' },
    idName: 'subscriptionId',
  })

/** The claim of the period is one transaction, the charge follows it; whatever falls between is asked about by a job. */
async function renew(origin: Origin, services: PaymentServices, id: string): Promise<void> {
  const paymentId = await transaction(origin, (tx, now) => claim(tx, services, id, now))
  if (paymentId) await chargePayment(origin, services, paymentId, ABSENT)
}

/** What is due of one subscription; answers the payment that is to be charged for it. */
async function claim(tx: Tx, services: PaymentServices, id: string, now: Date): Promise<string | null> {
  const subscription = await findSubscriptionForUpdate(tx, id)
  if (!subscription || subscription.endedAt || !subscription.nextChargeAt || subscription.nextChargeAt > now)
    return null
  if (!subscription.willRenew) return over(tx, subscription, subscription.stoppedReason ?? 'PERIOD_ENDED', now)
  if (subscription.paymentHealth === 'GRACE') return over(tx, subscription, 'PAYMENT_FAILED', now)
  const hindrance = await findHindrance(tx, id, now)
  if (hindrance) return over(tx, subscription, hindrance, now)
  // nobody is charged again for what they say they did not want
  if (subscription.isDisputed) return wait(tx, subscription, 'DISPUTED', now)
  const earner = await findEarner(tx, subscription.creatorId, subscription.subscriberId, now)
  if (!earner?.isEarning) return wait(tx, subscription, 'CREATOR_LEFT', now)
  return charge(tx, services, subscription, now)
}

async function over(tx: Tx, subscription: SubscriptionRow, reason: SubscriptionEndReason, now: Date): Promise<null> {
  await refitPeriod(tx, subscription, false, now)
  await end(tx, subscription, { status: 'EXPIRED', reason }, now)
  return null
}

/**
 * Nobody is charged for a creator whose proof of age has run out, nor while a payment is disputed; the subscription stays until
 * grace has passed, and then ends for `reason`.
 */
async function wait(tx: Tx, subscription: SubscriptionRow, reason: SubscriptionEndReason, now: Date): Promise<null> {
  const { id, periodEndsAt, graceUntil, paymentHealth, retryCount } = subscription
  const until = graceUntil ?? addMs(periodEndsAt ?? now, 3 * HINDERED_MS)
  if (until <= now) return over(tx, subscription, reason, now)
  await keepRefusal(tx, id, {
    health: paymentHealth,
    retryCount,
    nextChargeAt: addMs(now, HINDERED_MS) < until ? addMs(now, HINDERED_MS) : until,
    graceUntil: until,
  })
  return null
}

async function charge(
  tx: Tx,
  services: PaymentServices,
  subscription: SubscriptionRow,
  now: Date,
): Promise<string | null> {
  const { id, paymentMethodId, periodNumber } = subscription
  try {
    const source = { paymentMethodId, useWallet: false, returnUrl: null }
    const paymentId = await chargeRenewal(tx, services, subscription, source, now)
    if (!paymentId) await waitForPayment(tx, id)
    return paymentId
  } catch (error) {
    // the way to pay is gone, and no other was chosen
    if (!(error instanceof AppError && (error.code === 'NOT_FOUND' || error.reason === 'payment_method_required')))
      throw error
    const period = await findPeriod(tx, id, periodNumber + 1)
    if (period) await updatePeriod(tx, { ...period, state: 'FAILED' })
    await refuseRenewal(tx, subscription, 'NEW_METHOD', now)
    return null
  }
}

/** Claims the next period and opens its payment; null where it is claimed already, by a payment that is under way. */
export async function chargeRenewal(
  tx: Tx,
  services: PaymentServices,
  subscription: SubscriptionRow,
  source: PaymentSource,
  now: Date,
): Promise<string | null> {
  const { id, subscriberId, creatorId, periodNumber } = subscription
  const number = periodNumber + 1
  const period = await nextPeriod(tx, subscription, now)
  if (!(await claimPeriod(tx, { ...period, subscriptionId: id, periodNumber: number, isAtOnce: false }, now)))
    return null
  // before the payment, whose end may come with its beginning
  await waitForPayment(tx, id)
  const { amountMinor, currency } = period
  const payment = await openPayment(
    tx,
    services,
    { payerId: subscriberId, creatorId, purpose: 'RENEWAL', amount: { amountMinor, currency }, source },
    (paymentId) => attachPayment(tx, id, number, paymentId),
    now,
  )
  return payment.id
}

/** The period after the current one: of the same offer, or the first of the one that the subscription goes over to. */
async function nextPeriod(
  tx: Tx,
  subscription: SubscriptionRow,
  now: Date,
): Promise<Omit<ClaimedPeriod, 'subscriptionId' | 'periodNumber' | 'isAtOnce'>> {
  const { nextPriceVersionId, promotionId, periodEndsAt, anchorAt, anchorPeriod, periodNumber } = subscription
  const startsAt = periodEndsAt ?? now
  const next = nextPriceVersionId ? await findOfferForShare(tx, nextPriceVersionId) : null
  const { months } = next ?? subscription
  const promotion = promotionId ? await getPromotion(tx, promotionId) : null
  const { amountMinor, currency } = nextPrice(subscription, next, promotion)
  const [anchor, number] = next ? [startsAt, 1] : [anchorAt ?? startsAt, periodNumber + 1 - anchorPeriod]
  const endsAt = months === null ? null : endOfPeriod(anchor, number, months)
  return { startsAt, endsAt, amountMinor, currency, priceVersionId: next?.id ?? null }
}
