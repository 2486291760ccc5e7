import type { FastifyRequest } from 'fastify'
import { serveGraphiql } from './api/http/graphiql.js'
import { serveHealth } from './api/http/health.js'
import type { Readiness } from './api/http/health.js'
import { serveJwks } from './api/http/jwks.js'
import { serveMetrics } from './api/http/metrics.js'
import { bearerToken } from './api/credentials.js'
import { answerPreflights } from './api/http.js'
import { allowedOrigins } from './api/origins.js'
import { contentGates } from './content/content.js'
import { messageGates } from './messages/messages.js'
import { serveMedia } from './media/media.js'
import { STATEMENTS_PATH, serveStatements } from './earnings/earnings.js'
import { servePaymentWebhooks } from './payments/payments.js'
import { serveSandboxPages } from './processors/processors.js'
import type { Routes } from './server.js'
import { authenticate, jwks } from './sessions/sessions.js'
import { serveStreaming } from './streams/streams.js'

/**
 * What stands beside the API: health, metrics, the public keys, files, processors' messages, the
 * sandbox bank's pages, what media servers ask, creators' statements, and the explorer outside production.
 */
export const routesBeside = (readiness: Readiness): readonly Routes[] => [
  (app) => {
    serveHealth(app, readiness)
  },
  (app, { config }) => {
    serveMetrics(app, config)
  },
  (app) => {
    serveJwks(app, async () => ({ keys: [...(await jwks()).keys] }))
  },
  (app, { config, database, media }) => {
    serveMedia(app, {
      db: database.db,
      media,
      gates: { ...contentGates(config), ...messageGates(config) },
      isAllowedOrigin: allowedOrigins(config),
    })
  },
  (app, { database, payments }) => {
    servePaymentWebhooks(app, { db: database.db, payments })
  },
  (app, { payments }) => {
    serveSandboxPages(app, payments.processor)
  },
  (app, { config, database }) => {
    serveStreaming(app, { db: database.db, config })
  },
  (app, { config, database: { db }, limiter }) => {
    const whoAsks = (request: FastifyRequest) => authenticate(db, bearerToken(request.headers.authorization))
    answerPreflights(app, { path: STATEMENTS_PATH, methods: 'GET' }, allowedOrigins(config))
    serveStatements(app, { db, limiter, whoAsks })
  },
  (app, { config }) => {
    serveGraphiql(app, config)
  },
]
