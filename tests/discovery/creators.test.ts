import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listCreators } from '../../src/discovery/creator-queries.js'
import type { CreatorRow, CreatorsAsked } from '../../src/discovery/creator-queries.js'
import { rankAllCreators } from '../../src/discovery/ranking.js'
import { statusAt } from '../../src/accounts/accounts.js'
import { mutate, query } from '../accounts/calls.js'
import { prove, provenCreator } from '../content/posts.js'
import { block, follow, mute } from '../social/calls.js'
import { testDatabase } from '../support/database.js'
import { statementsOf } from '../support/statements.js'
import type { TestDatabase } from '../support/database.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { readAll } from './pages.js'
import { drawWorld, isMuting, isParted, onlookers, readingOf } from './random-world.js'
import type { Onlooker, RandomWorld, Somebody } from './random-world.js'

const NOW = new Date('2026-11-25T12:00:00.000Z')
const ORIGIN = { actorId: null, sessionId: null, requestId: 'test' }

describe('the creators of a random world', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await testDatabase()
    await database.setClock(NOW.getTime() - Date.now())
  })
  afterAll(() => database.drop())

  const isShown = (world: RandomWorld, { person }: Onlooker, other: Somebody): boolean =>
    other.isCreator &&
    statusAt(other, NOW) === 'ACTIVE' &&
    !isParted(world, person, other) &&
    !isMuting(world, person, other) &&
    (person?.isAgeVerified === true || !other.subjects.includes('adult'))

  const read = (onlooker: Onlooker, asked: CreatorsAsked, isBackward: boolean): Promise<CreatorRow[]> =>
    readAll<CreatorRow>(
      {
        parts: [asked.sort === 'NEW' ? 'time' : 'number', 'uuid'],
        read: (page) => listCreators(database.db, asked, page, readingOf(onlooker, NOW)),
        keyOf: ({ creatorSince, listedFollowerCount, rising, id }) => [
          { NEW: creatorSince.toISOString(), POPULAR: String(listedFollowerCount), RISING: String(rising) }[asked.sort],
          id,
        ],
      },
      2,
      isBackward,
    )

  it('are those whom the viewer may meet, each once, in every order', async () => {
    const worlds = [await drawWorld(database, 21, NOW), await drawWorld(database, 22, NOW)]
    await rankAllCreators({ db: database.db, ...ORIGIN })
    const creators = worlds.flatMap(({ people }) => people)
    for (const world of worlds)
      for (const onlooker of onlookers(world))
        for (const sort of ['NEW', 'POPULAR', 'RISING'] as const)
          for (const category of [null, 'music', 'adult', 'none-such']) {
            const expected = creators.filter(
              (other) =>
                isShown(world, onlooker, other) &&
                (category === null || other.subjects.includes(category)) &&
                (sort !== 'RISING' ||
                  worlds.some(({ follows }) => [...follows].some((pair) => pair.endsWith(other.id)))),
            )
            const [there, back] = [
              await read(onlooker, { category, sort, text: null }, false),
              await read(onlooker, { category, sort, text: null }, true),
            ]
            expect(back).toEqual(there)
            expect(there.map(({ id }) => id).sort()).toEqual(expected.map(({ id }) => id).sort())
            const keys = there.map(({ creatorSince, listedFollowerCount, rising }) =>
              sort === 'NEW' ? creatorSince.getTime() : sort === 'POPULAR' ? listedFollowerCount : rising,
            )
            expect(keys).toEqual([...keys].sort((one, other) => other - one))
          }
  }, 60_000)
})

describe('creators', () => {
  let server: TestServer
  let world: World
  let fan: Person
  beforeAll(async () => {
    server = await startServer()
    world = makeWorld(server)
    fan = await world.fan()
  })
  afterAll(() => server.close())

  const names = async (who: Pick<Person, 'request'>, args: string): Promise<string[]> =>
    (await query(who, `creators(${args}) { nodes { username } }`)).creators.nodes.map(({ username }) => username)
  const set = (who: Pick<Person, 'request'>, ...categories: string[]) =>
    mutate(who, 'setCreatorCategories', { categories }, 'user { creatorCategories { slug } }')
  const rank = (): Promise<void> => rankAllCreators({ db: server.database.db, ...ORIGIN })

  it('say what they make, and are found by it at once', async () => {
    const creator = await world.creator()
    const { payload } = await set(creator, 'music', 'art', 'music')
    expect(payload.user.creatorCategories).toEqual([{ slug: 'art' }, { slug: 'music' }])
    expect(await names(fan, 'filter: { category: "art" }')).toEqual([creator.username])
    await set(creator, 'food')
    expect(await names(fan, 'filter: { category: "art" }')).toEqual([])
    expect(await names(fan, 'filter: { category: "food" }, sort: NEW')).toEqual([creator.username])
    const { rows } = await server.database.owner.query(
      `select from audit_logs where action = 'account.categories_changed' and user_id = $1`,
      [creator.uuid],
    )
    expect(rows.length).toBe(2)
    await set(creator, 'food')
    expect((await set(creator)).payload.user.creatorCategories).toEqual([])
  })

  it('sort themselves under at most three subjects that there are, adult ones with a proven age', async () => {
    const creator = await world.creator()
    expect((await set(creator, 'art', 'music', 'food', 'games')).codes).toEqual(['INVALID_INPUT'])
    expect((await set(creator, 'none-such')).codes).toEqual(['CATEGORY_UNKNOWN'])
    expect((await set(creator, 'adult')).codes).toEqual(['AGE_VERIFICATION_REQUIRED'])
    expect((await set(fan, 'art')).reason).toBe('role_required')
  })

  it('of an adult subject are shown to people of proven age alone', async () => {
    const creator = await provenCreator(world)
    await set(creator, 'adult', 'games')
    for (const category of ['adult', 'games'])
      expect(await names(fan, `filter: { category: "${category}" }`)).toEqual([])
    expect(await names(world.stranger(), 'first: 100')).not.toContain(creator.username)
    const adult = await world.fan()
    await prove(adult)
    expect(await names(adult, 'filter: { category: "adult" }')).toEqual([creator.username])
    expect(await names(adult, 'filter: { category: "games" }')).toEqual([creator.username])
  })

  it('rise by followers of late for how many there were', async () => {
    const [small, large, still] = [await world.creator(), await world.creator(), await world.creator()]
    for (const each of [small, large, still]) await set(each, 'science')
    const old = await Promise.all(Array.from({ length: 12 }, () => world.fan({ isEmailVerified: false })))
    for (const person of old) await follow(person, large)
    await server.database.owner.query(`update follows set followed_at = followed_at - interval '20 days'`)
    await follow(fan, small)
    await follow(fan, large)
    await rank()
    const inOrder = (sort: string) => names(world.stranger(), `sort: ${sort}, filter: { category: "science" }`)
    expect(await inOrder('RISING')).toEqual([small.username, large.username])
    expect(await inOrder('POPULAR')).toEqual([large.username, small.username, still.username])
    expect(await inOrder('NEW')).toEqual([still.username, large.username, small.username])
  })

  it('are found by what they are called, in every order', async () => {
    const [one, other, third] = [
      await world.creator({ username: 'wanda.wood', displayName: 'Wanda Wóod' }),
      await world.creator({ username: 'wandering', displayName: 'Of the sea' }),
      await world.creator({ username: 'no.body', displayName: 'A Wandering Albatross' }),
    ]
    await follow(fan, other)
    await rank()
    for (const text of ['wand', 'WANDR']) {
      const found = await names(world.stranger(), `sort: POPULAR, filter: { text: "${text}" }`)
      expect(found[0]).toBe(other.username)
      expect(found).toContain(third.username)
    }
    expect(await names(world.stranger(), 'sort: NEW, filter: { text: "@wanda.w" }')).toContain(one.username)
    expect(await names(world.stranger(), 'sort: NEW, filter: { text: "wood" }')).toEqual([one.username])
    expect(await names(world.stranger(), 'filter: { text: "wood", category: "music" }')).toEqual([])
  })

  it('are missing where they block, are blocked or muted, or are banned', async () => {
    const [blocking, blocked, muted, banned] = await Promise.all(
      Array.from({ length: 4 }, () => world.creator({ isEmailVerified: false })),
    )
    if (!blocking || !blocked || !muted || !banned) throw new Error('nobody there')
    const all = [blocking, blocked, muted, banned].map(({ username }) => username)
    const viewer = await world.fan()
    expect(await names(viewer, 'first: 100')).toEqual(expect.arrayContaining(all))
    await block(blocking, viewer)
    await block(viewer, blocked)
    await mute(viewer, muted)
    const admin = await world.admin()
    await mutate(admin, 'setAccountStatus', { userId: banned.id, status: 'BANNED', reason: 'For good.' })
    const left = await names(viewer, 'first: 100')
    for (const username of all) expect(left).not.toContain(username)
    expect(await names(world.stranger(), 'first: 100')).toEqual(expect.arrayContaining(all.slice(0, 3)))
  })

  it('cost two statements, and one more for what they make', async () => {
    for (const n of [1, 6]) {
      expect(await statementsOf(fan, `query ($n: Int) { creators(first: $n) { nodes { username } } }`, { n })).toBe(2)
      const document = `query ($n: Int) { creators(first: $n) { nodes { username creatorCategories { name } } } }`
      expect(await statementsOf(fan, document, { n })).toBe(3)
    }
  })
})
