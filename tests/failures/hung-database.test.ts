import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TIMEOUTS } from '../../src/lib/timeouts.js'
import { openChaosProxy } from '../support/chaos-proxy.js'
import type { ChaosProxy } from '../support/chaos-proxy.js'
import { request } from '../support/client.js'
import type { Answer } from '../support/client.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { startServer, TEST_KEYS } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { until } from '../support/until.js'
import { makeWorld } from '../support/world.js'
import type { Person } from '../support/world.js'
import { startProcess } from '../server/process.js'
import type { ServerProcess } from '../server/process.js'

const timed = async <T>(work: Promise<T>): Promise<{ result: T; tookMs: number }> => {
  const startedMs = performance.now()
  return { result: await work, tookMs: performance.now() - startedMs }
}
const isUnavailable = ({ status, errors, headers }: Answer<unknown>): boolean =>
  status === 503 && errors[0]?.extensions['code'] === 'UNAVAILABLE' && Number(headers.get('retry-after')) >= 1

describe('a database that hangs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hung-'))
  let database: TestDatabase
  let proxy: ChaosProxy
  let server: ServerProcess
  let url: string
  beforeAll(async () => {
    database = await testDatabase()
    proxy = await openChaosProxy(database.ownerUrl)
    server = startProcess({
      DATABASE_URL: proxy.through(database.ownerUrl),
      DATABASE_APP_URL: proxy.through(database.appUrl),
      DATABASE_POOL_SIZE: '4',
      DATA_DIR: folder,
      ...TEST_KEYS,
    })
    url = await server.ready()
  }, 90_000)
  afterAll(async () => {
    proxy.heal()
    await server.stop('SIGKILL')
    await proxy.close()
    await database.drop()
    rmSync(folder, { recursive: true, force: true })
  })

  const ask = (): Promise<Answer<{ user: null }>> => request(url, '{ user(username: "nobody") { id } }')
  const health = async (which: string): Promise<number> => (await fetch(new URL(`/health/${which}`, url))).status

  it('is told of in time, and does not take the process with it', { timeout: 60_000 }, async () => {
    expect((await ask()).data).toEqual({ user: null })
    await until(async () => (await health('ready')) === 200)

    proxy.hang()
    const answers = await Promise.all(Array.from({ length: 12 }, () => timed(ask())))
    for (const { result, tookMs } of answers) {
      expect(isUnavailable(result), JSON.stringify(result.errors)).toBe(true)
      expect(tookMs).toBeLessThan(TIMEOUTS.statementMs + 1_000 + 500)
    }
    // without an idle connection at that moment requests are told sooner than health finds out
    await until(async () => (await health('ready')) === 503)
    const checks = await Promise.all(['live', 'ready'].map((which) => timed(health(which))))
    expect(checks.map(({ result }) => result)).toEqual([200, 503])
    for (const { tookMs } of checks) expect(tookMs).toBeLessThan(500)

    proxy.heal()
    const healedMs = performance.now()
    await until(async () => (await ask()).data !== null && (await health('ready')) === 200, 10_000)
    expect(performance.now() - healedMs).toBeLessThan(8_000)
    for (let n = 0; n < 10; n += 1) expect((await ask()).data).toEqual({ user: null })
  })

  it('whose connections break again and again is no reason to stop', { timeout: 60_000 }, async () => {
    let [answered, refused] = [0, 0]
    const endMs = performance.now() + 4_000
    const client = async (): Promise<void> => {
      while (performance.now() < endMs) {
        const answer = await ask()
        if (answer.data) answered += 1
        else if (isUnavailable(answer)) refused += 1
        else throw new Error(JSON.stringify(answer))
      }
    }
    const cutting = setInterval(() => proxy.cut(), 500)
    await Promise.all(Array.from({ length: 8 }, client))
    clearInterval(cutting)
    expect(answered).toBeGreaterThan(50)
    expect(server.child.exitCode).toBeNull()
    await until(async () => (await ask()).data !== null && (await health('ready')) === 200, 5_000)
    // a break may fall between two statements of a request, and is then nobody's concern
    expect(refused).toBeLessThan(answered)
  })
})

describe('a pool whose connections are all taken', () => {
  let server: TestServer
  let fan: Person
  beforeAll(async () => {
    server = await startServer({ poolSize: 4 })
    fan = await makeWorld(server).fan({ isEmailVerified: false })
  })
  afterAll(() => server.close())

  it(
    'makes nobody wait without end: 503 and when to come back, and health answers meanwhile',
    { timeout: 60_000 },
    async () => {
      const read = '{ viewer { email } }'
      const { owner } = server.database
      await owner.query('begin')
      await owner.query('lock table user_sessions in access exclusive mode')
      const answers = Promise.all(Array.from({ length: 200 }, () => timed(fan.request(read))))
      const probes = await whileFull(server)
      const outcomes = await answers
      await owner.query('rollback')
      for (const { result, tookMs } of outcomes) {
        expect(isUnavailable(result), JSON.stringify(result)).toBe(true)
        // within what clients are told to wait
        expect(tookMs).toBeLessThan(TIMEOUTS.clientMs)
      }
      expect(probes.every(({ result }) => result === 200)).toBe(true)
      const medianMs = probes.map(({ tookMs }) => tookMs).sort((a, b) => a - b)[probes.length >> 1]
      expect(medianMs).toBeLessThan(200)
      expect((await fan.request(read)).data).toEqual({ viewer: { email: fan.email } })
      expect(server.database.pool.waitingCount).toBe(0)
    },
  )

  it('is not drained by what one request needs of it', { timeout: 60_000 }, async () => {
    // each of these runs statements while others hold connections for their transactions
    const writes = Array.from({ length: 24 }, (_, n) =>
      fan.request(
        'mutation ($bio: String) { updateProfile(input: { bio: $bio }) { user { id profile { bio } } userErrors { code } } }',
        { bio: String(n) },
      ),
    )
    const answers = await Promise.all(writes)
    for (const { data, errors } of answers)
      expect(data?.['updateProfile']?.user ?? errors[0]?.extensions['code']).toBeTruthy()
    // if each waited for a connection that another one holds, none would get through
    expect(answers.filter(({ data }) => data !== null).length).toBeGreaterThan(3)
    await until(() => server.database.pool.idleCount === server.database.pool.totalCount)
  })

  /** Asks after the server's health, again and again, once every request has begun to wait. */
  async function whileFull(at: TestServer): Promise<{ result: number; tookMs: number }[]> {
    await until(() => at.database.pool.waitingCount > 100)
    const probes: { result: number; tookMs: number }[] = []
    for (let n = 0; n < 20; n += 1) {
      const path = n % 2 === 0 ? 'live' : 'ready'
      probes.push(await timed(fetch(`${at.origin}/health/${path}`).then(({ status }) => status)))
    }
    return probes
  }
})
