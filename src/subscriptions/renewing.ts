import { databaseNow, transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { DAY_MS, addMs } from '../lib/clock.js'
import { doAllDue } from '../lib/due.js'
import { AppError } from '../lib/errors.js'
import { ABSENT, chargePayment, findEarner, openPayment } from '../payments/payments.js'
import type { PaymentServices } from '../payments/types.js'
import { refitPeriod } from './granting.js'
import { end, refuseRenewal } from './paying.js'
import { endOfPeriod } from './periods.js'
import {
  attachPayment,
  claimPeriod,
  findSubscriptionForUpdate,
  keepRefusal,
  listDue,
  waitForPayment,
} from './queries.js'
import type { SubscriptionEndReason, SubscriptionRow } from './types.js'

/** How long a creator who does not earn is waited for before each further look. */
const NOT_EARNING_MS = DAY_MS

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
  if (!subscription.willRenew) return over(tx, subscription, 'PERIOD_ENDED', now)
  if (subscription.paymentHealth === 'GRACE') return over(tx, subscription, 'PAYMENT_FAILED', now)
  const earner = await findEarner(tx, subscription.creatorId, subscription.subscriberId, now)
  if (!earner) return over(tx, subscription, 'BLOCKED', now)
  if (!earner.isEarning) return wait(tx, subscription, now)
  return charge(tx, services, subscription, now)
}

async function over(tx: Tx, subscription: SubscriptionRow, reason: SubscriptionEndReason, now: Date): Promise<null> {
  await refitPeriod(tx, subscription, false, now)
  await end(tx, subscription, { status: 'EXPIRED', reason }, now)
  return null
}

/** Nobody is charged for a creator who is suspended; their subscribers stay until grace has passed. */
async function wait(tx: Tx, subscription: SubscriptionRow, now: Date): Promise<null> {
  const { id, periodEndsAt, graceUntil, paymentHealth, retryCount } = subscription
  const until = graceUntil ?? addMs(periodEndsAt ?? now, 3 * NOT_EARNING_MS)
  if (until <= now) return over(tx, subscription, 'CREATOR_LEFT', now)
  await keepRefusal(tx, id, {
    health: paymentHealth,
    retryCount,
    nextChargeAt: addMs(now, NOT_EARNING_MS) < until ? addMs(now, NOT_EARNING_MS) : until,
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
  const { id, subscriberId, creatorId, amountMinor, currency, periodNumber, months } = subscription
  const startsAt = subscription.periodEndsAt ?? now
  const number = periodNumber + 1
  const endsAt = endOfPeriod(subscription.anchorAt ?? startsAt, number, months ?? 1)
  if (!(await claimPeriod(tx, { subscription, periodNumber: number, startsAt, endsAt }, now))) {
    await waitForPayment(tx, id)
    return null
  }
  try {
    const payment = await openPayment(
      tx,
      services,
      {
        payerId: subscriberId,
        creatorId,
        purpose: 'RENEWAL',
        amount: { amountMinor, currency },
        source: { paymentMethodId: subscription.paymentMethodId, useWallet: false, returnUrl: null },
      },
      (paymentId) => attachPayment(tx, id, number, paymentId),
      now,
    )
    await waitForPayment(tx, id)
    return payment.id
  } catch (error) {
    // the way to pay is gone, and no other was chosen
    if (!(error instanceof AppError && (error.code === 'NOT_FOUND' || error.reason === 'payment_method_required')))
      throw error
    await refuseRenewal(tx, subscription, 'NEW_METHOD', now)
    return null
  }
}
