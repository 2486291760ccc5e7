import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listExplored } from '../../src/discovery/explore-queries.js'
import type { ExploredRow, Exploring } from '../../src/discovery/explore-queries.js'
import { lookAhead, scoreRecentPosts } from '../../src/discovery/ranking.js'
import { mutate, query } from '../accounts/calls.js'
import { draft, provenCreator, prove, publish } from '../content/posts.js'
import { mute } from '../social/calls.js'
import { testDatabase } from '../support/database.js'
import { statementsOf } from '../support/statements.js'
import type { TestDatabase } from '../support/database.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { readAll } from './pages.js'
import type { Paged } from './pages.js'
import {
  drawWorld,
  isListed,
  isMuting,
  newestFirst,
  onlookers,
  readingOf,
  SUBJECTS,
  TAGS,
  wrongListings,
} from './random-world.js'
import type { Onlooker, Post, RandomWorld } from './random-world.js'

const NOW = new Date('2026-11-25T12:00:00.000Z')

describe('what is explored in a random world', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await testDatabase()
  })
  afterAll(() => database.drop())

  const list = (onlooker: Onlooker, exploring: Exploring): Paged<ExploredRow> => ({
    parts: exploring.sort === 'NEW' ? ['time', 'uuid'] : ['number', 'uuid'],
    read: (page) =>
      listExplored(database.db, exploring, page, readingOf(onlooker, NOW), { withBody: false, comments: null }),
    keyOf: ({ publishAt, score, id }) => [
      exploring.sort === 'NEW' ? (publishAt?.toISOString() ?? '') : String(score),
      id,
    ],
  })

  /** Listed, as any list has it, and then what discovery adds of its own. */
  const isShown = (world: RandomWorld, onlooker: Onlooker, post: Post): boolean =>
    isListed(world, onlooker, post) &&
    post.shadowBannedAt === null &&
    !isMuting(world, onlooker.person, post.creator) &&
    (!post.isAgeRestricted || onlooker.person?.isAgeVerified === true)

  it.each([11, 12, 13])(
    'is what the pure decision makes of everything there is, world %i',
    async (seed) => {
      await database.owner.query('delete from explore_posts; delete from content_versions')
      await database.owner.query('delete from entitlement_grants; delete from content')
      await database.setClock(NOW.getTime() - Date.now())
      const world = await drawWorld(database, seed, NOW)
      await scoreRecentPosts({ db: database.db, actorId: null, sessionId: null, requestId: 'test' })
      const { rows } = await database.owner.query<{ id: string; score: string }>(
        `select content_id::text as id, score from explore_posts where scope_id = '00000000-0000-0000-0000-000000000000'`,
      )
      const scores = new Map(rows.map(({ id, score }) => [id, Number(score)]))
      const mostPopular = (one: Post, other: Post): number =>
        (scores.get(other.id) ?? 0) - (scores.get(one.id) ?? 0) || (one.id < other.id ? 1 : -1)
      let shown = 0
      for (const onlooker of onlookers(world)) {
        const all = world.posts.filter((post) => isShown(world, onlooker, post))
        const check = async (what: Partial<Exploring>, suits: (post: Post) => boolean): Promise<void> => {
          const exploring: Exploring = { type: null, category: null, tag: null, sort: 'NEW', ...what }
          const expected = all
            .filter(suits)
            .sort(exploring.sort === 'NEW' ? newestFirst : mostPopular)
            .map(({ id }) => id)
          for (const isBackward of [false, true]) {
            const read = await readAll(list(onlooker, exploring), 7, isBackward)
            expect(read.map(({ id }) => id)).toEqual(expected)
          }
          shown += expected.length
        }
        await check({}, () => true)
        await check({ sort: 'POPULAR' }, () => true)
        await check({ type: 'VIDEO' }, ({ type }) => type === 'VIDEO')
        await check({ category: SUBJECTS[0] }, ({ subjects }) => subjects.includes(SUBJECTS[0]))
        await check({ tag: TAGS[0].toUpperCase(), sort: 'POPULAR' }, ({ tags }) => tags.includes(TAGS[0]))
        await check({ tag: TAGS[3], type: 'TEXT' }, ({ tags, type }) => tags.includes(TAGS[3]) && type === 'TEXT')
        await check({ tag: 'no-such-tag' }, () => false)
      }
      expect(shown).toBeGreaterThan(200)
      expect(await wrongListings(database)).toEqual([])
    },
    60_000,
  )

  it('counts what was ahead once its time has come, and puts it among the popular', async () => {
    const { rows } = await database.owner.query<{ n: number }>(
      'select count(*)::int as n from explore_posts where not is_due',
    )
    expect(rows[0]?.n).toBeGreaterThan(0)
    await database.setClock(NOW.getTime() - Date.now() + 3 * 86_400_000)
    await lookAhead({ db: database.db, actorId: null, sessionId: null, requestId: 'test' })
    const { rows: ahead } = await database.owner.query('select from explore_posts where not is_due or score = 0')
    expect(ahead).toEqual([])
    expect(await wrongListings(database)).toEqual([])
  })
})

describe('exploring', () => {
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

  const titles = async (who: Pick<Person, 'request'>, args: string): Promise<string[]> =>
    (await query(who, `explore(${args}) { nodes { title } }`)).explore.nodes.map(({ title }) => title)
  const tagsOf = async (who: Pick<Person, 'request'>, args = 'first: 50'): Promise<[string, number][]> =>
    (await query(who, `tags(${args}) { nodes { name postCount } }`)).tags.nodes.map(({ name, postCount }) => [
      name,
      postCount,
    ])

  it('shows strangers what is open and what is locked, and adults what is for them', async () => {
    await publish(creator, { title: 'open', tags: ['sea'] })
    await publish(creator, { title: 'locked', tags: ['sea', 'deep'], visibility: 'SUBSCRIBERS', priceMinor: '500' })
    await publish(creator, { title: 'adult', tags: ['deep'], isAgeRestricted: true, categories: ['adult'] })
    const stranger = world.stranger()
    expect(await titles(stranger, 'first: 5')).toEqual(['locked', 'open'])
    expect(await titles(fan, 'first: 5, category: "adult"')).toEqual([])
    const adult = await world.fan()
    await prove(adult)
    expect(await titles(adult, 'first: 5')).toEqual(['adult', 'locked', 'open'])
    expect(await titles(adult, 'first: 5, category: "adult", sort: POPULAR')).toEqual(['adult'])
    expect(await tagsOf(stranger)).toEqual([
      ['sea', 2],
      ['deep', 1],
    ])
    expect(await tagsOf(adult, 'first: 5, prefix: "#DE"')).toEqual([['deep', 2]])
    expect(await tagsOf(adult)).toEqual([
      ['deep', 2],
      ['sea', 2],
    ])
  })

  it('has tags that are found again by id, by whoever finds posts under them', async () => {
    const adult = await world.fan()
    await prove(adult)
    await publish(creator, { tags: ['for-adults'], isAgeRestricted: true })
    const { tags } = await query(adult, 'tags(first: 1, prefix: "for-") { nodes { id } }')
    const find = async (who: Pick<Person, 'request'>) =>
      (
        await who.request('query ($id: ID!) { node(id: $id) { ... on Tag { name postCount } } }', {
          id: tags.nodes[0]?.id,
        })
      ).data
    expect(await find(adult)).toEqual({ node: { name: 'for-adults', postCount: 1 } })
    expect(await find(fan)).toEqual({ node: null })
  })

  it('does not tell of drafts, nor of what is scheduled, by their tags', async () => {
    const { id } = await draft(creator, { title: 'secret', tags: ['revelation'] })
    expect(await tagsOf(world.stranger(), 'first: 5, prefix: "reve"')).toEqual([])
    const localTime = new Date((await server.now()).getTime() + 3_600_000).toISOString().slice(0, 16)
    await mutate(creator, 'scheduleContent', { contentId: id, localTime, timeZone: 'UTC' })
    expect(await tagsOf(world.stranger(), 'first: 5, prefix: "reve"')).toEqual([])
    await mutate(creator, 'publishContent', { contentId: id })
    expect(await tagsOf(world.stranger(), 'first: 5, prefix: "reve"')).toEqual([['revelation', 1]])
    await mutate(creator, 'deleteContent', { contentId: id })
    expect(await tagsOf(world.stranger(), 'first: 5, prefix: "reve"')).toEqual([])
    expect(await wrongListings(server.database)).toEqual([])
  })

  it('follows a change of tags and of what is restricted', async () => {
    const { id, authorView } = await publish(creator, { title: 'moved', tags: ['before', 'both'] })
    const change = { contentId: id, tags: ['both', 'after'], isAgeRestricted: true }
    await mutate(creator, 'updateContent', { ...change, expectedVersion: authorView.version })
    expect(await titles(fan, 'first: 5, tag: "both"')).toEqual([])
    const adult = await world.fan()
    await prove(adult)
    expect(await titles(adult, 'first: 5, tag: "before"')).toEqual([])
    expect(await titles(adult, 'first: 5, tag: "after"')).toEqual(['moved'])
    expect(await wrongListings(server.database)).toEqual([])
  })

  it('leaves out whom the viewer mutes', async () => {
    const other = await world.creator()
    await publish(other, { title: 'noise' })
    expect(await titles(fan, 'first: 1')).toEqual(['noise'])
    await mute(fan, other)
    expect(await titles(fan, 'first: 5')).not.toContain('noise')
    expect(await titles(world.stranger(), 'first: 1')).toEqual(['noise'])
  })

  it('puts what is liked above what is not, once that was looked at', async () => {
    const liked = await publish(creator, { title: 'liked', tags: ['contest'] })
    await publish(creator, { title: 'newer', tags: ['contest'] })
    await server.database.owner.query('update content set like_count = 50 where title = $1', ['liked'])
    expect(liked['likeCount']).toBe(0)
    await scoreRecentPosts({ db: server.database.db, actorId: null, sessionId: null, requestId: 'test' })
    expect(await titles(fan, 'first: 5, tag: "contest", sort: POPULAR')).toEqual(['liked', 'newer'])
    expect(await titles(fan, 'first: 5, tag: "contest"')).toEqual(['newer', 'liked'])
  })

  it('takes ten times the reactions for a week', async () => {
    for (const [title, likes, days] of [
      ['much liked', 99, 6],
      ['long ago', 99, 8],
      ['hardly liked', 9, 0],
    ] as const) {
      await publish(creator, { title, tags: ['week'] })
      await server.database.owner.query(
        `update content set like_count = $2, publish_at = publish_at - make_interval(days => $3),
           announced_at = announced_at - make_interval(days => $3) where title = $1`,
        [title, likes, days],
      )
    }
    await scoreRecentPosts({ db: server.database.db, actorId: null, sessionId: null, requestId: 'test' })
    const popular = await titles(fan, 'first: 5, tag: "week", sort: POPULAR')
    expect(popular).toEqual(['much liked', 'hardly liked', 'long ago'])
  })

  it('takes banned creators out of sight at once, out of the counts soon after, and both back', async () => {
    const gone = await world.creator()
    await publish(gone, { title: 'of one who goes', tags: ['going'] })
    const admin = await world.admin()
    const setStatus = async (status: string): Promise<void> => {
      const { codes } = await mutate(admin, 'setAccountStatus', {
        userId: gone.id,
        status,
        reason: 'Spam, much of it.',
      })
      expect(codes).toEqual([])
    }
    await setStatus('BANNED')
    expect(await titles(fan, 'first: 5, tag: "going"')).toEqual([])
    await server.drain()
    expect(await tagsOf(fan, 'first: 5, prefix: "going"')).toEqual([])
    await setStatus('ACTIVE')
    await server.drain()
    expect(await titles(fan, 'first: 5, tag: "going"')).toEqual(['of one who goes'])
    expect(await tagsOf(fan, 'first: 5, prefix: "going"')).toEqual([['going', 1]])
    expect(await wrongListings(server.database)).toEqual([])
  })

  it('refuses a category together with a tag, and cursors of another order', async () => {
    const { errors } = await fan.request('{ explore(category: "music", tag: "sea") { nodes { id } } }')
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', reason: 'invalid_input' })
    const { explore } = await query(fan, 'explore(first: 1) { pageInfo { endCursor } }')
    const other = await fan.request(
      `query ($after: String) { explore(sort: POPULAR, after: $after) { nodes { id } } }`,
      { after: explore.pageInfo.endCursor },
    )
    expect(other.errors[0]?.extensions).toMatchObject({ reason: 'cursor_of_another_list' })
  })

  it('is one statement beside the one that says who asks', async () => {
    const post =
      'title creator { username } tags categories { slug } viewerAccess { isOpen } body { ... on UnlockedBody { text } }'
    for (const n of [1, 10])
      expect(
        await statementsOf(fan, `query ($n: Int!) { explore(first: $n, sort: POPULAR) { nodes { ${post} } } }`, { n }),
      ).toBe(2)
  })
})
