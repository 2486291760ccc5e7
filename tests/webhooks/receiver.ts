import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { vi } from 'vitest'
import { transaction } from '../../src/lib/db.js'
import { jobOrigin } from '../../src/lib/jobs.js'
import { wakeSender } from '../../src/webhooks/sending.js'
import { done } from '../comments/calls.js'
import type { TestServer } from '../support/server.js'
import type { Person } from '../support/world.js'

/** A message as it arrived. */
export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly message: { type: string; timestamp: string; data: Record<string, unknown> }
}

type Respond = (received: Received, response: ServerResponse) => void | Promise<void>

/** A creator's tool: an HTTP server on loopback that keeps what it is sent. */
export interface Receiver {
  readonly url: string
  readonly received: Received[]
  /** The greatest number of messages that were being answered at once. */
  readonly mostAtOnce: number
  /** How it answers; 204 unless said otherwise. */
  respond: Respond
  close(): Promise<void>
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  let now = 0
  let mostAtOnce = 0
  const receiver = { respond: ok }
  const server = createServer((request, response) => {
    now += 1
    mostAtOnce = Math.max(mostAtOnce, now)
    response.on('close', () => (now -= 1))
    void read(request).then((each) => {
      received.push(each)
      return receiver.respond(each, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.defineProperty(
    Object.assign(receiver, {
      url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/hooks`,
      received,
      mostAtOnce,
      close: () =>
        new Promise<void>((resolve) => {
          server.closeAllConnections()
          server.close(() => {
            resolve()
          })
        }),
    }),
    'mostAtOnce',
    { get: () => mostAtOnce },
  )
}

async function read(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks).toString()
  return {
    path: request.url ?? '',
    headers: request.headers,
    body,
    message: JSON.parse(body) as Received['message'],
  }
}

export const answer =
  (status: number, headers: Record<string, string> = {}): Respond =>
  (_received, response) => {
    response.writeHead(status, headers).end()
  }
const ok = answer(204)

/** Verifies a message as a creator's tool does, with the platform's time taken for the tool's. @throws Error when it is forged */
export function verify(secret: string, { headers, body }: Received): unknown {
  vi.useFakeTimers({ toFake: ['Date'], now: Number(headers['webhook-timestamp']) * 1_000 })
  try {
    return new Webhook(secret).verify(body, headers as Record<string, string>)
  } finally {
    vi.useRealTimers()
  }
}

export interface Endpoint {
  readonly id: string
  readonly secret: string
}

/** Has a creator's address told of these types; of everything unless said otherwise. */
export async function listen(creator: Person, url: string, eventTypes: string[] = []): Promise<Endpoint> {
  const { endpoint, secret } = await done(
    creator,
    'createWebhookEndpoint',
    { url, eventTypes },
    'endpoint { id state eventTypes } secret',
  )
  return { id: endpoint.id as string, secret: secret as string }
}

/** Sends a test message; answers the delivery. */
export const test = async (creator: Person, endpointId: string): Promise<Record<string, any>> =>
  (await done(creator, 'sendTestWebhook', { endpointId }, `delivery { ${DELIVERY} }`))['delivery']

export const DELIVERY =
  'id type state attemptCount nextAttemptAt responseStatus lastError deliveredAt createdAt payload'

/** What was sent to an address, the newest first. */
export async function deliveriesOf(creator: Person, endpointId: string): Promise<Record<string, any>[]> {
  const { node } = await creator.do(
    `query ($id: ID!) { node(id: $id) { ... on WebhookEndpoint { deliveries(first: 100) { nodes { ${DELIVERY} } } } } }`,
    { id: endpointId },
  )
  return node.deliveries.nodes as Record<string, any>[]
}

/** An address as its owner sees it. */
export async function endpointOf(person: Pick<Person, 'do'>, id: string): Promise<Record<string, any> | null> {
  const { node } = await person.do(
    'query ($id: ID!) { node(id: $id) { ... on WebhookEndpoint { id url eventTypes state disabledAt disabledReason } } }',
    { id },
  )
  return node as Record<string, any> | null
}

/** Has what is due sent, as the clock does every minute, and everything else done. */
export async function sendAll(server: TestServer): Promise<void> {
  await transaction(jobOrigin(server.jobs, 'test'), (tx) => wakeSender(tx))
  await server.drain()
}
