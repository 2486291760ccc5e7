import {
  endSoldGrants,
  extendSoldGrants,
  findSoldGrant,
  freeSoldGrants,
  holdSoldGrants,
  restoreSoldGrants,
} from '../content/content.js'
import { addMs } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import type { PaymentRow, Purpose } from '../payments/types.js'
import { end, tell } from './ending.js'
import { openPeriod } from './granting.js'
import { releaseRedemption } from './promotion-queries.js'
import { GRACE_MS, RETRIES_MS, endOfPeriod } from './periods.js'
import {
  findOfferForShare,
  findPaidPeriod,
  findPeriod,
  findSubscriptionForUpdate,
  keepEntitlement,
  keepRefusal,
  outdatePreviews,
  reviveSubscription,
  startPeriod,
  updatePeriod,
  waitForRenewal,
} from './queries.js'
import type { StartedPeriod } from './queries.js'
import {
  SUBSCRIPTION_CHANGED,
  SUBSCRIPTION_PAYMENT_FAILED,
  SUBSCRIPTION_RENEWED,
  SUBSCRIPTION_STARTED,
} from './types.js'
import type { PeriodRow, SubscriptionRow } from './types.js'

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

/** The same where something that was paid goes back, is disputed or comes again: what a change would credit is another by then. */
async function findMoved(tx: Tx, paymentId: string): Promise<Paid | null> {
  const paid = await findPaid(tx, paymentId)
  if (paid) await outdatePreviews(tx, paid.subscription.id)
  return paid
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
    if (paid.period.isAtOnce) await waitForRenewal(tx, paid.subscription.id)
    else if (paid.period.periodNumber > 1) await refuseRenewal(tx, paid.subscription, payment.declineClass, now)
    else {
      await releaseRedemption(tx, paid.subscription.id)
      await end(tx, paid.subscription, { status: 'FAILED', reason: 'PAYMENT_FAILED' }, now)
    }
  },

  isOpen: async (db, { paymentIntentId }, now) => {
    const period = await findPaidPeriod(db, paymentIntentId)
    if (!period) return false
    const { subscriptionId, startsAt } = period
    return (await findSoldGrant(db, { subscriptionId, startsAt }, now)) !== null
  },

  refunded: async (tx, { paymentIntentId }, { isFull, revokesAccess }, now) => {
    const paid = await findMoved(tx, paymentIntentId)
    if (!paid) return
    if (isFull) await updatePeriod(tx, { ...paid.period, state: 'REFUNDED' })
    if (revokesAccess) await close(tx, paid, 'REFUND', now)
  },

  refundFailed: async (tx, { paymentIntentId }, opens, now) => {
    const paid = await findMoved(tx, paymentIntentId)
    if (!paid) return
    const { subscription, period } = paid
    await updatePeriod(tx, { ...period, state: 'PAID' })
    if (!opens) return
    await restoreSoldGrants(tx, grantOf(paid), ['REFUND', 'DISPUTE'], now)
    const isUndone = subscription.endedReason === ENDS.REFUND || subscription.endedReason === ENDS.DISPUTE
    if (isUndone && period.periodNumber === subscription.periodNumber) {
      await reviveSubscription(tx, subscription.id, now)
      await fitReplaced(tx, paid, () => period.startsAt, now)
    }
    await fitEntitlement(tx, subscription.id, now)
  },

  held: async (tx, { paymentIntentId }, now) => {
    const paid = await findMoved(tx, paymentIntentId)
    if (paid) await holdSoldGrants(tx, grantOf(paid), now)
  },

  freed: async (tx, { paymentIntentId }, now) => {
    const paid = await findMoved(tx, paymentIntentId)
    if (paid) await freeSoldGrants(tx, grantOf(paid), now)
  },

  lost: async (tx, { paymentIntentId }, now) => {
    const paid = await findMoved(tx, paymentIntentId)
    if (paid) await close(tx, paid, 'DISPUTE', now)
  },
}

/**
 * A first period counts from when it was paid, and so does one that takes the place of the current one; a further one follows
 * the one before, whenever it was paid.
 */
async function begin(tx: Tx, { subscription, period }: Paid, now: Date): Promise<void> {
  const started = await toStarted(tx, subscription, period, now)
  const { startsAt, endsAt } = started
  await updatePeriod(tx, { ...period, startsAt, endsAt, state: 'PAID' })
  await startPeriod(tx, subscription.id, started, now)
  const { periodStartsAt: previous, periodEndsAt } = subscription
  // the one before stays open no longer than it was paid for, and no longer than until another takes its place
  const until = period.isAtOnce && (!periodEndsAt || now < periodEndsAt) ? now : periodEndsAt
  if (previous) await extendSoldGrants(tx, { subscriptionId: subscription.id, startsAt: previous }, until, now)
  await openPeriod(tx, subscription, { startsAt, endsAt }, now)
  await tell(tx, subscription, stepOf(period), now)
}

async function toStarted(tx: Tx, subscription: SubscriptionRow, period: PeriodRow, now: Date): Promise<StartedPeriod> {
  const { periodNumber: number, isAtOnce, priceVersionId } = period
  const offer = priceVersionId ? await findOfferForShare(tx, priceVersionId) : null
  const startsAt = number === 1 || isAtOnce ? now : period.startsAt
  const goesOn = number > 1 && !offer && subscription.anchorAt
  const anchorAt = goesOn || startsAt
  const anchorPeriod = goesOn ? subscription.anchorPeriod : number - 1
  const { months } = offer ?? subscription
  const endsAt = months === null ? null : endOfPeriod(anchorAt, number - anchorPeriod, months)
  return { number, startsAt, endsAt, anchorAt, anchorPeriod, offer }
}

function stepOf({ periodNumber, isAtOnce }: PeriodRow): Parameters<typeof tell>[2] {
  if (periodNumber === 1) return { type: SUBSCRIPTION_STARTED, action: 'subscription.started' }
  return isAtOnce
    ? { type: SUBSCRIPTION_CHANGED, action: 'subscription.changed' }
    : { type: SUBSCRIPTION_RENEWED, action: 'subscription.renewed' }
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

/** Why a subscription ends whose current period closes. */
const ENDS = { REFUND: 'REFUNDED', DISPUTE: 'DISPUTED' } as const

/**
 * Closes a period; the subscription is over where that is the current one. What that one took the place of was paid for, and
 * its unused part only lessened what goes back now: it opens again, to its own end.
 */
async function close(tx: Tx, paid: Paid, reason: keyof typeof ENDS, now: Date): Promise<void> {
  await endSoldGrants(tx, grantOf(paid), reason, now)
  const { subscription, period } = paid
  if (!subscription.endedAt && period.periodNumber === subscription.periodNumber) {
    await fitReplaced(tx, paid, ({ endsAt }) => endsAt, now)
    await end(tx, subscription, { status: 'EXPIRED', reason: ENDS[reason] }, now)
  }
  await fitEntitlement(tx, subscription.id, now)
}

/** Has a subscription that is over say until when it is open all the same, or that it is not. */
async function fitEntitlement(tx: Tx, subscriptionId: string, now: Date): Promise<void> {
  const open = await findSoldGrant(tx, { subscriptionId }, now)
  await keepEntitlement(tx, subscriptionId, open, now)
}

/** Moves the end of the paid period that this one took the place of, where it did; past those that were given back. */
async function fitReplaced(
  tx: Tx,
  { subscription, period }: Paid,
  endOf: (replaced: PeriodRow) => Date | null,
  now: Date,
): Promise<void> {
  if (!period.isAtOnce) return
  const replaced = await findPeriod(tx, subscription.id, period.periodNumber - 1)
  if (!replaced) return
  if (replaced.state !== 'PAID') return fitReplaced(tx, { subscription, period: replaced }, endOf, now)
  await extendSoldGrants(tx, { subscriptionId: subscription.id, startsAt: replaced.startsAt }, endOf(replaced), now)
}
