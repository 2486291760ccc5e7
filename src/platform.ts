import { hkdfSync } from 'node:crypto'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import type { Readiness } from './api/http/health.js'
import { measurePool } from './api/http/metrics.js'
import type { Services } from './api/services.js'
import { auditTampering } from './audit/audit.js'
import type { Config } from './env.js'
import { openKeyring, verifyKeys } from './keys/keys.js'
import { openBus } from './lib/bus.js'
import { openDatabase } from './lib/db.js'
import type { Database } from './lib/db.js'
import type { JobServices } from './lib/jobs.js'
import { openLogSink } from './lib/log-sink.js'
import { configureLog, log } from './lib/log.js'
import { folderMailer, smtpMailer } from './lib/mailers.js'
import { appUrl, defaultAppRole } from './lib/migrations/app-role.js'
import type { AppRole } from './lib/migrations/app-role.js'
import { deployMigrations } from './lib/migrations/deploy.js'
import { readMigrations } from './lib/migrations/project.js'
import { EMBEDDED_DATABASE, startEmbeddedPostgres } from './lib/postgres/embedded.js'
import { untilReachable } from './lib/postgres/reachable.js'
import { makeRateLimiter } from './lib/rate-store.js'
import { openMedia } from './media/media.js'
import { openPayments } from './payment-services.js'
import { configureTokenKeys, warmPasswords } from './sessions/sessions.js'

const PRISMA_FOLDER = join(import.meta.dirname, '../prisma')
const SECRET_BYTES = 32

/** Everything that a process of the platform has open, whether it serves or runs jobs. */
export interface Platform {
  readonly services: Services
  readonly jobs: JobServices
  /** Closes all of it, the embedded PostgreSQL last. Idempotent. */
  close(): Promise<void>
}

/** How a process opens the platform. */
export interface Opening {
  readonly config: Config
  /** Names the process in `system_logs`: `api` or `worker`. */
  readonly service: string
  readonly readiness: Readiness
  /** Tells a person how far it is. */
  readonly say: (line: string) => void
  /** Gives up waiting for the database. */
  readonly signal: AbortSignal
}

/**
 * Opens the platform: database (embedded where none is configured), migrations, keys, pool, bus, limits, mail. Waits for a
 * database that is not there yet.
 * @throws Error when the database refuses, its history cannot be continued, or it was written under other keys
 */
export async function openPlatform(opening: Opening): Promise<Platform> {
  const { config, readiness } = opening
  const closers: (() => Promise<void>)[] = []
  const close = closeInTurn(closers)
  try {
    openKeyring(config.masterKeys)
    configureTokenKeys(config.tokenKeys)
    const url = await openPostgres(opening, closers)
    readiness.watchDatabase(url, readMigrations(join(PRISMA_FOLDER, 'migrations')))
    const database = openPool(url, config, closers)
    await checkKeys(database, readiness)
    openSink(url, opening, closers)
    const services = await openServices(url, database, config, closers)
    const mailer = config.smtpUrl
      ? smtpMailer(config.smtpUrl, config.mailFrom)
      : folderMailer(join(config.dataDir, 'mail'), config.mailFrom)
    await warmPasswords()
    const jobs = { db: database.db, mailer, isAgeGated: config.ageGate === 'platform' }
    return { services, jobs, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Closes what was opened, the last first; what fails to close does not keep the rest open. */
function closeInTurn(closers: (() => Promise<void>)[]): () => Promise<void> {
  return async () => {
    for (let closer = closers.pop(); closer; closer = closers.pop())
      await closer().catch((error: unknown) => {
        log.warn({ err: error }, 'shutdown: something did not close')
      })
  }
}

/** The application's way into a database that is migrated. */
async function openPostgres({ config, say, signal }: Opening, closers: (() => Promise<void>)[]): Promise<string> {
  const ownerUrl = config.databaseUrl ?? (await startEmbedded(config, say, closers))
  await untilReachable(ownerUrl, signal)
  const appRole = chooseAppRole(ownerUrl, config)
  say('bringing the database up to date …')
  const { applied } = await deployMigrations({ ownerUrl, folder: PRISMA_FOLDER, appRole })
  if (applied.length > 0) say(`applied ${String(applied.length)} migrations`)
  return config.databaseAppUrl ?? appUrl(ownerUrl, appRole.name, appRole.password ?? '')
}

async function startEmbedded(
  { dataDir }: Config,
  say: Opening['say'],
  closers: (() => Promise<void>)[],
): Promise<string> {
  say(`starting PostgreSQL in ${join(dataDir, 'postgres')} …`)
  const server = await startEmbeddedPostgres({ dataDir, database: EMBEDDED_DATABASE })
  closers.push(() => server.stop())
  return server.url
}

/**
 * The role that serves. Where it is ours to make, its password comes from the owner's, which every process knows and a
 * process with wrong keys cannot change under the others; from the master key where the owner needs none.
 */
function chooseAppRole(ownerUrl: string, { databaseAppUrl, masterKeys }: Config): AppRole {
  if (databaseAppUrl) return { name: decodeURIComponent(new URL(databaseAppUrl).username), password: null }
  const secret = new URL(ownerUrl).password || (masterKeys.at(-1)?.secret ?? '')
  return { name: defaultAppRole(ownerUrl), password: derive(secret, 'app-role').toString('base64url') }
}

const derive = (secret: string | Uint8Array, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', `creator-platform/1/${purpose}`, SECRET_BYTES))

function openPool(url: string, { databasePoolSize }: Config, closers: (() => Promise<void>)[]): Database {
  const database = openDatabase(url, { poolSize: databasePoolSize })
  measurePool('main', database.pool)
  closers.push(() => database.close())
  return database
}

async function checkKeys({ db }: Database, readiness: Readiness): Promise<void> {
  try {
    await verifyKeys(db)
    auditTampering(db)
    readiness.keysFound('ok')
  } catch (error) {
    readiness.keysFound('refused')
    throw error
  }
}

function openSink(url: string, { config, service }: Opening, closers: (() => Promise<void>)[]): void {
  if (!config.storesLogs) return
  const sink = openLogSink(url, service)
  configureLog(config.logLevel, sink)
  closers.push(() => sink.close())
}

async function openServices(
  url: string,
  database: Database,
  config: Config,
  closers: (() => Promise<void>)[],
): Promise<Services> {
  const bus = await openBus(url, database.db, config.redisUrl)
  closers.push(() => bus.close())
  const redis = config.redisUrl ? await openRedisAt(config.redisUrl, closers) : null
  const secret = derive(config.masterKeys[0]?.secret ?? '', 'rate-limits')
  const limiter = makeRateLimiter({ pool: database.pool, secret, ...(redis ? { redis } : {}) })
  const budget = makeRateLimiter({ secret, ...(redis ? { redis } : {}) })
  const media = await openMedia(config)
  const payments = await openPayments(
    config,
    database.db,
    derive(config.masterKeys.at(-1)?.secret ?? '', 'sandbox-webhooks').toString('base64url'),
  )
  return { config, database, bus, limiter, budget, media, payments }
}

/** Loaded only where there is one. */
async function openRedisAt(url: string, closers: (() => Promise<void>)[]): Promise<Redis> {
  const { openRedis } = await import('./lib/redis.js')
  const redis = openRedis(url)
  closers.push(() => {
    redis.disconnect()
    return Promise.resolve()
  })
  return redis
}
