import { EventEmitter, on } from 'node:events'
import { rule } from 'graphql-shield'
import { WebSocket } from 'ws'
import type { Authenticated, Context } from '../../src/api/context.js'
import { buildSchema } from '../../src/api/schema.js'
import type { RuleMap } from '../../src/api/permissions.js'
import { scalars } from '../../src/api/scalars.js'
import type { Services } from '../../src/api/services.js'
import { createServer } from '../../src/server.js'
import type { Server } from '../../src/server.js'
import type { Config } from '../../src/env.js'
import type { Bus } from '../../src/lib/bus.js'
import { machineNow } from '../../src/lib/clock.js'
import { AppError } from '../../src/lib/errors.js'
import type { OutboxEvent } from '../../src/lib/events.js'
import { configureLog } from '../../src/lib/log.js'
import { begin, LISTENING } from '../../src/lib/sources.js'
import type { Source } from '../../src/lib/sources.js'
import type { RateLimiter } from '../../src/lib/rate.js'
import { anyone, hasSession, isSignedIn, isStaff } from '../../src/lib/rules.js'
import type { Viewer } from '../../src/lib/viewer.js'
import { request } from '../support/client.js'
import type { Answer } from '../support/client.js'
import { Newsroom, NEWSROOM_SDL } from './newsroom.js'

/**
 * A small schema of every shape that the API's machinery treats differently, served by the real server: what is tested
 * here is the machinery, not a domain.
 */
export const SDL = `
  "An instant." scalar DateTime
  "A calendar date." scalar Date
  "A whole number." scalar BigInt
  "A currency." scalar Currency
  "A country." scalar CountryCode
  "An address." scalar Url
  "Any value." scalar JSON
  interface Node { id: ID! }
  type Person implements Node {
    id: ID! name: String! nick: String best: Person pets: [Pet!]! tags: [String!]! secret: String
    friends(first: Int = 20, after: String, last: Int, before: String): PersonConnection!
  }
  type Pet implements Node { id: ID! name: String! owner: Person }
  union Thing = Person | Pet
  type PersonConnection { nodes: [Person!]! edges: [PersonEdge!]! pageInfo: PageInfo! }
  type PersonEdge { cursor: String! node: Person! }
  type PageInfo { hasNextPage: Boolean! }
  interface UserError { code: String! message: String! path: [String!]! }
  type InvalidInputError implements UserError { code: String! message: String! path: [String!]! }
  type ConflictError implements UserError { code: String! message: String! path: [String!]! currentVersion: Int }
  type NotFoundError implements UserError { code: String! message: String! path: [String!]! }
  type DoPayload { person: Person isDone: Boolean! count: Int! names: [String!]! userErrors: [UserError!]! }
  input DoInput { how: String! }
  type Query {
    hello: String!
    me: Person
    person: Person!
    people(first: Int = 20, after: String, last: Int, before: String): PersonConnection!
    things: [Thing!]!
    node(id: ID!): Node
    nodes(ids: [ID!]!): [Node]!
    echo(text: String, number: BigInt, json: JSON, at: DateTime): String
    crash: String
    crashRequired: String!
    databaseIsDown: String
    brokenRule: String
    denied: String
    owned(id: ID!): String
    signedIn: String
    staffOnly: String
  }
  type Mutation { do(input: DoInput!): DoPayload! limited: String! plain: String }
  type Tick { sequence: Int! viewer: String at: DateTime! secret: String }
  type Subscription {
    ticks(after: Int): Tick!
    privateTicks: Tick!
    deniedTicks: Tick!
    crashingTicks: Tick!
    crashingEvents: Tick!
    headlines(after: BigInt): Headline!
    latestHeadline: Headline!
  }
  ${NEWSROOM_SDL}
`

export const newsroom = new Newsroom()

export const CANARY = 'canary-8f1d'

const everything = Array.from({ length: 100 }, (_, index) => index)

/** How many objects the last request resolved; the cost estimate must not be below. */
export const resolved = { objects: 0 }
const counted = <T extends object>(row: T): T => {
  resolved.objects += 1
  return row
}

const person = (index: number) =>
  counted({
    __typename: 'Person',
    id: `person-${String(index)}`,
    name: `Person ${String(index)}`,
    nick: null,
    tags: ['a', 'b'],
  })
const pet = (index: number) => counted({ __typename: 'Pet', id: `pet-${String(index)}`, name: `Pet ${String(index)}` })

interface PageArgs {
  readonly first?: number | null
  readonly last?: number | null
}

function connection({ first, last }: PageArgs) {
  const size = last ?? first ?? 20
  const rows = everything.slice(0, size)
  return counted({
    nodes: () => rows.map(person),
    edges: () => rows.map((index) => counted({ cursor: String(index), node: () => person(index) })),
    pageInfo: () => counted({ hasNextPage: false }),
  })
}

/** Starts and ends of subscription sources, to see that none is left. */
export const sources = { started: 0, open: 0, firstLook: null as Promise<void> | null }

const ticks = (context: Context): Promise<AsyncIterable<OutboxEvent>> =>
  begin(tickSource(context), context.signal as AbortSignal)

async function* tickSource({ bus, signal }: Context): Source<OutboxEvent> {
  sources.started += 1
  sources.open += 1
  try {
    const events = await bus.events('ticks', { signal: signal as AbortSignal })
    await sources.firstLook
    yield LISTENING
    yield* events
  } finally {
    sources.open -= 1
  }
}

const resolvers = {
  ...scalars,
  Query: {
    hello: () => 'world',
    me: (_: unknown, __: unknown, { viewer }: Context) => (viewer ? person(0) : null),
    person: () => person(0),
    people: (_: unknown, args: PageArgs) => connection(args),
    things: () => [person(0), pet(0)],
    node: (_: unknown, { id }: { id: string }) => (id.startsWith('pet') ? pet(0) : person(0)),
    nodes: (_: unknown, { ids }: { ids: string[] }) => ids.map((id) => (id.startsWith('pet') ? pet(0) : person(0))),
    echo: (_: unknown, args: Record<string, unknown>) => Object.values(args).map(String).join(),
    crash: () => {
      throw new Error(CANARY)
    },
    crashRequired: () => Promise.reject(new TypeError(CANARY)),
    databaseIsDown: () => {
      throw Object.assign(new Error(CANARY), { code: 'ECONNREFUSED' })
    },
    brokenRule: () => 'never',
    denied: () => 'never',
    owned: (_: unknown, { id }: { id: string }) => `the secret of ${id}`,
    signedIn: () => 'in',
    staffOnly: () => 'staff',
  },
  Person: {
    best: () => Promise.resolve(person(1)),
    pets: () => everything.slice(0, 10).map(pet),
    friends: (_: unknown, args: PageArgs) => connection(args),
    secret: () => 'for staff',
  },
  Pet: { owner: () => person(2) },
  Mutation: {
    do: (_: unknown, { input: { how } }: { input: { how: string } }) => {
      if (how === 'invalid') throw new AppError('INVALID', 'invalid_input', 'Not so.', { path: ['input', 'how'] })
      if (how === 'conflict') throw new AppError('CONFLICT', 'version_conflict', 'Changed.', { currentVersion: 7 })
      if (how === 'missing') throw new AppError('NOT_FOUND', 'node_not_found', 'No such thing.')
      if (how === 'forbidden') throw new AppError('FORBIDDEN', 'not_allowed', 'Not yours.')
      if (how === 'crash') throw new Error(CANARY)
      return { person: person(0), isDone: true, count: 1, names: ['x'], userErrors: [] }
    },
    limited: () => {
      throw new AppError('LIMITED', 'rate_limited', 'Too often.', { retryAfterSeconds: 7 })
    },
    plain: () => {
      throw new AppError('INVALID', 'invalid_input', 'Not so.')
    },
  },
  Subscription: {
    ticks: { subscribe: (_: unknown, __: unknown, context: Context) => ticks(context), resolve: tick },
    privateTicks: { subscribe: (_: unknown, __: unknown, context: Context) => ticks(context), resolve: tick },
    deniedTicks: { subscribe: (_: unknown, __: unknown, context: Context) => ticks(context), resolve: tick },
    crashingTicks: {
      subscribe: () => {
        throw new Error(CANARY)
      },
    },
    crashingEvents: {
      subscribe: (_: unknown, __: unknown, context: Context) => ticks(context),
      resolve: () => {
        throw new Error(CANARY)
      },
    },
    headlines: newsroom.headlines,
    latestHeadline: newsroom.latestHeadline,
  },
  ...newsroom.resolvers,
}

function tick(event: OutboxEvent, _: unknown, { viewer, now }: Context) {
  return { sequence: Number(event.sequence), viewer: viewer?.role ?? null, at: now, secret: 'for staff' }
}

const isOwner = rule('isOwner', { cache: 'no_cache' })((_parent, { id }: { id: string }) => id === 'mine')
const isBroken = rule('isBroken', { cache: 'no_cache' })(() => {
  throw new Error(CANARY)
})
const isDenied = rule('isDenied', { cache: 'no_cache' })(() => false)

export const rules = {
  Query: {
    hello: anyone,
    me: anyone,
    person: anyone,
    people: anyone,
    things: anyone,
    node: anyone,
    nodes: anyone,
    echo: anyone,
    crash: anyone,
    crashRequired: anyone,
    databaseIsDown: anyone,
    brokenRule: isBroken,
    denied: isDenied,
    owned: isOwner,
    signedIn: isSignedIn,
    staffOnly: isStaff,
  },
  Mutation: { do: anyone, limited: anyone, plain: anyone },
  Subscription: {
    ticks: anyone,
    privateTicks: hasSession,
    deniedTicks: isDenied,
    crashingTicks: anyone,
    crashingEvents: anyone,
    headlines: hasSession,
    latestHeadline: hasSession,
  },
  Person: { secret: isStaff },
  Tick: { secret: isStaff },
} satisfies RuleMap

/** A schema of its own for each server: rules are put into it in place. */
export const laboratorySchema = () => buildSchema({ typeDefs: [SDL], resolvers, rules })

/** A bus within the process. */
export class LocalBus implements Bus {
  readonly #emitter = new EventEmitter().setMaxListeners(0)
  #sequence = 0n

  get streams(): number {
    return this.#emitter.eventNames().length
  }

  publish(stream: string, type = 'tick'): void {
    this.#sequence += 1n
    const event = { id: this.#sequence, stream, sequence: this.#sequence, type, payload: {}, createdAt: machineNow() }
    this.#emitter.emit(stream, event)
  }

  reconnect(): void {
    this.#emitter.emit(':reconnect')
  }

  subscribe(stream: string, listener: (event: OutboxEvent) => void): () => void {
    this.#emitter.on(stream, listener)
    return () => this.#emitter.off(stream, listener)
  }

  events(stream: string, { signal }: { signal: AbortSignal }): Promise<AsyncIterable<OutboxEvent>> {
    return begin(this.#events(stream, signal), signal)
  }

  async *#events(stream: string, signal: AbortSignal): Source<OutboxEvent> {
    const events = on(this.#emitter, stream, { signal })
    yield LISTENING
    try {
      for await (const [event] of events) yield event as OutboxEvent
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  onReconnect(listener: () => void): () => void {
    this.#emitter.on(':reconnect', listener)
    return () => this.#emitter.off(':reconnect', listener)
  }

  onEvent(): () => void {
    throw new Error('the laboratory relays nothing')
  }

  onSignal(): () => void {
    throw new Error('the laboratory signals nothing')
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

/** Counts within the process, without windows: a test spends and looks. */
export class LocalLimiter implements RateLimiter {
  readonly spent = new Map<string, number>()

  charge(limit: { name: string; points: number; windowSeconds: number }, key: string, points = 1) {
    const spent = (this.spent.get(key) ?? 0) + points
    this.spent.set(key, spent)
    const isAllowed = spent <= limit.points
    return Promise.resolve({
      isAllowed,
      remaining: Math.max(0, limit.points - spent),
      retryAfterSeconds: isAllowed ? 0 : 30,
    })
  }

  async spend(): Promise<void> {
    // nobody is limited here by anything but cost
  }

  async forgive(): Promise<void> {
    // nothing is remembered
  }
}

/** Sessions by token, as `authenticate` would read them from their rows. */
export class Sessions {
  readonly #sessions = new Map<string, Authenticated>()
  /** How often somebody was authenticated. */
  reads = 0
  isDown = false
  /** What happens once, between the next reading of a session and its answer. */
  afterReading: (() => void) | null = null

  open(token: string, viewer: Partial<Viewer> = {}, tokenExpiresAt: Date | null = null): string {
    const full: Viewer = {
      userId: viewer.userId ?? `user of ${token}`,
      sessionId: `session of ${token}`,
      role: 'FAN',
      status: 'ACTIVE',
      isLimited: false,
      hasSecondFactor: false,
      authenticatedAt: machineNow(),
      isAgeVerified: false,
      ...viewer,
    }
    this.#sessions.set(token, { viewer: full, now: machineNow(), tokenExpiresAt })
    return token
  }

  close(token: string): void {
    this.#sessions.delete(token)
  }

  authenticate = (_db: unknown, token: string | null): Promise<Authenticated> => {
    this.reads += 1
    if (this.isDown) return Promise.reject(Object.assign(new Error(CANARY), { code: 'ECONNREFUSED' }))
    if (token === null) return Promise.resolve({ viewer: null, now: machineNow(), tokenExpiresAt: null })
    const session = this.#sessions.get(token)
    this.afterReading?.()
    this.afterReading = null
    if (!session) return Promise.reject(new AppError('UNAUTHENTICATED', 'invalid_token', 'Not a token of ours.'))
    return Promise.resolve({ ...session, now: machineNow() })
  }
}

/** A running server of the laboratory. */
export interface Laboratory {
  readonly url: string
  readonly server: Server
  readonly bus: LocalBus
  readonly budget: LocalLimiter
  readonly sessions: Sessions
  /** Sends one operation over HTTP. */
  ask(query: string, variables?: Record<string, unknown>, token?: string): Promise<Answer<Record<string, unknown>>>
  close(): Promise<void>
}

configureLog('critical')

const CONFIG = {
  mode: 'test',
  isProduction: false,
  host: '127.0.0.1',
  port: 0,
  corsOrigins: ['https://app.example.com'],
  trustedProxies: [],
  costBudget: 20_000,
  persistedOperations: { mode: 'automatic' },
} as unknown as Config

/** Serves the laboratory on a port of its own. */
export async function openLaboratory(config: Partial<Config> = {}): Promise<Laboratory> {
  const [bus, budget, sessions] = [new LocalBus(), new LocalLimiter(), new Sessions()]
  const services = {
    config: { ...CONFIG, ...config },
    database: {},
    bus,
    limiter: budget,
    budget,
  } as unknown as Services
  const server = await createServer(services, { schema: laboratorySchema(), authenticate: sessions.authenticate })
  const url = await server.listen()
  return {
    url,
    server,
    bus,
    budget,
    sessions,
    ask: (query, variables, token) =>
      request<Record<string, unknown>, Record<string, unknown>>(
        url,
        query,
        variables,
        token === undefined ? {} : { authorization: `Bearer ${token}` },
      ),
    close: () => server.drain(),
  }
}

/** A message of the protocol. */
export interface Message {
  readonly type: string
  readonly id?: string
  readonly payload?: unknown
}

/** A socket driven by hand, to say what no client library would. */
export class RawSocket {
  readonly socket: WebSocket
  readonly messages: Message[] = []
  readonly closed: Promise<{ code: number; reason: string }>
  readonly opened: Promise<void>

  constructor(url: string, options: { protocols?: string[]; headers?: Record<string, string> } = {}) {
    const { protocols = ['graphql-transport-ws'], headers = {} } = options
    this.socket = new WebSocket(url.replace('http', 'ws'), protocols, { headers })
    this.socket.on('message', (data) => this.messages.push(JSON.parse((data as Buffer).toString()) as Message))
    this.opened = new Promise((resolve, reject) => {
      this.socket.once('open', resolve)
      this.socket.once('error', reject)
    })
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => {
        resolve({ code, reason: reason.toString() })
      })
    })
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message))
  }

  /** The first message not taken yet that has this id, or this type. */
  async next(idOrType: string, timeoutMs = 3_000): Promise<Message> {
    const deadline = performance.now() + timeoutMs
    for (;;) {
      const index = this.messages.findIndex(({ id, type }) => id === idOrType || type === idOrType)
      const [message] = index < 0 ? [] : this.messages.splice(index, 1)
      if (message) return message
      if (performance.now() > deadline) throw new Error(`no message ${idOrType}; got ${JSON.stringify(this.messages)}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  subscribe(id: string, query: string, variables: Record<string, unknown> = {}): void {
    this.send({ type: 'subscribe', id, payload: { query, variables } })
  }
}

/** An acknowledged socket. */
export async function connect(url: string, token?: string): Promise<RawSocket> {
  const raw = new RawSocket(url)
  await raw.opened
  raw.send({ type: 'connection_init', payload: token === undefined ? {} : { authorization: `Bearer ${token}` } })
  await raw.next('connection_ack')
  return raw
}
