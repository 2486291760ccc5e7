import assert from 'node:assert'
import type { Db, Tx } from '../lib/db.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import type { Returned } from './fees.js'
import type { Balances, NewTransaction, Posting, Sale, SaleType, TransactionRow } from './types.js'

/** A row of `transactions t`, as the API knows it. */
export const transactionColumns: Fragment = fragment`
  t.id::text as id, upper(t.type::text) as type, upper(t.status::text) as status, upper(t.reason::text) as reason,
  t.reverses_id::text as "reversesId", t.payer_id::text as "payerId", t.creator_id::text as "creatorId",
  t.gross_amount as "grossMinor", t.platform_fee as "platformFeeMinor", t.net_amount as "netMinor",
  t.currency::text as currency, t.fee_basis_points as "feeBasisPoints", t.processor,
  t.processor_reference as "processorReference", t.failure_code as "failureCode", t.failure_reason as "failureReason",
  t.payment_intent_id::text as "paymentIntentId", t.subscription_id::text as "subscriptionId",
  t.purchase_id::text as "purchaseId", t.tip_id::text as "tipId", t.gift_id::text as "giftId",
  t.refund_id::text as "refundId", t.dispute_id::text as "disputeId", t.payout_id::text as "payoutId",
  t.description, t.occurred_at as "occurredAt", t.shown_at as "shownAt"`

/**
 * Writes a business record; null where one of the same name is there already. What stands against another is shown after it:
 * of what a creator does not see yet, a refund would tell them.
 */
export async function insertTransaction(tx: Tx, row: NewTransaction): Promise<string | null> {
  const [inserted] = await tx.sql<{ id: string }>`/* ledger.insertTransaction */
    insert into transactions (
      type, status, reason, reverses_id, payer_id, creator_id, gross_amount, platform_fee, net_amount, currency,
      fee_basis_points, processor, processor_reference, failure_code, failure_reason, payment_intent_id, subscription_id,
      purchase_id, tip_id, gift_id, refund_id, dispute_id, payout_id, description, occurred_at, shown_at)
    values (
      lower(${row.type})::transaction_type, lower(${row.status})::transaction_status,
      lower(${row.reason ?? null}::text)::transaction_reason, ${row.reversesId ?? null}::uuid,
      ${row.payerId ?? null}::uuid, ${row.creatorId ?? null}::uuid, ${row.grossMinor}::bigint,
      ${row.platformFeeMinor}::bigint, ${row.netMinor}::bigint, ${row.currency}, ${row.feeBasisPoints ?? null}::int,
      ${row.processor ?? null}, ${row.processorReference ?? null}, ${row.failureCode ?? null},
      ${row.failureReason ?? null}, ${row.paymentIntentId ?? null}::uuid, ${row.subscriptionId ?? null}::uuid,
      ${row.purchaseId ?? null}::uuid, ${row.tipId ?? null}::uuid, ${row.giftId ?? null}::uuid,
      ${row.refundId ?? null}::uuid, ${row.disputeId ?? null}::uuid, ${row.payoutId ?? null}::uuid,
      ${row.description ?? null}, ${row.occurredAt}::timestamptz,
      greatest(
        ${row.shownAt ?? row.occurredAt}::timestamptz,
        (select r.shown_at + interval '1 millisecond' from transactions r where r.id = ${row.reversesId ?? null}::uuid)))
    on conflict do nothing
    returning id::text`
  return inserted?.id ?? null
}

/** Writes a posting and moves the balances; its locks are taken in the order that every posting takes them in. */
export async function insertPosting(tx: Tx, posting: Posting, now: Date): Promise<void> {
  const { lines } = posting
  await tx.sql`/* ledger.post */
    select app_post_journal(
      lower(${posting.kind})::journal_kind, ${posting.reference}::text, ${posting.transactionId}::uuid,
      ${posting.description ?? null}::text, ${now}::timestamptz, ${posting.currency}::char(3),
      ${posting.overdraws === true}::boolean,
      ${lines.map(({ kind }) => kind.toLowerCase())}::ledger_account_kind[],
      ${lines.map(({ ownerId }) => ownerId)}::uuid[],
      ${lines.map(({ amountMinor }) => amountMinor.toString())}::bigint[],
      ${lines.map(({ availableAt }) => availableAt?.toISOString() ?? null)}::timestamptz[])::text`
}

/** Whether something is posted under this reference. */
export async function isPosted(tx: Tx, reference: string): Promise<boolean> {
  const rows = await tx.sql`/* ledger.isPosted */ select from journal_transactions where reference = ${reference}`
  return rows.length > 0
}

/** Moves a creator's pending earnings whose time has come to what can be paid out. */
export async function releaseEarnings(tx: Tx, creatorId: string, currency: string, now: Date): Promise<void> {
  await tx.sql`/* ledger.release */
    select app_release_earnings(${creatorId}::uuid, ${currency}::char(3), ${now}::timestamptz)`
}

/** The rate in force for sales of one type by a creator: their own, else the platform's; null where none was set. */
export async function findFeeRate(tx: Tx, creatorId: string, type: SaleType, now: Date): Promise<number | null> {
  const [row] = await tx.sql<{ basisPoints: number }>`/* ledger.feeRate */
    select basis_points as "basisPoints" from fee_rates
    where (creator_id = ${creatorId}::uuid or creator_id is null) and type = lower(${type})::transaction_type
      and valid_from <= ${now}::timestamptz and (valid_to is null or valid_to > ${now}::timestamptz)
    order by creator_id is null, valid_from desc
    limit 1`
  return row?.basisPoints ?? null
}

/**
 * What a creator has at `now`, in their currency: what is due by now counts as payable, whether or not it was released yet.
 */
export async function getBalances(db: Db, creatorId: string, currency: string, now: Date): Promise<Balances> {
  const [row] = await db.sql<Balances & { dueMinor: bigint }>`/* ledger.balances */
    with account as (
      select kind, id, balance_minor, released_through from ledger_accounts
      where owner_id = ${creatorId}::uuid and currency = ${currency}
    ), due as (
      select coalesce(sum(e.amount_minor), 0)::bigint as amount
      from account a join ledger_entries e on e.account_id = a.id
      where a.kind = 'creator_pending' and e.available_at <= ${now}::timestamptz
        and (a.released_through is null or e.available_at > a.released_through)
    )
    select
      coalesce(sum(balance_minor) filter (where kind = 'creator_pending'), 0)::bigint as "pendingMinor",
      coalesce(sum(balance_minor) filter (where kind = 'creator_available'), 0)::bigint as "availableMinor",
      coalesce(-sum(balance_minor) filter (where kind = 'creator_receivable'), 0)::bigint as "owedMinor",
      coalesce(sum(balance_minor) filter (where kind = 'payout_in_transit'), 0)::bigint as "inTransitMinor",
      (select amount from due) as "dueMinor"
    from account`
  assert(row, 'sums are one row')
  return withDue(row)
}

/** What falls due pays what is owed first. */
function withDue({ dueMinor, ...balances }: Balances & { readonly dueMinor: bigint }): Balances {
  const paidOff = dueMinor < balances.owedMinor ? dueMinor : balances.owedMinor
  return {
    ...balances,
    pendingMinor: balances.pendingMinor - dueMinor,
    availableMinor: balances.availableMinor + dueMinor - paidOff,
    owedMinor: balances.owedMinor - paidOff,
  }
}

/**
 * Whether somebody would lose money if they were gone: in their wallet, on its way to them, or earned and not owed, as far as
 * they may know by `now` of what they earned.
 */
export async function hasMoney(db: Db, userId: string, now: Date): Promise<boolean> {
  const [row] = await db.sql<{ hasMoney: boolean }>`/* ledger.hasMoney */
    select exists (
      select from ledger_accounts a
      where a.owner_id = ${userId}::uuid
      group by a.currency
      having sum(a.balance_minor) filter (where a.kind in ('wallet', 'payout_in_transit')) > 0
        or sum(a.balance_minor) filter (where a.kind in ('creator_pending', 'creator_available', 'creator_receivable')) > (
          select coalesce(sum(t.net_amount), 0) from transactions t
          where t.creator_id = ${userId}::uuid and t.currency = a.currency and t.status = 'succeeded'
            and t.shown_at > ${now}::timestamptz)
    ) as "hasMoney"`
  assert(row, 'a select of one row')
  return row.hasMoney
}

/** What is in a person's wallet. */
export async function getWalletBalance(db: Db, userId: string, currency: string): Promise<bigint> {
  const [row] = await db.sql<{ balance: bigint }>`/* ledger.wallet */
    select balance_minor as balance from ledger_accounts
    where kind = 'wallet' and owner_id = ${userId}::uuid and currency = ${currency}`
  return row?.balance ?? 0n
}

/** A transaction by its id. */
export async function findTransaction(db: Db, id: string): Promise<TransactionRow | null> {
  const [row] = await db.sql<TransactionRow>`/* ledger.transaction */
    select ${transactionColumns} from transactions t where t.id = ${id}::uuid`
  return row ?? null
}

/** What refunds gave back of an intent's sale so far, and has not come again. */
export async function getRefunded(db: Db, paymentIntentId: string): Promise<Returned> {
  const [row] = await db.sql<Returned>`/* ledger.refunded */
    select coalesce(-sum(gross_amount), 0)::bigint as "grossMinor",
      coalesce(-sum(platform_fee), 0)::bigint as "platformFeeMinor"
    from transactions
    where payment_intent_id = ${paymentIntentId}::uuid and type = 'refund' and status = 'succeeded'
      and reason in ('refund', 'refund_failed')`
  assert(row, 'sums are one row')
  return row
}

/** The sale that an intent paid for; null while it has not. */
export async function findSale(db: Db, paymentIntentId: string): Promise<Sale | null> {
  const [row] = await db.sql<TransactionRow>`/* ledger.sale */
    select ${transactionColumns} from transactions t
    where t.payment_intent_id = ${paymentIntentId}::uuid and t.status = 'succeeded' and t.reverses_id is null`
  return row ? toSale(row) : null
}

function toSale(row: TransactionRow): Sale {
  const { id, type, payerId, creatorId, grossMinor, currency, platformFeeMinor, processor, paymentIntentId } = row
  assert(type !== 'REFUND' && type !== 'PAYOUT' && payerId && creatorId && processor && paymentIntentId, 'a sale')
  const { tipId, purchaseId, subscriptionId, giftId, shownAt } = row
  return {
    id,
    type,
    payerId,
    creatorId,
    amount: { amountMinor: grossMinor, currency },
    platformFeeMinor,
    processor,
    paymentIntentId,
    subject: {
      ...(tipId && { tipId }),
      ...(purchaseId && { purchaseId }),
      ...(subscriptionId && { subscriptionId }),
      ...(giftId && { giftId }),
    },
    shownAt,
  }
}
