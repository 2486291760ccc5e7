import type { Db } from '../lib/db.js'

/** Something that does not add up, and the row at which it shows. */
export interface LedgerProblem {
  readonly problem: string
  readonly id: string
}

/** Problems that are told at once: the first of so many are enough to begin with. */
const MAX_PROBLEMS = 1_000

/** What breaks an invariant of money, at most `MAX_PROBLEMS`; nothing where the books add up. Reads only, and all of them. */
export const findLedgerProblems = (db: Pick<Db, 'sql'>): Promise<LedgerProblem[]> =>
  db.sql<LedgerProblem>`/* ledger.problems */
    select 'a journal transaction does not sum to zero' as problem, journal_transaction_id::text as id
    from ledger_entries group by journal_transaction_id, currency having sum(amount_minor) <> 0
    union all
    select 'a journal transaction has no entries', j.id::text
    from journal_transactions j where not exists (select from ledger_entries e where e.journal_transaction_id = j.id)
    union all
    select 'a balance is not the sum of its entries', a.id::text
    from ledger_accounts a left join ledger_entries e on e.account_id = a.id
    group by a.id having a.balance_minor <> coalesce(sum(e.amount_minor), 0) or a.entry_count <> count(e.id)
    union all
    select 'a creator has earnings and a debt at once', available.owner_id::text
    from ledger_accounts available join ledger_accounts debt on debt.owner_id = available.owner_id
      and debt.currency = available.currency and debt.kind = 'creator_receivable'
    where available.kind = 'creator_available' and available.balance_minor > 0 and debt.balance_minor < 0
    union all
    select 'a transaction is not gross, fee and net', id::text
    from transactions where gross_amount <> platform_fee + net_amount
    union all
    select 'a transaction that moved money is in no journal', t.id::text
    from transactions t
    where t.status = 'succeeded' and not exists (select from journal_transactions j where j.transaction_id = t.id)
    union all
    select 'what a transaction gives its creator is not what the ledger gave', t.id::text
    from transactions t join journal_transactions j on j.transaction_id = t.id join ledger_entries e
      on e.journal_transaction_id = j.id join ledger_accounts a on a.id = e.account_id
    where t.status = 'succeeded' and t.type <> 'payout'
      and a.kind in ('creator_pending', 'creator_available', 'creator_receivable', 'creator_reserved')
    group by t.id having t.net_amount <> sum(e.amount_minor)
    union all
    select 'what a transaction gives the platform is not what the ledger gave', t.id::text
    from transactions t join journal_transactions j on j.transaction_id = t.id
      left join lateral (
        select coalesce(sum(e.amount_minor), 0) as fee from ledger_entries e join ledger_accounts a on a.id = e.account_id
        where e.journal_transaction_id = j.id and a.kind = 'platform_fees'
      ) posted on true
    where t.status = 'succeeded' and t.type <> 'payout' and posted.fee <> t.platform_fee
    union all
    select 'revenue is not what the transactions say', coalesce(t.id, r.transaction_id)::text
    from (select * from transactions where status = 'succeeded' and type <> 'payout') t
    full join revenue_analytics r on r.transaction_id = t.id
    where (t.id is null and r.transaction_id is not null)
      or (r.transaction_id is null and t.id is not null)
      or (r.gross_amount, r.platform_fee, r.creator_earnings) is distinct from (t.gross_amount, t.platform_fee, t.net_amount)
    union all
    select 'what went back of a payment is not what its transactions say', p.id::text
    from payment_intents p left join transactions t
      on t.payment_intent_id = p.id and t.type = 'refund' and t.status = 'succeeded'
    group by p.id having p.refunded_minor + p.disputed_minor <> coalesce(-sum(t.gross_amount), 0)
    union all
    select 'disputes do not hold what refunds leave of their claims', p.id::text
    from payment_intents p left join disputes d on d.payment_intent_id = p.id and d.state <> 'won'
    group by p.id
    having p.disputed_minor <> least(coalesce(sum(d.amount_minor), 0), p.captured_minor - p.refunded_minor)
    union all
    select 'what is held is not what open disputes took', a.id::text
    from ledger_accounts a left join disputes d
      on d.currency = a.currency and d.state in ('open', 'under_review')
      left join transactions t on t.dispute_id = d.id and t.reason in ('dispute', 'dispute_changed')
    where a.kind = 'dispute_held'
    group by a.id having a.balance_minor <> coalesce(-sum(t.gross_amount), 0)
    union all
    select 'a sale is not what its payment took', p.id::text
    from payment_intents p join transactions t
      on t.payment_intent_id = p.id and t.reverses_id is null and t.status = 'succeeded'
    where p.captured_minor <> t.gross_amount
    union all
    select 'a payment succeeded and nothing was posted', p.id::text
    from payment_intents p
    where p.state = 'succeeded' and p.purpose <> 'wallet_top_up' and not exists (
      select from transactions t where t.payment_intent_id = p.id and t.status = 'succeeded' and t.reverses_id is null)
    union all
    select 'what is on its way is not what open payouts say', a.owner_id::text
    from ledger_accounts a left join payouts p on p.creator_id = a.owner_id and p.currency = a.currency
      and p.state in ('requested', 'awaiting_approval', 'approved', 'processing')
    where a.kind = 'payout_in_transit'
    group by a.id having a.balance_minor <> coalesce(sum(p.amount_minor), 0)
    union all
    select 'a purchase that was given back is open', u.id::text
    from purchases u join entitlement_grants g on g.purchase_id = u.id
    where u.state = 'refunded' and g.revoked_at is null
    union all
    select 'a purchase that is paid has no grant', u.id::text
    from purchases u
    where u.state = 'paid' and u.kind = 'content'
      and not exists (select from entitlement_grants g where g.purchase_id = u.id)
    limit ${MAX_PROBLEMS}::int`
