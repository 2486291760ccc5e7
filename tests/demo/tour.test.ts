import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, validate } from 'graphql'
import { DEMO_IDS, DEMO_PASSWORD, seedDemo } from '../../src/demo/seed.js'
import { liveSubscriptions } from '../../src/lib/metrics.js'
import { readSample } from '../../src/api/http/graphiql-assets.js'
import { served } from '../../src/served.js'
import { request, watch } from '../support/client.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { until } from '../support/until.js'

const ROOT = join(import.meta.dirname, '../..')

/** A block of the README's tour: who asks, and what. */
interface Step {
  readonly name: string
  readonly who: string
  readonly query: string
}

/** The tour's steps, by the names of their operations. */
function readTour(): Map<string, Step> {
  const [, tour = ''] = readFileSync(join(ROOT, 'README.md'), 'utf8').split('## A tour\n')
  const blocks = tour.split('\n## ', 1)[0]?.matchAll(/```graphql\n# as (?:the )?(\w+)\n([^]*?)```/g) ?? []
  return new Map(
    [...blocks].map(([, who = '', query = '']) => {
      const name = /^(?:query|mutation|subscription) (\w+)/.exec(query)?.[1] ?? ''
      return [name, { name, who, query }]
    }),
  )
}

let server: TestServer
const tokens = new Map<string, string>()
beforeAll(async () => {
  server = await startServer({ runsJobs: true })
  await seedDemo(server.database, { payments: server.services.payments })
  for (const who of ['fan', 'creator']) tokens.set(who, await signIn(who))
}, 180_000)
afterAll(() => server.close())

async function signIn(who: string): Promise<string> {
  const login = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }'
  const input = { email: `${who}@example.com`, password: DEMO_PASSWORD }
  const { data } = await request<{ login: { accessToken: string } }, unknown>(server.url, login, { input })
  return data?.login.accessToken ?? ''
}

async function asked(who: string, query: string, variables: object = {}): Promise<unknown> {
  const token = tokens.get(who)
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
  const { data, errors } = await request(server.url, query, variables, headers)
  expect(errors).toEqual([])
  expect(JSON.stringify(data)).not.toMatch(/"userErrors":\[\{/)
  return data
}

describe('the tour of the README', () => {
  const tour = readTour()
  const take = async (name: string): Promise<any> => {
    const step = tour.get(name)
    expect(step, name).toBeDefined()
    return await asked(step?.who ?? '', step?.query ?? '')
  }

  it('begins at the feed', async () => {
    const { feed } = await take('Feed')
    expect(feed.nodes).toHaveLength(20)
    expect(feed.pageInfo.hasNextPage).toBe(true)
  })

  it('shows a locked post and what opens it', async () => {
    const locked = await take('Locked')
    expect(locked.content).toMatchObject({
      title: 'The misprint edition',
      viewerAccess: { isOpen: false, reason: 'PURCHASE_REQUIRED' },
      body: { __typename: 'LockedBody', offers: [{ kind: 'BUY' }] },
    })
    expect((await take('Save')).addPaymentMethod.paymentMethod).toMatchObject({ brand: 'visa', lastFour: '4242' })
    expect((await take('Give')).grantAccess).toMatchObject({ grant: { source: 'GIFT' } })
    const open = await take('Locked')
    expect(open.content.viewerAccess.isOpen).toBe(true)
    expect(open.content.body).toMatchObject({ __typename: 'UnlockedBody', text: expect.any(String) as string })
  })

  it('shows what was paid, and what became of it', async () => {
    const { viewer: fan } = await take('Paid')
    expect(fan.wallets).toEqual([{ balance: { formatted: '26.00 GBP' } }])
    expect(fan.subscriptions.nodes).toHaveLength(2)
    expect(fan.purchases.nodes).toMatchObject([{ state: 'PAID' }, { state: 'PAID' }])
    expect(fan.transactions.nodes.length).toBeGreaterThanOrEqual(6)
    const { viewer: creator } = await take('Earned')
    expect(creator.earnings.transactions.nodes).toHaveLength(10)
    expect(creator.subscribers.nodes).toHaveLength(5)
    expect(creator.payouts.nodes).toMatchObject([{ state: 'PAID' }, { state: 'PAID' }])
  })

  it('shows conversations: what was read and bought, and what was not', async () => {
    const { viewer } = await take('Letters')
    const [cleo, ...others] = viewer.conversations.nodes
    expect(cleo).toMatchObject({ other: { displayName: 'Cleo Marchetti' }, isPinned: true, unreadCount: 4 })
    expect(others).toEqual([])
    const bodies = cleo.messages.nodes.map(({ body }: { body: object }) => body)
    expect(bodies).toHaveLength(6)
    expect(bodies).toContainEqual({
      teaser: 'The recipe of the blue, to the gram.',
      price: { formatted: '4.00 GBP' },
      previews: [],
    })
    expect(bodies).toContainEqual({
      text: expect.stringContaining('To all who make this possible') as string,
      media: [],
    })
    expect(bodies).toContainEqual({
      text: expect.stringContaining('First and last cut of the block') as string,
      media: [],
    })
  })

  it('shows what is on air and what is said there, what is over and what is to come', async () => {
    const { liveStreams, user } = await take('OnAir')
    expect(liveStreams.nodes).toMatchObject([{ state: 'LIVE', viewerCount: 14 }])
    expect(liveStreams.nodes[0].chatLines.nodes).toHaveLength(5)
    expect(liveStreams.nodes[0].chatLines.nodes).toContainEqual(
      expect.objectContaining({ author: expect.objectContaining({ isCreator: true }) as object }),
    )
    const of = (state: string) => user.streams.nodes.filter((stream: { state: string }) => stream.state === state)
    expect(of('ENDED')).toHaveLength(1)
    expect(of('ENDED')[0].peakViewerCount).toBeGreaterThan(10)
    expect(of('SCHEDULED').map(({ content }: { content: object }) => content)).toEqual([
      expect.objectContaining({ price: { formatted: '12.00 GBP' }, viewerAccess: { isOpen: false } }),
      expect.objectContaining({ price: null, viewerAccess: { isOpen: true } }),
    ])
  })

  it('shows a thread, and finds things', async () => {
    const { content } = await take('Thread')
    expect(content.comments.nodes).toHaveLength(5)
    expect(
      content.comments.nodes.some(({ replies }: { replies: { nodes: unknown[] } }) => replies.nodes.length > 0),
    ).toBe(true)
    const found = await take('Find')
    expect(found.search.contents.edges.length).toBeGreaterThan(0)
    expect(found.search.tags.nodes).toContainEqual(expect.objectContaining({ name: 'tiles' }))
    expect(found.explore.nodes).toHaveLength(3)
    expect(found.creators.nodes).toHaveLength(3)
  })

  it('has a like arrive on a socket', async () => {
    const told = await watch<{ notificationReceived: { notification: { type: string } } }, Record<string, unknown>>(
      server.url,
      tour.get('Told')?.query ?? '',
      { token: tokens.get('creator') ?? '' },
    )
    expect((await take('Like')).likeContent.content.viewerHasLiked).toBe(true)
    expect((await told.next(20_000)).notificationReceived.notification).toMatchObject({ type: 'CONTENT_LIKE' })
    await told.stop()
  })

  it('has no step that is not taken here', () => {
    expect([...tour.keys()]).toEqual([
      'Feed',
      'Locked',
      'Save',
      'Paid',
      'Earned',
      'Letters',
      'OnAir',
      'Give',
      'Thread',
      'Find',
      'Told',
      'Like',
    ])
  })
})

it('the README watches a subscription', async () => {
  const [, script = ''] = /```js\n([^]*?)```/.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? []
  const program = script.replace('http://127.0.0.1:4000', server.origin)
  const live = async () => (await liveSubscriptions.get()).values[0]?.value
  await until(async () => (await live()) === 0)
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { cwd: ROOT })
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  await until(async () => (await live()) === 1, 20_000)
  await asked('fan', 'mutation { updateProfile(input: { displayName: "Robin" }) { userErrors { code message } } }')
  await until(() => printed.includes('"displayName":"Robin"'))
  child.kill()
  await once(child, 'exit')
})

describe('the samples of the explorer', () => {
  const names = readdirSync(join(ROOT, 'public/graphiql/operations')).map((file) => file.replace(/\.graphql$/, ''))

  it.each(names)('%s is what the schema accepts', (name) => {
    expect(validate(served.schema, parse(readSample(name)))).toEqual([])
  })

  it('do what they say in the demo world', async () => {
    expect(await asked('fan', readSample('feed'))).toMatchObject({ feed: { nodes: expect.any(Array) as [] } })
    expect(await asked('fan', readSample('post'), { id: DEMO_IDS.soldPost })).toMatchObject({
      content: { price: { formatted: '15.00 GBP' } },
    })
    expect(await asked('fan', readSample('thread'), { id: DEMO_IDS.openPost })).toMatchObject({
      content: { title: 'Tile 1' },
    })
    expect(await asked('fan', readSample('like'), { input: { contentId: DEMO_IDS.openPost } })).toMatchObject({
      likeContent: { content: { viewerHasLiked: true } },
    })
    expect(await asked('fan', readSample('follow'), { input: { userId: DEMO_IDS.newcomer } })).toMatchObject({
      followUser: { user: { username: 'theo.hernandez' } },
    })
    expect(await asked('fan', readSample('paid'))).toMatchObject({
      viewer: { tipsSent: { nodes: [{ recipient: { username: 'cleo' } }, { recipient: { username: 'cleo' } }] } },
    })
    expect(await asked('creator', readSample('earnings'))).toMatchObject({
      viewer: { earnings: { owed: { formatted: '0.00 GBP' } }, payoutAccounts: [{ state: 'VERIFIED' }] },
    })
    expect(await asked('creator', readSample('conversations'))).toMatchObject({
      viewer: { conversations: { nodes: expect.arrayContaining([expect.objectContaining({ unreadCount: 2 })]) as [] } },
    })
    expect(await asked('fan', readSample('live-streams'))).toMatchObject({
      liveStreams: { nodes: [{ state: 'LIVE' }] },
    })
    expect(await asked('fan', readSample('search'), { text: 'tiles' })).toMatchObject({
      search: { tags: { nodes: expect.arrayContaining([{ name: 'tiles', postCount: 6 }]) as [] } },
    })
  })
})
