import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { globalId } from '../../src/lib/ids.js'
import { mutate, query } from '../accounts/calls.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { COUNTS, block, follow, nodeOf, pageOf, unfollow, wrongCounts } from './calls.js'

const HOUR_MS = 3_600_000
const plain = { isEmailVerified: false }

let server: TestServer
let world: World
let fan: Person
let creator: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  fan = await world.fan(plain)
  creator = await world.creator(plain)
})
afterEach(() => world.setClock(0))
afterAll(() => server.close())

const eventsOf = async ({ uuid }: Person) =>
  (
    await server.database.owner.query<{ type: string; payload: Record<string, unknown> }>(
      `select type, payload from outbox_events where stream = 'social:' || $1 order by sequence`,
      [uuid],
    )
  ).rows

/** Moves the clock; these people sign in again, because their tokens have ended. */
const later = async (hours: number, ...people: Person[]): Promise<void> => {
  await world.setClock(hours * HOUR_MS)
  for (const person of people) await person.signIn()
}

const BONDS = 'viewerFollows viewerFollow { followedAt notificationsEnabled preferences { type channel enabled } }'

describe('following', () => {
  it('is a state: twice is once, and so is ending it', async () => {
    expect(await pageOf(fan, creator, `${BONDS} ${COUNTS}`)).toEqual({
      viewerFollows: false,
      viewerFollow: null,
      followerCount: 0,
      followingCount: 0,
    })
    const { payload } = await mutate(fan, 'followUser', { userId: creator.id }, `user { ${BONDS} ${COUNTS} }`)
    expect(payload.user).toEqual({
      viewerFollows: true,
      viewerFollow: { followedAt: expect.any(String), notificationsEnabled: true, preferences: [] },
      followerCount: 1,
      followingCount: 0,
    })
    await later(1, fan)
    expect(await follow(fan, creator)).toEqual([])
    expect(await pageOf(fan, creator, `${BONDS} ${COUNTS}`)).toEqual(payload.user)
    expect((await nodeOf(fan, fan, COUNTS)).followingCount).toBe(1)
    const ended = await mutate(fan, 'unfollowUser', { userId: creator.id }, `user { ${BONDS} ${COUNTS} }`)
    expect(ended.payload.user).toMatchObject({ viewerFollows: false, viewerFollow: null, followerCount: 0 })
    expect(await unfollow(fan, creator)).toEqual([])
    expect((await nodeOf(fan, fan, COUNTS)).followingCount).toBe(0)
    expect((await eventsOf(creator)).map(({ type }) => type)).toEqual(['social.followed', 'social.unfollowed'])
  })

  it('is open towards anybody in good standing, fans too, and says so beforehand', async () => {
    const [one, other] = [await world.fan(plain), await world.fan(plain)]
    const can = async (viewer: Pick<Person, 'request'>, user: Person) =>
      (await nodeOf(viewer, user, 'viewerCanFollow { isAllowed reason }')).viewerCanFollow
    expect(await can(one, other)).toEqual({ isAllowed: true, reason: null })
    expect(await can(one, one)).toEqual({ isAllowed: false, reason: 'SELF_ACTION' })
    expect(await can(world.stranger(), one)).toEqual({ isAllowed: false, reason: 'NOT_SIGNED_IN' })
    const suspended = await world.suspended(plain)
    expect(await can(suspended, one)).toEqual({ isAllowed: false, reason: 'ACCOUNT_LIMITED' })
    expect(await can(one, suspended)).toEqual({ isAllowed: false, reason: 'NODE_NOT_FOUND' })
    expect(await follow(one, other)).toEqual([])
    expect(await can(one, other)).toEqual({ isAllowed: true, reason: null })
    expect(await follow(one, suspended)).toEqual(['NODE_NOT_FOUND'])
    await later(25, one)
    expect(await follow(one, suspended)).toEqual([])
  })

  it('is news once a day', async () => {
    const [follower, followed] = [await world.fan(plain), await world.fan(plain)]
    const again = async (hours: number): Promise<void> => {
      await later(hours, follower)
      expect(await unfollow(follower, followed)).toEqual([])
      expect(await follow(follower, followed)).toEqual([])
    }
    await follow(follower, followed)
    for (const hours of [1, 23, 24.1, 25, 49]) await again(hours)
    const told = (await eventsOf(followed)).filter(({ type }) => type === 'social.followed')
    // as many as were news
    expect(new Set(told.map(({ payload }) => payload['newsAt'])).size).toBe(3)
    expect(told.map(({ payload }) => payload)).toEqual(
      [true, false, false, true, false, true].map((isNews) => ({
        followerId: follower.uuid,
        followingId: followed.uuid,
        isNews,
        newsAt: expect.any(String),
      })),
    )
  })

  it('refuses oneself, nobody, and whoever cannot be seen; nothing changes', async () => {
    const [one, blocker, deleted] = [await world.fan(plain), await world.fan(plain), await world.fan(plain)]
    await block(blocker, one)
    await mutate(deleted, 'deleteAccount', { password: deleted.password })
    const banned = await world.fan(plain)
    await mutate(await world.admin(plain), 'setAccountStatus', { userId: banned.id, status: 'BANNED', reason: 'Spam.' })
    const nobody = globalId('User', randomUUID())
    const before = await server.database.owner.query('select count(*) from follows')
    for (const name of ['followUser', 'unfollowUser', 'updateFollowPreferences'] as const) {
      expect((await mutate(one, name, { userId: one.id })).answer.data?.[name]).toEqual({
        userErrors: [
          {
            __typename: 'InvalidInputError',
            code: 'SELF_ACTION',
            message: expect.any(String),
            path: ['input', 'userId'],
          },
        ],
      })
      const refused = (await mutate(one, name, { userId: nobody }, 'user { id }')).answer.data
      expect(refused?.[name]).toMatchObject({ user: null, userErrors: [{ code: 'NODE_NOT_FOUND' }] })
      for (const id of [blocker.id, deleted.id, 'nonsense', globalId('Session', one.uuid)])
        expect((await mutate(one, name, { userId: id }, 'user { id }')).answer.data, `${name} ${id}`).toEqual(refused)
    }
    expect(await follow(one, banned)).toEqual(['NODE_NOT_FOUND'])
    expect((await server.database.owner.query('select count(*) from follows')).rows).toEqual(before.rows)
  })

  it('has an end at 5,000 people, and room again when one is left', async () => {
    const collector = await world.fan(plain)
    await server.database.owner.query(
      `with people as (
         insert into users (username, display_name, email, email_index)
         select 'many.' || n, 'M', '\\x01', decode(md5('many' || n) || md5(n::text), 'hex') from generate_series(1, 4999) n
         returning id
       ), kept as (select id from people)
       insert into follows (follower_id, following_id) select $1, id from kept`,
      [collector.uuid],
    )
    const others = [await world.fan(plain), await world.fan(plain), await world.fan(plain)] as const
    // at once: there is room for one
    const outcomes = await Promise.all(others.map((other) => follow(collector, other)))
    expect(outcomes.flat()).toEqual(['FOLLOW_LIMIT_REACHED', 'FOLLOW_LIMIT_REACHED'])
    const followed = others[outcomes.findIndex((codes) => codes.length === 0)]!
    const left = others.find((other) => other !== followed)!
    const can = async (user: Person) => (await nodeOf(collector, user, 'viewerCanFollow { reason }')).viewerCanFollow
    expect(await can(left)).toEqual({ reason: 'FOLLOW_LIMIT_REACHED' })
    expect(await can(followed)).toEqual({ reason: null })
    expect(await follow(collector, followed)).toEqual([])
    expect(await unfollow(collector, followed)).toEqual([])
    expect(await follow(collector, left)).toEqual([])
    expect(await wrongCounts(server)).toEqual([])
  })

  it('has an end at 400 new ones a day; what changes nothing is not counted', async () => {
    const [follower, followed] = [await world.fan(plain), await world.fan(plain)]
    await follow(follower, followed)
    for (let n = 0; n < 5; n += 1) expect(await follow(follower, followed)).toEqual([])
    const { limiter } = server.services
    const { remaining } = await limiter.charge(
      { name: 'social.follows', points: 400, windowSeconds: 86_400 },
      follower.uuid,
      0,
    )
    expect(remaining).toBe(399)
    await limiter.charge({ name: 'social.follows', points: 400, windowSeconds: 86_400 }, follower.uuid, 399)
    await unfollow(follower, followed)
    expect(await follow(follower, followed)).toEqual(['rate_limited'])
    expect(await follow(await world.fan(plain), followed)).toEqual([])
  })

  it('is closed to whoever was suspended in the same document', async () => {
    const [one, other] = [await world.fan(plain), await world.fan(plain)]
    const { data, errors } = await one.request(
      `mutation ($password: String!, $id: ID!) {
        deleteAccount(input: { password: $password }) { purgeAfter }
        followUser(input: { userId: $id }) { user { id } }
      }`,
      { password: one.password, id: other.id },
    )
    expect(data).toBeNull()
    expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'account_limited' })
    expect((await nodeOf(other, other, COUNTS)).followerCount).toBe(0)
  })
})

describe('what a follower wants to be told', () => {
  it('is set by type and channel; what is not given stays, null goes back to what holds for all', async () => {
    const [one, other] = [await world.fan(plain), await world.creator(plain)]
    await follow(one, other)
    const set = async (more: Record<string, unknown>) =>
      (
        await mutate(
          one,
          'updateFollowPreferences',
          { userId: other.id, ...more },
          'user { viewerFollow { notificationsEnabled preferences { type channel enabled } } }',
        )
      ).payload.user.viewerFollow
    const pushed = { type: 'NEW_CONTENT', channel: 'PUSH', enabled: false }
    const mailed = { type: 'STREAM', channel: 'EMAIL', enabled: true }
    expect(await set({ preferences: [pushed, mailed] })).toEqual({
      notificationsEnabled: true,
      preferences: [pushed, mailed],
    })
    expect(await set({ notificationsEnabled: false })).toEqual({
      notificationsEnabled: false,
      preferences: [pushed, mailed],
    })
    expect(await set({ preferences: [{ ...pushed, enabled: true }] })).toMatchObject({
      preferences: [{ ...pushed, enabled: true }, mailed],
    })
    expect(await set({ preferences: [{ ...pushed, enabled: null }], notificationsEnabled: true })).toEqual({
      notificationsEnabled: true,
      preferences: [mailed],
    })
    // they are the follower's, and outlast an end
    await unfollow(one, other)
    await follow(one, other)
    expect((await nodeOf(one, other, BONDS)).viewerFollow).toMatchObject({ preferences: [mailed] })
    expect((await nodeOf(other, one, BONDS)).viewerFollow).toBeNull()
  })

  it('refuses who is not followed, and a type and channel given twice', async () => {
    const [one, other] = [await world.fan(plain), await world.creator(plain)]
    const wish = { type: 'NEW_CONTENT', channel: 'PUSH', enabled: false }
    const set = async (preferences: unknown[]) =>
      (await mutate(one, 'updateFollowPreferences', { userId: other.id, preferences })).codes
    expect(await set([wish])).toEqual(['NOT_FOLLOWING'])
    await follow(one, other)
    expect(await set([wish, { ...wish, enabled: true }])).toEqual(['INVALID_INPUT'])
    expect(await set(Array.from({ length: 20 }, () => wish))).toEqual(['INVALID_INPUT'])
    expect(await set([wish])).toEqual([])
    await unfollow(one, other)
    expect(await set([wish])).toEqual(['NOT_FOLLOWING'])
  })
})

describe('the lists of a person', () => {
  const list = (end: 'followers' | 'following') =>
    `query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { node(id: $id) { ... on User {
      ${end}(first: $first, after: $after, last: $last, before: $before) {
        nodes { username } edges { cursor node { username } } pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
      } } } }`
  const pageOfList = async (
    asker: Pick<Person, 'request'>,
    end: 'followers' | 'following',
    { id }: Person,
    args: object = {},
  ) => {
    const { data, errors } = await asker.request(list(end), { id, ...args })
    if (errors.length > 0) throw new Error(String(errors[0]?.extensions['reason']))
    return data?.['node']?.[end]
  }

  it('are that person’s alone', async () => {
    const [one, other] = [await world.fan(plain), await world.fan(plain)]
    await follow(one, other)
    for (const asker of [other, world.stranger(), await world.moderator(plain)])
      expect(await pageOfList(asker, 'following', one)).toBeNull()
    expect((await pageOfList(one, 'following', one)).nodes).toEqual([{ username: other.username }])
    expect((await pageOfList(other, 'followers', other)).nodes).toEqual([{ username: one.username }])
    expect((await pageOfList(one, 'followers', one)).nodes).toEqual([])
    // the numbers are everybody's
    expect(await nodeOf(world.stranger(), other, COUNTS)).toEqual({ followerCount: 1, followingCount: 0 })
  })

  it('give each of 500 who came at the same time exactly once, by sevens, in both directions', async () => {
    const star = await world.fan(plain)
    await server.database.owner.query(
      `with people as (
         insert into users (username, display_name, email, email_index)
         select 'tie.' || n, 'T', '\\x01', decode(md5('tie' || n) || md5(n::text), 'hex') from generate_series(1, 500) n
         returning id
       )
       insert into follows (follower_id, following_id, followed_at) select id, $1, '2026-01-01' from people`,
      [star.uuid],
    )
    const forth: string[] = []
    for (let after: string | null = null, more = true; more;) {
      const { nodes, pageInfo } = await pageOfList(star, 'followers', star, { first: 7, after })
      forth.push(...nodes.map(({ username }: { username: string }) => username))
      ;[after, more] = [pageInfo.endCursor, pageInfo.hasNextPage]
      // people who come and go meanwhile move nobody
      if (forth.length === 70) await follow(fan, star)
      if (forth.length === 140)
        await server.database.owner.query(
          `update follows set unfollowed_at = now() from users u where u.id = follower_id and u.username = $1`,
          [forth[0]],
        )
    }
    expect(forth).toHaveLength(500)
    expect(new Set(forth).size).toBe(500)
    const back: string[] = []
    for (let before: string | null = null, more = true; more;) {
      const { nodes, pageInfo } = await pageOfList(star, 'followers', star, { last: 7, before })
      back.unshift(...nodes.map(({ username }: { username: string }) => username))
      ;[before, more] = [pageInfo.startCursor, pageInfo.hasPreviousPage]
    }
    expect(back).toEqual([fan.username, ...forth.slice(1)])
    expect(await wrongCounts(server)).toEqual([])
  }, 60_000)

  it('leave out who is suspended until they are back, and refuse another list’s cursor', async () => {
    const [one, other] = [await world.fan(plain), await world.fan(plain)]
    await follow(one, other)
    const admin = await world.admin(plain)
    const suspendedUntil = new Date((await server.now()).getTime() + HOUR_MS).toISOString()
    const { endCursor } = (await pageOfList(one, 'following', one)).pageInfo
    await mutate(admin, 'setAccountStatus', { userId: other.id, status: 'SUSPENDED', reason: 'Pause.', suspendedUntil })
    expect((await pageOfList(one, 'following', one)).nodes).toEqual([])
    await later(1, one, other)
    expect((await pageOfList(one, 'following', one)).nodes).toHaveLength(1)
    await expect(pageOfList(one, 'followers', one, { after: endCursor })).rejects.toThrow('cursor_of_another_list')
    await expect(pageOfList(other, 'following', other, { after: endCursor })).rejects.toThrow('cursor_of_another_list')
    await expect(pageOfList(one, 'following', one, { after: 'x' })).rejects.toThrow('invalid_cursor')
    expect((await query(one, 'viewer { user { followingCount } }')).viewer.user.followingCount).toBe(1)
  })
})
