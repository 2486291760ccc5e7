import assert from 'node:assert'
import { addMs, DAY_MS } from '../lib/clock.js'
import type { Money } from '../lib/money.js'
import { isMovable } from './amounts.js'
import { toDecline } from './declines.js'
import { ProcessorDeclined } from './errors.js'
import { refundOutcome, toMoney, toStored } from './sandbox-books.js'
import type { Charge, Dispute, DisputeData, Refund, RefundData } from './sandbox-books.js'
import { insertEntry, listEntriesOf } from './sandbox-queries.js'
import { held, move, newId, settlingLater, tell, underKey } from './sandbox-turn.js'
import type { Made, Turn } from './sandbox-turn.js'
import type { DisputeEvidence, RefundOrder, RefundOutcome } from './types.js'

const DISPUTE_FEE_MINOR = 1_500n
const EVIDENCE_MS = 7 * DAY_MS

/**
 * Gives back once under the order's key.
 * @throws ProcessorDeclined for more than is left of the charge, and while it is disputed
 */
export async function makeRefund(turn: Turn, order: RefundOrder): Promise<RefundOutcome> {
  // held before the key is looked up: what another call under it gives back meanwhile must not count against this one
  const charge = await held<Charge>(turn, order.charge, 'CHARGE')
  const { entry, isNew } = await underKey<Refund>(turn, order.key, 'REFUND', () =>
    newRefund(turn, charge, order.amount, order.refundId),
  )
  const { refundId, amount } = entry.data
  const isSame = refundId === order.refundId && BigInt(amount.amountMinor) === order.amount.amountMinor
  assert(isSame && entry.parentId === charge.id, `the key ${order.key} was used for another refund before`)
  if (isNew) await tell(turn, entry)
  return refundOutcome(entry, entry.data.firstState)
}

/** Gives back as somebody at the processor's own desk would: nobody here asked for it. */
export async function refundAtDesk(turn: Turn, chargeId: string, amountMinor: bigint): Promise<RefundOutcome> {
  const charge = await held<Charge>(turn, chargeId, 'CHARGE')
  const amount = { amountMinor, currency: charge.data.amount.currency }
  const made = { ...(await newRefund(turn, charge, amount, null)), kind: 'REFUND' as const, key: null }
  const refund = await insertEntry<Refund>(turn.tx, made, turn.now)
  assert(refund)
  await tell(turn, refund)
  return refundOutcome(refund, refund.state)
}

async function newRefund(turn: Turn, charge: Charge, amount: Money, refundId: string | null): Promise<Made<Refund>> {
  await assertRefundable(turn, charge, amount)
  const { behaviour } = charge.data
  const firstState = behaviour === 'DELAYS_REFUNDS' ? 'PROCESSING' : 'SUCCEEDED'
  const moves = behaviour === 'DELAYS_REFUNDS' || behaviour === 'FAILS_REFUNDS'
  const data: RefundData = { refundId, amount: toStored(amount), failureCode: null, firstState }
  const settlesAt = moves ? await settlingLater(turn) : null
  return { id: newId('REFUND'), parentId: charge.id, state: firstState, data, settlesAt }
}

async function assertRefundable(turn: Turn, charge: Charge, amount: Money): Promise<void> {
  const { currency } = charge.data.amount
  assert(charge.state === 'SUCCEEDED', `the charge ${charge.id} is ${charge.state}: nothing to give back`)
  assert(amount.currency === currency, `the charge ${charge.id} is in ${currency}`)
  if (!isMovable(amount)) refuse('invalid_amount')
  const disputes = await listEntriesOf<Dispute>(turn.tx, charge.id, 'DISPUTE')
  if (disputes.some(({ state }) => state !== 'WON')) refuse('charge_disputed')
  const left = await leftOf(turn, charge)
  if (left === 0n) refuse('charge_already_refunded')
  if (amount.amountMinor > left) refuse('refund_exceeds_charge')
}

function refuse(code: string): never {
  throw new ProcessorDeclined(toDecline(code))
}

async function leftOf({ tx }: Turn, charge: Charge): Promise<bigint> {
  const refunds = await listEntriesOf<Refund>(tx, charge.id, 'REFUND')
  return refunds
    .filter(({ state }) => state !== 'FAILED')
    .reduce((left, { data }) => left - toMoney(data.amount).amountMinor, toMoney(charge.data.amount).amountMinor)
}

/** What a dispute is about, when its payer says. */
export interface DisputeClaim {
  /** All that was not given back, unless said otherwise. */
  readonly amountMinor?: bigint
  readonly reason?: string
}

/** Has the payer's bank take back a charge. */
export async function open(turn: Turn, chargeId: string, claim: DisputeClaim): Promise<Dispute> {
  const charge = await held<Charge>(turn, chargeId, 'CHARGE')
  assert(charge.state === 'SUCCEEDED', `the charge ${chargeId} is ${charge.state}: nothing to dispute`)
  const disputes = await listEntriesOf<Dispute>(turn.tx, chargeId, 'DISPUTE')
  assert(
    disputes.every(({ state }) => state === 'WON'),
    `the charge ${chargeId} is disputed already`,
  )
  return writeDispute(turn, charge, claim)
}

/** Disputes a charge that is held, as its payer's bank does by itself; nothing where it was disputed or given back before. */
export async function disputeIfAny(turn: Turn, charge: Charge): Promise<void> {
  const disputes = await listEntriesOf<Dispute>(turn.tx, charge.id, 'DISPUTE')
  if (disputes.length === 0 && (await leftOf(turn, charge)) > 0n) await writeDispute(turn, charge, {})
}

async function writeDispute(turn: Turn, charge: Charge, claim: DisputeClaim): Promise<Dispute> {
  const amountMinor = claim.amountMinor ?? (await leftOf(turn, charge))
  const data: DisputeData = {
    amount: toStored({ amountMinor, currency: charge.data.amount.currency }),
    reason: claim.reason ?? 'fraudulent',
    feeMinor: DISPUTE_FEE_MINOR.toString(),
    evidenceDueAt: addMs(turn.now, EVIDENCE_MS).toISOString(),
    evidence: null,
  }
  const entry = { id: newId('DISPUTE'), kind: 'DISPUTE' as const, key: null, parentId: charge.id, state: 'OPEN', data }
  const dispute = await insertEntry<Dispute>(turn.tx, entry, turn.now)
  assert(dispute)
  await tell(turn, dispute)
  return dispute
}

/** Takes evidence once; a dispute that is not open takes none. */
export async function takeEvidence(turn: Turn, { dispute: id, ...evidence }: DisputeEvidence): Promise<void> {
  const dispute = await held<Dispute>(turn, id, 'DISPUTE')
  if (dispute.state !== 'OPEN') return
  await move(turn, dispute, { state: 'UNDER_REVIEW', data: { ...dispute.data, evidence: { ...evidence } } })
}

/** Decides a dispute as a bank would; one that is decided stays so. */
export async function decide(turn: Turn, id: string, verdict: 'WON' | 'LOST'): Promise<void> {
  const dispute = await held<Dispute>(turn, id, 'DISPUTE')
  if (dispute.state === 'WON' || dispute.state === 'LOST') return
  await move(turn, dispute, { state: verdict })
}
