import assert from 'node:assert'
import type { Tx } from '../lib/db.js'
import { fragment } from '../lib/sql.js'
import { isUndisputed } from '../payments/payments.js'
import type { Owed } from '../payments/payments.js'

/** Whether it was not decided yet what of the price of a purchase `p` goes back: it is paid, by a payment. */
const isUnsettled = fragment`p.state = 'paid' and p.delivery_settled_at is null and p.payment_intent_id is not null`

/** Purchases of streams that are over of which it was not decided yet what goes back. */
export const listUnsettled = (tx: Tx, limit: number): Promise<Owed[]> =>
  tx.sql<Owed>`/* streams.unsettled */
    select p.id::text as id, p.payment_intent_id::text as "paymentId"
    from purchases p join live_streams s on s.id = p.stream_id
    where p.stream_id is not null and ${isUnsettled} and ${isUndisputed(fragment`p.payment_intent_id`)}
      and s.ended_at is not null
    order by p.id limit ${limit}::int`

/** Takes the decision about a purchase: its price, or null where somebody else has, or it is paid no more. */
export async function claimDelivery(tx: Tx, purchaseId: string, now: Date): Promise<bigint | null> {
  const [row] = await tx.sql<{ amountMinor: bigint }>`/* streams.claimDelivery */
    update purchases p set delivery_settled_at = ${now}::timestamptz
    where p.id = ${purchaseId}::uuid and ${isUnsettled}
    returning p.amount_minor as "amountMinor"`
  return row?.amountMinor ?? null
}

/** What somebody was promised of a stream when they paid, and what of it they got. */
export interface Promised {
  readonly promisedSeconds: number
  readonly deliveredSeconds: number
}

/** What was on air before somebody paid was not promised to them. */
export async function findPromise(tx: Tx, purchaseId: string): Promise<Promised> {
  const [row] = await tx.sql<Promised>`/* streams.promise */
    select greatest(s.planned_minutes * 60 - delivered.before, 0)::int as "promisedSeconds",
      greatest(delivered.total - delivered.before, 0)::int as "deliveredSeconds"
    from purchases p join live_streams s on s.id = p.stream_id
    cross join lateral (
      select coalesce(floor(extract(epoch from sum(i.ended_at - i.started_at))), 0) as total,
        coalesce(floor(extract(epoch from sum(
          greatest(least(i.ended_at, p.paid_at) - i.started_at, interval '0')
        ))), 0) as before
      from stream_ingests i where i.stream_id = s.id and i.ended_at is not null
    ) delivered
    where p.id = ${purchaseId}::uuid`
  assert(row, 'a purchase is never deleted')
  return row
}
