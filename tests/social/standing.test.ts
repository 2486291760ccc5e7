import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { jobs } from '../../src/accounts/jobs.js'
import { eraseAccountsJob } from '../../src/accounts/types.js'
import { followStanding } from '../../src/flows/follow-standing.js'
import { mutate, query } from '../accounts/calls.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { COUNTS, block, follow, nodeOf, unfollow, wrongCounts } from './calls.js'

const DAY_MS = 86_400_000
const plain = { isEmailVerified: false }

let server: TestServer
let world: World
let admin: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  admin = await world.admin(plain)
})
afterEach(() => world.setClock(0))
afterAll(() => server.close())

const setStatus = (person: Person, status: 'ACTIVE' | 'BANNED') =>
  mutate(admin, 'setAccountStatus', { userId: person.id, status, reason: 'A test.' })
const remove = (person: Person) => mutate(person, 'deleteAccount', { password: person.password })
const restore = (person: Person) => mutate(person, 'restoreAccount', {})
const origin = () => ({ db: server.database.db, actorId: null, sessionId: null, requestId: 'job' })
const rowsOf = async (sql: string, values: unknown[] = []) =>
  (await server.database.owner.query<Record<string, unknown>>(sql, values)).rows
const everything = async () => ({
  follows: await rowsOf('select * from follows order by id'),
  counters: await rowsOf('select * from user_counters where follower_count + following_count > 0 order by user_id'),
})
/** Followings that are withdrawn though both are present, or not though one is gone; none once the job has run. */
const wrongFollows = () =>
  rowsOf(
    `select f.* from follows f join users a on a.id = f.follower_id join users b on b.id = f.following_id
     where f.unfollowed_at is null and (f.withdrawn_at is not null) <>
       (a.account_status in ('deleted', 'banned') or b.account_status in ('deleted', 'banned'))`,
  )
const followersOf = async (person: Person): Promise<string[]> =>
  (await query(person, 'viewer { user { followers { nodes { username } } } }')).viewer.user.followers.nodes.map(
    ({ username }) => username,
  )

describe('who is deleted or banned', () => {
  it('is gone from every list at once, and from the counts with the job; comes back exactly as they were', async () => {
    const people = await Promise.all(Array.from({ length: 6 }, () => world.fan(plain)))
    const [leaving, one, other] = people as [Person, Person, Person]
    for (const a of people) for (const b of people) if (a !== b && (a === leaving || b === leaving)) await follow(a, b)
    await follow(one, other)
    await unfollow(leaving, other)
    const before = await everything()
    for (const [go, comeBack] of [
      [() => remove(leaving), () => restore(leaving)],
      [() => setStatus(leaving, 'BANNED'), () => setStatus(leaving, 'ACTIVE')],
    ] as const) {
      expect((await go()).codes).toEqual([])
      expect(await followersOf(one)).toEqual([])
      await server.drain()
      expect(await nodeOf(one, one, COUNTS)).toEqual({ followerCount: 0, followingCount: 1 })
      expect(await nodeOf(one, leaving, COUNTS)).toEqual({ followerCount: 0, followingCount: 0 })
      expect(await wrongFollows()).toEqual([])
      expect(await wrongCounts(server)).toEqual([])
      expect((await comeBack()).codes).toEqual([])
      await server.drain()
      expect(await everything()).toEqual(before)
      expect(await followersOf(one)).toEqual([leaving.username])
    }
  })

  it('brings back nothing that was ended meanwhile, and nothing of who is still gone', async () => {
    const [leaving, one, other, third] = await Promise.all(Array.from({ length: 4 }, () => world.fan(plain)))
    if (!leaving || !one || !other || !third) throw new Error('nobody there')
    for (const person of [one, other, third]) {
      await follow(person, leaving)
      await follow(leaving, person)
    }
    await setStatus(leaving, 'BANNED')
    await server.drain()
    // who follows somebody gone may still leave them; and a block ends what is withdrawn too
    expect(await unfollow(one, leaving)).toEqual([])
    expect(await block(other, leaving)).toEqual([])
    await setStatus(third, 'BANNED')
    await server.drain()
    await setStatus(leaving, 'ACTIVE')
    await server.drain()
    await leaving.signIn()
    expect(await nodeOf(leaving, leaving, COUNTS)).toEqual({ followerCount: 0, followingCount: 1 })
    await setStatus(third, 'ACTIVE')
    await server.drain()
    expect(await nodeOf(leaving, leaving, COUNTS)).toEqual({ followerCount: 1, followingCount: 2 })
    expect(await followersOf(leaving)).toEqual([third.username])
    expect(await wrongFollows()).toEqual([])
    expect(await wrongCounts(server)).toEqual([])
  })

  it('is followed again before the job has run, without being news', async () => {
    const [leaving, one] = [await world.fan(plain), await world.fan(plain)]
    await follow(one, leaving)
    await remove(leaving)
    await server.drain()
    const [before] = await rowsOf('select followed_at from follows where follower_id = $1', [one.uuid])
    await restore(leaving)
    expect(await follow(one, leaving)).toEqual([])
    expect(await nodeOf(one, leaving, `viewerFollows ${COUNTS}`)).toEqual({
      viewerFollows: true,
      followerCount: 1,
      followingCount: 0,
    })
    await server.drain()
    expect(await rowsOf('select followed_at from follows where follower_id = $1', [one.uuid])).toEqual([before])
    expect(await rowsOf(`select type from outbox_events where stream = 'social:' || $1`, [leaving.uuid])).toEqual([
      { type: 'social.followed' },
    ])
  })
})

describe('for somebody with thousands of followers', () => {
  let star: Person
  const crowdIds = (): Promise<{ id: string }[]> =>
    rowsOf(`select id from users where username like 'crowd.%' order by id`) as Promise<{ id: string }[]>
  beforeAll(async () => {
    star = await world.fan(plain)
    await server.database.owner.query(
      `with people as (
         insert into users (username, display_name, email, email_index)
         select 'crowd.' || n, 'C', '\\x01', decode(md5('crowd' || n) || md5(n::text), 'hex') from generate_series(1, 620) n
         returning id
       )
       insert into follows (follower_id, following_id, followed_at)
       select id, $1, '2026-01-01'::timestamptz + interval '1 second' * (row_number() over () / 3) from people
       union all select $1, id, '2026-01-01' from people`,
      [star.uuid],
    )
  })

  it('it goes on where a crash left it, and may run beside itself', async () => {
    const before = await everything()
    await server.database.owner.query(`update users set account_status = 'banned' where id = $1`, [star.uuid])
    // as after a crash: a few are done
    await server.database.owner.query(
      `update follows set withdrawn_at = app_now() where id in (select id from follows where following_id = $1 limit 250)`,
      [star.uuid],
    )
    await Promise.all([1, 2, 3].map(() => followStanding(origin(), star.uuid)))
    expect(await wrongFollows()).toEqual([])
    expect(await wrongCounts(server)).toEqual([])
    expect(await nodeOf(admin, star, COUNTS)).toEqual({ followerCount: 0, followingCount: 0 })
    await server.database.owner.query(`update users set account_status = 'active' where id = $1`, [star.uuid])
    await Promise.all([1, 2].map(() => followStanding(origin(), star.uuid)))
    expect(await everything()).toEqual(before)
  }, 60_000)

  it('it agrees with how all stand in the end, whatever changes while it runs', async () => {
    const ids = [star.uuid, ...(await crowdIds()).slice(0, 15).map(({ id }) => id)]
    const turn = async (id: string, round: number): Promise<void> => {
      const status = round % 2 === 0 ? 'banned' : 'active'
      await server.database.pool.query(`update users set account_status = $2::account_status where id = $1`, [
        id,
        status,
      ])
      await followStanding(origin(), id)
    }
    await Promise.all(
      ids.map(async (id, n) => {
        for (let round = 0; round < 3; round += 1) await turn(id, n + round)
      }),
    )
    expect(await wrongFollows()).toEqual([])
    expect(await wrongCounts(server)).toEqual([])
  }, 120_000)
})

it('deletes what is between an erased person and others, and nothing of who is only deleted', async () => {
  const [leaving, one] = [await world.fan(plain), await world.fan(plain)]
  await follow(leaving, one)
  await follow(one, leaving)
  await mutate(leaving, 'muteUser', { userId: one.id })
  await block(leaving, await world.fan(plain))
  const left = async () =>
    Object.values(
      (
        await rowsOf(
          `select (select count(*)::int from follows where $1 in (follower_id, following_id)) as follows,
             (select count(*)::int from blocks where $1 in (blocker_id, blocked_id)) as blocks,
             (select count(*)::int from mutes where $1 in (muter_id, muted_id)) as mutes`,
          [leaving.uuid],
        )
      )[0] ?? {},
    )
  await remove(leaving)
  await server.drain()
  expect(await left()).toEqual([2, 1, 1])
  await world.setClock(31 * DAY_MS)
  await jobs.find(({ name }) => name === eraseAccountsJob)?.run({}, server.jobs, '1')
  await server.drain()
  expect(await left()).toEqual([0, 0, 0])
  expect(await wrongCounts(server)).toEqual([])
  await followStanding(origin(), randomUUID())
})
