import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { ENUMS, INDEXES, PARTITIONED, TABLES } from './documented.js'
import { readPrismaSchema } from './prisma-schema.js'

const TAG =
  /\[personal: (none|identifier|contact|profile|sensitive|behaviour|financial|message|technical); why: [^;\]]{5,}; keep: (account|content|session-30d|system-log-90d|analytics-2y|audit-7y|finance-10y|moderation-7y|idempotency-7d|outbox-30d|forever)\]$/

/** Tables whose rows outlive what they speak of, or must never hold up a purge: ids without foreign keys. */
const WITHOUT_FOREIGN_KEYS = PARTITIONED

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
})

afterAll(async () => {
  await database.drop()
})

async function column(sql: string, parameters: unknown[] = []): Promise<string[]> {
  const { rows } = await database.owner.query<{ found: string }>(sql, parameters)
  return rows.map(({ found }) => found)
}

describe('the Prisma schema', () => {
  const blocks = readPrismaSchema()
  const models = blocks.filter(({ kind }) => kind === 'model')
  const modelNames = new Set(models.map(({ name }) => name))

  it('says of every model and enum what it is', () => {
    expect(models.length).toBeGreaterThan(100)
    expect(blocks.filter(({ comment }) => comment.length < 10).map(({ name }) => name)).toEqual([])
  })

  it('says of every field what it is, whether it is personal, why it is kept and how long', () => {
    const columns = models.flatMap((model) =>
      model.fields
        .filter(({ type }) => !modelNames.has(type.replace(/[?[\]]/g, '')))
        .map((field) => ({ name: `${model.name}.${field.name}`, comment: field.comment })),
    )
    expect(columns.length).toBeGreaterThan(1000)
    expect(columns.filter(({ comment }) => !/^\S.* \[/.test(comment) || !TAG.test(comment))).toEqual([])
  })
})

describe('the documented names', () => {
  it('has every table, with a random UUID made by the database as its key', async () => {
    const found = await column(
      `select table_name as found from information_schema.columns
       where table_schema = 'public' and column_name = 'id' and data_type = 'uuid' and column_default = 'gen_random_uuid()'`,
    )
    expect(found).toEqual(expect.arrayContaining(TABLES))
  })

  it.each(Object.entries(ENUMS))('has exactly the values of %s', async (place, values) => {
    const [table, name] = place.split('.')
    const found = await column(
      `select e.enumlabel as found from pg_enum e join pg_attribute a on a.atttypid = e.enumtypid
       where a.attrelid = $1::text::regclass and a.attname = $2 order by e.enumsortorder`,
      [table, name],
    )
    expect(found).toEqual(values)
  })

  it('has every index under its name, on its column', async () => {
    const found = await column(
      `select indexname || ': ' || regexp_replace(indexdef, '^.* ON (ONLY )?public\\.(\\w+) USING btree ', '\\2 ') as found
       from pg_indexes where schemaname = 'public' and indexname = any($1) order by 1`,
      [Object.keys(INDEXES)],
    )
    const wanted = Object.entries(INDEXES).map(([name, place]) => `${name}: ${place}`)
    expect(found).toEqual(wanted.sort())
  })
})

describe('every table', () => {
  it('has an index that begins with each foreign key', async () => {
    const bare = await column(
      `select c.conrelid::regclass || '.' || c.conname as found from pg_constraint c
       where c.contype = 'f' and c.conparentid = 0 and c.connamespace = 'public'::regnamespace and not exists (
         select from pg_index i
         where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1] and i.indpred is null and i.indisvalid
       )`,
    )
    expect(bare).toEqual([])
  })

  it('keeps ids without foreign keys where rows outlive what they speak of', async () => {
    const tied = await column(
      `select conrelid::regclass::text as found from pg_constraint
       where contype = 'f' and conrelid = any($1::text[]::regclass[])`,
      [WITHOUT_FOREIGN_KEYS],
    )
    expect(tied).toEqual([])
  })

  it('limits the length of every text', async () => {
    const endless = await column(
      `select c.relname || '.' || a.attname as found from pg_attribute a
       join pg_class c on c.oid = a.attrelid
       where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
         and c.relname <> '_prisma_migrations' and a.attnum > 0 and not a.attisdropped
         and format_type(a.atttypid, a.atttypmod) in ('text', 'text[]', 'citext', 'bytea', 'character varying')
         and not exists (
           select from pg_constraint k
           where k.conrelid = c.oid and k.contype = 'c' and a.attnum = any(k.conkey)
             and pg_get_constraintdef(k.oid) ~ '(char_length|octet_length|cardinality)'
         )`,
    )
    expect(endless).toEqual([])
  })

  it('keeps time to the millisecond with its zone, and money as a whole number with a currency', async () => {
    const odd = await column(
      `select table_name || '.' || column_name as found from information_schema.columns
       where table_schema = 'public' and table_name <> '_prisma_migrations' and (
         data_type = 'timestamp without time zone'
         or (data_type = 'timestamp with time zone' and datetime_precision <> 3)
         or (column_name ~ '(_minor|_amount|_fee|_price)$' and data_type <> 'bigint')
       )`,
    )
    const loose = await column(
      `select distinct table_name as found from information_schema.columns m
       where table_schema = 'public' and column_name ~ '(_minor|_amount|_price)$' and not exists (
         select from information_schema.columns c
         where c.table_schema = 'public' and c.table_name = m.table_name and c.column_name = 'currency'
       ) order by 1`,
    )
    expect(odd).toEqual([])
    // tips in a stream are in the currency of its creator
    expect(loose).toEqual(['stream_access'])
  })

  it('sets updated_at when a writer does not', async () => {
    const [id] = await column(
      `insert into users (username, display_name, email, email_index)
       values ('ada', 'Ada', '\\x01', decode(repeat('ab', 32), 'hex')) returning id::text as found`,
    )
    await database.setClock(60_000)
    const moved = await column(
      `update users set display_name = 'Ada L.' where id = $1
       returning (updated_at - created_at >= interval '59 seconds')::text as found`,
      [id],
    )
    await database.setClock(0)
    expect(moved).toEqual(['true'])
  })
})

describe('the clock and the context', () => {
  it('tells the database’s time to the millisecond, moved by the offset', async () => {
    await database.setClock(86_400_000)
    const [moved] = await column(
      `with read as materialized (select app_now() as now, clock_timestamp() as real)
       select (now - real between interval '86399 seconds' and interval '86401 seconds'
         and now = date_trunc('milliseconds', now))::text as found from read`,
    )
    await database.setClock(0)
    expect(moved).toBe('true')
  })

  it('answers null for what a transaction did not set, also after one that did', async () => {
    const read = `select concat_ws('|', app_actor_id(), app_session_id(), app_request_id(), app_reason()) as found`
    const actor = '6f1c1f0e-5d5f-4b53-9b5f-2f4a8f3f2d11'
    await database.owner.query('begin')
    await column(
      `select set_config('app.actor_id', $1, true) || set_config('app.session_id', $1, true)
         || set_config('app.request_id', 'r1', true) || set_config('app.reason', 'because', true) as found`,
      [actor],
    )
    expect(await column(read)).toEqual([`${actor}|${actor}|r1|because`])
    await database.owner.query('commit')
    expect(await column(read)).toEqual([''])
  })
})

describe('what is written once', () => {
  const append = (table: string): Promise<unknown> =>
    table === 'audit_logs'
      ? database.owner.query(
          `insert into audit_logs (category, action, description) values ('security', 'test.done', 'A test.')`,
        )
      : Promise.resolve()

  it.each(['audit_logs', 'transactions', 'journal_transactions', 'ledger_entries'])(
    'cannot be emptied, whoever tries: %s',
    async (table) => {
      await append(table)
      await expect(database.owner.query(`truncate ${table} cascade`)).rejects.toMatchObject({ code: '42501' })
    },
  )

  it('refuses a change to its owner, in a partition too', async () => {
    await append('audit_logs')
    const [partition] = await column(`select tableoid::regclass::text as found from audit_logs limit 1`)
    for (const sql of [
      `update audit_logs set reason = 'x'`,
      'delete from audit_logs',
      `delete from ${String(partition)}`,
      `truncate ${String(partition)}`,
    ])
      await expect(database.owner.query(sql)).rejects.toMatchObject({ code: '42501', constraint: 'append_only' })
  })

  it('is not the application role’s to change, nor are the clock, the migrations and single partitions', async () => {
    const allowed = await column(
      `select c.relname || ' ' || p.privilege as found
       from pg_class c, unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) as p (privilege)
       where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
         and has_table_privilege($1, c.oid, p.privilege)
         and (c.relispartition or c.relname = any($2) or p.privilege in ('TRUNCATE', 'REFERENCES', 'TRIGGER'))
       order by 1`,
      [
        decodeURIComponent(new URL(database.appUrl).username),
        ['app_clock', '_prisma_migrations', 'audit_logs', 'transactions', 'journal_transactions', 'ledger_entries'],
      ],
    )
    expect(allowed).toEqual(['audit_logs INSERT', 'transactions INSERT'])
  })
})

describe('the journal', () => {
  const JOURNAL = `
    with journal as (
      insert into journal_transactions (kind, reference, occurred_at)
      values ('adjustment', gen_random_uuid()::text, now()) returning id
    )
    insert into ledger_entries (journal_transaction_id, account_id, amount_minor, currency)
    select journal.id, account.id, entry.amount, account.currency
    from journal, (values `

  beforeAll(async () => {
    await database.owner.query(
      `insert into ledger_accounts (kind, currency, allows_negative)
       values ('adjustment', 'EUR', true), ('platform_fees', 'EUR', true), ('adjustment', 'JPY', true)`,
    )
  })

  const post = (entries: string): Promise<unknown> =>
    database.owner.query(
      `${JOURNAL} ${entries}) as entry (kind, currency, amount)
       join ledger_accounts account on account.kind::text = entry.kind and account.currency = entry.currency`,
    )

  it('takes what sums to zero', async () => {
    await expect(post(`('adjustment', 'EUR', -999), ('platform_fees', 'EUR', 999)`)).resolves.toBeDefined()
  })

  it.each([
    ['what does not sum to zero', `('adjustment', 'EUR', -999), ('platform_fees', 'EUR', 998)`],
    ['what sums to zero only over two currencies', `('adjustment', 'EUR', -999), ('adjustment', 'JPY', 999)`],
  ])('refuses %s', async (_, entries) => {
    await expect(post(entries)).rejects.toMatchObject({ code: '23514', constraint: 'ledger_entries_sum_zero' })
  })

  it('refuses a journal transaction without entries', async () => {
    await expect(
      database.owner.query(
        `insert into journal_transactions (kind, reference, occurred_at) values ('adjustment', 'empty', now())`,
      ),
    ).rejects.toMatchObject({ code: '23514', constraint: 'journal_transactions_has_entries' })
  })

  it('refuses an entry in another currency than its account’s', async () => {
    await expect(
      database.owner.query(
        `insert into ledger_entries (journal_transaction_id, account_id, amount_minor, currency)
         select j.id, a.id, 1, 'USD' from journal_transactions j, ledger_accounts a limit 1`,
      ),
    ).rejects.toMatchObject({ code: '23503', constraint: 'ledger_entries_account_same_currency_fkey' })
  })
})
