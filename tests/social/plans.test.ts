import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findPastBlock, findPastFollow, findPastUser } from '../../src/content/explaining-queries.js'
import type { Db } from '../../src/lib/db.js'
import type { PageRequest } from '../../src/lib/page.js'
import { listBlocks, listFollows, listFollowsOf, listMutes } from '../../src/social/queries.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { explainRead, pagesOf } from '../support/explain.js'

const PEOPLE = 20_000
const STAR = '00000000-0000-4000-8000-000000000001'
const FAN = '00000000-0000-4000-8000-000000000002'
const NOW = new Date('2026-06-01T12:00:00.000Z')

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
  const idOf = (n: string): string => `('00000000-0000-4000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`
  await database.owner.query(
    `insert into users (id, username, display_name, email, email_index)
     select ${idOf('n')}, 'p' || lpad(n::text, 5, '0'), 'P', '\\x01', decode(md5(n::text) || md5('x' || n), 'hex')
     from generate_series(1, ${String(PEOPLE)}) n`,
  )
  // everybody follows the star, a fan follows thousands, all follow nine others
  await database.owner.query(
    `insert into follows (follower_id, following_id, followed_at)
     select distinct on (1, 2) ${idOf('a')}, ${idOf('b')}, timestamptz '2026-01-01' + make_interval(secs => abs(hashint8(a * 31 + b) % 9999999))
     from (
       select n as a, 1 as b from generate_series(2, ${String(PEOPLE)}) n
       union select 2, n from generate_series(3, 4800) n
       union select n, 3 + abs(hashint8(n * 16 + k) % (${String(PEOPLE)} - 3)) from generate_series(3, ${String(PEOPLE)}) n, generate_series(1, 9) k
     ) pairs where a <> b`,
  )
  for (const table of ['blocks (blocker_id, blocked_id, created_at)', 'mutes (muter_id, muted_id, created_at)'])
    await database.owner.query(
      `insert into ${table} select ${idOf('a')}, ${idOf('b')}, timestamptz '2026-01-01' + make_interval(secs => b)
       from (
         select 1 as a, n as b from generate_series(100, 4900) n
         union select n, 1 + n % 50 from generate_series(100, ${String(PEOPLE)}) n
       ) pairs where a <> b`,
    )
  await database.owner.query(
    `insert into access_history (source_table, row_id, subject_id, object_id, snapshot, op, ended_at)
     select 'follows', id, follower_id, following_id, to_jsonb(f), 'update', followed_at from follows f`,
  )
  await database.owner.query(
    `insert into follow_preferences (follow_id, type, channel, enabled)
     select id, 'new_content', 'push', false from follows where abs(hashtext(id::text)) % 20 = 0`,
  )
  await database.owner.query('analyze')
}, 120_000)
afterAll(() => database.drop())

const pages = pagesOf(['2026-02-20T00:00:00.000Z', '80000000-0000-4000-8000-000000000000'])
const lists: Record<string, (db: Db, page: PageRequest) => Promise<unknown>> = {
  'followers of a star': (db, page) => listFollows(db, 'followers', STAR, page, NOW),
  'those whom a fan follows': (db, page) => listFollows(db, 'following', FAN, page, NOW),
  'those whom a star blocks': (db, page) => listBlocks(db, STAR, page),
  'those whom a star mutes': (db, page) => listMutes(db, STAR, page, NOW),
}

it('is asked of a database of 200,000 follows', async () => {
  const { rows } = await database.owner.query<{ n: number }>('select count(*)::int as n from follows')
  expect(rows[0]?.n).toBeGreaterThan(195_000)
})

describe.each(Object.entries(lists))('%s', (_list, read) => {
  it.each(Object.entries(pages))('are read by an index, in its order: %s', async (_page, page) => {
    const { types, scanned, nodes } = await explainRead(database, (db) => read(db, page))
    expect(types).not.toContain('Sort')
    expect(types).not.toContain('Incremental Sort')
    expect(scanned).toEqual([])
    // what is read is what is shown, and those who are left out: the star blocks a quarter of all
    for (const node of nodes) expect(node['Actual Rows'] ?? 0, node['Node Type']).toBeLessThanOrEqual(page.limit * 2)
  })
})

it('finds what is between the viewer and a page of people by indexes alone', async () => {
  const { rows } = await database.owner.query<{ id: string }>('select id from users limit 100')
  const ids = rows.map(({ id }) => id)
  expect((await explainRead(database, (db) => listFollowsOf(db, FAN, ids))).scanned).toEqual([])
})

it('finds the past of two people by indexes alone', async () => {
  for (const read of [
    (db: Db) => findPastFollow(db, FAN, STAR, NOW),
    (db: Db) => findPastBlock(db, FAN, STAR, NOW),
    (db: Db) => findPastUser(db, FAN, NOW),
  ]) {
    const { scanned, nodes } = await explainRead(database, read)
    expect(scanned).toEqual([])
    for (const node of nodes) expect(node['Actual Rows'] ?? 0, node['Node Type']).toBeLessThanOrEqual(2)
  }
})
