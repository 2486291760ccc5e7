import assert from 'node:assert'
import { record } from '../audit/audit.js'
import { findSale, getRefunded, postRefund, postRefundFailed } from '../ledger/ledger.js'
import type { Sale } from '../ledger/types.js'
import { MINUTE_MS, SECOND_MS, addMs } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import { enqueue } from '../lib/jobs.js'
import { log } from '../lib/log.js'
import { ProcessorDeclined, ProcessorUnavailable } from '../processors/processors.js'
import type { RefundOutcome } from '../processors/types.js'
import { fitHolds, getFeeGivenBack, isNothing } from './holds.js'
import { purposeOf } from './purposes.js'
import { addReturned, findPayment, findPaymentForUpdate, insertCase } from './queries.js'
import {
  findRefund,
  findRefundByReference,
  findRefundTransaction,
  insertRefund,
  isClosedByChoice,
  isDisputed,
  setWhatGoesBack,
  updateRefund,
} from './refund-queries.js'
import type { RefundRow } from './refund-queries.js'
import { TRANSACTION_REFUNDED, finishRefundJob, paymentsOf } from './types.js'
import type { PaymentRow, PaymentServices, Reversal } from './types.js'

/** What the processor says of a refund; one that went to a wallet, or was refused outright, has no name there. */
type Outcome = Omit<RefundOutcome, 'reference'> & { readonly reference: string | null }

const FIRST_QUESTION_MS = 30 * SECOND_MS
const MAX_WAIT_MS = 60 * MINUTE_MS

/** A refund that somebody decided on. */
export interface RefundOrder {
  readonly sale: Sale
  readonly amountMinor: bigint
  readonly reason: string
  /** Whether what was bought closes; where nothing of the price is left it does in any case. */
  readonly revokesAccess: boolean
  /** Null where the platform itself decided, or the processor. */
  readonly requestedById: string | null
  /** The processor's name of it, where it was made there. */
  readonly processorReference?: string
}

/**
 * Accepts a refund: books, access and the payment change here and now; the processor is asked after the commit, by
 * `carryOutRefund`, and by a job should that never happen. Holds the payment, so that two cannot give back the same money.
 * @throws CONFLICT refund_too_large, refund_of_disputed. Audited.
 */
export async function startRefund(
  tx: Tx,
  services: PaymentServices,
  order: RefundOrder,
  now: Date,
): Promise<RefundRow> {
  const { sale, amountMinor, reason, requestedById } = order
  const payment = await findPaymentForUpdate(tx, sale.paymentIntentId)
  assert(payment, 'a sale was paid')
  await refuseRefund(tx, payment, order)
  const { id: refundId } = await insertRefund(
    tx,
    {
      transactionId: sale.id,
      paymentIntentId: payment.id,
      requestedById,
      amountMinor,
      currency: payment.currency,
      reason,
      closesByChoice: order.revokesAccess,
      processorReference: order.processorReference ?? null,
    },
    now,
  )
  const before = await getRefunded(tx, payment.id)
  const platformFeeMinor = await getFeeGivenBack(tx, sale, before, amountMinor)
  const refunded = {
    grossMinor: before.grossMinor + amountMinor,
    platformFeeMinor: before.platformFeeMinor + platformFeeMinor,
  }
  // what disputes hold of it is free before it is taken
  const fitted = await fitHolds(tx, { sale, payment, refunded, cause: `refund:${refundId}` }, now)
  await addReturned(tx, payment.id, { refundedMinor: amountMinor })
  const walletMinor = payment.walletMinor > 0n ? amountMinor : 0n
  const transactionId = await postRefund(tx, { refundId, sale, amountMinor, platformFeeMinor, walletMinor }, now)
  const reversal = toReversal(order, isNothing(fitted))
  const purpose = purposeOf(services, payment)
  const revokesAccess = reversal.revokesAccess && (await purpose.isOpen(tx, sale, now))
  const refund = await setWhatGoesBack(tx, refundId, { platformFeeMinor, revokesAccess })
  await purpose.refunded(tx, sale, reversal, now)
  await recordRefund(tx, refund, { action: 'refund.accepted', payment, reason }, now)
  await emitRefund(tx, { payment, transactionId, refundId, state: 'ACCEPTED' }, now)
  // what came from the wallet is back in it
  if (walletMinor > 0n)
    await settleRefund(tx, services, refundId, { state: 'SUCCEEDED', reference: null, failureCode: null }, now)
  else if (!order.processorReference) await askLater(tx, refundId, 1, addMs(now, FIRST_QUESTION_MS))
  return refund
}

/** What the processor has given back already is not refused for a dispute, nor for what that holds; more than there was is. */
async function refuseRefund(tx: Tx, payment: PaymentRow, order: RefundOrder): Promise<void> {
  const { sale, amountMinor, processorReference } = order
  const path = ['input', 'amountMinor']
  const isMade = processorReference !== undefined
  if (!isMade && (await isDisputed(tx, sale.id)))
    throw new AppError('CONFLICT', 'refund_of_disputed', 'A disputed sale is decided by its dispute.', { path })
  const left = isMade ? payment.capturedMinor - payment.refundedMinor : refundable(payment)
  if (amountMinor <= 0n && left > 0n)
    throw new AppError('INVALID', 'invalid_input', 'A refund is more than nothing.', { path })
  if (amountMinor > left || left <= 0n)
    throw new AppError('CONFLICT', 'refund_too_large', 'There is not that much left of this sale.', { path })
}

/** What can still be given back of a payment. */
export const refundable = ({ capturedMinor, refundedMinor, disputedMinor }: PaymentRow): bigint =>
  capturedMinor - refundedMinor - disputedMinor

/** What a refund does, the same when it is previewed as when it is made: where nothing of the price is left, what was bought closes. */
export const toReversal = (
  { amountMinor, revokesAccess }: Pick<RefundOrder, 'amountMinor' | 'revokesAccess'>,
  isFull: boolean,
): Reversal => ({ amountMinor, isFull, revokesAccess: isFull || revokesAccess })

const askLater = (tx: Tx, refundId: string, attempt: number, runAt: Date): Promise<void> =>
  enqueue(tx, finishRefundJob, { refundId, attempt }, { runAt, key: `refund:${refundId}` })

/** Asks the processor for a refund, outside any transaction, and writes what it answers. Safe to call again. */
export async function carryOutRefund(origin: Origin, services: PaymentServices, refundId: string): Promise<void> {
  const refund = await findRefund(origin.db, refundId)
  if (!refund || refund.settledAt || refund.state !== 'REQUESTED') return
  const outcome = await asking(origin, services, refund)
  if (outcome) await transaction(origin, (tx, now) => settleRefund(tx, services, refundId, outcome, now))
}

/** Asks again how a refund stands that has no end. */
export async function finishRefund(
  origin: Origin,
  services: PaymentServices,
  { refundId, attempt }: { readonly refundId: string; readonly attempt: number },
): Promise<void> {
  const refund = await findRefund(origin.db, refundId)
  if (!refund || refund.settledAt) return
  const outcome = await asking(origin, services, refund)
  await transaction(origin, async (tx, now) => {
    if (outcome) await settleRefund(tx, services, refundId, outcome, now)
    const after = await findRefund(tx, refundId)
    if (!after || after.settledAt) return
    const wait = Math.min(FIRST_QUESTION_MS * 2 ** attempt, MAX_WAIT_MS)
    await askLater(tx, refundId, attempt + 1, addMs(now, wait))
  })
}

/** Null where nobody knows. The processor makes one refund per key, so asking for it again is asking about it. */
async function asking({ db }: Origin, { processor }: PaymentServices, refund: RefundRow): Promise<Outcome | null> {
  const payment = await findPayment(db, refund.paymentIntentId)
  assert(payment?.processorReference, 'the processor has the charge')
  const order = {
    refundId: refund.id,
    key: refund.processorKey,
    charge: payment.processorReference,
    amount: { amountMinor: refund.amountMinor, currency: refund.currency },
  }
  try {
    return (await processor.findRefund(order)) ?? (await processor.refund(order))
  } catch (error) {
    if (error instanceof ProcessorDeclined) return { reference: null, state: 'FAILED', failureCode: error.decline.code }
    if (!(error instanceof ProcessorUnavailable)) throw error
    log.warn({ err: error, refundId: refund.id }, 'payments: the processor did not answer')
    return null
  }
}

/**
 * Brings a refund to how the processor says it stands; one that failed, also late, is taken back with all it did. Safe to be
 * told the same again, and in whatever order.
 */
export async function settleRefund(
  tx: Tx,
  services: PaymentServices,
  refundId: string,
  outcome: Outcome,
  now: Date,
): Promise<void> {
  const first = await findRefund(tx, refundId)
  assert(first, 'a refund is never deleted')
  const payment = await findPaymentForUpdate(tx, first.paymentIntentId)
  const refund = await findRefund(tx, refundId)
  assert(payment && refund, 'nor is a payment')
  if (
    refund.state === 'FAILED' &&
    refund.processorReference === null &&
    outcome.state !== 'FAILED' &&
    outcome.reference
  )
    return makeAfterAll(tx, services, refund, { ...outcome, reference: outcome.reference }, now)
  if (refund.state === 'FAILED' || (refund.state === 'SUCCEEDED' && outcome.state !== 'FAILED')) return
  const isSettled = outcome.state !== 'PROCESSING'
  await updateRefund(tx, refundId, { ...outcome, settledAt: isSettled ? now : null })
  if (outcome.state !== 'FAILED') return
  await takeBack(tx, services, payment, refund, now)
}

/** What the processor refused one who asked and made for another is made here too: what it refused has been taken back. */
async function makeAfterAll(
  tx: Tx,
  services: PaymentServices,
  refused: RefundRow,
  outcome: RefundOutcome,
  now: Date,
): Promise<void> {
  const sale = await findSale(tx, refused.paymentIntentId)
  assert(sale, 'a refund stands against a sale')
  const { amountMinor, reason, closesByChoice: revokesAccess, requestedById } = refused
  const made =
    (await findRefundByReference(tx, outcome.reference)) ??
    (await startRefund(
      tx,
      services,
      { sale, amountMinor, reason, revokesAccess, requestedById, processorReference: outcome.reference },
      now,
    ))
  await settleRefund(tx, services, made.id, outcome, now)
}

async function takeBack(
  tx: Tx,
  services: PaymentServices,
  payment: PaymentRow,
  refund: RefundRow,
  now: Date,
): Promise<void> {
  const sale = await findSale(tx, payment.id)
  const refundTransactionId = await findRefundTransaction(tx, refund.id)
  assert(sale && refundTransactionId, 'a refund stands against a sale')
  const { amountMinor, platformFeeMinor, reason } = refund
  await addReturned(tx, payment.id, { refundedMinor: -amountMinor })
  await postRefundFailed(tx, { refundId: refund.id, refundTransactionId, sale, amountMinor, platformFeeMinor }, now)
  const refunded = await getRefunded(tx, payment.id)
  const fitted = await fitHolds(tx, { sale, payment, refunded, cause: `refund-failed:${refund.id}` }, now)
  // where something of the price is left again, only what somebody closed on purpose stays closed
  const opens = !(await isClosedByChoice(tx, payment.id))
  if (!isNothing(fitted)) await purposeOf(services, payment).refundFailed(tx, sale, opens, now)
  await recordRefund(tx, refund, { action: 'refund.failed', payment, reason }, now)
  await emitRefund(tx, { payment, transactionId: refundTransactionId, refundId: refund.id, state: 'FAILED' }, now)
  if (refund.requestedById === null) await openUndelivered(tx, payment, refund, now)
}

/** What nobody here asked for nobody will ask for again: somebody has to send the money by another way. */
const openUndelivered = (tx: Tx, payment: PaymentRow, refund: RefundRow, now: Date): Promise<void> =>
  insertCase(
    tx,
    {
      kind: 'OTHER',
      reference: `undelivered:${refund.id}`,
      creatorId: payment.creatorId,
      payerId: payment.payerId,
      paymentIntentId: payment.id,
      details: {
        reason: 'A refund that nobody here asked for came back.',
        refundedFor: refund.reason,
        amountMinor: refund.amountMinor.toString(),
        currency: refund.currency,
      },
    },
    now,
  )

const emitRefund = (
  tx: Tx,
  {
    payment,
    transactionId,
    refundId,
    state,
  }: {
    readonly payment: PaymentRow
    readonly transactionId: string
    readonly refundId: string
    readonly state: 'ACCEPTED' | 'FAILED'
  },
  now: Date,
): Promise<bigint> =>
  emit(
    tx,
    {
      stream: paymentsOf(payment.payerId),
      type: TRANSACTION_REFUNDED,
      payload: { paymentId: payment.id, transactionId, refundId, creatorId: payment.creatorId, state },
    },
    now,
  )

const recordRefund = (
  tx: Tx,
  refund: RefundRow,
  step: { readonly action: string; readonly payment: PaymentRow; readonly reason: string },
  now: Date,
): Promise<void> =>
  record(
    tx,
    {
      action: step.action,
      category: 'PAYMENT',
      severity: 'MEDIUM',
      subject: { table: 'refunds', id: refund.id },
      userId: step.payment.payerId,
      after: { amountMinor: refund.amountMinor, currency: refund.currency, revokesAccess: refund.revokesAccess },
      description: step.action === 'refund.accepted' ? 'A refund was accepted.' : 'A refund came back.',
      reason: step.reason,
    },
    now,
  )
