import assert from 'node:assert'
import { EventEmitter } from 'node:events'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { Logger as QueueLogger, parseCronItems, run, runOnce } from 'graphile-worker'
import type { Job, ParsedCronItem, RunnerOptions, SharedOptions, Task, TaskList, WorkerEvents } from 'graphile-worker'
import { DAY_MS, SECOND_MS } from './clock.js'
import type { Database, Db } from './db.js'
import { MAX_ATTEMPTS } from './jobs.js'
import type { JobHandler, JobServices } from './jobs.js'
import { log, scrubbed } from './log.js'
import { failedJobs, jobRuns, openEvents, waitingJobs } from './metrics.js'

/** Jobs one process runs at once. */
const CONCURRENCY = 4
const POLL_INTERVAL_MS = 2 * SECOND_MS
const HEARTBEAT_MS = 10 * SECOND_MS
/** A worker silent for this long is taken for dead and its jobs run again: at most 42 s after it was killed. */
const DEAD_AFTER_MS = 30 * SECOND_MS
/** How long running jobs may take to finish at shutdown before they are handed back unfinished. */
const HAND_BACK_AFTER_MS = 8 * SECOND_MS
/** After a runner gave up, as when the database went away under it. */
const RESTART_MS = 2 * SECOND_MS
/** How far back ticks that nobody was there for are made up, each job once. */
const BACKFILL_MS = DAY_MS

/**
 * Without batches, the queue forgets to catch what fails while it notes how a job went, and a database that goes away would
 * end the process; batches of no length are caught.
 */
const CAUGHT = { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } }

/** A process's share in running jobs. */
export interface JobWorker {
  /** Takes no new job, lets running ones finish, and hands back what does not within 8 s. Idempotent. */
  stop(): Promise<void>
}

/**
 * Runs jobs, at most four at once, and ticks those with a crontab line; however many processes do, each tick happens once.
 * Shows a sign of life every ten seconds and frees the jobs of workers that have shown none for thirty.
 */
export async function startWorker(
  database: Database,
  handlers: readonly JobHandler[],
  services: JobServices,
): Promise<JobWorker> {
  const worker = new QueueWorker(database, handlers, services)
  await worker.start()
  return worker
}

/** Runs, one by one, the jobs that are due now and those they add, then returns. */
export const runDueJobs = ({ pool }: Database, handlers: readonly JobHandler[], services: JobServices): Promise<void> =>
  runOnce({
    pgPool: pool,
    concurrency: 1,
    noHandleSignals: true,
    preset: CAUGHT,
    logger: queueLogger,
    events: reportingEvents(),
    taskList: toTasks(handlers, services),
  })

/** One runner of the queue, from its start to the end of its last job. */
interface Turn {
  /** The name under which the queue locks jobs for it. */
  readonly workerId: string
  /** How many of its workers are still there, busy or idle. */
  workers: number
  /** Resolves when it takes no more jobs, with what went wrong. */
  readonly ended: Promise<unknown>
  /** Has it take no more jobs; resolves when those that run are done. Nothing the second time. */
  stop(): Promise<void>
}

class QueueWorker implements JobWorker {
  readonly #database: Database
  readonly #tasks: TaskList
  readonly #cronItems: ParsedCronItem[]
  #turn: Turn | null = null
  /** Turns that ended by themselves, and may still have jobs that run, or are locked. */
  readonly #left = new Set<Turn>()
  #beating: NodeJS.Timeout | null = null
  #stopping: Promise<void> | null = null

  constructor(database: Database, handlers: readonly JobHandler[], services: JobServices) {
    this.#database = database
    this.#tasks = toTasks(handlers, services)
    this.#cronItems = toCronItems(handlers)
  }

  async start(): Promise<void> {
    void this.#keepGoing(await this.#begin())
    await this.#beat()
    this.#beating = setInterval(() => void this.#beat(), HEARTBEAT_MS)
  }

  /** A turn ends by itself only when it could not say how a job went: another one takes its place. */
  async #keepGoing(first: Turn): Promise<void> {
    for (let turn: Turn | null = first; turn; turn = await this.#beginAgain()) {
      const error = await turn.ended
      if (this.#isStopping()) return
      this.#left.add(turn)
      log.warn({ err: error }, 'jobs: the runner ended, starting another')
    }
  }

  async #beginAgain(): Promise<Turn | null> {
    for (;;) {
      await sleep(RESTART_MS, null, { ref: false })
      if (this.#isStopping()) return null
      try {
        await this.#handBackLeft()
        return await this.#begin()
      } catch (error) {
        log.warn({ err: error }, 'jobs: no runner could be started, trying again')
      }
    }
  }

  async #begin(): Promise<Turn> {
    const turn = await beginTurn({
      pgPool: this.#database.pool,
      taskList: this.#tasks,
      parsedCronItems: this.#cronItems,
      concurrency: CONCURRENCY,
      pollInterval: POLL_INTERVAL_MS,
      noHandleSignals: true,
      preset: CAUGHT,
      logger: queueLogger,
    })
    this.#turn = turn
    if (this.#isStopping()) await turn.stop()
    return turn
  }

  #isStopping(): boolean {
    return this.#stopping !== null
  }

  async #beat(): Promise<void> {
    const { db } = this.#database
    const turns = [...this.#left, ...(this.#turn ? [this.#turn] : [])]
    try {
      await showLife(
        db,
        turns.filter(({ workers }) => workers > 0).map(({ workerId }) => workerId),
      )
      await this.#handBackLeft()
      const freed = await freeJobsOfTheDead(db)
      if (freed.length > 0) log.warn({ workers: freed }, 'jobs: freed the jobs of workers that are gone')
      await measureQueue(db)
    } catch (error) {
      log.warn({ err: error }, 'jobs: no sign of life could be given')
    }
  }

  /** What is still locked of turns whose jobs are all done was done without the queue hearing of it. */
  async #handBackLeft(): Promise<void> {
    for (const turn of this.#left) {
      // only now: asked while it ends, it would wait for itself
      void turn.stop()
      if (turn.workers > 0) continue
      await handBack(this.#database.db, [turn.workerId])
      this.#left.delete(turn)
    }
  }

  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop())
  }

  async #stop(): Promise<void> {
    if (this.#beating) clearInterval(this.#beating)
    const turns = [...this.#left, ...(this.#turn ? [this.#turn] : [])]
    const finished = Promise.all(turns.map((turn) => turn.stop()))
    await Promise.race([finished, sleep(HAND_BACK_AFTER_MS, null, { ref: false })])
    await handBack(
      this.#database.db,
      turns.map(({ workerId }) => workerId),
    ).catch(() => undefined)
  }
}

/**
 * Starts a runner. Its own promise is not enough to know its end by: where several jobs at once could not be reported, it
 * never settles (graphile/worker#636), so its first word of shutting down counts too.
 */
async function beginTurn(options: Omit<RunnerOptions, 'events'>): Promise<Turn> {
  const events = reportingEvents()
  let workerId = ''
  events.on('pool:create', ({ workerPool }) => (workerId = workerPool.id))
  events.on('worker:create', () => (turn.workers += 1))
  events.on('worker:stop', () => (turn.workers -= 1))
  let failure: unknown = null
  events.on('pool:fatalError', ({ error }) => (failure = error))
  const shutsDown = new Promise<void>((resolve) => {
    events.on('pool:gracefulShutdown', () => {
      resolve()
    })
  })
  const turn = { workers: 0 }
  const runner = await run({ ...options, events })
  const settled = runner.promise.then(
    () => null,
    (error: unknown) => error,
  )
  return Object.assign(turn, {
    workerId,
    ended: Promise.race([settled, shutsDown]).then((error) => error ?? failure),
    stop: () => runner.stop().catch(() => undefined),
  })
}

function toTasks(handlers: readonly JobHandler[], services: JobServices): TaskList {
  assert(new Set(handlers.map(({ name }) => name)).size === handlers.length, 'every job has one handler')
  const toTask =
    (handler: JobHandler): Task =>
    async (payload, { job }) => {
      try {
        await handler.run(payload, services, job.id)
      } catch (error) {
        // the queue keeps the message as the job's last error: nobody's address may be in it
        throw new Error(scrubbed(error instanceof Error ? error.message : String(error)), { cause: error })
      }
    }
  return Object.fromEntries(handlers.map((handler) => [handler.name, toTask(handler)]))
}

const toCronItems = (handlers: readonly JobHandler[]): ParsedCronItem[] =>
  parseCronItems(
    handlers.flatMap(({ name, cron }) =>
      cron === undefined ? [] : [{ task: name, match: cron, identifier: name, options: cronOptions(name) }],
    ),
  )

const cronOptions = (name: string) => ({
  backfillPeriod: BACKFILL_MS,
  maxAttempts: MAX_ATTEMPTS,
  jobKey: `cron:${name}`,
  jobKeyMode: 'replace' as const,
})

/** Counts and logs how jobs went; one that will never run again is an error, one that will is a warning. */
function reportingEvents(): WorkerEvents {
  const events = new EventEmitter() as WorkerEvents
  events.on('job:success', ({ job }) => jobRuns.inc({ job: job.task_identifier, outcome: 'success' }))
  events.on('job:error', ({ job, error }) => {
    if (job.attempts >= job.max_attempts) return
    jobRuns.inc({ job: job.task_identifier, outcome: 'retried' })
    log.warn({ ...about(job), err: causeOf(error) }, 'jobs: failed, will run again')
  })
  events.on('job:failed', ({ job, error }) => {
    jobRuns.inc({ job: job.task_identifier, outcome: 'failed' })
    log.error({ ...about(job), err: causeOf(error) }, 'jobs: failed for good')
  })
  return events
}

const about = (job: Job) => ({
  job: job.task_identifier,
  jobId: job.id,
  attempt: job.attempts,
  maxAttempts: job.max_attempts,
})

const causeOf = (error: unknown): unknown => (error instanceof Error && error.cause !== undefined ? error.cause : error)

const queueLogger: NonNullable<SharedOptions['logger']> = new QueueLogger(() => (level, message, meta) => {
  // how a job went is reported by the events, with the handler's own error
  if (meta && ('failure' in meta || 'success' in meta)) return
  if (['error', 'warning'].includes(level)) log.warn({ component: 'graphile-worker' }, message)
  else log.debug({ component: 'graphile-worker' }, message)
})

/** Liveness goes by the real clock: a test that moves the platform's time must not kill living workers. */
const showLife = (db: Db, workerIds: readonly string[]) =>
  db.sql`/* jobs.showLife */
    insert into worker_heartbeats (worker_id, host, process_id, started_at, beat_at)
    select id, ${hostname().slice(0, 255)}, ${process.pid}::int, clock_timestamp(), clock_timestamp()
    from unnest(${workerIds}::text[]) as living (id)
    on conflict (worker_id) do update set beat_at = clock_timestamp(), stopped_at = null`

/** What is still locked runs again at once, in another process. */
const handBack = (db: Db, workerIds: readonly string[]) =>
  db.sql`/* jobs.handBack */
    with stopped as (
      update worker_heartbeats set stopped_at = clock_timestamp() where worker_id = any(${workerIds}::text[])
    )
    select graphile_worker.force_unlock_workers(${workerIds}::text[])::text`

/** Also frees what a worker locked that died before its first sign of life. */
async function freeJobsOfTheDead(db: Db): Promise<string[]> {
  const deadAfter = `${String(DEAD_AFTER_MS)} milliseconds`
  const rows = await db.sql<{ workerId: string }>`/* jobs.freeDead */
    with dead as materialized (
      select distinct locked_by as worker_id from graphile_worker.jobs
      where locked_at < clock_timestamp() - ${deadAfter}::interval and not exists (
        select from worker_heartbeats
        where worker_id = locked_by and stopped_at is null and beat_at > clock_timestamp() - ${deadAfter}::interval)
    ), freed as materialized (
      select graphile_worker.force_unlock_workers(array_agg(worker_id)) from dead having count(*) > 0
    )
    select worker_id as "workerId" from dead where exists (select from freed)`
  return rows.map(({ workerId }) => workerId)
}

async function measureQueue(db: Db): Promise<void> {
  const [row] = await db.sql<{ waiting: bigint; failed: bigint; open: bigint }>`/* jobs.measure */
    select count(*) filter (where attempts < max_attempts) as waiting,
      count(*) filter (where attempts >= max_attempts and locked_at is null) as failed,
      (select count(*) from outbox_events where dispatched_at is null) as open
    from graphile_worker.jobs`
  waitingJobs.set(Number(row?.waiting ?? 0))
  failedJobs.set(Number(row?.failed ?? 0))
  openEvents.set(Number(row?.open ?? 0))
}
