import type { Db, Tx } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { DisputeRow, DisputeState, Evidence } from './types.js'

const disputeColumns = fragment`
  d.id::text as id, d.transaction_id::text as "transactionId", d.processor_reference as "processorReference",
  upper(d.state::text) as state, d.reason, d.amount_minor as "amountMinor", d.fee_minor as "feeMinor",
  coalesce(d.fee_currency, d.currency)::text as "feeCurrency", d.currency::text as currency, d.evidence, d.evidence_due_at as "evidenceDueAt", d.evidence_sent_at as "evidenceSentAt",
  d.opened_at as "openedAt", d.closed_at as "closedAt", s.creator_id::text as "creatorId", s.shown_at as "saleShownAt",
  (
    select coalesce(-sum(t.net_amount), 0)::bigint from transactions t
    where t.dispute_id = d.id and t.reason in ('dispute', 'dispute_changed')
  ) as "fromCreatorMinor", debit.shown_at as "shownAt",
  coalesce((select p.is_anonymous from tips p where p.payment_intent_id = d.payment_intent_id), false) as "isAnonymous"`

/** Looked up dispute by dispute: there are far more of either than a page shows. */
const withSale = fragment`
  join lateral (select t.* from transactions t where t.id = d.transaction_id limit 1) s on true
  left join lateral (
    select t.* from transactions t where t.dispute_id = d.id and t.reason = 'dispute' limit 1
  ) debit on true`

/** Disputes by id, in no order. */
export const listDisputesById = (db: Db, ids: readonly string[]): Promise<DisputeRow[]> =>
  db.sql<DisputeRow>`/* disputes.byId */
    select ${disputeColumns} from disputes d ${withSale} where d.id = any(${ids}::uuid[])`

/** The newest dispute of each of these sales that has one. */
export const listDisputesOf = (db: Db, transactionIds: readonly string[]): Promise<DisputeRow[]> =>
  db.sql<DisputeRow>`/* disputes.ofSales */
    select distinct on (d.transaction_id) ${disputeColumns} from disputes d ${withSale}
    where d.transaction_id = any(${transactionIds}::uuid[])
    order by d.transaction_id, d.opened_at desc, d.id desc`

/**
 * A page of all disputes, or of those in one state, those opened last first, one row more than its limit when others follow: the
 * first of each state are put together.
 */
export const listDisputes = (db: Db, state: DisputeState | null, page: PageRequest): Promise<DisputeRow[]> =>
  db.sql<DisputeRow>`/* disputes.list */
    select ${disputeColumns}
    from (
      select found.* from unnest(${state ? fragment`array[lower(${state})::dispute_state]` : fragment`enum_range(null::dispute_state)`}) s (state)
      cross join lateral (
        select * from disputes o
        where o.state = s.state and ${beyond(page, fragment`o.opened_at, o.id`, timeAndId)}
        order by ${inOrder(page, fragment`o.opened_at`, fragment`o.id`)}
        limit ${page.limit + 1}::int
      ) found
      order by ${inOrder(page, fragment`found.opened_at`, fragment`found.id`)}
      limit ${page.limit + 1}::int
    ) d ${withSale}
    order by ${inOrder(page, fragment`d.opened_at`, fragment`d.id`)}`

/** A page of what took something of a creator's, in the order in which it was shown to them. */
export const listDisputesAgainst = (db: Db, creatorId: string, page: PageRequest, now: Date): Promise<DisputeRow[]> =>
  db.sql<DisputeRow>`/* disputes.against */
    select ${disputeColumns}
    from transactions debit join disputes d on d.id = debit.dispute_id join transactions s on s.id = d.transaction_id
    where debit.creator_id = ${creatorId}::uuid and debit.reason = 'dispute' and debit.shown_at <= ${now}::timestamptz
      and ${beyond(page, fragment`debit.shown_at, debit.dispute_id`, timeAndId)}
    order by ${inOrder(page, fragment`debit.shown_at`, fragment`debit.dispute_id`)}
    limit ${page.limit + 1}::int`

/** A dispute held against others until the transaction ends. */
export async function findDisputeForUpdate(tx: Tx, id: string): Promise<DisputeRow | null> {
  const rows = await tx.sql`/* disputes.hold */ select from disputes where id = ${id}::uuid for no key update`
  return rows.length > 0 ? findDispute(tx, id) : null
}

/** A dispute as it is now. */
export async function findDispute(db: Db, id: string): Promise<DisputeRow | null> {
  const [row] = await listDisputesById(db, [id])
  return row ?? null
}

/** Keeps what a dispute is answered. */
export async function keepEvidence(tx: Tx, id: string, evidence: Evidence): Promise<void> {
  await tx.sql`/* disputes.keepEvidence */
    update disputes set evidence = ${{ json: evidence }}::jsonb, version = version + 1 where id = ${id}::uuid`
}

/** Writes that a dispute was answered; false where that was written before. */
export async function markSent(tx: Tx, id: string, now: Date): Promise<boolean> {
  const rows = await tx.sql`/* disputes.markSent */
    update disputes set evidence_sent_at = ${now}::timestamptz, version = version + 1
    where id = ${id}::uuid and evidence is not null and evidence_sent_at is null
    returning 1 as sent`
  return rows.length > 0
}

/** What the payer of a disputed sale calls themselves; null where the account is gone. */
export async function findPayerName(db: Db, disputeId: string): Promise<string | null> {
  const [row] = await db.sql<{ name: string }>`/* disputes.payerName */
    select u.display_name as name from disputes d join payment_intents i on i.id = d.payment_intent_id
      join users u on u.id = i.payer_id
    where d.id = ${disputeId}::uuid and u.account_status <> 'deleted'`
  return row?.name ?? null
}

/** What was sold, in one line. */
export async function findSold(tx: Tx, disputeId: string): Promise<{ description: string; soldAt: Date } | null> {
  const [row] = await tx.sql<{ description: string; soldAt: Date }>`/* disputes.sold */
    select coalesce(s.description, s.type::text) as description, s.occurred_at as "soldAt"
    from disputes d join transactions s on s.id = d.transaction_id
    where d.id = ${disputeId}::uuid`
  return row ?? null
}

/**
 * What is on record about a disputed sale, the oldest first: what its payer agreed to, how they paid, what was opened to them
 * and what they did with it, and what they paid the same creator before and after without a claim. Nothing that anybody wrote.
 */
export const listFacts = (tx: Tx, disputeId: string): Promise<{ at: Date; text: string }[]> =>
  tx.sql<{ at: Date; text: string }>`/* disputes.facts */
    with sale as (
      select s.id, s.payer_id, s.creator_id, s.purchase_id, s.subscription_id, s.tip_id, s.occurred_at, s.payment_intent_id,
        i.created_at as begun_at, i.settled_at, i.payment_method_id, d.opened_at
      from disputes d join transactions s on s.id = d.transaction_id join payment_intents i on i.id = d.payment_intent_id
      where d.id = ${disputeId}::uuid
    ), fact (at, text) as (
      select u.created_at, 'The payer opened their account.' from sale join users u on u.id = sale.payer_id
      union all
      select u.email_verified_at, 'The payer confirmed their e-mail address.'
      from sale join users u on u.id = sale.payer_id where u.email_verified_at is not null
      union all
      select u.terms_accepted_at, 'The payer accepted the terms, version ' || coalesce(u.terms_version, 'unknown') || '.'
      from sale join users u on u.id = sale.payer_id where u.terms_accepted_at is not null
      union all
      select c.given_at, 'The payer agreed: ' || replace(c.kind::text, '_', ' ') || ', version ' || c.document_version || '.'
      from sale join consents c on c.user_id = sale.payer_id and c.given_at <= sale.occurred_at
      union all
      select m.created_at, 'The payer saved the way to pay that was charged.'
      from sale join payment_methods m on m.id = sale.payment_method_id
      union all
      select begun_at, 'The payer began the payment.' from sale
      union all
      select settled_at, 'The payment succeeded.' from sale where settled_at is not null
      union all
      select g.starts_at, 'What was paid for was opened to the payer.'
      from sale join entitlement_grants g
        on g.purchase_id = sale.purchase_id or g.subscription_id = sale.subscription_id and g.starts_at <= sale.opened_at
      union all
      select t.shown_at, 'The creator was shown the tip.' from sale join tips t on t.id = sale.tip_id
      where t.shown_at <= sale.opened_at
      union all
      select l.created_at, 'The payer liked what was opened to them.'
      from sale join purchases p on p.id = sale.purchase_id join likes l on l.content_id = p.content_id
        and l.user_id = sale.payer_id
      union all
      select m.created_at, 'The payer commented on what was opened to them.'
      from sale join purchases p on p.id = sale.purchase_id join comments m on m.content_id = p.content_id
        and m.author_id = sale.payer_id
      union all
      select z.created_at, 'The payer signed in.'
      from sale join user_sessions z on z.user_id = sale.payer_id
      where z.created_at between sale.occurred_at - interval '30 days' and sale.opened_at
      union all
      select r.created_at, 'A part was given back.'
      from sale join refunds r on r.transaction_id = sale.id and r.state <> 'failed'
      union all
      select o.occurred_at, 'The payer paid the same creator, and does not dispute it.'
      from sale join transactions o on o.payer_id = sale.payer_id and o.creator_id = sale.creator_id
        and o.id <> sale.id and o.status = 'succeeded' and o.reverses_id is null
      where not exists (select from disputes other where other.transaction_id = o.id)
    )
    select at, text from (select at, text from fact order by at desc limit 200) newest order by at, text`
