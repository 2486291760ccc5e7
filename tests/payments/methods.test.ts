import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { World } from '../support/world.js'
import { newKey, sandboxOf, saveCard, tryCard } from './paying.js'

let server: TestServer
let world: World
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
})
afterAll(async () => {
  await expectLedger(server.database)
  await server.close()
})

const LIST = `{ viewer { paymentMethods { id brand lastFour expiryMonth expiryYear isDefault } } }`
const REMOVE = `mutation ($id: ID!) { removePaymentMethod(input: { paymentMethodId: $id }) { removedPaymentMethodId userErrors { code } } }`
const NOT_FOUND = [{ code: 'NODE_NOT_FOUND' }]
const MAKE_DEFAULT = `mutation ($id: ID!) { setDefaultPaymentMethod(input: { paymentMethodId: $id }) { paymentMethod { isDefault } userErrors { code } } }`

describe('a way to pay', () => {
  it('is saved by its token, and the first one is the default', async () => {
    const fan = await world.fan()
    const visa = await saveCard(fan)
    const mastercard = await saveCard(fan, 'pm_card_mastercard')
    const { viewer } = await fan.do(LIST)
    expect(viewer.paymentMethods).toMatchObject([
      { id: visa, brand: 'visa', lastFour: '4242', isDefault: true },
      { id: mastercard, brand: 'mastercard', lastFour: '4444', isDefault: false },
    ])
  })

  it('is saved once under one key, also by five who ask at once', async () => {
    const fan = await world.fan()
    const key = newKey()
    const answers = await Promise.all(Array.from({ length: 5 }, () => tryCard(fan, 'pm_card_visa', key)))
    expect(new Set(answers.map(({ paymentMethod }) => paymentMethod.id)).size).toBe(1)
    expect((await fan.do(LIST)).viewer.paymentMethods).toHaveLength(1)
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1)
  })

  it('is not another one under the same key, also while the first is being saved', async () => {
    const fan = await world.fan()
    const key = newKey()
    const MISMATCH = [{ code: 'IDEMPOTENCY_MISMATCH', path: ['input', 'idempotencyKey'] }]
    const both = await Promise.all(['pm_card_visa', 'pm_card_amex'].map((token) => tryCard(fan, token, key)))
    const [first] = both.filter(({ userErrors }) => userErrors.length === 0)
    const saved = first.paymentMethod.brand as string
    expect(both).toContainEqual(
      expect.objectContaining({ paymentMethod: null, userErrors: [expect.objectContaining(MISMATCH[0])] }),
    )
    expect(await tryCard(fan, 'pm_card_mastercard', key)).toMatchObject({ paymentMethod: null, userErrors: MISMATCH })
    expect((await fan.do(LIST)).viewer.paymentMethods).toMatchObject([{ brand: saved }])
  })

  it('that was removed since is gone in the replay too, and a new key saves it again', async () => {
    const fan = await world.fan()
    const key = newKey()
    const { paymentMethod, replayed } = await tryCard(fan, 'pm_card_visa', key)
    expect(replayed).toBe(false)
    expect(await tryCard(fan, 'pm_card_visa', key)).toMatchObject({ paymentMethod, replayed: true, userErrors: [] })
    await fan.do(REMOVE, { id: paymentMethod.id })
    expect(await tryCard(fan, 'pm_card_visa', key)).toMatchObject({
      paymentMethod: null,
      replayed: true,
      userErrors: [],
    })
    expect((await fan.do(LIST)).viewer.paymentMethods).toEqual([])
    expect((await tryCard(fan, 'pm_card_visa')).paymentMethod.id).not.toBe(paymentMethod.id)
  })

  it('that the bank refuses is not saved, and the refusal says why', async () => {
    const fan = await world.fan()
    expect(await tryCard(fan, 'pm_card_chargeDeclinedExpiredCard')).toMatchObject({
      paymentMethod: null,
      userErrors: [{ code: 'PAYMENT_DECLINED', decline: { code: 'expired_card', declineClass: 'NEW_METHOD' } }],
    })
    expect(await tryCard(fan, 'a token with spaces')).toMatchObject({ userErrors: [{ code: 'INVALID_INPUT' }] })
    expect((await fan.do(LIST)).viewer.paymentMethods).toEqual([])
  })

  it('is for its owner alone', async () => {
    const [fan, other] = [await world.fan(), await world.fan()]
    const id = await saveCard(fan)
    expect((await other.do(`query ($id: ID!) { node(id: $id) { id } }`, { id })).node).toBeNull()
    expect((await other.request(REMOVE, { id })).data?.['removePaymentMethod'].userErrors).toEqual(NOT_FOUND)
    expect((await other.request(MAKE_DEFAULT, { id })).data?.['setDefaultPaymentMethod'].userErrors).toEqual(NOT_FOUND)
  })

  it('gives the default to the newest when it is removed, and is charged no more', async () => {
    const fan = await world.fan()
    const first = await saveCard(fan)
    const second = await saveCard(fan, 'pm_card_amex')
    await fan.do(MAKE_DEFAULT, { id: second })
    await fan.do(MAKE_DEFAULT, { id: second })
    expect((await fan.do(LIST)).viewer.paymentMethods.map((method: any) => method.id)).toEqual([second, first])
    expect((await fan.do(REMOVE, { id: second })).removePaymentMethod.userErrors).toEqual([])
    expect((await fan.do(LIST)).viewer.paymentMethods).toMatchObject([{ id: first, isDefault: true }])
    expect((await fan.request(REMOVE, { id: second })).data?.['removePaymentMethod'].userErrors).toEqual(NOT_FOUND)
  })

  it('leaves no token, number or fingerprint in the trail or the log', async () => {
    const fan = await world.fan()
    await saveCard(fan)
    const { rows } = await server.database.owner.query(
      `select action, before, after, description from audit_logs where user_id = $1 and action like 'payment_method%'`,
      [fan.uuid],
    )
    expect(rows).toMatchObject([{ action: 'payment_method.added' }])
    expect(JSON.stringify(rows)).not.toMatch(/4242|pm_/)
  })

  it('that cannot be saved because the processor is silent is told so, and can be tried again', async () => {
    const fan = await world.fan()
    sandboxOf(server).faults.next('method', 'timeout')
    const key = newKey()
    const { errors } = await fan.request(
      `mutation ($input: AddPaymentMethodInput!) { addPaymentMethod(input: $input) { paymentMethod { id } } }`,
      { input: { token: 'pm_card_visa', idempotencyKey: key } },
    )
    expect(errors[0]?.extensions['code']).toBe('UNAVAILABLE')
    expect((await tryCard(fan, 'pm_card_visa', key)).paymentMethod).not.toBeNull()
    expect((await fan.do(LIST)).viewer.paymentMethods).toHaveLength(1)
  })
})
