import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStripe } from '../../src/processors/stripe.js'
import type { Movement } from '../../src/processors/types.js'
import { provenCreator } from '../content/posts.js'
import { chargeOf, newKey, saveCard, tip } from '../payments/paying.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { startStripeServer } from '../support/stripe-server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'

let server: TestServer
let world: World
let creator: Person
let admin: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await provenCreator(world)
  admin = await world.admin()
})
afterAll(() => server.close())

const rows = async <Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> =>
  (await server.database.owner.query<Row>(text, values)).rows
/** Changes what nothing may change. */
async function tamper(text: string, values: unknown[] = []): Promise<void> {
  await rows(`set session_replication_role = replica`)
  await rows(text, values)
  await rows(`set session_replication_role = origin`)
}
async function reconcile(): Promise<void> {
  await rows(`select graphile_worker.add_job('finance.reconcile')`)
  await server.drain()
}
const differences = async (): Promise<string[]> => {
  const { financeCases } = await admin.do(
    `{ financeCases(isOpen: true, first: 100) { nodes { kind details creator { id } payment { id } } } }`,
  )
  return (financeCases.nodes as { kind: string; details: any }[])
    .map(({ kind, details }) =>
      kind === 'LEDGER_DRIFT' ? details.problem : `${String(details.kind)} ${String(details.difference)}`,
    )
    .sort()
}

/** A tip of two hours ago; the processor's name of it. */
async function paid(amountMinor = '1000'): Promise<string> {
  const fan = await world.fan()
  await saveCard(fan)
  await tip(fan, creator, { amountMinor })
  return chargeOf(server, fan)
}
/** Lets so much time pass that everything is compared. */
async function age(): Promise<void> {
  for (const table of ['payment_intents', 'refunds', 'payouts', 'sandbox_objects'])
    await tamper(
      `update ${table} set created_at = now() - interval '5 hours' where created_at > now() - interval '1 hour'`,
    )
}
async function refunded(charge: string): Promise<string> {
  const [sale] = await rows<{ id: string }>(
    `select t.id from transactions t join payment_intents i on i.id = t.payment_intent_id where i.processor_reference = $1`,
    [charge],
  )
  await creator.do(
    `mutation ($input: RefundTransactionInput!) { refundTransaction(input: $input) { refund { id } userErrors { code } } }`,
    {
      input: {
        transactionId: Buffer.from(`Transaction:${sale!.id}`).toString('base64url'),
        reason: 'A mistake.',
        idempotencyKey: newKey(),
      },
    },
  )
  const [refund] = await rows<{ reference: string }>(
    `select processor_reference as reference from refunds where transaction_id = $1`,
    [sale!.id],
  )
  return refund!.reference
}
async function paidOut(): Promise<string> {
  await creator.do(
    `mutation ($input: AddPayoutAccountInput!) { addPayoutAccount(input: $input) { payoutAccount { id } userErrors { code } } }`,
    { input: { countryCode: 'DE', returnUrl: 'https://app.example.com/back', idempotencyKey: newKey() } },
  )
  await tamper(`update ledger_entries set available_at = now() - interval '1 hour' where available_at is not null`)
  await creator.do(
    `mutation ($input: RequestPayoutInput!) { requestPayout(input: $input) { payout { id state } userErrors { code } } }`,
    { input: { amountMinor: '2000', idempotencyKey: newKey() } },
  )
  const [payout] = await rows<{ reference: string }>(`select processor_reference as reference from payouts`)
  return payout!.reference
}
const ours = (): Promise<object[]> =>
  rows(`select id, state::text, amount_minor, captured_minor from payment_intents order by id`)

describe('the books of the processor and ours', () => {
  it('are the same where nothing was tampered with; each way to break either is found once, and nothing is mended', async () => {
    const charges: string[] = []
    for (let count = 0; count < 6; count += 1) charges.push(await paid())
    const [refund, payout] = [await refunded(charges[0]!), await paidOut()]
    await age()
    await reconcile()
    expect(await differences()).toEqual([])

    await rows(`delete from sandbox_objects where id = $1`, [charges[1]])
    await rows(
      `insert into sandbox_objects (id, kind, parent_id, state, data, created_at)
       select 'ch_unheard_of', kind, parent_id, state, data || jsonb_build_object('intentId', gen_random_uuid()), created_at
       from sandbox_objects where id = $1`,
      [charges[2]],
    )
    await rows(`update sandbox_objects set data = jsonb_set(data, '{amount,amountMinor}', '"999"') where id = $1`, [
      charges[3],
    ])
    await tamper(`update payment_intents set state = 'failed', captured_minor = 0 where processor_reference = $1`, [
      charges[4],
    ])
    await rows(`update sandbox_objects set state = 'FAILED' where id in ($1, $2)`, [refund, payout])
    const before = await ours()
    await reconcile()
    const found = [
      'CHARGE another_amount',
      'CHARGE ended_otherwise',
      'CHARGE unknown_here',
      'CHARGE unknown_there',
      'PAYOUT ended_otherwise',
      'REFUND ended_otherwise',
      'a sale is not what its payment took',
    ]
    expect(await differences()).toEqual(found)
    await reconcile()
    expect(await differences()).toEqual(found)
    expect(await ours()).toEqual(before)

    await rows(`delete from sandbox_objects where id in ($1, $2)`, [refund, payout])
    await reconcile()
    expect(await differences()).toEqual([...found, 'PAYOUT unknown_there', 'REFUND unknown_there'].sort())
  })

  it('are not compared where something may still be on its way', async () => {
    const before = await differences()
    await rows(`delete from sandbox_objects where id = $1`, [await paid()])
    await reconcile()
    expect(await differences()).toEqual(before)
  })
})

describe('Stripe’s books', () => {
  it('are read part by part, each thing once, within the span', async () => {
    const stripe = await startStripeServer()
    try {
      const created = Math.floor(Date.UTC(2026, 10, 20) / 1_000)
      const put = (id: string, more: object): unknown => stripe.objects.set(id, { id, created, metadata: {}, ...more })
      for (let count = 0; count < 250; count += 1)
        put(`pi_${String(count)}`, {
          object: 'payment_intent',
          status: count % 2 ? 'succeeded' : 'canceled',
          amount: 500,
          amount_received: count % 2 ? 499 : 0,
          currency: 'eur',
          metadata: { intent_id: `intent-${String(count)}` },
        })
      put('re_1', {
        object: 'refund',
        status: 'failed',
        amount: 5,
        currency: 'jpy',
        metadata: { refund_id: 'refund-1' },
      })
      put('tr_1', {
        object: 'transfer',
        reversed: true,
        amount: 7,
        currency: 'usd',
        metadata: { payout_id: 'payout-1' },
      })
      put('tr_2', { object: 'transfer', reversed: false, amount: 8, currency: 'usd' })
      const processor = openStripe({ secretKey: 'sk_test_1', webhookSecrets: ['whsec_new'], apiBase: stripe.url })
      const span = { from: new Date('2026-11-19T00:00:00.000Z'), to: new Date('2026-11-21T00:00:00.000Z') }
      const all: Movement[] = []
      for (let after: string | null = null, more = true; more;) {
        const { movements, next } = await processor.listMovements('CHARGE', span, after)
        all.push(...movements)
        after = next
        more = next !== null
      }
      expect(new Set(all.map(({ reference }) => reference)).size).toBe(250)
      expect(all).toHaveLength(250)
      expect(all.find(({ reference }) => reference === 'pi_1')).toEqual({
        reference: 'pi_1',
        ownId: 'intent-1',
        amount: { amountMinor: 499n, currency: 'EUR' },
        state: 'SUCCEEDED',
      })
      expect(all.find(({ reference }) => reference === 'pi_2')?.state).toBe('FAILED')
      expect((await processor.listMovements('REFUND', span, null)).movements).toEqual([
        { reference: 're_1', ownId: 'refund-1', amount: { amountMinor: 5n, currency: 'JPY' }, state: 'FAILED' },
      ])
      expect((await processor.listMovements('PAYOUT', span, null)).movements).toMatchObject([
        { reference: 'tr_2', ownId: null, state: 'SUCCEEDED' },
        { reference: 'tr_1', ownId: 'payout-1', state: 'FAILED' },
      ])
      const asked = stripe.requests.filter(({ path }) => path === '/v1/payment_intents')
      expect(asked.map(({ parameters }) => parameters.created)).toEqual(
        Array.from({ length: 3 }, () => ({ gte: '1795046400', lt: '1795219200' })),
      )
    } finally {
      await stripe.close()
    }
  })
})
