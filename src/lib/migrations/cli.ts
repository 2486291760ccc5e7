import { join, relative } from 'node:path'
import { ensureDatabase, withClient } from './adapter.js'
import { defaultAppRole } from './app-role.js'
import { createMigration } from './create.js'
import { deployMigrations } from './deploy.js'
import { findDrift } from './drift.js'
import { MigrationError, pendingMigrations } from './history.js'
import { readMigrations } from './project.js'

interface Target {
  readonly ownerUrl: string
  readonly appRole: string
}

/** `process.env`, of which only what says where the database is. */
type Environment = Readonly<Record<string, string | undefined>>

const USAGE = `usage: npm run migrate deploy    apply what is missing, grant the application role its rights
       npm run migrate status    say what is missing; exit code 1 if anything is
       npm run migrate drift     compare schema, migrations and database; exit code 1 if they differ
       npm run migration -- name [--empty]    write the SQL of a changed schema, to read and edit

The database is DATABASE_URL's; without it the embedded one under DATA_DIR. Everything else that Prisma can do
(resolve, reset, diff …) is done by: npx prisma migrate`

const FOLDER = join(import.meta.dirname, '../../../prisma')
const MIGRATIONS = join(FOLDER, 'migrations')

/** The commands behind `npm run migrate` and `npm run migration`. Answers the exit code. */
export async function migrateMain([command, ...args]: readonly string[], environment: Environment): Promise<number> {
  const run = COMMANDS[command ?? '']
  if (!run) {
    print(USAGE)
    return 2
  }
  try {
    return await withTarget(environment, (target) => run(target, args))
  } catch (error) {
    process.stderr.write(`${error instanceof MigrationError ? error.message : describe(error)}\n`)
    return 1
  }
}

const COMMANDS: Readonly<Record<string, (target: Target, args: readonly string[]) => Promise<number>>> = {
  deploy,
  status,
  drift,
  create,
}

async function deploy({ ownerUrl, appRole }: Target): Promise<number> {
  await ensureDatabase(ownerUrl)
  const known = await roleIsKnown(ownerUrl, appRole)
  const grants = known ? { appRole: { name: appRole, password: null } } : {}
  const { applied } = await deployMigrations({ ownerUrl, folder: FOLDER, ...grants })
  for (const name of applied) print(`applied ${name}`)
  print(`${String(applied.length)} applied, ${String(readMigrations(MIGRATIONS).length)} known`)
  if (!known) print(`the role ${appRole} does not exist yet: the server makes it, or name yours in DATABASE_APP_URL`)
  return 0
}

async function status({ ownerUrl }: Target): Promise<number> {
  const pending = await withClient(ownerUrl, (owner) => pendingMigrations(owner, readMigrations(MIGRATIONS)))
  for (const { name } of pending) print(`not applied: ${name}`)
  if (pending.length === 0) print('up to date')
  return pending.length === 0 ? 0 : 1
}

async function drift({ ownerUrl, appRole }: Target): Promise<number> {
  const checks = await findDrift({ ownerUrl, folder: FOLDER, appRole })
  for (const { title, differences } of checks) {
    print(`${differences.length === 0 ? 'ok   ' : 'DRIFT'} ${title}`)
    for (const difference of differences) print(difference.replace(/^/gm, '      '))
  }
  return checks.every(({ differences }) => differences.length === 0) ? 0 : 1
}

async function create({ ownerUrl }: Target, args: readonly string[]): Promise<number> {
  const name = args.find((argument) => !argument.startsWith('-')) ?? ''
  const paths = { migrations: MIGRATIONS, schema: join(FOLDER, 'schema') }
  const { path, destructive, ignored } = await createMigration(ownerUrl, paths, name, args.includes('--empty'))
  for (const statement of ignored) print(`ignored by prisma/migrate.ignore.json:\n${statement}`)
  for (const statement of destructive) print(`look at this before anybody deploys it:\n${statement}`)
  print(path === null ? 'no change: the migrations already lead to the schema' : relative(process.cwd(), path))
  return 0
}

async function withTarget<T>(environment: Environment, work: (target: Target) => Promise<T>): Promise<T> {
  const { DATABASE_URL: url, DATABASE_APP_URL: appUrl, DATA_DIR: dataDir } = environment
  const target = (ownerUrl: string): Target => ({
    ownerUrl,
    appRole: appUrl ? decodeURIComponent(new URL(appUrl).username) : defaultAppRole(ownerUrl),
  })
  if (url) return work(target(url))
  const { EMBEDDED_DATABASE, startEmbeddedPostgres } = await import('../postgres/embedded.js')
  const server = await startEmbeddedPostgres({ dataDir: dataDir ?? '.data', database: EMBEDDED_DATABASE })
  try {
    return await work(target(server.url))
  } finally {
    await server.stop()
  }
}

function roleIsKnown(ownerUrl: string, name: string): Promise<boolean> {
  return withClient(
    ownerUrl,
    async (owner) => (await owner.query('select from pg_roles where rolname = $1', [name])).rowCount === 1,
  )
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
