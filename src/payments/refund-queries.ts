import assert from 'node:assert'
import type { DisputeHeld } from '../ledger/ledger.js'
import type { Db, Tx } from '../lib/db.js'
import type { Money } from '../lib/money.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import type { DisputeState, RefundState } from '../generated/prisma/enums.js'

/** A row of `refunds`. */
export interface RefundRow {
  readonly id: string
  readonly transactionId: string
  readonly paymentIntentId: string
  readonly requestedById: string | null
  readonly amountMinor: bigint
  readonly platformFeeMinor: bigint
  readonly currency: string
  readonly state: RefundState
  readonly reason: string
  readonly revokesAccess: boolean
  /** Whether whoever asked for it wanted that closed, whatever is left of the price. */
  readonly closesByChoice: boolean
  readonly processorKey: string
  readonly processorReference: string | null
  readonly failureCode: string | null
  readonly settledAt: Date | null
  readonly createdAt: Date
}

const refundColumns = fragment`
  r.id::text as id, r.transaction_id::text as "transactionId", r.payment_intent_id::text as "paymentIntentId",
  r.requested_by_id::text as "requestedById", r.amount_minor as "amountMinor", r.platform_fee_minor as "platformFeeMinor",
  r.currency::text as currency, upper(r.state::text) as state, r.reason, r.revokes_access as "revokesAccess",
  r.closes_by_choice as "closesByChoice",
  r.processor_key::text as "processorKey", r.processor_reference as "processorReference", r.failure_code as "failureCode",
  r.settled_at as "settledAt", r.created_at as "createdAt"`

/** A refund that was accepted; what the processor makes of it is not known yet. */
export async function insertRefund(
  tx: Tx,
  refund: {
    readonly transactionId: string
    readonly paymentIntentId: string
    readonly requestedById: string | null
    readonly amountMinor: bigint
    readonly currency: string
    readonly reason: string
    readonly closesByChoice: boolean
    readonly processorReference: string | null
  },
  now: Date,
): Promise<RefundRow> {
  const [row] = await tx.sql<RefundRow>`/* payments.insertRefund */
    insert into refunds as r (
      transaction_id, payment_intent_id, requested_by_id, amount_minor, currency, state, reason, revokes_access,
      closes_by_choice, processor_reference, created_at, updated_at)
    values (
      ${refund.transactionId}::uuid, ${refund.paymentIntentId}::uuid, ${refund.requestedById}::uuid,
      ${refund.amountMinor}::bigint, ${refund.currency}, 'requested', ${refund.reason}, ${refund.closesByChoice}::boolean,
      ${refund.closesByChoice}::boolean, ${refund.processorReference}, ${now}::timestamptz, ${now}::timestamptz)
    returning ${refundColumns}`
  assert(row, 'what was inserted is returned')
  return row
}

/** Keeps what went back with a refund: the fee, and access. */
export async function setWhatGoesBack(
  tx: Tx,
  id: string,
  { platformFeeMinor, revokesAccess }: Pick<RefundRow, 'platformFeeMinor' | 'revokesAccess'>,
): Promise<RefundRow> {
  const [row] = await tx.sql<RefundRow>`/* payments.whatGoesBack */
    update refunds r set platform_fee_minor = ${platformFeeMinor}::bigint, revokes_access = ${revokesAccess}::boolean
    where r.id = ${id}::uuid returning ${refundColumns}`
  assert(row, 'it was inserted')
  return row
}

/** A refund as it is now. */
export async function findRefund(db: Db, id: string): Promise<RefundRow | null> {
  const [row] = await db.sql<RefundRow>`/* payments.refund */
    select ${refundColumns} from refunds r where r.id = ${id}::uuid`
  return row ?? null
}

/** The refund that the processor knows under this name. */
export async function findRefundByReference(tx: Tx, reference: string): Promise<RefundRow | null> {
  const [row] = await tx.sql<RefundRow>`/* payments.refundByReference */
    select ${refundColumns} from refunds r where r.processor_reference = ${reference}`
  return row ?? null
}

/** Writes how a refund stands. */
export async function updateRefund(
  tx: Tx,
  id: string,
  outcome: {
    readonly state: RefundState
    readonly reference: string | null
    readonly failureCode: string | null
    readonly settledAt: Date | null
  },
): Promise<void> {
  await tx.sql`/* payments.updateRefund */
    update refunds set state = lower(${outcome.state})::refund_state,
      processor_reference = coalesce(processor_reference, ${outcome.reference}), failure_code = ${outcome.failureCode},
      settled_at = ${outcome.settledAt}::timestamptz, version = version + 1
    where id = ${id}::uuid`
}

/** The record of a refund in the books. */
export async function findRefundTransaction(tx: Tx, refundId: string): Promise<string | null> {
  const [row] = await tx.sql<{ id: string }>`/* payments.refundTransaction */
    select id::text as id from transactions where refund_id = ${refundId}::uuid and reason = 'refund'`
  return row?.id ?? null
}

/** Whether a refund of a payment stands that closed what was bought although something of the price is left. */
export async function isClosedByChoice(tx: Tx, paymentId: string): Promise<boolean> {
  const rows = await tx.sql`/* payments.isClosedByChoice */
    select from refunds where payment_intent_id = ${paymentId}::uuid and closes_by_choice and state <> 'failed'`
  return rows.length > 0
}

/** A row of `disputes`. */
export interface DisputeRow {
  readonly id: string
  readonly transactionId: string
  readonly paymentIntentId: string
  readonly processor: string
  readonly processorReference: string
  readonly state: DisputeState
  readonly reason: string
  readonly amountMinor: bigint
  readonly feeMinor: bigint
  readonly feeCurrency: string
  readonly currency: string
  readonly evidence: Readonly<Record<string, unknown>> | null
  readonly evidenceDueAt: Date | null
  readonly evidenceSentAt: Date | null
  readonly openedAt: Date
  readonly closedAt: Date | null
}

export const disputeColumns = fragment`
  d.id::text as id, d.transaction_id::text as "transactionId", d.payment_intent_id::text as "paymentIntentId", d.processor,
  d.processor_reference as "processorReference", upper(d.state::text) as state, d.reason, d.amount_minor as "amountMinor",
  d.fee_minor as "feeMinor", coalesce(d.fee_currency, d.currency)::text as "feeCurrency", d.currency::text as currency,
  d.evidence, d.evidence_due_at as "evidenceDueAt", d.evidence_sent_at as "evidenceSentAt", d.opened_at as "openedAt", d.closed_at as "closedAt"`

/** The dispute that a processor knows under this name. */
export async function findDisputeByReference(tx: Tx, processor: string, reference: string): Promise<DisputeRow | null> {
  const [row] = await tx.sql<DisputeRow>`/* payments.disputeByReference */
    select ${disputeColumns} from disputes d
    where d.processor = ${processor} and d.processor_reference = ${reference}`
  return row ?? null
}

/** Whether a sale is disputed now. */
export async function isDisputed(tx: Tx, transactionId: string): Promise<boolean> {
  const rows = await tx.sql`/* payments.isDisputed */
    select from disputes where transaction_id = ${transactionId}::uuid and state in ('open', 'under_review')`
  return rows.length > 0
}

/** Whether no dispute is about to decide about what was paid by `paymentId`. */
export const isUndisputed = (paymentId: Fragment): Fragment => fragment`not exists (
  select from disputes d where d.payment_intent_id = ${paymentId} and d.state in ('open', 'under_review'))`

/** A dispute that was opened. */
export async function insertDispute(
  tx: Tx,
  dispute: Omit<DisputeRow, 'id' | 'evidence' | 'evidenceSentAt' | 'closedAt' | 'state'>,
  now: Date,
): Promise<DisputeRow> {
  const [row] = await tx.sql<DisputeRow>`/* payments.insertDispute */
    insert into disputes as d (
      transaction_id, payment_intent_id, processor, processor_reference, state, reason, amount_minor, fee_minor, fee_currency,
      currency, evidence_due_at, opened_at, created_at, updated_at)
    values (
      ${dispute.transactionId}::uuid, ${dispute.paymentIntentId}::uuid, ${dispute.processor}, ${dispute.processorReference},
      'open', ${dispute.reason}, ${dispute.amountMinor}::bigint, ${dispute.feeMinor}::bigint, nullif(${dispute.feeCurrency}, ${dispute.currency}),
      ${dispute.currency}, ${dispute.evidenceDueAt}::timestamptz, ${dispute.openedAt}::timestamptz, ${now}::timestamptz, ${now}::timestamptz)
    returning ${disputeColumns}`
  assert(row, 'what was inserted is returned')
  return row
}

/** Writes how a dispute stands. */
export async function updateDispute(
  tx: Tx,
  id: string,
  change: { readonly state: DisputeState; readonly fee: Money; readonly closedAt: Date | null },
): Promise<void> {
  await tx.sql`/* payments.updateDispute */
    update disputes set state = lower(${change.state})::dispute_state, fee_minor = ${change.fee.amountMinor}::bigint,
      fee_currency = nullif(${change.fee.currency}, currency), closed_at = ${change.closedAt}::timestamptz, version = version + 1
    where id = ${id}::uuid`
}

/** What a dispute claims and, until it is won, holds: of the price, and of the fee in it. */
export interface HoldRow extends DisputeHeld {
  readonly claimedMinor: bigint
}

/** What the disputes of a payment hold, those opened first first; of a won one what it held. */
export const listHolds = (db: Db, paymentId: string): Promise<HoldRow[]> =>
  db.sql<HoldRow>`/* payments.holds */
    select d.id::text as "disputeId", upper(d.state::text) as state, d.amount_minor as "claimedMinor",
      coalesce(-sum(t.gross_amount), 0)::bigint as "grossMinor",
      coalesce(-sum(t.platform_fee), 0)::bigint as "platformFeeMinor",
      min(t.id::text) filter (where t.reason = 'dispute') as "debitTransactionId"
    from disputes d
      left join transactions t on t.dispute_id = d.id and t.reason in ('dispute', 'dispute_changed')
    where d.payment_intent_id = ${paymentId}::uuid
    group by d.id order by d.opened_at, d.processor_reference`
