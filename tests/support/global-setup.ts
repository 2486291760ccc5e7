import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import type { TestProject } from 'vitest/node'
import { connectionUrl, withClient } from '../../src/lib/migrations/adapter.js'
import { appUrl } from '../../src/lib/migrations/app-role.js'
import { deployMigrations } from '../../src/lib/migrations/deploy.js'
import { startEmbeddedPostgres, TEST_SETTINGS } from '../../src/lib/postgres/embedded.js'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The owner's way into the server's maintenance database. */
    readonly ownerUrl: string
    /** The migrated, empty database that each test file clones. */
    readonly template: string
    /** The process that owns this run's databases. */
    readonly runId: number
  }
}

export const APP_PASSWORD = 'test-only'
const ROOT = join(import.meta.dirname, '../..')

/** Starts PostgreSQL (or takes DATABASE_URL's), and migrates one template per state of the migrations. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await findServer()
  const template = `cp_template_${fingerprint()}`
  await withClient(server.url, async (owner) => {
    await dropLeftovers(owner)
    await ensureTemplate(owner, server.url, template)
  })
  project.provide('ownerUrl', server.url)
  project.provide('template', template)
  project.provide('runId', process.pid)
  return async () => {
    await withClient(server.url, dropLeftovers)
    await server.stop()
  }
}

async function findServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const url = process.env['DATABASE_URL']
  if (url) return { url, stop: () => Promise.resolve() }
  return await startEmbeddedPostgres({ dataDir: join(ROOT, '.data/test'), settings: TEST_SETTINGS })
}

/** Built under a name of its own and then renamed, so that nobody is connected to a template, nor finds half of one. */
async function ensureTemplate(owner: pg.Client, url: string, template: string): Promise<void> {
  if ((await owner.query('select from pg_database where datname = $1', [template])).rowCount) return
  const draft = `cp_test_${String(process.pid)}_template`
  await deployMigrations({
    ownerUrl: connectionUrl(url, draft),
    folder: join(ROOT, 'prisma'),
    appRole: { name: `${template}_app`, password: APP_PASSWORD },
  })
  await owner.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [draft])
  await owner.query(`alter database "${draft}" rename to "${template}"`).catch(async (error: unknown) => {
    // another run was first
    await owner.query(`drop database "${draft}" with (force)`)
    if ((await owner.query('select from pg_database where datname = $1', [template])).rowCount === 0) throw error
  })
}

/** Clones of this run, and of runs whose process is gone: `cp_test_<pid>_…`. */
async function dropLeftovers(owner: pg.Client): Promise<void> {
  const { rows } = await owner.query<{ datname: string }>(
    `select datname from pg_database where datname like 'cp\\_test\\_%'`,
  )
  for (const { datname } of rows) {
    const pid = Number(datname.split('_')[2])
    if (pid === process.pid || !isRunning(pid)) await owner.query(`drop database if exists "${datname}" with (force)`)
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function fingerprint(): string {
  const hash = createHash('sha256')
  const folder = join(ROOT, 'prisma/migrations')
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort())
    if (name.endsWith('.sql')) hash.update(name).update(readFileSync(join(folder, name)))
  return hash
    .update(readFileSync(join(ROOT, 'prisma/app-role.sql')))
    .digest('hex')
    .slice(0, 12)
}

/** The application role's way into `database`; one role serves every clone of a template. */
export const appDatabaseUrl = (ownerUrl: string, template: string, database: string): string =>
  appUrl(connectionUrl(ownerUrl, database), `${template}_app`, APP_PASSWORD)
