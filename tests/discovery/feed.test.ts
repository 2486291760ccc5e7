import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAX_COST } from '../../src/api/cost.js'
import type { PostRow } from '../../src/discovery/posts.js'
import { listFeed } from '../../src/discovery/feed-queries.js'
import { query } from '../accounts/calls.js'
import { provenCreator, publish } from '../content/posts.js'
import { block, follow, mute, unfollow, unmute } from '../social/calls.js'
import { testDatabase } from '../support/database.js'
import { statementsOf } from '../support/statements.js'
import type { TestDatabase } from '../support/database.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { readAll } from './pages.js'
import type { Paged } from './pages.js'
import { drawWorld, isListed, isSource, newestFirst, onlookers, readingOf } from './random-world.js'
import type { Onlooker } from './random-world.js'

const NOW = new Date('2026-11-25T12:00:00.000Z')

describe('the feed of a random world', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await testDatabase()
  })
  afterAll(() => database.drop())

  const feedOf = (onlooker: Onlooker): Paged<PostRow> => ({
    parts: ['time', 'uuid'],
    read: (page) => listFeed(database.db, page, readingOf(onlooker, NOW), { withBody: true, comments: 3 }),
    keyOf: ({ publishAt, id }) => [publishAt?.toISOString() ?? '', id],
  })

  it.each([1, 2, 3, 4])('is what the pure decision makes of everything there is, world %i', async (seed) => {
    const world = await drawWorld(database, seed, NOW)
    let shown = 0
    for (const onlooker of onlookers(world)) {
      const { person } = onlooker
      if (!person) continue
      const expected = world.posts
        .filter((post) => isSource(world, person, post.creator) && isListed(world, onlooker, post))
        .sort(newestFirst)
        .map(({ id }) => id)
      shown += expected.length
      for (const [size, isBackward] of [
        [7, false],
        [7, true],
        [100, false],
      ] as const)
        expect((await readAll(feedOf(onlooker), size, isBackward)).map(({ id }) => id)).toEqual(expected)
      const gated = await listFeed(
        database.db,
        { limit: 100, isBackward: false, cursor: null, filterHash: '' },
        readingOf({ ...onlooker, isGated: true }, NOW),
        { withBody: false, comments: null },
      )
      expect(gated.map(({ id }) => id)).toEqual(person.isAgeVerified ? expected : [])
    }
    expect(shown).toBeGreaterThan(50)
  })
})

describe('a feed', () => {
  let server: TestServer
  let world: World
  let creator: Person
  let fan: Person
  beforeAll(async () => {
    server = await startServer()
    world = makeWorld(server)
    ;[creator, fan] = [await provenCreator(world), await world.fan()]
  })
  afterAll(() => server.close())

  const feed = async (person: Person, args = 'first: 50'): Promise<string[]> =>
    (await query(person, `feed(${args}) { nodes { title } }`)).feed.nodes.map(({ title }) => title)

  it('begins with following, and ends with unfollowing, muting and blocking, at once', async () => {
    await publish(creator, { title: 'first', visibility: 'SUBSCRIBERS' })
    await publish(creator, { title: 'second' })
    expect(await feed(fan)).toEqual([])
    await follow(fan, creator)
    expect(await feed(fan)).toEqual(['second', 'first'])
    expect(await feed(creator)).toEqual([])
    await mute(fan, creator)
    expect(await feed(fan)).toEqual([])
    await unmute(fan, creator)
    expect(await feed(fan)).toEqual(['second', 'first'])
    await unfollow(fan, creator)
    expect(await feed(fan)).toEqual([])
    const other = await world.creator()
    await publish(other, { title: 'of another' })
    await follow(fan, other)
    expect(await feed(fan)).toEqual(['of another'])
    await block(other, fan)
    expect(await feed(fan)).toEqual([])
  })

  it('has those in it to whom the viewer has access as a subscriber, also without following', async () => {
    const guest = await world.fan()
    const grant = `mutation ($input: GrantAccessInput!) { grantAccess(input: $input) { userErrors { code } } }`
    await creator.do(grant, { input: { userId: guest.id, creatorId: creator.id, reason: 'Won a prize.' } })
    expect(await feed(guest)).toEqual(['second', 'first'])
  })

  it('is for the signed-in', async () => {
    const { errors } = await world.stranger().request('{ feed { nodes { id } } }')
    expect(errors[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'not_signed_in' })
  })

  it('refuses the cursor of another list and of another person', async () => {
    await follow(fan, creator)
    const { feed: page } = await query(fan, 'feed(first: 1) { pageInfo { endCursor hasNextPage } }')
    expect(page.pageInfo.hasNextPage).toBe(true)
    const after = page.pageInfo.endCursor
    const go = `query ($after: String) { feed(first: 1, after: $after) { nodes { title } } }`
    expect((await fan.request(go, { after })).data).toEqual({ feed: { nodes: [{ title: 'first' }] } })
    const { errors } = await creator.request(go, { after })
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', reason: 'cursor_of_another_list' })
  })

  it('is one statement beside the one that says who asks, whatever is asked of its posts', async () => {
    const everything = `id type title teaser state visibility isPremium price { formatted } includedInSubscription isAgeRestricted
      warnings tags categories { slug name } language publishedAt createdAt editedAt likeCount commentCount saveCount
      viewerHasLiked viewerHasSaved viewerAccess { isOpen rule reason until } viewerCanEdit { isAllowed }
      creator { id username displayName accountType isAgeVerified subscriptionPrice { formatted } viewerIsSelf }
      body { ... on UnlockedBody { text } ... on LockedBody { reason teaser price { formatted } offers { kind price { formatted } } } }`
    for (let count = 0; count < 12; count += 1)
      await publish(creator, { tags: ['sea', `tag-${String(count)}`], categories: ['music'] })
    await server.database.owner.query(
      `insert into comments (content_id, author_id, body, created_at) select id, $1, 'said ' || n, app_now() + n * interval '1 second' from content, generate_series(1, 4) n where creator_id = $2`,
      [fan.uuid, creator.uuid],
    )
    const comments = `comments(first: 3) { nodes { body { ... on CommentText { text } } author { username } likeCount viewerHasLiked } pageInfo { hasNextPage } }`
    const document = `query ($n: Int!) { feed(first: $n) { nodes { ${everything} ${comments} } edges { cursor node { body { __typename } comments(first: 2) { nodes { id } } } } pageInfo { hasNextPage } } }`
    for (const n of [1, 5, 14]) expect(await statementsOf(fan, document, { n })).toBe(2)
    expect((await query(fan, 'feed(first: 1) { nodes { tags categories { slug } } }')).feed.nodes).toEqual([
      { tags: ['sea', 'tag-11'], categories: [{ slug: 'music' }] },
    ])
    const { feed: page } = await query(
      fan,
      `feed(first: 1) { nodes { comments(first: $n) { nodes { body { ... on CommentText { text } } } pageInfo { hasNextPage } } } }`,
      { n: 2 },
      '($n: Int)',
    )
    expect(page.nodes[0]?.comments.nodes.map(({ body }) => 'text' in body && body.text)).toEqual(['said 1', 'said 2'])
    expect(page.nodes[0]?.comments.pageInfo.hasNextPage).toBe(true)
  })

  it('shows each post once, both ways, while others come and go', async () => {
    const { database } = server
    const many = await world.creator()
    await database.owner.query(
      `insert into content (creator_id, type, body, publish_at) select $1, 'text', 'one of many', '2026-01-01T00:00:00Z' from generate_series(1, 500)`,
      [many.uuid],
    )
    const reader = await world.fan()
    await follow(reader, many)
    const { rows } = await database.owner.query<{ id: string }>(
      `select id::text from content where creator_id = $1 order by publish_at desc, id desc`,
      [many.uuid],
    )
    const stay = rows.map(({ id }) => id)
    const list: Paged<PostRow> = {
      parts: ['time', 'uuid'],
      read: async (page) =>
        listFeed(
          database.db,
          page,
          { viewerId: reader.uuid, isAgeVerified: false, isGated: false, now: await server.now() },
          { withBody: false, comments: null },
        ),
      keyOf: ({ publishAt, id }) => [publishAt?.toISOString() ?? '', id],
    }
    for (const isBackward of [false, true]) {
      const shown = await readAll(list, 7, isBackward, async () => {
        await database.owner.query(
          `with gone as (delete from content where creator_id = $1 and body = 'passing')
           insert into content (creator_id, type, body, publish_at) select $1, 'text', 'passing', '2026-01-01T00:00:00Z' from generate_series(1, 3)`,
          [many.uuid],
        )
      })
      const ids = shown.map(({ id }) => id)
      expect(ids.filter((id) => stay.includes(id))).toEqual(stay)
      expect(new Set(ids).size).toBe(ids.length)
      await database.owner.query(`delete from content where creator_id = $1 and body = 'passing'`, [many.uuid])
    }
  }, 60_000)

  it('fits the cost limit with what a front end asks of it', async () => {
    const { extensions } = await fan.request<Record<string, unknown>>(
      `{ feed(first: 20) { nodes { title creator { username } viewerAccess { isOpen } body { __typename ... on UnlockedBody { text } } } pageInfo { endCursor } } }`,
    )
    expect((extensions as { cost: { requested: number } }).cost.requested).toBeLessThan(MAX_COST / 2)
  })
})
