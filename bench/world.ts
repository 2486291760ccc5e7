import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scaleDemo } from '../src/demo/scale.js'
import { seedDemo } from '../src/demo/seed.js'
import { demoPeople } from '../src/demo/world.js'
import { openKeyring, verifyKeys } from '../src/keys/keys.js'
import { machineNow } from '../src/lib/clock.js'
import { openDatabase, transaction } from '../src/lib/db.js'
import type { Database } from '../src/lib/db.js'
import { connectionUrl, withClient } from '../src/lib/migrations/adapter.js'
import { appUrl, defaultAppRole } from '../src/lib/migrations/app-role.js'
import { deployMigrations } from '../src/lib/migrations/deploy.js'
import { startEmbeddedPostgres } from '../src/lib/postgres/embedded.js'
import { configureTokenKeys, startSession } from '../src/sessions/sessions.js'
import { ROOT } from './children.js'

const DATABASE = 'creator_platform_bench'
/** People beside the demo world, so that indexes have some depth. */
export const EXTRA_PEOPLE = 10_000
/** So many that none of them spends the budget that a minute gives each. */
const VIEWERS = 240

/** Somebody signed in. */
export interface BenchViewer {
  readonly accessToken: string
  readonly sessionId: string
}

/** A database with the demo world and some thousand people more, people signed in to it, and how servers open it. */
export interface BenchWorld {
  readonly database: Database
  readonly viewers: readonly BenchViewer[]
  /** Creators whose pages are asked for. */
  readonly usernames: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly serverVersion: string
  close(): Promise<void>
}

/** Makes the world anew, on DATABASE_URL's server or on an embedded one of the bench's own. */
export async function openWorld(): Promise<BenchWorld> {
  const server = await findServer()
  const ownerUrl = connectionUrl(server.url, DATABASE)
  const password = randomBytes(16).toString('hex')
  const appRole = { name: defaultAppRole(ownerUrl), password }
  await withClient(server.url, (owner) => owner.query(`drop database if exists ${DATABASE} with (force)`))
  await deployMigrations({ ownerUrl, folder: join(ROOT, 'prisma'), appRole })
  const keys = { master: randomBytes(32), token: randomBytes(32) }
  openKeyring([{ id: 'bench', secret: keys.master }])
  configureTokenKeys([{ id: 'bench', secret: keys.token }])
  const url = appUrl(ownerUrl, appRole.name, password)
  const database = openDatabase(url)
  await verifyKeys(database.db)
  await seedDemo(database)
  await scaleDemo(database.db, { users: EXTRA_PEOPLE, posts: 0 }, () => undefined)
  const serverVersion = await withClient(ownerUrl, async (owner) => {
    await owner.query('vacuum analyze')
    return (await owner.query<{ server_version: string }>('show server_version')).rows[0]?.server_version ?? ''
  })
  const dataDir = mkdtempSync(join(tmpdir(), 'bench-'))
  return {
    database,
    viewers: await signIn(database),
    usernames: present('CREATOR').map(({ username }) => username),
    serverVersion,
    env: {
      NODE_ENV: 'development',
      PORT: '0',
      TRUSTED_PROXIES: '127.0.0.1',
      DATA_DIR: dataDir,
      DATABASE_URL: ownerUrl,
      DATABASE_APP_URL: url,
      MASTER_KEYS: `bench:${keys.master.toString('base64')}`,
      TOKEN_KEYS: `bench:${keys.token.toString('base64')}`,
    },
    close: async () => {
      await database.close()
      await withClient(server.url, (owner) => owner.query(`drop database if exists ${DATABASE} with (force)`))
      await server.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

async function findServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const url = process.env['DATABASE_URL']
  if (url) return { url, stop: () => Promise.resolve() }
  return await startEmbeddedPostgres({ dataDir: join(ROOT, '.data/bench') })
}

const present = (accountType: 'FAN' | 'CREATOR') =>
  demoPeople(machineNow()).filter((person) => person.accountType === accountType && person.standing.status === 'ACTIVE')

const signIn = ({ db }: Database): Promise<BenchViewer[]> =>
  transaction({ db, actorId: null, sessionId: null, requestId: 'bench' }, async (tx, now) => {
    const client = { ip: '127.0.0.1', userAgent: 'bench' }
    const viewers: BenchViewer[] = []
    for (const { id } of present('FAN').slice(0, VIEWERS)) {
      const { accessToken, viewer } = await startSession(tx, { userId: id, client }, now)
      viewers.push({ accessToken, sessionId: viewer.sessionId })
    }
    return viewers
  })
