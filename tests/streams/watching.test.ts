import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseGlobalId } from '../../src/lib/ids.js'
import { provenCreator } from '../content/posts.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { until } from '../support/until.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { errorsOf, goLive, join, readStream, schedule, streamMutation } from './calls.js'

let server: TestServer
let world: World
let creator: Person
let streamId: string
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await provenCreator(world)
  streamId = (await goLive(creator))['id'] as string
})
afterAll(() => server.close())

const COUNT = `subscription ($id: ID!) { streamViewerCount(streamId: $id) { sequence viewerCount peakViewerCount } }`
const UPDATES = `subscription ($id: ID!, $after: BigInt) { streamUpdated(streamId: $id, after: $after) { eventId sequence kind streamId } }`
const WITH_STREAM = `subscription ($id: ID!) { streamUpdated(streamId: $id) { kind stream { state viewerCanManage { isAllowed } } } }`

const countOf = async (id = streamId): Promise<number> => (await readStream(creator, id))!['viewerCount'] as number
/** Lets leases of this stream run out, as after half a minute of silence. */
const fallSilent = (id = streamId) =>
  server.database.owner.query(
    `with leases as (update stream_viewer_leases set expires_at = app_now() where stream_id = $1)
     update stream_access set present_until = greatest(joined_at, app_now()) where stream_id = $1 and left_at is null`,
    [parseGlobalId(id)?.uuid],
  )
const reasonOf = (errors: unknown[]): unknown => (errors[0] as { extensions?: { reason?: string } }).extensions?.reason

describe('whoever watches', () => {
  it('is one person, on however many devices, and is gone when the last of them is', async () => {
    const fan = await world.fan()
    await Promise.all(['phone', 'tv', 'tab-1', 'tab-2'].map((device) => join(fan, streamId, device)))
    expect(await countOf()).toBe(1)
    for (const deviceId of ['phone', 'tv', 'tab-1']) await errorsOf(fan, 'leaveStream', { streamId, deviceId })
    expect(await countOf()).toBe(1)
    await errorsOf(fan, 'leaveStream', { streamId, deviceId: 'tab-2' })
    expect(await countOf()).toBe(0)
    const { rows } = await server.database.owner.query(
      `select count(*)::int as intervals from stream_access where user_id = $1`,
      [fan.uuid],
    )
    expect(rows).toEqual([{ intervals: 1 }])
  })

  it('comes back as the same person, and the time between does not count', async () => {
    const fan = await world.fan()
    await join(fan, streamId)
    await fallSilent()
    expect(await countOf()).toBe(0)
    expect(await errorsOf(fan, 'heartbeatStream', { streamId })).toEqual([])
    expect(await countOf()).toBe(1)
    const { rows } = await server.database.owner.query(
      `select left_at is null as "isOpen" from stream_access where user_id = $1 order by joined_at`,
      [fan.uuid],
    )
    expect(rows).toEqual([{ isOpen: false }, { isOpen: true }])
    await errorsOf(fan, 'leaveStream', { streamId })
  })

  it('is not brought back by a heartbeat once they have left, before they join again', async () => {
    const fan = await world.fan()
    await join(fan, streamId)
    await errorsOf(fan, 'leaveStream', { streamId })
    expect(await errorsOf(fan, 'heartbeatStream', { streamId })).toEqual(['NOT_IN_STREAM'])
    expect(await countOf()).toBe(0)
    await join(fan, streamId)
    expect(await countOf()).toBe(1)
    await errorsOf(fan, 'leaveStream', { streamId })
  })

  it('has joined before, is not at more than ten devices, and at a stream on air that opens', async () => {
    const fan = await world.fan()
    expect(await errorsOf(fan, 'heartbeatStream', { streamId })).toEqual(['NOT_IN_STREAM'])
    expect(await errorsOf(fan, 'joinStream', { streamId, deviceId: 'not a device' })).toEqual(['INVALID_INPUT'])
    for (let n = 0; n < 10; n += 1) await join(fan, streamId, `device-${String(n)}`)
    expect(await errorsOf(fan, 'joinStream', { streamId, deviceId: 'device-10' })).toEqual(['TOO_MANY_DEVICES'])
    expect(await errorsOf(fan, 'joinStream', { streamId, deviceId: 'device-3' })).toEqual([])
    const { id: later } = await schedule(creator)
    expect(await errorsOf(fan, 'joinStream', { streamId: later })).toEqual(['STREAM_STATE'])
    const artist = await provenCreator(world)
    const { id: closed } = await goLive(artist, { visibility: 'SUBSCRIBERS' })
    expect(await errorsOf(fan, 'joinStream', { streamId: closed })).toEqual(['CONTENT_LOCKED'])
    await artist.do(`mutation ($input: BlockUserInput!) { blockUser(input: $input) { userErrors { code } } }`, {
      input: { userId: fan.id },
    })
    expect(await errorsOf(fan, 'joinStream', { streamId: closed })).toEqual(['NODE_NOT_FOUND'])
    await fallSilent()
  })

  it('is counted out exactly when the stream ends, however it was kept', async () => {
    const artist = await provenCreator(world)
    const { id } = await goLive(artist)
    const fans = await Promise.all([world.fan(), world.fan(), world.fan()])
    for (const fan of fans) await join(fan, id as string)
    await fallSilent(id as string)
    await join(fans[0], id as string)
    await artist.do(streamMutation('endStream'), { input: { streamId: id } })
    const ended = await readStream(artist, id as string, 'statistics { totalViewers watchedSeconds }')
    expect(ended).toMatchObject({ viewerCount: 0, peakViewerCount: 3, statistics: { totalViewers: 3 } })
    expect(await errorsOf(fans[0], 'heartbeatStream', { streamId: id })).toEqual(['STREAM_STATE'])
    await server.drain()
    const { rows } = await server.database.owner.query(
      `select count(*) filter (where left_at is null)::int as open, count(*)::int as all from stream_access where stream_id = $1`,
      [parseGlobalId(id as string)?.uuid],
    )
    expect(rows).toEqual([{ open: 0, all: 4 }])
  })
})

describe('what a stream came to', () => {
  it('is told while it is on air, up to now', async () => {
    const artist = await provenCreator(world)
    const { id } = await goLive(artist)
    const [one, two] = [await world.fan(), await world.fan()]
    await join(one, id as string)
    await fallSilent(id as string)
    for (const fan of [one, two]) await join(fan, id as string)
    await server.database.owner.query(
      `update stream_access set joined_at = joined_at - interval '1 minute' where stream_id = $1 and user_id = $2`,
      [parseGlobalId(id as string)?.uuid, two.uuid],
    )
    const statistics = 'statistics { deliveredSeconds totalViewers watchedSeconds }'
    const shown = (await readStream(artist, id as string, statistics))!['statistics']
    expect(shown.totalViewers).toBe(2)
    expect(Number(shown.watchedSeconds)).toBeGreaterThanOrEqual(60)
    // and not for the half minute ahead
    expect(Number(shown.watchedSeconds)).toBeLessThan(80)
    const { id: announced } = await schedule(artist)
    expect((await readStream(artist, announced as string, statistics))!['statistics']).toEqual({
      deliveredSeconds: 0,
      totalViewers: 0,
      watchedSeconds: '0',
    })
  })
})

describe('the number of viewers', () => {
  it('is told at once and when it changes', async () => {
    const artist = await provenCreator(world)
    const { id } = await goLive(artist)
    const [one, two] = [await world.fan(), await world.fan()]
    const counts = await world.stranger().watch<{ streamViewerCount: Record<string, any> }>(COUNT, { id })
    expect((await counts.next()).streamViewerCount['viewerCount']).toBe(0)
    await Promise.all([join(one, id as string), join(one, id as string, 'tv'), join(two, id as string)])
    await until(() => counts.events.at(-1)?.streamViewerCount['viewerCount'] === 2)
    await errorsOf(two, 'leaveStream', { streamId: id })
    await until(() => counts.events.at(-1)?.streamViewerCount['viewerCount'] === 1)
    expect(counts.events.at(-1)?.streamViewerCount['peakViewerCount']).toBe(2)
    const sequences = counts.events.map(({ streamViewerCount }) => BigInt(streamViewerCount['sequence'] as string))
    expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => (a < b ? -1 : 1)))
    await artist.do(streamMutation('endStream'), { input: { streamId: id } })
    await counts.ended
    expect(counts.events.at(-1)?.streamViewerCount['viewerCount']).toBe(0)
    expect(counts.errors).toEqual([])
  })

  it('keeps present whoever joined in its session, before or after they began to listen', async () => {
    const artist = await provenCreator(world)
    const id = (await goLive(artist))['id'] as string
    const [before, after] = [await world.fan(), await world.fan()]
    await join(before, id)
    for (const fan of [before, after]) await (await fan.watch(COUNT, { id })).next()
    await join(after, id)
    expect(await countOf(id)).toBe(2)
    await fallSilent(id)
    await until(async () => (await countOf(id)) === 2, 60_000)
  }, 90_000)

  it('ends with a reason for whom the creator blocks', async () => {
    const artist = await provenCreator(world)
    const { id } = await goLive(artist)
    const fan = await world.fan()
    const counts = await fan.watch(COUNT, { id })
    await counts.next()
    await artist.do(`mutation ($input: BlockUserInput!) { blockUser(input: $input) { userErrors { code } } }`, {
      input: { userId: fan.id },
    })
    await counts.ended
    expect(reasonOf(counts.errors)).toBe('node_not_found')
  })

  it('is not for whoever may not know of the stream', async () => {
    const counts = await world
      .stranger()
      .watch(COUNT, { id: Buffer.from(`LiveStream:${crypto.randomUUID()}`).toString('base64url') })
    await counts.ended
    expect(reasonOf(counts.errors)).toBe('node_not_found')
  })
})

describe('what happens to a stream', () => {
  it('is told in order, and from where a client left off', async () => {
    const artist = await provenCreator(world)
    const { id } = await schedule(artist)
    const fan = await world.fan()
    const updates = await fan.watch<{ streamUpdated: { sequence: string; kind: string } }>(UPDATES, { id })
    const plain = await fan.watch(WITH_STREAM, { id })
    await artist.do(streamMutation('startStream'), { input: { streamId: id } })
    expect((await updates.next()).streamUpdated).toMatchObject({ sequence: '2', kind: 'STARTED' })
    expect((await plain.next())['streamUpdated']).toEqual({
      kind: 'STARTED',
      stream: { state: 'LIVE', viewerCanManage: { isAllowed: false } },
    })
    await artist.do(streamMutation('endStream'), { input: { streamId: id } })
    expect((await updates.next()).streamUpdated).toMatchObject({ sequence: '3', kind: 'ENDED' })
    const again = await fan.watch<{ streamUpdated: { sequence: string; kind: string } }>(UPDATES, { id, after: '0' })
    expect(
      [await again.next(), await again.next(), await again.next()].map(({ streamUpdated }) => streamUpdated.kind),
    ).toEqual(['SCHEDULED', 'STARTED', 'ENDED'])
    const ahead = await fan.watch(UPDATES, { id, after: '99' })
    await ahead.ended
    expect(reasonOf(ahead.errors)).toBe('invalid_cursor')
    for (const watching of [updates, plain, again]) await watching.stop()
  })

  it('is told to followers: that it is announced, and that it is on air', async () => {
    const artist = await provenCreator(world)
    const fan = await world.fan()
    await fan.do(`mutation ($input: FollowUserInput!) { followUser(input: $input) { userErrors { code } } }`, {
      input: { userId: artist.id },
    })
    await goLive(artist, { title: 'A late show' })
    await server.drain()
    const { notifications } = await fan.do('{ notifications(first: 5) { nodes { type text } } }')
    const told = notifications.nodes as { type: string; text: string }[]
    expect(told.map(({ type }) => type).sort()).toEqual(['NEW_CONTENT', 'STREAM'])
    expect(told.find(({ type }) => type === 'STREAM')?.text).toContain('on air with “A late show”')
  })
})
