import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBus } from '../../src/lib/bus.js'
import type { Bus } from '../../src/lib/bus.js'
import { transaction } from '../../src/lib/db.js'
import type { Origin } from '../../src/lib/db.js'
import { emit, listEventsSince, REPLAY_BATCH } from '../../src/lib/events.js'
import type { OutboxEvent } from '../../src/lib/events.js'
import { signal } from '../../src/lib/signals.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { explainRead } from '../support/explain.js'
import { hasRedis, startRedis } from '../support/redis.js'
import type { TestRedis } from '../support/redis.js'
import { until } from '../support/until.js'

const REDIS = hasRedis('the bus over Redis')

describe.each([{ over: 'LISTEN/NOTIFY' }, ...(REDIS ? [{ over: 'Redis' }] : [])])('over $over', ({ over }) => {
  let database: TestDatabase
  let origin: Origin
  let redis: TestRedis | null = null
  let bus: Bus
  let other: Bus
  beforeAll(async () => {
    database = await testDatabase()
    origin = { db: database.db, actorId: null, sessionId: null, requestId: 'request-1' }
    if (over === 'Redis') redis = startRedis()
    bus = await openBus(database.appUrl, database.db, redis?.url)
    other = await openBus(database.appUrl, database.db, redis?.url)
  })
  afterAll(async () => {
    await bus.close()
    await other.close()
    await redis?.kill()
    await database.drop()
  })

  const say = (stream: string, n: number) =>
    transaction(origin, (tx, now) => emit(tx, { stream, type: 'test.said', payload: { n } }, now))

  it('carries a committed event to every process, and none that was rolled back', async () => {
    const heard: OutboxEvent[] = []
    const alsoHeard: OutboxEvent[] = []
    const stops = [
      bus.subscribe('test:a', (event) => heard.push(event)),
      other.subscribe('test:a', (event) => alsoHeard.push(event)),
    ]
    await expect(
      transaction(origin, async (tx, now) => {
        await emit(tx, { stream: 'test:a', type: 'test.said', payload: { n: 0 } }, now)
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    await say('test:a', 1)
    await until(() => heard.length === 1 && alsoHeard.length === 1)
    expect(heard[0]).toMatchObject({ stream: 'test:a', sequence: 1n, type: 'test.said', payload: { n: 1 } })
    for (const stop of stops) stop()
    expect(bus.streams).toBe(0)
  })

  it('counts without gaps within a stream under concurrent writers', async () => {
    const sequences = await Promise.all(Array.from({ length: 40 }, (_, n) => say('test:b', n)))
    expect(sequences.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1))
  })

  it('resumes after a sequence: what was missed first, then what comes, each once and in order', async () => {
    for (let n = 1; n <= 300; n += 1) await say('test:c', n)
    const end = new AbortController()
    const seen: bigint[] = []
    const events = await bus.events('test:c', { after: 10n, signal: end.signal })
    const reading = (async () => {
      for await (const event of events) seen.push(event.sequence)
    })()
    await until(() => seen.length >= 250)
    await Promise.all([301, 302, 303].map((n) => say('test:c', n)))
    await until(() => seen.length === 293)
    end.abort()
    await reading
    expect(seen).toEqual(Array.from({ length: 293 }, (_, index) => BigInt(index + 11)))
    expect(bus.streams).toBe(0)
  })

  it('leaves nothing of what was begun and is never read, whenever it ends', async () => {
    const [begun, ended, endedMeanwhile] = [new AbortController(), AbortSignal.abort(), new AbortController()]
    await bus.events('test:unread', { signal: begun.signal })
    await bus.events('test:unread', { signal: ended })
    const beginning = bus.events('test:unread', { signal: endedMeanwhile.signal })
    endedMeanwhile.abort()
    for await (const event of await beginning) throw new Error(String(event.sequence))
    expect(bus.streams).toBe(1)
    await say('test:unread', 1)
    begun.abort()
    await until(() => bus.streams === 0)
  })

  it('tells whatever is committed once it listens', async () => {
    for (let n = 1; n <= 30; n += 1) {
      const end = new AbortController()
      const events = await bus.events('test:at-once', { signal: end.signal })
      const said = say('test:at-once', n)
      for await (const { sequence } of events) {
        expect(sequence).toBe(await said)
        end.abort()
      }
    }
    expect(bus.streams).toBe(0)
  })

  it('reads what a later event has overtaken on its way, in order', async () => {
    const end = new AbortController()
    const seen: bigint[] = []
    const events = await bus.events('test:overtaken', { signal: end.signal })
    const reading = (async () => {
      for await (const event of events) seen.push(event.sequence)
    })()
    await say('test:overtaken', 1)
    await until(() => seen.length === 1)
    // the second and third are told of after the fourth, or never
    await database.owner.query(
      `insert into outbox_events (stream, sequence, type, payload, created_at)
       select 'test:overtaken', n, 'test.said', '{}', app_now() from generate_series(2, 3) n`,
    )
    await database.owner.query(`update event_streams set last_sequence = 3 where stream = 'test:overtaken'`)
    await say('test:overtaken', 4)
    await until(() => seen.length === 4)
    end.abort()
    await reading
    expect(seen).toEqual([1n, 2n, 3n, 4n])
  })

  it('begins with what comes, not with what it reads again', async () => {
    await say('test:begun', 1)
    const end = new AbortController()
    const seen: bigint[] = []
    const events = await bus.events('test:begun', { signal: end.signal })
    const reading = (async () => {
      for await (const event of events) seen.push(event.sequence)
    })()
    let reconnects = 0
    const stop = bus.onReconnect(() => (reconnects += 1))
    await database.owner.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'bus'`,
    )
    await until(() => reconnects > 0)
    await say('test:begun', 2)
    await until(() => seen.length === 1)
    end.abort()
    await reading
    stop()
    expect(seen).toEqual([2n])
  })

  it('loses nothing when its connection is cut: it reads again what it missed', async () => {
    const heard: number[] = []
    let reconnects = 0
    const stops = [
      bus.subscribe('test:d', (event) => heard.push((event.payload as { n: number }).n)),
      bus.onReconnect(() => (reconnects += 1)),
    ]
    await say('test:d', 1)
    await until(() => heard.length === 1)
    await database.owner.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'bus'`,
    )
    await say('test:d', 2)
    await until(() => heard.length === 2 && reconnects === 1)
    await say('test:d', 3)
    await until(() => heard.length === 3)
    expect(heard).toEqual([1, 2, 3])
    for (const stop of stops) stop()
  })

  it('ends a reader that falls too far behind, after what it holds, and costs the others nothing', async () => {
    const heard: number[] = []
    const end = new AbortController()
    const slow = (await bus.events('test:e', { after: 0n, signal: end.signal }))[Symbol.asyncIterator]()
    await say('test:e', 1)
    expect((await slow.next()).done).toBe(false)
    const stops = [
      bus.subscribe('test:e', ({ sequence }) => {
        if (sequence === 2n) throw new Error('a bug of one listener')
      }),
      bus.subscribe('test:e', (event) => heard.push((event.payload as { n: number }).n)),
    ]
    // the slow reader holds a thousand events, and has the rest to read again by their sequence
    await database.owner.query(
      `with events as (
        insert into outbox_events (stream, sequence, type, payload, created_at)
        select 'test:e', n, 'test.said', jsonb_build_object('n', n), app_now() from generate_series(2, 1101) n
        returning id, stream
      )
      select count(pg_notify('events', id || ' ' || stream)) from events`,
    )
    await until(() => heard.at(-1) === 1_101)
    let last = 1n
    for (let next = await slow.next(); !next.done; next = await slow.next()) last = next.value.sequence
    expect(last).toBeGreaterThanOrEqual(1_000n)
    expect(last).toBeLessThan(1_101n)
    for (const stop of stops) stop()
    expect(bus.streams).toBe(0)
  })

  it('wakes whoever listens to a key, in every process, on commit', async () => {
    const woken: string[] = []
    const stops = [
      bus.onSignal('test', 'a', () => woken.push('a')),
      bus.onSignal('test', 'b', () => woken.push('b')),
      other.onSignal('test', 'a', () => woken.push('a elsewhere')),
      bus.onSignal('other', 'a', () => woken.push('another topic')),
    ]
    await expect(
      transaction(origin, async (tx) => {
        await signal(tx, 'test', ['a'])
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    await transaction(origin, async (tx) => {
      await signal(tx, 'test', ['a', 'c'])
      expect(woken).toEqual([])
    })
    await until(() => woken.length === 2)
    expect(woken.sort()).toEqual(['a', 'a elsewhere'])
    for (const stop of stops) stop()
    await transaction(origin, (tx) => signal(tx, 'test', ['a', 'b']))
    await say('test:f', 1)
    expect(woken).toHaveLength(2)
  })

  it('carries thousands of signals at once, and refuses what is no key', async () => {
    const woken = new Set<string>()
    const keys = Array.from({ length: 3_000 }, (_, n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`)
    const stops = keys.map((key) => bus.onSignal('test', key, () => woken.add(key)))
    await transaction(origin, (tx) => signal(tx, 'test', keys))
    await until(() => woken.size === keys.length)
    for (const stop of stops) stop()
    await expect(transaction(origin, (tx) => signal(tx, 'test', ['a b']))).rejects.toThrow('a key is a word')
  })

  it('wakes everybody after its connection was cut, for a signal may have been missed', async () => {
    let [woken, events] = [0, 0]
    const stops = [bus.onSignal('test', 'lost', () => (woken += 1)), bus.onEvent(() => (events += 1))]
    await database.owner.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'bus'`,
    )
    await until(() => woken === 1 && events >= 1)
    await transaction(origin, (tx) => signal(tx, 'test', ['lost']))
    await until(() => woken === 2)
    for (const stop of stops) stop()
  })
})

it('reads again what may have been missed without reading a month of events', async () => {
  const database = await testDatabase()
  await database.owner.query(
    `insert into outbox_events (stream, sequence, type, payload, created_at)
     select 'test:old', n, 'test.said', '{}', app_now() - interval '20 days' + n * interval '30 seconds'
     from generate_series(1, 50000) n`,
  )
  await database.owner.query('analyze outbox_events')
  const { rows } = await database.owner.query<{ since: Date; last: string }>(
    `select app_now() - interval '3 days' as since, max(id) as last from outbox_events`,
  )
  const since = rows[0]?.since ?? new Date(0)
  const { nodes } = await explainRead(database, (db) => listEventsSince(db, since, 0n))
  for (const node of nodes) {
    expect(node['Actual Rows'] ?? 0).toBeLessThanOrEqual(REPLAY_BATCH)
    expect(node['Rows Removed by Filter'] ?? 0).toBe(0)
  }
  const page = await listEventsSince(database.db, since, 0n)
  expect(page).toHaveLength(REPLAY_BATCH)
  expect(page.every(({ createdAt }) => createdAt >= since)).toBe(true)
  expect(await listEventsSince(database.db, since, BigInt(rows[0]?.last ?? 0))).toEqual([])
  await database.drop()
})
