import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configureLog } from '../../src/lib/log.js'
import { call, done } from '../comments/calls.js'
import { provenCreator } from '../content/posts.js'
import { send, start } from '../messages/calls.js'
import { goLive, join, readStream, rotate, say, schedule } from '../streams/calls.js'
import { newKey } from '../payments/paying.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { World } from '../support/world.js'

const SECRET = 'a-secret-of-the-media-server-123'
const CANARY = 'canaryoflogs'

/** Everything that the server logs, at the finest level. */
const lines: string[] = []
let server: TestServer
let world: World
beforeAll(async () => {
  server = await startServer({ config: { mediaServerSecret: SECRET, costBudget: 1_000_000 } })
  configureLog('debug', { write: (line) => lines.push(line) })
  world = makeWorld(server)
})
afterAll(async () => {
  configureLog('silent')
  await server.close()
})

const nginx = async (form: Record<string, string>): Promise<number> =>
  (
    await fetch(`${server.origin}/streaming/nginx?secret=${SECRET}&server=one`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ app: 'live', addr: '192.0.2.7', ...form }).toString(),
    })
  ).status
const mediamtx = async (body: Record<string, string>): Promise<number> =>
  (
    await fetch(`${server.origin}/streaming/mediamtx?secret=${SECRET}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user: '', password: '', ip: '192.0.2.7', protocol: 'rtmp', query: '', ...body }),
    })
  ).status

/** Has the database refuse every row of a table that is written while `work` goes on. */
async function whileRefused(table: string, work: () => Promise<void>): Promise<void> {
  const { owner } = server.database
  await owner.query(`alter table ${table} add constraint refused check (false) not valid`)
  try {
    await work()
  } finally {
    await owner.query(`alter table ${table} drop constraint refused`)
  }
}

describe('the log', () => {
  it('has no key of an encoder and no token of a player, right or wrong, and whatever fails', async () => {
    const creator = await provenCreator(world)
    const first = await rotate(creator)
    const { key } = await rotate(creator)
    const { id } = await schedule(creator)
    const { ingestPath } = (await readStream(creator, id as string, 'ingestPath'))!
    const path = ingestPath as string
    const wrong = `live_${CANARY.padEnd(43, 'x')}`
    await whileRefused('stream_ingests', async () => {
      expect(await nginx({ call: 'publish', name: key, clientid: '1' })).toBe(500)
      expect(await mediamtx({ action: 'publish', path, query: `key=${key}`, id: 'a' })).toBe(500)
    })
    expect(await nginx({ call: 'publish', name: wrong, clientid: '2' })).toBe(403)
    expect(await mediamtx({ action: 'publish', path, query: `key=${wrong}`, id: 'b' })).toBe(403)
    expect(await nginx({ call: 'publish', name: first.key, clientid: '3' })).toBe(302)
    // a second encoder, with a valid key
    expect(await nginx({ call: 'publish', name: key, clientid: '4' })).toBe(403)
    const fan = await world.fan()
    const { playback } = await join(fan, id as string)
    const { token, playbackId } = playback as { token: string; playbackId: string }
    const forged = `${token.slice(0, -8)}AAAAAAAA`
    for (const [shown, status] of [
      [token, 200],
      [forged, 403],
      [CANARY, 403],
    ] as const)
      expect(await nginx({ call: 'play', name: playbackId, clientid: '5', token: shown })).toBe(status)
    await whileRefused('stream_keys', async () => {
      const { data } = await creator.request<any>(
        'mutation { rotateStreamKey(input: { overlapMinutes: 5 }) { key userErrors { code } } }',
      )
      expect(data?.rotateStreamKey ?? null).toBeNull()
    })
    await done(creator, 'revokeStreamKey', { streamKeyId: first.id }, 'streamKey { id }')
    await server.drain()
    const log = lines.join('')
    // that encoders were refused, and that something broke, is in it
    expect(log).toContain('another encoder is on air')
    expect(log).toContain('there is no such key')
    expect(log).toMatch(/"level":"error"/)
    for (const secret of [key, first.key, wrong, token, forged, CANARY, SECRET]) expect(log).not.toContain(secret)
  })

  it('has no word of a message, a teaser or a line of a chat, sent, sold, edited, refused or failed', async () => {
    const [creator, fan] = [await provenCreator(world), await world.fan()]
    await call(fan, 'followUser', { userId: creator.id })
    const id = await start(fan, creator)
    const { id: messageId } = await send(fan, id, `${CANARY} first`)
    await done(fan, 'editMessage', { messageId, body: `${CANARY} second`, expectedVersion: 1 }, 'message { id }')
    await done(fan, 'deleteMessage', { messageId }, 'message { id }')
    await send(creator, id, `${CANARY} sold`, { priceMinor: '700', teaser: `${CANARY} teaser` })
    const mass = { segment: 'FOLLOWERS', body: `${CANARY} to all`, idempotencyKey: newKey() }
    await done(creator, 'sendMassMessage', mass, 'massMessage { id }')
    const { id: streamId } = await goLive(await provenCreator(world))
    await say(fan, streamId as string, `${CANARY} line`)
    const failures = lines.filter((line) => line.includes('"level":"error"')).length
    const input = { conversationId: id, body: `${CANARY} lost`, idempotencyKey: newKey() }
    const SEND =
      'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } userErrors { code } } }'
    await whileRefused('messages', async () => {
      const { errors } = await fan.request(SEND, { input })
      expect(errors.map(({ extensions }) => extensions['code'])).toEqual(['INTERNAL_SERVER_ERROR'])
    })
    await whileRefused('stream_chat_messages', async () => {
      const { errors } = await fan.request(
        'mutation ($input: SendStreamChatInput!) { sendStreamChat(input: $input) { line { id } userErrors { code } } }',
        { input: { streamId, text: `${CANARY} lost` } },
      )
      expect(errors.map(({ extensions }) => extensions['code'])).toEqual(['INTERNAL_SERVER_ERROR'])
    })
    expect(lines.filter((line) => line.includes('"level":"error"')).length).toBeGreaterThanOrEqual(failures + 2)
    for (const text of [
      `mutation { sendMessage(input: { conversationId: "${id}", body: "${CANARY} typo", idempotencyKey: "k" }) { nothing } }`,
      `mutation { sendMessage(input: { conversationId: "${id}", body: "${CANARY} broken" `,
    ])
      expect((await fan.request(text)).errors.length).toBeGreaterThan(0)
    await server.drain()
    expect(lines.join('')).not.toContain(CANARY)
  })
})
