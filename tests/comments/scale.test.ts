import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { firstComments } from '../../src/comments/comments.js'
import { listLikers } from '../../src/comments/like-queries.js'
import { listComments, listCommentsById, listHeldComments, listReplies } from '../../src/comments/thread-queries.js'
import { listVersions } from '../../src/comments/version-queries.js'
import { listContentById } from '../../src/content/queries.js'
import type { Db } from '../../src/lib/db.js'
import type { PageRequest } from '../../src/lib/page.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { explainRead } from '../support/explain.js'
import type { Explained } from '../support/explain.js'

const PEOPLE = 5_000
const POSTS = 3_000
/** On top of one post, and as many answers to one of its comments. */
const ON_ONE = 100_000
const ELSEWHERE = 300_000
/** Of forty comments, a thousand and more of each. */
const VERSIONS = 50_000

let database: TestDatabase
let viewerId: string
let big: string
let popular: string
/** Who has every fiftieth post, and under them very many comments that wait. */
let strict: string
let posts: string[]
const reading = () => ({ viewerId, isAgeVerified: false, isGated: false, now: new Date('2026-11-25T12:00:00Z') })
const first = (limit: number, cursor: readonly string[] | null = null): PageRequest => ({
  limit,
  cursor,
  isBackward: false,
  filterHash: '',
})
const last = (limit: number): PageRequest => ({ ...first(limit), isBackward: true })

beforeAll(async () => {
  database = await testDatabase()
  const { owner } = database
  const key = (kind: string, number: string) => `md5('${kind}' || ${number})::uuid`
  // triggers and foreign keys would take minutes: what they would have done is written with the rows
  await owner.query('set session_replication_role = replica')
  await owner.query(`insert into users (id, username, display_name, email, email_index)
    select ${key('u', 'n')}, 'person.' || n, 'P', '\\x01', decode(md5(n::text) || md5('x' || n), 'hex')
    from generate_series(0, ${PEOPLE - 1}) n`)
  await owner.query(`insert into content (id, creator_id, type, body, publish_at, comment_count, like_count)
    select ${key('c', 'n')}, ${key('u', 'n % 50')}, 'text', 'B', timestamptz '2026-11-01' - n * interval '1 minute',
      case when n = 0 then ${2 * ON_ONE} else ${ELSEWHERE / (POSTS - 1)} end, case when n = 0 then ${PEOPLE} else 0 end
    from generate_series(0, ${POSTS - 1}) n`)
  await owner.query(`insert into comments (id, content_id, author_id, body, created_at, descendant_count, reply_count)
    select ${key('m', 'n')}, ${key('c', '0')}, ${key('u', `(n % ${PEOPLE})`)}, 'W', timestamptz '2026-11-01' + (n + 6) / 7 * interval '1 second',
      case when n = 0 then ${ON_ONE} else 0 end, case when n = 0 then ${ON_ONE} else 0 end
    from generate_series(0, ${ON_ONE - 1}) n`)
  await owner.query(`insert into comments (content_id, author_id, parent_id, root_id, ancestor_ids, depth, body, created_at)
    select ${key('c', '0')}, ${key('u', `(n % ${PEOPLE})`)}, ${key('m', '0')}, ${key('m', '0')}, array[${key('m', '0')}], 1, 'R',
      timestamptz '2026-11-02' + n / 7 * interval '1 second'
    from generate_series(0, ${ON_ONE - 1}) n`)
  await owner.query(`insert into comments (content_id, author_id, body, created_at)
    select ${key('c', `(1 + n % ${POSTS - 1})`)}, ${key('u', `(n % ${PEOPLE})`)}, 'W', timestamptz '2026-11-01' + n * interval '1 second'
    from generate_series(0, ${ELSEWHERE - 1}) n`)
  await owner.query(`insert into comment_versions (comment_id, body, valid_from, valid_to)
    select ${key('m', '(n % 40)')}, 'V', timestamptz '2026-11-01' + n * interval '1 second', timestamptz '2026-11-01' + (n + 1) * interval '1 second'
    from generate_series(0, ${VERSIONS - 1}) n`)
  await owner.query(`update comments m set held_at = m.created_at, held_for_id = c.creator_id
    from content c where c.id = m.content_id and m.parent_id is null and c.creator_id = ${key('u', '7')}`)
  await owner.query(`insert into likes (user_id, content_id) select id, ${key('c', '0')} from users`)
  await owner.query(`insert into likes (user_id, comment_id)
    select u.id, ${key('m', 'n')} from generate_series(0, 19) n, users u where u.username < 'person.4'`)
  await owner.query(
    `insert into blocks (blocker_id, blocked_id) select ${key('u', '77')}, ${key('u', 'n')} from generate_series(100, 120) n`,
  )
  await owner.query('set session_replication_role = default')
  await owner.query('vacuum analyze')
  const one = async (sql: string) => (await owner.query<{ id: string }>(sql)).rows.map(({ id }) => id)
  ;[viewerId] = (await one(`select ${key('u', '77')} as id`)) as [string]
  ;[strict] = (await one(`select ${key('u', '7')} as id`)) as [string]
  ;[big] = (await one(`select ${key('c', '0')} as id`)) as [string]
  ;[popular] = (await one(`select ${key('m', '0')} as id`)) as [string]
  posts = await one('select id from content order by publish_at desc limit 20')
}, 180_000)
afterAll(() => database.drop())

const FILLED = ['comments', 'comment_versions', 'likes', 'users', 'content']

const READ = ['comments', 'comment_versions', 'likes']

/** Neither a table nor a whole thread is read, nor sorted; what is empty, or small, here may be. */
const expectLean = ({ types, scanned, nodes }: Explained): void => {
  expect(scanned.filter((table) => FILLED.includes(table))).toEqual([])
  expect(types.filter((type) => /Sort|Hash Join/.test(type))).toEqual([])
  const busiest = Math.max(
    ...nodes.filter((node) => READ.includes(node['Relation Name'] ?? '')).map((node) => node['Actual Rows'] ?? 0),
  )
  // what is shown, or what those said whom the viewer blocks
  expect(busiest).toBeLessThanOrEqual(500)
}

describe('with 200,000 comments under one post and half a million in all', () => {
  const reads: Record<string, (db: Db) => Promise<unknown>> = {
    'the first comments of a post': (db) => listComments(db, [big], first(20), reading()),
    'the largest page of them': (db) => listComments(db, [big], first(100), reading()),
    'a page in the middle': (db) =>
      listComments(db, [big], first(20, ['2', '2026-11-01T02:00:00.000Z', popular]), reading()),
    'the last ones': (db) => listComments(db, [big], last(20), reading()),
    'those of twenty posts': (db) => listComments(db, posts, first(100), reading()),
    'the answers to a comment': (db) => listReplies(db, [popular], first(20), reading()),
    'the last answers': (db) => listReplies(db, [popular], last(20), reading()),
    'comments by id': (db) => listCommentsById(db, [popular], reading()),
    'what a list of posts brings along': (db) =>
      db.sql`/* test.first */ select c.id, ${firstComments(reading(), 3)} from content c where c.id = any (${posts}::uuid[])`,
    'what waits for a creator': (db) => listHeldComments(db, strict, first(20), { ...reading(), viewerId: strict }),
    'what a comment said before': (db) => listVersions(db, [popular], first(20)),
    'what it said at first': (db) => listVersions(db, [popular], last(20)),
    'those who like a post': (db) => listLikers(db, [big], first(20), reading()),
  }
  for (const [what, read] of Object.entries(reads))
    it(`reads no more than it shows, in its order: ${what}`, async () => {
      expectLean(await explainRead(database, read))
    })

  it('counts for a viewer by what those said and liked whom they block, not by all that was said', async () => {
    const { nodes } = await explainRead(database, (db) => listContentById(db, [big], reading()))
    const found = nodes.filter((node) => ['comments', 'likes'].includes(node['Relation Name'] ?? ''))
    expect(found).toHaveLength(3)
    for (const node of found) expect(node['Actual Rows']).toBeLessThanOrEqual(1_000)
  })

  it('and a page answers what is there', async () => {
    const rows = await listComments(database.db, [big], first(20), reading())
    expect(rows).toHaveLength(21)
    expect(rows[0]?.row).toMatchObject({ id: popular, replyCount: ON_ONE - (21 * ON_ONE) / PEOPLE })
  })
})
