import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listSanctions } from '../../src/streams/chat-queries.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { explainRead, pagesOf } from '../support/explain.js'

const PEOPLE = 20_000
const STAR = '00000000-0000-4000-8000-000000000001'
const NOW = new Date('2026-06-01T12:00:00.000Z')

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
  const idOf = (n: string): string => `('00000000-0000-4000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`
  for (const sql of [
    `insert into users (id, username, display_name, email, email_index)
     select ${idOf('n')}, 'plan.' || n, 'P', '\\x01', decode(md5(n::text) || md5('x' || n), 'hex') from generate_series(1, ${String(PEOPLE)}) n`,
    // one creator keeps everybody away, of whom half were let in again, a quarter after a while, and a few are yet to be; and everybody a few
    `insert into stream_sanctions (creator_id, user_id, kind, created_by_id, created_at, expires_at, lifted_at)
     select creator, ${idOf('n')}, 'mute', creator, timestamptz '2026-01-01' + make_interval(secs => n),
       case when n % 1000 = 1 then timestamptz '2026-06-02' when n % 4 = 1 then timestamptz '2026-06-01' end, case when n % 2 = 0 then app_now() end
     from generate_series(100, ${String(PEOPLE)}) n
     cross join lateral (values ('${STAR}'::uuid), (${idOf('1 + n % 90')})) c (creator)`,
    'analyze',
  ])
    await database.owner.query(sql)
}, 120_000)
afterAll(() => database.drop())

const pages = pagesOf(['2026-01-01T04:00:00.000Z', '80000000-0000-4000-8000-000000000000'])

describe('whom a creator keeps away', () => {
  it.each(Object.entries(pages))('are read by an index, in its order: %s', async (_page, page) => {
    const { scanned, nodes } = await explainRead(database, (db) => listSanctions(db, STAR, page, NOW))
    expect(scanned).toEqual([])
    for (const node of nodes) {
      const type = node['Node Type']
      const isRead = type.includes('Scan')
      expect(node['Actual Rows'] ?? 0, type).toBeLessThanOrEqual(isRead ? page.limit + 1 : 2 * (page.limit + 1))
      expect(node['Rows Removed by Filter'] ?? 0, type).toBe(0)
    }
  })
})
