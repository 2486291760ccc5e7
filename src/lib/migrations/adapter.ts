import { randomUUID } from 'node:crypto'
import { PrismaPg } from '@prisma/adapter-pg'
import { ColumnTypeEnum, DriverAdapterError } from '@prisma/driver-adapter-utils'
import type { SqlDriverAdapter, SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils'
import pg from 'pg'

/** PostgreSQL's one-byte `"char"`, which the catalogues use and Prisma's adapter does not know. */
const CHAR_OID = 18
const BPCHAR_OID = 1042

/** A connection to a shadow database, or to the real one, as Prisma's engine wants it. */
export interface MigrationAdapter extends SqlDriverAdapter {
  readonly pool: pg.Pool
}

/**
 * Prisma's own adapter, mended where migrating needs more than querying does:
 * a script is sent whole (the adapter cuts it at every semicolon, also inside functions and literals, and deals the pieces
 * to different connections); the shadow database is really another one (a connection string beats the adapter's
 * `database`); one connection that never idles out (advisory locks and SET belong to a session); `"char"` can be read.
 */
export class MigrationAdapterFactory implements SqlMigrationAwareDriverAdapterFactory {
  readonly provider = 'postgres'
  readonly adapterName = '@prisma/adapter-pg'
  /** The last failure as the server told it: the engine replaces the text by one of its own. */
  lastError: DriverAdapterError | undefined
  readonly #url: string
  readonly #shadows = new Set<string>()
  readonly #pools = new Set<pg.Pool>()

  constructor(url: string) {
    this.#url = url
  }

  connect(): Promise<MigrationAdapter> {
    return this.#open(connectionUrl(this.#url))
  }

  async connectToShadowDb(): Promise<MigrationAdapter> {
    const name = `prisma_migrate_shadow_db_${randomUUID()}`
    await withClient(this.#url, (client) => client.query(`create database "${name}" template template0`))
    this.#shadows.add(name)
    return this.#open(connectionUrl(this.#url, name), () => this.#dropShadow(name))
  }

  /** Ends what the engine left open (it never lets go of its main connection) and drops what shadow databases are left. */
  async close(): Promise<void> {
    for (const pool of [...this.#pools]) await this.#end(pool)
    for (const name of [...this.#shadows]) await this.#dropShadow(name)
  }

  async #dropShadow(name: string): Promise<void> {
    await withClient(this.#url, (client) => client.query(`drop database if exists "${name}" with (force)`))
    this.#shadows.delete(name)
  }

  async #end(pool: pg.Pool): Promise<void> {
    if (this.#pools.delete(pool)) await pool.end()
  }

  async #open(url: string, afterClose?: () => Promise<void>): Promise<MigrationAdapter> {
    const pool = new pg.Pool({ connectionString: url, max: 1, idleTimeoutMillis: 0, application_name: 'migrate' })
    this.#pools.add(pool)
    // A lost connection fails the statement that runs; an idle one that is lost must not end the process.
    pool.on('error', () => undefined)
    const adapter = await new PrismaPg(pool).connect()
    const queryRaw = adapter.queryRaw.bind(adapter)
    const charColumns = markCharColumns(pool)
    return Object.assign(adapter, {
      pool,
      queryRaw: async (query: Parameters<typeof queryRaw>[0]) => {
        const result = await queryRaw(query)
        const isChar = charColumns.get(result.rows)
        if (!isChar) return result
        const columnTypes = result.columnTypes.map((type, column) => (isChar[column] ? ColumnTypeEnum.Character : type))
        return { ...result, columnTypes }
      },
      executeScript: async (script: string) => {
        await pool.query(script).catch((error: unknown) => {
          this.lastError = driverError(error, script)
          throw this.lastError
        })
      },
      dispose: async () => {
        await this.#end(pool)
        await afterClose?.()
      },
    })
  }
}

/** Lets `"char"` columns pass the adapter as bpchar, and remembers which columns of which answer they were. */
function markCharColumns(pool: pg.Pool): WeakMap<unknown[], boolean[]> {
  const marked = new WeakMap<unknown[], boolean[]>()
  const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<pg.QueryArrayResult>
  const marking = async (...args: unknown[]): Promise<pg.QueryArrayResult> => {
    const result = await query(...args)
    // A script of several statements answers an array of results; only single ones are read.
    if (!Array.isArray(result) && result.fields.some((field) => field.dataTypeID === CHAR_OID)) {
      const isChar = result.fields.map((field) => field.dataTypeID === CHAR_OID)
      marked.set(result.rows, isChar)
      for (const [column, field] of result.fields.entries()) if (isChar[column]) field.dataTypeID = BPCHAR_OID
    }
    return result
  }
  Object.assign(pool, { query: marking })
  return marked
}

function driverError(error: unknown, script: string): DriverAdapterError {
  if (!(error instanceof pg.DatabaseError))
    return new DriverAdapterError({ kind: 'postgres', ...NO_DETAILS, message: String(error) })
  return new DriverAdapterError({
    kind: 'postgres',
    code: error.code ?? NO_DETAILS.code,
    severity: error.severity ?? NO_DETAILS.severity,
    message: [error.message, place(script, error.position), error.where].filter(Boolean).join('\n  '),
    detail: error.detail,
    column: error.column,
    hint: error.hint,
  })
}

const NO_DETAILS = { code: 'N/A', severity: 'ERROR', detail: undefined, column: undefined, hint: undefined }

function place(script: string, position: string | undefined): string | undefined {
  if (!position) return undefined
  const before = script.slice(0, Number(position) - 1)
  const line = script.slice(before.lastIndexOf('\n') + 1).split('\n', 1)[0] ?? ''
  return `at line ${String(before.split('\n').length)}: ${line.trim()}`
}

/** The connection string without Prisma's own `schema` parameter, for another database where one is named. */
export function connectionUrl(url: string, database?: string): string {
  const target = new URL(url)
  target.searchParams.delete('schema')
  if (database !== undefined) target.pathname = `/${encodeURIComponent(database)}`
  return target.toString()
}

/** Runs `work` on a connection of its own, to the database the URL names or to another one on that server. */
export async function withClient<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
  database?: string,
): Promise<T> {
  const client = new pg.Client({ connectionString: connectionUrl(url, database), application_name: 'migrate' })
  // Without a listener, a connection lost between two statements would end the process; the next statement reports it.
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const DUPLICATE_DATABASE = '42P04'
const UNIQUE_VIOLATION = '23505'
const NO_SUCH_DATABASE = '3D000'

/** Creates the database the URL names unless it exists, and answers its name. Safe when several processes do it at once. */
export async function ensureDatabase(url: string): Promise<string> {
  const name = databaseName(url)
  try {
    await withClient(url, async () => undefined)
  } catch (error) {
    if (sqlState(error) !== NO_SUCH_DATABASE) throw error
    await withClient(url, (client) => client.query(`create database ${pg.escapeIdentifier(name)}`), 'postgres').catch(
      (refusal: unknown) => {
        if (![DUPLICATE_DATABASE, UNIQUE_VIOLATION].includes(sqlState(refusal) ?? '')) throw refusal
      },
    )
  }
  return name
}

/** The name of the database that a connection string leads to. */
export function databaseName(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1))
}

/** The SQLSTATE of an error from the server or the socket's own code, if it has one. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
