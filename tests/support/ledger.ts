import { expect } from 'vitest'
import { findLedgerProblems } from '../../src/ledger/ledger.js'
import { prepare } from '../../src/lib/sql.js'
import type { SqlPart } from '../../src/lib/sql.js'
import type { TestDatabase } from './database.js'

/** What does not add up, as `npm run check:ledger` says it; by the owner's connection, within its transaction if there is one. */
export async function ledgerProblems({ owner }: Pick<TestDatabase, 'owner'>): Promise<string[]> {
  const sql = async <Row>(strings: TemplateStringsArray, ...parts: SqlPart[]): Promise<Row[]> => {
    const { text, values } = prepare(strings, parts)
    return (await owner.query(text, values)).rows as Row[]
  }
  return [...new Set((await findLedgerProblems({ sql })).map(({ problem }) => problem))].sort()
}

/** Fails where the ledger does not add up: after every file of tests that moves money. */
export async function expectLedger(database: TestDatabase): Promise<void> {
  expect(await ledgerProblems(database)).toEqual([])
}

/** Where the sandbox's books are not ours, once nothing is under way: charges, what went back, and what was paid out. */
export async function processorProblems({ owner }: Pick<TestDatabase, 'owner'>): Promise<string[]> {
  const { rows } = await owner.query<{ problem: string }>(`
    with theirs as (
      select kind::text as kind, id, (data -> 'amount' ->> 'amountMinor')::bigint as amount from sandbox_objects
      where (kind = 'charge' and state = 'SUCCEEDED') or (kind = 'refund' and state = 'SUCCEEDED')
        or (kind = 'payout' and state = 'PAID')
    ), ours as (
      select 'charge' as kind, processor_reference as id, captured_minor - wallet_minor as amount from payment_intents
      where state = 'succeeded' and wallet_minor < captured_minor
      union all
      select 'refund', r.processor_reference, r.amount_minor from refunds r join payment_intents p on p.id = r.payment_intent_id
      where r.state = 'succeeded' and p.wallet_minor = 0
      union all
      select 'payout', processor_reference, amount_minor from payouts where state = 'paid'
    ), moved as (
      select coalesce(sum(case when kind = 'charge' then -amount else amount end), 0) as amount from theirs
    ), lost as (
      select coalesce(sum(e.amount_minor), 0) as amount from ledger_entries e
      join journal_transactions j on j.id = e.journal_transaction_id join ledger_accounts a on a.id = e.account_id
      where a.kind = 'processor_clearing' and j.reference like 'dispute-lost:%'
    ), kept as (
      select coalesce(-sum(e.amount_minor), 0) as amount from ledger_entries e
      join journal_transactions j on j.id = e.journal_transaction_id join ledger_accounts a on a.id = e.account_id
      where a.kind = 'processor_fees' and j.reference not like 'dispute-lost:%'
    )
    select concat_ws(' ', 'a', coalesce(t.kind, o.kind), coalesce(t.id, o.id), t.amount, 'there and', o.amount, 'here') as problem
    from theirs t full join ours o on o.kind = t.kind and o.id = t.id
    where t.amount is distinct from o.amount
    union all
    select 'what the processor holds for us is not what the ledger says'
    from moved, lost, kept, (select coalesce(sum(balance_minor), 0) as amount from ledger_accounts where kind = 'processor_clearing') clearing
    where clearing.amount <> moved.amount + lost.amount + kept.amount`)
  return rows.map(({ problem }) => problem)
}
