import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseGlobalId } from '../../src/lib/ids.js'
import { postMutation, provenCreator } from '../content/posts.js'
import { runLater } from '../payments/paying.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { errorsOf, goLive, readStream, schedule, streamMutation } from './calls.js'

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

/** Makes what happened to a stream happen earlier. */
const age = (id: string, column: string, ms: number) =>
  server.database.owner.query(
    `update live_streams set ${column} = ${column} - $2::int * interval '1 millisecond' where id = $1`,
    [Buffer.from(id, 'base64url').toString().split(':')[1], ms],
  )
const HOUR = 3_600_000

describe('a stream that is announced', () => {
  it('is a post that others see at once, and the broadcast behind it', async () => {
    const startsAt = new Date(Date.now() + HOUR).toISOString()
    const stream = await schedule(creator, { startsAt, title: 'A concert', chat: { slowModeSeconds: 5 } })
    expect(stream).toMatchObject({
      state: 'SCHEDULED',
      scheduledFor: startsAt,
      content: { title: 'A concert', type: 'LIVE_STREAM', viewerAccess: { rule: 'OWNER' } },
      chat: { isEnabled: true, subscribersOnly: false, slowModeSeconds: 5 },
    })
    const seen = await readStream(fan, stream['id'] as string)
    expect(seen).toMatchObject({ state: 'SCHEDULED', viewerCanManage: { isAllowed: false, reason: 'NOT_ALLOWED' } })
    const { content } = await fan.do(`{ content(id: "${stream['content'].id as string}") { stream { id } } }`)
    expect(content.stream.id).toBe(stream['id'])
  })

  it('is made once under a key', async () => {
    const input = { title: 'Once', idempotencyKey: 'once' }
    const one = await schedule(creator, input)
    expect((await schedule(creator, input))['id']).toBe(one['id'])
  })

  it('says how long it lasts where it is sold, and costs what its post costs', async () => {
    expect(await errorsOf(creator, 'scheduleStream', { title: 'Sold', priceMinor: '900' })).toEqual([
      'PLANNED_MINUTES_REQUIRED',
    ])
    const { id, content } = await schedule(creator, { title: 'Sold', priceMinor: '900', plannedMinutes: 60 })
    await creator.do(postMutation('updateContent'), {
      input: { contentId: content.id, expectedVersion: 1, priceMinor: '1200' },
    })
    const { rows } = await server.database.owner.query(
      `select s.price_minor::text as price from live_streams s join content c on c.id = s.content_id where c.title = 'Sold'`,
    )
    expect(rows).toEqual([{ price: '1200' }])
    expect(await readStream(fan, id as string)).toMatchObject({
      content: { price: { amountMinor: '1200' }, viewerAccess: { isOpen: false, reason: 'PURCHASE_REQUIRED' } },
    })
  })

  it('refuses a time that has passed, or is more than a year ahead', async () => {
    for (const startsAt of ['2020-01-01T00:00:00.000Z', new Date(Date.now() + 400 * 24 * HOUR).toISOString()])
      expect(await errorsOf(creator, 'scheduleStream', { title: 'Never', startsAt })).toEqual(['SCHEDULE_OUT_OF_RANGE'])
  })

  it('has a title that is seen', async () => {
    for (const title of ['', ' ', '\u200d', '\u3164', 'One\u202etwo'])
      expect(await errorsOf(creator, 'scheduleStream', { title })).toEqual(['INVALID_INPUT'])
    expect(await errorsOf(creator, 'createContent', { type: 'TEXT', title: '\u200d' })).toEqual(['INVALID_INPUT'])
    expect((await schedule(creator, { title: ' 👨\u200d👩\u200d👧  live ' }))['content'].title).toBe(
      '👨\u200d👩\u200d👧 live',
    )
  })

  it('is another’s to read and nobody else’s to change', async () => {
    const { id } = await schedule(creator)
    const other = await provenCreator(world)
    for (const name of ['startStream', 'endStream', 'cancelStream'])
      expect(await errorsOf(other, name, { streamId: id })).toEqual(['NODE_NOT_FOUND'])
  })

  it('is over an hour after it should have begun, whether or not a job has run', async () => {
    const { id } = await schedule(creator)
    await age(id as string, 'scheduled_at', HOUR)
    expect(await readStream(fan, id as string)).toMatchObject({ state: 'ENDED', endReason: 'NEVER_STARTED' })
    expect(await errorsOf(creator, 'startStream', { streamId: id })).toEqual(['STREAM_STATE'])
    await runLater(server)
    const { rows } = await server.database.owner.query(
      `select count(*)::int as n from live_streams where end_reason = 'never_started'`,
    )
    expect(rows).toEqual([{ n: 1 }])
    expect(await readStream(fan, id as string)).toMatchObject({ state: 'ENDED', endReason: 'NEVER_STARTED' })
  })

  it('keeps a title', async () => {
    const { content } = await schedule(creator)
    for (const title of [null, ' '])
      expect(await errorsOf(creator, 'updateContent', { contentId: content.id, expectedVersion: 1, title })).toEqual([
        'INVALID_INPUT',
      ])
    expect(
      await errorsOf(creator, 'updateContent', { contentId: content.id, expectedVersion: 1, title: 'Another' }),
    ).toEqual([])
  })

  it('is called off with its post, unless its time was over before', async () => {
    const [one, late] = [await schedule(creator), await schedule(creator)]
    await age(late['id'] as string, 'scheduled_at', HOUR)
    for (const { content } of [one, late])
      expect(await errorsOf(creator, 'deleteContent', { contentId: content.id })).toEqual([])
    await server.drain()
    const { rows } = await server.database.owner.query(
      `select s.state::text, s.end_reason::text as reason from live_streams s where s.id = any($1) order by s.state`,
      [[one, late].map(({ id }) => parseGlobalId(id as string)?.uuid)],
    )
    expect(rows).toEqual([
      { state: 'ended', reason: 'never_started' },
      { state: 'cancelled', reason: 'creator' },
    ])
  })

  it('is called off, once; what has begun is not', async () => {
    const { id } = await schedule(creator)
    const { cancelStream } = await creator.do(streamMutation('cancelStream'), { input: { streamId: id } })
    expect(cancelStream.stream).toMatchObject({ state: 'CANCELLED', endReason: 'CREATOR' })
    expect(await errorsOf(creator, 'cancelStream', { streamId: id })).toEqual([])
    expect(await errorsOf(creator, 'startStream', { streamId: id })).toEqual(['STREAM_STATE'])
    expect(await errorsOf(creator, 'endStream', { streamId: id })).toEqual([])
  })
})

describe('a stream that is over', () => {
  it('is in no feed any more, nor where people look around, and stays reachable by its post', async () => {
    const [artist, follower] = [await provenCreator(world), await world.fan()]
    await follower.do(`mutation ($id: ID!) { followUser(input: { userId: $id }) { userErrors { code } } }`, {
      id: artist.id,
    })
    const shown = async (): Promise<string[][]> => {
      const { feed, explore } = await follower.do(
        `{ feed(first: 50) { nodes { id } } explore(first: 50) { nodes { id } } }`,
      )
      return [feed, explore].map(({ nodes }) => (nodes as { id: string }[]).map(({ id }) => id))
    }
    const calledOff = await schedule(artist)
    const ended = await goLive(artist)
    const posts = [calledOff, ended].map(({ content }) => content.id as string)
    for (const list of await shown()) expect(list).toEqual(expect.arrayContaining(posts))
    await artist.do(streamMutation('cancelStream'), { input: { streamId: calledOff['id'] } })
    await artist.do(streamMutation('endStream'), { input: { streamId: ended['id'] } })
    for (const list of await shown()) for (const post of posts) expect(list).not.toContain(post)
    for (const [index, state] of ['CANCELLED', 'ENDED'].entries()) {
      const { content } = await follower.do(`{ content(id: "${posts[index]!}") { stream { state } } }`)
      expect(content.stream.state).toBe(state)
    }
  })
})

describe('a stream on air', () => {
  it('is found by whoever may meet its creator, and not beside another one', async () => {
    const artist = await provenCreator(world)
    const { id, state, startedAt } = await goLive(artist)
    expect([state, typeof startedAt]).toEqual(['LIVE', 'string'])
    const listed = async (person: Person): Promise<string[]> =>
      (await person.do('{ liveStreams(first: 50) { nodes { id } } }')).liveStreams.nodes.map(
        (node: { id: string }) => node.id,
      )
    expect(await listed(fan)).toContain(id)
    const { id: second } = await schedule(artist)
    expect(await errorsOf(artist, 'startStream', { streamId: second })).toEqual(['STREAM_ON_AIR'])
    expect(await errorsOf(artist, 'startStream', { streamId: id })).toEqual([])
    const blocked = await world.fan()
    await artist.do(`mutation ($input: BlockUserInput!) { blockUser(input: $input) { userErrors { code } } }`, {
      input: { userId: blocked.id },
    })
    expect(await listed(blocked)).not.toContain(id)
    expect(await readStream(blocked, id as string)).toBeNull()
    await artist.do(streamMutation('endStream'), { input: { streamId: id } })
    expect(await listed(fan)).not.toContain(id)
    expect(await errorsOf(artist, 'startStream', { streamId: second })).toEqual([])
  })

  it('goes on air once, of two that are started at once', async () => {
    const artist = await provenCreator(world)
    const ids = [(await schedule(artist))['id'], (await schedule(artist))['id']]
    const answers = await Promise.all(ids.map((streamId) => errorsOf(artist, 'startStream', { streamId })))
    expect(answers.map(([code = 'ok']) => code).sort()).toEqual(['STREAM_ON_AIR', 'ok'])
  })

  it('is ended before its post is deleted or taken back: nobody who watches is cut off by an error', async () => {
    const artist = await provenCreator(world)
    const { id, content } = await goLive(artist)
    const updates = await fan.watch<{ streamUpdated: { kind: string } }>(
      'subscription ($id: ID!) { streamUpdated(streamId: $id) { kind } }',
      { id },
    )
    for (const name of ['deleteContent', 'unpublishContent'])
      expect(await errorsOf(artist, name, { contentId: content.id })).toEqual(['STREAM_ON_AIR'])
    await artist.do(streamMutation('endStream'), { input: { streamId: id } })
    expect((await updates.next()).streamUpdated.kind).toBe('ENDED')
    for (const name of ['unpublishContent', 'deleteContent'])
      expect(await errorsOf(artist, name, { contentId: content.id })).toEqual([])
    await updates.ended
  })

  it('ends with its creator’s account, and what it came to is theirs to read', async () => {
    const artist = await provenCreator(world)
    const { id } = await goLive(artist)
    await server.database.owner.query(
      `update stream_ingests set started_at = started_at - interval '90 seconds' where ended_at is null`,
    )
    const statistics = 'statistics { deliveredSeconds totalViewers watchedSeconds }'
    expect(await readStream(fan, id as string, statistics)).toMatchObject({ statistics: null })
    const { statistics: shown } = (await readStream(artist, id as string, statistics))!
    expect(shown.deliveredSeconds).toBeGreaterThanOrEqual(90)
    const admin = await world.admin()
    await admin.do(
      `mutation ($input: SetAccountStatusInput!) { setAccountStatus(input: $input) { userErrors { code } } }`,
      { input: { userId: artist.id, status: 'BANNED', reason: 'A test.' } },
    )
    await server.drain()
    expect(await readStream(fan, id as string)).toBeNull()
    const { rows } = await server.database.owner.query(
      `select state::text, end_reason::text from live_streams where id = $1`,
      [
        Buffer.from(id as string, 'base64url')
          .toString()
          .split(':')[1],
      ],
    )
    expect(rows).toEqual([{ state: 'ended', end_reason: 'moderation' }])
  })
})
