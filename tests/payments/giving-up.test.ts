import { afterAll, beforeAll, expect, it } from 'vitest'
import { publish } from '../content/posts.js'
import { memberCreator, trySubscribe } from '../subscriptions/members.js'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { tell } from './histories.js'
import { buy, chargeOf, runLater, sandboxOf, saveCard, topUp } from './paying.js'

const PRICE = { amountMinor: '700', currency: 'EUR' }
const RETURN = { returnUrl: 'https://app.example.com/back' }
const CANCEL = `mutation ($id: ID!) {
  cancelPayment(input: { paymentId: $id }) { payment { id state actionUrl decline { code } } userErrors { code path } }
}`
const NOT_WAITING = { payment: null, userErrors: [{ code: 'PAYMENT_NOT_WAITING', path: ['input', 'paymentId'] }] }
const GIVEN_UP = { payment: { state: 'FAILED', actionUrl: null, decline: { code: 'canceled' } }, userErrors: [] }

let server: TestServer
let world: World
let creator: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await memberCreator(world)
})
afterAll(async () => {
  await expectLedger(server.database)
  await server.close()
})

/** Somebody whose default card asks them first, and who has another one that does not. */
async function asked(): Promise<{ readonly fan: Person; readonly other: string }> {
  const fan = await world.fan()
  await saveCard(fan, 'pm_card_authenticationRequired')
  return { fan, other: await saveCard(fan) }
}
const giveUp = async (person: Person, id: string): Promise<any> =>
  (await person.request(CANCEL, { id })).data?.['cancelPayment']
const rowsOf = async (text: string, values: unknown[]): Promise<unknown[]> =>
  (await server.database.owner.query<object>(text, values)).rows
const auditsOf = ({ uuid }: Person) =>
  rowsOf(`select action from audit_logs where user_id = $1 and action like 'payment.%' order by action`, [uuid])

it('lets go what was kept for it, and is audited once however often it is asked', async () => {
  const { fan, other } = await asked()
  const { id } = await publish(creator, { priceMinor: '700' })
  const waiting = (await buy(fan, id as string, PRICE, { payWith: RETURN })).data?.['purchaseContent'].payment
  expect(waiting.state).toBe('REQUIRES_ACTION')
  const payWith = { paymentMethodId: other }
  const early = (await buy(fan, id as string, PRICE, { payWith })).data?.['purchaseContent']
  expect(early.userErrors).toMatchObject([{ code: 'PURCHASE_UNDER_WAY' }])
  const answers = await Promise.all(Array.from({ length: 5 }, () => giveUp(fan, waiting.id as string)))
  expect([...answers, await giveUp(fan, waiting.id as string)]).toEqual(
    Array.from({ length: 6 }, () => ({ ...GIVEN_UP, payment: { id: waiting.id as string, ...GIVEN_UP.payment } })),
  )
  expect(await auditsOf(fan)).toEqual([{ action: 'payment.failed' }, { action: 'payment.given_up' }])
  await sandboxOf(server).confirmAction(await chargeOf(server, fan), 'succeed')
  await runLater(server)
  const late = (await buy(fan, id as string, PRICE, { payWith })).data?.['purchaseContent']
  expect(late).toMatchObject({ purchase: { state: 'PAID' }, payment: { state: 'SUCCEEDED' }, userErrors: [] })
})

it('ends a subscription that never began, so that another can', async () => {
  const { fan, other } = await asked()
  const { payment } = await trySubscribe(fan, creator, 'MONTHLY', { payWith: RETURN })
  expect(await giveUp(fan, payment.id as string)).toMatchObject(GIVEN_UP)
  const { subscription } = await trySubscribe(fan, creator, 'MONTHLY', { payWith: { paymentMethodId: other } })
  expect(subscription.status).toBe('ACTIVE')
})

it('is for its payer alone, and only while it waits', async () => {
  const { fan, other } = await asked()
  const waiting = (await topUp(fan, '1000', 'EUR', { payWith: RETURN })).data?.['topUpWallet'].payment.id as string
  expect((await giveUp(await world.fan(), waiting)).userErrors).toMatchObject([{ code: 'NODE_NOT_FOUND' }])
  const paid = (await topUp(fan, '1000', 'EUR', { payWith: { paymentMethodId: other } })).data?.['topUpWallet'].payment
  expect(await giveUp(fan, paid.id as string)).toEqual(NOT_WAITING)
  sandboxOf(server).faults.next('cancel', 'timeout')
  expect((await fan.request(CANCEL, { id: waiting })).errors[0]?.extensions['code']).toBe('UNAVAILABLE')
  expect(await giveUp(fan, waiting)).toMatchObject(GIVEN_UP)
})

it('is too late where its payer confirmed it before: it is paid', async () => {
  const { fan } = await asked()
  const waiting = (await topUp(fan, '1000', 'EUR', { payWith: RETURN })).data?.['topUpWallet'].payment.id as string
  await sandboxOf(server).confirmAction(await chargeOf(server, fan), 'succeed')
  expect(await giveUp(fan, waiting)).toEqual(NOT_WAITING)
  const { viewer } = await fan.do('{ viewer { wallets { balance { amountMinor } } payments { nodes { state } } } }')
  expect(viewer).toEqual({
    wallets: [{ balance: { amountMinor: '1000' } }],
    payments: { nodes: [{ state: 'SUCCEEDED' }] },
  })
  expect(await auditsOf(fan)).toEqual([{ action: 'payment.succeeded' }])
})

it('gives back money that comes all the same for what was bought otherwise since', async () => {
  const { fan, other } = await asked()
  const { id } = await publish(creator, { priceMinor: '700' })
  const waiting = (await buy(fan, id as string, PRICE, { payWith: RETURN })).data?.['purchaseContent'].payment
  const charge = await chargeOf(server, fan)
  await giveUp(fan, waiting.id as string)
  await runLater(server)
  await buy(fan, id as string, PRICE, { payWith: { paymentMethodId: other } })
  const [object] = await rowsOf(
    `update sandbox_objects set state = 'SUCCEEDED' where id = $1
     returning id, 'CHARGE' as kind, parent_id as "parentId", state, data, created_at as "createdAt"`,
    [charge],
  )
  const createdAt = (await server.now()).toISOString()
  const body = JSON.stringify({ id: 'evt_sandbox_late', type: 'charge.succeeded', createdAt, object })
  expect(await tell(server, { type: '', body })).toBe(200)
  await runLater(server)
  expect(
    await rowsOf(
      `select state::text as state, amount_minor::int as paid, refunded_minor::int as refunded
       from payment_intents where payer_id = $1 order by created_at`,
      [fan.uuid],
    ),
  ).toEqual([
    { state: 'succeeded', paid: 700, refunded: 700 },
    { state: 'succeeded', paid: 700, refunded: 0 },
  ])
})
