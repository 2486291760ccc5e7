import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { PARTITIONED } from './documented.js'

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
})

afterAll(async () => {
  await database.drop()
})

interface Partition {
  parent: string
  child: string
  bounds: string
}

async function listPartitions(): Promise<Partition[]> {
  const { rows } = await database.owner.query<Partition>(
    `select i.inhparent::regclass::text as parent, c.relname as child, pg_get_expr(c.relpartbound, c.oid) as bounds
     from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where c.relispartition and c.relkind = 'r' order by 1, 2`,
  )
  return rows
}

/** As the application role, which may not create tables itself. */
async function makePartitions(...parameters: number[]): Promise<number> {
  const app = new pg.Client({ connectionString: database.appUrl })
  await app.connect()
  try {
    const places = parameters.map((_, index) => `$${String(index + 1)}`).join(', ')
    const { rows } = await app.query<{ made: number }>(`select app_make_partitions(${places}) as made`, parameters)
    return rows[0]?.made ?? 0
  } finally {
    await app.end()
  }
}

const monthName = (monthsAhead: number): string => {
  const now = new Date()
  const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + monthsAhead, 1))
  return month.toISOString().slice(0, 7).replace('-', '_')
}

describe('monthly partitions', () => {
  it('exist for this month and the next, and for what falls outside', async () => {
    const partitions = await listPartitions()
    expect([...new Set(partitions.map(({ parent }) => parent))]).toEqual(PARTITIONED)
    const children = partitions.map(({ child }) => child)
    for (const table of PARTITIONED)
      expect(children).toEqual(
        expect.arrayContaining([`${table}_${monthName(0)}`, `${table}_${monthName(1)}`, `${table}_default`]),
      )
  })

  it('meet without gap or overlap, in UTC', async () => {
    const bounds = (await listPartitions())
      .filter(({ parent, bounds }) => parent === 'audit_logs' && bounds !== 'DEFAULT')
      .map(({ bounds }) => /FROM \('(.+?)'\) TO \('(.+?)'\)/.exec(bounds))
      .map((match) => ({ from: new Date(match?.[1] ?? ''), till: new Date(match?.[2] ?? '') }))
    for (const [index, { from, till }] of bounds.entries()) {
      expect(from.toISOString()).toMatch(/-01T00:00:00\.000Z$/)
      if (index > 0) expect(from).toEqual(bounds[index - 1]?.till)
      expect(till > from).toBe(true)
    }
  })

  it('take a row of their month', async () => {
    const { rows } = await database.owner.query<{ place: string }>(
      `insert into system_logs (level, service, message) values ('info', 'test', 'hello') returning tableoid::regclass::text as place`,
    )
    expect(rows).toEqual([{ place: `system_logs_${monthName(0)}` }])
  })

  it('are made once, however often one asks', async () => {
    await makePartitions(5)
    const before = await listPartitions()
    expect(await makePartitions(5)).toBe(0)
    expect(await listPartitions()).toEqual(before)
  })

  it('are made once when several ask at the same time', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, () => makePartitions(9)))
    expect(made.reduce((sum, count) => sum + count, 0)).toBe(4 * PARTITIONED.length)
    expect(made.filter((count) => count > 0)).toHaveLength(1)
  })

  it('take over the rows that fell outside, those that may not change too', async () => {
    const insert = (month: string): Promise<pg.QueryResult<{ place: string }>> =>
      database.owner.query(
        `insert into audit_logs (category, action, description, created_at)
         values ('security', 'test.done', 'A test.', $1) returning tableoid::regclass::text as place`,
        [month],
      )
    const longAgo = monthName(-2)
    const { rows } = await insert(`${longAgo.replace('_', '-')}-15T12:00:00Z`)
    expect(rows).toEqual([{ place: 'audit_logs_default' }])

    expect(await makePartitions(0, 2)).toBe(2 * PARTITIONED.length)

    const found = await database.owner.query(`select count(*)::int from audit_logs_${longAgo}`)
    expect(found.rows).toEqual([{ count: 1 }])
    for (const place of ['audit_logs_default', `audit_logs_${longAgo}`]) {
      const triggers = await database.owner.query(
        `select tgenabled from pg_trigger where tgrelid = $1::text::regclass and tgname like '%refuse%'`,
        [place],
      )
      expect(triggers.rows).toEqual([{ tgenabled: 'O' }, { tgenabled: 'O' }])
      await expect(database.owner.query(`truncate ${place}`)).rejects.toMatchObject({ code: '42501' })
    }
    await expect(database.owner.query(`delete from audit_logs_${longAgo}`)).rejects.toMatchObject({ code: '42501' })
  })

  it('follow the platform’s clock', async () => {
    await database.setClock(400 * 24 * 3_600_000)
    const { rows } = await database.owner.query<{ place: string }>(
      `insert into system_logs (level, service, message) values ('info', 'test', 'later') returning tableoid::regclass::text as place`,
    )
    expect(rows).toEqual([{ place: 'system_logs_default' }])
    await makePartitions(0)
    expect((await database.owner.query('select from system_logs_default')).rowCount).toBe(0)
    await database.setClock(0)
  })

  it('refuse a number of months that no plan asks for', async () => {
    await expect(makePartitions(-1)).rejects.toMatchObject({ code: '22023' })
    await expect(makePartitions(1_000)).rejects.toMatchObject({ code: '22023' })
  })
})
