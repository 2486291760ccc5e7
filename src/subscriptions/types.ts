import type {
  PaymentHealth,
  PromotionKind,
  SubscriptionEndReason,
  SubscriptionOrigin,
  SubscriptionStatus,
  SubscriptionType,
} from '../generated/prisma/enums.js'
import { jobName } from '../lib/jobs.js'

export type {
  PaymentHealth,
  PromotionKind,
  SubscriptionEndReason,
  SubscriptionOrigin,
  SubscriptionStatus,
  SubscriptionType,
}

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
  readonly origin: SubscriptionOrigin
  /** The promotion that it began by, while that may take something off. */
  readonly promotionId: string | null
  readonly trialEndsAt: Date | null
  /** The offer that it goes over to with its next renewal. */
  readonly nextPriceVersionId: string | null
  readonly amountMinor: bigint
  readonly currency: string
  readonly paymentHealth: PaymentHealth
  readonly paymentMethodId: string | null
  readonly startedAt: Date | null
  readonly anchorAt: Date | null
  /** How many periods there were before the anchor. */
  readonly anchorPeriod: number
  readonly periodNumber: number
  readonly periodStartsAt: Date | null
  readonly periodEndsAt: Date | null
  readonly entitledUntil: Date | null
  readonly willRenew: boolean
  readonly cancelledAt: Date | null
  readonly cancelReason: string | null
  /** Why it is not renewed, where its subscriber did not say so. */
  readonly stoppedReason: SubscriptionEndReason | null
  readonly retryCount: number
  readonly nextChargeAt: Date | null
  readonly graceUntil: Date | null
  /** Whether what was paid for the current period is disputed. */
  readonly isDisputed: boolean
  readonly endedAt: Date | null
  readonly endedReason: SubscriptionEndReason | null
  readonly createdAt: Date
  readonly version: number
}

/** A row of `subscription_periods`. */
export interface PeriodRow {
  readonly subscriptionId: string
  readonly periodNumber: number
  readonly startsAt: Date
  readonly endsAt: Date | null
  readonly state: 'PENDING' | 'PAID' | 'FAILED' | 'REFUNDED' | 'FREE'
  /** The offer that it goes over to when it is paid, where that is another one. */
  readonly priceVersionId: string | null
  /** Whether it begins when it is paid, in place of the one before. */
  readonly isAtOnce: boolean
  readonly paymentIntentId: string | null
}

/** A period of a chain, in which each one took the place of the one before. */
export interface ChainedRow {
  /** What of its payment is neither given back nor disputed. */
  readonly leftMinor: bigint
  /** What of the one before was taken off its price. */
  readonly creditedMinor: bigint
}

/** One line of what a preview sums up: what is taken off is below zero. */
export interface PreviewLine {
  readonly kind: 'PRICE' | 'UNUSED'
  readonly amountMinor: bigint
}

/** What a change of a subscription would be. */
export interface ChangeTerms {
  readonly lines: readonly PreviewLine[]
  /** What is charged now. */
  readonly dueMinor: bigint
  /** Whether it begins now; otherwise with the next renewal. */
  readonly isAtOnce: boolean
}

/** A row of `subscription_previews`. */
export interface PreviewRow {
  readonly id: string
  readonly userId: string
  readonly creatorId: string
  readonly subscriptionId: string
  readonly subscriptionVersion: number
  readonly priceVersionId: string
  readonly lines: readonly { readonly kind: PreviewLine['kind']; readonly amountMinor: string }[]
  readonly amountMinor: bigint
  readonly currency: string
  readonly isAtOnce: boolean
  readonly expiresAt: Date
  readonly consumedAt: Date | null
}

/** A row of `promotions`: a creator's code. */
export interface PromotionRow {
  readonly id: string
  readonly creatorId: string
  readonly code: string
  readonly kind: PromotionKind
  readonly basisPoints: number | null
  readonly amountMinor: bigint | null
  readonly currency: string | null
  readonly trialDays: number | null
  readonly periods: number
  readonly maxRedemptions: number | null
  readonly redemptionCount: number
  readonly startsAt: Date
  readonly endsAt: Date | null
  readonly disabledAt: Date | null
  readonly createdAt: Date
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
/** It went over to another offer, or will with its next renewal. */
export const SUBSCRIPTION_CHANGED = 'subscription.changed'
/** It will not be renewed. */
export const SUBSCRIPTION_CANCELLED = 'subscription.cancelled'
/** It will be renewed after all. */
export const SUBSCRIPTION_RESUMED = 'subscription.resumed'
/** A renewal was refused. */
export const SUBSCRIPTION_PAYMENT_FAILED = 'subscription.payment_failed'
/** It is renewed within days. */
export const SUBSCRIPTION_RENEWAL_AHEAD = 'subscription.renewal_ahead'
/** Its first payment was refused: it never began. */
export const SUBSCRIPTION_FAILED = 'subscription.failed'
/** It is over. */
export const SUBSCRIPTION_ENDED = 'subscription.ended'

/** Renews what is due, and ends what has run out. */
export const renewDueJob = jobName<Record<string, never>>('subscriptions.renew_due')
/** Tells subscribers of the renewals that are ahead. */
export const announceRenewalsJob = jobName<Record<string, never>>('subscriptions.announce_renewals')
/** Forgets previews that hold no more. */
export const forgetPreviewsJob = jobName<Record<string, never>>('subscriptions.forget_previews')

/** A row of `gifts`: a subscription that one person pays for another. */
export interface GiftRow {
  readonly id: string
  readonly giverId: string
  readonly creatorId: string
  readonly recipientId: string
  readonly priceVersionId: string
  readonly message: string | null
  readonly isAnonymous: boolean
  /** What it became; null before it is paid, and where it could become nothing. */
  readonly subscriptionId: string | null
  readonly paidAt: Date | null
}
