import { afterAll, beforeAll, expect, it } from 'vitest'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { COUNTS, block, follow, nodeOf, unblock, unfollow, wrongCounts } from './calls.js'

const WRITERS = 50
const plain = { isEmailVerified: false }

let server: TestServer
let world: World
let star: Person
const crowd: Person[] = []
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  star = await world.creator(plain)
  for (let n = 0; n < WRITERS; n += 10)
    crowd.push(...(await Promise.all(Array.from({ length: 10 }, () => world.fan(plain)))))
}, 120_000)
afterAll(() => server.close())

it('is exact for 50 who follow one at the same time', async () => {
  const outcomes = await Promise.all(crowd.map((person) => follow(person, star)))
  expect(outcomes.flat()).toEqual([])
  expect(await nodeOf(star, star, COUNTS)).toEqual({ followerCount: WRITERS, followingCount: 0 })
  expect(await wrongCounts(server)).toEqual([])
})

it('is exact, and never negative, while 50 follow, leave, block and come back at the same time', async () => {
  let lowest = 0
  const watch = { isOver: false }
  const watching = (async () => {
    while (!watch.isOver) {
      const { rows } = await server.database.owner.query<{ lowest: number }>(
        'select coalesce(min(least(follower_count, following_count)), 0) as lowest from user_counters',
      )
      lowest = Math.min(lowest, rows[0]?.lowest ?? 0)
    }
  })()
  const refusals: unknown[] = []
  const act = async (call: Promise<unknown[]>): Promise<void> => {
    refusals.push(...(await call).filter((code) => code !== 'NODE_NOT_FOUND'))
  }
  await Promise.all(
    crowd.map(async (person, n) => {
      for (let round = 0; round < 4; round += 1) {
        await act(unfollow(person, star))
        await act(follow(person, crowd[(n + round + 1) % WRITERS]!))
        if ((n + round) % 5 === 0) await act(block(star, person))
        await act(follow(person, star))
        await act(follow(person, star))
        if ((n + round) % 5 === 0) await act(unblock(star, person))
        if (n % 2 === 0) await act(unfollow(person, star))
      }
    }),
  )
  watch.isOver = true
  await watching
  expect(refusals).toEqual([])
  expect(lowest).toBe(0)
  expect(await wrongCounts(server)).toEqual([])
}, 120_000)

it('is exact whoever writes the rows: many in one statement, others than the verbs', async () => {
  const { owner } = server.database
  await owner.query(
    `insert into follows (follower_id, following_id)
     select a.id, b.id from users a, users b where a.id <> b.id on conflict (follower_id, following_id) do update set unfollowed_at = null`,
  )
  expect(await wrongCounts(server)).toEqual([])
  await owner.query(`update follows set unfollowed_at = app_now() where follower_id = $1`, [star.uuid])
  await owner.query(`update follows set withdrawn_at = app_now() where following_id = $1`, [star.uuid])
  await owner.query(`update follows set notifications_enabled = false`)
  expect(await wrongCounts(server)).toEqual([])
  expect(await nodeOf(star, star, COUNTS)).toEqual({ followerCount: 0, followingCount: 0 })
  await owner.query(`delete from follows where hashtext(id::text) % 3 = 0`)
  await owner
    .query(`update follows set follower_id = $1 where follower_id = $2 and following_id = $3`, [
      star.uuid,
      crowd[0]!.uuid,
      crowd[1]!.uuid,
    ])
    .catch(() => undefined)
  expect(await wrongCounts(server)).toEqual([])
  await owner.query('delete from follows')
  expect(await wrongCounts(server)).toEqual([])
})

it('is exact when many statements change many at the same time, in whichever order', async () => {
  const { pool } = server.database
  const ids = crowd.map(({ uuid }) => uuid)
  await Promise.all(
    Array.from({ length: 24 }, async (_none, n) => {
      const order = n % 2 === 0 ? 'asc' : 'desc'
      await pool.query(
        `insert into follows (follower_id, following_id)
         select a, b from unnest($1::uuid[]) a, unnest($1::uuid[]) b
         where a <> b and abs(hashtext(a::text || b::text)) % 24 = $2::int order by a ${order}, b ${order}`,
        [ids, n],
      )
      await pool.query(
        `update follows set unfollowed_at = app_now() where id in (
           select id from follows where abs(hashtext(follower_id::text || following_id::text)) % 24 = $1::int)`,
        [n],
      )
    }),
  )
  expect(await wrongCounts(server)).toEqual([])
}, 60_000)
