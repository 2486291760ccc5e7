import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { provenCreator } from '../content/posts.js'
import { balances, chargeOf, newKey, runLater, saveCard, sandboxOf, tip, topUp } from '../payments/paying.js'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'

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

describe('a tip', () => {
  it('by card is the creator’s, less the platform’s fee, and the processor’s is the platform’s cost', async () => {
    const before = await balances(server)
    const { data } = await tip(fan, creator, { amountMinor: '999', message: 'Lovely.' })
    expect(data?.['sendTip']).toMatchObject({
      tip: { state: 'PAID', message: 'Lovely.', isAnonymous: false, sender: { id: fan.id } },
      payment: { state: 'SUCCEEDED', amount: { amountMinor: '999', currency: 'EUR' } },
      replayed: false,
      userErrors: [],
    })
    const after = await balances(server)
    const change = (kind: string): number => (after[kind] ?? 0) - (before[kind] ?? 0)
    // 20 % of 9.99 is 1.998: 2.00
    expect(change('creator_pending')).toBe(799)
    expect(change('platform_fees')).toBe(200)
    expect(change('processor_fees')).toBe(-19)
    expect(change('processor_clearing')).toBe(-980)
  })

  it('under the same key is given once, and says that it was', async () => {
    const idempotencyKey = newKey()
    const first = await tip(fan, creator, { idempotencyKey })
    const again = await tip(fan, creator, { idempotencyKey })
    expect(again.data?.['sendTip']).toMatchObject({
      replayed: true,
      tip: { id: first.data?.['sendTip'].tip.id },
      payment: { id: first.data?.['sendTip'].payment.id, state: 'SUCCEEDED' },
    })
    const other = await tip(fan, creator, { idempotencyKey, amountMinor: '501' })
    expect(other.data?.['sendTip'].userErrors).toMatchObject([{ code: 'IDEMPOTENCY_MISMATCH' }])
  })

  it('that the bank refuses moves nothing, and says what that means', async () => {
    const poor = await world.fan()
    await saveCard(poor, 'pm_card_chargeCustomerFail')
    const before = await balances(server)
    const { data } = await tip(poor, creator)
    expect(data?.['sendTip']).toMatchObject({
      tip: { state: 'FAILED' },
      payment: { state: 'FAILED', decline: { code: 'generic_decline' } },
      userErrors: [{ __typename: 'PaymentDeclinedError', code: 'PAYMENT_DECLINED' }],
    })
    expect(await balances(server)).toEqual(before)
  })

  it('that the payer must confirm waits for them, and is paid when they did', async () => {
    const careful = await world.fan()
    await saveCard(careful, 'pm_card_authenticationRequired')
    const { data } = await tip(careful, creator, { payWith: { returnUrl: 'https://app.example.com/back' } })
    expect(data?.['sendTip']).toMatchObject({
      tip: { state: 'PENDING' },
      payment: { state: 'REQUIRES_ACTION', actionUrl: expect.stringMatching(/^https?:/) },
      userErrors: [],
    })
    await sandboxOf(server).confirmAction(await chargeOf(server, careful), 'succeed')
    await server.drain()
    const { viewer } = await careful.do(`{ viewer { tipsSent { nodes { state payment { state } } } } }`)
    expect(viewer.tipsSent.nodes).toEqual([{ state: 'PAID', payment: { state: 'SUCCEEDED' } }])
  })

  it('from the wallet is one movement, and never more than is in it', async () => {
    const saver = await world.fan()
    await saveCard(saver)
    expect((await topUp(saver, '1000')).data?.['topUpWallet']).toMatchObject({
      payment: { state: 'SUCCEEDED' },
      wallet: { balance: { amountMinor: '1000', currency: 'EUR' } },
    })
    const tips = await Promise.all(
      Array.from({ length: 6 }, () => tip(saver, creator, { amountMinor: '300', payWith: { useWallet: true } })),
    )
    const states = tips.map(({ data }) => data?.['sendTip'].userErrors[0]?.code ?? data?.['sendTip'].payment.state)
    expect(states.sort()).toEqual([
      'INSUFFICIENT_FUNDS',
      'INSUFFICIENT_FUNDS',
      'INSUFFICIENT_FUNDS',
      'SUCCEEDED',
      'SUCCEEDED',
      'SUCCEEDED',
    ])
    const { viewer } = await saver.do(`{ viewer { wallets { balance { amountMinor } } } }`)
    expect(viewer.wallets).toEqual([{ balance: { amountMinor: '100' } }])
  })

  it.each([
    ['nothing', { amountMinor: '0' }, 'PRICE_OUT_OF_RANGE'],
    ['less than nothing', { amountMinor: '-100' }, 'PRICE_OUT_OF_RANGE'],
    ['more than there is', { amountMinor: '9223372036854775807' }, 'PRICE_OUT_OF_RANGE'],
    ['another currency', { currency: 'USD' }, 'CURRENCY_MISMATCH'],
  ])('of %s is refused', async (_, tipping, code) => {
    expect((await tip(fan, creator, tipping)).data?.['sendTip'].userErrors).toMatchObject([{ code }])
  })

  it('of a fraction, or of what no number is, is refused as no input', async () => {
    for (const amountMinor of [1.5, '1.5', 'NaN', '1e3']) {
      const { errors } = await tip(fan, creator, { amountMinor })
      expect(errors[0]?.extensions['code']).toBe('BAD_USER_INPUT')
    }
  })

  it('to oneself, by another’s card, or without a card is refused', async () => {
    await saveCard(creator)
    expect((await tip(creator, creator)).data?.['sendTip'].userErrors).toMatchObject([{ code: 'SELF_ACTION' }])
    const stolen = await saveCard(await world.fan())
    expect(
      (await tip(fan, creator, { payWith: { paymentMethodId: stolen } })).data?.['sendTip'].userErrors,
    ).toMatchObject([{ code: 'NODE_NOT_FOUND', path: ['input', 'payWith', 'paymentMethodId'] }])
    expect((await tip(await world.fan(), creator)).data?.['sendTip'].userErrors).toMatchObject([
      { code: 'PAYMENT_METHOD_REQUIRED' },
    ])
  })

  it('whose answer is lost is neither lost nor made twice', async () => {
    const { owner } = server.database
    const count = async (): Promise<number> =>
      Number((await owner.query(`select count(*) from transactions where status = 'succeeded'`)).rows[0].count)
    const before = await count()
    sandboxOf(server).faults.next('charge', 'timeout')
    const { data } = await tip(fan, creator)
    expect(data?.['sendTip']).toMatchObject({ payment: { state: 'PROCESSING' }, tip: { state: 'PENDING' } })
    await runLater(server)
    expect(await count()).toBe(before + 1)
    const { node } = await fan.do(`query ($id: ID!) { node(id: $id) { ... on Payment { state } } }`, {
      id: data?.['sendTip'].payment.id,
    })
    expect(node).toEqual({ state: 'SUCCEEDED' })
  })
})
