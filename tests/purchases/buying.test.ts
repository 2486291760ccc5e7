import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { provenCreator, postMutation, publish, read } from '../content/posts.js'
import { buy, newKey, chargeOf, runLater, sandboxOf, saveCard, topUp } from '../payments/paying.js'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'

const PRICE = { amountMinor: '700', currency: 'EUR' }

let server: TestServer
let world: World
let creator: Person
let fan: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await provenCreator(world)
  fan = await world.fan()
  await saveCard(fan)
})
afterAll(async () => {
  await expectLedger(server.database)
  await server.close()
})

const forSale = (more: Record<string, unknown> = {}) => publish(creator, { priceMinor: '700', ...more })
const codesOf = (answer: { data: Record<string, any> | null }): string[] =>
  (answer.data?.['purchaseContent'].userErrors as { code: string }[]).map(({ code }) => code)
const bodyOf = async (person: Pick<Person, 'request'>, id: string): Promise<string> =>
  (await read(person, id))?.['body'].__typename as string

async function buyer(token = 'pm_card_visa'): Promise<Person> {
  const person = await world.fan()
  await saveCard(person, token)
  return person
}

describe('a post that is sold singly', () => {
  it('opens when it is paid, for its buyer alone', async () => {
    const { id } = await forSale()
    expect(await bodyOf(fan, id)).toBe('LockedBody')
    const { data } = await buy(fan, id, PRICE)
    expect(data?.['purchaseContent']).toMatchObject({
      purchase: { state: 'PAID', title: 'A title', content: { id } },
      content: { body: { __typename: 'UnlockedBody' } },
      payment: { state: 'SUCCEEDED' },
      userErrors: [],
    })
    expect(await bodyOf(await world.fan(), id)).toBe('LockedBody')
    const { viewer } = await fan.do(
      `{ viewer { purchases(first: 1) { nodes { title state amount { amountMinor } } } } }`,
    )
    expect(viewer.purchases.nodes).toEqual([{ title: 'A title', state: 'PAID', amount: { amountMinor: '700' } }])
  })

  it('is not charged at another price than was shown, and the new one is told', async () => {
    const { id } = await forSale()
    const { authorView } = (await read(creator, id))!
    await creator.do(postMutation('updateContent'), {
      input: { contentId: id, expectedVersion: authorView.version, priceMinor: '900' },
    })
    const person = await buyer()
    const { data } = await buy(person, id, PRICE)
    expect(data?.['purchaseContent'].userErrors).toEqual([
      expect.objectContaining({
        __typename: 'PriceChangedError',
        code: 'PRICE_CHANGED',
        price: { amountMinor: '900', currency: 'EUR' },
      }),
    ])
    const { rows } = await server.database.owner.query('select from payment_intents where payer_id = $1', [person.uuid])
    expect(rows).toEqual([])
  })

  it('is bought once by fifty who ask at once', async () => {
    const { id } = await forSale()
    const person = await buyer()
    await topUp(person, '10000')
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        buy(person, id, PRICE, index % 2 === 0 ? { payWith: { useWallet: true } } : {}),
      ),
    )
    const bought = answers.filter(({ data }) => data?.['purchaseContent'].payment?.state === 'SUCCEEDED')
    expect(bought).toHaveLength(1)
    const refusals = new Set(answers.filter((answer) => !bought.includes(answer)).flatMap((one) => codesOf(one)))
    expect([...refusals].every((code) => ['ALREADY_PURCHASED', 'PURCHASE_UNDER_WAY'].includes(code))).toBe(true)
    const { rows } = await server.database.owner.query(
      `select count(*)::int as count from transactions where payer_id = $1 and type = 'content_purchase'`,
      [person.uuid],
    )
    expect(rows).toEqual([{ count: 1 }])
  })

  it('can be bought again when the bank refused', async () => {
    const { id } = await forSale()
    const person = await buyer('pm_card_chargeCustomerFail')
    expect((await buy(person, id, PRICE)).data?.['purchaseContent']).toMatchObject({
      purchase: { state: 'FAILED' },
      content: { body: { __typename: 'LockedBody' } },
      userErrors: [{ code: 'PAYMENT_DECLINED', decline: { code: 'generic_decline' } }],
    })
    const good = await saveCard(person)
    const { data } = await buy(person, id, PRICE, { payWith: { paymentMethodId: good } })
    expect(data?.['purchaseContent'].purchase.state).toBe('PAID')
  })

  it('under the same key is bought once, also while the first answer is lost', async () => {
    const { id } = await forSale()
    const person = await buyer()
    const idempotencyKey = newKey()
    sandboxOf(server).faults.next('charge', 'timeout')
    const first = await buy(person, id, PRICE, { idempotencyKey })
    expect(first.data?.['purchaseContent'].payment.state).toBe('PROCESSING')
    await runLater(server)
    const again = await buy(person, id, PRICE, { idempotencyKey })
    expect(again.data?.['purchaseContent']).toMatchObject({
      replayed: true,
      payment: { state: 'SUCCEEDED' },
      content: { body: { __typename: 'UnlockedBody' } },
    })
    expect(codesOf(await buy(await buyer(), id, PRICE, { idempotencyKey }))).toEqual([])
  })

  it('is refused to its creator, to strangers of it, and where it is not for sale', async () => {
    const { id } = await forSale()
    await saveCard(creator)
    expect(codesOf(await buy(creator, id, PRICE))).toEqual(['SELF_ACTION'])
    const { id: free } = await publish(creator)
    expect(codesOf(await buy(fan, free, PRICE))).toEqual(['NOT_FOR_SALE'])
    const { id: bought } = await forSale()
    await buy(fan, bought, PRICE)
    expect(codesOf(await buy(fan, bought, PRICE))).toEqual(['ALREADY_PURCHASED'])
    const blocked = await buyer()
    await creator.do(`mutation ($id: ID!) { blockUser(input: { userId: $id }) { userErrors { code } } }`, {
      id: blocked.id,
    })
    expect(codesOf(await buy(blocked, id, PRICE))).toEqual(['NODE_NOT_FOUND'])
  })

  it('stays its buyer’s when it is unpublished or deleted', async () => {
    const { id } = await forSale()
    await buy(fan, id, PRICE)
    await creator.do(postMutation('unpublishContent'), { input: { contentId: id } })
    expect(await bodyOf(fan, id)).toBe('UnlockedBody')
    expect(await read(await world.fan(), id)).toBeNull()
    await creator.do(postMutation('deleteContent'), { input: { contentId: id } })
    expect(await bodyOf(fan, id)).toBe('UnlockedBody')
  })

  it('closes with a dispute, is back when it is won, and gone when it is lost', async () => {
    const { id } = await forSale()
    const person = await buyer()
    await buy(person, id, PRICE)
    const sandbox = sandboxOf(server)
    const first = await sandbox.openDispute(await chargeOf(server, person))
    await server.drain()
    expect(await bodyOf(person, id)).toBe('LockedBody')
    await sandbox.closeDispute(first, 'WON')
    await server.drain()
    expect(await bodyOf(person, id)).toBe('UnlockedBody')
    const second = await sandbox.openDispute(await chargeOf(server, person))
    await sandbox.closeDispute(second, 'LOST')
    await server.drain()
    expect(await bodyOf(person, id)).toBe('LockedBody')
  })

  it('closes with a refund made at the processor, and is back when the bank sends it back', async () => {
    const { id } = await forSale()
    const person = await buyer('pm_card_refundFail')
    await buy(person, id, PRICE)
    await sandboxOf(server).refundAtProcessor(await chargeOf(server, person), 700n)
    await runLater(server)
    const { rows } = await server.database.owner.query(
      `select reason::text as reason, gross_amount::int as gross from transactions
       where payer_id = $1 and type = 'refund' order by occurred_at, id`,
      [person.uuid],
    )
    expect(rows).toEqual([
      { reason: 'refund', gross: -700 },
      { reason: 'refund_failed', gross: 700 },
    ])
    expect(await bodyOf(person, id)).toBe('UnlockedBody')
  })
})
