import type {
  PaymentHealth,
  SubscriptionEndReason,
  SubscriptionStatus,
  SubscriptionType,
} from '../generated/prisma/enums.js'
import { jobName } from '../lib/jobs.js'

export type { PaymentHealth, SubscriptionEndReason, SubscriptionStatus, SubscriptionType }

/** A row of `price_versions`: an offer, which never changes. */
export interface OfferRow {
  readonly id: string
  readonly creatorId: string
  readonly type: SubscriptionType
  readonly months: number | null
  readonly amountMinor: bigint
  readonly currency: string
  readonly discountBasisPoints: number
  readonly retiredAt: Date | null
}

/** A row of `subscriptions`. */
export interface SubscriptionRow {
  readonly id: string
  readonly subscriberId: string
  readonly creatorId: string
  readonly type: SubscriptionType
  readonly status: SubscriptionStatus
  readonly priceVersionId: string | null
  /** Months that one payment is for; null for always. */
  readonly months: number | null
  readonly amountMinor: bigint
  readonly currency: string
  readonly paymentHealth: PaymentHealth
  readonly paymentMethodId: string | null
  readonly startedAt: Date | null
  readonly anchorAt: Date | null
  readonly periodNumber: number
  readonly periodStartsAt: Date | null
  readonly periodEndsAt: Date | null
  readonly entitledUntil: Date | null
  readonly willRenew: boolean
  readonly cancelledAt: Date | null
  readonly retryCount: number
  readonly nextChargeAt: Date | null
  readonly graceUntil: Date | null
  readonly endedAt: Date | null
  readonly endedReason: SubscriptionEndReason | null
  readonly createdAt: Date
}

/** A row of `subscription_periods`. */
export interface PeriodRow {
  readonly subscriptionId: string
  readonly periodNumber: number
  readonly startsAt: Date
  readonly endsAt: Date | null
  readonly state: 'PENDING' | 'PAID' | 'FAILED' | 'REFUNDED' | 'FREE'
}

/** An event of a subscriber's stream. */
export interface SubscriptionChangeRow {
  readonly sequence: bigint
  readonly subscriptionId: string
}

/** The stream of what becomes of somebody's subscriptions. */
export const subscriptionsOf = (userId: string): string => `subscriptions:${userId}`

/** Its first payment came; the payload of this and those below: subscriptionId, subscriberId, creatorId. */
export const SUBSCRIPTION_STARTED = 'subscription.started'
/** A further period was paid. */
export const SUBSCRIPTION_RENEWED = 'subscription.renewed'
/** It will not be renewed. */
export const SUBSCRIPTION_CANCELLED = 'subscription.cancelled'
/** It will be renewed after all. */
export const SUBSCRIPTION_RESUMED = 'subscription.resumed'
/** A renewal was refused. */
export const SUBSCRIPTION_PAYMENT_FAILED = 'subscription.payment_failed'
/** It is over. */
export const SUBSCRIPTION_ENDED = 'subscription.ended'

/** Renews what is due, and ends what has run out. */
export const renewDueJob = jobName<Record<string, never>>('subscriptions.renew_due')
