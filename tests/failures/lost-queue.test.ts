import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDatabase, transaction } from '../../src/lib/db.js'
import type { Database } from '../../src/lib/db.js'
import { enqueue, handle, jobName } from '../../src/lib/jobs.js'
import { folderMailer } from '../../src/lib/mailers.js'
import { startWorker } from '../../src/lib/worker.js'
import type { JobWorker } from '../../src/lib/worker.js'
import { openChaosProxy } from '../support/chaos-proxy.js'
import type { ChaosProxy } from '../support/chaos-proxy.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { until } from '../support/until.js'

const HELD = jobName<{ readonly n: number }>('test.held')
/** As many as run at once. */
const AT_ONCE = 4

let database: TestDatabase
let proxy: ChaosProxy
let own: Database
let worker: JobWorker
let letGo: () => void
const runs: number[] = []
beforeAll(async () => {
  database = await testDatabase()
  proxy = await openChaosProxy(database.appUrl)
  own = openDatabase(proxy.through(database.appUrl), { name: 'queue' })
  const handlers = [
    handle(HELD, async ({ n }) => {
      runs.push(n)
      await held
      // each in a moment of its own: the queue reports together what ends together
      await sleep(20 * (n % 10))
    }),
  ]
  worker = await startWorker(own, handlers, { db: own.db, mailer: folderMailer('/nowhere', 'a@example.org') })
})
afterAll(async () => {
  await worker.stop()
  await own.close()
  await proxy.close()
  await database.drop()
})

let held = Promise.resolve()
const hold = (): void => {
  held = new Promise((resolve) => (letGo = resolve))
}
const add = (n: number): Promise<void> =>
  transaction({ db: database.db, actorId: null, sessionId: null, requestId: 'test' }, (tx) => enqueue(tx, HELD, { n }))
const left = async (): Promise<number> =>
  (await database.owner.query('select from graphile_worker.jobs where task_identifier = $1', [HELD])).rowCount ?? 0

it.each([1, 2, 3])(
  'jobs go on after a database that could not be told how the running ones went (%s)',
  { timeout: 60_000 },
  async (round) => {
    runs.length = 0
    hold()
    for (let n = 0; n < AT_ONCE; n += 1) await add(n)
    await until(() => runs.length === AT_ONCE)
    proxy.refuse()
    letGo()
    await sleep(500)
    proxy.heal()
    await add(100 * round)
    await until(() => runs.includes(100 * round), 15_000)
    // nobody could be told that they were done: they run once more
    await until(async () => (await left()) === 0, 15_000)
    expect([...runs].sort((a, b) => a - b)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 100 * round])
  },
)
