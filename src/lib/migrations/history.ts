import type pg from 'pg'
import type { MigrationFile } from './project.js'

/** Why a database cannot be brought to this code's state. */
export type MigrationProblem =
  'database_is_newer' | 'migration_missing' | 'migration_edited' | 'migration_failed' | 'lock_timeout'

/** A refusal to migrate that a person has to settle; the message says how. */
export class MigrationError extends Error {
  readonly problem: MigrationProblem

  constructor(problem: MigrationProblem, message: string) {
    super(message)
    this.name = 'MigrationError'
    this.problem = problem
  }
}

interface AppliedRow {
  readonly name: string
  readonly checksum: string
  readonly finished: boolean
  readonly logs: string | null
}

/** Anything that runs one statement: a pool or a connection of pg. */
export type Queryable = Pick<pg.ClientBase, 'query'>

/**
 * The migrations that the database still lacks, by plain SQL in a few milliseconds.
 * @throws MigrationError when the database and the code cannot both be right.
 */
export async function pendingMigrations(client: Queryable, known: readonly MigrationFile[]): Promise<MigrationFile[]> {
  const applied = await readHistory(client)
  checkHistory(applied, known)
  const names = new Set(applied.map(({ name }) => name))
  return known.filter(({ name }) => !names.has(name))
}

/** What Prisma's bookkeeping table says, without the attempts that were declared rolled back; empty on a new database. */
async function readHistory(client: Queryable): Promise<AppliedRow[]> {
  const table = await client.query<{ exists: boolean }>(
    `/* migrations.historyExists */ select to_regclass('_prisma_migrations') is not null as exists`,
  )
  if (table.rows[0]?.exists !== true) return []
  const { rows } = await client.query<AppliedRow>(
    `/* migrations.history */
    select migration_name as name, checksum, finished_at is not null as finished, logs
    from _prisma_migrations where rolled_back_at is null order by migration_name`,
  )
  return rows
}

function checkHistory(applied: readonly AppliedRow[], known: readonly MigrationFile[]): void {
  const byName = new Map(known.map((file) => [file.name, file]))
  const latest = known.at(-1)?.name ?? ''
  for (const row of applied) {
    const file = byName.get(row.name)
    if (!row.finished) throw failed(row)
    if (!file) throw row.name > latest ? newer(row) : missing(row)
    if (file.checksum !== row.checksum) throw edited(row)
  }
}

function failed({ name, logs }: AppliedRow): MigrationError {
  const reason = logs?.trim() ? ` (${logs.trim()})` : ''
  return new MigrationError(
    'migration_failed',
    `The migration ${name} failed${reason}. See what it left, mend it, and declare the outcome with ` +
      `"npx prisma migrate resolve --rolled-back ${name}" (it will be tried again) or "--applied ${name}".`,
  )
}

function newer({ name }: AppliedRow): MigrationError {
  return new MigrationError(
    'database_is_newer',
    `The database is newer than this code: it has the migration ${name}. Run the version that brought it, or a later one.`,
  )
}

function missing({ name }: AppliedRow): MigrationError {
  return new MigrationError(
    'migration_missing',
    `The database has the migration ${name}, which this code lacks although it has later ones. Restore the file.`,
  )
}

function edited({ name }: AppliedRow): MigrationError {
  return new MigrationError(
    'migration_edited',
    `The migration ${name} was edited after it was applied. Restore its text, and put the change in a new migration.`,
  )
}
