import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listContentOf, listOwnContent, listSaved, listVersions } from '../../src/content/queries.js'
import type { Reading } from '../../src/content/content.js'
import type { Db } from '../../src/lib/db.js'
import type { PageRequest } from '../../src/lib/page.js'
import { listMediaOf } from '../../src/media/queries.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { explainRead } from '../support/explain.js'

/** Posts of the busiest creator, and of each of the others; one in a thousand is audio, none is a stream. */
const OWN = 30_000
const OTHERS = 300
const EACH = 300
const SAVED = 20_000
const FILES = 20_000
const VERSIONS = 5_000

const personId = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`
/** People who publish nothing, after the creators by number. */
const FANS = 20_000
const [MAKER, FAN] = [personId(1), personId(OTHERS + 1)]
const NOW = new Date('2027-01-01T00:00:00.000Z')
const idOf = (n: string): string => `('00000000-0000-4000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`

let database: TestDatabase
let edited = ''
beforeAll(async () => {
  database = await testDatabase()
  const { owner } = database
  // what the triggers do one by one is not needed here
  await owner.query('set session_replication_role = replica')
  await owner.query(
    `insert into users (id, username, display_name, email, email_index, account_type, creator_since, currency)
     select ${idOf('n')}, 'person' || n, 'P', '\\x01', decode(md5(n::text) || md5('x' || n), 'hex'),
       (case when n <= ${String(OTHERS)} then 'creator' else 'fan' end)::account_type,
       case when n <= ${String(OTHERS)} then app_now() end, case when n <= ${String(OTHERS)} then 'EUR' end
     from generate_series(1, ${String(OTHERS + FANS)}) n`,
  )
  await owner.query(
    `insert into content (creator_id, type, title, teaser, body, is_age_restricted, publish_at, created_at)
     select ${idOf('creator')}, (case when n % 1000 = 0 then 'audio' else 'text' end)::content_type, 'Post ' || n, 'About.',
       'What is said.', n % 5 = 0, case when n % 100 <> 7 then at end, at
     from (
       select creator, n, timestamptz '2026-01-01' + make_interval(secs => abs(hashint8(creator * 1000003 + n) % 9999999)) as at
       from (
         select 1 as creator, n from generate_series(1, ${String(OWN)}) n
         union all
         select creator, n from generate_series(2, ${String(OTHERS)}) creator, generate_series(1, ${String(EACH)}) n
       ) numbered
     ) dated`,
  )
  await owner.query(
    `insert into saved_content (user_id, content_id, created_at)
     select $1, id, created_at from content order by id limit ${String(SAVED)}`,
    [FAN],
  )
  await owner.query(
    `insert into saved_content (user_id, content_id, created_at)
     select u.id, c.id, c.created_at
     from (select id, created_at, row_number() over () as n from content) c
     join (select id, row_number() over () as n from users where account_type = 'fan' and id <> $1) u on u.n = 1 + c.n % 5000`,
    [FAN],
  )
  await owner.query(
    `insert into media_assets (owner_id, kind, purpose, state, storage_key, file_name, declared_type, declared_size_bytes,
       upload_expires_at, created_at)
     select case when n % 2 = 0 then $1::uuid else ${idOf('2 + n % 200')} end, 'image', 'content', 'requested', 'k/' || n, 'f', 'image/png', 9,
       app_now(), timestamptz '2026-01-01' + make_interval(secs => n)
     from generate_series(1, ${String(2 * FILES)}) n`,
    [MAKER],
  )
  const { rows } = await owner.query<{ id: string }>('select id from content where creator_id = $1 limit 1', [MAKER])
  edited = rows[0]?.id ?? ''
  await owner.query(
    `insert into content_versions (content_id, content_version, snapshot, valid_from, valid_to)
     select id, n, '{}', app_now(), app_now()
     from generate_series(1, ${String(VERSIONS)}) n, (select id from content order by id = $1 desc limit 10) posts`,
    [edited],
  )
  await owner.query('set session_replication_role = origin')
  await owner.query('vacuum analyze')
}, 180_000)
afterAll(() => database.drop())

const page = (cursor: readonly string[] | null, isBackward = false): PageRequest => ({
  limit: 20,
  isBackward,
  cursor,
  filterHash: '',
})
const pagesAround = (...cursor: string[]): [string, PageRequest][] => [
  ['the first page', page(null)],
  ['a page further on', page(cursor)],
  ['a page backwards', page(cursor, true)],
  ['the last page', page(null, true)],
]
const DATED = ['2026-02-20T00:00:00.000Z', personId(0x80000000)]
const readings: Record<string, Reading> = {
  'proven age': { viewerId: FAN, isAgeVerified: true, isGated: false, now: NOW },
  'no proven age': { viewerId: FAN, isAgeVerified: false, isGated: false, now: NOW },
  stranger: { viewerId: null, isAgeVerified: false, isGated: false, now: NOW },
}

/** Read by an index in its order, and no more of it than is shown and `left` out. */
async function expectInOrder(read: (db: Db) => Promise<unknown>, left = 0): Promise<void> {
  const { scanned, nodes } = await explainRead(database, read)
  expect(
    scanned.filter((table) => ['content', 'saved_content', 'media_assets', 'content_versions'].includes(table)),
  ).toEqual([])
  for (const node of nodes) {
    const read = (node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)
    expect(read, `${node['Node Type']} ${node['Relation Name'] ?? ''}`).toBeLessThanOrEqual(2 * 21 + left)
  }
}

describe(`of a creator with ${OWN.toLocaleString('en')} posts`, () => {
  const wanted = { withBody: true, withTags: true, withCategories: true }
  for (const [who, reading] of Object.entries(readings))
    for (const type of [null, 'TEXT', 'AUDIO', 'LIVE_STREAM'] as const)
      it.each(pagesAround(...DATED))(
        `reads what it shows: ${who}, type ${String(type)}, %s`,
        async (_page, request) => {
          await expectInOrder((db) => listContentOf(db, [MAKER], { type, ...wanted }, request, reading), 21)
        },
      )

  it.each(pagesAround(...DATED))('reads what it shows of them to themselves: %s', async (_page, request) => {
    const reading = { viewerId: MAKER, isAgeVerified: true, isGated: false, now: NOW }
    await expectInOrder((db) => listOwnContent(db, MAKER, null, request, reading))
  })

  it.each(pagesAround('4711'))('reads what it shows of the versions of one: %s', async (_page, request) => {
    await expectInOrder((db) => listVersions(db, [edited], request))
  })

  it.each(pagesAround(...DATED))('reads what it shows of their files: %s', async (_page, request) => {
    await expectInOrder((db) => listMediaOf(db, MAKER, request))
  })
})

describe(`of ${SAVED.toLocaleString('en')} saved posts`, () => {
  for (const [who, reading] of Object.entries(readings).filter(([, { viewerId }]) => viewerId))
    it.each(pagesAround(...DATED))(`reads what it shows: ${who}, %s`, async (_page, request) => {
      await expectInOrder((db) => listSaved(db, FAN, request, reading), 42)
    })
})
