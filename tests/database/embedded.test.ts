import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, expect, it } from 'vitest'
import { findPostmaster } from '../../src/lib/postgres/postmaster.js'
import { TEST_SETTINGS, startEmbeddedPostgres } from '../../src/lib/postgres/embedded.js'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')
const dataDir = mkdtempSync(join(tmpdir(), 'embedded-test-'))
const cluster = join(dataDir, 'postgres/cluster')
const options = { dataDir, settings: TEST_SETTINGS }

afterAll(async () => {
  await (await startEmbeddedPostgres(options)).stop()
  rmSync(dataDir, { recursive: true })
})

/** Starts the server from another process, which then does as `rest` says. */
function other(rest: string): string[] {
  const module = join(ROOT, 'src/lib/postgres/embedded.ts')
  const program = `
    import { startEmbeddedPostgres } from ${JSON.stringify(module)}
    const server = await startEmbeddedPostgres(${JSON.stringify(options)})
    console.log(server.url)
    ${rest}`
  return ['--import', 'tsx', '--input-type=module', '--eval', program]
}

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows.flatMap((row) => Object.values(row))
  } finally {
    await client.end()
  }
}

const ended = (child: ChildProcess): Promise<void> => new Promise((resolve) => child.once('close', () => resolve()))

it('keeps its data from one start to the next, on the same port, and lets nobody in without the password', async () => {
  const first = await startEmbeddedPostgres(options)
  await ask(first.url, 'create table kept as select 42 as answer')
  const stranger = new URL(first.url)
  stranger.password = 'guess'
  await expect(ask(stranger.toString(), 'select 1')).rejects.toThrow('password authentication failed')
  await first.stop()
  expect(findPostmaster(cluster)).toBeUndefined()

  const second = await startEmbeddedPostgres(options)
  expect(second.url).toBe(first.url)
  expect(await ask(second.url, 'select answer from kept')).toEqual([42])
  expect(statSync(join(dataDir, 'postgres/credentials.json')).mode & 0o777).toBe(0o600)
  await second.stop()
})

it('is one server for several processes that start at once, and ends with the last of them', async () => {
  const stopping = Array.from({ length: 3 }, () =>
    run(process.execPath, other('await server.stop(); process.exit()'), { cwd: ROOT }),
  )
  const server = await startEmbeddedPostgres(options)
  const urls = (await Promise.all(stopping)).map(({ stdout }) => stdout.trim())
  expect(new Set([...urls, server.url])).toEqual(new Set([server.url]))
  expect(await ask(server.url, 'select 1')).toEqual([1])
  await server.stop()
  expect(findPostmaster(cluster)).toBeUndefined()
})

it('is taken up when the process that started it was killed', async () => {
  const killed = spawn(process.execPath, other(`process.kill(process.pid, 'SIGKILL')`), { cwd: ROOT, stdio: 'ignore' })
  await ended(killed)
  const left = findPostmaster(cluster)
  const server = await startEmbeddedPostgres(options)
  expect(findPostmaster(cluster)?.pid).toBe(left?.pid)
  await server.stop()
  expect(findPostmaster(cluster)).toBeUndefined()
})

it('starts again within seconds after the server itself was killed', async () => {
  const server = await startEmbeddedPostgres(options)
  await ask(server.url, 'create table survived as select 7 as answer')
  await ask(server.url, 'checkpoint')
  process.kill(findPostmaster(cluster)!.pid, 'SIGKILL')
  const started = performance.now()
  const again = await startEmbeddedPostgres(options)
  expect(performance.now() - started).toBeLessThan(8_000)
  expect(await ask(again.url, 'select answer from survived')).toEqual([7])
  await again.stop()
})

it('says what PostgreSQL said when it does not start', async () => {
  const wrong = { dataDir, settings: { max_connections: 'many' } }
  await expect(startEmbeddedPostgres(wrong)).rejects.toThrow('invalid value for parameter "max_connections"')
  expect(readFileSync(join(dataDir, 'postgres/server.log'), 'utf8')).toContain('many')
})
