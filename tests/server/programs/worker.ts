// A worker process of its own, to be killed: `worker.ts <url> <file> <busyMs>`. Its one job writes a line when it begins and one
// when it ends.
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase } from '../../../src/lib/db.js'
import { handle, jobName } from '../../../src/lib/jobs.js'
import type { Mailer } from '../../../src/lib/mail.js'
import { startWorker } from '../../../src/lib/worker.js'

const [url = '', file = '', busyMs = '0'] = process.argv.slice(2)
const database = openDatabase(url)
const mailer: Mailer = { send: () => Promise.resolve(), close: () => undefined }
const effect = handle(jobName<{ n: number }>('test.effect'), async ({ n }) => {
  appendFileSync(file, `begin ${String(n)} ${String(process.pid)}\n`)
  await sleep(Number(busyMs))
  appendFileSync(file, `end ${String(n)} ${String(process.pid)}\n`)
})
await startWorker(database, [effect], { db: database.db, mailer })
