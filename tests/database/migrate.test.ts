import { execFile } from 'node:child_process'
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { connectionUrl, withClient } from '../../src/lib/migrations/adapter.js'
import { appUrl } from '../../src/lib/migrations/app-role.js'
import { deployMigrations } from '../../src/lib/migrations/deploy.js'
import { findDrift } from '../../src/lib/migrations/drift.js'
import { readMigrations } from '../../src/lib/migrations/project.js'
import { APP_PASSWORD } from '../support/global-setup.js'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')
const FOLDER = join(ROOT, 'prisma')
/** A role that the template's deploy made: it may be granted things in other databases too. */
const appRole = { name: `${inject('template')}_app`, password: APP_PASSWORD }
const known = readMigrations(join(FOLDER, 'migrations')).map(({ name }) => name)
const temporary = mkdtempSync(join(tmpdir(), 'migrate-test-'))
const names: string[] = []

afterAll(async () => {
  rmSync(temporary, { recursive: true })
  await withClient(inject('ownerUrl'), async (owner) => {
    for (const name of names) await owner.query(`drop database if exists "${name}" with (force)`)
  })
})

/** The URL of a database that does not exist yet. */
function freshUrl(): string {
  const name = `cp_test_${inject('runId')}_migrate_${names.length}`
  names.push(name)
  return connectionUrl(inject('ownerUrl'), name)
}

/** A copy of the folder `prisma` to which migrations can be added, by name and SQL. */
function folderWith(added: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(temporary, 'prisma-'))
  cpSync(FOLDER, folder, { recursive: true })
  for (const [name, sql] of Object.entries(added)) {
    mkdirSync(join(folder, 'migrations', name))
    writeFileSync(join(folder, 'migrations', name, 'migration.sql'), sql)
  }
  return folder
}

/** Runs one of the repository's commands on a database; answers what it printed, and throws when it fails. */
async function command(url: string, ...args: string[]): Promise<string> {
  // No engine can be fetched from here: what works, works without.
  const env = {
    ...process.env,
    DATABASE_URL: url,
    PRISMA_ENGINES_MIRROR: 'http://127.0.0.1:9',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
  }
  const { stdout, stderr } = await run(process.execPath, args, { cwd: ROOT, env })
  return stdout + stderr
}

const prisma = (url: string, ...args: string[]): Promise<string> =>
  command(url, 'node_modules/prisma/build/index.js', ...args)

function column<T>(url: string, sql: string): Promise<T[]> {
  return withClient(url, async (owner) => (await owner.query<{ value: T }>(sql)).rows.map(({ value }) => value))
}

describe('deploying', { timeout: 60_000 }, () => {
  it('migrates once when four processes start at once', async () => {
    const url = freshUrl()
    const deploys = Array.from({ length: 4 }, () => command(url, 'scripts/migrate.mjs', 'deploy'))
    const counts = (await Promise.all(deploys)).map((output) => Number(/(\d+) applied/.exec(output)?.[1]))
    expect(counts.sort((a, b) => a - b)).toEqual([0, 0, 0, known.length])
    expect(await column(url, 'select migration_name as value from _prisma_migrations order by 1')).toEqual(known)
  })

  it('does nothing the second time, in a fraction of the time', async () => {
    const options = { ownerUrl: freshUrl(), folder: FOLDER, appRole }
    const startedMs = performance.now()
    await deployMigrations(options)
    const firstMs = performance.now() - startedMs
    const durationsMs: number[] = []
    for (let round = 0; round < 5; round += 1) {
      const started = performance.now()
      expect(await deployMigrations(options)).toEqual({ applied: [] })
      durationsMs.push(performance.now() - started)
    }
    expect(Math.min(...durationsMs)).toBeLessThan(firstMs / 4)
  })

  it('lets the application role enqueue and see jobs, and change no table', async () => {
    const ownerUrl = freshUrl()
    await deployMigrations({ ownerUrl, folder: FOLDER, appRole })
    const url = appUrl(ownerUrl, appRole.name, APP_PASSWORD)
    await withClient(url, (app) => app.query(`select graphile_worker.add_job('greet')`))
    expect(await column(url, 'select count(*)::int as value from graphile_worker._private_jobs')).toEqual([1])
    await expect(column(url, 'drop table users')).rejects.toThrow('must be owner of table users')
  })

  it('keeps UTC as the time zone of the database', async () => {
    const ownerUrl = freshUrl()
    await deployMigrations({ ownerUrl, folder: FOLDER })
    const settings = `select setconfig as value from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase
      where setrole = 0 and datname = current_database()`
    expect(await column(ownerUrl, settings)).toEqual([['TimeZone=UTC']])
  })

  it('never sends the password of the application role', async () => {
    const ownerUrl = freshUrl()
    const role = { name: `${appRole.name}_${process.pid}`, password: 'correct-horse' }
    await deployMigrations({ ownerUrl, folder: FOLDER, appRole: role })
    const stored = await column<string>(
      ownerUrl,
      `select rolpassword as value from pg_authid where rolname = '${role.name}'`,
    )
    expect(stored[0]).toMatch(/^SCRAM-SHA-256\$4096:/)
    await withClient(appUrl(ownerUrl, role.name, role.password), (app) => app.query('select 1'))
    await withClient(ownerUrl, (owner) => owner.query(`drop owned by "${role.name}"; drop role "${role.name}"`))
  })

  it('refuses to serve as a role that row-level security does not bind', async () => {
    const role = { name: new URL(inject('ownerUrl')).username, password: null }
    await expect(deployMigrations({ ownerUrl: freshUrl(), folder: FOLDER, appRole: role })).rejects.toThrow(
      'must not have',
    )
  })
})

describe('a history that cannot be continued', { timeout: 120_000 }, () => {
  it('is refused when the database is newer than the code', async () => {
    const ownerUrl = freshUrl()
    await deployMigrations({ ownerUrl, folder: folderWith({ '29990101000000_later': 'create table later (id int)' }) })
    await expect(deployMigrations({ ownerUrl, folder: FOLDER })).rejects.toMatchObject({
      problem: 'database_is_newer',
      message: expect.stringContaining('29990101000000_later') as string,
    })
  })

  it('is refused when a migration is gone that others followed', async () => {
    const ownerUrl = freshUrl()
    await deployMigrations({ ownerUrl, folder: folderWith({ '20000101000000_early': 'select 1' }) })
    await expect(deployMigrations({ ownerUrl, folder: FOLDER })).rejects.toMatchObject({ problem: 'migration_missing' })
  })

  it('is refused when an applied migration was edited', async () => {
    const ownerUrl = freshUrl()
    const folder = folderWith({})
    await deployMigrations({ ownerUrl, folder })
    appendFileSync(join(folder, 'migrations', known[0]!, 'migration.sql'), '-- an afterthought\n')
    await expect(deployMigrations({ ownerUrl, folder })).rejects.toMatchObject({ problem: 'migration_edited' })
  })

  it('names the line that failed, stays refused, and goes on once the outcome was declared', async () => {
    const ownerUrl = freshUrl()
    const name = '29990101000000_broken'
    const folder = folderWith({ [name]: 'create table half (id int);\n\nalter table nowhere add column x int;\n' })
    const failure = /SQL error 42P01: relation "nowhere" does not exist/
    await expect(deployMigrations({ ownerUrl, folder })).rejects.toThrow(failure)
    await expect(deployMigrations({ ownerUrl, folder })).rejects.toMatchObject({ problem: 'migration_failed' })

    await prisma(ownerUrl, 'migrate', 'resolve', '--rolled-back', name)
    writeFileSync(join(folder, 'migrations', name, 'migration.sql'), 'create table half (id int);\n')
    expect(await deployMigrations({ ownerUrl, folder })).toEqual({ applied: [name] })
  })
})

describe('drift', { timeout: 120_000 }, () => {
  const differences = async (ownerUrl: string): Promise<string[]> => {
    const checks = await findDrift({ ownerUrl, folder: FOLDER, appRole: appRole.name })
    return checks.flatMap((check) => check.differences)
  }

  it('is green on a fresh deploy, and red after a column, a trigger, a policy or a right was changed by hand', async () => {
    const ownerUrl = freshUrl()
    await deployMigrations({ ownerUrl, folder: FOLDER, appRole })
    expect(await differences(ownerUrl)).toEqual([])

    const [trigger] = await column<string>(
      ownerUrl,
      `select format('drop trigger %I on %s', tgname, tgrelid::regclass) as value from pg_trigger
      where not tgisinternal and tgparentid = 0 and tgrelid = 'audit_logs'::regclass limit 1`,
    )
    const changes = {
      'column users.rogue': 'alter table users add column rogue int',
      'trigger audit_logs.': trigger!,
      'policy graphile_worker._private_jobs.': `alter policy "${appRole.name}" on graphile_worker._private_jobs using (false)`,
      'right on users': `grant truncate on users to "${appRole.name}"`,
    }
    for (const sql of Object.values(changes)) await withClient(ownerUrl, (owner) => owner.query(sql))
    const found = await differences(ownerUrl)
    for (const change of Object.keys(changes)) expect(found).toContainEqual(expect.stringContaining(change))
    expect(found).toContainEqual(expect.stringMatching(/DROP COLUMN\s+"rogue"/))
  })
})

describe('the ordinary prisma command, without a binary to download', { timeout: 120_000 }, () => {
  it('says that a deployed database is up to date, and exits with 1 when one is not', async () => {
    const ownerUrl = freshUrl()
    await deployMigrations({ ownerUrl, folder: FOLDER })
    expect(await prisma(ownerUrl, 'migrate', 'status')).toContain('Database schema is up to date!')
    await withClient(ownerUrl, (owner) =>
      owner.query('delete from _prisma_migrations where migration_name = $1', [known.at(-1)]),
    )
    await expect(prisma(ownerUrl, 'migrate', 'status')).rejects.toMatchObject({ code: 1 })
  })

  it('deploys, and finds no difference to the schema', async () => {
    const ownerUrl = freshUrl()
    expect(await prisma(ownerUrl, 'migrate', 'deploy')).toContain('All migrations have been successfully applied.')
    const diff = ['migrate', 'diff', '--from-config-datasource', '--to-schema', 'prisma/schema', '--exit-code']
    expect(await prisma(ownerUrl, ...diff)).toContain('No difference detected.')
    expect(await deployMigrations({ ownerUrl, folder: FOLDER })).toEqual({ applied: [] })
  })

  it('leaves no shadow database behind', async () => {
    // One that is in use belongs to somebody who works on the same server.
    const shadows = `select datname as value from pg_database where datname like 'prisma_migrate_shadow%'
      and not exists (select from pg_stat_activity a where a.datname = pg_database.datname)`
    expect(await column(inject('ownerUrl'), shadows)).toEqual([])
  })
})

// pg warns about unfinished connections only by keeping the process alive.
it('closes every connection of its own', async () => {
  const ownerUrl = freshUrl()
  await deployMigrations({ ownerUrl, folder: FOLDER, appRole })
  const client = new pg.Client({ connectionString: ownerUrl })
  await client.connect()
  const { rows } = await client.query<{ count: number }>(
    'select count(*)::int from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = $1',
    ['client backend'],
  )
  await client.end()
  expect(rows[0]?.count).toBe(0)
})
