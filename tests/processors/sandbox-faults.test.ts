import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { configureLog } from '../../src/lib/log.js'
import { Sandbox } from '../../src/processors/processors.js'
import type { ChargeOrder } from '../../src/processors/types.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { openMailbox } from '../support/processor-mail.js'
import type { Mailbox } from '../support/processor-mail.js'

let database: TestDatabase
let sandbox: Sandbox
let mailbox: Mailbox
let customer: string

beforeAll(async () => {
  configureLog('critical')
  database = await testDatabase()
  sandbox = new Sandbox({ db: database.db, secrets: ['only'] })
  customer = (await sandbox.createCustomer({ userId: randomUUID(), key: randomUUID() })).reference
})
beforeEach(async () => {
  sandbox.faults.set({})
  await database.setClock(0)
  // what the test before left untold
  await sandbox.deliverDue(async () => undefined)
  mailbox = openMailbox(sandbox, database)
})
afterAll(() => database.drop())

const order = (): ChargeOrder => ({
  intentId: randomUUID(),
  key: randomUUID(),
  amount: { amountMinor: 999n, currency: 'EUR' },
  customer,
  method: 'pm_card_visa',
  isPresent: true,
  returnUrl: null,
  description: 'Membership',
})
const deliver = () => sandbox.deliverDue(mailbox.receive)
const told = () => mailbox.news('charge').map(({ intentId }) => intentId)

it('does what it was asked and loses the answer', async () => {
  const one = order()
  sandbox.faults.next('charge', 'timeout')
  await expect(sandbox.charge(one)).rejects.toMatchObject({ name: 'ProcessorUnavailable' })
  const found = await sandbox.findCharge(one)
  expect(found).toMatchObject({ state: 'SUCCEEDED' })
  expect(await sandbox.charge(one)).toEqual(found)
  await deliver()
  expect(told()).toEqual([one.intentId])
})

it('does nothing and does not answer', async () => {
  const one = order()
  sandbox.faults.next('charge', 'refuse', 2)
  for (let count = 0; count < 2; count += 1)
    await expect(sandbox.charge(one)).rejects.toMatchObject({ name: 'ProcessorUnavailable' })
  expect(await sandbox.findCharge(one)).toBeNull()
  expect(await sandbox.charge(one)).toMatchObject({ state: 'SUCCEEDED' })
})

it('refuses by chance what it would have done', async () => {
  sandbox.faults.next('charge', 'decline')
  expect(await sandbox.charge(order())).toMatchObject({ state: 'FAILED', decline: { code: 'generic_decline' } })
  sandbox.faults.set({ decline: 1 })
  expect(await sandbox.charge(order())).toMatchObject({ state: 'FAILED' })
})

it('answers late', async () => {
  sandbox.faults.set({ delay: 60 })
  const began = performance.now()
  await sandbox.charge(order())
  expect(performance.now() - began).toBeGreaterThanOrEqual(59)
})

it('tells a message twice, under one name', async () => {
  const one = order()
  await sandbox.charge(one)
  sandbox.faults.next('event', 'duplicate')
  await deliver()
  expect(told()).toEqual([one.intentId, one.intentId])
  expect(new Set(mailbox.events.map(({ id }) => id)).size).toBe(1)
})

it('tells a message after later ones', async () => {
  const [first, second] = [order(), order()]
  await sandbox.charge(first)
  await sandbox.charge(second)
  sandbox.faults.next('event', 'reorder')
  await deliver()
  expect(told()).toEqual([second.intentId])
  await database.setClock(2_500)
  await deliver()
  expect(told()).toEqual([second.intentId, first.intentId])
})

it('never tells a message, whose charge can still be found', async () => {
  const one = order()
  await sandbox.charge(one)
  sandbox.faults.next('event', 'drop')
  await deliver()
  await database.setClock(3_600_000)
  await deliver()
  expect(told()).toEqual([])
  expect(await sandbox.findCharge(one)).toMatchObject({ state: 'SUCCEEDED' })
})

it('tells a message again that was not taken, and does not keep others waiting for it', async () => {
  const [first, second] = [order(), order()]
  await sandbox.charge(first)
  await sandbox.charge(second)
  let isDown = true
  const receive: Mailbox['receive'] = async (rawBody, headers) => {
    if (isDown && rawBody.toString().includes(first.intentId)) throw new Error('the inbox is down')
    await mailbox.receive(rawBody, headers)
  }
  await expect(sandbox.deliverDue(receive)).rejects.toThrow('not taken')
  expect(told()).toEqual([second.intentId])
  isDown = false
  await sandbox.deliverDue(receive)
  expect(told()).toEqual([second.intentId])
  await database.setClock(6_000)
  await sandbox.deliverDue(receive)
  expect(told()).toEqual([second.intentId, first.intentId])
})

it(
  'tells everything in the end, whatever goes wrong by chance but for what is dropped',
  { timeout: 20_000 },
  async () => {
    const orders = Array.from({ length: 12 }, order)
    sandbox.faults.set({ timeout: 0.3, refuse: 0.3, duplicate: 0.3, reorder: 0.3 })
    for (const one of orders) await untilAnswered(() => sandbox.charge(one))
    for (let seconds = 0; seconds <= 9; seconds += 3) {
      await database.setClock(seconds * 1_000)
      await deliver()
    }
    expect(new Set(told())).toEqual(new Set(orders.map(({ intentId }) => intentId)))
  },
)

async function untilAnswered<T>(work: () => Promise<T>): Promise<T> {
  for (let left = 100; ; left -= 1)
    try {
      return await work()
    } catch (error) {
      if (left === 0 || !(error instanceof Error) || error.name !== 'ProcessorUnavailable') throw error
    }
}
