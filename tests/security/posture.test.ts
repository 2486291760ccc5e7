import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { connectionUrl, withClient } from '../../src/lib/migrations/adapter.js'
import { openDatabase } from '../../src/lib/db.js'
import type { Database } from '../../src/lib/db.js'
import { deployMigrations } from '../../src/lib/migrations/deploy.js'
import { APP_PASSWORD, appDatabaseUrl } from '../support/global-setup.js'

/**
 * Deployed as the server deploys it, and not cloned: rights on a database are not copied from a template.
 */
const name = `cp_test_${String(inject('runId'))}_posture`
const server = inject('ownerUrl')
const ownerUrl = connectionUrl(server, name)
const role = `${inject('template')}_app`
let owner: pg.Client
let app: Database

beforeAll(async () => {
  const folder = join(import.meta.dirname, '../../prisma')
  await deployMigrations({ ownerUrl, folder, appRole: { name: role, password: APP_PASSWORD } })
  owner = new pg.Client({ connectionString: ownerUrl })
  await owner.connect()
  app = openDatabase(appDatabaseUrl(server, inject('template'), name), { poolSize: 2 })
})
afterAll(async () => {
  await app.close()
  await owner.end()
  await withClient(server, (admin) => admin.query(`drop database if exists "${name}" with (force)`))
})

const found = async (sql: string, ...values: unknown[]): Promise<unknown[]> =>
  (await owner.query({ text: sql, values, rowMode: 'array' })).rows.map((row: unknown[]) =>
    row.length === 1 ? row[0] : row,
  )
/** The SQLSTATE that `sql` is refused with; whatever it did is undone. */
async function refusal(client: { query(text: string): Promise<unknown> }, sql: string): Promise<string> {
  await client.query('begin')
  try {
    await client.query(sql)
    return 'done'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  } finally {
    await client.query('rollback')
  }
}
async function asApp<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await app.pool.connect()
  try {
    return await work(client)
  } finally {
    client.release()
  }
}

describe('the application role', () => {
  it('has no power of its own, belongs to no other role and owns nothing', async () => {
    const powers = await found(
      `select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication from pg_roles where rolname = $1`,
      role,
    )
    expect(powers).toEqual([[false, false, false, false, false]])
    expect(
      await found(`select roleid::regrole::text from pg_auth_members where member = $1::regrole`, role),
      'memberships',
    ).toEqual([])
    expect(
      await found(`select oid::regclass::text from pg_class where relowner = $1::regrole`, role),
      'relations it owns',
    ).toEqual([])
    expect(await found(`select datname from pg_database where datdba = $1::regrole`, role), 'databases').toEqual([])
  })

  it('is kept from what would lead out of the database or above its rights', async () => {
    const attempts = [
      'create table public.mine (id int)',
      'create schema mine',
      'create temporary table mine (id int)',
      'create function public.f() returns int language sql return 1',
      'create role mine',
      'alter table users disable trigger all',
      'alter table users add column mine text',
      'drop table users',
      'create index on users (display_name)',
      `create trigger t before insert on users for each row execute function app_touch()`,
      `copy (select 1) to program 'true'`,
      `copy users from '/etc/passwd'`,
      `select pg_read_file('/etc/passwd')`,
      `select pg_ls_dir('.')`,
      `select lo_import('/etc/passwd')`,
      'set session_replication_role = replica',
      'set role postgres',
      'set session authorization postgres',
      'create extension dblink',
      'alter database postgres set timezone = utc',
      'comment on table users is null',
      'update app_clock set offset_ms = 1',
      'delete from _prisma_migrations',
      'insert into _prisma_migrations (id) values (null)',
      'create table graphile_worker.mine (id int)',
      'select * from pg_authid',
      `select pg_terminate_backend(pid) from pg_stat_activity where usename <> current_user and usename is not null`,
    ]
    const outcomes = await asApp(async (client) => {
      const all: Record<string, string> = {}
      for (const sql of attempts) all[sql] = await refusal(client, sql)
      return all
    })
    const altering: unknown = await app.pool
      .query('alter system set log_statement = none')
      .catch((error: unknown) => error)
    expect(altering).toMatchObject({ code: '42501' })
    // 42501: insufficient privilege; 22023: "permission denied to set role"
    for (const [sql, outcome] of Object.entries(outcomes))
      expect(['42501', '22023'], `${sql}: ${outcome}`).toContain(outcome)
  })

  it('reaches partitions through their parents only', async () => {
    const reachable = await found(
      `select oid::regclass::text from pg_class where relispartition and relkind in ('r', 'p')
         and has_table_privilege($1, oid, 'select, insert, update, delete, truncate, references, trigger')`,
      role,
    )
    expect(reachable).toEqual([])
    const orphans = await found(
      `select p.partrelid::regclass::text from pg_partitioned_table p
       where not has_table_privilege($1, p.partrelid, 'select') or not has_table_privilege($1, p.partrelid, 'insert')`,
      role,
    )
    // the ledger's own projection
    expect(orphans, 'parents it cannot use').toEqual(['revenue_analytics'])
  })

  it('may neither truncate, reference nor hang triggers on any table', async () => {
    const tables = await found(
      `select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema')
         and has_table_privilege($1, c.oid, 'truncate, references, trigger')`,
      role,
    )
    expect(tables).toEqual([])
  })

  it('reads every table it serves, and writes all but the clock, the ledger and the history of migrations', async () => {
    const readOnly = await found(
      `select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
         and not relispartition and has_table_privilege($1, oid, 'select') and not has_table_privilege($1, oid, 'insert')
       order by 1`,
      role,
    )
    expect(readOnly).toEqual([
      '_prisma_migrations',
      'app_clock',
      'journal_transactions',
      'ledger_accounts',
      'ledger_entries',
      'revenue_analytics',
    ])
    const closed = await found(
      `select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
         and not relispartition and not has_table_privilege($1, oid, 'select')`,
      role,
    )
    expect(closed).toEqual([])
  })
})

describe('everybody (PUBLIC)', () => {
  it('has no right on the database, its schemas, tables, columns or sequences', async () => {
    const onDatabase = await found(
      `select privilege_type from pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba)))
       where datname = current_database() and grantee = 0`,
    )
    expect(onDatabase, 'database').toEqual([])
    const onSchemas = await found(
      `select nspname::text, privilege_type from pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner)))
       where grantee = 0 and nspname not in ('pg_catalog', 'information_schema') and privilege_type = 'CREATE'`,
    )
    expect(onSchemas, 'create in schemas').toEqual([])
    const onRelations = await found(
      `select c.oid::regclass::text, privilege_type from pg_class c join pg_namespace n on n.oid = c.relnamespace,
         aclexplode(c.relacl)
       where grantee = 0 and n.nspname not in ('pg_catalog', 'information_schema')`,
    )
    expect(onRelations, 'relations').toEqual([])
    const onColumns = await found(
      `select attrelid::regclass::text, attname::text from pg_attribute, aclexplode(attacl)
       where grantee = 0 and attrelid::regclass::text !~ '^(pg_|information_schema)'`,
    )
    expect(onColumns, 'columns').toEqual([])
  })

  it('may execute none of our functions', async () => {
    const open = await found(
      `select p.oid::regprocedure::text from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner)))
       where p.pronamespace = 'public'::regnamespace and grantee = 0
         and not exists (select from pg_depend where objid = p.oid and deptype = 'e')`,
    )
    expect(open).toEqual([])
  })

  it('is promised nothing on things to come, nor is the application role', async () => {
    const promised = await found(
      `select defaclobjtype::text, grantee::regrole::text, privilege_type from pg_default_acl, aclexplode(defaclacl)
       where grantee = 0 or grantee = $1::regrole`,
      role,
    )
    expect(promised).toEqual([])
  })
})

describe('functions that run as the owner', () => {
  it('are few, named here, and cannot be led astray by a search path', async () => {
    const definers = await found(
      `select p.proname::text, (select setting from unnest(p.proconfig) setting where setting like 'search_path=%')
       from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema') order by 1`,
    )
    const path = 'search_path=pg_catalog, public, pg_temp'
    expect(definers).toEqual([
      ['app_keep_revenue', path],
      ['app_make_partitions', path],
      ['app_post_journal', path],
      ['app_release_earnings', path],
    ])
  })

  it('refuse arguments that would make the catalogue swell', async () => {
    await asApp(async (client) => {
      expect(await refusal(client, 'select app_make_partitions(100000)')).toBe('22023')
      expect(await refusal(client, 'select app_make_partitions(1, 100000)')).toBe('22023')
      expect(await refusal(client, `select app_make_partition('users', 'users', 'x', now())`)).toBe('42501')
    })
  })
})

describe('tables that are only added to', () => {
  const appendOnly = ['audit_logs', 'transactions']
  /** Written by functions of the owner alone. */
  const ledger = ['journal_transactions', 'ledger_accounts', 'ledger_entries', 'revenue_analytics']

  it('of the ledger refuse every write of the application role', async () => {
    await asApp(async (client) => {
      for (const table of ledger)
        for (const verb of ['insert', 'update', 'delete', 'truncate'])
          expect(await found(`select has_table_privilege($1, $2, $3)`, role, table, verb), `${verb} ${table}`).toEqual([
            false,
          ])
      for (const table of ledger)
        expect(await refusal(client, `insert into ${table} select * from ${table}`), `insert ${table}`).toBe('42501')
    })
  })

  it('refuse UPDATE, DELETE and TRUNCATE from the application role by privilege', async () => {
    await asApp(async (client) => {
      for (const table of appendOnly) {
        for (const verb of ['select', 'insert'])
          expect(await found(`select has_table_privilege($1, $2, $3)`, role, table, verb), `${verb} ${table}`).toEqual([
            true,
          ])
        const key = table === 'audit_logs' ? 'created_at = created_at' : 'id = id'
        expect(await refusal(client, `update ${table} set ${key}`), `update ${table}`).toBe('42501')
        expect(await refusal(client, `delete from ${table}`), `delete ${table}`).toBe('42501')
        expect(await refusal(client, `truncate ${table} cascade`), `truncate ${table}`).toBe('42501')
        expect(await refusal(client, `merge into ${table} t using (select 1) s on true when matched then delete`)).toBe(
          '42501',
        )
        expect(
          await refusal(client, `insert into ${table} select * from ${table} on conflict do nothing`),
          `insert ${table}`,
        ).not.toBe('42501')
      }
    })
  })

  it('refuse them from the owner too, in each partition', async () => {
    await owner.query(
      `insert into audit_logs (category, action, description, created_at)
       values ('security', 'test.one', 'now', now()), ('security', 'test.two', 'far off', now() + interval '40 years')`,
    )
    const partitions = await found(
      `select inhrelid::regclass::text from pg_inherits where inhparent = 'audit_logs'::regclass`,
    )
    expect(partitions.length).toBeGreaterThan(3)
    for (const sql of ['update audit_logs set action = action', 'delete from audit_logs'])
      expect(await refusal(owner, sql), sql).not.toBe('done')
    for (const table of [...appendOnly, ...(partitions as string[])])
      expect(await refusal(owner, `truncate ${table} cascade`), table).not.toBe('done')
    for (const table of ['audit_logs_default']) {
      expect(await refusal(owner, `update ${table} set action = action`)).not.toBe('done')
      expect(await refusal(owner, `delete from ${table}`)).not.toBe('done')
    }
  })
})

describe('a connection of the pool', () => {
  it('has every timeout set, and keeps its time in UTC', async () => {
    const { rows } = await app.pool.query<Record<string, string>>(`
      select current_setting('TimeZone') as zone, current_setting('statement_timeout') as statement,
        current_setting('lock_timeout') as lock, current_setting('idle_in_transaction_session_timeout') as idle`)
    expect(rows).toEqual([{ zone: 'UTC', statement: '5s', lock: '2s', idle: '10s' }])
    expect(app.pool.options).toMatchObject({ connectionTimeoutMillis: 2_000, query_timeout: 6_000, keepAlive: true })
  })

  it('signs in by SCRAM, with a password that the server cannot read back', async () => {
    const stored = await found(`select rolpassword from pg_authid where rolname = $1`, role)
    expect(String(stored[0])).toMatch(/^SCRAM-SHA-256\$/)
    expect(String(stored[0])).not.toContain(APP_PASSWORD)
  })
})
