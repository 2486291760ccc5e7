import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Logger, runMigrations } from 'graphile-worker'
import pg from 'pg'
import { connectionUrl, databaseName, ensureDatabase, sqlState, withClient } from './adapter.js'
import { ensureLogin, grantToAppRole } from './app-role.js'
import type { AppRole } from './app-role.js'
import { MigrationError, pendingMigrations } from './history.js'
import type { Queryable } from './history.js'
import { migrationList, readIgnoreRules, readMigrations } from './project.js'

export interface DeployOptions {
  /** The owner's connection string. */
  readonly ownerUrl: string
  /** The folder `prisma`: `migrations` and `app-role.sql` are in it. */
  readonly folder: string
  /** Who will serve; absent, nobody is granted anything. */
  readonly appRole?: AppRole
}

/** What a deploy did. */
export interface Deployed {
  /** The migrations it applied, oldest first; most starts apply none. */
  readonly applied: readonly string[]
}

/** Ours, beside the engine's own lock (72707369), which gives up after ten seconds while another process migrates. */
const DEPLOY_LOCK = 72_707_370
const DEPLOY_LOCK_TIMEOUT_S = 120
const LOCK_NOT_AVAILABLE = '55P03'
/** Months for which partitions are made ahead when a process starts; a job goes on from there. */
const PARTITION_MONTHS_AHEAD = 3

/**
 * Brings a database to the state this code expects: creates it, applies what is missing, installs the job queue, gives the
 * application role its rights and makes the next months' partitions. Idempotent, quick when there is nothing to do, and done
 * by one process at a time: others that start meanwhile wait and then find it done.
 * @throws MigrationError when the history cannot be continued; Error with the server's words when a migration fails.
 */
export async function deployMigrations({ ownerUrl, folder, appRole }: DeployOptions): Promise<Deployed> {
  await ensureDatabase(ownerUrl)
  return withClient(ownerUrl, async (owner) => {
    await lock(owner)
    const applied = await applyPending(owner, ownerUrl, join(folder, 'migrations'))
    await keepTimeInUtc(owner, databaseName(ownerUrl))
    await installJobQueue(ownerUrl)
    if (appRole) {
      await ensureLogin(owner, ownerUrl, appRole)
      await grantToAppRole(owner, appRole.name, readGrants(folder))
    }
    await makePartitions(owner)
    return { applied }
  })
}

/** Held until the connection ends. */
async function lock(owner: Queryable): Promise<void> {
  await owner.query(`set lock_timeout = '${String(DEPLOY_LOCK_TIMEOUT_S)}s'`)
  try {
    await owner.query('/* migrations.lock */ select pg_advisory_lock($1)', [DEPLOY_LOCK])
  } catch (error) {
    if (sqlState(error) !== LOCK_NOT_AVAILABLE) throw error
    const waited = `${String(DEPLOY_LOCK_TIMEOUT_S)} s`
    throw new MigrationError(
      'lock_timeout',
      `Another process has been migrating this database for more than ${waited}.`,
    )
  }
  await owner.query('reset lock_timeout')
}

async function applyPending(owner: Queryable, ownerUrl: string, migrations: string): Promise<string[]> {
  const pending = await pendingMigrations(owner, readMigrations(migrations))
  if (pending.length === 0) return []
  // Loaded only now: the engine is some 15 MB of WebAssembly that most starts never need.
  const { withEngine } = await import('./engine.js')
  const { filters } = readIgnoreRules(migrations)
  return withEngine(ownerUrl, [], async (engine) => {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: migrationList(migrations),
      filters,
    })
    return appliedMigrationNames
  })
}

/** The driver reads and writes instants as if sessions kept UTC; this holds also for those that do not say so themselves. */
async function keepTimeInUtc(owner: Queryable, database: string): Promise<void> {
  const { rows } = await owner.query<{ zone: string | null }>(
    `/* migrations.timezone */
    select (select split_part(item, '=', 2) from unnest(setconfig) item where lower(item) like 'timezone=%') as zone
    from pg_db_role_setting
    where setrole = 0 and setdatabase = (select oid from pg_database where datname = current_database())`,
  )
  if (rows[0]?.zone === 'UTC') return
  await owner.query(`alter database ${pg.escapeIdentifier(database)} set timezone to 'UTC'`)
}

async function installJobQueue(ownerUrl: string): Promise<void> {
  const silent = new Logger(() => () => undefined)
  await runMigrations({ connectionString: connectionUrl(ownerUrl), logger: silent })
}

function readGrants(folder: string): string {
  const path = join(folder, 'app-role.sql')
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

async function makePartitions(owner: Queryable): Promise<void> {
  const { rows } = await owner.query<{ exists: boolean }>(
    `/* migrations.partitionsExist */ select to_regproc('app_make_partitions') is not null as exists`,
  )
  if (rows[0]?.exists !== true) return
  await owner.query('/* migrations.makePartitions */ select app_make_partitions($1)', [PARTITION_MONTHS_AHEAD])
}
