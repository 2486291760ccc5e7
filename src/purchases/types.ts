import type { PurchaseState } from '../generated/prisma/enums.js'
import { jobName } from '../lib/jobs.js'

export type { PurchaseState }

/** What is bought: one post, one message, or access to one stream. */
export type Wares = { readonly contentId: string } | { readonly messageId: string } | { readonly streamId: string }

/** A row of `purchases`. */
export interface PurchaseRow {
  readonly id: string
  readonly buyerId: string
  readonly creatorId: string
  /** The post, or the one before the stream. */
  readonly contentId: string | null
  readonly messageId: string | null
  readonly streamId: string | null
  readonly titleSnapshot: string | null
  readonly amountMinor: bigint
  readonly currency: string
  readonly state: PurchaseState
  readonly paymentIntentId: string | null
  readonly paidAt: Date | null
  readonly refundedAt: Date | null
  readonly createdAt: Date
}

/** The stream of what is bought of a creator. */
export const salesOf = (creatorId: string): string => `sales:${creatorId}`

/** A post was bought; payload: purchaseId, contentId, buyerId, creatorId. */
export const CONTENT_PURCHASED = 'content.purchased'

/** Gives back what was paid for posts that moderation took down. */
export const refundRemovedJob = jobName<Record<string, never>>('purchases.refund_removed')
