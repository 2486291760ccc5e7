import { join } from 'node:path'
import { fastify } from 'fastify'
import type { FastifyInstance } from 'fastify'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Readiness, serveHealth } from '../../src/api/http/health.js'
import { serveJwks } from '../../src/api/http/jwks.js'
import { measurePool, serveMetrics } from '../../src/api/http/metrics.js'
import { readMigrations } from '../../src/lib/migrations/project.js'
import { configureTokenKeys, jwks } from '../../src/sessions/sessions.js'
import { issueAccessToken } from '../../src/sessions/access-tokens.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { until } from '../support/until.js'

const MIGRATIONS = readMigrations(join(import.meta.dirname, '../../prisma/migrations'))

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase({ poolSize: 2 })
})
afterAll(async () => {
  await database.drop()
})

const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0)) await close()
})

function appWith(...routes: ((app: FastifyInstance) => void)[]): FastifyInstance {
  const app = fastify()
  for (const route of routes) route(app)
  opened.push(() => app.close())
  return app
}

function ready({ url = database.appUrl, migrations = MIGRATIONS } = {}): {
  app: FastifyInstance
  readiness: Readiness
} {
  const readiness = new Readiness()
  readiness.watchDatabase(url, migrations)
  readiness.keysFound('ok')
  void readiness.serving()
  opened.push(() => readiness.close())
  return { app: appWith((app) => serveHealth(app, readiness)), readiness }
}

interface Answer {
  readonly status: number
  readonly body: { status: string; checks: Record<string, string> }
  readonly tookMs: number
}

async function ask(app: FastifyInstance): Promise<Answer> {
  const started = performance.now()
  const response = await app.inject('/health/ready')
  return { status: response.statusCode, body: response.json(), tookMs: performance.now() - started }
}

describe('/health/ready', () => {
  it('is ready when database, migrations and keys are, and the process serves', async () => {
    const { app } = ready()
    await until(async () => (await ask(app)).status === 200)
    expect((await ask(app)).body).toEqual({
      status: 'ready',
      checks: { database: 'ok', migrations: 'ok', keys: 'ok', process: 'ok' },
    })
  })

  it('is not before the process serves, nor once it drains', async () => {
    const readiness = new Readiness()
    const app = appWith((routes) => serveHealth(routes, readiness))
    expect(await ask(app)).toMatchObject({
      status: 503,
      body: { checks: { database: 'starting', process: 'starting' } },
    })
    const { app: serving, readiness: draining } = ready()
    await until(async () => (await ask(serving)).status === 200)
    draining.draining()
    expect(await ask(serving)).toMatchObject({ status: 503, body: { checks: { database: 'ok', process: 'draining' } } })
    expect((await serving.inject('/health/live')).statusCode).toBe(200)
  })

  it('says when the database lacks a migration, has a newer one, or was written under other keys', async () => {
    const coming = { name: '29990101000000_later', path: '', sql: '', checksum: '0' }
    const { app: behind } = ready({ migrations: [...MIGRATIONS, coming] })
    await until(async () => (await ask(behind)).body.checks['database'] === 'ok')
    expect(await ask(behind)).toMatchObject({ status: 503, body: { checks: { migrations: 'behind' } } })
    const { app: older } = ready({ migrations: MIGRATIONS.slice(0, -1) })
    await until(async () => (await ask(older)).body.checks['database'] === 'ok')
    expect(await ask(older)).toMatchObject({ status: 503, body: { checks: { migrations: 'refused' } } })
    const { app: foreign, readiness } = ready()
    readiness.keysFound('refused')
    await until(async () => (await ask(foreign)).body.checks['database'] === 'ok')
    expect(await ask(foreign)).toMatchObject({ status: 503, body: { checks: { keys: 'refused' } } })
  })

  it('answers at once while every connection of the pool is taken', async () => {
    const { app } = ready()
    await until(async () => (await ask(app)).status === 200)
    const taken = Promise.all(
      Array.from({ length: 4 }, () => database.pool.query('select pg_sleep(1.5)').catch(() => null)),
    )
    await until(() => database.pool.waitingCount > 0)
    const answer = await ask(app)
    expect(answer).toMatchObject({ status: 200 })
    expect(answer.tookMs).toBeLessThan(200)
    await taken
  })

  it('answers at once, and says so, when the database cannot be reached', async () => {
    const { app } = ready({ url: 'postgres://nobody@127.0.0.1:1/none' })
    const answer = await ask(app)
    expect(answer).toMatchObject({ status: 503, body: { checks: { database: 'unreachable' } } })
    expect(answer.tookMs).toBeLessThan(200)
  })

  it('notices that the database hangs, and that it is back', { timeout: 20_000 }, async () => {
    const { app } = ready()
    await until(async () => (await ask(app)).status === 200)
    await database.owner.query('begin')
    await database.owner.query('lock table _prisma_migrations in access exclusive mode')
    await until(async () => {
      const answer = await ask(app)
      // far below the time for which the lock is held; how fast it is belongs to no test
      expect(answer.tookMs).toBeLessThan(2_000)
      return answer.body.checks['database'] === 'unreachable'
    })
    await database.owner.query('rollback')
    await until(async () => (await ask(app)).status === 200)
  })

  it('tells nothing but the names of its checks', async () => {
    const { app } = ready({ url: 'postgres://somebody:hunter2@127.0.0.1:1/none' })
    expect(JSON.stringify((await ask(app)).body)).not.toMatch(/somebody|hunter2|127\.0\.0\.1|postgres:/)
  })
})

describe('/metrics', () => {
  it('shows requests, operations, statements, pool, sockets, subscriptions, jobs and the event loop', async () => {
    measurePool('test', database.pool)
    const app = appWith((routes) => serveMetrics(routes, { isProduction: false, metricsToken: null }))
    await app.inject('/metrics')
    const { body, headers } = await app.inject('/metrics')
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
    const names = [
      'http_request_seconds',
      'graphql_operation_seconds',
      'sql_statements_total',
      'graphql_sockets',
      'graphql_subscriptions',
    ]
    for (const name of [
      ...names,
      'job_runs_total',
      'jobs_failed',
      'jobs_waiting',
      'nodejs_eventloop_lag_seconds',
      'log_lines_dropped_total',
    ])
      expect(body).toContain(`# HELP ${name} `)
    expect(body).toMatch(/http_request_seconds_count\{method="GET",route="\/metrics",status="200"\} \d/)
    for (const state of ['total', 'idle', 'waiting'])
      expect(body).toContain(`pool_connections{pool="test",state="${state}"}`)
  })

  it('asks for its token where there is one', async () => {
    const app = appWith((routes) => serveMetrics(routes, { isProduction: true, metricsToken: 'a-token-of-the-test' }))
    const get = async (authorization?: string) =>
      (await app.inject({ url: '/metrics', headers: authorization ? { authorization } : {} })).statusCode
    expect(await get()).toBe(401)
    expect(await get('Bearer another-token')).toBe(401)
    expect(await get('Bearer a-token-of-the-test')).toBe(200)
  })

  it('is not there in production without one', async () => {
    const app = appWith((routes) => serveMetrics(routes, { isProduction: true, metricsToken: null }))
    expect((await app.inject('/metrics')).statusCode).toBe(404)
  })
})

describe('/.well-known/jwks.json', () => {
  it('has the keys that verify access tokens, and only their public halves', async () => {
    configureTokenKeys([
      { id: 'new', secret: Buffer.from('an ed25519 seed of thirty-two b.') },
      { id: 'old', secret: Buffer.from('and another one of thirty-two b.') },
    ])
    const app = appWith((routes) => serveJwks(routes, async () => ({ keys: [...(await jwks()).keys] })))
    const { keys } = (await app.inject('/.well-known/jwks.json')).json<{ keys: Record<string, string>[] }>()
    expect(keys.map(({ kid }) => kid)).toEqual(['new', 'old'])
    for (const key of keys) expect(Object.keys(key)).not.toContain('d')
    const url = new URL('/.well-known/jwks.json', await app.listen({ host: '127.0.0.1', port: 0 }))
    const id = '0b2f2a52-6d0e-4a3f-9a39-1f6f9ea0a001'
    const { accessToken } = await issueAccessToken({ userId: id, sessionId: id }, new Date())
    const { payload } = await jwtVerify(accessToken, createRemoteJWKSet(url))
    expect(payload.sub).toBe(id)
  })
})
