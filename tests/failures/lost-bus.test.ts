import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openBus } from '../../src/lib/bus.js'
import type { Bus } from '../../src/lib/bus.js'
import { transaction } from '../../src/lib/db.js'
import { emit } from '../../src/lib/events.js'
import { openChaosProxy } from '../support/chaos-proxy.js'
import type { ChaosProxy } from '../support/chaos-proxy.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { until } from '../support/until.js'

let database: TestDatabase
let proxy: ChaosProxy
let bus: Bus
const heard: number[] = []
beforeAll(async () => {
  database = await testDatabase()
  proxy = await openChaosProxy(database.appUrl)
  bus = await openBus(proxy.through(database.appUrl), database.db)
  bus.subscribe('test:lost', ({ payload }) => heard.push((payload as { n: number }).n))
})
afterAll(async () => {
  await bus.close()
  await proxy.close()
  await database.drop()
})

const say = (n: number) =>
  transaction({ db: database.db, actorId: null, sessionId: null, requestId: 'test' }, (tx, now) =>
    emit(tx, { stream: 'test:lost', type: 'test.said', payload: { n } }, now),
  )
const connections = async (): Promise<number> => {
  const { rows } = await database.owner.query<{ n: number }>(
    `select count(*)::int as n from pg_stat_activity where datname = current_database() and application_name = 'bus'`,
  )
  return rows[0]?.n ?? 0
}

it('notices within seconds that nobody is there any more, though nobody said so', { timeout: 30_000 }, async () => {
  await say(1)
  await until(() => heard.includes(1))
  proxy.abandon()
  await say(2)
  await until(() => heard.includes(2), 8_000)
  await say(3)
  await until(() => heard.includes(3))
  expect(heard).toEqual([1, 2, 3])
})

it('comes back once, however often it was turned away', { timeout: 30_000 }, async () => {
  proxy.refuse()
  await say(4)
  await setTimeout(4_000)
  proxy.heal()
  await until(() => heard.includes(4), 5_000)
  await say(5)
  await until(() => heard.includes(5))
  await setTimeout(300)
  expect(heard).toEqual([1, 2, 3, 4, 5])
  // the one that was abandoned may still be there, on the far side
  expect(await connections()).toBeLessThanOrEqual(2)
})

it('misses nothing though the machine’s clock and the database’s disagree', { timeout: 30_000 }, async () => {
  await database.setClock(-3_600_000)
  proxy.refuse()
  await say(6)
  await setTimeout(500)
  proxy.heal()
  await until(() => heard.includes(6), 5_000)
  await database.setClock(0)
})
