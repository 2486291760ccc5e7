import { afterAll, beforeAll, expect, it } from 'vitest'
import { globalId } from '../../src/lib/ids.js'
import type { StripeSettings } from '../../src/processors/types.js'
import { provenCreator } from '../content/posts.js'
import { startStripeServer } from '../support/stripe-server.js'
import type { StripeServer } from '../support/stripe-server.js'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person } from '../support/world.js'
import { post } from './histories.js'
import { balances, chargeOf, runLater, saveCard, tip } from './paying.js'

let stripe: StripeServer
let server: TestServer
beforeAll(async () => {
  stripe = await startStripeServer()
  const settings: StripeSettings = { secretKey: 'sk_test_1', webhookSecrets: ['whsec_new'], apiBase: stripe.url }
  server = await startServer({ config: { stripe: settings } })
})
afterAll(async () => {
  await expectLedger(server.database)
  await server.close()
  await stripe.close()
})

async function tellOf(dispute: object, type: string, more: object): Promise<void> {
  const { rawBody, headers } = stripe.message(type, { ...dispute, ...more })
  expect((await post(server, rawBody, headers, 'stripe')).status).toBe(200)
  await server.drain()
}

/** Tells of a dispute, and that it was lost. */
async function lose(dispute: object): Promise<void> {
  await tellOf(dispute, 'charge.dispute.created', {})
  await tellOf(dispute, 'charge.dispute.closed', { status: 'lost', balance_transactions: [] })
}

/** The one dispute of a creator's sales, as staff see it. */
async function disputeOf(creator: Person): Promise<unknown> {
  const { rows } = await server.database.owner.query<{ id: string }>(
    `select d.id from disputes d join payment_intents p on p.id = d.payment_intent_id where p.creator_id = $1`,
    [creator.uuid],
  )
  expect(rows).toHaveLength(1)
  const moderator = await makeWorld(server).moderator()
  const { node } = await moderator.do(
    `query ($id: ID!) { node(id: $id) { ... on Dispute { state amount { currency } fee { amountMinor currency } } } }`,
    { id: globalId('Dispute', rows[0]!.id) },
  )
  return node
}

it('a success that only a message tells of has the processor’s fee in the books, once', async () => {
  const world = makeWorld(server)
  const creator = await provenCreator(world)
  const fan = await world.fan()
  await saveCard(fan)
  stripe.trouble({ on: 'POST /v1/payment_intents', how: 'lose' })
  const { data } = await tip(fan, creator, { amountMinor: '1000' })
  expect(data?.['sendTip'].payment.state).toBe('PROCESSING')
  const intent = [...stripe.objects.values()].find(({ object }) => object === 'payment_intent')
  const told = stripe.message('payment_intent.succeeded', {
    ...intent,
    latest_charge: intent.latest_charge?.id ?? intent.latest_charge,
  })
  expect((await post(server, told.rawBody, told.headers, 'stripe')).status).toBe(200)
  await server.drain()
  const fees = async (): Promise<number> => -((await balances(server))['processor_fees'] ?? 0)
  const fee = await fees()
  expect(fee).toBeGreaterThan(0)
  expect((await balances(server))['processor_clearing']).toBe(fee - 1000)
  // asked again, and told again, it is the same fee
  await server.database.owner.query(
    `select graphile_worker.add_job('payments.learn_fee', json_build_object('paymentId', id)) from payment_intents`,
  )
  await runLater(server)
  expect(await fees()).toBe(fee)
})

it('a fee that the processor keeps in another currency is in the books of that currency, once', async () => {
  const world = makeWorld(server)
  const creator = await provenCreator(world)
  const fan = await world.fan()
  await saveCard(fan)
  const before = await balances(server)
  stripe.exchange({ currency: 'usd', fee: 41 })
  expect((await tip(fan, creator, { amountMinor: '1000' })).data?.['sendTip'].payment.state).toBe('SUCCEEDED')
  await server.database.owner.query(
    `select graphile_worker.add_job('payments.learn_fee', json_build_object('paymentId', id)) from payment_intents`,
  )
  await runLater(server)
  const after = await balances(server)
  expect(after['processor_fees']).toBe(before['processor_fees'])
  expect(after['processor_clearing']).toBe((before['processor_clearing'] ?? 0) - 1000)
  expect(await balances(server, 'USD')).toEqual({ processor_fees: -41, processor_clearing: 41 })
})

it('a lost dispute whose fee the processor keeps in another currency costs that in the books of that currency, once', async () => {
  const world = makeWorld(server)
  const creator = await provenCreator(world)
  const fan = await world.fan()
  await saveCard(fan)
  await tip(fan, creator, { amountMinor: '1000' })
  const before = { eur: await balances(server), usd: await balances(server, 'USD') }
  const booked = { object: 'balance_transaction', id: 'txn_1', amount: -1_100, fee: 1_600, currency: 'usd' }
  const dispute = stripe.dispute(await chargeOf(server, fan), { balance_transactions: [booked] })
  // what was told once is known, whatever a later message leaves out
  await lose(dispute)
  await tellOf(dispute, 'charge.dispute.closed', { status: 'lost', balance_transactions: [] })
  const [eur, usd] = [await balances(server), await balances(server, 'USD')]
  expect(eur['processor_fees']).toBe(before.eur['processor_fees'])
  expect(eur['processor_clearing']).toBe((before.eur['processor_clearing'] ?? 0) + 1_000)
  expect(usd['processor_fees']).toBe((before.usd['processor_fees'] ?? 0) - 1_600)
  expect(usd['processor_clearing']).toBe((before.usd['processor_clearing'] ?? 0) + 1_600)
  expect(await disputeOf(creator)).toEqual({
    state: 'LOST',
    amount: { currency: 'EUR' },
    fee: { amountMinor: '1600', currency: 'USD' },
  })
})

it('a lost dispute whose fee in another currency is nothing ends all the same, and costs none', async () => {
  const world = makeWorld(server)
  const creator = await provenCreator(world)
  const fan = await world.fan()
  await saveCard(fan)
  await tip(fan, creator, { amountMinor: '1000' })
  const before = { eur: await balances(server), usd: await balances(server, 'USD') }
  const booked = { object: 'balance_transaction', id: 'txn_2', amount: -1_100, fee: 0, currency: 'usd' }
  await lose(stripe.dispute(await chargeOf(server, fan), { balance_transactions: [booked] }))
  const eur = await balances(server)
  expect(eur['dispute_held']).toBe(before.eur['dispute_held'])
  expect(eur['processor_clearing']).toBe((before.eur['processor_clearing'] ?? 0) + 1_000)
  expect(await balances(server, 'USD')).toEqual(before.usd)
  expect(await disputeOf(creator)).toMatchObject({ state: 'LOST', fee: { amountMinor: '0', currency: 'USD' } })
})

it('a lost dispute of what had gone back already costs the fee alone', async () => {
  const world = makeWorld(server)
  const creator = await provenCreator(world)
  const fan = await world.fan()
  await saveCard(fan)
  await tip(fan, creator, { amountMinor: '1000' })
  const { transactions } = (await fan.do(`{ viewer { transactions(first: 1) { nodes { id } } } }`)).viewer
  const input = { transactionId: transactions.nodes[0].id, reason: 'Asked for.', idempotencyKey: crypto.randomUUID() }
  await (
    await world.admin()
  ).do(`mutation ($input: RefundTransactionInput!) { refundTransaction(input: $input) { userErrors { code } } }`, {
    input,
  })
  await server.drain()
  const before = await balances(server)
  const booked = { object: 'balance_transaction', id: 'txn_3', amount: -1_000, fee: 1_500, currency: 'eur' }
  await lose(stripe.dispute(await chargeOf(server, fan), { balance_transactions: [booked] }))
  const after = await balances(server)
  expect(after['processor_fees']).toBe((before['processor_fees'] ?? 0) - 1_500)
  expect(after['processor_clearing']).toBe((before['processor_clearing'] ?? 0) + 1_500)
  expect(await disputeOf(creator)).toMatchObject({ state: 'LOST', fee: { amountMinor: '1500', currency: 'EUR' } })
})

it('a lost dispute whose bookings leave something in two currencies costs what was told of it before', async () => {
  const world = makeWorld(server)
  const creator = await provenCreator(world)
  const fan = await world.fan()
  await saveCard(fan)
  await tip(fan, creator, { amountMinor: '1000' })
  const before = { eur: await balances(server), usd: await balances(server, 'USD') }
  const taken = { object: 'balance_transaction', id: 'txn_4', amount: -1_000, fee: 1_500, currency: 'eur' }
  const returned = { object: 'balance_transaction', id: 'txn_5', amount: 1_100, fee: -600, currency: 'usd' }
  const dispute = stripe.dispute(await chargeOf(server, fan), { balance_transactions: [taken] })
  await tellOf(dispute, 'charge.dispute.created', {})
  await tellOf(dispute, 'charge.dispute.closed', { status: 'lost', balance_transactions: [taken, returned] })
  expect((await balances(server))['processor_fees']).toBe((before.eur['processor_fees'] ?? 0) - 1_500)
  expect(await balances(server, 'USD')).toEqual(before.usd)
  expect(await disputeOf(creator)).toMatchObject({ state: 'LOST', fee: { amountMinor: '1500', currency: 'EUR' } })
})
