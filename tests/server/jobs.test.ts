import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openDatabase, transaction } from '../../src/lib/db.js'
import type { Origin } from '../../src/lib/db.js'
import { MAX_ATTEMPTS, enqueue, handle, jobName } from '../../src/lib/jobs.js'
import type { JobHandler, JobServices } from '../../src/lib/jobs.js'
import { configureLog } from '../../src/lib/log.js'
import { jobRuns } from '../../src/lib/metrics.js'
import { runDueJobs, startWorker } from '../../src/lib/worker.js'
import type { JobWorker } from '../../src/lib/worker.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { until } from '../support/until.js'
import { Road } from './road.js'

const folder = mkdtempSync(join(tmpdir(), 'jobs-'))
const lines: string[] = []
const workers: JobWorker[] = []
let database: TestDatabase
let origin: Origin
let services: JobServices
beforeAll(async () => {
  configureLog('critical', { write: (line: string) => lines.push(line) })
  database = await testDatabase()
  origin = { db: database.db, actorId: null, sessionId: null, requestId: 'r-1' }
  services = { db: database.db, mailer: { send: () => Promise.resolve(), close: () => undefined } }
})
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()))
  await database.owner.query('delete from graphile_worker._private_jobs')
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await database.drop()
})

async function start(handlers: readonly JobHandler[]): Promise<JobWorker> {
  const worker = await startWorker(database, handlers, services)
  workers.push(worker)
  return worker
}

const add = (name: string, payload: object, options = {}): Promise<void> =>
  transaction(origin, (tx) => enqueue(tx, jobName<object>(name), payload, options))

interface JobRow {
  readonly attempts: number
  readonly max_attempts: number
  readonly last_error: string | null
  readonly locked_at: Date | null
}

const jobsOf = async (name: string): Promise<JobRow[]> =>
  (await database.owner.query<JobRow>('select * from graphile_worker.jobs where task_identifier = $1', [name])).rows

it('runs a job after the commit, with its payload, and never when there is none', async () => {
  const seen: unknown[] = []
  await start([handle(jobName<{ n: number }>('test.seen'), async (payload) => void seen.push(payload))])
  await expect(
    transaction(origin, async (tx) => {
      await enqueue(tx, jobName<object>('test.seen'), { n: 1 })
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  await add('test.seen', { n: 2 })
  await until(() => seen.length > 0)
  await sleep(100)
  expect(seen).toEqual([{ n: 2 }])
})

it('is picked up in well under a second', async () => {
  let ranMs = Infinity
  await start([handle(jobName<object>('test.quick'), async () => void (ranMs = performance.now()))])
  const addedMs = performance.now()
  await add('test.quick', {})
  await until(() => ranMs < Infinity)
  expect(ranMs - addedMs).toBeLessThan(500)
})

it('replaces a waiting job of the same key', async () => {
  const runAt = new Date(Date.now() + 3_600_000)
  await add('test.keyed', { n: 1 }, { key: 'one', runAt })
  await add('test.keyed', { n: 2 }, { key: 'one', runAt })
  expect(await jobsOf('test.keyed')).toHaveLength(1)
})

it('tries a failing job again, and tells nobody’s address in its last error', async () => {
  let tries = 0
  await start([
    handle(jobName<object>('test.flaky'), async () => {
      tries += 1
      if (tries === 1) throw new Error('no mailbox fay@example.com')
      await Promise.resolve()
    }),
  ])
  await add('test.flaky', {})
  await until(async () => (await jobsOf('test.flaky'))[0]?.last_error !== null && tries === 1)
  expect((await jobsOf('test.flaky'))[0]?.last_error).toBe('no mailbox [redacted]')
  await until(() => tries === 2, 15_000)
  await until(async () => (await jobsOf('test.flaky')).length === 0)
})

it('gives up on a poison job after its attempts, shows it, and goes on with the others', async () => {
  const done: number[] = []
  const handlers = [
    handle(jobName<object>('test.poison'), () => Promise.reject(new Error('always'))),
    handle(jobName<{ n: number }>('test.healthy'), async ({ n }) => void done.push(n)),
  ]
  configureLog('error', { write: (line: string) => lines.push(line) })
  await add('test.poison', {})
  await add('test.healthy', { n: 1 })
  for (let attempt = 1; attempt <= MAX_ATTEMPTS + 2; attempt += 1) {
    await runDueJobs(database, handlers, services)
    await database.owner.query(`update graphile_worker._private_jobs set run_at = now()`)
  }
  configureLog('critical')
  const [row] = await jobsOf('test.poison')
  expect(row).toMatchObject({ attempts: MAX_ATTEMPTS, max_attempts: MAX_ATTEMPTS, locked_at: null })
  expect(done).toEqual([1])
  const { values } = await jobRuns.get()
  const count = (outcome: string) =>
    values.find(({ labels }) => labels.job === 'test.poison' && labels.outcome === outcome)?.value
  expect(count('retried')).toBe(MAX_ATTEMPTS - 1)
  expect(count('failed')).toBe(1)
  expect(lines.filter((line) => line.includes('failed for good'))).toHaveLength(1)
})

it('lets running jobs finish when it stops, and takes no new one', async () => {
  const events: string[] = []
  const worker = await start([
    handle(jobName<{ n: number }>('test.slow'), async ({ n }) => {
      events.push(`begin ${String(n)}`)
      await sleep(500)
      events.push(`end ${String(n)}`)
    }),
  ])
  for (let n = 1; n <= 6; n += 1) await add('test.slow', { n })
  await until(() => events.length >= 4)
  await worker.stop()
  const begun = events.filter((event) => event.startsWith('begin')).length
  expect(events.filter((event) => event.startsWith('end'))).toHaveLength(begun)
  await sleep(200)
  expect(events.filter((event) => event.startsWith('begin'))).toHaveLength(begun)
  expect((await jobsOf('test.slow')).every(({ locked_at: lockedAt }) => lockedAt === null)).toBe(true)
})

it('hands back what does not finish', { timeout: 20_000 }, async () => {
  let begun = 0
  const worker = await start([
    handle(jobName<object>('test.endless'), async () => {
      begun += 1
      await sleep(30_000, null, { ref: false })
    }),
  ])
  await add('test.endless', {})
  await until(() => begun === 1)
  const started = performance.now()
  await worker.stop()
  expect(performance.now() - started).toBeLessThan(12_000)
  expect((await jobsOf('test.endless'))[0]).toMatchObject({ locked_at: null, attempts: 1 })
})

it('frees the jobs of a worker that was killed', async () => {
  const file = join(folder, 'killed')
  writeFileSync(file, '')
  const child = spawn(process.execPath, [
    '--import',
    'tsx',
    join(import.meta.dirname, 'programs/worker.ts'),
    database.appUrl,
    file,
    '60000',
  ])
  await add('test.effect', { n: 1 })
  await until(() => readFileSync(file, 'utf8').includes('begin 1'), 20_000)
  child.kill('SIGKILL')
  const done: number[] = []
  const handlers = [handle(jobName<{ n: number }>('test.effect'), async ({ n }) => void done.push(n))]
  const tooEarly = await start(handlers)
  expect((await jobsOf('test.effect'))[0]?.locked_at).not.toBeNull()
  await tooEarly.stop()
  // the half minute that a worker is given passes
  await database.owner.query(`update worker_heartbeats set beat_at = beat_at - interval '31 seconds'`)
  await database.owner.query(`update graphile_worker._private_jobs set locked_at = locked_at - interval '31 seconds'`)
  await start(handlers)
  await until(() => done.length > 0)
  expect(done).toEqual([1])
})

it('leaves the jobs of a living worker alone, however far the platform’s time is moved', async () => {
  let runs = 0
  const handlers = [
    handle(jobName<object>('test.long'), async () => {
      runs += 1
      await sleep(1_500)
    }),
  ]
  await start(handlers)
  await add('test.long', {})
  await until(() => runs === 1)
  await database.setClock(90 * 86_400_000)
  await start(handlers)
  await sleep(1_000)
  await database.setClock(0)
  expect(runs).toBe(1)
})

it('makes up a tick that was missed, once, however many workers start', async () => {
  const ticked: object[] = []
  const handlers = [
    handle(jobName<object>('test.tick'), async (payload) => void ticked.push(payload), { cron: '* * * * *' }),
  ]
  await database.owner.query(
    `insert into graphile_worker._private_known_crontabs (identifier, known_since, last_execution)
    values ('test.tick', now() - interval '1 day', date_trunc('minute', now()) - interval '3 minutes')`,
  )
  await Promise.all([start(handlers), start(handlers), start(handlers)])
  await until(() => ticked.length > 0)
  await sleep(500)
  const { rows } = await database.owner.query<{ last_execution: Date }>(
    `select last_execution from graphile_worker._private_known_crontabs where identifier = 'test.tick'`,
  )
  expect(ticked.length).toBeLessThanOrEqual(3)
  expect(Date.now() - (rows[0]?.last_execution.getTime() ?? 0)).toBeLessThan(120_000)
})

it('outlives a database that goes away while jobs run, and goes on when it is back', { timeout: 90_000 }, async () => {
  const road = new Road(database.appUrl)
  await road.open()
  const own = openDatabase(road.url())
  const begun: number[] = []
  const done: number[] = []
  const handlers = [
    handle(jobName<{ n: number }>('test.after'), async ({ n }) => {
      begun.push(n)
      await sleep(300)
      done.push(n)
    }),
    handle(jobName<object>('test.failing'), async () => {
      await sleep(300)
      throw new Error('while the database is away')
    }),
  ]
  const worker = await startWorker(own, handlers, services)
  for (const n of [1, 2, 3]) {
    await add('test.after', { n })
    await add('test.failing', {})
    await until(() => begun.includes(n), 20_000)
    road.close()
    await sleep(600)
    await road.open()
  }
  await add('test.after', { n: 4 })
  await until(() => done.includes(4), 20_000)
  await worker.stop()
  await own.close()
  road.close()
})
