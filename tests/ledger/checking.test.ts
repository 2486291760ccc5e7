import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { provenCreator, publish } from '../content/posts.js'
import { buy, saveCard, tip } from '../payments/paying.js'
import { ledgerProblems } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
  const world = makeWorld(server)
  const creator = await provenCreator(world)
  const fan = await world.fan()
  await saveCard(fan)
  await tip(fan, creator)
  const { id } = await publish(creator, { priceMinor: '700' })
  await buy(fan, id as string, { amountMinor: '700', currency: 'EUR' })
})
afterAll(() => server.close())

describe('the check of the ledger', () => {
  it('finds nothing where nothing was tampered with', async () => {
    expect(await ledgerProblems(server.database)).toEqual([])
  })

  it.each([
    [
      `update ledger_accounts set balance_minor = balance_minor + 1 where kind = 'platform_fees'`,
      'a balance is not the sum of its entries',
    ],
    [
      `update ledger_entries set amount_minor = amount_minor + 1 where id = (select min(id) from ledger_entries)`,
      'a journal transaction does not sum to zero',
    ],
    [
      `delete from ledger_entries where journal_transaction_id = (select id from journal_transactions limit 1)`,
      'a journal transaction has no entries',
    ],
    [
      `update transactions set platform_fee = platform_fee + 1, net_amount = net_amount - 1 where type = 'tip'`,
      'what a transaction gives its creator is not what the ledger gave',
    ],
    [`delete from revenue_analytics where revenue_type = 'tip'`, 'revenue is not what the transactions say'],
    [
      `update payment_intents set refunded_minor = 1 where purpose = 'tip'`,
      'what went back of a payment is not what its transactions say',
    ],
    [
      `update payment_intents set disputed_minor = 1 where purpose = 'tip'`,
      'disputes do not hold what refunds leave of their claims',
    ],
    [
      `insert into ledger_accounts (kind, currency, balance_minor, created_at) values ('dispute_held', 'EUR', 1, now())`,
      'what is held is not what open disputes took',
    ],
    [
      `update payment_intents set captured_minor = captured_minor - 1 where purpose = 'tip'`,
      'a sale is not what its payment took',
    ],
    [`delete from entitlement_grants where purchase_id is not null`, 'a purchase that is paid has no grant'],
    [`update purchases set state = 'refunded', refunded_at = now()`, 'a purchase that was given back is open'],
  ])('finds what comes of: %s', async (tampering, problem) => {
    const { owner } = server.database
    await owner.query('begin')
    try {
      await owner.query(`set local session_replication_role = replica`)
      await owner.query(tampering)
      expect(await ledgerProblems(server.database)).toContain(problem)
    } finally {
      await owner.query('rollback')
    }
  })
})
