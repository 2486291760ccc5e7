import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { globalId } from '../../src/lib/ids.js'
import { provenCreator, publish } from '../content/posts.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { block, crowd, drift, give, mute, say, threadOf, uuidIn, words } from './calls.js'

let server: TestServer
let world: World
let creator: Person
let fan: Person
let others: Person[]
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await provenCreator(world)
  fan = await world.fan()
  others = await crowd(world, 3)
})
afterAll(() => server.close())

const set = (sql: string, id: string): Promise<unknown> =>
  server.database.owner.query(`update comments set ${sql} where id = $1`, [id])

/** A post with a thread: `A > (B > C, D)`, `E`; by these people. */
async function aThread([a, b, c, d, e]: readonly Person[]) {
  const { id } = await publish(creator)
  const contentId = uuidIn(id)
  const by = (person: Person | undefined, body: string, parentId: string | null = null) =>
    say(server, { contentId, authorId: person!.uuid, parentId, body })
  const A = await by(a, 'A')
  const B = await by(b, 'B', A)
  const C = await by(c, 'C', B)
  const D = await by(d, 'D', A)
  const E = await by(e, 'E')
  return { id: id as string, A, B, C, D, E }
}

describe('a thread', () => {
  it('is read level by level, the oldest first, with who says it', async () => {
    const { id } = await aThread([fan, others[0]!, fan, others[1]!, others[2]!])
    const thread = await threadOf(fan, id)
    expect(words(thread)).toEqual([['A', [['B', ['C']], 'D']], 'E'])
    expect(thread?.[0]).toMatchObject({ author: { username: fan.username }, replyCount: 2, depth: 0, likeCount: 0 })
    expect(thread?.[0]?.replies?.nodes[0]).toMatchObject({ author: { username: others[0]!.username }, depth: 1 })
    expect(words(await threadOf(world.stranger(), id))).toEqual(words(thread))
  })

  it('shows a tombstone while something below it lives, at whatever depth, and no longer', async () => {
    const { id, A, B, C, D } = await aThread([fan, fan, fan, fan, fan])
    for (const comment of [A, B, D]) await set('deleted_at = app_now()', comment)
    expect(words(await threadOf(fan, id))).toEqual([['[DELETED]', [['[DELETED]', ['C']]]], 'E'])
    expect((await threadOf(fan, id))?.[0]).toMatchObject({ author: null, body: { reason: 'DELETED' } })
    await set('hidden_at = app_now()', C)
    expect(words(await threadOf(others[0]!, id))).toEqual(['E'])
    await set('hidden_at = null', C)
    expect(words(await threadOf(others[0]!, id))).toEqual([['[DELETED]', [['[DELETED]', ['C']]]], 'E'])
    await set('deleted_at = app_now()', C)
    expect(words(await threadOf(fan, id))).toEqual(['E'])
    expect(await drift(server)).toEqual([])
  })

  it('keeps what is hidden or held between its author and the creator', async () => {
    const { id, A, D } = await aThread([fan, others[0]!, others[0]!, fan, others[1]!])
    await set('hidden_at = app_now()', A)
    await set('held_at = app_now()', D)
    for (const person of [fan, creator])
      expect(words(await threadOf(person, id))).toEqual([['A', [['B', ['C']], 'D']], 'E'])
    expect((await threadOf(creator, id))?.[0]).toMatchObject({ isHidden: true, replyCount: 1 })
    expect((await threadOf(fan, id))?.[0]?.replies?.nodes[1]).toMatchObject({ isHeld: true })
    for (const person of [others[0]!, world.stranger()])
      expect(words(await threadOf(person, id))).toEqual([['[HIDDEN]', [['B', ['C']]]], 'E'])
    await set('approved_at = app_now()', D)
    expect(words(await threadOf(others[0]!, id))).toEqual([['[HIDDEN]', [['B', ['C']], 'D']], 'E'])
  })

  it('puts what is pinned first, then the creator’s own', async () => {
    const { id } = await publish(creator)
    const contentId = uuidIn(id)
    const ids: string[] = []
    for (const [index, person] of [fan, fan, creator, fan, creator].entries()) {
      ids.push(
        await say(server, { contentId, authorId: person.uuid, body: String(index), isByCreator: person === creator }),
      )
      // two of one millisecond are in no order that a test could name
      await sleep(2)
    }
    await set('pinned_at = app_now()', ids[3]!)
    expect(words(await threadOf(fan, id))).toEqual(['3', '2', '4', '0', '1'])
    await set('pinned_at = app_now()', ids[4]!)
    expect(words(await threadOf(fan, id))).toEqual(['3', '4', '2', '0', '1'])
  })

  it('does not show people to each other whom a block parts, either way, nor whom the viewer mutes', async () => {
    const [one, two, three] = await crowd(world, 3)
    const { id, A, B } = await aThread([one!, two!, one!, three!, two!])
    await block(server, two!, one!)
    expect(words(await threadOf(one!, id))).toEqual([['A', [['[AUTHOR_UNAVAILABLE]', ['C']], 'D']]])
    expect(words(await threadOf(two!, id))).toEqual([['[AUTHOR_UNAVAILABLE]', ['B', 'D']], 'E'])
    expect(words(await threadOf(three!, id))).toEqual([['A', [['B', ['C']], 'D']], 'E'])
    const countOf = async (person: Person) =>
      (await person.do(`query ($id: ID!) { content(id: $id) { commentCount } }`, { id }))['content']
        .commentCount as number
    expect(await Promise.all([one!, two!, three!].map(countOf))).toEqual([3, 3, 5])
    expect((await threadOf(one!, id))?.[0]?.replyCount).toBe(1)
    await mute(server, three!, one!)
    expect(words(await threadOf(three!, id))).toEqual([['[MUTED]', ['B', 'D']], 'E'])
    await mute(server, three!, two!)
    expect(words(await threadOf(three!, id))).toEqual([['[MUTED]', ['D']]])
    expect(await countOf(three!)).toBe(5)
    const found = (person: Person, comment: string) =>
      person.do(`query ($id: ID!) { node(id: $id) { id ... on Comment { body { __typename } } } }`, {
        id: globalId('Comment', comment),
      })
    expect(await found(one!, B)).toMatchObject({ node: { body: { __typename: 'CommentTombstone' } } })
    expect(await found(three!, B)).toEqual({ node: null })
    expect(await found(three!, A)).toMatchObject({ node: { body: { __typename: 'CommentTombstone' } } })
  })

  it('leaves out whoever is deleted or banned, at once', async () => {
    const [gone] = await crowd(world, 1)
    const { id } = await aThread([gone!, fan, gone!, fan, gone!])
    const become = (change: string) =>
      server.database.owner.query(`update users set ${change} where id = $1`, [gone!.uuid])
    for (const change of [
      `account_status = 'banned'`,
      `account_status = 'deleted', deleted_at = app_now(), purge_after = app_now() + interval '30 days'`,
    ]) {
      await become(change)
      expect(words(await threadOf(fan, id)), change).toEqual([['[AUTHOR_UNAVAILABLE]', ['B', 'D']]])
    }
  })
})

describe('whoever cannot open a post', () => {
  it('sees the number of comments, and nothing else of them, by no way', async () => {
    const { id } = await publish(creator, { priceMinor: '500', body: 'Paid', teaser: 'For sale' })
    const contentId = uuidIn(id)
    const owner = await world.fan({ isEmailVerified: false })
    await give(creator, owner, id)
    const canary = 'canary-in-the-comments'
    const top = await say(server, { contentId, authorId: owner.uuid, body: canary })
    const below = await say(server, { contentId, authorId: creator.uuid, parentId: top, body: `${canary} below` })
    expect(words(await threadOf(owner, id))).toEqual([[canary, [`${canary} below`]]])
    const document = `query ($id: ID!, $top: ID!, $below: ID!) {
      content(id: $id) { commentCount comments { nodes { id } edges { cursor } } likers { nodes { id } } }
      post: node(id: $id) { ... on Content { comments { nodes { body { ... on CommentText { text } } } } } }
      top: node(id: $top) { id ... on Comment { replies { nodes { id } } } }
      below: node(id: $below) { id ... on Comment { parent { body { ... on CommentText { text } } } } }
      nodes(ids: [$top, $below, $id]) { id ... on Comment { author { username } content { title } } ... on Content { comments { nodes { id } } } }
    }`
    const ask = { id, top: globalId('Comment', top), below: globalId('Comment', below) }
    const lapsed = await world.fan({ isEmailVerified: false })
    await give(creator, lapsed, id)
    await server.database.owner.query('update entitlement_grants set ends_at = app_now() where user_id = $1', [
      lapsed.uuid,
    ])
    for (const asker of [world.stranger(), fan, lapsed]) {
      const { data, errors } = await asker.request(document, ask)
      expect(errors).toEqual([])
      expect(data).toEqual({
        content: { commentCount: 2, comments: null, likers: null },
        post: { comments: null },
        top: null,
        below: null,
        nodes: [null, null, { id, comments: null }],
      })
    }
    const follower = await world.fan({ isEmailVerified: false })
    await server.database.owner.query('insert into follows (follower_id, following_id) values ($1, $2)', [
      follower.uuid,
      creator.uuid,
    ])
    for (const terms of [
      `visibility = 'followers', is_premium = false, price_minor = null, currency = null`,
      `visibility = 'public', is_age_restricted = true`,
    ]) {
      await server.database.owner.query(`update content set ${terms} where id = $1`, [contentId])
      const opens = terms.includes('followers')
      for (const asker of [world.stranger(), fan, follower]) {
        const { data } = await asker.request(document, ask)
        expect(JSON.stringify(data).includes(canary), terms).toBe(opens && asker === follower)
      }
    }
    await server.database.owner.query('update content set is_age_restricted = false where id = $1', [contentId])
    await block(server, creator, fan)
    const { data } = await fan.request(document, ask)
    expect(data).toEqual({ content: null, post: null, top: null, below: null, nodes: [null, null, null] })
    expect(JSON.stringify(await owner.do(document, ask))).toContain(canary)
  })
})
