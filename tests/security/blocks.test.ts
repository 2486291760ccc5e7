import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutate } from '../accounts/calls.js'
import { provenCreator, publish } from '../content/posts.js'
import { makePicture, uploadMedia } from '../support/media.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'

const POST = 'id title teaser creator { username } body { ... on UnlockedBody { text media { url } } }'
const SAID = 'id author { username } said: body { ... on CommentText { text } ... on CommentTombstone { reason } }'
const THREAD = `likeCount commentCount likers { nodes { username } }
  comments { nodes { ${SAID} likeCount replyCount replies { nodes { ${SAID} } } } }`

/** Every place where one person may meet another, by what is asked there. */
const SURFACES = {
  feed: `feed(first: 20) { nodes { ${POST} } }`,
  explore: `explore(first: 20) { nodes { ${POST} } }`,
  popular: `explore(first: 20, sort: POPULAR, tag: "canarytag") { nodes { ${POST} } }`,
  creators: 'creators(first: 20) { nodes { username } }',
  people: 'search(text: "canary") { users(first: 5) { nodes { username } } }',
  posts: `search(text: "canarytitle") { contents(first: 5) { edges { node { ${POST} } snippet { text } } } }`,
  post: `content(id: $post) { ${POST} }`,
  nodes: `nodes(ids: [$post, $comment, $answer]) { id ... on Content { ${POST} } ... on Comment { ${SAID} } }`,
  page: 'user(username: $other) { username displayName profile { bio avatar { url } } viewerCanFollow { isAllowed } }',
  pageOfPosts: `user(username: $other) { contents { nodes { ${POST} } } }`,
  elsewhere: `content(id: $elsewhere) { ${THREAD} }`,
  own: `content(id: $own) { ${THREAD} }`,
  saved: `viewer { savedContents { nodes { ${POST} } } }`,
  followers: 'viewer { user { followers { nodes { username } } } }',
  following: 'viewer { user { following { nodes { username } } } }',
  notifications: `notifications(first: 50) { nodes { type text actors { username } subject { ... on Comment { ${SAID} } ... on Content { ${POST} } } } }`,
} as const
type Surface = keyof typeof SURFACES

interface Scene {
  readonly viewer: Person
  readonly other: Person
  readonly ids: Readonly<Record<'post' | 'comment' | 'answer' | 'question' | 'elsewhere' | 'own', string>>
}

/** Two creators who follow each other and meet wherever people meet, on what is theirs and on what is a third one's. */
async function stage(server: TestServer, world: World): Promise<Scene> {
  const viewer = await provenCreator(world)
  const other = await world.creator({ username: 'canary', displayName: 'Canary Other' })
  const third = await world.creator()
  const mediaId = await uploadMedia(server, other, await makePicture(), { purpose: 'CONTENT' })
  await mutate(other, 'updateProfile', { bio: 'canarybio' })
  await mutate(other, 'setAvatar', { mediaId: await uploadMedia(server, other, await makePicture()) })
  await mutate(viewer, 'followUser', { userId: other.id })
  await mutate(other, 'followUser', { userId: viewer.id })
  const { id: post } = await publish(other, {
    type: 'IMAGE',
    title: 'canarytitle',
    teaser: 'canaryteaser',
    body: 'canarybody',
    tags: ['canarytag'],
    media: [{ mediaId }],
  })
  const { id: own } = await publish(viewer, { title: 'Own' })
  const { id: elsewhere } = await publish(third, { title: 'Elsewhere' })
  const say = async (person: Person, contentId: string, body: string, parentId?: string): Promise<string> =>
    (await mutate(person, 'addComment', { contentId, body, parentId }, 'comment { id }')).payload.comment.id
  const comment = await say(other, elsewhere, 'canarycomment')
  await say(third, elsewhere, 'Below it', comment)
  const question = await say(viewer, elsewhere, 'A question')
  const answer = await say(other, elsewhere, 'canaryanswer', question)
  await say(other, own, 'canaryunderown')
  for (const contentId of [own, elsewhere]) await mutate(other, 'likeContent', { contentId })
  await mutate(other, 'likeComment', { commentId: question })
  await mutate(viewer, 'saveContent', { contentId: post })
  await server.drain()
  return {
    viewer,
    other,
    ids: { post: post as string, comment, answer, question, elsewhere: elsewhere as string, own: own as string },
  }
}

async function look({ viewer, other, ids }: Scene, surface: Surface): Promise<Record<string, any>> {
  const { post, comment, answer, elsewhere, own } = ids
  const given = { other: other.username, post, comment, answer, elsewhere, own }
  const asked = SURFACES[surface]
  const names = Object.keys(given).filter((name) => new RegExp(`\\$${name}\\b`).test(asked))
  const types = names.map((name) => `$${name}: ${name === 'other' ? 'String!' : 'ID!'}`).join(', ')
  return await viewer.do(`query ${types && `(${types})`} { ${asked} }`, given)
}
const addressesIn = (data: unknown): string[] => JSON.stringify(data).match(/https?:\/\/[^"\s]+\/media\/[^"\s]+/g) ?? []

/** Whatever tells of the other: their name, their words, the ids of what is theirs. */
const traces = ({ other, ids }: Scene, data: unknown): string[] => {
  const text = JSON.stringify(data).replaceAll(/https?:[^"]+/g, '')
  return ['canary', 'Canary', other.id, ids.post, ids.answer].filter((trace) => text.includes(trace))
}
const unreadOf = async (person: Person): Promise<number> =>
  (await person.do('{ viewer { unreadNotificationCount } }'))['viewer'].unreadNotificationCount as number

describe.each([
  ['whom one blocks', ({ viewer, other }: Scene): [Person, Person] => [viewer, other]],
  ['who blocks one', ({ viewer, other }: Scene): [Person, Person] => [other, viewer]],
] as const)('somebody %s', (which, sides) => {
  const isOwnDoing = which === 'whom one blocks'
  const block = (scene: Scene) => mutate(sides(scene)[0], 'blockUser', { userId: sides(scene)[1].id })
  const unblock = (scene: Scene) => mutate(sides(scene)[0], 'unblockUser', { userId: sides(scene)[1].id })
  let server: TestServer
  let scene: Scene
  let urls: string[]
  beforeAll(async () => {
    server = await startServer()
    scene = await stage(server, makeWorld(server))
    const before: Partial<Record<Surface, unknown>> = {}
    for (const surface of Object.keys(SURFACES) as Surface[]) before[surface] = await look(scene, surface)
    for (const [surface, data] of Object.entries(before)) expect(traces(scene, data), surface).not.toEqual([])
    urls = addressesIn([before.post, before.page])
    expect(urls.length).toBeGreaterThan(1)
    expect((await block(scene)).codes).toEqual([])
  }, 60_000)
  afterAll(() => server.close())

  it.each((Object.keys(SURFACES) as Surface[]).filter((surface) => !/^(?:page|elsewhere|own)$/.test(surface)))(
    'is met no more in: %s',
    async (surface) => {
      const data = await look(scene, surface)
      // a comment that others answered keeps its place, without them
      const { comment } = scene.ids
      if (surface === 'nodes') {
        expect(data).toMatchObject({
          nodes: [null, { id: comment, author: null, said: { reason: 'AUTHOR_UNAVAILABLE' } }, null],
        })
        return
      }
      expect(traces(scene, data)).toEqual([])
    },
  )

  it('is found by the one who blocks, to end it, and by the other not at all', async () => {
    const { user } = await look(scene, 'page')
    if (isOwnDoing) expect(user).toMatchObject({ displayName: 'Canary Other', viewerCanFollow: { isAllowed: false } })
    else expect(user).toBeNull()
  })

  it('is in no count, no list and no thread, but for the place of what others answered', async () => {
    const { content: elsewhere } = await look(scene, 'elsewhere')
    expect(elsewhere).toMatchObject({ likeCount: 0, commentCount: 2, likers: { nodes: [] } })
    expect(elsewhere.comments.nodes).toMatchObject([
      { author: null, said: { reason: 'AUTHOR_UNAVAILABLE' }, replies: { nodes: [{ said: { text: 'Below it' } }] } },
      { said: { text: 'A question' }, likeCount: 0, replyCount: 0, replies: { nodes: [] } },
    ])
    const { content: own } = await look(scene, 'own')
    expect(own).toEqual({ likeCount: 0, commentCount: 0, likers: { nodes: [] }, comments: { nodes: [] } })
  })

  it('is in nothing that one was told, nor in what is unread', async () => {
    const { notifications } = await look(scene, 'notifications')
    const types = notifications.nodes.map(({ type }: { type: string }) => type) as string[]
    expect(new Set(types)).toEqual(new Set(['ACCOUNT']))
    expect(await unreadOf(scene.viewer)).toBe(types.length)
  })

  it('has no file that an address from before still opens', async () => {
    const statuses = await Promise.all(urls.map(async (url) => (await fetch(url)).status))
    // the pictures of a profile go with the profile, which whoever blocks still finds
    const open = isOwnDoing ? addressesIn(await look(scene, 'page')).length : 0
    expect(statuses.filter((status) => status === 200)).toHaveLength(open)
  })

  it('can do nothing to one, nor one to them, and one is told of nothing that they do', async () => {
    const { viewer, other, ids } = scene
    const told = await viewer.watch('subscription { notificationReceived { notification { text } } }')
    const { post, own, question, comment, elsewhere } = ids
    for (const [person, name, input, code = 'NODE_NOT_FOUND'] of [
      [viewer, 'likeContent', { contentId: post }],
      [viewer, 'addComment', { contentId: post, body: 'Hello?' }],
      [viewer, 'saveContent', { contentId: post }],
      // what only keeps its place is nobody’s
      [viewer, 'likeComment', { commentId: comment }, 'COMMENT_STATE'],
      [viewer, 'addComment', { contentId: elsewhere, parentId: comment, body: 'Hello?' }],
      [viewer, 'grantAccess', { userId: other.id, creatorId: viewer.id, reason: 'A gift.' }],
      [viewer, 'followUser', { userId: other.id }],
      [other, 'likeContent', { contentId: own }],
      [other, 'addComment', { contentId: own, body: 'Hello?' }],
      [other, 'likeComment', { commentId: question }, 'COMMENT_STATE'],
      [other, 'addComment', { contentId: elsewhere, parentId: question, body: 'Hello?' }],
      [other, 'grantAccess', { userId: viewer.id, creatorId: other.id, reason: 'A gift.' }],
      [other, 'followUser', { userId: viewer.id }],
    ] as const)
      expect((await mutate(person, name, input)).codes, `${person === viewer ? 'one' : 'they'}: ${name}`).toEqual([
        code,
      ])
    await publish(other, { title: 'canary news' })
    await mutate(other, 'addComment', { contentId: elsewhere, body: 'canary again' })
    await server.drain()
    await setTimeout(200)
    expect(told.events).toEqual([])
    await told.stop()
    expect(traces(scene, await look(scene, 'elsewhere'))).toEqual([])
    expect(traces(scene, await look(scene, 'notifications'))).toEqual([])
  })

  it('is met again when the block ends, but is not followed', async () => {
    expect((await unblock(scene)).codes).toEqual([])
    for (const surface of ['explore', 'people', 'post', 'page', 'elsewhere', 'own', 'saved'] as const)
      expect(traces(scene, await look(scene, surface)), surface).not.toEqual([])
    const { content } = await look(scene, 'own')
    expect(content).toMatchObject({ likeCount: 1, commentCount: 1 })
    for (const surface of ['feed', 'followers', 'following'] as const)
      expect(traces(scene, await look(scene, surface)), surface).toEqual([])
  })
})
