import type { DisputeState } from '../disputes/types.js'
import type { Tx } from '../lib/db.js'
import type { NewsFacts } from './types.js'

/** Whom something about money is told to, and how much it is. */
export interface MoneyTold extends NewsFacts {
  readonly userId: string
}

/** A dispute, and how it stands. */
export interface DisputeTold {
  readonly disputeId: string
  readonly state: DisputeState
}

/** Whose payment failed; nobody's where it renews a subscription, which is told of by itself. */
export async function findFailedPayment(tx: Tx, paymentId: string): Promise<MoneyTold | null> {
  const [row] = await tx.sql<MoneyTold>`/* notifications.failedPayment */
    select p.payer_id::text as "userId", p.amount_minor::text as "amountMinor", p.currency::text as currency
    from payment_intents p
    where p.id = ${paymentId}::uuid and p.state = 'failed' and (
      p.purpose <> 'renewal' or exists (
        select from subscription_periods s where s.payment_intent_id = p.id and s.is_at_once))`
  return row ?? null
}

/** Whose payment a refund goes back to. */
export async function findRefunded(tx: Tx, refundId: string): Promise<MoneyTold | null> {
  const [row] = await tx.sql<MoneyTold>`/* notifications.refunded */
    select p.payer_id::text as "userId", r.amount_minor::text as "amountMinor", r.currency::text as currency
    from refunds r join payment_intents p on p.id = r.payment_intent_id where r.id = ${refundId}::uuid`
  return row ?? null
}

/** Whose sale is disputed; nobody's where its creator does not see it yet. */
export async function findDisputed(tx: Tx, disputeId: string, now: Date): Promise<MoneyTold | null> {
  const [row] = await tx.sql<MoneyTold>`/* notifications.disputed */
    select t.creator_id::text as "userId", d.amount_minor::text as "amountMinor", d.currency::text as currency
    from disputes d join transactions t on t.id = d.transaction_id
    where d.id = ${disputeId}::uuid and t.creator_id is not null and t.shown_at <= ${now}::timestamptz`
  return row ?? null
}

/** What is disputed of a tip, and how that stands. */
export const listDisputesOfTip = (tx: Tx, tipId: string): Promise<(MoneyTold & DisputeTold)[]> =>
  tx.sql<MoneyTold & DisputeTold>`/* notifications.disputesOfTip */
    select d.id::text as "disputeId", upper(d.state::text) as state, p.recipient_id::text as "userId",
      d.amount_minor::text as "amountMinor", d.currency::text as currency
    from tips p join disputes d on d.payment_intent_id = p.payment_intent_id
    where p.id = ${tipId}::uuid`

/** Whose payout it is. */
export async function findPaidOut(tx: Tx, payoutId: string): Promise<MoneyTold | null> {
  const [row] = await tx.sql<MoneyTold>`/* notifications.paidOut */
    select creator_id::text as "userId", amount_minor::text as "amountMinor", currency::text as currency
    from payouts where id = ${payoutId}::uuid`
  return row ?? null
}
