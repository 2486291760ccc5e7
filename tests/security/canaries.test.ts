import { randomBytes } from 'node:crypto'
import { getNamedType } from 'graphql'
import type { GraphQLObjectType } from 'graphql'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { served } from '../../src/served.js'
import { parseGlobalId } from '../../src/lib/ids.js'
import { makeRateLimiter } from '../../src/lib/rate-store.js'
import { postMutation, prove, provenCreator, publish } from '../content/posts.js'
import type { PostInput } from '../content/posts.js'
import { makePicture, uploadMedia } from '../support/media.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { until } from '../support/until.js'
import { makeWorld, staySignedIn } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { selectAll } from './canaries.js'
import type { Arguments } from './canaries.js'

/** What a post is, and what of it must not be seen: every word that begins with `canary`. */
const KINDS = {
  followers: { visibility: 'FOLLOWERS' },
  subscribers: { visibility: 'SUBSCRIBERS' },
  sold: { priceMinor: '500' },
  included: { priceMinor: '500', includedInSubscription: true },
  adults: { isAgeRestricted: true },
  draft: {},
  scheduled: {},
  taken: {},
  deleted: {},
  removed: {},
} as const satisfies Record<string, PostInput>
type Kind = keyof typeof KINDS
const ALL = Object.keys(KINDS) as Kind[]

/** Who looks, and what opens to them. */
const PERSONAS = {
  stranger: [],
  fan: [],
  follower: ['followers'],
  lapsed: [],
  blocked: [],
  unverified: ['followers'],
  subscriber: ['followers', 'subscribers', 'included'],
} as const satisfies Record<string, readonly Kind[]>
type Persona = keyof typeof PERSONAS
const MEMBERS = ['fan', 'follower', 'lapsed', 'blocked', 'unverified', 'subscriber'] as const

let server: TestServer
let world: World
let creator: Person
const people = {} as Record<(typeof MEMBERS)[number], Person> & { stranger: ReturnType<World['stranger']> }
const posts = {} as Record<Kind, string>
const comments: string[] = []
/** Conversations with the creator, and what is for sale in them; nobody has bought it. */
const messages: string[] = []

const call = (
  person: Person,
  name: string,
  input: Record<string, unknown>,
  answer = '',
): Promise<Record<string, any>> =>
  person.do(
    `mutation ($input: ${name.charAt(0).toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { ${answer} userErrors { code message } } }`,
    { input },
  )

async function makePost(kind: Kind): Promise<string> {
  const words = `canary${kind}body`
  const mediaId = await uploadMedia(server, creator, await makePicture({ width: 200, height: 150 }), {
    purpose: 'CONTENT',
    fileName: `canary${kind}file.png`,
    altText: `canary${kind}alt`,
  })
  // what is for people of proven age hides even its title and teaser
  const cover =
    kind === 'adults' ? { title: `canary${kind}title`, teaser: `canary${kind}teaser`, tags: [`canary${kind}tag`] } : {}
  const isOpen = kind !== 'draft' && kind !== 'scheduled'
  const input = {
    title: 'Open title',
    teaser: 'Open teaser',
    ...cover,
    ...KINDS[kind],
    type: 'IMAGE',
    body: words,
    media: [{ mediaId }],
  }
  const make = isOpen ? publish : (await import('../content/posts.js')).draft
  const { id } = await make(creator, input)
  return id as string
}

beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await provenCreator(world)
  for (const kind of ALL) posts[kind] = await makePost(kind)
  Object.assign(people, { stranger: world.stranger() })
  for (const name of MEMBERS) {
    const person = await world.fan()
    if (name === 'subscriber' || name === 'lapsed') {
      const grant = await call(
        creator,
        'grantAccess',
        { userId: person.id, creatorId: creator.id, reason: 'A gift.' },
        'grant { id }',
      )
      // while it lasts, words are said where only subscribers hear them
      const { addComment } = await call(
        person,
        'addComment',
        { contentId: posts.subscribers, body: `canarysubscriberscomment by ${name}` },
        'comment { id }',
      )
      comments.push(addComment['comment'].id as string)
      if (name === 'lapsed')
        await call(creator, 'revokeGrant', { grantId: grant['grantAccess'].grant.id, reason: 'Over.' })
    }
    if (name === 'follower' || name === 'blocked' || name === 'unverified')
      await call(person, 'followUser', { userId: creator.id })
    await offerMessage(person)
    people[name] = person
  }
  await call(creator, 'blockUser', { userId: people.blocked.id })
  await call(creator, 'unpublishContent', { contentId: posts.taken })
  await call(creator, 'deleteContent', { contentId: posts.deleted })
  await call(creator, 'scheduleContent', { contentId: posts.scheduled, localTime: '2027-06-01T09:00', timeZone: 'UTC' })
  await server.database.owner.query(
    `update content set removed_at = app_now(), removed_reason = 'Illegal.' where body = $1`,
    ['canaryremovedbody'],
  )
  await server.drain()
})
// who is signed out sees nothing, and shows nothing
beforeEach(async () => {
  for (const person of [creator, ...MEMBERS.map((name) => people[name])]) await staySignedIn(server, person)
})
afterAll(() => server.close())

async function offerMessage(person: Person): Promise<void> {
  const { startConversation } = await call(person, 'startConversation', { userId: creator.id }, 'conversation { id }')
  const conversationId = startConversation['conversation'].id as string
  const mediaId = await uploadMedia(server, creator, await makePicture({ width: 200, height: 150 }), {
    purpose: 'MESSAGE',
    fileName: 'canarymessagefile.png',
    altText: 'canarymessagealt',
  })
  const { sendMessage } = await call(
    creator,
    'sendMessage',
    {
      conversationId,
      body: 'canarymessagebody',
      teaser: 'Open teaser',
      priceMinor: '500',
      media: [{ mediaId }],
      idempotencyKey: conversationId,
    },
    'message { id }',
  )
  messages.push(conversationId, sendMessage['message'].id as string)
}

const secretsOf = (persona: Persona): string[] => {
  const open: readonly Kind[] = PERSONAS[persona]
  return [...ALL.filter((kind) => !open.includes(kind)).map((kind) => `canary${kind}`), 'canarymessage']
}

const expectNoSecrets = (persona: Persona, text: string, how: string): void => {
  for (const secret of secretsOf(persona))
    expect(text.includes(secret), `${persona} reads ${secret} by ${how}`).toBe(false)
}

/** The arguments of every root query, and of fields that need some; `$ID` becomes each id in turn, `$TEXT` each canary. */
const calls = (): Record<string, string> => ({
  node: 'id: "$ID"',
  nodes: 'ids: ["$ID"]',
  viewer: '',
  user: `username: "${creator.username}"`,
  users: 'first: 5',
  content: 'id: "$ID"',
  categories: '',
  explainAccess: 'contentId: "$ID"',
  feed: 'first: 5',
  explore: 'first: 5',
  search: 'text: "$TEXT"',
  creators: 'first: 5',
  tags: 'prefix: "$TEXT", first: 5',
  notifications: 'first: 5',
  webhookEvents: 'first: 5',
  transaction: 'id: "$ID"',
  previewRefund: 'transactionId: "$ID"',
  payouts: 'first: 5',
  conversation: 'id: "$ID"',
  stream: 'id: "$ID"',
  liveStreams: 'first: 5',
  disputes: 'first: 5',
  financeCases: 'first: 5',
  feeRates: '',
})

const queries = (): [string, GraphQLObjectType][] => {
  const type = served.schema.getQueryType()
  return Object.entries(type?.getFields() ?? {}).map(([name, field]) => [
    name,
    getNamedType(field.type) as GraphQLObjectType,
  ])
}

/** A walk asks for more than anybody may in a minute: limits that nobody has used yet. */
function renewLimits(): void {
  const secret = randomBytes(32)
  Object.assign(server.services, { limiter: makeRateLimiter({ secret }), budget: makeRateLimiter({ secret }) })
}

/** Asks for all there is, as deep as the limits let it. */
async function askAll(persona: Persona, name: string, args: string): Promise<string> {
  const { schema } = served
  const named = name === 'node' || name === 'nodes' ? null : schema.getQueryType()?.getFields()[name]?.type
  const nested: Arguments = {
    'Content.comments': 'first: 2',
    'Comment.replies': 'first: 2',
    'Conversation.messages': 'first: 2',
    // a document has a thousand tokens: what is a root of its own leaves room for what is not
    ...(name === 'stream' || name === 'liveStreams'
      ? {}
      : { 'Content.stream': null, 'User.streams': null, 'StreamSanction.stream': null }),
    'User.subscriptionOffers': null,
    'User.viewerSubscription': null,
  }
  for (let depth = 7; depth > 0; depth -= 1) {
    renewLimits()
    const below = named ? selectAll(schema, getNamedType(named), depth, nested) : nodeSelection(args, depth, nested)
    const { data, errors } = await people[persona].request(`{ ${name}${args ? `(${args})` : ''}${below} }`)
    const isTooLarge = errors.some(
      ({ extensions, message }) => /operation_too/.test(String(extensions['reason'])) || /too large/.test(message),
    )
    if (!isTooLarge) {
      const isVain = /GRAPHQL_VALIDATION_FAILED|GRAPHQL_PARSE_FAILED|RATE_LIMITED|BAD_REQUEST|INTERNAL|UNAVAILABLE/
      expect(errors.filter(({ extensions }) => isVain.test(String(extensions['code'])))).toEqual([])
      return JSON.stringify({ data, errors })
    }
  }
  throw new Error(`${name} is too large at any depth`)
}

const nodeSelection = (args: string, depth: number, nested: Arguments): string => {
  const id = /"([^"]+)"/.exec(args)?.[1] ?? ''
  const type = served.schema.getType(parseGlobalId(id)?.type ?? '')
  return type
    ? ` { __typename ... on ${type.name}${selectAll(served.schema, type, depth, nested)} }`
    : ' { __typename }'
}

const URLS = /https?:\/\/[^"\s]+\/media\/[^"\s]+/g

describe('no path leads to a body without a grant', () => {
  it('has a call for every root query', () => {
    expect(
      queries()
        .map(([name]) => name)
        .filter((name) => !(name in calls())),
    ).toEqual([])
    expect(Object.keys(calls()).filter((name) => !queries().some(([known]) => known === name))).toEqual([])
  })

  it('finds its canaries where they are open: the test can fail', async () => {
    expect(await askAll('subscriber', 'content', `id: "${posts.subscribers}"`)).toContain('canarysubscribersbody')
    expect(await askAll('follower', 'content', `id: "${posts.followers}"`)).toContain('canaryfollowersalt')
    expect(await askAll('subscriber', 'content', `id: "${posts.subscribers}"`)).toContain('canarysubscriberscomment')
  })

  for (const persona of Object.keys(PERSONAS) as Persona[])
    it(`is true of every query: ${persona}`, async () => {
      const urls = new Set<string>()
      const ids = [...Object.values(posts), ...comments, ...messages, creator.id]
      for (const [name, args] of Object.entries(calls())) {
        const all = args.includes('$ID')
          ? ids
              .filter((id) => !/content|explain/i.test(name) || parseGlobalId(id)?.type === 'Content')
              .map((id) => args.replaceAll('$ID', id))
          : args.includes('$TEXT')
            ? ALL.flatMap((kind) => [`canary${kind}body`, `canary${kind}title`, `canary${kind}tag`]).map((text) =>
                args.replaceAll('$TEXT', text),
              )
            : [args]
        for (const each of all) {
          const text = await askAll(persona, name, each)
          // what was asked for comes back in messages
          expectNoSecrets(
            persona,
            name === 'search' || name === 'tags' ? text.replaceAll(/text: \\"[^"]*"/g, '') : text,
            `${name}(${each})`,
          )
          for (const [url] of text.matchAll(URLS)) urls.add(url)
        }
      }
      for (const url of urls) {
        const answer = await fetch(url)
        expectNoSecrets(persona, JSON.stringify([...answer.headers]) + (await answer.text()), url)
      }
    }, 180_000)

  it('is true of what mutations answer, also with an error', async () => {
    renewLimits()
    for (const persona of ['fan', 'lapsed', 'blocked', 'unverified'] as const)
      for (const kind of ALL) {
        const contentId = posts[kind]
        for (const [name, input] of [
          ['likeContent', { contentId }],
          ['saveContent', { contentId }],
          ['addComment', { contentId, body: 'Hello.' }],
          ['updateContent', { contentId, expectedVersion: 1, title: 'Mine' }],
          ['publishContent', { contentId }],
          ['restoreContent', { contentId }],
        ] as const) {
          const { data, errors } = await people[persona].request(
            postMutation(name).replace(
              'addComment(input: $input) { content',
              'addComment(input: $input) { comment { content',
            ),
            { input },
          )
          expectNoSecrets(persona, JSON.stringify({ data, errors }), `${name} of ${kind}`)
        }
      }
  })

  it('is true of live events and notifications of what is published now', async () => {
    const watched = ['follower', 'unverified', 'blocked', 'fan'] as const
    renewLimits()
    const subscription = served.schema.getSubscriptionType()?.getFields()['notificationReceived']
    if (!subscription) throw new Error('there is no notificationReceived')
    const below = selectAll(served.schema, getNamedType(subscription.type), 3, { 'Content.comments': 'first: 2' })
    const watches = await Promise.all(
      watched.map((name) => people[name].watch(`subscription { notificationReceived${below} }`)),
    )
    for (const kind of ['subscribers', 'sold', 'adults'] as const)
      await publish(creator, {
        ...KINDS[kind],
        title: kind === 'adults' ? 'canaryadultstitle' : 'News',
        body: `canary${kind}body`,
      })
    await server.drain()
    // fields for staff are refused to others; nothing else is
    const refused = watches.flatMap(({ errors }) => errors as { extensions: { code: string } }[])
    expect(refused.filter(({ extensions }) => extensions.code !== 'FORBIDDEN')).toEqual([])
    await until(() => (watches[0]?.events.length ?? 0) > 0)
    await server.drain()
    for (const [index, watching] of watches.entries()) {
      const { events, errors } = watching
      expectNoSecrets(watched[index] ?? 'fan', JSON.stringify([events, errors]), 'notificationReceived')
      await watching.stop()
    }
  })

  it('shows a post for adults to whoever has proven their age', async () => {
    const adult = await world.fan()
    await prove(adult)
    const { data } = await adult.request(
      `{ content(id: "${posts.adults}") { title body { ... on UnlockedBody { text } } } }`,
    )
    expect(JSON.stringify(data)).toContain('canaryadultstitle')
  })
})
