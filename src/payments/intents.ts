import assert from 'node:assert'
import { record } from '../audit/audit.js'
import { findSale, getWalletBalance, postProcessorFee, postSale, recordFailedAttempt } from '../ledger/ledger.js'
import type { SaleType } from '../ledger/types.js'
import { DAY_MS, SECOND_MS, addMs } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import { enqueue } from '../lib/jobs.js'
import type { Money } from '../lib/money.js'
import { TIMEOUTS } from '../lib/timeouts.js'
import type { ChargeOutcome } from '../processors/types.js'
import { findDefaultMethod, findMethod } from './method-queries.js'
import { purposeOf } from './purposes.js'
import { findPaymentForUpdate, insertCase, insertPayment, updateCancelled, updateOutcome } from './queries.js'
import { startRefund } from './refunds.js'
import { PAYMENT_CHANGED, PAYMENT_FAILED_LATE, finishPaymentJob, learnFeeJob, paymentsOf } from './types.js'
import type { PaymentPurpose, PaymentRow, PaymentServices, PaymentSource } from './types.js'

/** How long a payer has to confirm a payment; after that it is given up. */
const CONFIRMATION_MS = DAY_MS
/** When the processor is asked again, should its answer never have come. */
const FIRST_QUESTION_MS = 30 * SECOND_MS

/** What is to be paid, by whom and how. */
export interface PaymentOrder {
  readonly payerId: string
  readonly creatorId: string | null
  readonly purpose: PaymentPurpose
  readonly amount: Money
  readonly source: PaymentSource
}

/**
 * Writes the intent to pay. What the wallet pays is paid here and now; for the rest the processor is asked after the commit,
 * by `chargePayment`, and by a job should that never happen. `attach` ties what is paid for to the payment.
 * @throws INVALID payment_method_required; CONFLICT insufficient_funds
 */
export async function openPayment(
  tx: Tx,
  services: PaymentServices,
  order: PaymentOrder,
  attach: (paymentId: string) => Promise<void>,
  now: Date,
): Promise<PaymentRow> {
  const { payerId, creatorId, purpose, amount, source } = order
  if (source.useWallet) await refuseEmptyWallet(tx, payerId, amount)
  const payment = await insertPayment(
    tx,
    {
      payerId,
      creatorId,
      purpose,
      amount,
      walletMinor: source.useWallet ? amount.amountMinor : 0n,
      processor: services.processor.name,
      paymentMethodId: source.useWallet ? null : await getMethodId(tx, payerId, source),
      expiresAt: addMs(now, CONFIRMATION_MS),
    },
    now,
  )
  await attach(payment.id)
  if (source.useWallet) {
    const outcome = {
      state: 'SUCCEEDED',
      reference: null,
      captured: amount,
      fee: { ...amount, amountMinor: 0n },
    } as const
    await settle(tx, services, payment, outcome, now)
  } else await askLater(tx, payment.id, 1, addMs(now, FIRST_QUESTION_MS))
  return payment
}

/** A first look, for a clear error; what decides is the ledger, which refuses to overdraw. */
async function refuseEmptyWallet(tx: Tx, payerId: string, { amountMinor, currency }: Money): Promise<void> {
  if ((await getWalletBalance(tx, payerId, currency)) >= amountMinor) return
  throw new AppError('CONFLICT', 'insufficient_funds', 'There is not that much money in the wallet.', {
    path: ['input', 'payWith'],
  })
}

async function getMethodId(tx: Tx, payerId: string, { paymentMethodId }: PaymentSource): Promise<string> {
  const id = paymentMethodId
    ? ((await findMethod(tx, payerId, paymentMethodId))?.id ?? null)
    : await findDefaultMethod(tx, payerId)
  if (id) return id
  if (paymentMethodId)
    throw new AppError('NOT_FOUND', 'node_not_found', 'No such PaymentMethod.', {
      path: ['input', 'payWith', 'paymentMethodId'],
    })
  throw new AppError('INVALID', 'payment_method_required', 'Save a way to pay first.', { path: ['input', 'payWith'] })
}

/** Has the processor asked about a payment at `runAt`. */
export const askLater = (tx: Tx, paymentId: string, attempt: number, runAt: Date): Promise<void> =>
  enqueue(tx, finishPaymentJob, { paymentId, attempt }, { runAt, key: `payment:${paymentId}` })

/** What the processor says of a charge; of the wallet's payments there is no reference. */
export type Outcome = ChargeOutcome | (Omit<ChargeOutcome & { state: 'SUCCEEDED' }, 'reference'> & { reference: null })

/**
 * Brings a payment to how the processor says it stands, with everything that hangs on it, in this transaction. Safe to be told
 * the same again, and in whatever order: what succeeded stays so, a late success counts as much as one in time.
 */
export async function settlePayment(
  tx: Tx,
  services: PaymentServices,
  paymentId: string,
  outcome: Outcome,
  now: Date,
): Promise<void> {
  const payment = await findPaymentForUpdate(tx, paymentId)
  assert(payment, 'a payment is never deleted')
  await settle(tx, services, payment, outcome, now)
}

async function settle(
  tx: Tx,
  services: PaymentServices,
  payment: PaymentRow,
  outcome: Outcome,
  now: Date,
): Promise<void> {
  if (outcome.state === 'FAILED') await recordAttempt(tx, services, payment, outcome, now)
  if (payment.state === 'SUCCEEDED' || isNoNews(payment, outcome)) return
  if (outcome.state === 'SUCCEEDED') await succeed(tx, services, payment, outcome, now)
  else if (payment.settledAt) return
  else if (outcome.state === 'FAILED') await fail(tx, services, payment, outcome, now)
  else await updateOutcome(tx, payment.id, outcome, now)
  await emitChanged(tx, payment, now)
}

/** What waits for its payer may still wait for them; what goes on goes on. */
const isNoNews = (payment: PaymentRow, outcome: Outcome): boolean =>
  payment.state === outcome.state &&
  (outcome.state !== 'REQUIRES_ACTION' || outcome.actionUrl === payment.actionUrl) &&
  outcome.reference === payment.processorReference

async function succeed(
  tx: Tx,
  services: PaymentServices,
  payment: PaymentRow,
  outcome: Outcome & { state: 'SUCCEEDED' },
  now: Date,
): Promise<void> {
  const amount = { amountMinor: payment.amountMinor, currency: payment.currency }
  const taken = amount.amountMinor - payment.walletMinor
  const { captured } = outcome
  if (outcome.reference !== null && (captured.amountMinor !== taken || captured.currency !== amount.currency)) {
    await openMismatch(tx, payment, captured, now)
    return
  }
  await updateOutcome(tx, payment.id, outcome as ChargeOutcome, now)
  const { fee } = outcome
  // the sale's own posting has one currency
  const processorFeeMinor = fee?.currency === amount.currency ? fee.amountMinor : 0n
  const sold = await purposeOf(services, payment).paid(tx, { ...payment, processorFeeMinor }, now)
  await recordStep(tx, payment, { action: 'payment.succeeded', severity: 'LOW', state: 'SUCCEEDED' }, now)
  if (!fee) await enqueue(tx, learnFeeJob, { paymentId: payment.id }, { key: `fee:${payment.id}` })
  if (sold) {
    assert(payment.creatorId, 'whoever sells is named')
    await postSale(
      tx,
      {
        type: sold.type,
        payerId: payment.payerId,
        creatorId: payment.creatorId,
        amount,
        walletMinor: payment.walletMinor,
        processor: payment.processor,
        processorReference: outcome.reference,
        processorFeeMinor,
        paymentIntentId: payment.id,
        subject: sold.subject,
        description: sold.description,
        ...(sold.shownAt && { shownAt: sold.shownAt }),
      },
      now,
    )
  }
  if (fee && fee.currency !== amount.currency) await postProcessorFee(tx, { of: payment.id, fee }, now)
  if (sold?.unowed) await giveBack(tx, services, payment, sold.unowed, now)
}

/** Money that nothing is owed for goes back whole, and somebody looks at why it came. */
async function giveBack(
  tx: Tx,
  services: PaymentServices,
  payment: PaymentRow,
  kind: Parameters<typeof insertCase>[1]['kind'],
  now: Date,
): Promise<void> {
  const { id, creatorId, payerId } = payment
  await insertCase(tx, { kind, reference: `unowed:${id}`, creatorId, payerId, paymentIntentId: id, details: {} }, now)
  const sale = await findSale(tx, id)
  assert(sale, 'it has just been posted')
  await startRefund(
    tx,
    services,
    {
      sale,
      amountMinor: payment.amountMinor,
      reason: 'Nothing was owed for this payment any more.',
      revokesAccess: false,
      requestedById: null,
    },
    now,
  )
}

/** Another amount came than was asked for: nothing is given for it until somebody has looked. */
async function openMismatch(tx: Tx, payment: PaymentRow, captured: Money, now: Date): Promise<void> {
  const { id, creatorId, payerId } = payment
  const details = {
    asked: payment.amountMinor.toString(),
    captured: captured.amountMinor.toString(),
    currency: captured.currency,
  }
  await insertCase(
    tx,
    { kind: 'PROCESSOR_MISMATCH', reference: `mismatch:${id}`, creatorId, payerId, paymentIntentId: id, details },
    now,
  )
}

async function fail(
  tx: Tx,
  services: PaymentServices,
  payment: PaymentRow,
  outcome: Outcome & { state: 'FAILED' },
  now: Date,
): Promise<void> {
  await updateOutcome(tx, payment.id, outcome, now)
  await purposeOf(services, payment).failed(tx, { ...payment, declineClass: outcome.decline.declineClass }, now)
  await recordStep(tx, payment, { action: 'payment.failed', severity: 'LOW', state: 'FAILED' }, now)
  if (wasUnderWay(payment, now)) await emitStep(tx, PAYMENT_FAILED_LATE, payment, now)
}

/** Whether its payer heard that it is under way: from the processor, or because no answer came while they waited. */
const wasUnderWay = ({ state, createdAt }: PaymentRow, now: Date): boolean =>
  state === 'PROCESSING' || (state === 'CREATED' && addMs(createdAt, TIMEOUTS.operationMs) <= now)

/** What a purpose is called in the books. */
const SALE_TYPES: Readonly<Record<Exclude<PaymentPurpose, 'WALLET_TOP_UP'>, SaleType>> = {
  SUBSCRIPTION: 'SUBSCRIPTION',
  RENEWAL: 'SUBSCRIPTION',
  GIFT: 'SUBSCRIPTION',
  TIP: 'TIP',
  CONTENT_PURCHASE: 'CONTENT_PURCHASE',
  MESSAGE_PURCHASE: 'MESSAGE_PURCHASE',
  STREAM_ACCESS: 'STREAM_ACCESS',
}

/** A refused try is a business record, however late it is told and whatever came of the payment since. */
async function recordAttempt(
  tx: Tx,
  services: PaymentServices,
  payment: PaymentRow,
  { attempt, decline }: Outcome & { state: 'FAILED' },
  now: Date,
): Promise<void> {
  if (payment.purpose === 'WALLET_TOP_UP' || !payment.creatorId) return
  await recordFailedAttempt(
    tx,
    {
      type: SALE_TYPES[payment.purpose],
      payerId: payment.payerId,
      creatorId: payment.creatorId,
      amount: { amountMinor: payment.amountMinor, currency: payment.currency },
      processor: services.processor.name,
      processorReference: attempt,
      paymentIntentId: payment.id,
      description: 'Refused.',
      attempt,
      failureCode: decline.code,
      failureReason: decline.reason,
    },
    now,
  )
}

/** Gives up a payment that its payer never confirmed. */
export async function abandonPayment(tx: Tx, services: PaymentServices, paymentId: string, now: Date): Promise<void> {
  const payment = await findPaymentForUpdate(tx, paymentId)
  if (!payment || payment.settledAt) return
  await updateCancelled(tx, payment.id, now)
  await purposeOf(services, payment).failed(tx, payment, now)
  await recordStep(tx, payment, { action: 'payment.cancelled', severity: 'LOW', state: 'CANCELLED' }, now)
  await emitChanged(tx, payment, now)
}

const emitChanged = (tx: Tx, payment: PaymentRow, now: Date): Promise<bigint> =>
  emitStep(tx, PAYMENT_CHANGED, payment, now)

const emitStep = (tx: Tx, type: string, { id, payerId, creatorId }: PaymentRow, now: Date): Promise<bigint> =>
  emit(tx, { stream: paymentsOf(payerId), type, payload: { paymentId: id, payerId, creatorId } }, now)

const recordStep = (
  tx: Tx,
  payment: PaymentRow,
  step: { readonly action: string; readonly severity: 'LOW'; readonly state: string },
  now: Date,
): Promise<void> =>
  record(
    tx,
    {
      action: step.action,
      category: 'PAYMENT',
      severity: step.severity,
      subject: { table: 'payment_intents', id: payment.id },
      userId: payment.payerId,
      before: { state: payment.state },
      after: {
        state: step.state,
        purpose: payment.purpose,
        amountMinor: payment.amountMinor,
        currency: payment.currency,
      },
      description: 'A payment came to its end.',
    },
    now,
  )
