import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scaleDemo } from '../../src/demo/scale.js'
import type { Scaled } from '../../src/demo/scale.js'
import { planPosts, scaleSize, shares, spans } from '../../src/demo/scale-size.js'
import { openField, openKeyring, verifyKeys } from '../../src/keys/keys.js'
import { isUuid } from '../../src/lib/ids.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import {
  impossibleDeeds,
  wrongCommentCounters,
  wrongContentCounters,
  wrongCounters,
  wrongPeople,
  wrongThreads,
} from './invariants.js'

/** More than one batch, and not a whole number of them. */
const USERS = 2_500
const POSTS = 3_300
const LIKES = 16_000
const COMMENTS = 7_700

let database: TestDatabase
let scaled: Scaled
const lines: string[] = []
beforeAll(async () => {
  openKeyring([{ id: 'test', secret: randomBytes(32) }])
  database = await testDatabase()
  await verifyKeys(database.db)
  const size = { users: USERS, posts: POSTS, likes: LIKES, comments: COMMENTS }
  scaled = await scaleDemo(database.db, size, (line) => lines.push(line))
})
afterAll(() => database.drop())

describe('the scale generator', () => {
  it('makes as many of everything as asked for, and tells how far it is', async () => {
    const { db } = database
    expect(await Promise.all([db.user.count(), db.content.count(), db.comment.count()])).toEqual([
      USERS,
      POSTS,
      COMMENTS,
    ])
    expect(scaled).toMatchObject({ users: USERS, posts: POSTS, comments: COMMENTS })
    expect(scaled.likes).toBe(await db.like.count())
    // but for the few who would have liked what they said themselves
    expect(scaled.likes).toBeGreaterThan(LIKES * 0.99)
    for (const what of ['people', 'people’s follows', 'posts', 'comments', 'likes'])
      expect(
        lines.some((line) => new RegExp(`^${what} +[\\d,]+ of +[\\d,]+ +[\\d,]+/s  (in|.* left)`).test(line)),
      ).toBe(true)
  })

  it('gives everybody a profile, a key and counts that are true', async () => {
    expect(await wrongPeople(database.owner)).toEqual([])
    expect(await wrongCounters(database.owner)).toEqual([])
    expect(await wrongContentCounters(database.owner)).toEqual([])
    expect(await wrongCommentCounters(database.owner)).toEqual([])
    const some = await database.db.user.findFirstOrThrow({ orderBy: { id: 'asc' } })
    expect(isUuid(some.id)).toBe(true)
    const ref = { table: 'users', column: 'email', rowId: some.id, userId: some.id } as const
    expect(await openField(database.db, ref, some.email ?? new Uint8Array())).toBe(`${some.username}@scale.example`)
  })

  it('has a few creators with most of the followers', async () => {
    const { rows } = await database.owner.query<{ top: number; all: number }>(
      `select sum(follower_count)::int as all, (sum(follower_count) filter (where rank <= 25))::int as top
       from (select follower_count, row_number() over (order by follower_count desc) as rank from user_counters) ranked`,
    )
    expect(rows[0]?.all).toBe(scaled.follows)
    expect(scaled.follows).toBeGreaterThan(USERS * 2)
    // a tenth of the creators
    expect((rows[0]?.top ?? 0) / scaled.follows).toBeGreaterThan(0.3)
  })

  it('has a few posts with most of the likes, each like somebody else’s', async () => {
    const { rows } = await database.owner.query<{ share: number; posts: number }>(
      `select sum(n) filter (where rank <= ${String(POSTS / 10)})::float8 / sum(n) as share, count(*)::int as posts
       from (
         select count(*) as n, row_number() over (order by count(*) desc) as rank from likes where content_id is not null group by content_id
       ) ranked`,
    )
    expect(rows[0]?.share).toBeGreaterThan(0.4)
    expect(rows[0]?.posts).toBeGreaterThan(POSTS / 2)
  })

  it('closes a tenth of the posts, and opens some of those to some', async () => {
    const { rows } = await database.owner.query<{ gate: string; posts: number; opened: number }>(
      `select case when is_premium then 'sold' else visibility::text end as gate, count(*)::int as posts,
         count(*) filter (where exists (select from entitlement_grants g where g.content_id = c.id))::int as opened
       from content c group by 1 order by 1`,
    )
    expect(rows.map(({ gate }) => gate)).toEqual(['followers', 'public', 'sold', 'subscribers'])
    const closed = rows.filter(({ gate }) => gate !== 'public').reduce((sum, { posts }) => sum + posts, 0)
    expect(closed).toBe(POSTS / 10)
    expect(rows.find(({ gate }) => gate === 'sold')?.opened).toBeGreaterThan(0)
    expect(scaled.grants).toBeGreaterThan(0)
  })

  it('answers comments only by later ones, under the same post, in threads that fit together', async () => {
    expect(await wrongThreads(database.owner)).toEqual([])
    const { rows } = await database.owner.query<{ longest: number; answers: number }>(
      `select max(n)::int as longest, sum(n)::int as answers
       from (select count(*) as n from comments where parent_id is not null group by parent_id) threads`,
    )
    expect(rows[0]?.answers).toBeGreaterThan(COMMENTS / 3)
    expect(rows[0]?.longest).toBeGreaterThan(20)
  })

  it('puts nothing into the future, and nothing before what it belongs to', async () => {
    expect(await impossibleDeeds(database.owner)).toEqual([])
    const { rows } = await database.owner.query(
      `select c.id from content c join users u on u.id = c.creator_id where c.publish_at < u.created_at or c.publish_at > app_now()
       union all select id from likes where created_at > app_now()
       union all select id from comments where created_at > app_now()
       union all select id from follows where followed_at > app_now()`,
    )
    expect(rows).toEqual([])
  })

  it('tells nobody of it', async () => {
    const { db } = database
    expect(await Promise.all([db.outboxEvent.count(), db.notification.count()])).toEqual([0, 0])
  })

  it('adds others when it runs again', async () => {
    await scaleDemo(database.db, { users: 100 }, () => undefined)
    expect(await database.db.user.count()).toBe(USERS + 100)
    expect(await database.db.content.count()).toBe(POSTS + 400)
    expect(await wrongCounters(database.owner)).toEqual([])
    expect(await wrongContentCounters(database.owner)).toEqual([])
    expect(await wrongCommentCounters(database.owner)).toEqual([])
  })

  it('refuses production', () => {
    const script = join(import.meta.dirname, '../../scripts/demo-scale.mjs')
    const env = { ...process.env, NODE_ENV: 'production' }
    const { status, stderr } = spawnSync(process.execPath, [script, '--users', '10'], { env, encoding: 'utf8' })
    expect(status).toBe(1)
    expect(stderr).toContain('does not run in production')
  })

  it('refuses a number that is none', async () => {
    for (const users of [0, -1, 1.5, Number.NaN, 1e9])
      await expect(scaleDemo(database.db, { users }, () => undefined)).rejects.toThrow(RangeError)
    for (const size of [{ posts: -1 }, { likes: 1e12 }, { posts: 1, likes: 5 }, { posts: 0, comments: 1 }])
      await expect(scaleDemo(database.db, { users: 10, ...size }, () => undefined)).rejects.toThrow(RangeError)
  })
})

describe('the plan of a scaled world', () => {
  it('goes by the number of people where nothing else is said', () => {
    expect(scaleSize({ users: 50_000 })).toEqual({ users: 50_000, posts: 200_000, likes: 1_000_000, comments: 500_000 })
    expect(scaleSize({ users: 1 })).toEqual({ users: 1, posts: 4, likes: 0, comments: 10 })
  })

  it('deals out all of it, falling with the rank, to nobody more than the limit', () => {
    for (const [total, count, most] of [
      [1_000, 100, 50],
      [7, 100, 3],
      [400, 4, 100],
      [0, 5, 9],
    ] as const) {
      const dealt = [...shares(total, count, 0.8, most)]
      expect(dealt.reduce((sum, share) => sum + share, 0)).toBe(total)
      expect(Math.max(...dealt)).toBeLessThanOrEqual(most)
      expect(dealt[0]).toBeGreaterThanOrEqual(dealt.at(-1) ?? 0)
    }
  })

  it('is the same twice', () => {
    const size = scaleSize({ users: 300 })
    expect(planPosts(size)).toEqual(planPosts(size))
  })

  it('is cut into spans that miss nothing, one post at least to each', () => {
    const rows = [9, 1, 1, 1, 20, 0, 0, 3]
    const cut = spans(rows.length, 5, (number) => rows[number] ?? 0)
    expect(cut.map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [1, 4],
      [4, 5],
      [5, 8],
    ])
  })
})
