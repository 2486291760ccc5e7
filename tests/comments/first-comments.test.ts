import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeContext } from '../../src/api/context.js'
import type { Context } from '../../src/api/context.js'
import { firstComments } from '../../src/comments/comments.js'
import type { FirstComments } from '../../src/comments/comments.js'
import { Content } from '../../src/comments/resolvers.js'
import type { CommentRow } from '../../src/comments/types.js'
import { readingOf } from '../../src/content/content.js'
import { countStatements } from '../../src/lib/db.js'
import type { Connection } from '../../src/lib/page.js'
import type { Viewer } from '../../src/lib/viewer.js'
import { provenCreator, publish } from '../content/posts.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { block, crowd, mute, say, uuidIn } from './calls.js'

const LIMIT = 3

let server: TestServer
let world: World
let creator: Person
let people: Person[]
const posts: string[] = []
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await provenCreator(world)
  people = await crowd(world, 4)
  const [one, two, three] = people
  await block(server, one!, two!)
  await mute(server, one!, three!)
  for (let size = 0; size <= 6; size += 1) {
    const contentId = uuidIn((await publish(creator))['id'])
    posts.push(contentId)
    for (let n = 0; n < size; n += 1) {
      const author = n % 3 === 2 ? creator : people[n % 4]!
      const id = await say(server, {
        contentId,
        authorId: author.uuid,
        body: `${size}/${n}`,
        isByCreator: author === creator,
      })
      if (n % 2 === 0) await say(server, { contentId, authorId: people[3]!.uuid, parentId: id })
      if (n === 3) await server.database.owner.query('update comments set deleted_at = app_now() where id = $1', [id])
      await server.database.owner.query('insert into likes (user_id, comment_id) values ($1, $3), ($2, $3)', [
        one!.uuid,
        two!.uuid,
        id,
      ])
    }
  }
}, 60_000)
afterAll(() => server.close())

const contextOf = async (person: Person | null): Promise<Context> => {
  const viewer = person && ({ userId: person.uuid, isLimited: false, isAgeVerified: false } as Viewer)
  const asked = { requestId: 'test', client: { ip: '127.0.0.1', userAgent: 'test' } }
  return makeContext(server.services, asked, { viewer, now: await server.now(), tokenExpiresAt: null })
}

const page = async (context: Context, id: string, first: number): Promise<Connection<CommentRow>> => {
  const content = await context.loaders.content.load(id)
  return (await Content.comments(content!, { first }, context))!
}

it('what a list of posts brings along is what the ordinary page would have read, cursors and all', async () => {
  for (const person of [null, ...people, creator]) {
    const [plain, along] = [await contextOf(person), await contextOf(person)]
    const rows = await along.db.sql<{ id: string; found: FirstComments }>`/* test.first */
      select c.id::text as id, ${firstComments(readingOf(along), LIMIT)} as found
      from content c where c.id = any (${posts}::uuid[])`
    expect(rows).toHaveLength(posts.length)
    for (const { id, found } of rows) {
      along.loaders.firstComments.set(id, { limit: LIMIT, found })
      await along.loaders.content.load(id)
      for (let first = 1; first <= 8; first += 1)
        expect(await page(along, id, first), `first ${first}`).toEqual(await page(plain, id, first))
    }
  }
})

it('is found at once, without a statement and without waiting', async () => {
  const context = await contextOf(people[0]!)
  const id = posts[6]!
  const [row] = await context.db.sql<{ found: FirstComments }>`/* test.firstOf */
    select ${firstComments(readingOf(context), LIMIT)} as found from content c where c.id = ${id}::uuid`
  context.loaders.firstComments.set(id, { limit: LIMIT, found: row!.found })
  const content = (await context.loaders.content.load(id))!
  const { statements } = await countStatements(async () => {
    const answer = Content.comments(content, { first: LIMIT }, context)
    expect(answer).not.toBeInstanceOf(Promise)
    expect(answer).toMatchObject({ nodes: [{}, {}, {}], pageInfo: { hasNextPage: true } })
    return Promise.resolve()
  })
  expect(statements).toBe(0)
})
