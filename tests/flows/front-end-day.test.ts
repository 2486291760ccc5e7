import { afterAll, beforeAll, expect, it } from 'vitest'
import { request, watch } from '../support/client.js'
import { makePicture } from '../support/media.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'

/** A front end, as far as it is one: an address, a token, and what it sends. Nothing of ours but the API. */
class FrontEnd {
  token = ''
  readonly #url: string
  readonly #ip: string

  constructor(url: string, ip: string) {
    this.#url = url
    this.#ip = ip
  }

  async send(document: string, variables: Record<string, unknown> = {}): Promise<Record<string, any>> {
    const headers = { 'x-forwarded-for': this.#ip, ...(this.token ? { authorization: `Bearer ${this.token}` } : {}) }
    const { data, errors } = await request<Record<string, any>, object>(this.#url, document, variables, headers)
    if (!data || errors.length > 0) throw new Error(JSON.stringify(errors))
    return data
  }

  /** A mutation of one input; its payload, without errors that anybody could mend. */
  async mutate(name: string, input: Record<string, unknown>, answer: string): Promise<Record<string, any>> {
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`
    const data = await this.send(
      `mutation Do($input: ${type}) { ${name}(input: $input) { ${answer} userErrors { code message path } } }`,
      { input },
    )
    const payload = data[name] as Record<string, any> & { userErrors: unknown[] }
    expect(payload.userErrors, name).toEqual([])
    return payload
  }

  watch(document: string) {
    return watch<Record<string, any>, Record<string, unknown>>(this.#url, document, { token: this.token })
  }
}

let server: TestServer
// a worker runs, as it does beside every server
beforeAll(async () => {
  server = await startServer({ runsJobs: true })
})
afterAll(() => server.close())

const PASSWORD = 'a-long-Day-at-the-desk-7'

async function signUp(username: string, ip: string): Promise<FrontEnd> {
  const app = new FrontEnd(server.url, ip)
  const email = `${username}@example.org`
  await app.mutate('register', { username, email, password: PASSWORD, displayName: username }, 'challenge { token }')
  const mail = await eventually(() => server.mails.newestTo(email))
  await app.mutate('verifyEmail', { token: mail.token }, 'isVerified')
  const { accessToken } = await app.mutate('login', { email, password: PASSWORD }, 'accessToken')
  app.token = accessToken as string
  return app
}

/** Waits for what a job does a moment later. */
async function eventually<T>(look: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + 20_000
  for (;;) {
    try {
      return await look()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

async function uploadPicture(app: FrontEnd, purpose: 'CONTENT' | 'AVATAR', altText: string): Promise<string> {
  const bytes = await makePicture({ width: 640, height: 480 })
  const { media, upload } = await app.mutate(
    'requestMediaUpload',
    { kind: 'IMAGE', purpose, contentType: 'image/png', sizeBytes: String(bytes.length), altText },
    'media { id } upload { url method headers { name value } }',
  )
  const headers = (upload.headers as { name: string; value: string }[]).map(
    ({ name, value }) => [name, value] as [string, string],
  )
  const sent = await fetch(upload.url as string, {
    method: upload.method as string,
    headers,
    body: new Uint8Array(bytes),
  })
  expect(sent.ok).toBe(true)
  await app.mutate('completeMediaUpload', { mediaId: media.id }, 'media { state }')
  await eventually(async () => {
    const { node } = await app.send(`query ($id: ID!) { node(id: $id) { ... on MediaAsset { state } } }`, {
      id: media.id,
    })
    expect(node.state).toBe('READY')
  })
  return media.id as string
}

it('is a day of a creator and a fan, from signing up to a block', async () => {
  // the creator signs up, proves her age, becomes one, and shows a face
  const ines = await signUp('ines.day', '10.9.0.1')
  await ines.mutate(
    'submitAgeVerification',
    { countryCode: 'PT', birthDate: '1990-05-17', documentToken: 'sandbox-approve' },
    'ageVerification { status }',
  )
  await ines.mutate('becomeCreator', { currency: 'EUR', subscriptionPriceMinor: '700' }, 'user { accountType }')
  await ines.mutate('setAvatar', { mediaId: await uploadPicture(ines, 'AVATAR', 'Ines') }, 'user { username }')

  // the fan signs up, looks around, and follows her
  const bo = await signUp('bo.day', '10.9.0.2')
  const { creators } = await bo.send(
    `{ creators(first: 10) { nodes { id username viewerFollows profile { avatar { url } } } } }`,
  )
  const found = (creators.nodes as Record<string, any>[]).find(({ username }) => username === 'ines.day')
  expect(found).toMatchObject({
    viewerFollows: false,
    profile: { avatar: { url: expect.stringContaining('/media/') } },
  })
  const inesFollowers = await ines.watch(
    `subscription { notificationReceived { sequence notification { type actors { username } } } }`,
  )
  await bo.mutate('followUser', { userId: found?.['id'] }, 'user { followerCount viewerFollows }')
  expect((await inesFollowers.next(20_000))['notificationReceived'].notification).toMatchObject({
    type: 'NEW_FOLLOWER',
    actors: [{ username: 'bo.day' }],
  })

  // she publishes; he is told on his socket, finds it in his feed, looks at it, likes it and says so
  const told = await bo.watch(
    `subscription { notificationReceived { sequence notification { type subject { ... on Content { id title } } } } }`,
  )
  const mediaId = await uploadPicture(ines, 'CONTENT', 'Fog over a river')
  const { content: post } = await ines.mutate(
    'createContent',
    {
      type: 'IMAGE',
      title: 'Fog over the Douro',
      body: 'Six in the morning.',
      tags: ['fog'],
      categories: ['photography'],
      media: [{ mediaId }],
    },
    'content { id state }',
  )
  expect(post.state).toBe('DRAFT')
  await ines.mutate('publishContent', { contentId: post.id }, 'content { state }')
  expect((await told.next(20_000))['notificationReceived'].notification).toMatchObject({
    type: 'NEW_CONTENT',
    subject: { id: post.id, title: 'Fog over the Douro' },
  })
  const feed = `{ feed(first: 20) { nodes {
    id creator { username } likeCount viewerHasLiked viewerAccess { isOpen }
    body { ... on UnlockedBody { text media { url altText } } ... on LockedBody { reason offers { kind } } }
    comments(first: 3) { nodes { author { username } body { ... on CommentText { text } } } }
  } } }`
  const [first] = (await bo.send(feed))['feed'].nodes as Record<string, any>[]
  expect(first).toMatchObject({ id: post.id, viewerAccess: { isOpen: true }, body: { text: 'Six in the morning.' } })
  expect((await fetch(first?.['body'].media[0].url as string)).headers.get('content-type')).toMatch(/^image\//)
  await bo.mutate('likeContent', { contentId: post.id }, 'content { likeCount viewerHasLiked }')
  const { comment } = await bo.mutate(
    'addComment',
    { contentId: post.id, body: 'Which bridge is it?' },
    'comment { id }',
  )
  await ines.mutate('addComment', { contentId: post.id, parentId: comment.id, body: 'Dom Luís.' }, 'comment { id }')
  expect((await bo.send(feed))['feed'].nodes[0]).toMatchObject({
    likeCount: 1,
    viewerHasLiked: true,
    comments: { nodes: [{ author: { username: 'bo.day' }, body: { text: 'Which bridge is it?' } }] },
  })

  // she was told of each, in her inbox, and reads it
  await eventually(async () => {
    const { notifications } = await ines.send(
      `{ notifications(first: 10) { nodes { type isRead sequence } } viewer { unreadNotificationCount } }`,
    )
    const types = (notifications.nodes as { type: string }[]).map(({ type }) => type)
    expect(types).toEqual(expect.arrayContaining(['NEW_FOLLOWER', 'CONTENT_LIKE', 'CONTENT_COMMENT']))
  })
  const { notifications } = await ines.send(`{ notifications(first: 1) { nodes { sequence } } }`)
  await ines.mutate(
    'markNotificationsRead',
    { upTo: notifications.nodes[0].sequence },
    'viewer { unreadNotificationCount }',
  )

  // something for subscribers alone: he sees that it is there, why it is locked, and what would open it
  const { content: secret } = await ines.mutate(
    'createContent',
    {
      type: 'TEXT',
      title: 'How it was made',
      teaser: 'Gear and patience.',
      body: 'At f/11, from a roof.',
      visibility: 'SUBSCRIBERS',
    },
    'content { id }',
  )
  await ines.mutate('publishContent', { contentId: secret.id }, 'content { state }')
  const lockedFeed = JSON.stringify(await bo.send(feed))
  expect(lockedFeed).toContain('SUBSCRIBERS_ONLY')
  expect(lockedFeed).not.toContain('f/11')
  await bo.mutate('saveContent', { contentId: secret.id }, 'content { viewerHasSaved }')

  // he searches for her and her pictures
  const search = `query ($text: String!) { search(text: $text) { users(first: 5) { nodes { username } } contents(first: 5) { nodes { title } } } }`
  expect(await bo.send(search, { text: 'ines' })).toMatchObject({
    search: { users: { nodes: [{ username: 'ines.day' }] } },
  })
  expect(await bo.send(search, { text: 'Douro' })).toMatchObject({
    search: { contents: { nodes: [{ title: 'Fog over the Douro' }] } },
  })

  // in the evening she blocks him: to him it is as if she had never been here
  const { viewer } = await bo.send(`{ viewer { user { id } } }`)
  await ines.mutate('blockUser', { userId: viewer.user.id }, 'user { viewerBlocks }')
  expect((await bo.send(feed))['feed'].nodes).toEqual([])
  expect(
    await bo.send(`query ($id: ID!) { content(id: $id) { id } user(username: "ines.day") { id } }`, { id: post.id }),
  ).toEqual({
    content: null,
    user: null,
  })
  expect((await bo.send(search, { text: 'ines' }))['search']).toEqual({ users: { nodes: [] }, contents: { nodes: [] } })
  const { content: seen } = await ines.send(
    `query ($id: ID!) { content(id: $id) { likeCount comments { nodes { author { username } } } } }`,
    { id: post.id },
  )
  expect(seen.likeCount).toBe(0)
  for (const socket of [told, inesFollowers]) await socket.stop()
}, 120_000)
