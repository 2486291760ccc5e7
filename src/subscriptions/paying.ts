import {
  endSoldGrants,
  extendSoldGrants,
  freeSoldGrants,
  holdSoldGrants,
  restoreSoldGrants,
} from '../content/content.js'
import { addMs } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import type { PaymentRow, Purpose } from '../payments/types.js'
import { openPeriod } from './granting.js'
import { GRACE_MS, RETRIES_MS, endOfPeriod } from './periods.js'
import {
  endSubscription,
  findPaidPeriod,
  findSubscriptionForUpdate,
  keepRefusal,
  reviveSubscription,
  startPeriod,
  updatePeriod,
} from './queries.js'
import { tell } from './subscribing.js'
import { SUBSCRIPTION_ENDED, SUBSCRIPTION_PAYMENT_FAILED, SUBSCRIPTION_RENEWED, SUBSCRIPTION_STARTED } from './types.js'
import type { PeriodRow, SubscriptionEndReason, SubscriptionRow } from './types.js'

interface Paid {
  readonly subscription: SubscriptionRow
  readonly period: PeriodRow
}

/** What a payment is for, the subscription held; null where another payment took its place. */
async function findPaid(tx: Tx, paymentId: string): Promise<Paid | null> {
  const period = await findPaidPeriod(tx, paymentId)
  const subscription = period && (await findSubscriptionForUpdate(tx, period.subscriptionId))
  return subscription ? { subscription, period } : null
}

const grantOf = ({ subscription, period }: Paid) => ({ subscriptionId: subscription.id, startsAt: period.startsAt })

/** What paying a period does: it opens; what goes back closes that period, and ends the subscription where it is the current one. */
export const subscriptionPeriods: Purpose = {
  paid: async (tx, payment, now) => {
    const paid = await findPaid(tx, payment.id)
    const sold = { type: 'SUBSCRIPTION', subject: {}, description: 'Subscription' } as const
    if (!paid) return { ...sold, unowed: 'PAYMENT_FOR_DEAD_SUBSCRIPTION' }
    const { subscription } = paid
    const named = { ...sold, subject: { subscriptionId: subscription.id } }
    if (subscription.endedAt) return { ...named, unowed: 'PAYMENT_FOR_DEAD_SUBSCRIPTION' }
    await begin(tx, paid, now)
    return named
  },

  failed: async (tx, payment, now) => {
    const paid = await findPaid(tx, payment.id)
    if (!paid || paid.subscription.endedAt) return
    await updatePeriod(tx, { ...paid.period, state: 'FAILED' })
    if (paid.period.periodNumber > 1) await refuseRenewal(tx, paid.subscription, payment.declineClass, now)
    else await end(tx, paid.subscription, { status: 'FAILED', reason: 'PAYMENT_FAILED' }, now)
  },

  refunded: async (tx, { paymentIntentId }, { isFull, revokesAccess }, now) => {
    const paid = await findPaid(tx, paymentIntentId)
    if (!paid) return
    if (isFull) await updatePeriod(tx, { ...paid.period, state: 'REFUNDED' })
    if (revokesAccess) await close(tx, paid, 'REFUND', 'REFUNDED', now)
  },

  refundFailed: async (tx, { paymentIntentId }, _reversal, now) => {
    const paid = await findPaid(tx, paymentIntentId)
    if (!paid) return
    await updatePeriod(tx, { ...paid.period, state: 'PAID' })
    await restoreSoldGrants(tx, grantOf(paid), 'REFUND', now)
    if (paid.subscription.endedReason === 'REFUNDED') await reviveSubscription(tx, paid.subscription.id)
  },

  held: async (tx, { paymentIntentId }, now) => {
    const paid = await findPaid(tx, paymentIntentId)
    if (paid) await holdSoldGrants(tx, grantOf(paid), now)
  },

  freed: async (tx, { paymentIntentId }, now) => {
    const paid = await findPaid(tx, paymentIntentId)
    if (paid) await freeSoldGrants(tx, grantOf(paid), now)
  },

  lost: async (tx, { paymentIntentId }, now) => {
    const paid = await findPaid(tx, paymentIntentId)
    if (paid) await close(tx, paid, 'DISPUTE', 'DISPUTED', now)
  },
}

/** A first period counts from when it was paid; a further one follows the one before, whenever it was paid. */
async function begin(tx: Tx, { subscription, period }: Paid, now: Date): Promise<void> {
  const isFirst = period.periodNumber === 1
  const anchorAt = isFirst ? now : (subscription.anchorAt ?? period.startsAt)
  const startsAt = isFirst ? now : period.startsAt
  const { months } = subscription
  const endsAt = months === null ? null : endOfPeriod(anchorAt, period.periodNumber, months)
  await updatePeriod(tx, { ...period, startsAt, endsAt, state: 'PAID' })
  await startPeriod(tx, subscription.id, { number: period.periodNumber, startsAt, endsAt, anchorAt }, now)
  const { periodStartsAt: previous, periodEndsAt } = subscription
  // the one before stays open no longer than it was paid for
  if (previous) await extendSoldGrants(tx, { subscriptionId: subscription.id, startsAt: previous }, periodEndsAt, now)
  await openPeriod(tx, subscription, { startsAt, endsAt }, now)
  const step = isFirst
    ? { type: SUBSCRIPTION_STARTED, action: 'subscription.started' }
    : { type: SUBSCRIPTION_RENEWED, action: 'subscription.renewed' }
  await tell(tx, subscription, step, now)
}

/** What a refusal means: tried again by the ladder, or left to its grace, whichever the bank's word allows. */
export async function refuseRenewal(
  tx: Tx,
  subscription: SubscriptionRow,
  declineClass: PaymentRow['declineClass'],
  now: Date,
): Promise<void> {
  const graceUntil = addMs(subscription.periodEndsAt ?? now, GRACE_MS)
  const wait = RETRIES_MS[subscription.retryCount]
  const maySucceed = declineClass === 'RETRY_LATER' || declineClass === null
  if (maySucceed && wait === undefined) {
    await end(tx, subscription, { status: 'EXPIRED', reason: 'PAYMENT_FAILED', health: 'EXHAUSTED' }, now)
    return
  }
  await keepRefusal(tx, subscription.id, {
    health: maySucceed ? 'RETRYING' : 'GRACE',
    retryCount: subscription.retryCount + 1,
    nextChargeAt: maySucceed ? addMs(now, wait ?? 0) : graceUntil > now ? graceUntil : now,
    graceUntil,
  })
  await tell(tx, subscription, { type: SUBSCRIPTION_PAYMENT_FAILED, action: 'subscription.payment_failed' }, now)
}

/** Closes a period; the subscription is over where that is the current one. */
async function close(
  tx: Tx,
  paid: Paid,
  grantReason: 'REFUND' | 'DISPUTE',
  reason: SubscriptionEndReason,
  now: Date,
): Promise<void> {
  await endSoldGrants(tx, grantOf(paid), grantReason, now)
  const { subscription, period } = paid
  if (subscription.endedAt || period.periodNumber !== subscription.periodNumber) return
  await end(tx, subscription, { status: 'EXPIRED', reason }, now)
}

/** It is over, and whoever it concerns is told. */
export async function end(
  tx: Tx,
  subscription: SubscriptionRow,
  how: Omit<Parameters<typeof endSubscription>[2], 'at'>,
  now: Date,
): Promise<void> {
  await endSubscription(tx, subscription.id, { ...how, at: now })
  await tell(tx, subscription, { type: SUBSCRIPTION_ENDED, action: 'subscription.ended' }, now)
}
