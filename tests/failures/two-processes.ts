import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startProcess } from '../server/process.js'
import type { ServerProcess } from '../server/process.js'
import { request } from '../support/client.js'
import { startRedis } from '../support/redis.js'
import type { TestRedis } from '../support/redis.js'
import { TEST_KEYS } from '../support/server.js'
import { until } from '../support/until.js'
import { PASSWORD } from '../support/world.js'
import { openCluster } from './clusters.js'
import type { Cluster } from './clusters.js'

/** A person may say sixty things a minute, and forty in chats. */
const PAUSE_MS = 1_600
const RETRY_MS = 200
const DOWN_MS = 1_000
const CATCH_UP_MS = 90_000
/** What tells a client to ask again, under the same key. */
const PASSING = ['UNAVAILABLE', 'RATE_LIMITED']

interface Somebody {
  readonly id: string
  readonly token: string
}

/** What a field that counts its events tells. */
interface Heard {
  readonly sequence: string
  readonly text: string
}

/** A client as the contract wants it: it comes back with the last number it saw, whatever ended it, also where one is missing. */
class Reader {
  readonly heard: Heard[] = []
  readonly refusals: unknown[] = []
  #isOver = false
  #end = (): void => undefined

  async follow(
    url: string,
    { token }: Somebody,
    query: string,
    id: string,
    toHeard: (data: any) => Heard,
  ): Promise<void> {
    while (!this.#isOver) {
      const client = createClient({
        url: url.replace('http', 'ws'),
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        connectionParams: { authorization: `Bearer ${token}` },
      })
      await new Promise<void>((resolve) => {
        this.#end = resolve
        client.subscribe(
          { query, variables: { id, after: this.heard.at(-1)?.sequence ?? '0' } },
          {
            next: ({ data }) => {
              if (!data || !this.#take(toHeard(data))) resolve()
            },
            error: (error) => {
              if (Array.isArray(error)) this.refusals.push(...(error as unknown[]))
              resolve()
            },
            complete: resolve,
          },
        )
      })
      await client.dispose()
      await setTimeout(RETRY_MS)
    }
  }

  /** False where what came before it is missing. */
  #take(heard: Heard): boolean {
    if (BigInt(heard.sequence) !== BigInt(this.heard.at(-1)?.sequence ?? 0) + 1n) return false
    this.heard.push(heard)
    return true
  }

  has(texts: readonly string[]): boolean {
    const known = new Set(this.heard.map(({ text }) => text))
    return texts.every((text) => known.has(text))
  }

  stop(): void {
    this.#isOver = true
    this.#end()
  }
}

const MESSAGES = `subscription ($id: ID!, $after: BigInt) { messageReceived(conversationId: $id, after: $after) {
  sequence message { body { ... on MessageText { text } } } } }`
const SEND = `mutation ($id: ID!, $text: String!, $key: ID!) {
  sendMessage(input: { conversationId: $id, body: $text, idempotencyKey: $key }) { message { id } userErrors { code } } }`
const CHAT = `subscription ($id: ID!, $after: BigInt) { streamChat(streamId: $id, after: $after) { sequence line { text } } }`
const SAY = `mutation ($id: ID!, $text: String!, $key: ID!) {
  sendStreamChat(input: { streamId: $id, text: $text, idempotencyKey: $key }) { line { id } userErrors { code } } }`

/**
 * Two processes over one bus: two people write on the one, messages and lines of a chat; clients listen to the other, while what
 * both stand on is restarted, `rounds` times.
 */
export function testTwoProcesses(bus: 'PostgreSQL' | 'Redis', rounds: number): void {
  describe(`two processes over ${bus}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'two-processes-'))
    const acknowledged = { messages: [] as string[], lines: [] as string[] }
    const readers = { messages: new Reader(), lines: new Reader() }
    const running: Promise<void>[] = []
    let cluster: Cluster
    let redis: TestRedis | null = null
    let servers: ServerProcess[] = []
    let writing = ''
    let isOver = false

    beforeAll(async () => {
      cluster = await openCluster()
      if (bus === 'Redis') redis = startRedis()
      servers = ['one', 'other'].map((name) =>
        startProcess({
          DATABASE_URL: cluster.url('creator_platform'),
          DATA_DIR: join(folder, name),
          DEMO: 'off',
          TRUSTED_PROXIES: '127.0.0.1',
          COST_BUDGET: '1000000',
          ...(redis && { REDIS_URL: redis.url }),
          ...TEST_KEYS,
        }),
      )
      const [one, other] = await Promise.all(servers.map((server) => server.ready()))
      writing = one ?? ''
      const [creator, fan] = [await register('two.creator'), await register('two.fan')]
      await ask(creator, 'mutation { becomeCreator(input: { currency: "EUR" }) { userErrors { code } } }')
      const { startConversation } = await ask(
        fan,
        'mutation ($userId: ID!) { startConversation(input: { userId: $userId }) { conversation { id } } }',
        { userId: creator.id },
      )
      const { scheduleStream } = await ask(
        creator,
        'mutation { scheduleStream(input: { title: "Tonight" }) { stream { id } userErrors { code } } }',
      )
      const [conversationId, streamId] = [
        startConversation.conversation.id as string,
        scheduleStream.stream.id as string,
      ]
      await ask(
        creator,
        'mutation ($id: ID!) { startStream(input: { streamId: $id }) { stream { id } userErrors { code } } }',
        { id: streamId },
      )
      running.push(
        readers.messages.follow(other ?? '', creator, MESSAGES, conversationId, ({ messageReceived }) => ({
          sequence: messageReceived.sequence as string,
          text: messageReceived.message.body.text as string,
        })),
        readers.lines.follow(other ?? '', fan, CHAT, streamId, ({ streamChat }) => ({
          sequence: streamChat.sequence as string,
          text: streamChat.line.text as string,
        })),
        ...[creator, fan].flatMap((person) => [
          write(person, SEND, conversationId, acknowledged.messages),
          write(person, SAY, streamId, acknowledged.lines),
        ]),
      )
    }, 300_000)
    afterAll(async () => {
      isOver = true
      for (const reader of Object.values(readers)) reader.stop()
      for (const server of servers) await server.stop('SIGKILL')
      await Promise.allSettled(running)
      await redis?.kill()
      await cluster.remove()
      rmSync(folder, { recursive: true, force: true })
    })

    async function ask({ token }: Somebody, query: string, variables: object = {}): Promise<Record<string, any>> {
      const { data, errors } = await request<any, unknown>(writing, query, variables, {
        authorization: `Bearer ${token}`,
      })
      if (!data || errors.length > 0) throw new Error(JSON.stringify(errors))
      return data as Record<string, any>
    }

    async function register(username: string): Promise<Somebody> {
      const input = { username, email: `${username}@example.org`, password: PASSWORD, idempotencyKey: username }
      const { data, errors } = await request<any, unknown>(
        writing,
        'mutation ($input: RegisterInput!) { register(input: $input) { accessToken viewer { user { id } } userErrors { code } } }',
        { input },
        { 'x-forwarded-for': `10.55.0.${String(username.length)}` },
      )
      if (!data?.register.accessToken) throw new Error(JSON.stringify({ data, errors }))
      return { id: data.register.viewer.user.id as string, token: data.register.accessToken as string }
    }

    /** Says one thing after the other, each until it is answered. */
    async function write(person: Somebody, query: string, id: string, answered: string[]): Promise<void> {
      for (let n = 0; !isOver; n += 1) {
        const text = `${person.id} ${String(n)}`
        if (await insist(person, query, { id, text, key: `key of ${text}`.replace(/\W/g, '-') })) answered.push(text)
        await setTimeout(PAUSE_MS)
      }
    }

    async function insist({ token }: Somebody, query: string, variables: object): Promise<boolean> {
      while (!isOver) {
        const answer = await request<any, unknown>(writing, query, variables, { authorization: `Bearer ${token}` })
        const codes = [
          ...answer.errors.map(({ extensions }) => String(extensions['code'])),
          ...Object.values((answer.data ?? {}) as Record<string, { userErrors: { code: string }[] } | null>).flatMap(
            (payload) => (payload?.userErrors ?? []).map(({ code }) => code),
          ),
        ]
        if (codes.length === 0) return true
        if (!codes.every((code) => PASSING.includes(code))) throw new Error(JSON.stringify(answer))
        await setTimeout(RETRY_MS)
      }
      return false
    }

    const saidSoFar = (): number => Math.min(acknowledged.messages.length, acknowledged.lines.length)

    /** Waits until more was said, and all that was said was heard. */
    async function caughtUp(): Promise<void> {
      const before = saidSoFar()
      await Promise.race([
        until(() => saidSoFar() >= before + 2, CATCH_UP_MS),
        Promise.all(running).then(() => Promise.reject(new Error('nobody writes any more'))),
      ])
      const said = { messages: [...acknowledged.messages], lines: [...acknowledged.lines] }
      await until(() => readers.messages.has(said.messages) && readers.lines.has(said.lines), CATCH_UP_MS)
    }

    it('hear on the one what is said on the other', { timeout: 2 * CATCH_UP_MS }, caughtUp)

    for (let round = 1; round <= rounds; round += 1) {
      it(
        `lose nothing when PostgreSQL restarts, nor when it crashes (${String(round)})`,
        {
          timeout: 4 * CATCH_UP_MS,
        },
        async () => {
          await cluster.stop()
          await setTimeout(DOWN_MS)
          await cluster.start()
          await caughtUp()
          cluster.kill()
          await setTimeout(DOWN_MS)
          await cluster.start()
          await caughtUp()
        },
      )

      it.skipIf(bus !== 'Redis')(
        `lose nothing when Redis restarts, nor when both do (${String(round)})`,
        {
          timeout: 4 * CATCH_UP_MS,
        },
        async () => {
          await redis?.kill()
          await setTimeout(DOWN_MS)
          redis?.start()
          await caughtUp()
          await Promise.all([redis?.kill(), cluster.stop()])
          await setTimeout(DOWN_MS)
          redis?.start()
          await cluster.start()
          await caughtUp()
        },
      )
    }

    it(
      'have told everything once and in order, and refused nobody but for a while',
      async () => {
        isOver = true
        await Promise.all(running.slice(2))
        for (const [reader, said] of [
          [readers.messages, acknowledged.messages],
          [readers.lines, acknowledged.lines],
        ] as const) {
          await until(() => reader.has(said), CATCH_UP_MS)
          reader.stop()
          expect(reader.heard.map(({ sequence }) => Number(sequence))).toEqual(
            reader.heard.map((_heard, index) => index + 1),
          )
          // what was written while the answer was lost is heard, and was never acknowledged
          expect(new Set(reader.heard.map(({ text }) => text)).size).toBe(reader.heard.length)
          const reasons = reader.refusals.map(
            (refusal) => (refusal as { extensions: { code: string } }).extensions.code,
          )
          expect(reasons.filter((code) => !PASSING.includes(code))).toEqual([])
        }
      },
      2 * CATCH_UP_MS,
    )
  })
}
