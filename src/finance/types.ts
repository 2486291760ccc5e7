import type { FinanceCaseKind } from '../generated/prisma/enums.js'
import type { SaleType } from '../ledger/types.js'
import { jobName } from '../lib/jobs.js'

export type { FinanceCaseKind }

/** A row of `finance_cases`; whose payment it is, is not said: it may be of an anonymous tip. */
export interface FinanceCaseRow {
  readonly id: string
  readonly kind: FinanceCaseKind
  readonly reference: string
  readonly creatorId: string | null
  readonly paymentIntentId: string | null
  readonly details: Readonly<Record<string, unknown>>
  readonly createdAt: Date
  readonly resolvedAt: Date | null
  readonly resolution: string | null
  readonly resolvedById: string | null
}

/** What the platform keeps of sales of one kind from now on. */
export interface FeeRateRow {
  readonly type: SaleType
  readonly basisPoints: number
  readonly isOwn: boolean
  readonly validFrom: Date | null
}

/** Compares the processor's books with ours, and ours with themselves. */
export const reconcileJob = jobName<Record<string, never>>('finance.reconcile')
