import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { globalId } from '../../src/lib/ids.js'
import { sqlStatements } from '../../src/lib/metrics.js'
import { draft, provenCreator, publish, read } from '../content/posts.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { block, call, codes, crowd, done, drift, give } from './calls.js'

let server: TestServer
let world: World
let creator: Person
let fan: Person
let other: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await provenCreator(world)
  fan = await world.fan()
  other = await world.fan()
})
afterAll(() => server.close())

const LIKED = 'content { likeCount viewerHasLiked }'
const likesOf = async (asker: Pick<Person, 'request'>, id: string) =>
  (
    await asker.request(
      `query ($id: ID!) { content(id: $id) { likeCount viewerHasLiked likers { nodes { username } } } }`,
      { id },
    )
  ).data?.['content'] as Record<string, any> | null
const eventsOf = async (contentId: string): Promise<unknown[]> => {
  const { rows } = await server.database.owner.query<{ type: string; payload: unknown }>(
    `select type, payload from outbox_events where payload->>'contentId' = $1 and type like '%liked' order by id`,
    [contentId],
  )
  return rows
}
const uuid = (id: string): string => Buffer.from(id, 'base64url').toString().split(':')[1]!

describe('liking a post', () => {
  it('sets a state, counts once, is told once, and shows at once', async () => {
    const { id } = await publish(creator)
    expect(await done(fan, 'likeContent', { contentId: id }, LIKED)).toMatchObject({
      content: { likeCount: 1, viewerHasLiked: true },
    })
    expect(await done(fan, 'likeContent', { contentId: id }, LIKED)).toMatchObject({
      content: { likeCount: 1, viewerHasLiked: true },
    })
    await done(other, 'likeContent', { contentId: id })
    expect(await likesOf(fan, id)).toEqual({
      likeCount: 2,
      viewerHasLiked: true,
      likers: { nodes: [{ username: other.username }, { username: fan.username }] },
    })
    expect(await likesOf(world.stranger(), id)).toMatchObject({ likeCount: 2, viewerHasLiked: false })
    expect(await eventsOf(uuid(id))).toEqual([
      {
        type: 'content.liked',
        payload: { contentId: uuid(id), userId: fan.uuid, creatorId: creator.uuid },
      },
      {
        type: 'content.liked',
        payload: { contentId: uuid(id), userId: other.uuid, creatorId: creator.uuid },
      },
    ])
  })

  it('is taken back as often as one likes, also where the post can no longer be seen', async () => {
    const { id } = await publish(creator)
    await done(fan, 'likeContent', { contentId: id })
    for (let time = 0; time < 2; time += 1)
      expect(await done(fan, 'unlikeContent', { contentId: id }, LIKED)).toMatchObject({
        content: { likeCount: 0, viewerHasLiked: false },
      })
    await done(fan, 'likeContent', { contentId: id })
    await done(creator, 'unpublishContent', { contentId: id })
    expect(await done(fan, 'unlikeContent', { contentId: id }, LIKED)).toMatchObject({ content: null })
    expect(await likesOf(creator, id)).toMatchObject({ likeCount: 0 })
  })

  it('is refused, and nothing is kept, where the viewer may not', async () => {
    const rows = () => server.database.owner.query<{ n: string }>('select count(*) as n from likes')
    const [draftOf, open, paid] = [
      await draft(creator),
      await publish(creator),
      await publish(creator, { priceMinor: '500', body: 'Paid' }),
    ]
    const blocked = await world.fan({ isEmailVerified: false })
    await give(creator, blocked, paid['id'])
    await block(server, creator, blocked)
    const before = (await rows()).rows
    for (const [asker, contentId, code] of [
      [fan, draftOf['id'], 'NODE_NOT_FOUND'],
      [fan, globalId('Content', randomUUID()), 'NODE_NOT_FOUND'],
      [fan, fan.id, 'NODE_NOT_FOUND'],
      [fan, 'nonsense', 'NODE_NOT_FOUND'],
      [fan, paid['id'], 'CONTENT_LOCKED'],
      [creator, open['id'], 'SELF_ACTION'],
      [creator, draftOf['id'], 'SELF_ACTION'],
      [blocked, open['id'], 'NODE_NOT_FOUND'],
      [blocked, paid['id'], 'NOT_ALLOWED'],
    ] as const)
      expect(await codes(asker, 'likeContent', { contentId }), code).toEqual([code])
    expect((await rows()).rows).toEqual(before)
    await give(creator, fan, paid['id'])
    await done(fan, 'likeContent', { contentId: paid['id'] })
    expect(await drift(server)).toEqual([])
  })

  it('is not counted, nor listed, for whom a block parts from who likes', async () => {
    const { id } = await publish(creator)
    const [one, two] = await crowd(world, 2)
    for (const person of [one!, two!, fan]) await done(person, 'likeContent', { contentId: id })
    await block(server, one!, two!)
    for (const [asker, who, count] of [
      [one!, [fan, one!], 2],
      [two!, [fan, two!], 2],
      [fan, [fan, two!, one!], 3],
    ] as const)
      expect(await likesOf(asker, id)).toMatchObject({
        likeCount: count,
        likers: { nodes: who.map(({ username }) => ({ username })) },
      })
  })

  it('shows who likes only to those for whom the post opens, page by page', async () => {
    const { id } = await publish(creator, { priceMinor: '500' })
    expect(await likesOf(fan, id)).toMatchObject({ likers: null })
    const people = await crowd(world, 5)
    for (const person of people) {
      await give(creator, person, id)
      await done(person, 'likeContent', { contentId: id })
    }
    const page = async (args: string) =>
      (
        await creator.do(
          `query ($id: ID!) { content(id: $id) { likers(${args}) { nodes { username } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`,
          { id },
        )
      )['content'].likers as { nodes: { username: string }[]; pageInfo: Record<string, any> }
    const names = people.map(({ username }) => username).reverse()
    const seen: string[] = []
    for (let after = ''; ;) {
      const { nodes, pageInfo } = await page(`first: 2${after}`)
      seen.push(...nodes.map(({ username }) => username))
      if (!pageInfo['hasNextPage']) break
      after = `, after: "${String(pageInfo['endCursor'])}"`
    }
    expect(seen).toEqual(names)
    const last = await page('last: 2')
    expect(last.nodes.map(({ username }) => username)).toEqual(names.slice(-2))
    const before = await page(`last: 2, before: "${String(last.pageInfo['startCursor'])}"`)
    expect(before.nodes.map(({ username }) => username)).toEqual(names.slice(1, 3))
  })

  it('takes one statement that checks and writes, and one that tells', async () => {
    const { id } = await publish(creator)
    const warm = await publish(creator)
    const like = async (contentId: string): Promise<number> => {
      const sent = async () => (await sqlStatements.get()).values[0]?.value ?? 0
      const before = await sent()
      await done(fan, 'likeContent', { contentId }, LIKED)
      return (await sent()) - before
    }
    await like(warm['id'])
    // who asks, begin, the transaction's settings, the like, its event, commit; and the bus reads the event when it comes
    expect([6, 7]).toContain(await like(id))
    expect(await like(id)).toBe(5)
  })

  it('leaves the words that a post is found by, and its versions, alone', async () => {
    const post = await publish(creator, { title: 'Findable' })
    const row = async () =>
      (
        await server.database.owner.query(
          'select search, version, updated_at, (select count(*) from content_versions v where v.content_id = c.id) from content c where id = $1',
          [uuid(post['id'])],
        )
      ).rows[0] as unknown
    const before = await row()
    await done(fan, 'likeContent', { contentId: post['id'] })
    expect(await row()).toEqual(before)
    const { rows } = await server.database.owner.query<{ name: string }>(
      `select tgname as name from pg_trigger where tgrelid = 'content'::regclass and not tgisinternal
         and tgtype & 1 = 1 and tgtype & 2 = 2 and tgtype & 16 = 16`,
    )
    expect(rows, 'a trigger before each update would have the words computed again with each like').toEqual([])
  })
})

describe('likes and unlikes at the same time', () => {
  it('never drift, never fall below nought, and leave each person with one like at most', async () => {
    const posts = await Promise.all([1, 2, 3].map(() => publish(creator)))
    const people = await crowd(world, 50)
    const turn = async (person: Person, number: number): Promise<void> => {
      for (let step = 0; step < 6; step += 1) {
        const { id } = posts[(number + step) % posts.length]!
        await call(person, (number * 7 + step * 3) % 4 === 0 ? 'unlikeContent' : 'likeContent', { contentId: id })
      }
    }
    await Promise.all(people.map(turn))
    expect(await drift(server)).toEqual([])
    for (const { id } of posts) expect((await read(fan, id))?.['likeCount']).toBeGreaterThan(0)
    // one person, from many sides
    const { id } = await publish(creator)
    await Promise.all(Array.from({ length: 10 }, () => done(fan, 'likeContent', { contentId: id })))
    expect(await read(fan, id)).toMatchObject({ likeCount: 1 })
    expect(await eventsOf(uuid(id))).toHaveLength(1)
  }, 60_000)

  it('do not drift where rows change by hand, many at once', async () => {
    const { owner } = server.database
    await owner.query(`insert into likes (user_id, content_id)
      select u.id, c.id from users u, content c where hashtext(u.id::text || c.id::text) % 3 = 0 on conflict do nothing`)
    expect(await drift(server)).toEqual([])
    await owner.query(`update likes set withdrawn_at = app_now() where hashtext(id::text) % 2 = 0`)
    expect(await drift(server)).toEqual([])
    await owner.query(`delete from likes where hashtext(id::text) % 3 = 0`)
    await owner.query(`update likes set withdrawn_at = null`)
    expect(await drift(server)).toEqual([])
  })
})

it('refuses who likes too fast, and says when to come back', async () => {
  const { id } = await publish(creator)
  const hasty = await world.fan({ isEmailVerified: false })
  const all = await Promise.all(Array.from({ length: 125 }, () => codes(hasty, 'unlikeContent', { contentId: id })))
  expect(all.filter(([code]) => code === 'rate_limited')).toHaveLength(5)
})
