import type { DisputeState } from '../generated/prisma/enums.js'
import { jobName } from '../lib/jobs.js'

export type { DisputeState }

/** A row of `disputes`, with its sale. */
export interface DisputeRow {
  readonly id: string
  readonly transactionId: string
  readonly processorReference: string
  readonly state: DisputeState
  readonly reason: string
  readonly amountMinor: bigint
  readonly feeMinor: bigint
  readonly feeCurrency: string
  readonly currency: string
  readonly evidence: Evidence | null
  readonly evidenceDueAt: Date | null
  readonly evidenceSentAt: Date | null
  readonly openedAt: Date
  readonly closedAt: Date | null
  readonly creatorId: string | null
  /** What it took of the creator's. */
  readonly fromCreatorMinor: bigint
  /** From when the creator sees the sale. */
  readonly saleShownAt: Date
  /** From when the creator sees what it took; null where nothing was left to take. */
  readonly shownAt: Date | null
  /** Whether who paid is unknown to everybody else. */
  readonly isAnonymous: boolean
}

/** What a dispute is answered, as it is kept. */
export interface Evidence {
  readonly description: string
  readonly facts: Fact[]
}

/** Something on record; `at` in ISO 8601, as JSON keeps it. */
export interface Fact {
  readonly at: string
  readonly text: string
}

/** Sends what a dispute is answered, should whoever is about to crash. */
export const sendEvidenceJob = jobName<{ readonly disputeId: string }>('disputes.send_evidence')
