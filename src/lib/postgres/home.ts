import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { isWritable } from './account.js'
import type { Account } from './account.js'
import { STAND_IN_HOME, findBinaries } from './binaries.js'
import { isAlive } from './postmaster.js'

const run = promisify(execFile)

/** The folder of one server: its data, and beside them what only we need. */
export interface Home {
  readonly cluster: string
  readonly logFile: string
  readonly portFile: string
  readonly credentials: { readonly user: string; readonly password: string }
  lastPort(): number | undefined
  /** Notes that this process uses the server. */
  addUser(): void
  /** Takes the note back. True when no other process is left. */
  removeUser(): boolean
}

const FOLDER = 'postgres'
const CREDENTIALS = 'credentials.json'
const OWNER = 'postgres'
const PASSWORD_BYTES = 24

/** The server's folder under a data folder, if one was made. */
export function findHome(dataDir: string): Home | undefined {
  const place = join(resolve(dataDir), FOLDER)
  if (!existsSync(join(place, CREDENTIALS))) return undefined
  // A link, where the files belong to a stand-in user, who cannot follow it through our folders.
  const folder = realpathSync(place)
  const portFile = join(folder, 'port')
  return {
    cluster: join(folder, 'cluster'),
    logFile: join(folder, 'server.log'),
    portFile,
    credentials: JSON.parse(readFileSync(join(folder, CREDENTIALS), 'utf8')) as Home['credentials'],
    lastPort: () => (existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : undefined),
    ...users(join(folder, 'users')),
  }
}

/** One file per process that uses the server, named by its number; those of processes that were killed are cleared away. */
function users(folder: string): Pick<Home, 'addUser' | 'removeUser'> {
  const addUser = (): void => {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writePrivately(join(folder, String(process.pid)), '')
  }
  const removeUser = (): boolean => {
    for (const name of readdirSync(folder))
      if (Number(name) === process.pid || !isAlive(Number(name))) rmSync(join(folder, name), { force: true })
    return readdirSync(folder).length === 0
  }
  return { addUser, removeUser }
}

/** Writes a file that nobody else may read. */
export function writePrivately(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 })
}

/**
 * The server's folder, made when it is missing. It is filled beside its place and then moved there, so that a half-made one
 * is never used and of two processes one wins.
 * @throws Error when the data were written by another major version of PostgreSQL.
 */
export async function makeHome(dataDir: string, account: Account): Promise<Home> {
  const place = join(resolve(dataDir), FOLDER)
  if (!findHome(dataDir)) {
    mkdirSync(resolve(dataDir), { recursive: true, mode: 0o700 })
    if (!isWritable(dataDir)) throw new Error(`${resolve(dataDir)} belongs to another user. Choose another DATA_DIR.`)
    removeUnfinished(resolve(dataDir))
    await initialise(place, account)
  }
  const home = findHome(dataDir)
  if (!home) throw new Error(`${place} is not a folder of this server. Move it away, or choose another DATA_DIR.`)
  checkVersion(home.cluster, findBinaries(account).major)
  return home
}

async function initialise(place: string, account: Account): Promise<void> {
  const target = account.user ? standInPlace(place) : place
  const folder = `${target}.${String(process.pid)}`
  const password = randomBytes(PASSWORD_BYTES).toString('base64url')
  mkdirSync(join(folder, 'cluster'), { recursive: true, mode: 0o711 })
  await initdb(join(folder, 'cluster'), password, account)
  writePrivately(join(folder, CREDENTIALS), JSON.stringify({ user: OWNER, password }))
  try {
    renameSync(folder, target)
    if (target !== place) symlinkSync(target, place)
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    // Another process that made one at the same time was first.
    if (!existsSync(join(place, CREDENTIALS))) throw error
  }
}

/** A stand-in user cannot enter our data folder, so its own is elsewhere and ours links to it. */
function standInPlace(place: string): string {
  mkdirSync(STAND_IN_HOME, { recursive: true, mode: 0o755 })
  return join(STAND_IN_HOME, createHash('sha256').update(place).digest('hex').slice(0, 16))
}

async function initdb(cluster: string, password: string, account: Account): Promise<void> {
  const passwordFile = join(cluster, '..', 'password')
  writePrivately(passwordFile, password)
  if (account.user) for (const path of [cluster, passwordFile]) chownSync(path, account.user.uid, account.user.gid)
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C.UTF-8']
  const access = [`--username=${OWNER}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
  const program = [...account.prefix, findBinaries(account).initdb, '-D', cluster, ...locale, ...access]
  const [file = '', ...args] = program
  await run(file, args, { cwd: '/', env: { PATH: '/usr/local/bin:/usr/bin:/bin' }, ...account.user })
  rmSync(passwordFile)
}

function removeUnfinished(dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    const pid = Number(/^postgres\.(\d+)$/.exec(name)?.[1])
    if (pid > 0 && !isAlive(pid)) rmSync(join(dataDir, name), { recursive: true, force: true })
  }
}

function checkVersion(cluster: string, major: string): void {
  const written = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim()
  if (written === major) return
  throw new Error(
    `The data in ${cluster} were written by PostgreSQL ${written}, this is ${major}. ` +
      'Dump them with the old version and restore them, or move the folder away to start afresh.',
  )
}
