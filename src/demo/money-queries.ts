import { DAY_MS } from '../lib/clock.js'
import type { Db } from '../lib/db.js'
import { ADMIN_ID } from './world.js'

/** What is written down when a world was made, and when its money was played. */
export const SEEDED = 'demo.seeded'
export const PLAYED = 'demo.played'

/** The day on which a world was made whose money is not played to its end; null where there is nothing to play. */
export async function findUnplayedDay(db: Db): Promise<Date | null> {
  const [row] = await db.sql<{ day: number }>`/* demo.unplayed */
    select (made.after->>'moneyDay')::int as day from audit_logs made
    where made.subject_table = 'users' and made.subject_id = ${ADMIN_ID} and made.action = ${SEEDED}
      and made.after->>'moneyDay' is not null and not exists (
        select from audit_logs played
        where played.subject_table = 'users' and played.subject_id = ${ADMIN_ID} and played.action = ${PLAYED})
    limit 1`
  return row ? new Date(row.day * DAY_MS) : null
}

/** When the next subscription of these people is due to be renewed, or to end. */
export async function findNextDue(db: Db, payerIds: readonly string[]): Promise<Date | null> {
  const [row] = await db.sql<{ at: Date | null }>`/* demo.nextDue */
    select min(next_charge_at) as at from subscriptions
    where next_charge_at is not null and ended_at is null and subscriber_id = any(${payerIds}::uuid[])`
  return row?.at ?? null
}

/** Payments of these people that a crash left without an end, the oldest first. */
export const listOpenPayments = (
  db: Db,
  payerIds: readonly string[],
): Promise<{ readonly id: string; readonly createdAt: Date }[]> =>
  db.sql<{ id: string; createdAt: Date }>`/* demo.openPayments */
    select id::text as id, created_at as "createdAt" from payment_intents
    where state = 'created' and payer_id = any(${payerIds}::uuid[]) order by created_at, id limit 100`

/** Messages of the processor that were kept by `now` and not applied, the oldest first. */
export const listKeptMessages = (db: Db, now: Date): Promise<{ readonly id: string }[]> =>
  db.sql<{ id: string }>`/* demo.keptMessages */
    select id::text as id from webhook_events
    where state = 'received' and received_at <= ${now}::timestamptz order by received_at, id limit 100`
