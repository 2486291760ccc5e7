import assert from 'node:assert'
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomInt } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaClient } from '../generated/prisma/client.js'
import type { Prisma } from '../generated/prisma/client.js'
import { sqlStatements } from './metrics.js'
import { prepare } from './sql.js'
import type { SqlPart } from './sql.js'
import { TIMEOUTS } from './timeouts.js'

/** Connections per process. */
const POOL_SIZE = 10
const CONNECT_TIMEOUT_MS = 2_000
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000
/** Attempts of a transaction that lost against another one, the first included. */
const MAX_ATTEMPTS = 5
const RETRY_BASE_MS = 10

/**
 * Runs a hand-written statement: a tagged template that opens with its name, `/* accounts.profilePage *​/ select …`.
 * It is prepared once per connection under that name, but in transactions of jobs. bigint columns are bigint, times Date, jsonb parsed.
 * Pieces that statements share are fragments of `lib/sql.ts`.
 */
export type Sql = <Row>(strings: TemplateStringsArray, ...parts: SqlPart[]) => Promise<Row[]>

/** A handle to read with: Prisma's models, and named SQL on the same pool. */
export type Db = Prisma.TransactionClient & {
  readonly sql: Sql
  /** The time by which this handle goes instead of the database's; see `inPast`. */
  readonly pastClock?: () => Date
  /** Absent within a transaction. Only `transaction()` calls it. */
  readonly transact?: Transact
}

declare const inTransaction: unique symbol
/** A handle to write with. Only `transaction()` makes one, so that no write can happen outside a transaction. */
export type Tx = Db & { readonly [inTransaction]: true; readonly origin: Origin }

/** Who writes and why; triggers and policies read it from the session settings `app.*`. */
export interface Origin {
  readonly db: Db
  readonly actorId: string | null
  readonly sessionId: string | null
  readonly requestId: string
  /** Why a member of staff acts; null where none is asked for. */
  readonly reason?: string | null
  /** Where the request came from; absent for jobs. */
  readonly client?: { readonly ip: string; readonly userAgent: string }
  /** Told the time of a transaction that committed: what this request reads next is as of then. */
  readonly advance?: (now: Date) => void
}

/** An open database: the handle for reads, the pool under it, and its end. */
export interface Database {
  readonly db: Db
  readonly pool: pg.Pool
  close(): Promise<void>
}

const counting = new AsyncLocalStorage<{ statements: number }>()

/**
 * The same database by a clock that is in the past: what is written through it happened then. Its events count as told and its
 * jobs as done, but for those that are still to come. For seeds and tests, which play what has happened; nobody else may.
 */
export const inPast = (db: Db, clock: () => Date): Db => Object.create(db, { pastClock: { value: clock } }) as Db

/** Whether this transaction plays what has happened. */
export const isInPast = (tx: Tx): boolean => tx.pastClock !== undefined

/** Runs `work` and says how many statements it sent; nested counts are the inner one's own. */
export async function countStatements<T>(work: () => Promise<T>): Promise<{ result: T; statements: number }> {
  const counter = { statements: 0 }
  const result = await counting.run(counter, work)
  return { result, statements: counter.statements }
}

/** A connection that counts its statements, and knows when a transaction on it is over. */
class Connection extends pg.Client {
  /** The transaction that it is in, or was in last. */
  turn = { isOver: false }

  override query: pg.Client['query'] = ((...args: unknown[]): unknown => {
    const counter = counting.getStore()
    if (counter) counter.statements += 1
    sqlStatements.inc()
    if (ENDS.has(textOf(args[0]))) this.turn.isOver = true
    return (pg.Client.prototype.query as (...all: unknown[]) => unknown).apply(this, args)
  }) as pg.Client['query']
}

/** How Prisma ends a transaction. */
const ENDS = new Set(['COMMIT', 'ROLLBACK'])

const textOf = (statement: unknown): string => {
  const text = typeof statement === 'object' && statement !== null && 'text' in statement ? statement.text : statement
  return typeof text === 'string' ? text : ''
}

/** Tells whoever opens a transaction which connection Prisma takes for it. */
class Pool extends pg.Pool {
  readonly opening = new AsyncLocalStorage<{ connection: Connection | null }>()

  override connect = ((...args: [] | [never]): unknown => {
    const taken = this.opening.getStore()
    if (args.length > 0 || taken?.connection !== null) return super.connect(...(args as []))
    return super.connect().then((client) => {
      taken.connection = client as unknown as Connection
      return client
    })
  }) as pg.Pool['connect']
}

const INT8 = 20
const DATE = 1082
const { TIMESTAMPTZ } = pg.types.builtins
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === INT8) return (text: string) => BigInt(text)
    if (oid === DATE) return (text: string) => text
    if (oid === (TIMESTAMPTZ as number)) return parseInstant
    return (pg.types.getTypeParser as (oid: number, format?: string) => unknown)(oid, format)
  }) as pg.CustomTypesConfig['getTypeParser'],
}

const parseAnyInstant = pg.types.getTypeParser(TIMESTAMPTZ) as (text: string) => Date
/** What an instant looks like in UTC, `2026-03-01 09:30:00.123+00`, which the session speaks. */
const UTC_INSTANT = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d+)?\+00$/

/** As the driver's own, ten times as fast for what there is: a page of posts has a hundred of them. */
const parseInstant = (text: string): Date =>
  UTC_INSTANT.test(text) ? new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`) : parseAnyInstant(text)

/** Statements past Prisma, on a pool or on one client of it. */
export const sqlOn =
  (client: Pick<pg.ClientBase, 'query'>): Sql =>
  async <Row>(strings: TemplateStringsArray, ...parts: SqlPart[]) =>
    (await client.query({ ...prepare(strings, parts), types })).rows as Row[]

/** Opens the pool and Prisma over it. Every wait has a limit; the session's time zone is UTC. */
export function openDatabase(
  url: string,
  options: { readonly poolSize?: number; readonly name?: string } = {},
): Database {
  const pool = new Pool({
    connectionString: url,
    max: options.poolSize ?? POOL_SIZE,
    Client: Connection,
    application_name: options.name ?? 'creator-platform',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: TIMEOUTS.queryMs,
    keepAlive: true,
    options: [
      '-c TimeZone=UTC',
      // what pays for queries of seconds costs those of milliseconds a hundred times their time
      '-c jit=off',
      `-c statement_timeout=${String(TIMEOUTS.statementMs)}`,
      `-c lock_timeout=${String(TIMEOUTS.lockMs)}`,
      `-c idle_in_transaction_session_timeout=${String(IDLE_IN_TRANSACTION_TIMEOUT_MS)}`,
    ].join(' '),
  })
  // an idle connection that the server ends must not end the process: the next query opens another
  pool.on('error', () => undefined)
  // nor one that breaks while it is in use: the query under way reports it
  pool.on('connect', (client) => client.on('error', () => undefined))
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) })
  const db = Object.create(withSql(prisma, sqlOn(pool)), { transact: { value: transactOn(prisma, pool) } }) as Db
  return {
    db,
    pool,
    close: async () => {
      await prisma.$disconnect()
      if (!pool.ended) await pool.end()
    },
  }
}

/**
 * Runs `work` in one transaction, with who, why and which request set for triggers and policies, and `now`, the
 * database's time, read once. Runs again when it lost against a concurrent transaction, so `work` must do nothing
 * but read and write through `tx`.
 * @throws UNAVAILABLE database_unavailable when no connection came in time
 */
export async function transaction<T>(origin: Origin, work: (tx: Tx, now: Date) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { now, result } = await once(origin, work)
      origin.advance?.(now)
      return result
    } catch (error) {
      if (attempt >= MAX_ATTEMPTS || !isSerializationFailure(error)) throw error
      await setTimeout(RETRY_BASE_MS * 2 ** attempt * (0.5 + randomInt(1_000) / 2_000))
    }
  }
}

function once<T>(
  origin: Origin,
  work: (tx: Tx, now: Date) => Promise<T>,
): Promise<{ readonly now: Date; readonly result: T }> {
  const { db, client: asking } = origin
  assert(db.transact, 'no transaction is opened within another one')
  return db.transact(
    async (client) => {
      const tx = Object.create(client, { origin: { value: origin }, pastClock: { value: db.pastClock } }) as Tx
      const now = await begin(tx, origin)
      return { now, result: await work(tx, now) }
    },
    {
      isPrepared: asking !== undefined,
      timeout: asking ? TIMEOUTS.transactionMs : TIMEOUTS.backgroundTransactionMs,
    },
  )
}

/** One statement: the settings that triggers and policies read, and the time. */
async function begin(tx: Tx, { db, actorId, sessionId, requestId, reason }: Origin): Promise<Date> {
  const [row] = await tx.sql<{ now: Date }>`/* db.begin */
    with time as materialized (select coalesce(${db.pastClock?.() ?? null}::timestamptz, app_now()) as now)
    select now, set_config('app.now', now::text, true),
      set_config('app.actor_id', ${actorId ?? ''}, true),
      set_config('app.session_id', ${sessionId ?? ''}, true),
      set_config('app.request_id', ${requestId}, true),
      set_config('app.reason', ${reason ?? ''}, true)
    from time`
  assert(row)
  return row.now
}

/**
 * Runs `work` while nobody else holds the database's lock of this name, for what takes longer than a transaction may; null
 * at once when somebody does. Takes a connection of the pool meanwhile; the lock ends with it, should the process end first.
 */
export async function whileLocked<T>(pool: pg.Pool, name: string, work: () => Promise<T>): Promise<T | null> {
  const client = await pool.connect()
  try {
    const { rows } = await client.query<{ isOurs: boolean }>(
      '/* db.lockNamed */ select pg_try_advisory_lock(hashtext($1)) as "isOurs"',
      [name],
    )
    if (!rows[0]?.isOurs) return null
    try {
      return await work()
    } finally {
      await client.query('/* db.unlockNamed */ select pg_advisory_unlock(hashtext($1))', [name])
    }
  } finally {
    client.release()
  }
}

/** The database's time, for reads outside a transaction. */
export async function databaseNow(db: Db): Promise<Date> {
  if (db.pastClock) return db.pastClock()
  const [row] = await db.sql<{ now: Date }>`/* db.now */ select app_now() as now`
  assert(row)
  return row.now
}

/** Opens a transaction, and hands `work` what reads and writes in it. */
type Transact = <T>(
  work: (client: Db) => Promise<T>,
  options: { readonly isPrepared: boolean; readonly timeout: number },
) => Promise<T>

const transactOn =
  (prisma: PrismaClient, { opening }: Pool): Transact =>
  (work, { isPrepared, timeout }) => {
    const taken: { connection: Connection | null } = { connection: null }
    return opening.run(taken, () =>
      prisma.$transaction(
        (client) => {
          assert(taken.connection, 'Prisma has taken a connection')
          return work(withSql(client, sqlInTransaction(taken.connection, isPrepared)))
        },
        { maxWait: CONNECT_TIMEOUT_MS, timeout },
      ),
    )
  }

/**
 * Statements on the connection of a transaction that Prisma has begun and will end, past Prisma, whose client takes as long again
 * for each. What somebody asks for touches few rows by their keys, and is prepared as on the pool; a job goes through many, and
 * each of its statements is planned for its own parameters.
 */
function sqlInTransaction(connection: Connection, isPrepared: boolean): Sql {
  const turn = { isOver: false }
  connection.turn = turn
  return async <Row>(strings: TemplateStringsArray, ...parts: SqlPart[]) => {
    if (turn.isOver) throw new TransactionOver()
    const { name, text, values } = prepare(strings, parts)
    return (await connection.query({ ...(isPrepared && { name }), text, values, types })).rows as Row[]
  }
}

/** A transaction took too long and was rolled back under whoever still writes; the code is Prisma's for the same. */
class TransactionOver extends Error {
  readonly code = 'P2028'

  constructor() {
    super('The transaction is over.')
  }
}

const withSql = (client: Prisma.TransactionClient, sql: Sql): Db => Object.create(client, { sql: { value: sql } }) as Db

const SERIALIZATION_FAILURES = new Set(['40001', '40P01'])

/**
 * Whether a transaction failed only because another one won. It shows in three shapes: P2034 from a model call,
 * the SQLSTATE from a hand-written statement, and at commit a driver error without a code.
 */
export function isSerializationFailure(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  if ('code' in error && error.code === 'P2034') return true
  return SERIALIZATION_FAILURES.has(sqlState(error) ?? '') || causeOf(error)?.kind === 'TransactionWriteConflict'
}

interface DriverCause {
  readonly kind?: string
  readonly originalCode?: string
  readonly originalMessage?: string
  readonly constraint?: { readonly index?: string; readonly fields?: readonly string[] }
}

function causeOf(error: object): DriverCause | undefined {
  const meta =
    'meta' in error ? (error.meta as { driverAdapterError?: { cause?: DriverCause } } | undefined) : undefined
  return meta?.driverAdapterError?.cause ?? ('cause' in error ? (error.cause as DriverCause | undefined) : undefined)
}

/** PostgreSQL's SQLSTATE behind a failed query, whichever layer threw it. */
export function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const state = causeOf(error)?.originalCode ?? ('code' in error ? error.code : undefined)
  return typeof state === 'string' && /^[0-9A-Z]{5}$/.test(state) && !state.startsWith('P2') ? state : undefined
}

/** Whether a write failed on the unique constraint or index named `name`. */
export function violatesUnique(error: unknown, name: string): boolean {
  if (typeof error !== 'object' || error === null) return false
  if ('constraint' in error && error.constraint === name) return true
  return causeOf(error)?.constraint?.index === name
}

const CHECK_VIOLATION = '23514'

/** Whether a write failed on the check constraint named `name`; the driver tells it in its message alone. */
export function violatesCheck(error: unknown, name: string): boolean {
  if (typeof error !== 'object' || error === null || sqlState(error) !== CHECK_VIOLATION) return false
  if ('constraint' in error && error.constraint === name) return true
  return causeOf(error)?.originalMessage?.includes(`"${name}"`) === true
}
