import type { TransactionRow, TransactionType } from '../ledger/types.js'
import type { Money } from '../lib/money.js'

/** A transaction, and whether its creator must not learn who paid. */
export interface RecordRow extends TransactionRow {
  readonly isAnonymous: boolean
}

/** What a creator has, at the instant it was read for. */
export interface EarningsRow {
  readonly creatorId: string
  readonly pending: Money
  readonly available: Money
  readonly reserved: Money
  readonly owed: Money
  readonly inTransit: Money
}

/** What one kind of income came to in one span. */
export interface IncomeRow extends Omit<RevenueDayRow, 'day'> {
  readonly startsAt: Date
  readonly endsAt: Date
}

/** What one kind of income came to on one day. */
export interface RevenueDayRow {
  readonly day: string
  readonly type: TransactionType
  readonly transactionCount: number
  readonly grossMinor: bigint
  readonly platformFeeMinor: bigint
  readonly netMinor: bigint
  readonly currency: string
}
