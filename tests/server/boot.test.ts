import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import { withClient } from '../../src/lib/migrations/adapter.js'
import { DEMO_PASSWORD } from '../../src/demo/seed.js'
import { request } from '../support/client.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { TEST_KEYS } from '../support/server.js'
import { until } from '../support/until.js'
import { READY_TIMEOUT_MS, startProcess } from './process.js'
import type { ServerProcess } from './process.js'
import { Road } from './road.js'

const folder = mkdtempSync(join(tmpdir(), 'boot-'))
let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(async () => {
  await database.drop()
  await withClient(inject('ownerUrl'), (owner) => owner.query(`drop role if exists "${database.name}_app"`))
  rmSync(folder, { recursive: true, force: true })
})

const running: ServerProcess[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop('SIGKILL')))
})

function start(environment: Record<string, string>, ...args: string[]): ServerProcess {
  const server = startProcess({ DATA_DIR: join(folder, 'data'), ...environment }, ...args)
  running.push(server)
  return server
}

const onDatabase = (): Record<string, string> => ({ DATABASE_URL: database.ownerUrl, ...TEST_KEYS })
const healthOf = async (url: string, check: 'live' | 'ready'): Promise<number> =>
  (await fetch(new URL(`/health/${check}`, url)).catch(() => null))?.status ?? 0

/** Whether a process has ended; one that nobody has asked after yet is a zombie, and has ended too. */
function isGone(pid: number): boolean {
  const file = `/proc/${String(pid)}/stat`
  if (existsSync(file)) return readFileSync(file, 'utf8').includes(') Z ')
  try {
    return !process.kill(pid, 0)
  } catch {
    return true
  }
}

describe('with nothing configured', { timeout: READY_TIMEOUT_MS }, () => {
  const DATA_DIR = join(folder, 'fresh')

  it('starts PostgreSQL, migrates, makes the demo world, serves, and stops it all', async () => {
    const server = start({ DATA_DIR })
    const url = await server.ready()
    expect(server.output().trimEnd().split('\n').at(-1)).toBe(`ready ${url}`)
    expect(server.output()).toContain('fan@example.com')
    await expect.poll(() => healthOf(url, 'ready'), { timeout: 10_000 }).toBe(200)
    const login = await request(
      url,
      `mutation ($input: LoginInput!) { login(input: $input) { viewer { email } userErrors { code } } }`,
      {
        input: { email: 'fan@example.com', password: DEMO_PASSWORD },
      },
    )
    expect(login.data).toMatchObject({ login: { viewer: { email: 'fan@example.com' } } })
    const postmaster = Number(readFileSync(join(DATA_DIR, 'postgres/cluster/postmaster.pid'), 'utf8').split('\n')[0])
    expect(await server.stop()).toBe(0)
    await until(() => isGone(postmaster))
  })

  it('does none of it twice', async () => {
    const server = start({ DATA_DIR })
    await server.ready()
    expect(server.output()).not.toMatch(/applied|made the demo world/)
    expect(await server.stop()).toBe(0)
  })

  it('refuses data that were written under other keys, and says so', async () => {
    const server = start({ DATA_DIR, ...TEST_KEYS })
    expect(await server.ended).toBe(1)
    expect(server.output()).toContain('MASTER_KEYS')
    expect(server.output()).not.toMatch(/\n\s+at /)
  })
})

it('refuses production with every reason in one message, and nothing else', { timeout: 60_000 }, async () => {
  const server = start({ NODE_ENV: 'production', DEMO: 'on', PORT: 'none' })
  expect(await server.ended).toBe(1)
  for (const name of ['PORT', 'MASTER_KEYS', 'TOKEN_KEYS', 'DEMO', 'STRIPE_SECRET_KEY'])
    expect(server.output()).toContain(`- ${name}`)
  expect(server.output()).not.toMatch(/\n\s+at /)
})

it('says that the port is taken, before it does anything else', { timeout: 60_000 }, async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await until(() => other.listening)
  const server = start({ PORT: String((other.address() as AddressInfo).port), DATA_DIR: join(folder, 'untouched') })
  expect(await server.ended).toBe(1)
  expect(server.output()).toContain('set PORT to another one')
  expect(server.output()).not.toContain('PostgreSQL')
  other.close()
})

it('is alive and not ready without its database, tells, and serves once it is there', { timeout: 90_000 }, async () => {
  const road = new Road(database.ownerUrl)
  await road.open()
  road.close()
  const port = await freePort()
  const server = start({ ...onDatabase(), DATABASE_URL: road.url(), PORT: String(port) })
  const url = `http://127.0.0.1:${String(port)}/graphql`
  await until(() => server.output().includes('not reachable'), 60_000)
  expect(await healthOf(url, 'live')).toBe(200)
  expect(await healthOf(url, 'ready')).toBe(503)
  const early = await fetch(url, { method: 'POST' })
  expect(early.status).toBe(503)
  expect(early.headers.get('retry-after')).not.toBeNull()
  await road.open()
  await server.ready()
  await until(async () => (await healthOf(url, 'ready')) === 200)
  road.close()
  await until(async () => (await healthOf(url, 'ready')) === 503)

  expect(await healthOf(url, 'live')).toBe(200)
  await road.open()
  await until(async () => (await healthOf(url, 'ready')) === 200)
  expect(await server.stop()).toBe(0)
  road.close()
})

it('stops at once while it still waits for its database', { timeout: 60_000 }, async () => {
  const server = start({ ...onDatabase(), DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' })
  await until(() => server.output().includes('not reachable'), 60_000)
  const asked = performance.now()
  expect(await server.stop()).toBe(0)
  expect(performance.now() - asked).toBeLessThan(3_000)
})

it('lets several processes start at once on an empty database', { timeout: 120_000 }, async () => {
  const url = new URL(database.ownerUrl)
  url.pathname = `${url.pathname}_many`
  const servers = [1, 2, 3].map(() => start({ ...onDatabase(), DATABASE_URL: url.toString(), DEMO: 'plain' }))
  for (const server of servers) expect(await healthOf(await server.ready(), 'live')).toBe(200)
  const made = servers.filter((server) => server.output().includes('made the demo world'))
  const migrated = servers.filter((server) => server.output().includes('applied'))
  expect([made.length, migrated.length]).toEqual([1, 1])
  expect(await Promise.all(servers.map((server) => server.stop()))).toEqual([0, 0, 0])
  await database.owner.query(`drop database "${url.pathname.slice(1)}" with (force)`)
  await database.owner.query(`drop role if exists "${url.pathname.slice(1)}_app"`)
})

it('runs jobs alone, or serves alone, where that is asked for', { timeout: 60_000 }, async () => {
  const [worker, server] = [start(onDatabase(), '--worker'), start({ ...onDatabase(), JOBS: 'off' })]
  await until(() => worker.output().includes('ready to run jobs'), 60_000)
  await server.ready()
  const { rows } = await database.owner.query<{ pid: number }>(
    'select process_id as pid from worker_heartbeats where process_id = any($1)',
    [[worker.child.pid, server.child.pid]],
  )
  expect(rows).toEqual([{ pid: worker.child.pid }])
  expect(await Promise.all([worker.stop(), server.stop()])).toEqual([0, 0])
})

describe('an error that nobody caught', () => {
  const crash = async (how: string, signal?: NodeJS.Signals): Promise<{ code: number | null; output: string }> => {
    const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'programs/crash.ts'), how])
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
    if (signal) {
      await until(() => output.includes('running'), 20_000)
      child.kill(signal)
    }
    return { code: await new Promise((resolve) => child.once('exit', resolve)), output }
  }

  it.each(['rejection', 'exception'])('is logged, drained, and ends the process with 1: %s', async (how) => {
    const { code, output } = await crash(how)
    expect(output).toMatch(/"level":"critical".*nobody caught this/)
    expect(output).toContain('drained')
    expect(code).toBe(1)
  })

  it('is not what a signal is', async () => {
    expect(await crash('none', 'SIGINT')).toMatchObject({
      code: 0,
      output: expect.stringContaining('drained') as string,
    })
  })
})

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
