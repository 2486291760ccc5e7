import type { TransactionRow, TransactionType } from '../ledger/types.js'
import type { Money } from '../lib/money.js'

/** A transaction. */
export interface RecordRow extends TransactionRow {
  /** What its payer gave without a name, so that its creator must not learn of them; null where they did not. */
  readonly unnamedFor: 'TIP' | 'GIFT' | null
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
