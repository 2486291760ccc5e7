import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listDisputes, listDisputesAgainst } from '../../src/disputes/queries.js'
import { listEarned, listPaid } from '../../src/earnings/queries.js'
import { listCases } from '../../src/finance/queries.js'
import type { Db, Tx } from '../../src/lib/db.js'
import type { PageRequest } from '../../src/lib/page.js'
import { listWebhookEvents } from '../../src/payments/inbox-queries.js'
import { listPayments } from '../../src/payments/queries.js'
import { listPayouts, listPayoutsOf } from '../../src/payouts/queries.js'
import { listOfRemoved, listPurchases } from '../../src/purchases/queries.js'
import { listSubscribers, listSubscriptions } from '../../src/subscriptions/queries.js'
import { listTipsReceived, listTipsSent } from '../../src/tips/queries.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { explainRead, pagesOf } from '../support/explain.js'

const PEOPLE = 1_000
/** Who paid half of everything, and who earned half of it. */
const FAN = '00000000-0000-4000-8000-000000000001'
const STAR = '90000000-0000-4000-8000-000000000001'
const NOW = new Date('2027-01-01T00:00:00.000Z')
/** A cursor in the middle. */
const MIDDLE = ['2026-07-01T00:00:00.000Z', '80000000-0000-4000-8000-000000000000']

const pages = pagesOf(MIDDLE)

const whole = { from: null, to: null, type: null }
const aDay = { from: new Date('2026-07-01T00:00:00.000Z'), to: new Date('2026-07-02T00:00:00.000Z'), type: null }
const anything = { isOpen: null, kind: null }
const lists: Record<string, (db: Db, page: PageRequest) => Promise<unknown>> = {
  'what somebody paid': (db, page) => listPaid(db, FAN, page),
  'payments of somebody': (db, page) => listPayments(db, FAN, page),
  'what somebody bought': (db, page) => listPurchases(db, FAN, page),
  'tips that somebody gave': (db, page) => listTipsSent(db, FAN, page),
  'tips that a creator was given': (db, page) => listTipsReceived(db, STAR, page, NOW),
  'what a creator earned': (db, page) => listEarned(db, STAR, whole, page, NOW),
  'what a creator earned on one day': (db, page) => listEarned(db, STAR, aDay, page, NOW),
  'sales of a type that a creator made few of': (db, page) =>
    listEarned(db, STAR, { ...whole, type: 'STREAM_ACCESS' }, page, NOW),
  'sales of a type that a creator made many of': (db, page) =>
    listEarned(db, STAR, { ...whole, type: 'TIP' }, page, NOW),
  'what went back of a creator’s sales': (db, page) => listEarned(db, STAR, { ...whole, type: 'REFUND' }, page, NOW),
  'payouts among what a creator earned': (db, page) => listEarned(db, STAR, { ...aDay, type: 'PAYOUT' }, page, NOW),
  'payouts of a creator': (db, page) => listPayoutsOf(db, STAR, page),
  payouts: (db, page) => listPayouts(db, null, page),
  'payouts in a state that few are in': (db, page) => listPayouts(db, ['awaiting_approval'], page),
  'payouts in two states': (db, page) => listPayouts(db, ['awaiting_approval', 'paid'], page),
  disputes: (db, page) => listDisputes(db, null, page),
  'disputes in a state that few are in': (db, page) => listDisputes(db, 'OPEN', page),
  'disputes of a creator’s sales': (db, page) => listDisputesAgainst(db, STAR, page, NOW),
  'subscriptions of somebody': (db, page) => listSubscriptions(db, FAN, page),
  'subscribers of a creator': (db, page) => listSubscribers(db, STAR, page, NOW),
  cases: (db, page) => listCases(db, anything, page),
  'open cases': (db, page) => listCases(db, { ...anything, isOpen: true }, page),
  'cases of a kind that few are of': (db, page) => listCases(db, { ...anything, kind: 'PROCESSOR_MISMATCH' }, page),
  'messages of processors': (db, page) => listWebhookEvents(db, { states: null, processor: null }, page),
  'messages in a state that few are in': (db, page) =>
    listWebhookEvents(db, { states: ['dead'], processor: null }, page),
  'messages of a processor that tells little': (db, page) =>
    listWebhookEvents(db, { states: null, processor: 'stripe' }, page),
}

const idOf = (n: string, first = 0): string =>
  `('${String(first)}0000000-0000-4000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`
const payer = `case when n % 2 = 0 then '${FAN}'::uuid else ${idOf(`2 + n % ${String(PEOPLE)}`)} end`
const earner = `case when n % 4 < 2 then '${STAR}'::uuid else ${idOf(`2 + n % ${String(PEOPLE)}`, 9)} end`

/** The tests of how lists of money are read where each table has `rows`, a tenth of them disputes and payouts. */
export function testPlans(rows: number): void {
  let database: TestDatabase
  beforeAll(async () => {
    database = await testDatabase()
    const at = `timestamptz '2026-01-01' + n * interval '300 days' / ${String(rows)}`
    const from = (count: number): string => `from generate_series(1, ${String(count)}) n`
    const fill = [
      `insert into payment_intents (id, payer_id, creator_id, purpose, state, amount_minor, captured_minor, currency, processor, expires_at, settled_at, created_at)
       select ${idOf('n', 1)}, ${payer}, ${earner}, 'tip', 'succeeded', 500, 500, 'EUR', 'sandbox', ${at}, ${at}, ${at} ${from(rows)}`,
      `insert into transactions (id, type, sold_type, status, payer_id, creator_id, gross_amount, platform_fee, net_amount, currency, processor, payment_intent_id, occurred_at, shown_at)
       select ${idOf('n', 2)}, type, type, 'succeeded', ${payer}, ${earner}, 500, 100, 400, 'EUR', 'sandbox', ${idOf('n', 1)}, ${at}, ${at} ${from(rows)} cross join lateral (select (case when n % 1000 = 0 then 'stream_access' else 'tip' end)::transaction_type) k (type)`,
      `insert into tips (id, sender_id, recipient_id, amount_minor, currency, state, paid_at, shown_at, payment_intent_id, created_at)
       select ${idOf('n', 3)}, ${payer}, ${earner}, 500, 'EUR', 'paid', ${at}, ${at}, ${idOf('n', 1)}, ${at} ${from(rows)}`,
      `insert into purchases (buyer_id, creator_id, kind, content_id, amount_minor, currency, state, paid_at, created_at)
       select ${payer}, ${earner}, 'content', gen_random_uuid(), 500, 'EUR', 'paid', ${at}, ${at} ${from(rows)}`,
      // one post in ten was taken down; of what was bought of those all but one in a hundred has gone back, or was tried to
      `insert into content (id, creator_id, type, removed_at, removed_reason)
       select ${idOf('n', 7)}, '${STAR}', 'text', case when n <= ${String(rows / 100)} then ${at} end, case when n <= ${String(rows / 100)} then 'Illegal.' end ${from(rows / 10)}`,
      `insert into purchases (buyer_id, creator_id, kind, content_id, amount_minor, currency, state, payment_intent_id, paid_at, removal_settled_at, created_at)
       select ${idOf('n', 8)}, '${STAR}', 'content', ${idOf(`1 + n % ${String(rows / 100)}`, 7)}, 500, 'EUR',
         (case when n % 100 in (0, 1) then 'paid' else 'refunded' end)::purchase_state, ${idOf('n', 1)}, ${at}, case when n % 100 > 0 then ${at} end, ${at} ${from(rows)}`,
      `insert into disputes (id, transaction_id, payment_intent_id, processor, processor_reference, state, reason, amount_minor, currency, opened_at, closed_at)
       select ${idOf('n', 4)}, ${idOf('n', 2)}, ${idOf('n', 1)}, 'sandbox', 'dp_' || n,
         (case when n % 1000 = 0 then 'open' else 'lost' end)::dispute_state, 'fraudulent', 500, 'EUR', ${at}, case when n % 1000 <> 0 then ${at} end ${from(rows / 10)}`,
      `insert into transactions (id, type, sold_type, status, reason, reverses_id, payer_id, creator_id, gross_amount, platform_fee, net_amount, currency, processor, payment_intent_id, dispute_id, occurred_at, shown_at)
       select ${idOf('n', 5)}, 'refund', (case when n % 1000 = 0 then 'stream_access' else 'tip' end)::transaction_type, 'succeeded', 'dispute', ${idOf('n', 2)}, ${payer}, ${earner}, -500, -100, -400, 'EUR', 'sandbox', ${idOf('n', 1)}, ${idOf('n', 4)}, ${at}, ${at} ${from(rows / 10)}`,
      `insert into payouts (creator_id, payout_account_id, amount_minor, currency, state, settled_at, created_at)
       select ${earner}, ${idOf('1', 6)}, 4000, 'EUR', (case when n % 1000 = 0 then 'awaiting_approval' else 'paid' end)::payout_state, case when n % 1000 <> 0 then ${at} end, ${at} ${from(rows / 10)}`,
      `insert into subscriptions (subscriber_id, creator_id, type, amount_minor, currency, status, started_at, ended_at, ended_reason, created_at)
       select case when n % 4 = 0 then '${FAN}'::uuid else ${idOf('n', 7)} end, case when n % 4 = 0 then ${idOf('n', 8)} else '${STAR}'::uuid end,
         'monthly', 500, 'EUR', (case when n % 3 = 0 then 'expired' else 'active' end)::subscription_status, ${at}, case when n % 3 = 0 then ${at} end, case when n % 3 = 0 then 'period_ended'::subscription_end_reason end, ${at} ${from(rows)}`,
      `insert into finance_cases (kind, reference, created_at, resolved_at, resolution)
       select (case when n % 5000 = 0 then 'processor_mismatch' else 'other' end)::finance_case_kind, 'case:' || n, ${at}, case when n % 100 <> 0 then ${at} end, case when n % 100 <> 0 then 'Done.' end ${from(rows)}`,
      `insert into webhook_events (processor, event_id, type, object_id, occurred_at, payload, state, received_at)
       select case when n % 500 = 0 then 'stripe' else 'sandbox' end, 'evt_' || n, 'charge.updated', 'ch_' || n, ${at}, '{}',
         (case when n % 1000 = 0 then 'dead' else 'processed' end)::webhook_event_state, ${at} ${from(rows)}`,
    ]
    for (const sql of fill)
      await database.owner.query(`begin; set local session_replication_role = replica; ${sql}; commit`)
    await database.owner.query('vacuum analyze')
  }, 900_000)
  afterAll(() => database.drop())

  it('what is settled of posts that were taken down is not read again', async () => {
    const { nodes, scanned } = await explainRead(database, (db) => listOfRemoved(db as Tx, NOW, rows))
    expect(scanned).not.toContain('purchases')
    const [purchases] = nodes.filter((node) => node['Relation Name'] === 'purchases')
    expect(purchases!['Rows Removed by Filter'] ?? 0).toBe(0)
    expect((purchases!['Actual Rows'] ?? 0) * (purchases!['Actual Loops'] ?? 0)).toBeCloseTo(rows / 100, -1)
  })

  describe.each(Object.entries(lists))('%s', (_list, read) => {
    it.each(Object.entries(pages))('are read by an index, in its order: %s', async (_page, page) => {
      const { nodes } = await explainRead(database, (db) => read(db, page))
      // not those of tables without a row, for which no index is asked
      const scanned = nodes.filter((node) => node['Node Type'] === 'Seq Scan' && (node['Actual Rows'] ?? 0) > 0)
      expect(scanned).toEqual([])
      for (const node of nodes) {
        // what is sorted is the first of each of few states
        const most = node['Node Type'] === 'Sort' ? (page.limit + 1) * 12 : page.limit + 1
        if (/Sort|Scan/.test(node['Node Type']))
          expect(node['Actual Rows'] ?? 0, node['Node Type']).toBeLessThanOrEqual(most)
        expect(node['Rows Removed by Filter'] ?? 0, node['Node Type']).toBeLessThanOrEqual(page.limit + 1)
      }
    })
  })
}
