import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type pg from 'pg'
import { Gauge, Histogram } from 'prom-client'
import type { Config } from '../../env.js'
import { SECOND_MS } from '../../lib/clock.js'
import { metrics } from '../../lib/metrics.js'

const requests = new Histogram({
  name: 'http_request_seconds',
  help: 'Time of an HTTP request, by route',
  labelNames: ['method', 'route', 'status'] as const,
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  registers: [metrics],
})

const pools = new Map<string, pg.Pool>()

new Gauge({
  name: 'pool_connections',
  help: 'Connections to PostgreSQL by pool and state; waiting counts requests that wait for one',
  labelNames: ['pool', 'state'] as const,
  registers: [metrics],
  collect() {
    this.reset()
    for (const [name, pool] of pools) {
      this.set({ pool: name, state: 'total' }, pool.totalCount)
      this.set({ pool: name, state: 'idle' }, pool.idleCount)
      this.set({ pool: name, state: 'waiting' }, pool.waitingCount)
    }
  },
})

/** Shows a pool's connections in the metrics, until it ends. */
export function measurePool(name: string, pool: pg.Pool): void {
  for (const [known, { ended }] of pools) if (ended) pools.delete(known)
  pools.set(name, pool)
}

/**
 * `/metrics` in Prometheus' text format. With `METRICS_TOKEN` it asks for that token as a bearer; without one it answers
 * outside production, and in production does not exist.
 */
export function serveMetrics(app: FastifyInstance, config: Pick<Config, 'isProduction' | 'metricsToken'>): void {
  app.addHook('onResponse', async (request, reply) => {
    const labels = {
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: String(reply.statusCode),
    }
    requests.observe(labels, reply.elapsedTime / SECOND_MS)
  })
  app.get('/metrics', async (request, reply) => {
    if (config.isProduction && !config.metricsToken) return reply.code(404).send({ status: 'not found' })
    if (config.metricsToken && !hasToken(request, config.metricsToken))
      return reply.code(401).header('www-authenticate', 'Bearer').send({ status: 'unauthorized' })
    return reply
      .header('cache-control', 'no-store')
      .type(metrics.contentType)
      .send(await metrics.metrics())
  })
}

function hasToken({ headers }: FastifyRequest, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${token}`))
}
