import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { statusAt } from '../../src/accounts/accounts.js'
import { searchPeople } from '../../src/discovery/people-queries.js'
import { searchPosts } from '../../src/discovery/search-queries.js'
import type { FoundPost } from '../../src/discovery/search-queries.js'
import { checkedPage, toConnection } from '../../src/lib/page.js'
import { mutate, query } from '../accounts/calls.js'
import { provenCreator, prove, publish } from '../content/posts.js'
import { block, follow } from '../social/calls.js'
import { testDatabase } from '../support/database.js'
import { statementsOf } from '../support/statements.js'
import type { TestDatabase } from '../support/database.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { readAll } from './pages.js'
import type { Paged } from './pages.js'
import { drawWorld, isListed, isParted, newestFirst, onlookers, readingOf } from './random-world.js'
import type { Onlooker } from './random-world.js'

const NOW = new Date('2026-11-25T12:00:00.000Z')
const WANTED = { withBody: false, comments: null }
const STRANGER = { viewerId: null, isAgeVerified: false, isGated: false, now: NOW }

describe('a search of a random world', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await testDatabase()
  })
  afterAll(() => database.drop())

  const posts = (onlooker: Onlooker, text: string): Paged<FoundPost> => ({
    parts: ['number', 'time', 'uuid'],
    read: async (page) =>
      (await searchPosts(database.db, { text, type: null }, page, readingOf(onlooker, NOW), WANTED)).rows,
    keyOf: ({ rank, publishAt, id }) => [String(rank), publishAt?.toISOString() ?? '', id],
  })

  it.each([31, 32])('finds what the pure decision lets the viewer know of, world %i', async (seed) => {
    await database.owner.query('delete from entitlement_grants; delete from content_versions; delete from content')
    const world = await drawWorld(database, seed, NOW)
    let found = 0
    for (const onlooker of onlookers(world)) {
      const { person } = onlooker
      const listed = world.posts.filter(
        (post) =>
          isListed(world, onlooker, post) &&
          post.shadowBannedAt === null &&
          (!post.isAgeRestricted || person?.isAgeVerified === true),
      )
      const all = listed.sort(newestFirst).map(({ id }) => id)
      const ofOpen = listed.filter(({ visibility, isPremium }) => visibility === 'PUBLIC' && !isPremium)
      for (const isBackward of [false, true]) {
        const read = async (text: string) => (await readAll(posts(onlooker, text), 7, isBackward)).map(({ id }) => id)
        expect(await read('post')).toEqual(all)
        expect(await read('teaser')).toEqual(all)
        // the word is in the text, which is found only where it is open to everybody
        expect(await read('body')).toEqual(ofOpen.map(({ id }) => id))
        expect(await read('post -body')).toEqual(all.filter((id) => !ofOpen.some((post) => post.id === id)))
      }
      found += all.length
      const people = await readAll(
        {
          parts: ['number', 'uuid'],
          read: (page) => searchPeople(database.db, `p${String(seed)}_`, page, readingOf(onlooker, NOW)),
          keyOf: ({ score, id }) => [String(score), id],
        },
        3,
      )
      const expected = world.people.filter(
        (other) => statusAt(other, NOW) === 'ACTIVE' && !isParted(world, person, other),
      )
      expect(people.map(({ id }) => id).sort()).toEqual(expected.map(({ id }) => id).sort())
    }
    expect(found).toBeGreaterThan(100)
  })

  it('of a common word goes through the newest, each once, both ways, also where a cursor says so', async () => {
    const { rows } = await database.owner.query<{ id: string }>(
      `insert into users (username, display_name, email, email_index, account_type, creator_since, currency)
       values ('common', 'Common', '\\x00', decode(md5('common') || md5('common'), 'hex'), 'creator', app_now(), 'EUR') returning id::text`,
    )
    await database.owner.query(
      `insert into content (creator_id, type, title, publish_at)
       select $1, 'text', case when n % 10 = 0 then 'usual' else 'usual seldom' end,
         case when n <= 500 then $2::timestamptz else $2::timestamptz - n * interval '1 second' end
       from generate_series(1, 3000) n`,
      [rows[0]?.id, new Date(NOW.getTime() - 1_000)],
    )
    await database.owner.query('analyze content')
    const { rows: expected } = await database.owner.query<{ id: string }>(
      `select id::text from content where title like 'usual%' order by publish_at desc, id desc`,
    )
    const stranger: Onlooker = { person: null, isGated: false }
    for (const isBackward of [false, true]) {
      const read = await readAll(posts(stranger, 'usual'), 97, isBackward)
      expect(read.map(({ id }) => id)).toEqual(expected.map(({ id }) => id))
      expect(new Set(read.map(({ rank }) => rank))).toEqual(new Set([9]))
    }
    const ranked = await readAll(posts(stranger, 'usual -seldom'), 7)
    expect(ranked).toHaveLength(300)
    const firstPage = { limit: 7, isBackward: false, filterHash: '', cursor: null }
    const usual = { text: 'usual', type: null }
    const {
      rows: [one],
    } = await searchPosts(database.db, usual, firstPage, STRANGER, WANTED)
    // the way is the cursor's, whatever is common by then
    await database.owner.query(`delete from content where title = 'usual seldom'`)
    await database.owner.query('analyze content')
    const cursor = ['9', one?.publishAt?.toISOString() ?? '', one?.id ?? '']
    const { rows: next } = await searchPosts(database.db, usual, { ...firstPage, cursor }, STRANGER, WANTED)
    expect(next.every(({ rank }) => rank === 9)).toBe(true)
  }, 60_000)

  it('of a common word that no new post has ends a page early, and goes on from there to every one', async () => {
    await database.owner.query('set session_replication_role = replica')
    await database.owner.query(
      `with author as (
         insert into users (username, display_name, email, email_index, account_type, creator_since, currency)
         values ('elder', 'Elder', '\\x00', decode(md5('elder') || md5('elder'), 'hex'), 'creator', app_now(), 'EUR') returning id
       )
       insert into content (creator_id, type, title, publish_at)
       select id, 'text', case when n > 21000 then 'elder' else 'noise' end, $1::timestamptz - n * interval '1 second'
       from author, generate_series(1, 23500) n`,
      [new Date(NOW.getTime() - 1_000)],
    )
    await database.owner.query('set session_replication_role = origin')
    await database.owner.query('analyze content')
    const found: string[] = []
    const lengths: number[] = []
    let after: string | null = null
    do {
      const page = checkedPage({ first: 100, after }, 'test', ['number', 'time', 'uuid'])
      const { rows, stoppedAt } = await searchPosts(database.db, { text: 'elder', type: null }, page, STRANGER, WANTED)
      const { keyOf } = posts({ person: null, isGated: false }, 'elder')
      const { nodes, pageInfo } = toConnection(page, rows, keyOf, stoppedAt)
      found.push(...nodes.map(({ id }) => id))
      lengths.push(nodes.length)
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null
    } while (after !== null && lengths.length < 50)
    expect([new Set(found).size, found.length]).toEqual([2_500, 2_500])
    // twice ten thousand are gone through in vain
    expect(lengths.slice(0, 3)).toEqual([0, 0, 100])
  }, 60_000)
})

describe('a search', () => {
  let server: TestServer
  let world: World
  let creator: Person
  let fan: Person
  beforeAll(async () => {
    server = await startServer()
    world = makeWorld(server)
    creator = await provenCreator(world)
    fan = await world.fan()
  })
  afterAll(() => server.close())

  const people = async (who: Pick<Person, 'request'>, text: string): Promise<string[]> =>
    (
      await query(who, `search(text: $text) { users(first: 50) { nodes { username } } }`, { text }, '($text: String!)')
    ).search.users.nodes.map(({ username }) => username)
  const found = async (who: Pick<Person, 'request'>, text: string) =>
    (
      await query(
        who,
        `search(text: $text) { contents(first: 50) { edges { node { title } snippet { text highlights { start end } } } } }`,
        { text },
        '($text: String!)',
      )
    ).search.contents.edges
  const titles = async (who: Pick<Person, 'request'>, text: string) =>
    (await found(who, text)).map(({ node: { title } }) => title)

  describe('for people', () => {
    let known: Person
    beforeAll(async () => {
      await world.fan({ username: 'muller', displayName: 'Zoë Müller' })
      known = await world.creator({ username: 'mullerin', displayName: 'Ærø Straße' })
      await world.fan({ username: 'miller', displayName: 'Somebody Else' })
      await world.fan({ username: 'mulled.wine', displayName: 'Wine' })
      await follow(fan, known)
    })

    it('finds a name itself first, then those that begin so by their followers, then those like it', async () => {
      const all = await people(fan, 'muller')
      expect(all.slice(0, 2)).toEqual(['muller', 'mullerin'])
      expect(all).toContain('miller')
      expect(await people(fan, 'mull')).toEqual(['mullerin', expect.anything(), expect.anything()])
      expect(new Set(await people(fan, 'mull'))).toEqual(new Set(['mullerin', 'muller', 'mulled.wine']))
      expect(await people(fan, '@MULLERIN')).toEqual(expect.arrayContaining(['mullerin']))
    })

    it.each([
      ['mueler', 'muller'],
      ['Müller', 'muller'],
      ['zoe', 'muller'],
      ['ZOË', 'muller'],
      ['zoe mulle', 'muller'],
      ['strasse', 'mullerin'],
      ['aero', 'mullerin'],
      ['AERØ', 'mullerin'],
      ['m', 'muller'],
      ['zo', 'muller'],
      ['mu', 'mullerin'],
    ])('finds by %j %s', async (text, username) => {
      expect(await people(world.stranger(), text)).toContain(username)
    })

    it.each(['%', '_', 'm%r', '\\', "'", '()', '!', '&', '…'])('takes %j for what it is', async (text) => {
      expect(await people(world.stranger(), text)).toEqual([])
    })

    it('does not find who blocks, is blocked, suspended, banned or deleted', async () => {
      const viewer = await world.fan()
      const [one, two, three, four] = await Promise.all(
        ['hidden.a', 'hidden.b', 'hidden.c', 'hidden.d'].map((username) =>
          world.fan({ username, isEmailVerified: false }),
        ),
      )
      if (!one || !two || !three || !four) throw new Error('nobody there')
      expect((await people(viewer, 'hidden')).sort()).toEqual(['hidden.a', 'hidden.b', 'hidden.c', 'hidden.d'])
      await block(one, viewer)
      await block(viewer, two)
      expect((await people(viewer, 'hidden')).sort()).toEqual(['hidden.c', 'hidden.d'])
      const admin = await world.admin()
      await mutate(admin, 'setAccountStatus', { userId: three.id, status: 'BANNED', reason: 'For good.' })
      await mutate(four, 'deleteAccount', { password: four.password })
      expect(await people(viewer, 'hidden')).toEqual([])
      expect((await people(world.stranger(), 'hidden.')).sort()).toEqual(['hidden.a', 'hidden.b'])
    })
  })

  describe('for posts', () => {
    it('puts the title before the teaser before the text, and the newest first', async () => {
      await publish(creator, { title: 'One', teaser: 'two', body: 'A lighthouse in the fog.' })
      await publish(creator, { title: 'Two', teaser: 'A lighthouse', body: 'three' })
      await publish(creator, { title: 'The Lighthouse', teaser: 'three', body: 'four' })
      await publish(creator, { title: 'Lighthouses', teaser: 'three', body: 'My lighthouse' })
      expect(await titles(world.stranger(), 'lighthouse')).toEqual(['The Lighthouse', 'Two', 'Lighthouses', 'One'])
      expect(await titles(fan, 'LIGHTHOUSE fog')).toEqual(['One'])
      expect(await titles(fan, '"lighthouse in the" or four')).toEqual(['The Lighthouse', 'One'])
      expect(await titles(fan, 'lighthouse -fog -my')).toEqual(['The Lighthouse', 'Two'])
      expect(await titles(fan, '-fog')).toEqual([])
      expect(await titles(fan, 'light')).toEqual([])
    })

    it('does not know of accents', async () => {
      await publish(creator, { title: 'Smörgåsbord', teaser: 'À la carte', body: 'Crème brûlée' })
      for (const text of ['smorgasbord', 'SMÖRGÅSBORD', 'a carte', 'brulee', 'brûlée'])
        expect(await titles(fan, text)).toEqual(['Smörgåsbord'])
      const [edge] = await found(fan, 'creme')
      const { text, highlights } = edge?.snippet ?? { text: '', highlights: [] }
      expect(highlights.map(({ start, end }) => text.slice(start, end))).toEqual(['Crème'])
    })

    it('never finds, nor shows, what is not open to everybody', async () => {
      const secret = 'xyzzyplugh'
      const body = `In the ${secret} of night.`
      await publish(creator, { title: 'sold', body, priceMinor: '500' })
      await publish(creator, { title: 'followers', body, visibility: 'FOLLOWERS' })
      await publish(creator, { title: 'subscribers', body, visibility: 'SUBSCRIBERS' })
      await follow(fan, creator)
      for (const who of [world.stranger(), fan, creator]) {
        expect(await titles(who, secret)).toEqual([])
        for (const title of ['sold', 'followers', 'subscribers'])
          expect(JSON.stringify((await found(who, title)).map(({ snippet }) => snippet))).not.toContain(secret)
      }
      const adult = await world.fan()
      await prove(adult)
      await publish(creator, { title: `grown ${secret}`, isAgeRestricted: true })
      expect(await titles(fan, secret)).toEqual([])
      expect(await titles(adult, secret)).toEqual([`grown ${secret}`])
    })

    it('shows where the words are, of a long text the part that has them', async () => {
      const filler = 'Lorem ipsum dolor sit amet. '.repeat(40)
      await publish(creator, {
        title: 'Long',
        teaser: 'short',
        body: `${filler} Then came the Quokka 😀 and ${filler}`,
      })
      const [edge] = await found(fan, 'quokka came')
      const { text, highlights } = edge?.snippet ?? { text: '', highlights: [] }
      expect(text.length).toBeLessThan(200)
      expect(text).toMatch(/^….*…$/s)
      expect(highlights.map(({ start, end }) => text.slice(start, end))).toEqual(['came', 'Quokka'])
    })

    it('does not find who blocks, drafts, nor what was taken back', async () => {
      const viewer = await world.fan()
      const other = await world.creator()
      const { id } = await publish(other, { title: 'platypus' })
      expect(await titles(viewer, 'platypus')).toEqual(['platypus'])
      await block(other, viewer)
      expect(await titles(viewer, 'platypus')).toEqual([])
      expect(await titles(world.stranger(), 'platypus')).toEqual(['platypus'])
      await mutate(other, 'unpublishContent', { contentId: id })
      expect(await titles(world.stranger(), 'platypus')).toEqual([])
      expect(await titles(other, 'platypus')).toEqual([])
    })
  })

  it('finds tags that begin with the text', async () => {
    await publish(creator, { tags: ['night-sky', 'nightfall'] })
    await publish(creator, { tags: ['nightfall'] })
    const tags = async (text: string) =>
      (
        await query(fan, `search(text: $text) { tags { nodes { name } } }`, { text }, '($text: String!)')
      ).search.tags.nodes.map(({ name }) => name)
    expect(await tags('#Night')).toEqual(['nightfall', 'night-sky'])
    expect(await tags('night sky')).toEqual(['night-sky'])
  })

  it.each(['', '   ', 'x'.repeat(101), 'a\u0007', 'one two three four five six seven eight nine ten eleven'])(
    'refuses %j',
    async (text) => {
      const { errors } = await fan.request(
        'query ($text: String!) { search(text: $text) { tags { nodes { name } } } }',
        {
          text,
        },
      )
      expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', reason: 'invalid_input' })
    },
  )

  it('costs a statement for each list, however long, beside the one that says who asks', async () => {
    const document = `query ($n: Int!) { search(text: "a") { users(first: $n) { nodes { username } }
      contents(first: $n) { edges { node { title body { ... on UnlockedBody { text } } comments(first: 2) { nodes { id } } } snippet { text } } }
      tags(first: $n) { nodes { name } } } }`
    for (const n of [1, 20]) expect(await statementsOf(fan, document, { n })).toBe(4)
  })

  it('is limited to so many lists a minute for each person', async () => {
    const eager = await world.fan()
    const document = `{ search(text: "a") { ${Array.from({ length: 10 }, (_none, n) => `t${String(n)}: tags(first: 1) { nodes { name } }`).join(' ')} } }`
    for (let count = 0; count < 12; count += 1) expect((await eager.request(document)).errors).toEqual([])
    const { errors } = await eager.request(document)
    expect(errors[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED', reason: 'rate_limited' })
    expect((await fan.request(document)).errors).toEqual([])
  })
})
