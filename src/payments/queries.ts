import assert from 'node:assert'
import type { Db, Tx } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { Money } from '../lib/money.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { ChargeOutcome } from '../processors/types.js'
import type { FinanceCaseKind, PaymentPurpose, PaymentRow } from './types.js'

const paymentColumns = fragment`
  p.id::text as id, p.payer_id::text as "payerId", p.creator_id::text as "creatorId", upper(p.purpose::text) as purpose,
  upper(p.state::text) as state, p.amount_minor as "amountMinor", p.wallet_minor as "walletMinor",
  p.captured_minor as "capturedMinor", p.refunded_minor as "refundedMinor", p.disputed_minor as "disputedMinor",
  p.currency::text as currency, p.processor, p.processor_key::text as "processorKey",
  p.processor_reference as "processorReference", p.payment_method_id::text as "paymentMethodId",
  p.action_url as "actionUrl", p.failure_code as "failureCode", p.failure_reason as "failureReason",
  upper(p.decline_class::text) as "declineClass", p.attempt_count::int as "attemptCount", p.settled_at as "settledAt",
  p.expires_at as "expiresAt", p.created_at as "createdAt"`

/** A payment to be made. */
export interface NewPayment {
  readonly payerId: string
  readonly creatorId: string | null
  readonly purpose: PaymentPurpose
  readonly amount: Money
  readonly walletMinor: bigint
  readonly processor: string
  readonly paymentMethodId: string | null
  readonly expiresAt: Date
}

/** Writes the wish to pay, before anybody is asked for money; answers it as it stands. */
export async function insertPayment(tx: Tx, payment: NewPayment, now: Date): Promise<PaymentRow> {
  const { amount } = payment
  const [row] = await tx.sql<PaymentRow>`/* payments.insert */
    insert into payment_intents as p (
      payer_id, creator_id, purpose, amount_minor, wallet_minor, currency, processor, payment_method_id, attempt_count,
      last_attempt_at, expires_at, created_at, updated_at)
    values (
      ${payment.payerId}::uuid, ${payment.creatorId}::uuid, lower(${payment.purpose})::payment_purpose,
      ${amount.amountMinor}::bigint, ${payment.walletMinor}::bigint, ${amount.currency}, ${payment.processor},
      ${payment.paymentMethodId}::uuid, 1, ${now}::timestamptz, ${payment.expiresAt}::timestamptz,
      ${now}::timestamptz, ${now}::timestamptz)
    returning ${paymentColumns}`
  assert(row, 'what was inserted is returned')
  return row
}

/** Payments by id, in no order. */
export const listPaymentsById = (db: Db, ids: readonly string[]): Promise<PaymentRow[]> =>
  db.sql<PaymentRow>`/* payments.byId */
    select ${paymentColumns} from payment_intents p where p.id = any(${ids}::uuid[])`

/** A payment as it is now. */
export async function findPayment(db: Db, id: string): Promise<PaymentRow | null> {
  const [row] = await listPaymentsById(db, [id])
  return row ?? null
}

/** A payment held against others until the transaction ends. */
export async function findPaymentForUpdate(tx: Tx, id: string): Promise<PaymentRow | null> {
  const [row] = await tx.sql<PaymentRow>`/* payments.hold */
    select ${paymentColumns} from payment_intents p where p.id = ${id}::uuid for no key update`
  return row ?? null
}

/** The payment that a processor knows under this name, held. */
export async function findPaymentByReference(tx: Tx, processor: string, reference: string): Promise<PaymentRow | null> {
  const [row] = await tx.sql<PaymentRow>`/* payments.byReference */
    select ${paymentColumns} from payment_intents p
    where p.processor = ${processor} and p.processor_reference = ${reference} for no key update`
  return row ?? null
}

/** A page of somebody's payments, the newest first, one row more than its limit when others follow. */
export const listPayments = (db: Db, payerId: string, page: PageRequest): Promise<PaymentRow[]> =>
  db.sql<PaymentRow>`/* payments.ofPayer */
    select ${paymentColumns} from payment_intents p
    where p.payer_id = ${payerId}::uuid and ${beyond(page, fragment`p.created_at, p.id`, timeAndId)}
    order by ${inOrder(page, fragment`p.created_at`, fragment`p.id`)}
    limit ${page.limit + 1}::int`

/** Writes how a payment stands. */
export async function updateOutcome(tx: Tx, id: string, outcome: ChargeOutcome, now: Date): Promise<void> {
  const decline = outcome.state === 'FAILED' ? outcome.decline : null
  const isSettled = outcome.state === 'SUCCEEDED' || outcome.state === 'FAILED'
  await tx.sql`/* payments.outcome */
    update payment_intents set
      state = lower(${outcome.state})::payment_state,
      captured_minor = case when ${outcome.state} = 'SUCCEEDED' then amount_minor else captured_minor end,
      processor_reference = coalesce(${outcome.reference}, processor_reference),
      action_url = ${outcome.state === 'REQUIRES_ACTION' ? outcome.actionUrl : null},
      failure_code = ${decline?.code ?? null}, failure_reason = ${decline?.reason ?? null},
      decline_class = lower(${decline?.declineClass ?? null}::text)::decline_class,
      settled_at = ${isSettled ? now : null}::timestamptz, version = version + 1
    where id = ${id}::uuid`
}

/** A payment that nobody waits for any more. */
export async function updateCancelled(tx: Tx, id: string, now: Date): Promise<void> {
  await tx.sql`/* payments.cancel */
    update payment_intents set state = 'cancelled', action_url = null, settled_at = ${now}::timestamptz, version = version + 1
    where id = ${id}::uuid`
}

/** Counts one more question to the processor. */
export async function countAttempt(tx: Tx, id: string, now: Date): Promise<void> {
  await tx.sql`/* payments.attempt */
    update payment_intents set attempt_count = attempt_count + 1, last_attempt_at = ${now}::timestamptz, version = version + 1
    where id = ${id}::uuid`
}

/** Keeps what went back, or is disputed, of a payment; the table refuses more than was captured. */
export async function addReturned(
  tx: Tx,
  id: string,
  { refundedMinor = 0n, disputedMinor = 0n }: { readonly refundedMinor?: bigint; readonly disputedMinor?: bigint },
): Promise<void> {
  await tx.sql`/* payments.returned */
    update payment_intents set
      refunded_minor = refunded_minor + ${refundedMinor}::bigint, disputed_minor = disputed_minor + ${disputedMinor}::bigint,
      version = version + 1
    where id = ${id}::uuid`
}

/** A creator as somebody who is paid. */
export interface Earner {
  readonly id: string
  readonly currency: string | null
  readonly isEarning: boolean
}

/**
 * A creator whom this person may pay: none where either blocked the other, the account is gone, or it is no creator's.
 * `isEarning` says whether their account is open and their age proven now.
 */
export async function findEarner(tx: Tx, creatorId: string, payerId: string, now: Date): Promise<Earner | null> {
  const [row] = await tx.sql<Earner>`/* payments.earner */
    select u.id::text as id, u.currency::text as currency,
      (u.account_status = 'active' or u.account_status = 'suspended' and u.suspended_until <= ${now}::timestamptz)
        and u.age_verified and (u.age_verified_until is null or u.age_verified_until > ${now}::timestamptz)
        and u.currency is not null as "isEarning"
    from users u
    where u.id = ${creatorId}::uuid and u.account_type = 'creator' and u.account_status <> 'deleted'
      and not exists (
        select from blocks b
        where b.blocker_id = u.id and b.blocked_id = ${payerId}::uuid
          or b.blocker_id = ${payerId}::uuid and b.blocked_id = u.id)`
  return row ?? null
}

/** Opens a case for people to look at, once per reference. */
export async function insertCase(
  tx: Tx,
  found: {
    readonly kind: FinanceCaseKind
    readonly reference: string
    readonly creatorId?: string | null
    readonly payerId?: string | null
    readonly paymentIntentId?: string | null
    readonly webhookEventId?: string | null
    readonly details: Readonly<Record<string, unknown>>
  },
  now: Date,
): Promise<void> {
  await tx.sql`/* payments.insertCase */
    insert into finance_cases (
      kind, reference, creator_id, payer_id, payment_intent_id, webhook_event_id, details, created_at, updated_at)
    values (
      lower(${found.kind})::finance_case_kind, ${found.reference}, ${found.creatorId ?? null}::uuid,
      ${found.payerId ?? null}::uuid, ${found.paymentIntentId ?? null}::uuid, ${found.webhookEventId ?? null}::uuid,
      ${{ json: found.details }}::jsonb, ${now}::timestamptz, ${now}::timestamptz)
    on conflict (reference) do nothing`
}
