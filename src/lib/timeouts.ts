import assert from 'node:assert'
import { HOUR_MS, MINUTE_MS, SECOND_MS } from './clock.js'

/**
 * Every wait that lies inside another one, in milliseconds, from the innermost out: whoever waits longest is told by the one
 * within what went wrong, instead of giving up first. Asserted when this file is loaded.
 */
export const TIMEOUTS = {
  /** PostgreSQL: for a lock. */
  lockMs: 2 * SECOND_MS,
  /** PostgreSQL: for one statement. */
  statementMs: 5 * SECOND_MS,
  /** The driver: for the answer to one statement. */
  queryMs: 6 * SECOND_MS,
  /** For an answer from outside the house: an operation writes down before it that it asks, and after it what came of it. */
  outsideMs: 6.5 * SECOND_MS,
  /** For one transaction of a request. */
  transactionMs: 7 * SECOND_MS,
  /** For one operation as a whole, and for each event of a subscription: what takes longer answers UNAVAILABLE. */
  operationMs: 8 * SECOND_MS,
  /** What clients are advised to wait. */
  clientMs: 10 * SECOND_MS,
  /** From SIGTERM to the end of the process, whatever is still under way. */
  drainMs: 15 * SECOND_MS,
  /** For one whole HTTP request to arrive, unless it is an upload. */
  requestMs: 30 * SECOND_MS,
  /** For a transaction of a job or a seed, which nobody waits for; whom it holds up waits for its locks no longer than ever. */
  backgroundTransactionMs: 45 * SECOND_MS,
  /** How far back is read again what may have been missed: what the longest transaction dates is committed within it. */
  rereadMs: MINUTE_MS,
  /** For one whole upload to arrive. */
  uploadMs: 2 * HOUR_MS,
} as const

const inner = Object.values(TIMEOUTS)
for (const [index, timeoutMs] of inner.entries())
  assert(timeoutMs > (inner[index - 1] ?? 0), `timeouts must nest: ${JSON.stringify(TIMEOUTS)}`)
