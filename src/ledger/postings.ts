import assert from 'node:assert'
import { DAY_MS, addMs } from '../lib/clock.js'
import { violatesCheck } from '../lib/db.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { Money } from '../lib/money.js'
import { DEFAULT_FEE_BASIS_POINTS, split } from './fees.js'
import type { Returned } from './fees.js'
import { findFeeRate, insertPosting, insertTransaction, isPosted } from './queries.js'
import type { DisputeState, Line, NewTransaction, Posting, Sale, SaleType, TransactionSubject } from './types.js'

/** How long earnings wait for refunds and disputes before they can be paid out, from when their creator sees them. */
export const EARNINGS_WAIT_MS = 7 * DAY_MS

/** A sale whose money came. */
export interface NewSale {
  readonly type: SaleType
  readonly payerId: string
  readonly creatorId: string
  readonly amount: Money
  /** Part of it from the payer's wallet; the rest came by the processor. */
  readonly walletMinor: bigint
  readonly processor: string
  readonly processorReference: string | null
  /** What the processor kept, at the platform's cost. */
  readonly processorFeeMinor: bigint
  readonly paymentIntentId: string
  readonly subject: TransactionSubject
  readonly description: string
  /** From when the creator sees it; at once where absent. */
  readonly shownAt?: Date
}

/** Records a sale and posts it: the fee to the platform, the rest to the creator, pending. Answers the transaction. */
export async function postSale(tx: Tx, sale: NewSale, now: Date): Promise<string> {
  const { type, creatorId, payerId, amount, walletMinor, processorFeeMinor, shownAt = now } = sale
  const rate = (await findFeeRate(tx, creatorId, type, now)) ?? DEFAULT_FEE_BASIS_POINTS
  const parts = split(amount.amountMinor, rate)
  const { processor, processorReference, paymentIntentId, description, subject } = sale
  const transactionId = await insertTransaction(tx, {
    ...parts,
    ...subject,
    type,
    status: 'SUCCEEDED',
    payerId,
    creatorId,
    currency: amount.currency,
    processor,
    processorReference,
    paymentIntentId,
    description,
    occurredAt: now,
    shownAt,
  })
  assert(transactionId, 'one sale per intent: its row is locked')
  await post(
    tx,
    {
      kind: 'SALE',
      reference: `sale:${paymentIntentId}`,
      transactionId,
      currency: amount.currency,
      lines: [
        { kind: 'WALLET', ownerId: payerId, amountMinor: -walletMinor },
        {
          kind: 'CREATOR_PENDING',
          ownerId: creatorId,
          amountMinor: parts.netMinor,
          availableAt: addMs(shownAt, EARNINGS_WAIT_MS),
        },
        { kind: 'PLATFORM_FEES', ownerId: null, amountMinor: parts.platformFeeMinor },
        {
          kind: 'PROCESSOR_CLEARING',
          ownerId: null,
          amountMinor: walletMinor - amount.amountMinor + processorFeeMinor,
        },
        { kind: 'PROCESSOR_FEES', ownerId: null, amountMinor: -processorFeeMinor },
      ],
    },
    now,
  )
  return transactionId
}

/** A refund of a sale. */
export interface Refund {
  readonly refundId: string
  readonly sale: Sale
  readonly amountMinor: bigint
  /** The fee in it; see `feeGivenBack`. */
  readonly platformFeeMinor: bigint
  /** Part of it that goes to the payer's wallet, whence it came. */
  readonly walletMinor: bigint
}

/** A sale's price and the fee in it. */
export const priceOf = ({ amount, platformFeeMinor }: Sale): Returned => ({
  grossMinor: amount.amountMinor,
  platformFeeMinor,
})

/**
 * The creator's and the platform's parts of what comes back of a sale, or below zero of what goes: where its earnings are by
 * now, and where they are gone from a debt.
 */
const shares = (sale: Sale, amountMinor: bigint, feeMinor: bigint): Line[] => [
  {
    kind: 'CREATOR_PENDING',
    ownerId: sale.creatorId,
    amountMinor: amountMinor - feeMinor,
    availableAt: addMs(sale.shownAt, EARNINGS_WAIT_MS),
  },
  { kind: 'PLATFORM_FEES', ownerId: null, amountMinor: feeMinor },
]

const against = (sale: Sale, grossMinor: bigint, feeMinor: bigint, now: Date) =>
  ({
    type: 'REFUND',
    status: 'SUCCEEDED',
    reversesId: sale.id,
    payerId: sale.payerId,
    creatorId: sale.creatorId,
    grossMinor,
    platformFeeMinor: feeMinor,
    netMinor: grossMinor - feeMinor,
    currency: sale.amount.currency,
    processor: sale.processor,
    paymentIntentId: sale.paymentIntentId,
    ...sale.subject,
    occurredAt: now,
  }) satisfies NewTransaction

/** Records and posts a refund when it is accepted: the payer's money is no longer the creator's. Answers the transaction. */
export async function postRefund(
  tx: Tx,
  { refundId, sale, amountMinor, platformFeeMinor, walletMinor }: Refund,
  now: Date,
): Promise<string> {
  const transactionId = await insertTransaction(tx, {
    ...against(sale, -amountMinor, -platformFeeMinor, now),
    reason: 'REFUND',
    refundId,
  })
  assert(transactionId, 'one record per refund: its sale is locked')
  await post(
    tx,
    {
      kind: 'REFUND',
      reference: `refund:${refundId}`,
      transactionId,
      currency: sale.amount.currency,
      overdraws: true,
      lines: [
        { kind: 'WALLET', ownerId: sale.payerId, amountMinor: walletMinor },
        ...shares(sale, -amountMinor, -platformFeeMinor),
        { kind: 'PROCESSOR_CLEARING', ownerId: null, amountMinor: amountMinor - walletMinor },
      ],
    },
    now,
  )
  return transactionId
}

/** Takes a refund back that the bank did not carry out: the same amounts the other way, to where they would be by now. */
export async function postRefundFailed(
  tx: Tx,
  order: {
    readonly refundId: string
    readonly refundTransactionId: string
    readonly sale: Sale
    readonly amountMinor: bigint
    readonly platformFeeMinor: bigint
  },
  now: Date,
): Promise<void> {
  const { refundId, refundTransactionId, sale, amountMinor, platformFeeMinor } = order
  const transactionId = await insertTransaction(tx, {
    ...against(sale, amountMinor, platformFeeMinor, now),
    reversesId: refundTransactionId,
    reason: 'REFUND_FAILED',
  })
  await post(
    tx,
    {
      kind: 'REVERSAL',
      reference: `refund-failed:${refundId}`,
      transactionId,
      currency: sale.amount.currency,
      lines: [
        ...shares(sale, amountMinor, platformFeeMinor),
        { kind: 'PROCESSOR_CLEARING', ownerId: null, amountMinor: -amountMinor },
      ],
    },
    now,
  )
}

/** A dispute, as far as the books need it, with what it holds, or has lost, of a sale: of its price, and of the fee in that. */
export interface DisputeHeld extends Returned {
  readonly disputeId: string
  readonly state: DisputeState
  /** The record of the first that it took; null before that. */
  readonly debitTransactionId: string | null
}

/** What a dispute shall hold more; below zero, less. */
export interface DisputeHold {
  readonly sale: Sale
  readonly dispute: DisputeHeld
  readonly moreMinor: bigint
  readonly moreFeeMinor: bigint
  /** What makes it hold more or less; the same is posted once. */
  readonly cause: string
}

/**
 * Takes what a dispute claims out of the creator's and the platform's hands until it is decided, or gives back what it cannot
 * hold any more; what a lost one holds the processor has.
 */
export async function postDisputeHold(
  tx: Tx,
  { sale, dispute, moreMinor, moreFeeMinor, cause }: DisputeHold,
  now: Date,
): Promise<void> {
  const { disputeId, debitTransactionId } = dispute
  const transactionId = await insertTransaction(tx, {
    ...against(sale, -moreMinor, -moreFeeMinor, now),
    reason: debitTransactionId ? 'DISPUTE_CHANGED' : 'DISPUTE',
    disputeId,
  })
  assert(transactionId, 'one record per change: its sale is locked')
  const isLost = dispute.state === 'LOST'
  await post(
    tx,
    {
      kind: 'DISPUTE',
      reference: `${isLost ? 'dispute-lost' : 'dispute'}:${disputeId}:${cause}`,
      transactionId,
      currency: sale.amount.currency,
      overdraws: true,
      lines: [
        ...shares(sale, -moreMinor, -moreFeeMinor),
        { kind: isLost ? 'PROCESSOR_CLEARING' : 'DISPUTE_HELD', ownerId: null, amountMinor: moreMinor },
      ],
    },
    now,
  )
}

/** A dispute that ends, with what it holds. */
export interface DisputeClosing extends DisputeHeld {
  readonly sale: Sale
  /** What the processor asks for a lost one, at the platform's cost. */
  readonly processorFeeMinor: bigint
}

/** Gives back what a won dispute held: to the creator's account as it is now. */
export async function postDisputeWon(tx: Tx, closing: DisputeClosing, now: Date): Promise<void> {
  const { disputeId, debitTransactionId, sale, grossMinor: amountMinor, platformFeeMinor } = closing
  const transactionId = await insertTransaction(tx, {
    ...against(sale, amountMinor, platformFeeMinor, now),
    reversesId: debitTransactionId,
    reason: 'DISPUTE_WON',
    disputeId,
  })
  await post(
    tx,
    {
      kind: 'DISPUTE',
      reference: `dispute-won:${disputeId}`,
      transactionId,
      currency: sale.amount.currency,
      lines: [
        ...shares(sale, amountMinor, platformFeeMinor),
        { kind: 'DISPUTE_HELD', ownerId: null, amountMinor: -amountMinor },
      ],
    },
    now,
  )
}

/** Lets go what a lost dispute held: the processor has taken it, and its fee. */
export async function postDisputeLost(tx: Tx, closing: DisputeClosing, now: Date): Promise<void> {
  const { disputeId, sale, grossMinor: amountMinor, processorFeeMinor } = closing
  await post(
    tx,
    {
      kind: 'DISPUTE',
      reference: `dispute-lost:${disputeId}`,
      transactionId: null,
      currency: sale.amount.currency,
      lines: [
        { kind: 'DISPUTE_HELD', ownerId: null, amountMinor: -amountMinor },
        { kind: 'PROCESSOR_CLEARING', ownerId: null, amountMinor: amountMinor + processorFeeMinor },
        { kind: 'PROCESSOR_FEES', ownerId: null, amountMinor: -processorFeeMinor },
      ],
    },
    now,
  )
}

/** Puts money that somebody paid in into their wallet. It earns nobody anything yet, so it is no transaction of a sale. */
export const postTopUp = (
  tx: Tx,
  order: {
    readonly intentId: string
    readonly userId: string
    readonly amount: Money
    readonly processorFeeMinor: bigint
  },
  now: Date,
): Promise<void> =>
  post(
    tx,
    {
      kind: 'WALLET',
      reference: `top-up:${order.intentId}`,
      transactionId: null,
      currency: order.amount.currency,
      lines: [
        { kind: 'WALLET', ownerId: order.userId, amountMinor: order.amount.amountMinor },
        { kind: 'PROCESSOR_CLEARING', ownerId: null, amountMinor: order.processorFeeMinor - order.amount.amountMinor },
        { kind: 'PROCESSOR_FEES', ownerId: null, amountMinor: -order.processorFeeMinor },
      ],
    },
    now,
  )

/**
 * Posts what the processor kept `of` a payment, where it said so only after the payment was posted, or of a payment or a dispute
 * in another currency; told twice, it is one. Nothing is no posting.
 */
export async function postProcessorFee(
  tx: Tx,
  { of, fee }: { readonly of: string; readonly fee: Money },
  now: Date,
): Promise<void> {
  const reference = `processor-fee:${of}`
  if (fee.amountMinor === 0n || (await isPosted(tx, reference))) return
  await post(
    tx,
    {
      kind: 'FEE',
      reference,
      transactionId: null,
      currency: fee.currency,
      lines: [
        { kind: 'PROCESSOR_CLEARING', ownerId: null, amountMinor: fee.amountMinor },
        { kind: 'PROCESSOR_FEES', ownerId: null, amountMinor: -fee.amountMinor },
      ],
    },
    now,
  )
}

/** A payout, as far as the books need it. */
export interface PayoutPosting {
  readonly payoutId: string
  readonly creatorId: string
  readonly amount: Money
}

/**
 * Takes a payout out of what can be paid out, once; two at the same time cannot take the same money.
 * @throws CONFLICT insufficient_funds
 */
export const postPayoutRequested = (tx: Tx, { payoutId, creatorId, amount }: PayoutPosting, now: Date): Promise<void> =>
  post(
    tx,
    {
      kind: 'PAYOUT',
      reference: `payout:${payoutId}`,
      transactionId: null,
      currency: amount.currency,
      lines: [
        { kind: 'CREATOR_AVAILABLE', ownerId: creatorId, amountMinor: -amount.amountMinor },
        { kind: 'PAYOUT_IN_TRANSIT', ownerId: creatorId, amountMinor: amount.amountMinor },
      ],
    },
    now,
  )

/** Records that a payout arrived; answers the transaction. */
export async function postPayoutPaid(
  tx: Tx,
  payout: PayoutPosting & { readonly processor: string; readonly processorReference: string | null },
  now: Date,
): Promise<string> {
  const { payoutId, creatorId, amount, processor, processorReference } = payout
  const transactionId = await insertTransaction(tx, {
    type: 'PAYOUT',
    status: 'SUCCEEDED',
    creatorId,
    grossMinor: -amount.amountMinor,
    platformFeeMinor: 0n,
    netMinor: -amount.amountMinor,
    currency: amount.currency,
    processor,
    processorReference,
    payoutId,
    occurredAt: now,
  })
  assert(transactionId, 'one record per payout: its row is locked')
  await post(
    tx,
    {
      kind: 'PAYOUT',
      reference: `payout-paid:${payoutId}`,
      transactionId,
      currency: amount.currency,
      lines: [
        { kind: 'PAYOUT_IN_TRANSIT', ownerId: creatorId, amountMinor: -amount.amountMinor },
        { kind: 'PROCESSOR_CLEARING', ownerId: null, amountMinor: amount.amountMinor },
      ],
    },
    now,
  )
  return transactionId
}

/** Records a payout that did not arrive and puts its money back: what the creator owes is paid off first. */
export async function postPayoutReturned(
  tx: Tx,
  payout: PayoutPosting & {
    readonly processor: string
    readonly failure: { readonly code: string; readonly reason: string } | null
    /** The record of its arrival, where it had arrived before it came back. */
    readonly paidTransactionId: string | null
  },
  now: Date,
): Promise<void> {
  const { payoutId, creatorId, amount, processor, failure, paidTransactionId } = payout
  const common = {
    type: 'PAYOUT',
    creatorId,
    platformFeeMinor: 0n,
    currency: amount.currency,
    processor,
    occurredAt: now,
  } as const
  const { amountMinor } = amount
  const transactionId = paidTransactionId
    ? await insertTransaction(tx, {
        ...common,
        status: 'SUCCEEDED',
        reason: 'PAYOUT_FAILED',
        reversesId: paidTransactionId,
        grossMinor: amountMinor,
        netMinor: amountMinor,
        payoutId,
        description: failure?.reason ?? null,
      })
    : failure &&
      (await insertTransaction(tx, {
        ...common,
        status: 'FAILED',
        grossMinor: -amountMinor,
        netMinor: -amountMinor,
        failureCode: failure.code,
        failureReason: failure.reason,
        payoutId,
      }))
  await post(
    tx,
    {
      kind: 'PAYOUT',
      reference: `payout-returned:${payoutId}`,
      transactionId,
      currency: amount.currency,
      lines: [
        { kind: 'CREATOR_AVAILABLE', ownerId: creatorId, amountMinor },
        paidTransactionId
          ? { kind: 'PROCESSOR_CLEARING', ownerId: null, amountMinor: -amountMinor }
          : { kind: 'PAYOUT_IN_TRANSIT', ownerId: creatorId, amountMinor: -amountMinor },
      ],
    },
    now,
  )
}

/** Records a try to pay that was refused; told twice, it is one row. */
export async function recordFailedAttempt(
  tx: Tx,
  attempt: Omit<NewSale, 'walletMinor' | 'processorFeeMinor' | 'subject'> & {
    readonly attempt: string
    readonly failureCode: string
    readonly failureReason: string
  },
  now: Date,
): Promise<void> {
  const { amount, type, payerId, creatorId, processor, paymentIntentId, description, failureCode, failureReason } =
    attempt
  await insertTransaction(tx, {
    ...split(amount.amountMinor, 0),
    feeBasisPoints: null,
    type,
    status: 'FAILED',
    payerId,
    creatorId,
    currency: amount.currency,
    processor,
    processorReference: attempt.attempt,
    paymentIntentId,
    description,
    failureCode,
    failureReason,
    occurredAt: now,
  })
}

/** Posts what is not zero. @throws CONFLICT insufficient_funds when somebody has not got what is taken */
async function post(tx: Tx, posting: Posting, now: Date): Promise<void> {
  const lines = posting.lines.filter(({ amountMinor }) => amountMinor !== 0n)
  assert(lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0n) === 0n, 'what is taken is given')
  try {
    await insertPosting(tx, { ...posting, lines }, now)
  } catch (error) {
    if (violatesCheck(error, 'ledger_accounts_not_overdrawn'))
      throw new AppError('CONFLICT', 'insufficient_funds', 'There is not that much money.')
    throw error
  }
}
