import type { PayoutAccountState, PayoutState } from '../generated/prisma/enums.js'
import { jobName } from '../lib/jobs.js'

export type { PayoutAccountState, PayoutState }

/** A row of `payout_accounts`, as its owner sees it. */
export interface PayoutAccountRow {
  readonly id: string
  readonly creatorId: string
  readonly processor: string
  readonly reference: string
  readonly label: string | null
  readonly countryCode: string
  readonly currency: string
  readonly state: PayoutAccountState
  readonly isDefault: boolean
  readonly createdAt: Date
}

/** A row of `payouts`. */
export interface PayoutRow {
  readonly id: string
  readonly creatorId: string
  readonly payoutAccountId: string
  readonly requestedById: string | null
  readonly amountMinor: bigint
  readonly currency: string
  readonly state: PayoutState
  readonly processorKey: string
  readonly processorReference: string | null
  readonly failureCode: string | null
  readonly failureReason: string | null
  readonly settledAt: Date | null
  readonly createdAt: Date
}

/** A row of `payout_holds`. */
export interface PayoutHoldRow {
  readonly id: string
  readonly creatorId: string
  readonly reason: string
  readonly amountMinor: bigint | null
  readonly currency: string | null
  readonly releaseAt: Date | null
  readonly releasedAt: Date | null
  readonly createdAt: Date
}

/** The stream of what becomes of a creator's payouts. */
export const payoutsOf = (creatorId: string): string => `payouts:${creatorId}`

/** A payout went a step further; payload: payoutId, creatorId, state. */
export const PAYOUT_CHANGED = 'payout.changed'

/** Sends a payout, or asks how it stands. */
export const finishPayoutJob = jobName<{
  readonly payoutId: string
  readonly attempt: number
  /** Whether the processor told that it came back after it had arrived. */
  readonly isBounced?: boolean
}>('payouts.finish')
