import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest'
import { withClient } from '../../src/lib/migrations/adapter.js'
import { request, watch } from '../support/client.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { TEST_KEYS } from '../support/server.js'
import { startProcess } from './process.js'
import type { ServerProcess } from './process.js'

const DRAIN_MS = 15_000
const REGISTER = `mutation ($input: RegisterInput!) { register(input: $input) { accessToken userErrors { code message } } }`
const LOGIN = `mutation ($input: LoginInput!) { login(input: $input) { accessToken userErrors { code } } }`
const PASSWORD = 'correct-Horse-7-battery'

const folder = mkdtempSync(join(tmpdir(), 'drain-'))
let database: TestDatabase
let server: ServerProcess
beforeAll(async () => {
  database = await testDatabase()
})
afterEach(async () => {
  await server.stop('SIGKILL')
})
afterAll(async () => {
  await database.drop()
  await withClient(inject('ownerUrl'), (owner) => owner.query(`drop role if exists "${database.name}_app"`))
  rmSync(folder, { recursive: true, force: true })
})

async function start(): Promise<string> {
  server = startProcess({
    DATABASE_URL: database.ownerUrl,
    DATA_DIR: folder,
    TRUSTED_PROXIES: '127.0.0.1',
    ...TEST_KEYS,
  })
  return await server.ready()
}

async function register(url: string, username: string): Promise<string> {
  const { data, errors } = await request<{ register: { accessToken: string } }, object>(url, REGISTER, {
    input: { username, email: `${username}@example.org`, password: PASSWORD },
  })
  if (!data) throw new Error(JSON.stringify(errors))
  return data.register.accessToken
}

it('finishes requests, tells sockets why, takes no new work, and ends with 0', { timeout: 90_000 }, async () => {
  const url = await start()
  const token = await register(url, 'drained.one')
  const socket = await watch(url, 'subscription { viewerChanged { sequence } }', { token })
  // password hashes one after another are still under way when the signal comes
  const logins = Array.from({ length: 9 }, (_, n) =>
    request<{ login: { accessToken: string } }, object>(
      url,
      LOGIN,
      { input: { email: 'drained.one@example.org', password: PASSWORD } },
      { 'x-forwarded-for': `10.9.0.${String(n)}` },
    ).then(({ status, data }) => ({ status, isIn: Boolean(data?.login.accessToken), atMs: performance.now() })),
  )
  await Promise.race(logins)
  const asked = performance.now()
  const ended = server.stop()
  const answers = await Promise.all(logins)
  // what was under way is answered in full; what came too late is told to come back, and nothing is cut off
  for (const { status, isIn } of answers) expect([status, isIn]).toEqual(status === 200 ? [200, true] : [503, false])
  expect(answers.filter(({ status, atMs }) => status === 200 && atMs > asked).length).toBeGreaterThanOrEqual(3)
  const closed = await socket.closed
  expect([1001, 1012]).toContain(closed.code)
  expect(closed.reason).not.toBe('')
  // a connection that is kept alive is told to go; a new one is not taken
  expect([0, 503]).toContain((await fetch(url).catch(() => null))?.status ?? 0)
  expect(await ended).toBe(0)
  // nobody waits for connections that are merely kept alive
  expect(performance.now() - asked).toBeLessThan(DRAIN_MS / 2)
  expect(server.output()).toContain('"msg":"stopped"')
})

it('does not wait for clients that never finish', { timeout: 90_000 }, async () => {
  const url = await start()
  const { port } = new URL(url)
  const slow = connect(Number(port), '127.0.0.1')
  slow.on('error', () => undefined)
  slow.write(
    `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"query":`,
  )
  const idle = connect(Number(port), '127.0.0.1')
  idle.on('error', () => undefined)
  const deaf = connect(Number(port), '127.0.0.1')
  deaf.on('error', () => undefined)
  deaf.write(
    `GET /graphql HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n` +
      `sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n`,
  )
  await new Promise((resolve) => deaf.once('data', resolve))
  deaf.pause()
  const asked = performance.now()
  expect(await server.stop()).toBe(0)
  expect(performance.now() - asked).toBeLessThan(DRAIN_MS)
  for (const client of [slow, idle, deaf]) client.destroy()
})

it('ends at once at the second signal', { timeout: 90_000 }, async () => {
  const url = await start()
  const slow = connect(Number(new URL(url).port), '127.0.0.1')
  slow.on('error', () => undefined)
  slow.write(
    `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"query":`,
  )
  await new Promise((resolve) => setTimeout(resolve, 200))
  const ended = server.stop()
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  const asked = performance.now()
  server.child.kill('SIGTERM')
  expect(await ended).toBe(130)
  expect(performance.now() - asked).toBeLessThan(1_000)
  slow.destroy()
})
