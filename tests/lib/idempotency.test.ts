import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { transaction } from '../../src/lib/db.js'
import type { Origin } from '../../src/lib/db.js'
import { idempotently, IDEMPOTENCY_KEEP_MS } from '../../src/lib/idempotency.js'
import type { IdempotentCall } from '../../src/lib/idempotency.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'

let database: TestDatabase
let origin: Origin
let runs = 0
beforeAll(async () => {
  database = await testDatabase()
  origin = { db: database.db, actorId: null, sessionId: null, requestId: 'request-1' }
})
afterAll(() => database.drop())

const call = (key: string, more: Partial<IdempotentCall> = {}): IdempotentCall => ({
  scope: 'person-1',
  mutation: 'announce',
  key,
  request: { title: 'a', body: 'b' },
  ...more,
})

const perform = (what: IdempotentCall, work?: () => Promise<{ id: number }>) =>
  transaction(origin, (tx, now) =>
    idempotently(tx, what, now, async () => {
      await work?.()
      return { id: (runs += 1) }
    }),
  )

it('answers a retry with the first answer and says so, in whatever order the input is written', async () => {
  const first = await perform(call('k1'))
  const again = await perform(call('k1', { request: { body: 'b', title: 'a' } }))
  expect(first.replayed).toBe(false)
  expect(again).toEqual({ answer: first.answer, replayed: true })
})

it('refuses the same key for another request', async () => {
  await perform(call('k2'))
  await expect(perform(call('k2', { request: { title: 'other' } }))).rejects.toMatchObject({
    code: 'CONFLICT',
    reason: 'idempotency_mismatch',
  })
})

it('keeps people and mutations apart', async () => {
  const mine = await perform(call('k3'))
  const others = await perform(call('k3', { scope: 'person-2' }))
  const elsewhere = await perform(call('k3', { mutation: 'register' }))
  expect(new Set([mine, others, elsewhere].map(({ answer }) => answer.id)).size).toBe(3)
})

it('runs once for two at the same time', async () => {
  const before = runs
  const both = await Promise.all([
    perform(call('k4'), async () => {
      await setTimeout(150)
      return { id: 0 }
    }),
    perform(call('k4')),
  ])
  expect(runs - before).toBe(1)
  expect(both.map(({ replayed }) => replayed).sort()).toEqual([false, true])
})

it('remembers nothing of a call that failed', async () => {
  await expect(perform(call('k5'), () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect((await perform(call('k5'))).replayed).toBe(false)
})

it('forgets after seven days', async () => {
  const first = await perform(call('k6'))
  await database.setClock(IDEMPOTENCY_KEEP_MS + 1_000)
  const later = await perform(call('k6'))
  await database.setClock(0)
  expect(later.replayed).toBe(false)
  expect(later.answer).not.toEqual(first.answer)
})

it('refuses a key that is empty or too long', async () => {
  for (const key of ['', 'x'.repeat(201)])
    await expect(perform(call(key))).rejects.toMatchObject({ code: 'INVALID', reason: 'invalid_input' })
})
