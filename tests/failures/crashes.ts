import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect } from 'vitest'
import { request } from '../support/client.js'
import type { Answer } from '../support/client.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { TEST_KEYS } from '../support/server.js'
import { startProcess } from '../server/process.js'
import type { ServerProcess } from '../server/process.js'

/** A write, as its client sends it, and sends it again. */
export interface Call {
  readonly document: string
  readonly input: Record<string, unknown>
  readonly headers: Record<string, string>
}

/** Chooses when servers are killed. */
export const CRASH_SEED = Number(process.env['CRASH_SEED'] ?? randomBytes(2).readUInt16BE())

/** A server in a process of its own that is killed and started again, and its database. */
export interface Killed {
  readonly database: TestDatabase
  start(): Promise<string>
  /** Null where no answer came. */
  send(url: string, call: Call): Promise<Answer<any> | null>
  /**
   * Sends writes at once, kills the server within `withinMs`, starts it again, and sends each once more; answers where it is
   * now, and how many were answered in time. Each is done by then, and says where it was done before.
   */
  killAmid(url: string, round: Round): Promise<{ readonly url: string; readonly inTime: number }>
  count(sql: string): Promise<number>
  found(sql: string): Promise<unknown[]>
}

interface Round {
  readonly number: number
  readonly calls: readonly Call[]
  readonly withinMs: number
  /** What must hold when the server is back, before anything is asked again, and after. */
  readonly check: () => Promise<void>
}

/** Has a test file kill a server; `database` is there once its hooks ran. */
export function killedServer(): Killed {
  const folder = mkdtempSync(join(tmpdir(), 'crashes-'))
  let database: TestDatabase
  let server: ServerProcess | undefined
  beforeAll(async () => {
    database = await testDatabase()
  })
  afterAll(async () => {
    await server?.stop('SIGKILL')
    await database.drop()
    rmSync(folder, { recursive: true, force: true })
  })

  const start = async (): Promise<string> => {
    server = startProcess({
      DATABASE_URL: database.ownerUrl,
      DATABASE_APP_URL: database.appUrl,
      DATA_DIR: folder,
      TRUSTED_PROXIES: '127.0.0.1',
      ...TEST_KEYS,
    })
    return await server.ready()
  }
  const send: Killed['send'] = (url, { document, input, headers }) =>
    request<any, unknown>(url, document, { input }, headers).catch(() => null)

  return {
    get database() {
      return database
    },
    start,
    send,
    killAmid: async (first, { number, calls, withinMs, check }) => {
      const underWay = Promise.all(calls.map((call) => send(first, call)))
      await setTimeout(20 + ((CRASH_SEED * (number + 7) * 2_654_435_761) % withinMs))
      await server?.stop('SIGKILL')
      const answers = await underWay

      const url = await start()
      await check()
      for (const [index, call] of calls.entries()) {
        const again = await send(url, call)
        expect(isDone(again), JSON.stringify(again)).toBe(true)
        if (isDone(answers[index] ?? null)) expect(payloadsOf(again)[0]?.replayed ?? true).toBe(true)
      }
      await check()
      return { url, inTime: answers.filter(isDone).length }
    },
    count: async (sql) =>
      Number((await database.owner.query<{ n: string }>(`select count(*)::text as n ${sql}`)).rows[0]?.n),
    found: async (sql) => (await database.owner.query(sql)).rows,
  }
}

interface Payload {
  readonly userErrors: readonly unknown[]
  readonly replayed?: boolean
}
const payloadsOf = (answer: Answer<any> | null): (Payload | null)[] => Object.values<Payload | null>(answer?.data ?? {})
const isDone = (answer: Answer<any> | null): boolean => {
  const payloads = payloadsOf(answer)
  return payloads.length > 0 && payloads.every((payload) => payload?.userErrors.length === 0)
}
