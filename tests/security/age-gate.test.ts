import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { mutate } from '../accounts/calls.js'
import { draft, postMutation, prove, provenCreator, publish, refusals } from '../content/posts.js'
import { messagesOf, send, start, trySend } from '../messages/calls.js'
import { saveCard } from '../payments/paying.js'
import { makePicture, uploadMedia } from '../support/media.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'

const DAY_MS = 86_400_000
/** In every word of the post. */
const CANARY = 'canaryofage'

/** One database, served once with a gate before what is for adults, and once with a gate before everything. */
const gates = {
  content: { isAgeRestricted: true },
  platform: { isAgeRestricted: false },
} as const

/** What there is for those who are signed in alone. */
const OWN = `feed(first: 5) { nodes { ...Post } }
  viewer { savedContents { nodes { ...Post } } unreadNotificationCount }
  notifications(first: 5, types: [NEW_CONTENT, CONTENT_COMMENT]) { nodes { text subject { __typename } } }`

const walkWith = (own: string): string => `query ($id: ID!, $comment: ID!, $u: String!) {
  ${own}
  explore(first: 5) { nodes { ...Post } }
  tagged: explore(first: 5, tag: "${CANARY}tag") { nodes { ...Post } }
  search(text: "${CANARY}") { contents(first: 5) { edges { node { id } snippet { text } } } tags(first: 5) { nodes { name } } }
  tags(first: 5, prefix: "${CANARY}") { nodes { name } }
  user(username: $u) { contents { nodes { ...Post } } }
  content(id: $id) { ...Post comments { nodes { body { ... on CommentText { text } } } } likers { nodes { username } } }
  comment: node(id: $comment) { id }
}
fragment Post on Content {
  id title teaser tags teaserMedia { url } body {
    __typename ... on UnlockedBody { text media { url altText } } ... on LockedBody { reason teaser previews { url } offers { kind } }
  }
}`

describe.each(Object.entries(gates))('a gate before %s', (ageGate, { isAgeRestricted }) => {
  let server: TestServer
  let world: World
  let creator: Person
  let post: string
  let comment: string
  beforeAll(async () => {
    server = await startServer({ config: { ageGate: ageGate as 'content' | 'platform' } })
    world = makeWorld(server)
    creator = await provenCreator(world)
  })
  afterEach(() => world.setClock(0))
  afterAll(() => server.close())

  /** Somebody who follows, and is told of a new post, saves and comments on it; the creator answers. */
  async function reader(): Promise<Person> {
    const person = await world.fan()
    await prove(person)
    await mutate(person, 'followUser', { userId: creator.id })
    const picture = async (altText: string) =>
      uploadMedia(server, creator, await makePicture(), { purpose: 'CONTENT', altText })
    const { id } = await publish(creator, {
      type: 'IMAGE',
      title: `${CANARY}title`,
      teaser: `${CANARY}teaser`,
      body: `${CANARY}body`,
      tags: [`${CANARY}tag`],
      isAgeRestricted,
      media: [{ mediaId: await picture(`${CANARY}cover`), isTeaser: true }, { mediaId: await picture(`${CANARY}alt`) }],
    })
    post = id as string
    await mutate(person, 'saveContent', { contentId: post })
    await mutate(person, 'likeContent', { contentId: post })
    const said = await mutate(person, 'addComment', { contentId: post, body: `${CANARY} said` }, 'comment { id }')
    comment = said.payload.comment.id
    await mutate(creator, 'addComment', { contentId: post, parentId: comment, body: `${CANARY} answered` })
    await server.drain()
    return person
  }

  const walk = async (person: Pick<Person, 'request'>, own = OWN): Promise<Record<string, any>> => {
    const { data, errors } = await person.request(walkWith(own), {
      id: post,
      comment,
      u: creator.username,
    })
    expect(errors).toEqual([])
    return data ?? {}
  }
  const provenFor = ({ uuid }: Person, interval: string): Promise<unknown> =>
    server.database.owner.query(`update users set age_verified_until = app_now() + $2::interval where id = $1`, [
      uuid,
      interval,
    ])
  const addressesIn = (data: unknown): string[] =>
    JSON.stringify(data).match(/https?:\/\/[^"\s]+\/media\/[^"\s]+/g) ?? []
  const openAddresses = async (urls: readonly string[]): Promise<number> => {
    const answers = await Promise.all(urls.map(async (url) => (await fetch(url)).status))
    return answers.filter((status) => status === 200).length
  }

  function expectClosed(data: Record<string, any>, offer: string): void {
    const veiled = {
      title: null,
      teaser: null,
      tags: [],
      teaserMedia: [],
      body: {
        __typename: 'LockedBody',
        reason: 'AGE_VERIFICATION_REQUIRED',
        teaser: null,
        previews: [],
        offers: [{ kind: offer }],
      },
    }
    expect(JSON.stringify(data)).not.toContain(CANARY)
    expect(addressesIn(data)).toEqual([])
    expect(data).toMatchObject({
      explore: { nodes: [] },
      tagged: { nodes: [] },
      search: { contents: { edges: [] }, tags: { nodes: [] } },
      tags: { nodes: [] },
      user: { contents: { nodes: [] } },
      content: { ...veiled, comments: null, likers: null },
      comment: null,
    })
  }

  it('opens with a proof of age, and closes on every surface at the instant that it ends', async () => {
    const person = await reader()
    const open = await walk(person)
    for (const surface of ['feed', 'explore', 'tagged', 'search', 'tags', 'user', 'content', 'notifications'])
      expect(JSON.stringify(open[surface]), surface).toContain(CANARY)
    // told of the post, of an answer, and of their proof
    expect(open['viewer']).toMatchObject({ savedContents: { nodes: [{ id: post }] }, unreadNotificationCount: 3 })
    expect(open['notifications'].nodes).toHaveLength(2)
    const urls = addressesIn(open['content'])
    expect(urls.length).toBeGreaterThan(1)
    expect(await openAddresses(urls)).toBe(urls.length)
    await provenFor(person, '2 minutes')
    await world.setClock(60_000)
    expect(await openAddresses(urls)).toBe(urls.length)
    // nothing runs: the clock alone closes it
    await world.setClock(121_000)
    expect(await openAddresses(urls)).toBe(0)
    const closed = await walk(person)
    expectClosed(closed, 'VERIFY_AGE')
    expect(closed).toMatchObject({
      feed: { nodes: [] },
      viewer: { savedContents: { nodes: [] }, unreadNotificationCount: 1 },
      notifications: { nodes: [] },
    })
    for (const [name, input] of [
      ['likeContent', { contentId: post }],
      ['addComment', { contentId: post, body: 'Hello?' }],
    ] as const)
      expect((await mutate(person, name, input)).codes, name).toEqual(['CONTENT_LOCKED'])
    await provenFor(person, '1 year')
    expect(JSON.stringify(await walk(person))).toContain(CANARY)
  })

  it('is closed to strangers, to whoever proved nothing, and to minors, who cannot', async () => {
    await reader()
    expectClosed(await walk(world.stranger(), ''), 'SIGN_IN')
    const minor = await world.fan()
    await mutate(minor, 'followUser', { userId: creator.id })
    const birthDate = new Date((await server.now()).getTime() - 17 * 365 * DAY_MS).toISOString().slice(0, 10)
    const proof = { countryCode: 'DE', birthDate, documentToken: 'sandbox-approve' }
    expect((await mutate(minor, 'submitAgeVerification', proof)).codes).toEqual(['UNDERAGE'])
    expectClosed(await walk(minor), 'VERIFY_AGE')
  })

  const BODY = `body { __typename ... on MessageText { text media { url } } ... on LockedMessage { teaser teaserMedia { url } previews { url } }
    ... on MessageTombstone { reason } }`
  const READ = `query ($id: ID!, $one: ID!) {
    conversation(id: $id) { lastMessage { ${BODY} } messages(first: 10) { nodes { isOwn ${BODY} } } }
    viewer { conversations { nodes { lastMessage { ${BODY} } } } }
    node(id: $one) { ... on Message { ${BODY} } }
  }`
  const buy = async (person: Person, messageId: string) => {
    const expectedPrice = { amountMinor: '700', currency: 'EUR' }
    const { payload } = await mutate(person, 'purchaseMessage', {
      messageId,
      expectedPrice,
      idempotencyKey: randomUUID(),
    })
    return (payload.userErrors as { code: string }[]).map(({ code }) => code)
  }

  it('closes messages, paid for or not, with their files, and on open sockets, and opens them again', async () => {
    const person = await world.fan()
    await prove(person)
    await saveCard(person)
    const id = await start(person, creator)
    const file = async (isTeaser: boolean) => ({
      mediaId: await uploadMedia(server, creator, await makePicture(), { purpose: 'MESSAGE' }),
      isTeaser,
    })
    const text = { isAgeRestricted, media: [await file(false)] }
    const sold = {
      isAgeRestricted,
      priceMinor: '700',
      teaser: `${CANARY} teaser`,
      media: [await file(true), await file(false)],
    }
    await send(person, id, 'My own words.')
    const { id: one } = await send(creator, id, `${CANARY} text`, text)
    const { id: bought } = await send(creator, id, `${CANARY} sold`, sold)
    const { id: locked } = await send(creator, id, `${CANARY} sold too`, { ...sold, media: [] })
    expect(await buy(person, bought)).toEqual([])
    const told = await person.watch<{ messageReceived: { message: object } }>(
      `subscription ($id: ID!) { messageReceived(conversationId: $id) { message { ${BODY} } } }`,
      { id },
    )
    const open = await person.do(READ, { id, one })
    expect(JSON.stringify(open)).toContain(`${CANARY} text`)
    expect(JSON.stringify(open)).toContain(`${CANARY} sold`)
    const urls = addressesIn(open)
    expect(urls.length).toBeGreaterThanOrEqual(3)
    expect(await openAddresses(urls)).toBe(urls.length)

    await provenFor(person, '0')
    const closed = await person.do(READ, { id, one })
    expect(JSON.stringify(closed)).not.toContain(CANARY)
    expect(addressesIn(closed)).toEqual([])
    expect(await openAddresses(urls)).toBe(0)
    const veiled = { body: { __typename: 'MessageTombstone', reason: 'AGE_VERIFICATION_REQUIRED' } }
    expect(closed).toMatchObject({
      conversation: { lastMessage: veiled },
      viewer: { conversations: { nodes: [{ lastMessage: veiled }] } },
      node: veiled,
    })
    const own = closed['conversation'].messages.nodes.filter(({ isOwn }: { isOwn: boolean }) => isOwn)
    expect(own).toEqual([{ isOwn: true, body: { __typename: 'MessageText', text: 'My own words.', media: [] } }])
    expect(await buy(person, locked)).toEqual(['AGE_VERIFICATION_REQUIRED'])
    await send(creator, id, `${CANARY} later`, { isAgeRestricted })
    expect(await told.next()).toEqual({ messageReceived: { message: veiled } })
    await told.stop()

    await provenFor(person, '1 year')
    const again = await person.do(READ, { id, one })
    expect(JSON.stringify(again)).toContain(`${CANARY} later`)
    expect(await openAddresses(addressesIn(again))).toBe(addressesIn(again).length)
    expect(await buy(person, locked)).toEqual([])
  })

  it('closes what was sent to many to those of them who proved nothing', async () => {
    const sender = await provenCreator(world)
    const people = [await world.fan(), await world.fan()]
    for (const person of people) await mutate(person, 'followUser', { userId: sender.id })
    await prove(people[0]!)
    const mass = { segment: 'FOLLOWERS', body: `${CANARY} to all`, isAgeRestricted, idempotencyKey: randomUUID() }
    expect((await mutate(sender, 'sendMassMessage', mass)).codes).toEqual([])
    await server.drain()
    const read = `{ viewer { conversations { nodes { lastMessage { isAgeRestricted ${BODY} } } } } }`
    const answers = await Promise.all(people.map((person) => person.do(read)))
    expect(answers.map(({ viewer }) => viewer.conversations.nodes)).toEqual([
      [{ lastMessage: { isAgeRestricted, body: { __typename: 'MessageText', text: `${CANARY} to all`, media: [] } } }],
      [
        {
          lastMessage: {
            isAgeRestricted,
            body: { __typename: 'MessageTombstone', reason: 'AGE_VERIFICATION_REQUIRED' },
          },
        },
      ],
    ])
  })

  it('does not close to a creator what is their own', async () => {
    await reader()
    await provenFor(creator, '0')
    expect(JSON.stringify(await creator.do(postMutation('saveContent'), { input: { contentId: post } }))).toContain(
      `${CANARY}body`,
    )
    await provenFor(creator, '1 year')
  })
})

describe('a platform whose rule changes', () => {
  it('closes at once what was open to everybody, addresses of files as well', async () => {
    const before = await startServer()
    const world = makeWorld(before)
    const [creator, fan] = [await provenCreator(world), await world.fan()]
    const mediaId = await uploadMedia(before, creator, await makePicture(), { purpose: 'CONTENT' })
    const { id } = await publish(creator, { type: 'IMAGE', media: [{ mediaId }] })
    const ask = `query ($id: ID!) { content(id: $id) { body { __typename ... on UnlockedBody { media { url } } } } explore { nodes { id } } }`
    const { content, explore } = await fan.do(ask, { id })
    expect(explore.nodes).toHaveLength(1)
    const url = content.body.media[0].url as string
    expect((await fetch(url)).status).toBe(200)
    Object.assign(before.services.config, { ageGate: 'platform' })
    expect((await fetch(url)).status).toBe(404)
    expect(await fan.do(ask, { id })).toEqual({
      content: { body: { __typename: 'LockedBody' } },
      explore: { nodes: [] },
    })
    await before.close()
  })
})

describe('whoever earns', () => {
  let server: TestServer
  let world: World
  beforeAll(async () => {
    server = await startServer()
    world = makeWorld(server)
  })
  afterAll(() => server.close())

  it('has proven their age before a message that is for adults, and closes no others', async () => {
    const [creator, fan] = [await world.creator(), await world.fan()]
    const id = await start(fan, creator)
    expect(await trySend(creator, id, { isAgeRestricted: true })).toEqual(['AGE_VERIFICATION_REQUIRED'])
    const mass = { segment: 'FOLLOWERS', body: 'To all.', isAgeRestricted: true, idempotencyKey: randomUUID() }
    expect((await mutate(creator, 'sendMassMessage', mass)).codes).toEqual(['AGE_VERIFICATION_REQUIRED'])
    await send(creator, id, 'For everybody.')
    expect(await messagesOf(fan, id)).toEqual([['1', 'For everybody.']])
  })

  it('lends no file of a post that is for adults to a message', async () => {
    const [creator, fan] = [await provenCreator(world), await world.fan()]
    const mediaId = await uploadMedia(server, creator, await makePicture(), { purpose: 'CONTENT' })
    await publish(creator, { type: 'IMAGE', isAgeRestricted: true, media: [{ mediaId }] })
    const id = await start(fan, creator)
    expect(await trySend(creator, id, { media: [{ mediaId }] })).toEqual(['NODE_NOT_FOUND'])
  })

  it('has proven their age before the first post that is sold, by whichever way it comes out', async () => {
    const creator = await world.creator()
    const code = [{ code: 'AGE_VERIFICATION_REQUIRED' }]
    const { id } = await publish(creator, { title: 'Free' })
    for (const terms of [{ priceMinor: '500' }, { visibility: 'SUBSCRIBERS' }, { isAgeRestricted: true }]) {
      expect(await refusals(creator, 'createContent', { type: 'TEXT', body: 'x', ...terms })).toMatchObject(code)
      const change = { contentId: id, expectedVersion: 2, ...terms }
      expect(await refusals(creator, 'updateContent', change)).toMatchObject(code)
    }
    expect((await mutate(creator, 'becomeCreator', { currency: 'EUR', subscriptionPriceMinor: '900' })).codes).toEqual([
      'AGE_VERIFICATION_REQUIRED',
    ])
    await prove(creator)
    const sold = await draft(creator, { priceMinor: '500' })
    const scheduled = await draft(creator, { priceMinor: '500' })
    await server.database.owner.query(`update users set age_verified_until = app_now() where id = $1`, [creator.uuid])
    expect(await refusals(creator, 'publishContent', { contentId: sold['id'] })).toMatchObject(code)
    const localTime = new Date((await server.now()).getTime() + DAY_MS).toISOString().slice(0, 16)
    const schedule = { contentId: scheduled['id'], localTime, timeZone: 'UTC' }
    expect(await refusals(creator, 'scheduleContent', schedule)).toMatchObject(code)
    expect(
      await refusals(creator, 'updateContent', { contentId: id, expectedVersion: 2, title: 'Still free' }),
    ).toEqual([])
  })
})
