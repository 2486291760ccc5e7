import { record } from '../audit/audit.js'
import type { Tx } from '../lib/db.js'
import { emit } from '../lib/events.js'
import { refitPeriod } from './granting.js'
import { endSubscription, keepCancellation } from './queries.js'
import { SUBSCRIPTION_CANCELLED, SUBSCRIPTION_ENDED, SUBSCRIPTION_FAILED, subscriptionsOf } from './types.js'
import type { SubscriptionEndReason, SubscriptionRow } from './types.js'

/** Why a subscription is renewed no more: its subscriber's words, or what else stopped it. */
interface Stop {
  readonly cancelReason: string | null
  readonly stoppedReason: SubscriptionEndReason | null
}

/**
 * Renews a subscription no more: it stays open to the very end of its period, and where that has passed already, as in grace,
 * it is over.
 */
export async function stopRenewing(tx: Tx, subscription: SubscriptionRow, stop: Stop, now: Date): Promise<void> {
  await keepCancellation(tx, subscription.id, stop, now)
  await refitPeriod(tx, subscription, false, now)
  await tell(tx, subscription, { type: SUBSCRIPTION_CANCELLED, action: 'subscription.cancelled' }, now)
  if (subscription.periodEndsAt && subscription.periodEndsAt <= now)
    await end(tx, subscription, { status: 'EXPIRED', reason: stop.stoppedReason ?? 'PERIOD_ENDED' }, now)
}

/** It is over, and whoever it concerns is told; of one that never began, its subscriber alone. */
export async function end(
  tx: Tx,
  subscription: SubscriptionRow,
  how: Omit<Parameters<typeof endSubscription>[2], 'at'>,
  now: Date,
): Promise<void> {
  await endSubscription(tx, subscription.id, { ...how, at: now })
  const step = subscription.startedAt
    ? { type: SUBSCRIPTION_ENDED, action: 'subscription.ended' }
    : { type: SUBSCRIPTION_FAILED, action: 'subscription.failed' }
  await tell(tx, subscription, step, now)
}

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
