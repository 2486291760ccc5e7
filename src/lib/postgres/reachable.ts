import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { SECOND_MS } from '../clock.js'
import { log } from '../log.js'

const CONNECT_TIMEOUT_MS = 3 * SECOND_MS
const RETRY_MIN_MS = 250
const RETRY_MAX_MS = 5 * SECOND_MS
/** What a server says that will take connections later: starting up, shutting down, too many clients. */
const PASSING = new Set(['57P01', '57P02', '57P03', '53300'])
const NO_SUCH_DATABASE = '3D000'
/** Errors of the server itself, by SQLSTATE: whatever else it answers, it is there. */
const SQLSTATE = /^[0-9A-Z]{5}$/

/**
 * Waits until a PostgreSQL answers at `url`, with a line in the log for each try that fails. That the database named there
 * does not exist yet counts as an answer.
 * @throws Error when the server refuses for good (a wrong password), or when `signal` ends the wait
 */
export async function untilReachable(url: string, signal: AbortSignal): Promise<void> {
  for (let waitMs = RETRY_MIN_MS; ; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
    const failure = await tryConnection(url)
    if (failure === null) return
    log.warn({ err: failure, retryInMs: waitMs }, 'database: not reachable, trying again')
    await sleep(waitMs, null, { signal })
  }
}

async function tryConnection(url: string): Promise<Error | null> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return null
  } catch (error) {
    const state = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
    if (state === NO_SUCH_DATABASE) return null
    if (SQLSTATE.test(state) && !PASSING.has(state)) throw error
    return error instanceof Error ? error : new Error(String(error))
  } finally {
    // a connection that was never made cannot be ended in order
    await client.end().catch(() => undefined)
  }
}
