import type { FastifyInstance } from 'fastify'
import pg from 'pg'
import { SECOND_MS, monotonicMs } from '../../lib/clock.js'
import { MigrationError, pendingMigrations } from '../../lib/migrations/history.js'
import type { MigrationFile } from '../../lib/migrations/project.js'

/** What `/health/ready` waits for an answer; a slower one counts from the next request on. */
const ANSWER_WITHIN_MS = 120
/** An answer of the database counts for this long before it is asked again … */
const FRESH_MS = SECOND_MS
/** … and stands in for a slow one for this long. */
const STALE_MS = 3 * SECOND_MS
const PROBE_TIMEOUT_MS = 2 * SECOND_MS

/** One check of readiness: `ok`, or in a few words why not. */
export type Check = 'ok' | 'starting' | 'unreachable' | 'behind' | 'refused' | 'draining'

/** Whether the process can serve, and what each check found. */
export interface Report {
  readonly isReady: boolean
  readonly checks: Readonly<Record<'database' | 'migrations' | 'keys' | 'process', Check>>
}

type Found = Pick<Report['checks'], 'database' | 'migrations'>

/** Where the process stands on its way from start to end; `/health` tells it. */
export class Readiness {
  #process: Check = 'starting'
  #keys: Check = 'starting'
  #probe: DatabaseProbe | null = null

  /** From now on the database at `url` is asked, over a connection of its own, so that a busy pool tells nothing. */
  watchDatabase(url: string, migrations: readonly MigrationFile[]): void {
    this.#probe ??= new DatabaseProbe(url, migrations)
  }

  /** What comparing the master keys with the database found. */
  keysFound(found: 'ok' | 'refused'): void {
    this.#keys = found
  }

  /** Resolves when the database was asked, so that the first who asks does not wait for a connection. */
  async serving(): Promise<void> {
    this.#process = 'ok'
    await this.#probe?.look()
  }

  /** The process takes no new work. */
  draining(): void {
    this.#process = 'draining'
  }

  async report(): Promise<Report> {
    const found = (await this.#probe?.ask()) ?? { database: 'starting', migrations: 'starting' }
    const checks = { ...found, keys: this.#keys, process: this.#process }
    return { isReady: Object.values(checks).every((check) => check === 'ok'), checks }
  }

  async close(): Promise<void> {
    await this.#probe?.close()
  }
}

/** Asks the database at most once a second, however often it is asked itself. */
class DatabaseProbe {
  readonly #pool: pg.Pool
  readonly #migrations: readonly MigrationFile[]
  #last: { readonly found: Found; readonly atMs: number } | null = null
  #asking: Promise<void> | null = null

  constructor(url: string, migrations: readonly MigrationFile[]) {
    this.#migrations = migrations
    this.#pool = new pg.Pool({
      connectionString: url,
      max: 1,
      idleTimeoutMillis: 0,
      application_name: 'health',
      connectionTimeoutMillis: PROBE_TIMEOUT_MS,
      query_timeout: PROBE_TIMEOUT_MS,
    })
    this.#pool.on('error', () => undefined)
  }

  async ask(): Promise<Found> {
    if (this.#ageMs() > FRESH_MS) await Promise.race([this.look(), timeout(ANSWER_WITHIN_MS)])
    return this.#last && this.#ageMs() <= STALE_MS
      ? this.#last.found
      : { database: 'unreachable', migrations: 'starting' }
  }

  #ageMs(): number {
    return this.#last ? monotonicMs() - this.#last.atMs : Infinity
  }

  /** Asks, unless somebody is asking. */
  look(): Promise<void> {
    this.#asking ??= this.#find()
      .then((found) => {
        this.#last = { found, atMs: monotonicMs() }
      })
      .finally(() => (this.#asking = null))
    return this.#asking
  }

  async #find(): Promise<Found> {
    try {
      const pending = await pendingMigrations(this.#pool, this.#migrations)
      return { database: 'ok', migrations: pending.length === 0 ? 'ok' : 'behind' }
    } catch (error) {
      if (error instanceof MigrationError) return { database: 'ok', migrations: 'refused' }
      return { database: 'unreachable', migrations: 'starting' }
    }
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }
}

const timeout = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })

/** `/health/live` answers while the process turns; `/health/ready` 200 or 503, each with what was found. */
export function serveHealth(app: FastifyInstance, readiness: Readiness): void {
  app.get('/health/live', async (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'live' }))
  app.get('/health/ready', async (_request, reply) => {
    const { isReady, checks } = await readiness.report()
    return reply
      .code(isReady ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status: isReady ? 'ready' : 'not ready', checks })
  })
}
