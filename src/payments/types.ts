import type { DeclineClass, FinanceCaseKind, PaymentPurpose, PaymentState } from '../generated/prisma/enums.js'
import type { Db, Tx } from '../lib/db.js'
import { jobName } from '../lib/jobs.js'
import type { Money } from '../lib/money.js'
import type { Sale, SaleType, TransactionSubject } from '../ledger/types.js'
import type { Processor, ProcessorNews } from '../processors/types.js'

export type { DeclineClass, FinanceCaseKind, PaymentPurpose, PaymentState }

/** A row of `payment_intents`: the wish to pay, and what became of it. */
export interface PaymentRow {
  readonly id: string
  readonly payerId: string
  readonly creatorId: string | null
  readonly purpose: PaymentPurpose
  readonly state: PaymentState
  readonly amountMinor: bigint
  readonly walletMinor: bigint
  readonly capturedMinor: bigint
  readonly refundedMinor: bigint
  readonly disputedMinor: bigint
  readonly currency: string
  readonly processor: string
  readonly processorKey: string
  readonly processorReference: string | null
  readonly paymentMethodId: string | null
  readonly actionUrl: string | null
  readonly failureCode: string | null
  readonly failureReason: string | null
  readonly declineClass: DeclineClass | null
  readonly attemptCount: number
  readonly settledAt: Date | null
  readonly expiresAt: Date
  readonly createdAt: Date
}

/** A payment whose money came, and what the processor kept of it. */
export interface PaidRow extends PaymentRow {
  readonly processorFeeMinor: bigint
}

/** A row of `payment_methods`, as its owner sees it. */
export interface PaymentMethodRow {
  readonly id: string
  readonly userId: string
  readonly kind: string
  readonly brand: string | null
  readonly lastFour: string | null
  readonly expiryMonth: number | null
  readonly expiryYear: number | null
  readonly isDefault: boolean
  readonly createdAt: Date
}

/** Why a payment was refused. */
export interface PaymentDeclineRow {
  readonly code: string
  readonly message: string
  readonly declineClass: DeclineClass
}

/** What is in a wallet. */
export interface WalletRow {
  readonly balance: Money
}

/** An event of a payer's stream. */
export interface PaymentChangeRow {
  readonly sequence: bigint
  readonly paymentId: string
}

/** What was sold when money came. */
export interface Sold {
  readonly type: SaleType
  readonly subject: TransactionSubject
  /** In one line, for statements. */
  readonly description: string
  /** From when the creator sees it; at once where absent. */
  readonly shownAt?: Date
  /** Why there is nothing to give for it any more; then all of it goes back, and a case is opened. */
  readonly unowed?: FinanceCaseKind
}

/** How much goes back, and whether access goes with it. */
export interface Reversal {
  readonly amountMinor: bigint
  /** Whether nothing of the price is left. */
  readonly isFull: boolean
  readonly revokesAccess: boolean
}

/**
 * What one purpose of paying does, in the transaction in which its money moves. The rooms above say it; `src/purposes.ts`
 * puts them together. A step may be called for what was never given, and must then do nothing.
 */
export interface Purpose {
  /** Money came: gives what it was for. Null where that is no sale, and it has posted the money itself. */
  paid(tx: Tx, payment: PaidRow, now: Date): Promise<Sold | null>
  /** No money will come: lets go what was kept for it. */
  failed(tx: Tx, payment: PaymentRow, now: Date): Promise<void>
  /** Whether it opened something that has not ended: what goes back can close it. */
  isOpen(db: Db, sale: Sale, now: Date): Promise<boolean>
  /** Money goes back. */
  refunded(tx: Tx, sale: Sale, reversal: Reversal, now: Date): Promise<void>
  /** It did not go back after all; what closed because money went back `opens`, unless another refund keeps it closed. */
  refundFailed(tx: Tx, sale: Sale, opens: boolean, now: Date): Promise<void>
  /** A dispute is open: access waits. */
  held(tx: Tx, sale: Sale, now: Date): Promise<void>
  /** It was won: access is back. */
  freed(tx: Tx, sale: Sale, now: Date): Promise<void>
  /** It was lost: access ends. */
  lost(tx: Tx, sale: Sale, now: Date): Promise<void>
}

/** Every purpose that can be paid for. */
export type Purposes = Readonly<Partial<Record<PaymentPurpose, Purpose>>>

/** What processors' messages about payouts do, in the room above; false where there is no such payout here yet. */
export interface PayoutNews {
  applyPayout(tx: Tx, news: ProcessorNews & { kind: 'payout' }, now: Date): Promise<boolean>
  applyPayoutAccount(tx: Tx, news: ProcessorNews & { kind: 'payout_account' }, now: Date): Promise<boolean>
}

/** Who moves money here, and what for. */
export interface PaymentServices {
  readonly processor: Processor
  readonly purposes: Purposes
  readonly payouts: PayoutNews
}

/** How somebody pays. */
export interface PaymentSource {
  /** Null for the default one. */
  readonly paymentMethodId: string | null
  readonly useWallet: boolean
  readonly returnUrl: string | null
}

/** The stream of a payer's events. */
export const paymentsOf = (userId: string): string => `payments:${userId}`

/** A payment went a step further; payload: paymentId, payerId, creatorId. */
export const PAYMENT_CHANGED = 'payment.changed'
/** A payment failed after its payer was answered that it is under way; payload: paymentId, payerId, creatorId. */
export const PAYMENT_FAILED_LATE = 'payment.failed_late'
/** Money of a sale goes back (ACCEPTED), or did not arrive (FAILED); payload: paymentId, transactionId, refundId, creatorId, state. */
export const TRANSACTION_REFUNDED = 'transaction.refunded'
/** A dispute began or ended; payload: disputeId, creatorId, state. */
export const DISPUTE_CHANGED = 'dispute.changed'
/** Another method is a person's default, by choice, or because it is the first or the one before was removed; payload: userId. */
export const DEFAULT_METHOD_CHANGED = 'payment_method.default_changed'

/** Asks the processor about a payment that has no end yet. */
export const finishPaymentJob = jobName<{ readonly paymentId: string; readonly attempt: number }>('payments.finish')
/** Asks the processor what it kept of a payment that succeeded. */
export const learnFeeJob = jobName<{ readonly paymentId: string }>('payments.learn_fee')
/** Carries out a refund whose answer has not come. */
export const finishRefundJob = jobName<{ readonly refundId: string; readonly attempt: number }>(
  'payments.finish_refund',
)
/** Applies a processor's message. */
export const applyWebhookJob = jobName<{ readonly webhookEventId: string }>('payments.apply_webhook')
