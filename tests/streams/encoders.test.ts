import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseGlobalId } from '../../src/lib/ids.js'
import { provenCreator } from '../content/posts.js'
import { runLater } from '../payments/paying.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { errorsOf, goLive, join, readStream, rotate, schedule } from './calls.js'

const SECRET = 'a-secret-of-the-media-server-123'

let server: TestServer
let world: World
beforeAll(async () => {
  server = await startServer({ config: { mediaServerSecret: SECRET } })
  world = makeWorld(server)
})
afterAll(() => server.close())

interface Said {
  readonly status: number
  readonly location: string | null
}

/** What nginx with its RTMP module sends, and what it is answered. */
async function nginx(form: Record<string, string>, secret = SECRET): Promise<Said> {
  const response = await fetch(`${server.origin}/streaming/nginx?secret=${secret}&server=one`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ app: 'live', flashver: '', addr: '192.0.2.7', ...form }).toString(),
  })
  return { status: response.status, location: response.headers.get('location') }
}

async function mediamtx(body: Record<string, string>): Promise<number> {
  const response = await fetch(`${server.origin}/streaming/mediamtx?secret=${SECRET}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: '', password: '', ip: '192.0.2.7', protocol: 'rtmp', query: '', ...body }),
  })
  return response.status
}

const ingests = async (id: string) =>
  (
    await server.database.owner.query<{ connectionId: string; isOpen: boolean }>(
      `select connection_id as "connectionId", ended_at is null as "isOpen" from stream_ingests where stream_id = $1 order by started_at`,
      [parseGlobalId(id)?.uuid],
    )
  ).rows

/** A creator with a key and a stream that is due. */
async function broadcaster(): Promise<{ creator: Person; key: string; keyId: string; id: string; playbackId: string }> {
  const creator = await provenCreator(world)
  const { id: keyId, key } = await rotate(creator)
  const { id } = await schedule(creator)
  const { ingestPath } = (await readStream(creator, id as string, 'ingestPath'))!
  return { creator, key, keyId, id: id as string, playbackId: ingestPath as string }
}
const stateOf = async (creator: Person, id: string): Promise<string> =>
  (await readStream(creator, id))!['state'] as string

describe('a media server', () => {
  it('is nothing without the secret', async () => {
    expect((await nginx({ call: 'publish', name: 'x', clientid: '1' }, 'another-secret')).status).toBe(404)
    expect((await nginx({ call: 'publish', name: 'x', clientid: '1' }, '')).status).toBe(404)
    const bare = await startServer()
    try {
      const answer = await fetch(`${bare.origin}/streaming/nginx?secret=`, { method: 'POST' })
      expect(answer.status).toBe(404)
    } finally {
      await bare.close()
    }
  })

  it('is told what it asks wrongly', async () => {
    expect((await nginx({ call: 'publish', name: 'x' })).status).toBe(400)
    expect((await nginx({ call: 'record', name: 'x', clientid: '1' })).status).toBe(403)
    expect(await mediamtx({ action: 'api', path: '' })).toBe(403)
  })
})

describe('an encoder', () => {
  it('puts the stream that is due on air, under a name that says nothing of its key', async () => {
    const { creator, key, id, playbackId } = await broadcaster()
    expect(await nginx({ call: 'publish', name: key, clientid: '11' })).toEqual({ status: 302, location: playbackId })
    expect(key).not.toContain(playbackId)
    expect(await stateOf(creator, id)).toBe('LIVE')
    const { viewer } = await creator.do('{ viewer { streamKeys { lastUsedAt } } }')
    expect(viewer.streamKeys[0].lastUsedAt).not.toBeNull()
    expect(await readStream(await world.fan(), id, 'ingestPath')).toMatchObject({ ingestPath: null })
  })

  it('is refused with a wrong key, without a stream, and too early', async () => {
    const creator = await provenCreator(world)
    const { key } = await rotate(creator)
    const wrong = `${key.slice(0, -3)}abc`
    expect((await nginx({ call: 'publish', name: wrong, clientid: '1' })).status).toBe(403)
    expect((await nginx({ call: 'publish', name: 'nothing', clientid: '1' })).status).toBe(403)
    expect((await nginx({ call: 'publish', name: key, clientid: '1' })).status).toBe(403)
    await schedule(creator, { startsAt: new Date(Date.now() + 7_200_000).toISOString() })
    expect((await nginx({ call: 'publish', name: key, clientid: '1' })).status).toBe(403)
  })

  it('is awaited by a stream that was put on air, which is over when it never comes', async () => {
    const { creator, key, id } = await broadcaster()
    await goLive(creator)
    const { id: started } = (await creator.do('{ viewer { user { streams(first: 1) { nodes { id } } } } }')).viewer.user
      .streams.nodes[0]
    expect(await readStream(creator, started as string)).toMatchObject({ state: 'INTERRUPTED', startedAt: null })
    await server.database.owner.query(`update live_streams set reconnect_until = app_now() where id = $1`, [
      parseGlobalId(started as string)?.uuid,
    ])
    expect(await readStream(creator, started as string)).toMatchObject({ state: 'ENDED', endReason: 'NEVER_STARTED' })
    expect((await nginx({ call: 'publish', name: key, clientid: '1' })).status).toBe(302)
    expect(await stateOf(creator, id)).toBe('LIVE')
  })

  it('comes back to the same stream within the window, and after it the stream is over', async () => {
    const { creator, key, id } = await broadcaster()
    await nginx({ call: 'publish', name: key, clientid: '21' })
    await nginx({ call: 'publish_done', name: key, clientid: '21' })
    expect(await stateOf(creator, id)).toBe('INTERRUPTED')
    expect((await nginx({ call: 'publish', name: key, clientid: '22' })).status).toBe(302)
    expect(await stateOf(creator, id)).toBe('LIVE')
    // the end of the connection before is told late: it ends nothing
    await nginx({ call: 'publish_done', name: key, clientid: '21' })
    expect(await stateOf(creator, id)).toBe('LIVE')
    await nginx({ call: 'publish_done', name: key, clientid: '22' })
    await server.database.owner.query(`update live_streams set reconnect_until = app_now() where id = $1`, [
      parseGlobalId(id)?.uuid,
    ])
    expect(await readStream(creator, id)).toMatchObject({ state: 'ENDED', endReason: 'TIMEOUT' })
    expect((await nginx({ call: 'publish', name: key, clientid: '23' })).status).toBe(403)
    await runLater(server)
    expect(await readStream(creator, id)).toMatchObject({ state: 'ENDED', endReason: 'TIMEOUT' })
    expect(await ingests(id)).toHaveLength(2)
  })

  it('is refused beside another one, which is an alarm', async () => {
    const { creator, key, id } = await broadcaster()
    const answers = await Promise.all(['31', '32'].map((clientid) => nginx({ call: 'publish', name: key, clientid })))
    expect(answers.map(({ status }) => status).sort()).toEqual([302, 403])
    expect((await ingests(id)).filter(({ isOpen }) => isOpen)).toHaveLength(1)
    await server.drain()
    const { viewer } = await creator.do('{ viewer { notices(first: 5) { nodes { title } } } }')
    expect(viewer.notices.nodes.map(({ title }: { title: string }) => title)).toContain(
      'Somebody else has your stream key',
    )
    const { rows } = await server.database.owner.query(
      `select severity::text from audit_logs where action = 'stream.second_encoder' and subject_id = $1`,
      [parseGlobalId(id)?.uuid],
    )
    expect(rows).toEqual([{ severity: 'high' }])
  })

  it('takes the place of one that the media server has not spoken of', async () => {
    const { key, id } = await broadcaster()
    await nginx({ call: 'publish', name: key, clientid: '41' })
    expect((await nginx({ call: 'update_publish', name: key, clientid: '41' })).status).toBe(200)
    expect((await nginx({ call: 'publish', name: key, clientid: '42' })).status).toBe(403)
    await server.database.owner.query(
      `update stream_ingests set beat_at = beat_at - interval '1 minute' where ended_at is null`,
    )
    expect((await nginx({ call: 'publish', name: key, clientid: '42' })).status).toBe(302)
    expect((await ingests(id)).map(({ isOpen }) => isOpen)).toEqual([false, true])
  })

  it('works with the key before until its time, and is sent away at once with one that is revoked', async () => {
    const { creator, key, keyId, id } = await broadcaster()
    await nginx({ call: 'publish', name: key, clientid: '51' })
    const next = await rotate(creator, 10)
    expect((await nginx({ call: 'update_publish', name: key, clientid: '51' })).status).toBe(200)
    await server.database.owner.query(`update stream_keys set expires_at = app_now() where id = $1`, [
      parseGlobalId(keyId)?.uuid,
    ])
    expect((await nginx({ call: 'update_publish', name: key, clientid: '51' })).status).toBe(403)
    expect(await stateOf(creator, id)).toBe('INTERRUPTED')
    expect((await nginx({ call: 'publish', name: key, clientid: '52' })).status).toBe(403)
    expect((await nginx({ call: 'publish', name: next.key, clientid: '53' })).status).toBe(302)
    expect(await errorsOf(creator, 'revokeStreamKey', { streamKeyId: next.id })).toEqual([])
    expect(await readStream(creator, id)).toMatchObject({ state: 'ENDED', endReason: 'KEY_REVOKED' })
    expect((await nginx({ call: 'update_publish', name: next.key, clientid: '53' })).status).toBe(403)
    expect((await nginx({ call: 'publish', name: next.key, clientid: '54' })).status).toBe(403)
  })

  it('is asked for the same way by MediaMTX', async () => {
    const { creator, key, id, playbackId } = await broadcaster()
    const connection = { id: '8f2b7a54-6a2c-4f3e-9d1b-0c8d7e6f5a4b', path: `live/${playbackId}` }
    expect(await mediamtx({ action: 'publish', ...connection })).toBe(401)
    expect(await mediamtx({ action: 'publish', ...connection, query: 'key=live_wrong' })).toBe(403)
    expect(
      await mediamtx({ action: 'publish', path: `live/${crypto.randomUUID()}`, id: 'x', query: `key=${key}` }),
    ).toBe(403)
    expect(await mediamtx({ action: 'publish', ...connection, query: `key=${key}` })).toBe(200)
    expect(await mediamtx({ action: 'publish', ...connection, password: key })).toBe(200)
    expect(await stateOf(creator, id)).toBe('LIVE')
    expect(await mediamtx({ action: 'update_publish', ...connection })).toBe(200)
    expect(await mediamtx({ action: 'publish_done', ...connection })).toBe(200)
    expect(await stateOf(creator, id)).toBe('INTERRUPTED')
  })
})

describe('a player', () => {
  it('plays with a token of its viewer, for as long as what opens the stream lasts', async () => {
    const { creator, key, id, playbackId } = await broadcaster()
    const fan = await world.fan()
    await nginx({ call: 'publish', name: key, clientid: '61' })
    const { playback } = await join(fan, id)
    const play = async (token: string, call = 'play', name = playbackId): Promise<number> =>
      (await nginx({ call, name, clientid: '62', token })).status
    expect(playback.playbackId).toBe(playbackId)
    expect(await play(playback.token as string)).toBe(200)
    expect(
      await mediamtx({ action: 'read', path: playbackId, id: 'y', query: `token=${playback.token as string}` }),
    ).toBe(200)
    expect(await mediamtx({ action: 'read', path: playbackId, id: 'y' })).toBe(401)
    for (const token of ['', 'x', `${(playback.token as string).slice(0, -2)}xx`]) expect(await play(token)).toBe(403)
    expect(await play(playback.token as string, 'play', crypto.randomUUID())).toBe(403)
    await world.setClock(3 * 60_000)
    expect(await play(playback.token as string)).toBe(403)
    expect(await play(playback.token as string, 'update_play')).toBe(200)
    await world.setClock(0)
    await creator.do(`mutation ($input: BlockUserInput!) { blockUser(input: $input) { userErrors { code } } }`, {
      input: { userId: fan.id },
    })
    expect(await play(playback.token as string)).toBe(403)
    expect(await play(playback.token as string, 'update_play')).toBe(403)
  })

  it('is sent away once its viewer is banned, and everybody once the stream is over', async () => {
    const { creator, key, id, playbackId } = await broadcaster()
    const [rude, other] = [await world.fan(), await world.fan()]
    await nginx({ call: 'publish', name: key, clientid: '65' })
    const tokens = await Promise.all(
      [rude, other].map(async (fan) => (await join(fan, id))['playback'].token as string),
    )
    const answers = (call: string): Promise<number[]> =>
      Promise.all(tokens.map(async (token) => (await nginx({ call, name: playbackId, clientid: '66', token })).status))
    expect(await answers('play')).toEqual([200, 200])
    expect(await errorsOf(creator, 'banInStream', { streamId: id, userId: rude.id })).toEqual([])
    for (const call of ['play', 'update_play']) expect(await answers(call)).toEqual([403, 200])
    expect(await errorsOf(creator, 'unbanInStream', { streamId: id, userId: rude.id })).toEqual([])
    expect(await answers('update_play')).toEqual([200, 200])
    expect(await errorsOf(creator, 'endStream', { streamId: id })).toEqual([])
    for (const call of ['play', 'update_play']) expect(await answers(call)).toEqual([403, 403])
  })

  it('is refused once the grant that it came by has ended, also where another one opens the stream', async () => {
    const creator = await provenCreator(world)
    const { key } = await rotate(creator)
    const { id, content } = await schedule(creator, { visibility: 'SUBSCRIBERS' })
    const fan = await world.fan()
    const give = async (): Promise<string> =>
      (
        await creator.do(
          `mutation ($input: GrantAccessInput!) { grantAccess(input: $input) { grant { id } userErrors { code } } }`,
          { input: { userId: fan.id, contentId: content.id, reason: 'A gift.' } },
        )
      ).grantAccess.grant.id as string
    const first = await give()
    await nginx({ call: 'publish', name: key, clientid: '71' })
    const { playback } = await join(fan, id as string)
    const play = async (token: string): Promise<number> =>
      (await nginx({ call: 'play', name: playback.playbackId as string, clientid: '72', token })).status
    expect(await play(playback.token as string)).toBe(200)
    await creator.do(`mutation ($input: RevokeGrantInput!) { revokeGrant(input: $input) { userErrors { code } } }`, {
      input: { grantId: first, reason: 'Over.' },
    })
    expect(await play(playback.token as string)).toBe(403)
    expect(await errorsOf(fan, 'heartbeatStream', { streamId: id })).toEqual(['CONTENT_LOCKED'])
    await give()
    expect(await play(playback.token as string)).toBe(403)
    expect(await play((await join(fan, id as string))['playback'].token as string)).toBe(200)
  })
})
