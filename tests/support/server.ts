import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simpleParser } from 'mailparser'
import type { GraphQLSchema } from 'graphql'
import { Readiness } from '../../src/api/http/health.js'
import type { Services } from '../../src/api/services.js'
import { auditTampering } from '../../src/audit/audit.js'
import { readConfig } from '../../src/env.js'
import type { Config } from '../../src/env.js'
import { eventHandlers } from '../../src/event-handlers.js'
import { jobHandlersWith } from '../../src/job-handlers.js'
import { openKeyring, verifyKeys } from '../../src/keys/keys.js'
import { openBus } from '../../src/lib/bus.js'
import { databaseNow } from '../../src/lib/db.js'
import type { JobServices } from '../../src/lib/jobs.js'
import { configureLog } from '../../src/lib/log.js'
import type { LogLevel } from '../../src/lib/log.js'
import { folderMailer } from '../../src/lib/mailers.js'
import { makeRateLimiter } from '../../src/lib/rate-store.js'
import { relayOpenEvents, startRelay } from '../../src/lib/relay.js'
import { openMedia } from '../../src/media/media.js'
import { openPayments } from '../../src/payment-services.js'
import { readMigrations } from '../../src/lib/migrations/project.js'
import { runDueJobs, startWorker } from '../../src/lib/worker.js'
import { served } from '../../src/served.js'
import { createServer } from '../../src/server.js'
import { routesBeside } from '../../src/routes.js'
import type { Routes, Server } from '../../src/server.js'
import { configureTokenKeys } from '../../src/sessions/sessions.js'
import { startProcess } from '../server/process.js'
import type { ServerProcess } from '../server/process.js'
import { testDatabase } from './database.js'
import type { TestDatabase } from './database.js'

/** A mail as it arrived. */
export interface ReceivedMail {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** The one-time token in it; empty where it has none. */
  readonly token: string
}

/** What was mailed, read back from its folder. */
export interface Mails {
  readonly folder: string
  /** All mails to an address, the oldest first. */
  to(address: string): Promise<ReceivedMail[]>
  /** The newest mail to an address. @throws Error when there is none */
  newestTo(address: string): Promise<ReceivedMail>
}

/** A server in this process, on a port of its own, over a database of its own. */
export interface TestServer {
  /** `http://127.0.0.1:PORT/graphql` */
  readonly url: string
  readonly wsUrl: string
  /** Where queries and subscriptions go: this server's, or with `TWO_PROCESSES` that of a process beside it. */
  readonly readUrl: string
  /** The same without the path, for health, metrics and pages. */
  readonly origin: string
  readonly services: Services
  readonly database: TestDatabase
  readonly server: Server
  readonly mails: Mails
  /** What job handlers work with. */
  readonly jobs: JobServices
  /** Relays the events that are open and runs the jobs that are due, and those they add, until none is left. */
  drain(): Promise<void>
  /** The platform's time, moved clock included. */
  now(): Promise<Date>
  /** Ends the server, and drops the database if it came with it. */
  close(): Promise<void>
}

export interface ServerOptions {
  /** What shall be other than a test's usual configuration. */
  readonly config?: Partial<Config>
  /** A database that others serve too; it stays when this server closes. */
  readonly database?: TestDatabase
  readonly poolSize?: number
  /** Another schema than the product's. */
  readonly schema?: GraphQLSchema
  /** Instead of health, metrics, keys, files and pages. */
  readonly routes?: readonly Routes[]
  /** What the process's log writes to standard output; `critical`, which is hardly anything, unless said otherwise. */
  readonly logLevel?: LogLevel
  /** The way into the database of the bus, as through a proxy that misbehaves; the database's own unless said otherwise. */
  readonly busUrl?: string
  /** Whether a worker relays events and runs jobs all the time; otherwise they run when `drain` is called. */
  readonly runsJobs?: boolean
}

const newKey = (): string => `test:${randomBytes(32).toString('base64')}`

/** The keys of this process's servers: two on one database must have the same. */
export const TEST_KEYS = { MASTER_KEYS: newKey(), TOKEN_KEYS: newKey() } as const

/**
 * Starts a server as `main` does. It believes `X-Forwarded-For` from loopback, so that each person of the world has an
 * address, and with it limits, of their own; `config: { trustedProxies: [] }` takes that away.
 */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'creator-platform-'))
  const config = testConfig(dataDir, options.config)
  configureLog(options.logLevel ?? 'critical')
  const database = options.database ?? (await testDatabase(options.poolSize ? { poolSize: options.poolSize } : {}))
  openKeyring(config.masterKeys)
  configureTokenKeys(config.tokenKeys)
  await verifyKeys(database.db)
  auditTampering(database.db)
  const bus = await openBus(options.busUrl ?? database.appUrl, database.db)
  const limiter = makeRateLimiter({ pool: database.pool, secret: LIMITER_SECRET })
  const budget = makeRateLimiter({ secret: LIMITER_SECRET })
  const media = await openMedia(config)
  const payments = await openPayments(config, database.db, SANDBOX_SECRET)
  const services: Services = { config, database, bus, limiter, budget, media, payments }
  const mails = readMails(join(dataDir, 'mail'))
  const mailer = folderMailer(mails.folder, config.mailFrom)
  const jobs: JobServices = { db: database.db, mailer, isAgeGated: config.ageGate === 'platform' }
  const jobHandlers = jobHandlersWith(services)
  const worker = options.runsJobs ? await startWorker(database, jobHandlers, jobs) : null
  const relay = options.runsJobs ? startRelay(database, bus, eventHandlers) : null
  const readiness = new Readiness()
  readiness.watchDatabase(database.appUrl, readMigrations(join(import.meta.dirname, '../../prisma/migrations')))
  readiness.keysFound('ok')
  const server = await createServer(services, {
    ...served,
    ...(options.schema ? { schema: options.schema } : {}),
    routes: options.routes ?? routesBeside(readiness),
  })
  const url = await server.listen()
  // the port was any that is free
  Object.assign(config, { publicUrl: new URL(url).origin })
  await readiness.serving()
  const beside = options.schema || options.config ? null : readingProcess(database, dataDir)
  const close = async (): Promise<void> => {
    await beside?.stop()
    await server.drain()
    await relay?.stop()
    await worker?.stop()
    await readiness.close()
    await bus.close()
    if (!options.database) await database.drop()
    rmSync(dataDir, { recursive: true, force: true })
  }
  let drained: Promise<void> = Promise.resolve()
  // one after the other: what another one has taken and not finished yet would not be waited for
  const drain = (): Promise<void> => {
    const run = async (): Promise<void> => {
      do {
        await relayOpenEvents(database.db, eventHandlers)
        await runDueJobs(database, jobHandlers, jobs)
      } while (await hasWork(database))
    }
    return (drained = drained.then(run, run))
  }
  return {
    url,
    wsUrl: url.replace(/^http/, 'ws'),
    readUrl: (await beside?.ready()) ?? url,
    origin: new URL(url).origin,
    services,
    database,
    server,
    mails,
    jobs,
    drain,
    now: () => databaseNow(database.db),
    close,
  }
}

/** Another process on the same database, which runs no jobs; only where `TWO_PROCESSES` asks for one. */
function readingProcess({ ownerUrl, appUrl }: TestDatabase, dataDir: string): ServerProcess | null {
  if (process.env['TWO_PROCESSES'] !== '1') return null
  return startProcess({
    ...TEST_KEYS,
    NODE_ENV: 'test',
    DATABASE_URL: ownerUrl,
    DATABASE_APP_URL: appUrl,
    DATA_DIR: dataDir,
    TRUSTED_PROXIES: '127.0.0.1',
    JOBS: 'off',
    DEMO: 'off',
    LOG_LEVEL: 'critical',
  })
}

/** A job of a queue that was in use when a worker asked for the next one is still there when it stops asking. */
async function hasWork({ owner }: TestDatabase): Promise<boolean> {
  const { rows } = await owner.query<{ is: boolean }>(
    `select exists (select from outbox_events where dispatched_at is null) or exists (
       select from graphile_worker._private_jobs j join graphile_worker._private_job_queues q on q.id = j.job_queue_id
       where j.run_at <= now() and j.attempts < j.max_attempts and j.locked_at is null and q.locked_at is null
     ) as is`,
  )
  return rows[0]?.is === true
}

/** Limits hold across the servers of one database, so whom they count for is hashed alike. */
const LIMITER_SECRET = randomBytes(32)

/** What the sandbox processor of these servers signs its messages with. */
export const SANDBOX_SECRET = randomBytes(32).toString('base64url')

function testConfig(dataDir: string, overrides: Partial<Config> = {}): Config {
  const config = readConfig({
    NODE_ENV: 'test',
    PORT: '0',
    DATA_DIR: dataDir,
    TRUSTED_PROXIES: '127.0.0.1',
    ...TEST_KEYS,
  })
  return { ...config, ...overrides }
}

const TOKEN = /(?<![\w-])[\w-]{43}(?![\w-])/

function readMails(folder: string): Mails {
  const to = async (address: string): Promise<ReceivedMail[]> => {
    const all = await Promise.all(
      filesOf(folder).map(async (file) => {
        const { subject = '', text = '', html, headers } = await simpleParser(readFileSync(file))
        const receiver = (headers.get('to') as { text?: string } | undefined)?.text ?? ''
        return { to: receiver, subject, text, html: html || '', token: TOKEN.exec(text)?.[0] ?? '' }
      }),
    )
    return all.filter((mail) => mail.to.toLowerCase().includes(address.toLowerCase()))
  }
  return {
    folder,
    to,
    newestTo: async (address) => {
      const mail = (await to(address)).at(-1)
      if (!mail) throw new Error(`no mail to ${address}: run drain() first`)
      return mail
    },
  }
}

/** The folder's mails, by the time they were written. */
function filesOf(folder: string): string[] {
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.name.endsWith('.eml'))
  return names.map(({ name }) => join(folder, name)).sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs)
}
