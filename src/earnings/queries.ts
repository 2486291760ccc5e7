import type { Db } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import { transactionColumns } from '../ledger/ledger.js'
import type { TransactionType } from '../ledger/types.js'
import type { IncomeRow, RecordRow, RevenueDayRow } from './types.js'

/** A transaction, and of which kind is what its payer did unnamed: also of a try that was refused, which names no tip. */
const recordColumns = fragment`${transactionColumns},
  case
    when exists (select from tips p where p.payment_intent_id = t.payment_intent_id and p.is_anonymous) then 'TIP'
    when exists (select from gifts g where g.payment_intent_id = t.payment_intent_id and g.is_anonymous) then 'GIFT'
  end as "unnamedFor"`

/** Transactions by id, in no order. */
export const listRecordsById = (db: Db, ids: readonly string[]): Promise<RecordRow[]> =>
  db.sql<RecordRow>`/* earnings.byId */
    select ${recordColumns} from transactions t where t.id = any(${ids}::uuid[])`

/** A page of what somebody paid, the newest first, one row more than its limit when others follow. */
export const listPaid = (db: Db, payerId: string, page: PageRequest): Promise<RecordRow[]> =>
  db.sql<RecordRow>`/* earnings.ofPayer */
    select ${recordColumns} from transactions t
    where t.payer_id = ${payerId}::uuid and ${beyond(page, fragment`t.occurred_at, t.id`, timeAndId)}
    order by ${inOrder(page, fragment`t.occurred_at`, fragment`t.id`)}
    limit ${page.limit + 1}::int`

/** Which of a creator's transactions: what was shown within a span, and what it was for. */
export interface EarnedFilter {
  readonly from: Date | null
  readonly to: Date | null
  readonly type: TransactionType | null
}

/** A parameter: where a plan is made for any, it cannot be the index of all types, which is of these alone, and pass over others. */
const SUCCEEDED = fragment`${'succeeded'}::transaction_status`

/** What was sold by the transactions of a type, and of which types they are: sales and what went back of them, or only one of the two. */
function kindsOf(type: TransactionType): { readonly sold: Fragment; readonly types: Fragment } {
  const one = fragment`array[lower(${type}::text)::transaction_type]`
  if (type === 'REFUND') return { sold: fragment`enum_range(null::transaction_type)`, types: one }
  return { sold: one, types: type === 'PAYOUT' ? one : fragment`${one} || 'refund'::transaction_type` }
}

/**
 * A page of what a creator earned and may see by now, in the order in which they see it; of a type the first of each kind are
 * put together.
 */
export const listEarned = (
  db: Db,
  creatorId: string,
  { from, to, type }: EarnedFilter,
  page: PageRequest,
  now: Date,
): Promise<RecordRow[]> => {
  const isSeen = fragment`t.creator_id = ${creatorId}::uuid and t.shown_at <= ${now}::timestamptz
    and ${from ? fragment`t.shown_at >= ${from}::timestamptz` : fragment`true`}
    and ${to ? fragment`t.shown_at < ${to}::timestamptz` : fragment`true`}
    and ${beyond(page, fragment`t.shown_at, t.id`, timeAndId)}`
  const first = fragment`order by ${inOrder(page, fragment`t.shown_at`, fragment`t.id`)} limit ${page.limit + 1}::int`
  const kinds = type && kindsOf(type)
  return db.sql<RecordRow>`/* earnings.ofCreator */
    select ${recordColumns} from ${
      kinds
        ? fragment`unnest(${kinds.sold}) s (sold_type) cross join unnest(${kinds.types}) k (type) cross join lateral (
            select t.* from transactions t where t.sold_type = s.sold_type and t.type = k.type and t.status = ${SUCCEEDED} and ${isSeen} ${first}
          ) t`
        : fragment`transactions t where t.status = 'succeeded' and ${isSeen}`
    } ${first}`
}

/** What a revenue row `r` was for, as the API says it. */
const soldAs = fragment`
  case r.revenue_type
    when 'content_sale' then 'CONTENT_PURCHASE' when 'message_sale' then 'MESSAGE_PURCHASE'
    else upper(r.revenue_type::text)
  end`

/** A creator's income by hours, days or months of a zone, and by kind, as far as they see it; the oldest first. */
export const listIncome = (
  db: Db,
  creatorId: string,
  span: {
    readonly from: Date
    readonly to: Date
    readonly by: 'HOUR' | 'DAY' | 'MONTH'
    readonly timeZone: string | null
    readonly currency: string
    readonly now: Date
  },
): Promise<IncomeRow[]> =>
  db.sql<IncomeRow>`/* earnings.income */
    with zone as (
      select coalesce(${span.timeZone}::text, u.time_zone) as name from users u where u.id = ${creatorId}::uuid
    ), part as (
      select date_trunc(${span.by.toLowerCase()}::text, t.shown_at, zone.name) as starts_at, zone.name as zone, r.revenue_type,
        r.gross_amount, r.platform_fee, r.creator_earnings, r.currency
      from zone cross join transactions t
        join revenue_analytics r on r.transaction_id = t.id and r.created_at = t.occurred_at
      where t.creator_id = ${creatorId}::uuid and t.status = 'succeeded' and t.currency = ${span.currency}
        and t.shown_at >= ${span.from}::timestamptz and t.shown_at < ${span.to}::timestamptz
        and t.shown_at <= ${span.now}::timestamptz
    )
    select r.starts_at as "startsAt",
      case ${span.by}::text
        when 'HOUR' then r.starts_at + interval '1 hour'
        else ((r.starts_at at time zone r.zone) + ('1 ' || lower(${span.by}::text))::interval) at time zone r.zone
      end as "endsAt",
      ${soldAs} as type, count(*)::int as "transactionCount", sum(r.gross_amount)::bigint as "grossMinor",
      sum(r.platform_fee)::bigint as "platformFeeMinor", sum(r.creator_earnings)::bigint as "netMinor",
      r.currency::text as currency
    from part r
    group by r.starts_at, r.zone, r.revenue_type, r.currency
    order by r.starts_at, r.revenue_type`

/** A creator's month in their own zone; null for who is none, or has no currency. */
export async function findMonth(
  db: Db,
  creatorId: string,
  firstDay: string,
): Promise<{ readonly from: Date; readonly to: Date } | null> {
  const [row] = await db.sql<{ from: Date; to: Date }>`/* earnings.month */
    select ${firstDay}::timestamp at time zone time_zone as "from",
      (${firstDay}::timestamp + interval '1 month') at time zone time_zone as "to"
    from users where id = ${creatorId}::uuid and account_type = 'creator' and currency is not null`
  return row ?? null
}

/** The next of what was shown to a creator within a span, the oldest first, from the one after `after` on. */
export const listStatement = (
  db: Db,
  creatorId: string,
  { from, to, now }: { readonly from: Date; readonly to: Date; readonly now: Date },
  after: Pick<RecordRow, 'shownAt' | 'id'> | null,
  limit: number,
): Promise<RecordRow[]> =>
  db.sql<RecordRow>`/* earnings.statement */
    select ${recordColumns} from transactions t
    where t.creator_id = ${creatorId}::uuid and t.status = 'succeeded'
      and t.shown_at >= ${from}::timestamptz and t.shown_at < ${to}::timestamptz and t.shown_at <= ${now}::timestamptz
      and ${after ? fragment`(t.shown_at, t.id) > (${after.shownAt}::timestamptz, ${after.id}::uuid)` : fragment`true`}
    order by t.shown_at, t.id
    limit ${limit}::int`

/** What a creator earned and does not see yet. */
export async function getUnshown(db: Db, creatorId: string, currency: string, now: Date): Promise<bigint> {
  const [row] = await db.sql<{ netMinor: bigint }>`/* earnings.unshown */
    select coalesce(sum(net_amount), 0)::bigint as "netMinor" from transactions
    where creator_id = ${creatorId}::uuid and currency = ${currency} and status = 'succeeded'
      and shown_at > ${now}::timestamptz`
  return row?.netMinor ?? 0n
}

/** What active holds keep back of a creator's earnings; all of it where one has no amount. */
export async function getReserved(
  db: Db,
  creatorId: string,
  now: Date,
): Promise<{ readonly isAll: boolean; readonly amountMinor: bigint }> {
  const [row] = await db.sql<{ isAll: boolean; amountMinor: bigint }>`/* earnings.reserved */
    select coalesce(bool_or(amount_minor is null), false) as "isAll",
      coalesce(sum(amount_minor), 0)::bigint as "amountMinor"
    from payout_holds
    where creator_id = ${creatorId}::uuid and released_at is null
      and (release_at is null or release_at > ${now}::timestamptz)`
  return row ?? { isAll: false, amountMinor: 0n }
}

/** A creator's income by day and kind, as far as they see it. */
export const listRevenue = (
  db: Db,
  creatorId: string,
  span: { readonly from: string; readonly to: string; readonly currency: string; readonly now: Date },
): Promise<RevenueDayRow[]> =>
  db.sql<RevenueDayRow>`/* earnings.revenue */
    select r.day::text as day,
      ${soldAs} as type,
      count(*)::int as "transactionCount", sum(r.gross_amount)::bigint as "grossMinor",
      sum(r.platform_fee)::bigint as "platformFeeMinor", sum(r.creator_earnings)::bigint as "netMinor",
      r.currency::text as currency
    from revenue_analytics r join transactions t on t.id = r.transaction_id
    where r.creator_id = ${creatorId}::uuid and r.currency = ${span.currency}
      and r.day between ${span.from}::date and ${span.to}::date and t.shown_at <= ${span.now}::timestamptz
    group by r.day, r.revenue_type, r.currency
    order by r.day desc, r.revenue_type`
