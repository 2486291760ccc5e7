import { machineNow } from './clock.js'
import { isInPast } from './db.js'
import type { Db, Origin, Tx } from './db.js'
import type { Mailer } from './mail.js'

/** Attempts of a job, the first included; what failed that often stays in the queue as failed, for a person to look at. */
export const MAX_ATTEMPTS = 10

declare const payloadOf: unique symbol
/** A job's name, typed with what it needs to know: ids and decisions, never a secret or a personal datum. */
export type JobName<Payload> = string & { readonly [payloadOf]?: Payload }

/** Names a job; the domain's `types.ts` holds it, `jobs.ts` its handler. */
export const jobName = <Payload>(name: string): JobName<Payload> => name

/** What a handler works with; it opens its own transactions. */
export interface JobServices {
  readonly db: Db
  readonly mailer: Mailer
  /** Whether the platform shows nobody anything whose age is not proven; absent is no. */
  readonly isAgeGated?: boolean
}

/** A job's handler; must be safe to run twice. */
export interface JobHandler {
  readonly name: string
  /** A crontab line (five fields) for jobs that run by the clock. */
  readonly cron?: string
  readonly run: (payload: unknown, services: JobServices, jobId: string) => Promise<void>
}

/** Ties a handler to a job's name. */
export const handle = <Payload>(
  name: JobName<Payload>,
  work: (payload: Payload, services: JobServices, jobId: string) => Promise<void>,
  options: { readonly cron?: string } = {},
): JobHandler => ({ name, run: (payload, services, jobId) => work(payload as Payload, services, jobId), ...options })

/** Who writes when a job does: nobody, under the job's own request id. */
export const jobOrigin = ({ db }: JobServices, jobId: string): Origin => ({
  db,
  actorId: null,
  sessionId: null,
  requestId: `job-${jobId}`,
})

/** When and how a job runs; `key` makes a second one replace the first while it waits. */
export interface JobOptions {
  readonly runAt?: Date
  readonly key?: string
  readonly queue?: string
  readonly maxAttempts?: number
}

/** Adds a job within the transaction: it runs after the commit, and never when there is none. */
export async function enqueue<Payload extends object>(
  tx: Tx,
  name: JobName<Payload>,
  payload: Payload,
  { runAt, key, queue, maxAttempts = MAX_ATTEMPTS }: JobOptions = {},
): Promise<void> {
  if (isInPast(tx) && (!runAt || runAt <= machineNow())) return
  await tx.sql`/* jobs.enqueue */
    select id::text from graphile_worker.add_job(
      ${name}::text, ${{ json: payload }}::json, ${queue ?? null}::text, ${runAt ?? null}::timestamptz,
      ${maxAttempts}::int, ${key ?? null}::text)`
}
