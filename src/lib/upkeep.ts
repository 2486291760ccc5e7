import { DAY_MS, addMs, machineNow } from './clock.js'
import { transaction } from './db.js'
import type { Tx } from './db.js'
import { enqueue, handle, jobName, jobOrigin } from './jobs.js'
import type { JobHandler, JobServices } from './jobs.js'
import { log } from './log.js'

/** Months of partitions that exist ahead of the current one. */
const MONTHS_AHEAD = 3
const OUTBOX_KEEP_MS = 30 * DAY_MS
const HEARTBEAT_KEEP_MS = DAY_MS
/** Rows that one transaction deletes; what is left is the next one's. */
const BATCH = 2_000
const MAX_BATCHES = 500

export const MAKE_PARTITIONS = jobName<Record<string, never>>('platform.makePartitions')
export const SWEEP = jobName<Record<string, never>>('platform.sweep')

/** What the platform does for itself: months of partitions made ahead, and rows that nobody will ask for deleted. */
export const upkeepJobs: readonly JobHandler[] = [
  handle(MAKE_PARTITIONS, makePartitions, { cron: '10 3 * * *' }),
  handle(SWEEP, sweep, { cron: '40 * * * *' }),
]

/** Has the upkeep done now as well, so that a platform that slept for months has the partitions of this one. */
export const enqueueUpkeep = (services: JobServices): Promise<void> =>
  transaction(jobOrigin(services, 'start'), async (tx) => {
    await enqueue(tx, MAKE_PARTITIONS, {}, { key: MAKE_PARTITIONS })
    await enqueue(tx, SWEEP, {}, { key: SWEEP })
  })

async function makePartitions(_payload: object, services: JobServices, jobId: string): Promise<void> {
  const made = await transaction(jobOrigin(services, jobId), async (tx) => {
    const [row] = await tx.sql<{ made: number }>`/* platform.makePartitions */
      select app_make_partitions(${MONTHS_AHEAD}::int) as made`
    return row?.made ?? 0
  })
  if (made > 0) log.info({ made }, 'upkeep: made partitions')
}

type Deletion = (tx: Tx, now: Date) => Promise<readonly unknown[]>

const expiredAnswers: Deletion = (tx, now) => tx.sql`/* platform.sweepIdempotency */
  delete from idempotency_records where id in (
    select id from idempotency_records where expires_at <= ${now}::timestamptz limit ${BATCH} for update skip locked)
  returning 1`

/** One that nobody has relayed stays: it says that something is wrong. */
const oldEvents: Deletion = (tx, now) => tx.sql`/* platform.sweepOutbox */
  delete from outbox_events where id in (
    select id from outbox_events where created_at <= ${addMs(now, -OUTBOX_KEEP_MS)}::timestamptz and dispatched_at is not null
    limit ${BATCH} for update skip locked)
  returning 1`

const oldHeartbeats: Deletion = (tx) => tx.sql`/* platform.sweepHeartbeats */
  delete from worker_heartbeats
  where beat_at < clock_timestamp() - ${`${String(HEARTBEAT_KEEP_MS)} milliseconds`}::interval returning 1`

/** The limiter counts by the machine's clock. */
const endedWindows: Deletion = (tx) => tx.sql`/* platform.sweepRateLimits */
  delete from rate_limits where key in (
    select key from rate_limits where expire <= ${machineNow().getTime()}::bigint limit ${BATCH} for update skip locked)
  returning 1`

async function sweep(_payload: object, services: JobServices, jobId: string): Promise<void> {
  for (const deletion of [expiredAnswers, oldEvents, oldHeartbeats, endedWindows]) {
    for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
      const deleted = await transaction(jobOrigin(services, jobId), (tx, now) => deletion(tx, now))
      if (deleted.length < BATCH) break
    }
  }
}
