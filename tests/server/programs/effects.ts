// A worker process of its own, to be killed: `effects.ts <url>`. A job writes its row of the table `effects`, and may be run
// again when it has; a tick writes one of `ticks`.
import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase, transaction } from '../../../src/lib/db.js'
import { handle, jobName, jobOrigin } from '../../../src/lib/jobs.js'
import { startWorker } from '../../../src/lib/worker.js'

const BUSY_MS = 80
const database = openDatabase(process.argv[2] ?? '')
const mailer = { send: () => Promise.resolve(), close: () => undefined }

const effect = handle(jobName<{ n: number }>('test.effect'), async ({ n }, services, jobId) => {
  await transaction(jobOrigin(services, jobId), async (tx) => {
    await tx.sql`/* test.effect */ insert into effects (n) values (${n}::int) on conflict do nothing`
    await sleep(BUSY_MS)
  })
})
const tick = handle(
  jobName<{ _cron: { ts: string } }>('test.tick'),
  async ({ _cron: { ts } }, services, jobId) => {
    await transaction(
      jobOrigin(services, jobId),
      (tx) => tx.sql`/* test.tick */ insert into ticks (at) values (${ts}::timestamptz)`,
    )
  },
  { cron: '* * * * *' },
)
await startWorker(database, [effect, tick], { db: database.db, mailer })
