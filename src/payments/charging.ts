import { record } from '../audit/audit.js'
import { postProcessorFee } from '../ledger/ledger.js'
import { HOUR_MS, MINUTE_MS, addMs } from '../lib/clock.js'
import { databaseNow, transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { log } from '../lib/log.js'
import type { Viewer } from '../lib/viewer.js'
import { ProcessorUnavailable } from '../processors/processors.js'
import type { ChargeOrder, ChargeOutcome } from '../processors/types.js'
import { askProcessor } from './asking.js'
import { abandonPayment, askLater, settlePayment } from './intents.js'
import { findChargeable, findCustomer } from './method-queries.js'
import { countAttempt, findPayment, findPaymentForUpdate, insertCase } from './queries.js'
import type { PaymentRow, PaymentServices } from './types.js'

/** Who pays now: there to confirm, or charged in their absence. */
export interface Presence {
  readonly isPresent: boolean
  readonly returnUrl: string | null
}

/** Nobody is there: a renewal, or a question asked again. */
export const ABSENT: Presence = { isPresent: false, returnUrl: null }

/** When the processor is asked again about a payment without an end, by the number of questions. */
const QUESTIONS_MS = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS]
/** After so many questions without an answer somebody looks into it; the questions go on. */
const QUESTIONS_BEFORE_CASE = 6
const PATH = ['input', 'paymentId']

/**
 * Asks the processor for a payment's money, outside any transaction, and writes what it answers. Nothing happens where the
 * payment has its end already. An answer that does not come leaves it open: a job asks again, under the same key.
 */
export async function chargePayment(
  origin: Origin,
  services: PaymentServices,
  paymentId: string,
  presence: Presence,
): Promise<void> {
  const payment = await findPayment(origin.db, paymentId)
  if (!payment || payment.settledAt || payment.state !== 'CREATED') return
  const outcome = await asking(paymentId, () => charge(origin, services, payment, presence))
  if (outcome) await transaction(origin, (tx, now) => settlePayment(tx, services, paymentId, outcome, now))
}

/**
 * Gives up a payment that waits for its payer, as they ask: the processor is told first, so that no money comes afterwards, and
 * what it answers counts. One that was given up stays so. Audited.
 * @throws NOT_FOUND node_not_found; CONFLICT payment_not_waiting, also where it was confirmed just before; UNAVAILABLE
 * service_unavailable
 */
export async function cancelPayment(
  origin: Origin,
  services: PaymentServices,
  { userId }: Viewer,
  paymentId: string,
): Promise<void> {
  const payment = await findPayment(origin.db, paymentId)
  if (payment?.payerId !== userId) throw new AppError('NOT_FOUND', 'node_not_found', 'No such Payment.', { path: PATH })
  if (isGivenUp(payment)) return
  const { state, processorReference: reference } = payment
  if (state !== 'REQUIRES_ACTION' || reference === null) throw notWaiting()
  const outcome = await askProcessor(() => services.processor.cancelCharge(reference), notWaiting)
  const after = await transaction(origin, async (tx, now) => {
    const before = await findPaymentForUpdate(tx, paymentId)
    await settlePayment(tx, services, paymentId, outcome, now)
    if (before && !before.settledAt && outcome.state === 'FAILED') await recordGivenUp(tx, before, now)
    return findPayment(tx, paymentId)
  })
  if (!after || !isGivenUp(after)) throw notWaiting()
}

/** Whether nobody waits for it any more: its processor gave it up, or we did. */
const isGivenUp = ({ state, failureCode }: PaymentRow): boolean =>
  state === 'CANCELLED' || (state === 'FAILED' && failureCode === 'canceled')

const notWaiting = (): AppError =>
  new AppError('CONFLICT', 'payment_not_waiting', 'This payment does not wait for you.', { path: PATH })

const recordGivenUp = (tx: Tx, { id, payerId, state }: PaymentRow, now: Date): Promise<void> =>
  record(
    tx,
    {
      action: 'payment.given_up',
      category: 'PAYMENT',
      severity: 'LOW',
      subject: { table: 'payment_intents', id },
      userId: payerId,
      before: { state },
      description: 'Its payer gave up a payment instead of confirming it.',
    },
    now,
  )

/** Null where nobody knows: the processor did not answer. */
async function asking(paymentId: string, ask: () => Promise<ChargeOutcome | null>): Promise<ChargeOutcome | null> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof ProcessorUnavailable)) throw error
    log.warn({ err: error, paymentId }, 'payments: the processor did not answer')
    return null
  }
}

async function charge(
  { db }: Origin,
  { processor }: PaymentServices,
  payment: PaymentRow,
  { isPresent, returnUrl }: Presence,
): Promise<ChargeOutcome> {
  const found = payment.paymentMethodId ? await findChargeable(db, payment.paymentMethodId) : null
  if (!found) return withoutMethod(payment)
  const order: ChargeOrder = {
    intentId: payment.id,
    key: payment.processorKey,
    amount: { amountMinor: payment.amountMinor - payment.walletMinor, currency: payment.currency },
    customer: found.customer,
    method: found.method,
    isPresent,
    returnUrl,
    description: `Payment ${payment.id}`,
  }
  return processor.charge(order)
}

/** The method was removed before it was asked. */
const withoutMethod = ({ id }: PaymentRow): ChargeOutcome => ({
  state: 'FAILED',
  reference: null,
  attempt: `no-method:${id}`,
  decline: {
    code: 'payment_method_removed',
    declineClass: 'NEW_METHOD',
    reason: 'The way to pay was removed.',
  },
})

/**
 * Asks how a payment without an end stands, and goes on from there: charges where the processor has never heard of it, gives
 * up what its payer did not confirm in time, and otherwise asks again later.
 */
export async function finishPayment(
  origin: Origin,
  services: PaymentServices,
  { paymentId, attempt }: { readonly paymentId: string; readonly attempt: number },
): Promise<void> {
  const payment = await findPayment(origin.db, paymentId)
  if (!payment || payment.settledAt) return
  const outcome = await asking(paymentId, () => inquire(origin, services, payment))
  await transaction(origin, async (tx, now) => {
    await countAttempt(tx, paymentId, now)
    if (outcome) await settlePayment(tx, services, paymentId, outcome, now)
    const after = await findPayment(tx, paymentId)
    if (!after || after.settledAt) return
    if (after.state === 'REQUIRES_ACTION' && after.expiresAt <= now) await abandonPayment(tx, services, paymentId, now)
    else await askAgain(tx, after, attempt, now)
  })
}

async function inquire(origin: Origin, services: PaymentServices, payment: PaymentRow): Promise<ChargeOutcome | null> {
  const { processor } = services
  const known = payment.processorReference
  if (known && payment.state === 'REQUIRES_ACTION' && (await databaseNow(origin.db)) >= payment.expiresAt)
    return processor.cancelCharge(known)
  const found = payment.paymentMethodId ? await findChargeable(origin.db, payment.paymentMethodId) : null
  const outcome =
    found && (await processor.findCharge({ intentId: payment.id, key: payment.processorKey, customer: found.customer }))
  return outcome ?? charge(origin, services, payment, ABSENT)
}

async function askAgain(
  tx: Parameters<typeof askLater>[0],
  payment: PaymentRow,
  attempt: number,
  now: Date,
): Promise<void> {
  const { id, creatorId, payerId, state } = payment
  if (state !== 'REQUIRES_ACTION' && attempt >= QUESTIONS_BEFORE_CASE)
    await insertCase(
      tx,
      {
        kind: 'UNKNOWN_OUTCOME',
        reference: `unknown:${id}`,
        creatorId,
        payerId,
        paymentIntentId: id,
        details: { state },
      },
      now,
    )
  const wait = QUESTIONS_MS[Math.min(attempt - 1, QUESTIONS_MS.length - 1)] ?? HOUR_MS
  const runAt = state === 'REQUIRES_ACTION' && payment.expiresAt > now ? payment.expiresAt : addMs(now, wait)
  await askLater(tx, id, attempt + 1, runAt)
}

/**
 * Asks what the processor kept of a payment whose success was told without it, and posts it. Nothing where it is not known
 * yet.
 * @throws ProcessorUnavailable, for the job to be tried again
 */
export async function learnFee(
  { db, ...origin }: Origin,
  { processor }: PaymentServices,
  { paymentId }: { readonly paymentId: string },
): Promise<void> {
  const payment = await findPayment(db, paymentId)
  const customer = payment && (await findCustomer(db, payment.payerId, payment.processor))
  if (payment?.state !== 'SUCCEEDED' || payment.processor !== processor.name || !customer) return
  const outcome = await processor.findCharge({ intentId: payment.id, key: payment.processorKey, customer })
  if (outcome?.state !== 'SUCCEEDED' || !outcome.fee) return
  const { fee } = outcome
  await transaction({ db, ...origin }, async (tx, now) => {
    await findPaymentForUpdate(tx, paymentId)
    await postProcessorFee(tx, { of: paymentId, fee }, now)
  })
}
