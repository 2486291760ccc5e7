import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { request } from '../support/client.js'
import type { Answer } from '../support/client.js'
import { TEST_KEYS } from '../support/server.js'
import { until } from '../support/until.js'
import { PASSWORD } from '../support/world.js'
import { startProcess } from '../server/process.js'
import type { ServerProcess } from '../server/process.js'
import { openCluster } from './clusters.js'
import type { Cluster } from './clusters.js'

const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { accessToken userErrors { code } } }'
const PROBE_EVERY_MS = 100
/** How long after the database is there again everything may take to be as before: jobs wait longest between two tries. */
const RECOVER_WITHIN_MS = 30_000

/** The tests of a database that is not there when the server starts, and goes away later, for `downMs` each time. */
export function testDatabaseDown(downMs: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'database-down-'))
  let cluster: Cluster
  let server: ServerProcess
  let url: string
  let token: string
  beforeAll(async () => {
    cluster = await openCluster()
    await cluster.stop()
    const port = await freePort()
    url = `http://127.0.0.1:${String(port)}/graphql`
    server = startProcess({
      DATABASE_URL: cluster.url('creator_platform'),
      DATA_DIR: folder,
      DEMO: 'off',
      PORT: String(port),
      TRUSTED_PROXIES: '127.0.0.1',
      ...TEST_KEYS,
    })
    await until(() => server.output().includes('not reachable'), 60_000)
  }, 120_000)
  afterAll(async () => {
    await server.stop('SIGKILL')
    await cluster.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  const health = async (which: string): Promise<number> => (await fetch(new URL(`/health/${which}`, url))).status
  const register = (n: number): Promise<Answer<any>> => {
    const username = `down.${String(n)}`
    const input = { username, email: `${username}@example.org`, password: PASSWORD }
    return request<any, unknown>(url, REGISTER, { input }, { 'x-forwarded-for': `10.47.0.${String(n)}` })
  }
  const read = (): Promise<Answer<any>> =>
    request<any, unknown>(url, '{ viewer { email } }', {}, { authorization: `Bearer ${token}` })
  const mails = join(folder, 'mail')
  const isMailed = (n: number): boolean =>
    existsSync(mails) &&
    readdirSync(mails).some(
      (name) => name.endsWith('.eml') && readFileSync(join(mails, name), 'utf8').includes(`down.${String(n)}@`),
    )

  /** Alive, not ready, and whoever asks is told to come back: all the time. */
  async function expectWaiting(): Promise<void> {
    const endMs = performance.now() + downMs
    while (performance.now() < endMs) {
      expect([await health('live'), await health('ready')]).toEqual([200, 503])
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ user(username: "nobody") { id } }' }),
      })
      expect(response.status).toBe(503)
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] })
      await setTimeout(PROBE_EVERY_MS)
    }
    expect(server.child.exitCode).toBeNull()
  }

  /** Ready, reads, writes, and does its jobs. */
  async function expectServing(n: number): Promise<void> {
    await until(async () => (await health('ready').catch(() => 0)) === 200, RECOVER_WITHIN_MS)
    let made: Answer<any> | undefined
    await until(async () => ((made = await register(n)).data?.register ?? null) !== null, RECOVER_WITHIN_MS)
    expect(made?.data.register.userErrors).toEqual([])
    token = made?.data.register.accessToken as string
    expect((await read()).data.viewer.email).toBe(`down.${String(n)}@example.org`)
    await until(() => isMailed(n), RECOVER_WITHIN_MS)
    expect(server.child.exitCode).toBeNull()
  }

  const timeout = downMs + 4 * RECOVER_WITHIN_MS

  it('waits for a database that is not there when it starts, and serves when it comes', { timeout }, async () => {
    await expectWaiting()
    await cluster.start()
    await server.ready()
    await expectServing(1)
  })

  it('waits for one that goes away later, and serves when it comes back', { timeout }, async () => {
    await cluster.stop()
    await until(async () => (await health('ready')) === 503, 5_000)
    await expectWaiting()
    await cluster.start()
    await expectServing(2)
    // one process from the first to the last
    expect(server.output().match(/ready http/g)).toHaveLength(1)
  })
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
