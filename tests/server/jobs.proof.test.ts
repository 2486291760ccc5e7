import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { transaction } from '../../src/lib/db.js'
import { enqueue, jobName } from '../../src/lib/jobs.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { until } from '../support/until.js'

const JOBS = 300
const KILLS = 10
const TICKS = 4
const MINUTE_MS = 60_000

let database: TestDatabase
const workers: ChildProcess[] = []
beforeAll(async () => {
  database = await testDatabase()
  await database.owner.query(`
    create table effects (n int primary key);
    create table ticks (at timestamptz);`)
  await database.owner.query(`grant select, insert on effects, ticks to "${new URL(database.appUrl).username}"`)
})
afterEach(() => {
  for (const worker of workers.splice(0)) worker.kill('SIGKILL')
})
afterAll(async () => {
  await database.drop()
})

function startWorker(): ChildProcess {
  const worker = spawn(
    process.execPath,
    ['--import', 'tsx', join(import.meta.dirname, 'programs/effects.ts'), database.appUrl],
    { stdio: 'inherit' },
  )
  workers.push(worker)
  return worker
}

const count = async (sql: string): Promise<number> =>
  Number((await database.owner.query<{ count: string }>(sql)).rows[0]?.count)

it(`does all of ${String(JOBS)} jobs while its workers are killed ${String(KILLS)} times, the last ones within a minute`, async () => {
  const origin = { db: database.db, actorId: null, sessionId: null, requestId: 'proof' }
  for (let n = 0; n < JOBS; n += 1)
    await transaction(origin, (tx) => enqueue(tx, jobName<object>('test.effect'), { n }))
  for (let kill = 0; kill < KILLS; kill += 1) {
    const before = await count('select count(*) from effects')
    const worker = startWorker()
    await until(async () => (await count('select count(*) from effects')) > before + 5, 60_000)
    worker.kill('SIGKILL')
  }
  const killedAtMs = performance.now()
  startWorker()
  await until(async () => (await count('select count(*) from effects')) === JOBS, 2 * MINUTE_MS)
  const tookMs = performance.now() - killedAtMs
  console.log(
    `${String(JOBS)} jobs, ${String(KILLS)} kills: all done ${String(Math.round(tookMs))} ms after the last one`,
  )
  await until(
    async () => (await count(`select count(*) from graphile_worker.jobs where task_identifier = 'test.effect'`)) === 0,
    10_000,
  )
  expect(tookMs).toBeLessThan(MINUTE_MS)
})

it(`ticks once a minute with three workers, of which one is killed each minute`, async () => {
  await database.owner.query('truncate ticks')
  for (let started = 0; started < 3; started += 1) startWorker()
  for (let tick = 0; tick < TICKS; tick += 1) {
    await sleep(MINUTE_MS)
    workers.shift()?.kill('SIGKILL')
    startWorker()
  }
  const { rows } = await database.owner.query<{ at: Date; count: string }>(
    'select at, count(*) from ticks group by at order by at',
  )
  expect(rows.length).toBeGreaterThanOrEqual(TICKS - 1)
  for (const [index, { at, count: times }] of rows.entries()) {
    expect(times).toBe('1')
    const previous = rows[index - 1]
    if (previous) expect(at.getTime() - previous.at.getTime()).toBe(MINUTE_MS)
  }
})
