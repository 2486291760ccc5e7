import assert from 'node:assert'
import type { Db, Tx } from '../lib/db.js'
import type { SaleType } from '../ledger/types.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import type { Movement, MovementKind, Span } from '../processors/types.js'
import type { FinanceCaseKind, FinanceCaseRow } from './types.js'

const caseColumns = fragment`
  c.id::text as id, upper(c.kind::text) as kind, c.reference, c.creator_id::text as "creatorId",
  c.payment_intent_id::text as "paymentIntentId", c.details, c.created_at as "createdAt", c.resolved_at as "resolvedAt",
  c.resolution, c.resolved_by_id::text as "resolvedById"`

/** Which cases. */
export interface CaseFilter {
  readonly isOpen: boolean | null
  readonly kind: FinanceCaseKind | null
}

/** A page of cases, the newest first, one row more than its limit when others follow. */
export const listCases = (db: Db, { isOpen, kind }: CaseFilter, page: PageRequest): Promise<FinanceCaseRow[]> =>
  db.sql<FinanceCaseRow>`/* finance.cases */
    select ${caseColumns} from finance_cases c
    where ${isOpen === null ? fragment`true` : isOpen ? fragment`c.resolved_at is null` : fragment`c.resolved_at is not null`}
      and ${kind === null ? fragment`true` : fragment`c.kind = lower(${kind}::text)::finance_case_kind`}
      and ${beyond(page, fragment`c.created_at, c.id`, timeAndId)}
    order by ${inOrder(page, fragment`c.created_at`, fragment`c.id`)}
    limit ${page.limit + 1}::int`

/** A case by its id. */
export async function findCase(db: Db, id: string): Promise<FinanceCaseRow | null> {
  const [row] = await db.sql<FinanceCaseRow>`/* finance.case */
    select ${caseColumns} from finance_cases c where c.id = ${id}::uuid`
  return row ?? null
}

/** Closes a case; false where it is closed. */
export async function resolveCase(
  tx: Tx,
  { id, resolution, resolvedById }: { readonly id: string; readonly resolution: string; readonly resolvedById: string },
  now: Date,
): Promise<boolean> {
  const rows = await tx.sql`/* finance.resolve */
    update finance_cases set resolution = ${resolution}, resolved_by_id = ${resolvedById}::uuid,
      resolved_at = ${now}::timestamptz
    where id = ${id}::uuid and resolved_at is null
    returning 1 as resolved`
  return rows.length > 0
}

/** Something in our books that the processor's have too. */
export interface OwnMovement {
  readonly id: string
  readonly reference: string | null
  readonly amountMinor: bigint
  readonly currency: string
  readonly state: Movement['state']
  readonly paymentIntentId: string | null
  readonly creatorId: string | null
}

/** What of ours a processor has, by kind: what a wallet paid or was given back never came to it. */
const OWN: Readonly<Record<MovementKind, Fragment>> = {
  CHARGE: fragment`
    select id, processor, processor_reference as reference, amount_minor - wallet_minor as amount_minor, currency, created_at,
      case when state = 'succeeded' then 'SUCCEEDED' when state in ('failed', 'cancelled') then 'FAILED' else 'OPEN' end as state,
      id as payment_intent_id, creator_id
    from payment_intents where wallet_minor < amount_minor`,
  REFUND: fragment`
    select r.id, p.processor, r.processor_reference as reference, r.amount_minor, r.currency, r.created_at,
      case when r.state = 'succeeded' then 'SUCCEEDED' when r.state = 'failed' then 'FAILED' else 'OPEN' end as state,
      p.id as payment_intent_id, p.creator_id
    from refunds r join payment_intents p on p.id = r.payment_intent_id where p.wallet_minor = 0`,
  PAYOUT: fragment`
    select p.id, a.processor, p.processor_reference as reference, p.amount_minor, p.currency, p.created_at,
      case when p.state = 'paid' then 'SUCCEEDED' when p.state in ('failed', 'cancelled') then 'FAILED' else 'OPEN' end as state,
      null::uuid as payment_intent_id, p.creator_id
    from payouts p join payout_accounts a on a.id = p.payout_account_id`,
}

const ownColumns = fragment`
  own.id::text as id, own.reference, own.amount_minor as "amountMinor", own.currency::text as currency, own.state,
  own.payment_intent_id::text as "paymentIntentId", own.creator_id::text as "creatorId"`

/** What of ours has one of these names at the processor, or one of these ids. */
export const listOwn = (
  db: Db,
  kind: MovementKind,
  { processor, references, ids }: Record<'references' | 'ids', readonly string[]> & { readonly processor: string },
): Promise<OwnMovement[]> =>
  db.sql<OwnMovement>`/* finance.own */
    select ${ownColumns} from (${OWN[kind]}) own
    where own.processor = ${processor} and (own.reference = any(${references}::text[]) or own.id = any(${ids}::uuid[]))`

/** What of ours succeeded and was begun within a span, by id, from the one after `after` on. */
export const listOwnWithin = (
  db: Db,
  kind: MovementKind,
  { processor, span, after }: { readonly processor: string; readonly span: Span; readonly after: string | null },
): Promise<OwnMovement[]> =>
  db.sql<OwnMovement>`/* finance.ownWithin */
    select ${ownColumns} from (${OWN[kind]}) own
    where own.processor = ${processor} and own.state = 'SUCCEEDED'
      and own.created_at >= ${span.from}::timestamptz and own.created_at < ${span.to}::timestamptz
      and (${after}::uuid is null or own.id > ${after}::uuid)
    order by own.id limit 1000`

/** A rate that was set and is in force. */
export interface SetRate {
  readonly id: string
  readonly creatorId: string | null
  readonly type: SaleType
  readonly basisPoints: number
  readonly validFrom: Date
}

/** The rates in force of one creator and of everybody. */
export const listRates = (db: Db, creatorId: string | null, now: Date): Promise<SetRate[]> =>
  db.sql<SetRate>`/* finance.rates */
    select id::text as id, creator_id::text as "creatorId", upper(type::text) as type, basis_points as "basisPoints",
      valid_from as "validFrom"
    from fee_rates
    where (creator_id is null or creator_id = ${creatorId}::uuid)
      and valid_from <= ${now}::timestamptz and (valid_to is null or valid_to > ${now}::timestamptz)`

/** Holds all rates against whoever else sets some. */
export async function holdRates(tx: Tx): Promise<void> {
  await tx.sql`/* finance.holdRates */ select pg_advisory_xact_lock(hashtext('fee_rates'))::text`
}

/** Ends the rate in force of exactly this creator, or of everybody; answers it. */
export async function endRate(
  tx: Tx,
  { creatorId, type }: { readonly creatorId: string | null; readonly type: SaleType },
  now: Date,
): Promise<{ readonly id: string; readonly basisPoints: number; readonly endedAt: Date } | null> {
  const [row] = await tx.sql<{ id: string; basisPoints: number; endedAt: Date }>`/* finance.endRate */
    update fee_rates set valid_to = greatest(${now}::timestamptz, valid_from + interval '1 millisecond')
    where creator_id is not distinct from ${creatorId}::uuid and type = lower(${type})::transaction_type and valid_to is null
    returning id::text as id, basis_points as "basisPoints", valid_to as "endedAt"`
  return row ?? null
}

/** Writes a rate. */
export async function insertRate(
  tx: Tx,
  rate: Omit<SetRate, 'id'> & { readonly createdById: string },
  now: Date,
): Promise<string> {
  const [row] = await tx.sql<{ id: string }>`/* finance.insertRate */
    insert into fee_rates (creator_id, type, basis_points, valid_from, created_by_id, created_at)
    values (
      ${rate.creatorId}::uuid, lower(${rate.type})::transaction_type, ${rate.basisPoints}::int,
      ${rate.validFrom}::timestamptz, ${rate.createdById}::uuid, ${now}::timestamptz)
    returning id::text as id`
  assert(row, 'what was inserted is returned')
  return row.id
}

/** Whether there is such a creator. */
export async function isCreator(db: Db, id: string): Promise<boolean> {
  const rows = await db.sql`/* finance.creator */
    select from users where id = ${id}::uuid and account_type = 'creator'`
  return rows.length > 0
}
