import type { Db } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import { transactionColumns } from '../ledger/ledger.js'
import type { RecordRow, RevenueDayRow } from './types.js'

/** A transaction, and whether the payer is unknown to its creator. */
const recordColumns = fragment`${transactionColumns},
  coalesce((select p.is_anonymous from tips p where p.id = t.tip_id), false) as "isAnonymous"`

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

/** A page of what a creator earned and may see by now, in the order in which they see it. */
export const listEarned = (db: Db, creatorId: string, page: PageRequest, now: Date): Promise<RecordRow[]> =>
  db.sql<RecordRow>`/* earnings.ofCreator */
    select ${recordColumns} from transactions t
    where t.creator_id = ${creatorId}::uuid and t.status = 'succeeded' and t.shown_at <= ${now}::timestamptz
      and ${beyond(page, fragment`t.shown_at, t.id`, timeAndId)}
    order by ${inOrder(page, fragment`t.shown_at`, fragment`t.id`)}
    limit ${page.limit + 1}::int`

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
      case r.revenue_type
        when 'content_sale' then 'CONTENT_PURCHASE' when 'message_sale' then 'MESSAGE_PURCHASE'
        else upper(r.revenue_type::text)
      end as type,
      count(*)::int as "transactionCount", sum(r.gross_amount)::bigint as "grossMinor",
      sum(r.platform_fee)::bigint as "platformFeeMinor", sum(r.creator_earnings)::bigint as "netMinor",
      r.currency::text as currency
    from revenue_analytics r join transactions t on t.id = r.transaction_id
    where r.creator_id = ${creatorId}::uuid and r.currency = ${span.currency}
      and r.day between ${span.from}::date and ${span.to}::date and t.shown_at <= ${span.now}::timestamptz
    group by r.day, r.revenue_type, r.currency
    order by r.day desc, r.revenue_type`
