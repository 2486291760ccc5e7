import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { openBus } from '../../src/lib/bus.js'
import type { Bus } from '../../src/lib/bus.js'
import { transaction } from '../../src/lib/db.js'
import type { Origin } from '../../src/lib/db.js'
import { emit } from '../../src/lib/events.js'
import type { OutboxEvent } from '../../src/lib/events.js'
import { configureLog } from '../../src/lib/log.js'
import type { JobServices } from '../../src/lib/jobs.js'
import { onEventBatches, onEvents, relayedJobs, relayOpenEvents, startRelay } from '../../src/lib/relay.js'
import type { EventHandler, Relay } from '../../src/lib/relay.js'
import { runDueJobs } from '../../src/lib/worker.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { until } from '../support/until.js'

let database: TestDatabase
let origin: Origin
let bus: Bus
let services: JobServices
const relays: Relay[] = []
let counted: OutboxEvent<{ n: number }>[] = []
let alsoCounted: bigint[] = []

const handlers: readonly EventHandler[] = [
  onEvents<{ n: number }>('test.count', ['test.counted'], async (event) => void counted.push(event)),
  onEvents('test.count_too', ['test.counted', 'test.other'], async ({ id }) => void alsoCounted.push(id)),
]

beforeAll(async () => {
  configureLog('critical')
  database = await testDatabase()
  origin = { db: database.db, actorId: null, sessionId: null, requestId: 'request-1' }
  services = { db: database.db, mailer: { send: () => Promise.resolve(), close: () => undefined } }
  bus = await openBus(database.appUrl, database.db)
})
beforeEach(() => {
  ;[counted, alsoCounted] = [[], []]
})
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()))
  await database.owner.query('delete from graphile_worker._private_jobs; delete from outbox_events')
})
afterAll(async () => {
  await bus.close()
  await database.drop()
})

const say = (n: number, type = 'test.counted') =>
  transaction(origin, (tx, now) => emit(tx, { stream: 'test:relay', type, payload: { n } }, now))
const start = (over: Bus = bus): void => void relays.push(startRelay(database, over, handlers))
const run = (over: readonly EventHandler[] = handlers) => runDueJobs(database, relayedJobs(over), services)
const number = async (sql: string): Promise<number> =>
  Number((await database.owner.query<{ n: string }>(`select count(*)::text as n from ${sql}`)).rows[0]?.n)
const openEvents = () => number('outbox_events where dispatched_at is null')
const jobs = () => number('graphile_worker.jobs')

it('makes one job per event and handler that wants it, with the whole event', async () => {
  await say(1)
  await say(2, 'test.other')
  await say(3, 'test.unheard')
  expect(await relayOpenEvents(database.db, handlers)).toBe(3)
  expect([await openEvents(), await jobs()]).toEqual([0, 3])
  await run()
  expect(counted).toEqual([
    {
      id: expect.any(BigInt),
      stream: 'test:relay',
      sequence: expect.any(BigInt),
      type: 'test.counted',
      payload: { n: 1 },
      createdAt: expect.any(Date),
    },
  ])
  expect(alsoCounted).toHaveLength(2)
  expect(await relayOpenEvents(database.db, handlers)).toBe(0)
})

it('gives a handler of batches what was relayed together, in order, and again whole when it fails', async () => {
  const batches: number[][] = []
  const batched = onEventBatches<{ n: number }>('test.count_all', ['test.counted'], async (events) => {
    batches.push(events.map(({ payload }) => payload.n))
    if (batches.length === 1) throw new Error('once')
  })
  for (let n = 1; n <= 3; n += 1) await say(n)
  await relayOpenEvents(database.db, [batched, ...handlers])
  await say(4)
  await relayOpenEvents(database.db, [batched])
  expect(await jobs()).toBe(8)
  await run([batched, ...handlers])
  await database.owner.query('update graphile_worker._private_jobs set run_at = now()')
  await run([batched, ...handlers])
  expect(batches).toEqual([[1, 2, 3], [4], [1, 2, 3]])
  expect(counted).toHaveLength(3)
})

it('relays as soon as an event is committed, and none that was rolled back', async () => {
  start()
  await until(async () => (await openEvents()) === 0)
  const before = performance.now()
  await expect(
    transaction(origin, async (tx, now) => {
      await emit(tx, { stream: 'test:relay', type: 'test.counted', payload: { n: 0 } }, now)
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  await say(1)
  await until(async () => (await jobs()) === 2)
  expect(performance.now() - before).toBeLessThan(900)
  await run()
  expect(counted.map(({ payload }) => payload.n)).toEqual([1])
})

it('finds what nobody told it of within a second', async () => {
  const deaf: Bus = Object.assign(Object.create(bus), { onEvent: () => () => undefined })
  start(deaf)
  await until(async () => (await openEvents()) === 0)
  await say(1)
  await until(async () => (await jobs()) === 2, 2_000)
})

it('relays a thousand events once each, though two do it at once', async () => {
  start()
  start()
  for (let n = 0; n < 20; n += 1)
    await transaction(origin, async (tx, now) => {
      for (let m = 0; m < 50; m += 1)
        await emit(tx, { stream: `test:${String(m)}`, type: 'test.counted', payload: { n: n * 50 + m } }, now)
    })
  await until(async () => (await openEvents()) === 0)
  expect(await jobs()).toBe(2_000)
  await run()
  expect(counted.map(({ payload }) => payload.n).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 1_000 }, (_, n) => n),
  )
  expect(new Set(alsoCounted).size).toBe(1_000)
  expect(alsoCounted).toHaveLength(1_000)
}, 60_000)

it('finds an event that commits after others with higher ids', async () => {
  const slow = new pg.Client({ connectionString: database.ownerUrl })
  await slow.connect()
  await slow.query('begin')
  await slow.query(
    `insert into outbox_events (stream, sequence, type, payload) values ('test:slow', 1, 'test.counted', '{"n": 1}')`,
  )
  await say(2)
  expect(await relayOpenEvents(database.db, handlers)).toBe(1)
  await slow.query('commit')
  await slow.end()
  expect(await relayOpenEvents(database.db, handlers)).toBe(1)
  await run()
  expect(counted.map(({ payload }) => payload.n).sort()).toEqual([1, 2])
  expect(counted.find(({ payload }) => payload.n === 1)!.id < counted.find(({ payload }) => payload.n === 2)!.id).toBe(
    true,
  )
})

it(
  'leaves no job and no mark when it is killed between claim and commit, and another one does it',
  { timeout: 60_000 },
  async () => {
    for (let n = 1; n <= 5; n += 1) await say(n)
    // whoever adds a job now waits for us, with its events claimed
    await database.owner.query('begin; lock table graphile_worker._private_tasks in exclusive mode')
    const file = join(import.meta.dirname, '../server/programs/relay.ts')
    const child = spawn(process.execPath, ['--import', 'tsx', file, database.appUrl], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit')
    const look = new pg.Client({ connectionString: database.ownerUrl })
    await look.connect()
    const waiting = async () =>
      (
        await look.query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%relay.dispatch%'`,
        )
      ).rowCount === 1
    await until(waiting, 30_000)
    child.kill('SIGKILL')
    await ended
    await database.owner.query('commit')
    // its server process ends when it finds that nobody is there
    await until(
      async () =>
        (
          await look.query(
            `select from pg_stat_activity where datname = current_database() and query like '%relay.dispatch%' and pid <> pg_backend_pid() and state <> 'idle'`,
          )
        ).rowCount === 0,
    )
    await look.end()
    expect([await openEvents(), await jobs()]).toEqual([5, 0])
    expect(await relayOpenEvents(database.db, handlers)).toBe(5)
    await run()
    expect(counted.map(({ payload }) => payload.n)).toEqual([1, 2, 3, 4, 5])
  },
)

it('goes on after the database refused it', async () => {
  await say(1)
  await database.owner.query('alter table graphile_worker._private_tasks rename to _hidden')
  start()
  await until(async () => (await openEvents()) === 1)
  await database.owner.query('alter table graphile_worker._hidden rename to _private_tasks')
  await until(async () => (await jobs()) === 2)
})

it('lets no handler that fails stop the others, nor the events after it', async () => {
  const poisoned: readonly EventHandler[] = [
    onEvents<{ n: number }>('test.count', ['test.counted'], async (event) => {
      if (event.payload.n === 2) throw new Error('poison')
      counted.push(event)
    }),
    ...handlers.slice(1),
  ]
  for (let n = 1; n <= 3; n += 1) await say(n)
  await relayOpenEvents(database.db, poisoned)
  await run(poisoned)
  expect(counted.map(({ payload }) => payload.n)).toEqual([1, 3])
  expect(alsoCounted).toHaveLength(3)
  const { rows } = await database.owner.query<{ task: string; attempts: number; error: string }>(
    'select task_identifier as task, attempts, last_error as error from graphile_worker.jobs',
  )
  expect(rows).toEqual([{ task: 'test.count', attempts: 1, error: expect.stringContaining('poison') }])
  // it will run again, and has its event with it
  await database.owner.query('update graphile_worker._private_jobs set run_at = now()')
  await run()
  expect(counted.map(({ payload }) => payload.n)).toEqual([1, 3, 2])
})
