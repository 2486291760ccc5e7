import { serveGraphiql } from './api/http/graphiql.js'
import { serveHealth } from './api/http/health.js'
import type { Readiness } from './api/http/health.js'
import { serveJwks } from './api/http/jwks.js'
import { serveMetrics } from './api/http/metrics.js'
import { allowedOrigins } from './api/origins.js'
import { contentGates } from './content/content.js'
import { serveMedia } from './media/media.js'
import { servePaymentWebhooks } from './payments/payments.js'
import type { Routes } from './server.js'
import { jwks } from './sessions/sessions.js'

/** What stands beside the API: health, metrics, the public keys, files, processors' messages, and the explorer outside production. */
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
    serveMedia(app, { db: database.db, media, gates: contentGates(config), isAllowedOrigin: allowedOrigins(config) })
  },
  (app, { database, payments }) => {
    servePaymentWebhooks(app, { db: database.db, payments })
  },
  (app, { config }) => {
    serveGraphiql(app, config)
  },
]
