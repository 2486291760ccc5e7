import type {
  DisputeState,
  JournalKind,
  LedgerAccountKind,
  TransactionReason,
  TransactionStatus,
  TransactionType,
} from '../generated/prisma/enums.js'
import type { Money } from '../lib/money.js'

export type { DisputeState, JournalKind, LedgerAccountKind, TransactionReason, TransactionStatus, TransactionType }

/** What a sale can be of: every type but what goes out and what comes back. */
export type SaleType = Exclude<TransactionType, 'PAYOUT' | 'REFUND'>

/** A price as it is parted: `gross = fee + net`, always. */
export interface Split {
  readonly grossMinor: bigint
  readonly platformFeeMinor: bigint
  readonly netMinor: bigint
  readonly feeBasisPoints: number
}

/** What a transaction is about; at most one of them. */
export interface TransactionSubject {
  readonly tipId?: string
  readonly purchaseId?: string
  readonly subscriptionId?: string
  readonly giftId?: string
}

/** A row of `transactions`. */
export interface TransactionRow {
  readonly id: string
  readonly type: TransactionType
  readonly status: TransactionStatus
  readonly reason: TransactionReason | null
  readonly reversesId: string | null
  readonly payerId: string | null
  readonly creatorId: string | null
  readonly grossMinor: bigint
  readonly platformFeeMinor: bigint
  readonly netMinor: bigint
  readonly currency: string
  readonly feeBasisPoints: number | null
  readonly processor: string | null
  readonly processorReference: string | null
  readonly failureCode: string | null
  readonly failureReason: string | null
  readonly paymentIntentId: string | null
  readonly subscriptionId: string | null
  readonly purchaseId: string | null
  readonly tipId: string | null
  readonly giftId: string | null
  readonly refundId: string | null
  readonly disputeId: string | null
  readonly payoutId: string | null
  readonly description: string | null
  readonly occurredAt: Date
  /** From when its creator sees it. */
  readonly shownAt: Date
}

/** A row of `transactions` to be written; what is left out is null. */
export type NewTransaction = Pick<
  TransactionRow,
  'type' | 'status' | 'grossMinor' | 'platformFeeMinor' | 'netMinor' | 'currency' | 'occurredAt'
> &
  Partial<Omit<TransactionRow, 'id'>>

/** One amount of a posting: above zero owed to the account's party, below zero taken from it. */
export interface Line {
  readonly kind: LedgerAccountKind
  /** Whose account; null for the platform's own. */
  readonly ownerId: string | null
  readonly amountMinor: bigint
  /** Of pending earnings: from when they can be paid out. */
  readonly availableAt?: Date | null
}

/** What is posted at once: its lines sum to zero. */
export interface Posting {
  readonly kind: JournalKind
  /** Unique: the same thing cannot be posted twice. */
  readonly reference: string
  readonly transactionId: string | null
  readonly description?: string
  readonly currency: string
  readonly lines: readonly Line[]
  /** Whether a creator's earnings may be overdrawn into a debt; otherwise too large a take is refused. */
  readonly overdraws?: boolean
}

/** What a creator has, in one currency. */
export interface Balances {
  readonly pendingMinor: bigint
  readonly availableMinor: bigint
  /** What they owe the platform, which later earnings pay first. */
  readonly owedMinor: bigint
  readonly inTransitMinor: bigint
}

/** What a sale was, for whatever stands against it. */
export interface Sale {
  readonly id: string
  readonly type: SaleType
  readonly payerId: string
  readonly creatorId: string
  readonly amount: Money
  readonly platformFeeMinor: bigint
  readonly processor: string
  readonly paymentIntentId: string
  readonly subject: TransactionSubject
  /** From when its creator sees it: what its earnings wait from. */
  readonly shownAt: Date
}
