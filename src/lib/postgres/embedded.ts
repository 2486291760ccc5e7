import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { chooseAccount } from './account.js'
import type { Account } from './account.js'
import { findBinaries } from './binaries.js'
import { findHome, makeHome, writePrivately } from './home.js'
import type { Home } from './home.js'
import { findPostmaster, isAlive, removeRecycledPidFile, stopPostmaster, untilReady } from './postmaster.js'
import type { Postmaster } from './postmaster.js'

export interface EmbeddedOptions {
  /** The folder that keeps everything; the server's files are in its subfolder `postgres`. */
  readonly dataDir: string
  /** The database of the URL, which is not created here; absent: the server's own `postgres`. */
  readonly database?: string
  /** Absent: the one used last, if it is free, otherwise any. */
  readonly port?: number
  /** Server settings (`max_connections` …) of this run. */
  readonly settings?: Readonly<Record<string, string>>
}

/** A PostgreSQL server of our own, and the owner's way in. */
export interface EmbeddedPostgres {
  readonly url: string
  /** Stops the server, unless another process still uses it; does nothing the second time. */
  stop(): Promise<void>
}

/** The database that the server uses when none is configured. */
export const EMBEDDED_DATABASE = 'creator_platform'

/** Settings for tests alone: a crash of the machine would lose the data, which nobody wants back. */
export const TEST_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', jit: 'off' } as const

const DEFAULT_SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  timezone: 'UTC',
  log_timezone: 'UTC',
} as const

const START_TIMEOUT_MS = 30_000
const CONNECT_TIMEOUT_MS = 3_000
const START_ATTEMPTS = 40
const RETRY_MS = 250
const MAX_LOG_BYTES = 10_000_000
const LOG_TAIL_CHARACTERS = 2_000

/**
 * Starts PostgreSQL on a folder, made on the first call, or takes up the server that already runs there (another process of
 * the same installation, or one that was left when its process was killed). It listens on 127.0.0.1 alone, with a password
 * that is kept in the folder. It ends with the last process that uses it.
 * @throws Error with the server's own last words when it does not come up.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const running = await findRunning(options)
  if (running) return running
  const account = await chooseAccount(findHome(options.dataDir)?.cluster)
  const home = await makeHome(options.dataDir, account)
  for (let attempt = 1; ; attempt += 1) {
    const server = await launch(home, account, options)
    if ('pid' in server) return opened(home, server, options)
    const other = await findRunning(options)
    if (other) return other
    if (!isPassing(server.log) || attempt === START_ATTEMPTS)
      throw new Error(`PostgreSQL did not start:\n${server.log}`)
    await sleep(RETRY_MS)
  }
}

/** Failures that waiting mends: another process was first, the port was taken, a killed server's processes are leaving. */
function isPassing(log: string): boolean {
  return /postmaster\.pid" already exists|Address already in use|shared memory block .* still in use/.test(log)
}

async function findRunning(options: EmbeddedOptions): Promise<EmbeddedPostgres | undefined> {
  const home = findHome(options.dataDir)
  for (let attempt = 1; home && findPostmaster(home.cluster) && attempt <= START_ATTEMPTS; attempt += 1) {
    const server = await untilReady(home.cluster, START_TIMEOUT_MS, () => !findPostmaster(home.cluster))
    // It may be dying at this moment: its file and its process are the last to go.
    if (server && (await answers(urlOf(home, server, options)))) return opened(home, server, options)
    await sleep(RETRY_MS)
  }
  return undefined
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return true
  } catch (error) {
    // Whatever the server itself says, it is there; only starting up and shutting down are said too early or too late.
    return error instanceof pg.DatabaseError && !error.code?.startsWith('57P')
  } finally {
    await client.end().catch(() => undefined)
  }
}

function urlOf(home: Home, server: Postmaster, { database = 'postgres' }: EmbeddedOptions): string {
  const { user, password } = home.credentials
  return `postgresql://${user}:${password}@127.0.0.1:${String(server.port)}/${database}`
}

function opened(home: Home, server: Postmaster, options: EmbeddedOptions): EmbeddedPostgres {
  const url = urlOf(home, server, options)
  home.addUser()
  // A process that ends in a hurry can no longer wait, but it can ask.
  const ask = (): void => {
    if (home.removeUser() && isAlive(server.pid)) process.kill(server.pid, 'SIGINT')
  }
  process.once('exit', ask)
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    process.off('exit', ask)
    return (stopping ??= home.removeUser() ? stopPostmaster(home.cluster, server) : Promise.resolve())
  }
  return { url, stop }
}

async function launch(home: Home, account: Account, options: EmbeddedOptions): Promise<Postmaster | { log: string }> {
  removeRecycledPidFile(home.cluster)
  const port = await choosePort(options.port ?? home.lastPort())
  const settings = { ...DEFAULT_SETTINGS, port: String(port), ...options.settings }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const { log, logStart } = openLog(home)
  const child = spawnAs(account, findBinaries(account).postgres, ['-D', home.cluster, ...flags], log)
  closeSync(log)
  let hasEnded = false
  child.once('error', () => (hasEnded = true)).once('exit', () => (hasEnded = true))
  const server = await untilReady(home.cluster, START_TIMEOUT_MS, () => hasEnded)
  child.unref()
  if (!server || server.pid !== child.pid) return { log: tail(home.logFile, logStart) }
  writePrivately(home.portFile, String(port))
  return server
}

/** Starts a program in a session of its own: an interrupt typed at the terminal is for us, who then stop it in order. */
function spawnAs(account: Account, program: string, args: readonly string[], log: number): ChildProcess {
  const [file = program, ...rest] = [...account.prefix, program, ...args]
  return spawn(file, rest, {
    cwd: '/',
    detached: true,
    env: programEnvironment(),
    stdio: ['ignore', log, log],
    ...account.user,
  })
}

/** PostgreSQL's programs listen to PGDATA, PGPORT and their like; ours are told everything by arguments. */
function programEnvironment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' }
}

function openLog(home: Home): { log: number; logStart: number } {
  if (existsSync(home.logFile) && statSync(home.logFile).size > MAX_LOG_BYTES)
    renameSync(home.logFile, `${home.logFile}.old`)
  if (!existsSync(home.logFile)) writeFileSync(home.logFile, '', { mode: 0o600 })
  return { logStart: statSync(home.logFile).size, log: openSync(home.logFile, 'a') }
}

function tail(file: string, from: number): string {
  return readFileSync(file, 'utf8').slice(from).slice(-LOG_TAIL_CHARACTERS).trim()
}

async function choosePort(wanted: number | undefined): Promise<number> {
  return (wanted !== undefined && (await freePort(wanted))) || (await freePort(0)) || 0
}

/** The port if it is free (0 asks for any), or undefined. */
function freePort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => {
      const free = (server.address() as AddressInfo).port
      server.close(() => resolve(free))
    })
  })
}
