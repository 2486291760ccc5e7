import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import type { GraphQLResolveInfo } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Context } from '../../src/api/context.js'
import { buildSchema } from '../../src/api/schema.js'
import type { Services } from '../../src/api/services.js'
import type { Config } from '../../src/env.js'
import { machineNow } from '../../src/lib/clock.js'
import { transaction } from '../../src/lib/db.js'
import type { Db } from '../../src/lib/db.js'
import { anyone } from '../../src/lib/rules.js'
import { openPayments } from '../../src/payment-services.js'
import { openMedia } from '../../src/media/media.js'
import { TIMEOUTS } from '../../src/lib/timeouts.js'
import { createServer } from '../../src/server.js'
import type { Server } from '../../src/server.js'
import { connect, LocalBus, LocalLimiter } from '../api/laboratory.js'
import type { RawSocket } from '../api/laboratory.js'
import { request } from '../support/client.js'
import type { Answer } from '../support/client.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { until } from '../support/until.js'

/** How late an answer may come: this process does all of these at once. */
const LENIENCE_MS = 1_500

const SDL = `
  type Rest { isRested: Boolean! again: Rest }
  type Query { hello: String! rest: Rest! }
  type Mutation { write(name: String!): Boolean writeLong(name: String!): Boolean }
  type Tick { sequence: Int! rest: Rest }
  type Subscription { ticks: Tick! lateTicks: Tick! }
`

/** What began, by name. */
const begun: string[] = []
/** Signals of the subscriptions whose source came too late. */
const late: AbortSignal[] = []

/** Each is well within the limit of one statement; three of them are beyond that of an operation. */
async function nap(db: Db, name: string): Promise<object> {
  begun.push(name)
  await db.sql`/* slow.nap */ select pg_sleep(3)::text`
  return { isRested: true }
}

const ticks = ({ bus, signal }: Context) => bus.events('ticks', { signal: signal as AbortSignal })

const resolvers = {
  Query: {
    hello: () => 'world',
    rest: (_: unknown, __: unknown, { db }: Context) => nap(db, 'rest'),
  },
  Rest: {
    again: (_: unknown, __: unknown, { db }: Context, { path }: GraphQLResolveInfo) => nap(db, String(path.key)),
  },
  Mutation: {
    write: async (_: unknown, { name }: { name: string }, context: Context) => {
      begun.push(name)
      await context.db.sql`/* slow.before */ select pg_sleep(4.8)::text`
      return await write(context, name, 4.2)
    },
    writeLong: (_: unknown, { name }: { name: string }, context: Context) => write(context, name, 3.6, 3.6),
  },
  Tick: {
    rest: ({ sequence }: { sequence: number }, __: unknown, { db }: Context) =>
      sequence === 1 ? nap(db, 'event') : { isRested: true },
  },
  Subscription: {
    ticks: { subscribe: (_: unknown, __: unknown, context: Context) => ticks(context), resolve: toTick },
    lateTicks: {
      subscribe: async (_: unknown, __: unknown, context: Context) => {
        for (let n = 0; n < 3; n += 1) await nap(context.db, 'source')
        late.push(context.signal as AbortSignal)
        return ticks(context)
      },
      resolve: toTick,
    },
  },
}

function toTick({ sequence }: { sequence: bigint }): { sequence: number } {
  return { sequence: Number(sequence) }
}

async function write(context: Context, name: string, ...seconds: number[]): Promise<boolean> {
  await transaction(context, async (tx) => {
    for (const each of seconds) await tx.sql`/* slow.within */ select pg_sleep(${each}::float8)::text`
    await tx.sql`/* slow.write */ insert into slow_writes (name) values (${name})`
  })
  return true
}

const rules = {
  Query: { hello: anyone, rest: anyone },
  Mutation: { write: anyone, writeLong: anyone },
  Subscription: { ticks: anyone, lateTicks: anyone },
}

/** A stranger, recognised by as many statements as the token says. */
async function authenticate(db: Db, token: string | null) {
  for (let n = 0; n < Number(token ?? 0); n += 1) await nap(db, 'authentication')
  return { viewer: null, now: machineNow(), tokenExpiresAt: null }
}

let database: TestDatabase
let server: Server
let url: string
const bus = new LocalBus()
const sockets: RawSocket[] = []
beforeAll(async () => {
  database = await testDatabase({ poolSize: 20 })
  await database.owner.query('create table slow_writes (name text)')
  await database.owner.query('grant select, insert on slow_writes to public')
  const config = { mode: 'test', host: '127.0.0.1', port: 0, corsOrigins: [], trustedProxies: [], costBudget: 20_000 }
  const services = {
    config: { ...config, persistedOperations: { mode: 'off' } } as unknown as Config,
    database,
    bus,
    limiter: new LocalLimiter(),
    budget: new LocalLimiter(),
    media: await openMedia({
      s3: null,
      dataDir: tmpdir(),
      publicUrl: '',
      tokenKeys: [{ id: 'test', secret: randomBytes(32) }],
      ffmpegPath: null,
    }),
    payments: await openPayments({ stripe: null, publicUrl: '' } as Config, database.db, 'secret'),
  } satisfies Services
  server = await createServer(services, { schema: buildSchema({ typeDefs: [SDL], resolvers, rules }), authenticate })
  url = await server.listen()
})
afterAll(async () => {
  // what was given up on is still under way: nothing of it may be left
  await until(() => database.pool.idleCount === database.pool.totalCount, 15_000)
  for (const { socket } of sockets) socket.terminate()
  await server.drain()
  await database.drop()
})

const timed = async <T>(work: Promise<T>): Promise<{ result: T; tookMs: number }> => {
  const startedMs = performance.now()
  return { result: await work, tookMs: performance.now() - startedMs }
}
const ask = (document: string, token?: string): Promise<{ result: Answer<unknown>; tookMs: number }> =>
  timed(request(url, document, {}, token === undefined ? {} : { authorization: `Bearer ${token}` }))
const written = async (): Promise<string[]> =>
  (await database.owner.query<{ name: string }>('select name from slow_writes')).rows.map(({ name }) => name)

const TOO_LONG = {
  message: expect.stringContaining('may still be done') as string,
  extensions: {
    code: 'UNAVAILABLE',
    reason: 'service_unavailable',
    retryAfterSeconds: 1,
    requestId: expect.any(String) as string,
  },
}
function expectTooLong({ result, tookMs }: { result: Answer<unknown>; tookMs: number }): void {
  expect(result).toMatchObject({ status: 503, data: null, errors: [TOO_LONG] })
  expect(result.headers.get('retry-after')).toBe('1')
  expect(tookMs).toBeGreaterThan(TIMEOUTS.operationMs - 50)
  expect(tookMs).toBeLessThan(TIMEOUTS.operationMs + LENIENCE_MS)
  expect(tookMs).toBeLessThan(TIMEOUTS.clientMs)
}

describe.concurrent('an operation that takes too long', { timeout: 30_000 }, () => {
  it('is answered in time by saying so, and goes no further; what is quick does not wait for it', async () => {
    const slow = ask('{ rest { again { third: again { fourth: again { isRested } } } } }')
    await setTimeout(1_000)
    const quick = await ask('{ hello }')
    expect(quick.result.data).toEqual({ hello: 'world' })
    expect(quick.tookMs).toBeLessThan(TIMEOUTS.operationMs / 2)
    expectTooLong(await slow)
    await setTimeout(3_000)
    expect(begun).toContain('third')
    expect(begun).not.toContain('fourth')
  })

  it('is answered in time while it is still being found out who asks', async () => {
    expectTooLong(await ask('{ hello }', '3'))
  })

  it('may have written by then or may yet, and the mutations behind it do not begin', async () => {
    const [several, long] = await Promise.all([
      ask('mutation { first: write(name: "first") second: write(name: "second") }'),
      ask('mutation { writeLong(name: "long") }'),
    ])
    expectTooLong(several)
    await until(async () => (await written()).includes('first'), 10_000)
    await setTimeout(1_000)
    expect(begun).not.toContain('second')
    // a transaction that takes longer than one may is undone
    expect(long.result.errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }])
    expect(await written()).toEqual(['first'])
  })

  it('is told of on a socket too, which stays; its source is ended', async () => {
    const socket = await connect(url)
    sockets.push(socket)
    const startedMs = performance.now()
    socket.subscribe('1', 'subscription { lateTicks { sequence } }')
    const { type, payload } = await socket.next('1', TIMEOUTS.clientMs)
    expect(performance.now() - startedMs).toBeLessThan(TIMEOUTS.operationMs + LENIENCE_MS)
    expect(type).toBe('error')
    expect(payload).toMatchObject([TOO_LONG])
    await until(() => late.length > 0, 5_000)
    expect(late.map(({ aborted }) => aborted)).toEqual([true])
    socket.send({ type: 'ping' })
    await socket.next('pong')
  })

  it('may be one event of a subscription; others are answered', async () => {
    const socket = await connect(url)
    sockets.push(socket)
    socket.subscribe('1', 'subscription { ticks { sequence rest { a: again { b: again { isRested } } } } }')
    socket.send({ type: 'ping' })
    await socket.next('pong')
    bus.publish('ticks')
    const { type, payload } = await socket.next('1', TIMEOUTS.clientMs)
    expect(type).toBe('next')
    expect(payload).toMatchObject({ data: null, errors: [TOO_LONG] })
    socket.send({ type: 'complete', id: '1' })
    socket.subscribe('2', 'subscription { ticks { sequence rest { isRested } } }')
    socket.send({ type: 'ping' })
    await socket.next('pong')
    bus.publish('ticks')
    expect(await socket.next('2')).toMatchObject({
      type: 'next',
      payload: { data: { ticks: { sequence: 2, rest: { isRested: true } } } },
    })
  })
})
