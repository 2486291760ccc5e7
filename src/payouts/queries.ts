import assert from 'node:assert'
import type { Db, Tx } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { Money } from '../lib/money.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { PayoutAccountOutcome } from '../processors/types.js'
import type { PayoutAccountRow, PayoutHoldRow, PayoutRow, PayoutState } from './types.js'

const accountColumns = fragment`
  a.id::text as id, a.creator_id::text as "creatorId", a.processor, a.reference, a.label,
  a.country_code::text as "countryCode", a.currency::text as currency, upper(a.state::text) as state,
  a.is_default as "isDefault", a.created_at as "createdAt"`

/** Where a creator's earnings can be sent, the default first. */
export const listAccounts = (db: Db, creatorId: string): Promise<PayoutAccountRow[]> =>
  db.sql<PayoutAccountRow>`/* payouts.accounts */
    select ${accountColumns} from payout_accounts a
    where a.creator_id = ${creatorId}::uuid and a.removed_at is null
    order by a.is_default desc, a.created_at, a.id limit 100`

/** A destination, also one that was removed since a payout was sent there. */
export async function findAccount(db: Db, id: string): Promise<PayoutAccountRow | null> {
  const [row] = await db.sql<PayoutAccountRow>`/* payouts.account */
    select ${accountColumns} from payout_accounts a where a.id = ${id}::uuid`
  return row ?? null
}

/** A destination as the processor made it. */
export type NewAccount = Pick<PayoutAccountRow, 'creatorId' | 'processor' | 'countryCode' | 'currency'> &
  PayoutAccountOutcome

/** Keeps a destination; the same one again is the same row. The first becomes the default. */
export async function insertAccount(
  tx: Tx,
  account: NewAccount,
  now: Date,
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const [row] = await tx.sql<{ id: string; isNew: boolean }>`/* payouts.insertAccount */
    insert into payout_accounts (
      creator_id, processor, reference, label, country_code, currency, state, is_default, verified_at, created_at, updated_at)
    values (
      ${account.creatorId}::uuid, ${account.processor}, ${account.reference}, ${account.label}, ${account.countryCode},
      ${account.currency}, lower(${account.state})::payout_account_state,
      not exists (
        select from payout_accounts
        where creator_id = ${account.creatorId}::uuid and is_default and removed_at is null),
      ${account.state === 'VERIFIED' ? now : null}::timestamptz, ${now}::timestamptz, ${now}::timestamptz)
    on conflict (processor, reference) do update set label = excluded.label
    returning id::text as id, xmax = 0 as "isNew"`
  assert(row, 'what was inserted is returned')
  return row
}

/** A destination that may stand otherwise now. */
export interface AccountChange {
  readonly id: string
  readonly creatorId: string
  readonly before: PayoutAccountRow['state']
}

/** Writes whether money can be sent to a destination; answers it with how it stood, null where there is none of this name. */
export async function updateAccountState(
  tx: Tx,
  processor: string,
  account: { readonly reference: string; readonly state: PayoutAccountRow['state'] },
  now: Date,
): Promise<AccountChange | null> {
  const [row] = await tx.sql<AccountChange>`/* payouts.updateAccountState */
    with old as materialized (
      select id, state from payout_accounts
      where processor = ${processor} and reference = ${account.reference} for no key update
    )
    update payout_accounts a set state = lower(${account.state})::payout_account_state,
      verified_at = case when ${account.state} = 'VERIFIED' then coalesce(verified_at, ${now}::timestamptz) else verified_at end
    from old where old.id = a.id
    returning a.id::text as id, a.creator_id::text as "creatorId", upper(old.state::text) as before`
  return row ?? null
}

/** Makes a destination the default; false where the creator has none of this id. */
export async function setDefaultAccount(tx: Tx, creatorId: string, id: string): Promise<boolean> {
  await tx.sql`/* payouts.clearDefault */
    update payout_accounts set is_default = false
    where creator_id = ${creatorId}::uuid and is_default and id <> ${id}::uuid and removed_at is null and exists (
      select from payout_accounts where id = ${id}::uuid and creator_id = ${creatorId}::uuid and removed_at is null)`
  const rows = await tx.sql`/* payouts.setDefault */
    update payout_accounts set is_default = true
    where id = ${id}::uuid and creator_id = ${creatorId}::uuid and removed_at is null
    returning 1 as set`
  return rows.length > 0
}

/** Forgets a destination; where it was the default, the oldest of the others is. */
export async function removeAccount(
  tx: Tx,
  creatorId: string,
  id: string,
  now: Date,
): Promise<PayoutAccountRow | null> {
  const [row] = await tx.sql<PayoutAccountRow>`/* payouts.removeAccount */
    update payout_accounts a set removed_at = ${now}::timestamptz, is_default = false
    where a.id = ${id}::uuid and a.creator_id = ${creatorId}::uuid and a.removed_at is null
    returning ${accountColumns}`
  if (!row) return null
  await tx.sql`/* payouts.nextDefault */
    update payout_accounts set is_default = true
    where id = (
      select id from payout_accounts where creator_id = ${creatorId}::uuid and removed_at is null
      order by created_at, id limit 1
    ) and not exists (
      select from payout_accounts where creator_id = ${creatorId}::uuid and is_default and removed_at is null)`
  return row
}

const payoutColumns = fragment`
  p.id::text as id, p.creator_id::text as "creatorId", p.payout_account_id::text as "payoutAccountId",
  p.requested_by_id::text as "requestedById", p.amount_minor as "amountMinor", p.currency::text as currency,
  upper(p.state::text) as state, p.processor_key::text as "processorKey", p.processor_reference as "processorReference",
  p.failure_code as "failureCode", p.failure_reason as "failureReason", p.settled_at as "settledAt",
  p.created_at as "createdAt"`

/** Writes a payout that was asked for; its money is taken out of what is available by the ledger. */
export async function insertPayout(
  tx: Tx,
  payout: {
    readonly creatorId: string
    readonly payoutAccountId: string
    readonly requestedById: string
    readonly amount: Money
    readonly state: 'REQUESTED' | 'AWAITING_APPROVAL'
  },
  now: Date,
): Promise<string> {
  const [row] = await tx.sql<{ id: string }>`/* payouts.insert */
    insert into payouts (creator_id, payout_account_id, requested_by_id, amount_minor, currency, state, created_at, updated_at)
    values (
      ${payout.creatorId}::uuid, ${payout.payoutAccountId}::uuid, ${payout.requestedById}::uuid,
      ${payout.amount.amountMinor}::bigint, ${payout.amount.currency}, lower(${payout.state})::payout_state,
      ${now}::timestamptz, ${now}::timestamptz)
    returning id::text as id`
  assert(row, 'what was inserted is returned')
  return row.id
}

/** A payout as it is now. */
export async function findPayout(db: Db, id: string): Promise<PayoutRow | null> {
  const [row] = await db.sql<PayoutRow>`/* payouts.byId */
    select ${payoutColumns} from payouts p where p.id = ${id}::uuid`
  return row ?? null
}

/** A payout held against others until the transaction ends. */
export async function findPayoutForUpdate(tx: Tx, id: string): Promise<PayoutRow | null> {
  const [row] = await tx.sql<PayoutRow>`/* payouts.hold */
    select ${payoutColumns} from payouts p where p.id = ${id}::uuid for no key update`
  return row ?? null
}

/** The payout that the processor knows under this name. */
export async function findPayoutByReference(tx: Tx, reference: string): Promise<string | null> {
  const [row] = await tx.sql<{ id: string }>`/* payouts.byReference */
    select id::text as id from payouts where processor_reference = ${reference}`
  return row?.id ?? null
}

/** Writes how a payout stands. */
export async function updatePayout(
  tx: Tx,
  id: string,
  change: {
    readonly state: PayoutState
    readonly reference?: string | null
    readonly failure?: { readonly code: string; readonly reason: string } | null
    readonly settledAt?: Date | null
    readonly approvedById?: string
    readonly now: Date
  },
): Promise<void> {
  await tx.sql`/* payouts.update */
    update payouts set state = lower(${change.state})::payout_state,
      processor_reference = coalesce(processor_reference, ${change.reference ?? null}),
      failure_code = ${change.failure?.code ?? null}, failure_reason = ${change.failure?.reason ?? null},
      settled_at = ${change.settledAt ?? null}::timestamptz,
      approved_by_id = coalesce(${change.approvedById ?? null}::uuid, approved_by_id),
      approved_at = case when ${change.approvedById ?? null}::uuid is null then approved_at else ${change.now}::timestamptz end,
      version = version + 1
    where id = ${id}::uuid`
}

/** A page of a creator's payouts, the newest first, one row more than its limit when others follow. */
export const listPayoutsOf = (db: Db, creatorId: string, page: PageRequest): Promise<PayoutRow[]> =>
  db.sql<PayoutRow>`/* payouts.ofCreator */
    select ${payoutColumns} from payouts p
    where p.creator_id = ${creatorId}::uuid and ${beyond(page, fragment`p.created_at, p.id`, timeAndId)}
    order by ${inOrder(page, fragment`p.created_at`, fragment`p.id`)}
    limit ${page.limit + 1}::int`

/** A page of everybody's payouts, or of those in these states, as `listPayoutsOf`: the first of each state are put together. */
export const listPayouts = (db: Db, states: readonly string[] | null, page: PageRequest): Promise<PayoutRow[]> =>
  db.sql<PayoutRow>`/* payouts.list */
    select ${payoutColumns}
    from unnest(coalesce(${states}::payout_state[], enum_range(null::payout_state))) s (state)
    cross join lateral (
      select * from payouts o
      where o.state = s.state and ${beyond(page, fragment`o.created_at, o.id`, timeAndId)}
      order by ${inOrder(page, fragment`o.created_at`, fragment`o.id`)}
      limit ${page.limit + 1}::int
    ) p
    order by ${inOrder(page, fragment`p.created_at`, fragment`p.id`)}
    limit ${page.limit + 1}::int`

/** The record of a payout's arrival; null while it has not arrived. */
export async function findArrival(tx: Tx, payoutId: string): Promise<string | null> {
  const [row] = await tx.sql<{ id: string }>`/* payouts.arrival */
    select id::text as id from transactions
    where payout_id = ${payoutId}::uuid and status = 'succeeded' and reverses_id is null`
  return row?.id ?? null
}

const holdColumns = fragment`
  h.id::text as id, h.creator_id::text as "creatorId", h.reason, h.amount_minor as "amountMinor",
  h.currency::text as currency, h.release_at as "releaseAt", h.released_at as "releasedAt", h.created_at as "createdAt"`

/** What keeps back a creator's earnings at `now`. */
export const listHolds = (db: Db, creatorId: string, now: Date): Promise<PayoutHoldRow[]> =>
  db.sql<PayoutHoldRow>`/* payouts.holds */
    select ${holdColumns} from payout_holds h
    where h.creator_id = ${creatorId}::uuid and h.released_at is null
      and (h.release_at is null or h.release_at > ${now}::timestamptz)
    order by h.created_at desc, h.id limit 100`

/** A hold by its id. */
export async function findHold(db: Db, id: string): Promise<PayoutHoldRow | null> {
  const [row] = await db.sql<PayoutHoldRow>`/* payouts.holdById */
    select ${holdColumns} from payout_holds h where h.id = ${id}::uuid`
  return row ?? null
}

/** Keeps back earnings. */
export async function insertHold(
  tx: Tx,
  hold: Pick<PayoutHoldRow, 'creatorId' | 'reason' | 'amountMinor' | 'currency' | 'releaseAt'> & {
    readonly createdById: string
  },
  now: Date,
): Promise<string> {
  const [row] = await tx.sql<{ id: string }>`/* payouts.insertHold */
    insert into payout_holds (creator_id, reason, amount_minor, currency, release_at, created_by_id, created_at)
    values (
      ${hold.creatorId}::uuid, ${hold.reason}, ${hold.amountMinor}::bigint, ${hold.currency}, ${hold.releaseAt}::timestamptz,
      ${hold.createdById}::uuid, ${now}::timestamptz)
    returning id::text as id`
  assert(row, 'what was inserted is returned')
  return row.id
}

/** Ends a hold; false where it has ended. */
export async function releaseHold(tx: Tx, id: string, releasedById: string, now: Date): Promise<boolean> {
  const rows = await tx.sql`/* payouts.releaseHold */
    update payout_holds set released_at = ${now}::timestamptz, released_by_id = ${releasedById}::uuid
    where id = ${id}::uuid and released_at is null and (release_at is null or release_at > ${now}::timestamptz)
    returning 1 as released`
  return rows.length > 0
}

/** A creator's currency; null where there is no such creator, or none was chosen. */
export async function findCurrency(tx: Tx, creatorId: string): Promise<string | null> {
  const [row] = await tx.sql<{ currency: string | null }>`/* payouts.currency */
    select currency::text as currency from users where id = ${creatorId}::uuid and account_type = 'creator'`
  return row?.currency ?? null
}
