import { expect, it } from 'vitest'
import { parseGlobalId } from '../../src/lib/ids.js'
import { publish, read } from '../content/posts.js'
import { inboxOf } from '../notifications/inbox.js'
import { buy, chargeOf, newKey, runLater, sandboxOf, topUp } from '../payments/paying.js'
import { creator, openSetting, payer, server, world } from '../subscriptions/setting.js'
import type { Person } from '../support/world.js'

const PRICE = { amountMinor: '700', currency: 'EUR' }
const MINE = `{ viewer { purchases(first: 5) { nodes { state title content { id } payment { refunded { amountMinor } } } } wallets { balance { amountMinor } } } }`
const CASES = `{ financeCases(isOpen: true, first: 5) {
  nodes { kind reference creator { id } payment { amount { amountMinor } } details } } }`

openSetting()

const bought = async (id: string, token?: string): Promise<Person> => {
  const fan = await payer(token)
  await buy(fan, id, PRICE)
  return fan
}
const takeDown = (id: string, hoursAgo: number): Promise<unknown> =>
  server.database.owner.query(
    `update content set removed_at = app_now() - make_interval(hours => $2), removed_reason = 'Illegal.' where id = $1`,
    [parseGlobalId(id)!.uuid, hoursAgo],
  )
const restore = (id: string): Promise<unknown> =>
  server.database.owner.query(`update content set removed_at = null, removed_reason = null where id = $1`, [
    parseGlobalId(id)!.uuid,
  ])
/** Looks for what has to go back, three at once. */
async function lookAround(): Promise<void> {
  await server.database.owner.query(
    `select graphile_worker.add_job('purchases.refund_removed', '{}') from generate_series(1, 3)`,
  )
  await runLater(server)
}
const refundsOf = async ({ uuid }: Person): Promise<[string, number][]> =>
  (
    await server.database.owner.query<{ state: string; amount: number }>(
      `select r.state::text as state, r.amount_minor::int as amount from refunds r
       join payment_intents p on p.id = r.payment_intent_id where p.payer_id = $1 order by r.created_at`,
      [uuid],
    )
  ).rows.map(({ state, amount }) => [state, amount])

it('who bought a post that is taken down gets back what is left of the price, once, after a day', async () => {
  const { id } = await publish(creator, { title: 'Bread', priceMinor: '700' })
  const postId = id as string
  const [byCard, partly] = [await bought(postId), await bought(postId)]
  const byWallet = await payer()
  await topUp(byWallet, '700')
  await buy(byWallet, postId, PRICE, { payWith: { useWallet: true } })
  await sandboxOf(server).refundAtProcessor(await chargeOf(server, partly), 200n)
  await server.drain()

  await takeDown(postId, 23)
  await lookAround()
  // closed at once, and given back once it is clear that it stays so
  for (const fan of [byCard, byWallet]) {
    expect(await read(fan, postId)).toBeNull()
    expect(await refundsOf(fan)).toEqual([])
  }
  await takeDown(postId, 25)
  for (let time = 0; time < 2; time += 1) await lookAround()
  expect(await refundsOf(byCard)).toEqual([['succeeded', 700]])
  expect(await refundsOf(byWallet)).toEqual([['succeeded', 700]])
  expect(await refundsOf(partly)).toEqual([
    ['succeeded', 200],
    ['succeeded', 500],
  ])
  const { viewer } = await byWallet.do(MINE)
  expect(viewer).toMatchObject({
    purchases: { nodes: [{ state: 'REFUNDED', title: 'Bread', content: null }] },
    wallets: [{ balance: { amountMinor: '700' } }],
  })
})

it('what is disputed waits for its dispute, and what the bank sends back is not sent again, but a case of a person’s', async () => {
  const { id } = await publish(creator, { priceMinor: '700' })
  const postId = id as string
  const [winning, losing, closed] = [
    await bought(postId),
    await bought(postId),
    await bought(postId, 'pm_card_refundFail'),
  ]
  const disputes: string[] = []
  for (const fan of [winning, losing]) disputes.push(await sandboxOf(server).openDispute(await chargeOf(server, fan)))
  await server.drain()
  await takeDown(postId, 48)
  for (let time = 0; time < 3; time += 1) await lookAround()
  for (const fan of [winning, losing]) expect(await refundsOf(fan)).toEqual([])
  expect(await refundsOf(closed)).toEqual([['failed', 700]])
  const told = (await inboxOf(closed, { types: ['PAYMENT'] })).nodes.map(({ title }) => title).sort()
  expect(told).toEqual(['Refund', 'Refund failed'])
  const { financeCases } = await (await world.admin()).do(CASES)
  expect(financeCases.nodes).toEqual([
    {
      kind: 'OTHER',
      reference: expect.stringMatching(/^undelivered:/),
      creator: { id: creator.id },
      payment: { amount: { amountMinor: '700' } },
      details: {
        reason: 'A refund that nobody here asked for came back.',
        refundedFor: 'The post was taken down.',
        amountMinor: '700',
        currency: 'EUR',
      },
    },
  ])
  await sandboxOf(server).closeDispute(disputes[0]!, 'LOST')
  await sandboxOf(server).closeDispute(disputes[1]!, 'WON')
  for (let time = 0; time < 2; time += 1) await lookAround()
  // their bank gave it back, or the platform does
  expect(await refundsOf(winning)).toEqual([])
  expect(await refundsOf(losing)).toEqual([['succeeded', 700]])
})

it('a post that is there again is nobody’s reason to give money back', async () => {
  const { id } = await publish(creator, { priceMinor: '700' })
  const fan = await bought(id as string)
  await takeDown(id as string, 20)
  await restore(id as string)
  await lookAround()
  expect(await refundsOf(fan)).toEqual([])
  expect((await read(fan, id as string))?.['body'].__typename).toBe('UnlockedBody')
  expect(
    (await buy(fan, id as string, PRICE, { idempotencyKey: newKey() })).data?.['purchaseContent'].userErrors,
  ).toMatchObject([{ code: 'ALREADY_PURCHASED' }])
})

it('a post that is taken down again is given back to whoever bought it since, and to nobody twice', async () => {
  const { id } = await publish(creator, { priceMinor: '700' })
  const postId = id as string
  const [before, again] = [await bought(postId), await bought(postId)]
  const unlucky = await bought(postId, 'pm_card_refundFail')
  await takeDown(postId, 25)
  for (let time = 0; time < 2; time += 1) await lookAround()
  await restore(postId)
  const since = await bought(postId)
  await buy(again, postId, PRICE)
  expect((await read(unlucky, postId))?.['body'].__typename).toBe('UnlockedBody')
  await takeDown(postId, 25)
  for (let time = 0; time < 2; time += 1) await lookAround()
  expect(await refundsOf(before)).toEqual([['succeeded', 700]])
  expect(await refundsOf(since)).toEqual([['succeeded', 700]])
  expect(await refundsOf(again)).toEqual([
    ['succeeded', 700],
    ['succeeded', 700],
  ])
  expect(await refundsOf(unlucky)).toEqual([['failed', 700]])
})
