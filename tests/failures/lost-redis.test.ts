import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBus } from '../../src/lib/bus.js'
import type { Bus } from '../../src/lib/bus.js'
import { transaction } from '../../src/lib/db.js'
import { emit } from '../../src/lib/events.js'
import { signal } from '../../src/lib/signals.js'
import { openChaosProxy } from '../support/chaos-proxy.js'
import type { ChaosProxy } from '../support/chaos-proxy.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { hasRedis, startRedis } from '../support/redis.js'
import type { TestRedis } from '../support/redis.js'
import { until } from '../support/until.js'

const listeners = `select count(*)::int as n from pg_stat_activity where datname = current_database() and application_name = 'bus'`

describe.skipIf(!hasRedis('what happens when Redis is lost'))('three processes over Redis', { timeout: 40_000 }, () => {
  let database: TestDatabase
  let redis: TestRedis
  let proxy: ChaosProxy
  let buses: Bus[]
  const heard: number[][] = [[], [], []]
  beforeAll(async () => {
    database = await testDatabase()
    redis = startRedis()
    proxy = await openChaosProxy(redis.url)
    // the first listens for all; the last reaches Redis by a road that breaks
    buses = [
      await openBus(database.appUrl, database.db, redis.url),
      await openBus(database.appUrl, database.db, redis.url),
      await openBus(database.appUrl, database.db, proxy.through(redis.url)),
    ]
    for (const [index, bus] of buses.entries())
      bus.subscribe('test:lost', ({ payload }) => heard[index]?.push((payload as { n: number }).n))
  })
  afterAll(async () => {
    for (const bus of buses) await bus.close()
    await proxy.close()
    await redis.kill()
    await database.drop()
  })

  const origin = () => ({ db: database.db, actorId: null, sessionId: null, requestId: 'test' })
  const say = (n: number) =>
    transaction(origin(), (tx, now) => emit(tx, { stream: 'test:lost', type: 'test.said', payload: { n } }, now))
  const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1)
  const allHeard = (n: number) => until(() => heard.every((numbers) => numbers.includes(n)), 20_000)

  it('reads the database’s notifications once for all', async () => {
    await say(1)
    await allHeard(1)
    expect((await database.owner.query<{ n: number }>(listeners)).rows[0]?.n).toBe(1)
  })

  it('catches up after a restart of Redis', async () => {
    await redis.kill()
    await say(2)
    await setTimeout(500)
    expect(heard[1]).toEqual([1])
    redis.start()
    await allHeard(2)
    await say(3)
    await allHeard(3)
  })

  it('notices a Redis that says nothing, and wakes who may have missed a signal', async () => {
    let woken = 0
    const stop = buses[2]?.onSignal('test', 'silent', () => (woken += 1))
    proxy.abandon()
    await say(4)
    await transaction(origin(), (tx) => signal(tx, 'test', ['silent']))
    await allHeard(4)
    await until(() => woken > 0)
    stop?.()
  })

  it('has another process listen when the one that did is gone, at once or without a word', async () => {
    const [first] = buses
    buses = buses.slice(1)
    await first?.close()
    heard[0] = heard[1] ?? []
    await say(5)
    await allHeard(5)
    await until(async () => (await database.owner.query<{ n: number }>(listeners)).rows[0]?.n === 1)
  })

  it('catches up when the database was lost to the one that listens for all', async () => {
    await database.owner.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'bus'`,
    )
    await say(6)
    await allHeard(6)
    expect(heard[1]).toEqual(upTo(6))
    expect(heard[2]).toEqual(upTo(6))
  })

  it('has nobody listen who was closed while it asked whether it should', async () => {
    for (const bus of buses.splice(0)) await bus.close()
    const road = await openChaosProxy(redis.url)
    const first = await openBus(database.appUrl, database.db, redis.url)
    const last = await openBus(database.appUrl, database.db, road.through(redis.url))
    // what it asks every second waits on the road until nobody listens any more
    await setTimeout(700)
    road.hang()
    await setTimeout(600)
    await first.close()
    const closing = last.close()
    road.heal()
    await closing
    await setTimeout(500)
    await until(async () => (await database.owner.query<{ n: number }>(listeners)).rows[0]?.n === 0)
    await road.close()
  })
})
