import assert from 'node:assert'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { SECOND_MS, monotonicMs } from '../../src/lib/clock.js'
import { COLLECTING, ROOT, readMetrics, startChild } from '../children.js'
import type { Child } from '../children.js'
import { medianOf } from '../load.js'
import type { BenchViewer, BenchWorld } from '../world.js'
import { Crowd } from './crowd.js'
import type { Seat } from './crowd.js'

const SUBSCRIBERS = 5_000
const EVENTS = 25
const IDLE_SOCKETS = 10_000
/** A person may have ten sockets, and an address fifty. */
const SOCKETS_PER_PERSON = 5
const SOCKETS_PER_ADDRESS = 40
const MESSAGES = 200
const SETTLE_MS = 3 * SECOND_MS
const KIB = 1_024

const GOAL_DELIVERIES = 0.5
const GOAL_IDLE_KIB = 20

const CHAT = `subscription ($streamId: ID!) { streamChat(streamId: $streamId) { sequence kind line { id sequence text author { userId username displayName } saidAt } } }`
const COUNT = `subscription ($streamId: ID!) { streamViewerCount(streamId: $streamId) { viewerCount } }`

const OURS = [join(ROOT, 'dist/main.js')]
const BARE = ['--import', 'tsx', join(ROOT, 'bench/sockets/bare.ts')]

type Data = Readonly<Record<string, unknown>>

async function ask(origin: string, { accessToken }: BenchViewer, query: string, variables: object): Promise<Data> {
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
    body: JSON.stringify({ query, variables }),
  })
  const text = await response.text()
  const { data, errors } = JSON.parse(text) as { data: Data | null; errors?: unknown }
  assert(data && errors === undefined && !text.includes('"code":'), text)
  return data
}

/** A stream on air, of a creator of the world's. */
async function startStream(origin: string, creator: BenchViewer): Promise<string> {
  const made = await ask(
    origin,
    creator,
    'mutation ($key: ID!) { scheduleStream(input: { title: "Bench", idempotencyKey: $key }) { stream { id } userErrors { code } } }',
    { key: randomUUID() },
  )
  const { stream } = made['scheduleStream'] as { stream: { id: string } }
  const started = await ask(
    origin,
    creator,
    'mutation ($streamId: ID!) { startStream(input: { streamId: $streamId }) { stream { state } userErrors { code } } }',
    { streamId: stream.id },
  )
  assert.equal((started['startStream'] as { stream: { state: string } }).stream.state, 'LIVE')
  return stream.id
}

function seatsAt(api: string, { viewers }: BenchWorld, query: string, variables: object, count: number): Seat[] {
  return Array.from({ length: count }, (_, index) => {
    const viewer = viewers[Math.floor(index / SOCKETS_PER_PERSON) % viewers.length]
    const address = Math.floor(index / SOCKETS_PER_ADDRESS)
    const authorization = `Bearer ${viewer?.accessToken ?? ''}`
    return {
      url: `${api.replace('http', 'ws')}/graphql`,
      protocols: ['graphql-transport-ws'],
      headers: { 'x-forwarded-for': `198.18.${String(address >> 8)}.${String(address & 255)}` },
      opening: [
        JSON.stringify({ type: 'connection_init', payload: { authorization } }),
        JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables } }),
      ],
    }
  })
}

const bareSeats = (bare: string, count: number): Seat[] =>
  Array.from({ length: count }, () => ({ url: bare.replace('http', 'ws'), protocols: [], headers: {}, opening: [] }))

const percentile = (figures: readonly number[], share: number): number =>
  [...figures].sort((one, other) => one - other)[Math.min(figures.length - 1, Math.floor(figures.length * share))] ??
  NaN

/** What sockets do, against bare ws in the same run; says each figure as soon as it is there. */
export async function measureSockets(
  world: BenchWorld,
  start: (args: readonly string[]) => Promise<string>,
  say: (line: string) => void,
): Promise<void> {
  const api = await start(OURS)
  const bare = await start(BARE)
  const streamId = await startStream(api, world.creator)
  const places = { api, bare, streamId }
  for (const measure of [measureDeliveries, measureIdle, measureMessages])
    for (const line of await measure(world, places, say)) say(line)
  // a world that is kept is found without it
  await ask(
    api,
    world.creator,
    'mutation ($streamId: ID!) { endStream(input: { streamId: $streamId }) { userErrors { code } } }',
    { streamId },
  )
}

interface Places {
  readonly api: string
  readonly bare: string
  readonly streamId: string
}

async function measureDeliveries(
  world: BenchWorld,
  { api, bare, streamId }: Places,
  say: (line: string) => void,
): Promise<string[]> {
  say(`telling ${String(SUBSCRIBERS)} subscribers of one stream …`)
  const [ours, least] = [new Crowd(), new Crowd()]
  await ours.seat(seatsAt(api, world, CHAT, { streamId }, SUBSCRIBERS))
  await least.seat(bareSeats(bare, SUBSCRIBERS))
  await sleep(SETTLE_MS)
  await ours.quiet()
  const payload = samplePayload(streamId)
  const times: { ours: number; least: number; total: number }[] = []
  for (let event = 0; event < EVENTS; event += 1) {
    const speaker = world.viewers[event] ?? world.creator
    const spoken = await ours.timeTelling(() =>
      ask(
        api,
        speaker,
        'mutation ($streamId: ID!, $text: String!) { sendStreamChat(input: { streamId: $streamId, text: $text }) { line { id } userErrors { code } } }',
        { streamId, text: `line ${String(event)} of the bench` },
      ),
    )
    const told = await least.timeTelling(() => fetch(`${bare}/tell`, { method: 'POST', body: payload }))
    times.push({ ours: spoken.spreadMs, least: told.spreadMs, total: spoken.totalMs })
  }
  ours.leave()
  least.leave()
  const perSecond = (ms: number): number => Math.round((SUBSCRIBERS * SECOND_MS) / ms)
  const ratio = medianOf(times.map((time) => time.least / time.ours))
  const oursMs = times.map((time) => time.ours)
  const leastMs = times.map((time) => time.least)
  const totals = times.map(({ total }) => total)
  return [
    '',
    `one line of chat to ${String(SUBSCRIBERS)} sockets, deliveries a second from the first to the last of them:`,
    `  API ${String(perSecond(medianOf(oursMs)))}, bare ws ${String(perSecond(medianOf(leastMs)))}: ${ratio.toFixed(2)}   (goal ${GOAL_DELIVERIES.toFixed(1)}: ${ratio >= GOAL_DELIVERIES ? 'reached' : 'missed'})`,
    `  from the mutation to the last socket: median ${medianOf(totals).toFixed(0)} ms, p99 ${percentile(totals, 0.99).toFixed(0)} ms`,
  ]
}

/** As long as what the API sends. */
const samplePayload = (streamId: string): string =>
  JSON.stringify({
    id: '1',
    type: 'next',
    payload: {
      data: {
        streamChat: {
          sequence: '1',
          kind: 'SAID',
          line: {
            id: streamId,
            sequence: '1',
            text: 'line 1 of the bench',
            author: { userId: streamId, username: 'somebody.there', displayName: 'Somebody There' },
            saidAt: '2026-11-26T10:00:00.000Z',
          },
        },
      },
    },
  })

async function measureIdle(world: BenchWorld, { streamId }: Places, say: (line: string) => void): Promise<string[]> {
  say(`keeping ${String(IDLE_SOCKETS)} idle subscribed sockets …`)
  const held: number[] = []
  for (const [program, seatsOf] of [
    [OURS, (origin: string) => seatsAt(origin, world, COUNT, { streamId }, IDLE_SOCKETS)],
    [BARE, (origin: string) => bareSeats(origin, IDLE_SOCKETS)],
  ] as const) {
    // a process that has held sockets before has memory left over from them
    const server = await startChild([...COLLECTING, ...program], world.env)
    const crowd = new Crowd()
    try {
      await server.collectGarbage()
      const before = await readMetrics(server.origin)
      const startedMs = monotonicMs()
      await crowd.seat(seatsOf(server.origin))
      const seatedMs = monotonicMs() - startedMs
      say(`  ${String(Math.round((IDLE_SOCKETS * SECOND_MS) / seatedMs))} of them opened a second`)
      await sleep(SETTLE_MS)
      const seated = await readMetrics(server.origin)
      await server.collectGarbage()
      const after = await readMetrics(server.origin)
      const perSocket = (bytes: number): number => bytes / IDLE_SOCKETS / KIB
      held.push(perSocket(after.rssBytes - before.rssBytes))
      say(
        `  ${perSocket(seated.rssBytes - before.rssBytes).toFixed(1)} KiB each with the garbage of opening them, ${perSocket(after.heapUsedBytes - before.heapUsedBytes).toFixed(1)} of the heap without`,
      )
    } finally {
      crowd.leave()
      await server.stop()
    }
  }
  const [ours = NaN, least = NaN] = held
  const above = ours - least
  return [
    `${String(IDLE_SOCKETS)} idle subscribed sockets: ${ours.toFixed(1)} KiB each, bare ws ${least.toFixed(1)}: ${above.toFixed(1)} above   (goal under ${String(GOAL_IDLE_KIB)}: ${above < GOAL_IDLE_KIB ? 'reached' : 'missed'})`,
  ]
}

/** From `sendMessage` to the other side's socket, through each bus. */
async function measureMessages(world: BenchWorld, _places: Places, say: (line: string) => void): Promise<string[]> {
  const lines: string[] = []
  const redisUrl = process.env['REDIS_URL']
  for (const [bus, env] of [
    ['LISTEN/NOTIFY', {}],
    ...(redisUrl ? [['Redis', { REDIS_URL: redisUrl }] as const] : []),
  ] as const) {
    say(`sending ${String(MESSAGES)} messages over ${bus} …`)
    const servers: Child[] = []
    try {
      // one process is written to, the other tells
      for (let count = 0; count < 2; count += 1) servers.push(await startChild(OURS, { ...world.env, ...env }))
      const [one, other] = servers
      assert(one && other)
      const times = await timeMessages(world, one.origin, other.origin)
      lines.push(
        `sendMessage to delivery on another process over ${bus}: median ${medianOf(times).toFixed(1)} ms, p99 ${percentile(times, 0.99).toFixed(1)} ms`,
      )
    } finally {
      for (const server of servers) await server.stop()
    }
  }
  return lines
}

async function timeMessages(
  { creator, creatorId, viewers }: BenchWorld,
  one: string,
  other: string,
): Promise<number[]> {
  const times: number[] = []
  const fans = viewers.slice(0, 10)
  for (const fan of fans) {
    const { startConversation } = await ask(
      one,
      fan,
      'mutation ($userId: ID!) { startConversation(input: { userId: $userId }) { conversation { id } userErrors { code } } }',
      { userId: creatorId },
    )
    const { id: conversationId } = (startConversation as { conversation: { id: string } }).conversation
    const client = createClient({
      url: `${other.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${creator.accessToken}` },
    })
    const listens = new Promise<void>((resolve) => {
      client.on('connected', (socket) => {
        // the client subscribes as soon as it is connected
        setImmediate(() => {
          ;(socket as WebSocket).send(JSON.stringify({ type: 'ping' }))
        })
      })
      client.on('pong', () => {
        resolve()
      })
    })
    let onTold: () => void = () => undefined
    const stop = client.subscribe(
      {
        query: 'subscription ($id: ID!) { messageReceived(conversationId: $id) { sequence } }',
        variables: { id: conversationId },
      },
      {
        next: () => {
          onTold()
        },
        error: (error) => {
          throw error instanceof Error ? error : new Error(JSON.stringify(error))
        },
        complete: () => undefined,
      },
    )
    await listens
    for (let count = 0; count < MESSAGES / fans.length; count += 1) {
      const told = new Promise<void>((resolve) => (onTold = resolve))
      const startedMs = monotonicMs()
      await ask(
        one,
        fan,
        'mutation ($id: ID!, $key: ID!) { sendMessage(input: { conversationId: $id, body: "bench", idempotencyKey: $key }) { message { id } userErrors { code } } }',
        { id: conversationId, key: randomUUID() },
      )
      await told
      times.push(monotonicMs() - startedMs)
    }
    stop()
    await client.dispose()
  }
  return times
}
