import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { SECOND_MS } from './clock.js'
import { droppedLogLines } from './metrics.js'

/** Lines that wait to be stored; those that come when it is full are dropped and counted. */
const MAX_WAITING = 5_000
const MAX_BATCH = 500
const FLUSH_AFTER_MS = 250
const RETRY_MS = SECOND_MS
const STATEMENT_TIMEOUT_MS = 5 * SECOND_MS
/** At the end, lines have this long to be stored. */
const CLOSE_TIMEOUT_MS = 2 * SECOND_MS
const MAX_MESSAGE_LENGTH = 8_192
const MAX_STACK_LENGTH = 32_768
const MAX_METADATA_LENGTH = 16_384
const MAX_NAME_LENGTH = 100
const MAX_REQUEST_ID_LENGTH = 64
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** SQLSTATE classes that the same rows would meet again: data, constraint. */
const HOPELESS = /^(22|23)/

/** Takes the log's lines and stores them in `system_logs`, in batches, without anybody waiting for it. */
export interface LogSink {
  write(line: string): void
  /** Lines not stored yet. */
  readonly waiting: number
  /** Stores what waits, for at most two seconds. */
  close(): Promise<void>
}

interface Row {
  readonly id: string
  readonly createdAt: string
  readonly level: string
  readonly service: string
  readonly component: string | null
  readonly message: string
  readonly stackTrace: string | null
  readonly requestId: string | null
  readonly sessionId: string | null
  readonly userId: string | null
  readonly metadata: string
}

/** A sink on a connection of its own to `url`; `service` names the process in every row. */
export function openLogSink(url: string, service: string): LogSink {
  return new PostgresLogSink(url, service)
}

class PostgresLogSink implements LogSink {
  readonly #pool: pg.Pool
  readonly #service: string
  #rows: Row[] = []
  #timer: NodeJS.Timeout | null = null
  #flushing: Promise<void> | null = null
  #isClosed = false

  constructor(url: string, service: string) {
    this.#service = service
    this.#pool = new pg.Pool({
      connectionString: url,
      max: 1,
      application_name: 'log',
      connectionTimeoutMillis: STATEMENT_TIMEOUT_MS,
      query_timeout: STATEMENT_TIMEOUT_MS,
      options: `-c TimeZone=UTC -c statement_timeout=${String(STATEMENT_TIMEOUT_MS)}`,
    })
    // whatever breaks the connection, the next batch opens another
    this.#pool.on('error', () => undefined)
  }

  get waiting(): number {
    return this.#rows.length
  }

  write(line: string): void {
    const row = this.#isClosed || this.#rows.length >= MAX_WAITING ? null : toRow(line, this.#service)
    if (!row) {
      droppedLogLines.inc()
      return
    }
    this.#rows.push(row)
    if (this.#rows.length >= MAX_BATCH) this.#flushSoon(0)
    else this.#flushSoon(FLUSH_AFTER_MS)
  }

  #flushSoon(afterMs: number): void {
    if (this.#timer || this.#flushing) return
    this.#timer = setTimeout(() => void this.#flush(), afterMs).unref()
  }

  #flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    return (this.#flushing ??= this.#storeBatch().then((isStored) => {
      this.#flushing = null
      if (this.#rows.length > 0 && !this.#isClosed) this.#flushSoon(isStored ? 0 : RETRY_MS)
    }))
  }

  /** Whether the oldest lines are dealt with: stored, or dropped because they never can be. */
  async #storeBatch(): Promise<boolean> {
    const batch = this.#rows.slice(0, MAX_BATCH)
    if (batch.length === 0) return true
    try {
      await this.#insert(batch)
    } catch (error) {
      if (!isHopeless(error)) return false
      await this.#storeEach(batch)
    }
    this.#rows = this.#rows.slice(batch.length)
    return true
  }

  /** One line that the table refuses must not take the others with it. */
  async #storeEach(batch: readonly Row[]): Promise<void> {
    for (const row of batch) await this.#insert([row]).catch(() => droppedLogLines.inc())
  }

  async #insert(rows: readonly Row[]): Promise<void> {
    // the id makes a batch that was stored although its answer was lost harmless
    await this.#pool.query(
      `/* log.store */
      insert into system_logs
        (id, created_at, level, service, component, message, stack_trace, request_id, session_id, user_id, metadata)
      select * from unnest($1::uuid[], $2::timestamptz[], $3::log_level[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::uuid[], $10::uuid[], $11::jsonb[])
      on conflict do nothing`,
      [
        rows.map(({ id }) => id),
        rows.map(({ createdAt }) => createdAt),
        rows.map(({ level }) => level),
        rows.map(({ service }) => service),
        rows.map(({ component }) => component),
        rows.map(({ message }) => message),
        rows.map(({ stackTrace }) => stackTrace),
        rows.map(({ requestId }) => requestId),
        rows.map(({ sessionId }) => sessionId),
        rows.map(({ userId }) => userId),
        rows.map(({ metadata }) => metadata),
      ],
    )
  }

  async close(): Promise<void> {
    const deadline = performance.now() + CLOSE_TIMEOUT_MS
    while (this.#rows.length > 0 && performance.now() < deadline) {
      const before = this.#rows.length
      await this.#flush()
      if (this.#rows.length === before) break
    }
    this.#isClosed = true
    if (this.#timer) clearTimeout(this.#timer)
    droppedLogLines.inc(this.#rows.length)
    await this.#pool.end()
  }
}

const isHopeless = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && HOPELESS.test(error.code)

function toRow(line: string, service: string): Row | null {
  const fields = parsed(line)
  if (!fields) return null
  const { level, time, msg, err, requestId, sessionId, userId, component, ...metadata } = fields
  const { stack, ...error } = typeof err === 'object' && err !== null ? (err as Record<string, unknown>) : {}
  return {
    id: randomUUID(),
    createdAt: typeof time === 'string' ? time : '',
    level: typeof level === 'string' ? level : 'info',
    service,
    component: textOf(component, MAX_NAME_LENGTH),
    message: textOf(msg, MAX_MESSAGE_LENGTH) ?? '',
    stackTrace: textOf(stack, MAX_STACK_LENGTH),
    requestId: textOf(requestId, MAX_REQUEST_ID_LENGTH),
    sessionId: uuidOf(sessionId),
    userId: uuidOf(userId),
    metadata: metadataOf(err === undefined ? metadata : { ...metadata, err: error }),
  }
}

function parsed(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    // not a line of the logger: counted as dropped
    return null
  }
}

/** PostgreSQL has no NUL in texts, and jsonb no half of a surrogate pair. */
const clean = (text: string): string => Buffer.from(text.replaceAll('\0', ''), 'utf8').toString('utf8')

/** At most `maxLength` UTF-16 units, which is never more than that many characters of PostgreSQL's. */
const textOf = (value: unknown, maxLength: number): string | null =>
  typeof value === 'string' ? clean(value.slice(0, maxLength)) : null

const uuidOf = (value: unknown): string | null => (typeof value === 'string' && UUID.test(value) ? value : null)

function metadataOf(fields: Record<string, unknown>): string {
  const text = JSON.stringify(fields, (_key, value: unknown) => (typeof value === 'string' ? clean(value) : value))
  return text.length <= MAX_METADATA_LENGTH ? text : '{"truncated":true}'
}
