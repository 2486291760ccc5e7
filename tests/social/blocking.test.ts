import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutate, query } from '../accounts/calls.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import {
  COUNTS,
  block,
  follow,
  followsAcrossBlocks,
  mute,
  nodeOf,
  pageOf,
  unblock,
  unfollow,
  unmute,
  wrongCounts,
} from './calls.js'

const plain = { isEmailVerified: false }

let server: TestServer
let world: World
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
})
afterAll(() => server.close())

const two = async (): Promise<[Person, Person]> => [await world.fan(plain), await world.fan(plain)]
const blocksOf = async (person: Person, args = '') =>
  (
    await query(
      person,
      `viewer { blocks${args} { nodes { id userId note blockedAt user { username } } pageInfo { endCursor } } }`,
    )
  ).viewer.blocks

describe('a block', () => {
  it('ends following both ways and hides the blocker from the blocked, at once', async () => {
    const [blocker, blocked] = await two()
    await follow(blocker, blocked)
    await follow(blocked, blocker)
    const { payload } = await mutate(
      blocker,
      'blockUser',
      { userId: blocked.id, note: ' Rude. ' },
      `user { username viewerBlocks viewerFollows viewerCanFollow { isAllowed reason } ${COUNTS} }`,
    )
    expect(payload.user).toEqual({
      username: blocked.username,
      viewerBlocks: true,
      viewerFollows: false,
      viewerCanFollow: { isAllowed: false, reason: 'NODE_NOT_FOUND' },
      followerCount: 0,
      followingCount: 0,
    })
    expect(await pageOf(blocked, blocker)).toBeNull()
    expect(await nodeOf(blocked, blocker)).toBeNull()
    // strangers and others see them as before, and the blocker finds whom they blocked
    expect(await pageOf(world.stranger(), blocker, COUNTS)).toEqual({ followerCount: 0, followingCount: 0 })
    expect(await pageOf(blocker, blocked, 'viewerBlocks')).toEqual({ viewerBlocks: true })
    expect(await nodeOf(blocker, blocked, 'viewerBlocks')).toEqual({ viewerBlocks: true })
    expect((await blocksOf(blocker)).nodes).toMatchObject([
      { userId: blocked.id, note: 'Rude.', user: { username: blocked.username } },
    ])
    expect(await follow(blocker, blocked)).toEqual(['NODE_NOT_FOUND'])
    expect(await follow(blocked, blocker)).toEqual(['NODE_NOT_FOUND'])
    expect(await wrongCounts(server)).toEqual([])
  })

  it('is a state, whose note can change; ending it restores nothing', async () => {
    const [blocker, blocked] = await two()
    await follow(blocker, blocked)
    for (const more of [{ note: 'One' }, {}, { note: 'Two' }])
      expect((await mutate(blocker, 'blockUser', { userId: blocked.id, ...more })).codes).toEqual([])
    expect((await blocksOf(blocker)).nodes).toMatchObject([{ note: 'Two' }])
    expect(await unblock(blocker, blocked)).toEqual([])
    expect(await unblock(blocker, blocked)).toEqual([])
    expect((await blocksOf(blocker)).nodes).toEqual([])
    expect(await pageOf(blocker, blocked, 'viewerBlocks viewerFollows')).toEqual({
      viewerBlocks: false,
      viewerFollows: false,
    })
    expect(await pageOf(blocked, blocker, 'username')).toEqual({ username: blocker.username })
    const { rows } = await server.database.owner.query<{ type: string }>(
      `select type, payload from outbox_events where stream = 'social:' || $1 order by sequence`,
      [blocker.uuid],
    )
    const payload = { blockerId: blocker.uuid, blockedId: blocked.uuid }
    expect(rows).toEqual([
      { type: 'social.blocked', payload },
      { type: 'social.unblocked', payload },
    ])
  })

  it('tells the blocked nothing that nobody would not be told', async () => {
    const [blocker, blocked] = await two()
    await block(blocker, blocked)
    const gone = await world.fan(plain)
    await server.database.owner.query(`update users set erased_at = app_now() where id = $1`, [gone.uuid])
    for (const name of [
      'followUser',
      'unfollowUser',
      'updateFollowPreferences',
      'blockUser',
      'unblockUser',
      'muteUser',
      'unmuteUser',
    ] as const) {
      const refused = async (target: Person) => {
        const { answer } = await mutate(blocked, name, { userId: target.id }, 'user { id }')
        return { status: answer.status, data: answer.data, errors: answer.errors }
      }
      expect(await refused(blocker), name).toEqual(await refused(gone))
      expect((await refused(blocker)).data?.[name]).toMatchObject({
        user: null,
        userErrors: [{ code: 'NODE_NOT_FOUND' }],
      })
    }
    // nor is it told by an event of their own
    const { rows } = await server.database.owner.query(
      `select from outbox_events where stream in ('social:' || $1, 'user:' || $1) and type like 'social.%'`,
      [blocked.uuid],
    )
    expect(rows).toEqual([])
  })

  it('can be ended by who made it, also while the other blocks them too', async () => {
    const [one, other] = await two()
    await block(one, other)
    await mute(other, one)
    expect(await block(other, one)).toEqual(['NODE_NOT_FOUND'])
    await server.database.owner.query(`insert into blocks (blocker_id, blocked_id) values ($1, $2)`, [
      other.uuid,
      one.uuid,
    ])
    expect(await pageOf(one, other)).toBeNull()
    expect((await blocksOf(one)).nodes).toMatchObject([{ userId: other.id, user: null }])
    const { payload, codes } = await mutate(one, 'unblockUser', { userId: other.id }, 'user { username }')
    expect({ codes, user: payload.user }).toEqual({ codes: [], user: null })
    expect(await unblock(one, other)).toEqual(['NODE_NOT_FOUND'])
    // what was done before can be undone
    expect(await unmute(other, one)).toEqual([])
    expect(await unblock(other, one)).toEqual([])
    expect(await pageOf(one, other, 'username')).toEqual({ username: other.username })
  })

  it('refuses oneself, a long note, and more than 5,000', async () => {
    const [one, other] = await two()
    expect(await block(one, one)).toEqual(['SELF_ACTION'])
    expect(await unblock(one, one)).toEqual(['SELF_ACTION'])
    for (const note of ['x'.repeat(501), 'a\u0000b', '\ud800'])
      expect((await mutate(one, 'blockUser', { userId: other.id, note })).codes.join()).toMatch(/^(INVALID_INPUT)?$/)
    expect((await blocksOf(one)).nodes).toEqual([])
    await server.database.owner.query(
      `with people as (
         insert into users (username, display_name, email, email_index)
         select 'shunned.' || n, 'S', '\\x01', decode(md5('shunned' || n) || md5(n::text), 'hex') from generate_series(1, 5000) n
         returning id
       )
       insert into blocks (blocker_id, blocked_id) select $1, id from people`,
      [one.uuid],
    )
    expect(await block(one, other)).toEqual(['BLOCK_LIMIT_REACHED'])
    expect(await block(one, { id: (await blocksOf(one)).nodes[0]?.userId ?? '' })).toEqual([])
  })

  it('of a suspended person stands when they are back', async () => {
    const [one, suspended] = [await world.fan(plain), await world.suspended(plain)]
    expect(await block(one, suspended)).toEqual([])
    expect(await nodeOf(suspended, one)).toBeNull()
  })

  it('does not hide a person from staff, who see whom they decide about', async () => {
    const [moderator, person] = [await world.moderator(plain), await world.fan(plain)]
    await block(person, moderator)
    expect(await pageOf(moderator, person, 'username')).toEqual({ username: person.username })
    expect(await nodeOf(moderator, person)).toEqual({ username: person.username })
    expect(await follow(moderator, person)).toEqual(['NODE_NOT_FOUND'])
  })
})

describe('the list of blocks', () => {
  it('is the viewer’s own, pages exactly, and its entries are nobody else’s', async () => {
    const [one, other] = await two()
    const shunned = await Promise.all(Array.from({ length: 5 }, () => world.fan(plain)))
    for (const person of shunned) await block(one, person)
    await server.database.owner.query(`update blocks set created_at = '2026-01-01' where blocker_id = $1`, [one.uuid])
    const seen: string[] = []
    for (let after = '', page = 0; page < 3; page += 1) {
      const { nodes, pageInfo } = await blocksOf(one, `(first: 2${after})`)
      seen.push(...nodes.map(({ userId }) => userId))
      after = `, after: "${pageInfo.endCursor}"`
    }
    expect(seen.sort()).toEqual(shunned.map(({ id }) => id).sort())
    const [entry] = (await blocksOf(one)).nodes
    const found = async (asker: Pick<Person, 'request'>) =>
      (await asker.request('query ($id: ID!) { node(id: $id) { ... on Block { id userId } } }', { id: entry?.id })).data
    expect(await found(one)).toEqual({ node: { id: entry?.id, userId: entry?.userId } })
    for (const asker of [other, shunned[0]!, world.stranger(), await world.moderator(plain)])
      expect(await found(asker)).toEqual({ node: null })
  })

  it('shows who is gone as a shell, so that the block can be ended', async () => {
    const [one, gone] = await two()
    await block(one, gone)
    await mutate(gone, 'deleteAccount', { password: gone.password })
    expect((await blocksOf(one)).nodes).toMatchObject([{ userId: gone.id, user: { username: '[deleted]' } }])
    expect(await unblock(one, gone)).toEqual([])
    expect(await block(one, gone)).toEqual(['NODE_NOT_FOUND'])
  })
})

describe('a block against a following at the same time', () => {
  it('never leaves a following between the two, whoever is first', async () => {
    const [one, other] = await two()
    for (let round = 0; round < 25; round += 1) {
      await unblock(one, other)
      await unblock(other, one)
      await Promise.all(
        [
          () => follow(one, other),
          () => follow(other, one),
          () => block(round % 2 === 0 ? one : other, round % 2 === 0 ? other : one),
          () => follow(one, other),
          () => unfollow(other, one),
        ]
          .sort(() => (round % 3) - 1)
          .map((act) => act()),
      )
      expect(await followsAcrossBlocks(server)).toEqual([])
    }
    expect(await wrongCounts(server)).toEqual([])
  }, 60_000)

  it('nor among many who follow and block each other in every way', async () => {
    const crowd = await Promise.all(Array.from({ length: 8 }, () => world.fan(plain)))
    const acts = [follow, follow, follow, block, unblock, unfollow]
    const refusals = new Set<unknown>()
    for (let round = 0; round < 6; round += 1) {
      const calls = crowd.flatMap((one, i) =>
        crowd.flatMap((other, j) => (i === j ? [] : [acts[(i * 7 + j * 3 + round) % acts.length]!(one, other)])),
      )
      for (const outcome of await Promise.all(calls)) for (const code of outcome) refusals.add(code)
      expect(await followsAcrossBlocks(server)).toEqual([])
      expect(await wrongCounts(server)).toEqual([])
    }
    // nobody was refused for want of a connection or by a deadlock
    expect([...refusals].filter((code) => code !== 'NODE_NOT_FOUND')).toEqual([])
  }, 120_000)
})
