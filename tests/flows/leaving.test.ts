import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutate } from '../accounts/calls.js'
import { draft, postMutation, prove, publish, read } from '../content/posts.js'
import { makePicture, uploadMedia } from '../support/media.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'

const POST = `id title state publishedAt likeCount commentCount saveCount creator { username displayName }
  body { ... on UnlockedBody { text media { altText } } ... on LockedBody { reason teaser } }`

/** Every place where a creator is met, as a fan reads it. */
const SURFACES = {
  feed: `feed(first: 20) { nodes { ${POST} } }`,
  explore: `explore(first: 20) { nodes { ${POST} } }`,
  popular: `explore(first: 20, sort: POPULAR, category: "music") { nodes { ${POST} } }`,
  creators: 'creators(first: 20, filter: { category: "music" }) { nodes { username followerCount } }',
  people: 'search(text: "canary") { users(first: 5) { nodes { username } } }',
  posts: `search(text: "canarytitle") { contents(first: 5) { edges { node { ${POST} } snippet { text } } } }`,
  page: 'user(username: "canary") { displayName followerCount followingCount profile { bio categories } }',
  pageOfPosts: `user(username: "canary") { contents { nodes { ${POST} } } }`,
  saved: `viewer { savedContents { nodes { ${POST} } } }`,
  following: 'viewer { user { followingCount following { nodes { username } } } }',
  notifications:
    'notifications(first: 20) { nodes { id type text actors { username } } } viewer { unreadNotificationCount }',
} as const
type Surface = keyof typeof SURFACES
const ALL = Object.keys(SURFACES) as Surface[]
/** What counts follows with the job; what shows goes at once. */
const TAGS = 'tags(first: 20) { nodes { name postCount } }'

let server: TestServer
let world: World
let creator: Person
let fan: Person
let post: string
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await world.creator({ username: 'canary', displayName: 'Canary' })
  await prove(creator)
  fan = await world.fan()
  await mutate(creator, 'updateProfile', { bio: 'canarybio', categories: ['canarycategory'] })
  await mutate(creator, 'setCreatorCategories', { categories: ['music'] })
  await mutate(fan, 'followUser', { userId: creator.id })
  const mediaId = await uploadMedia(server, creator, await makePicture(), { purpose: 'CONTENT', altText: 'canaryalt' })
  const { id } = await publish(creator, {
    type: 'IMAGE',
    title: 'canarytitle',
    body: 'canarybody',
    tags: ['canarytag'],
    categories: ['music'],
    media: [{ mediaId }],
  })
  post = id as string
  await publish(creator, { title: 'canarytitle of a locked one', visibility: 'SUBSCRIBERS' })
  await mutate(fan, 'saveContent', { contentId: post })
  await mutate(fan, 'likeContent', { contentId: post })
  await mutate(fan, 'addComment', { contentId: post, body: 'Lovely.' })
  await server.drain()
})
afterAll(() => server.close())

const look = async (surface: Surface): Promise<unknown> => fan.do(`{ ${SURFACES[surface]} }`)
const tags = async (): Promise<unknown> => (await fan.do(`{ ${TAGS} }`))['tags'].nodes
const lookAround = async (): Promise<Record<string, unknown>> => {
  const seen: Record<string, unknown> = { tags: await tags(), post: await read(fan, post) }
  for (const surface of ALL) seen[surface] = await look(surface)
  return seen
}

describe('a creator who deletes their account', () => {
  let before: Record<string, unknown>
  let scheduled: string
  beforeAll(async () => {
    before = await lookAround()
    for (const surface of ALL) expect(JSON.stringify(before[surface]), surface).toMatch(/canary/i)
    scheduled = (await draft(creator, { title: 'Later' }))['id'] as string
    const localTime = new Date((await server.now()).getTime() + 3_600_000).toISOString().slice(0, 16)
    const input = { contentId: scheduled, localTime, timeZone: 'UTC' }
    await creator.do(postMutation('scheduleContent'), { input })
    expect((await mutate(creator, 'deleteAccount', { password: creator.password })).codes).toEqual([])
  })

  it.each(ALL)('is met no more, at once, in: %s', async (surface) => {
    expect(JSON.stringify(await look(surface))).not.toMatch(/canary/i)
  })

  it('is a shell where something still names them, and keeps their name', async () => {
    const { node } = await fan.do(
      'query ($id: ID!) { node(id: $id) { ... on User { username displayName isDeleted followerCount profile { bio avatar { url } } } } }',
      { id: creator.id },
    )
    expect(node).toMatchObject({ username: '[deleted]', displayName: '[deleted]', isDeleted: true })
    expect(node.profile).toEqual({ bio: null, avatar: null })
    expect(await read(fan, post)).toBeNull()
    const taken = { username: 'canary', email: 'another@example.org', password: fan.password }
    expect((await mutate(world.stranger(), 'register', taken)).codes).toEqual(['USERNAME_TAKEN'])
  })

  it('counts nowhere once the job has run', async () => {
    await server.drain()
    expect(await tags()).toEqual([])
    expect(await look('following')).toEqual({ viewer: { user: { followingCount: 0, following: { nodes: [] } } } })
  })

  it('is back exactly as they were, on every surface, with what fell due meanwhile a draft', async () => {
    await world.setClock(2 * 3_600_000)
    for (const person of [creator, fan]) await person.signIn()
    expect((await mutate(creator, 'restoreAccount', {})).codes).toEqual([])
    await server.drain()
    expect(await lookAround()).toEqual(before)
    expect(await read(fan, scheduled)).toBeNull()
    expect(await read(creator, scheduled)).toMatchObject({ state: 'DRAFT' })
  })
})
