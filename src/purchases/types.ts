import type { PurchaseState } from '../generated/prisma/enums.js'

export type { PurchaseState }

/** A row of `purchases`, of a post. */
export interface PurchaseRow {
  readonly id: string
  readonly buyerId: string
  readonly creatorId: string
  readonly contentId: string | null
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
