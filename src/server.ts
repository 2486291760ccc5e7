import assert from 'node:assert'
import { setTimeout } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { GraphQLSchema } from 'graphql'
import { trustedProxies } from './api/addresses.js'
import { openApollo } from './api/apollo.js'
import type { Authenticate } from './api/context.js'
import { answerPreflights, openHttp } from './api/http.js'
import { allowedOrigins } from './api/origins.js'
import { openApi } from './api/prepare.js'
import type { Services } from './api/services.js'
import { openSockets } from './api/sockets.js'
import { SECOND_MS } from './lib/clock.js'

/** Where the API is, over HTTP and sockets. */
export const GRAPHQL_PATH = '/graphql'
/** How long requests may take to finish once the server is told to end. */
const DRAIN_MS = 12 * SECOND_MS
const SWEEP_MS = 100

/** Adds routes beside the API: health, metrics, keys, pages. */
export type Routes = (app: FastifyInstance, services: Services) => void

/** What is served: a schema, how its callers are recognised, and what stands beside it. */
export interface Served {
  readonly schema: GraphQLSchema
  readonly authenticate: Authenticate
  readonly routes?: readonly Routes[]
}

/** A server: not listening yet, and ready to be asked in process by `app.inject`. */
export interface Server {
  readonly app: FastifyInstance
  /** Open sockets. */
  readonly sockets: number
  /** Starts to listen on the configured host and port; answers the address of the API. */
  listen(): Promise<string>
  /** Takes no new work, lets requests finish, tells sockets why; at most 15 s. Idempotent. */
  drain(): Promise<void>
}

/** Wires HTTP, Apollo, sockets and routes over what is open already. */
export async function createServer(services: Services, { schema, authenticate, routes = [] }: Served): Promise<Server> {
  const { config } = services
  const isProxy = trustedProxies(config.trustedProxies)
  const isAllowedOrigin = allowedOrigins(config)
  const api = openApi(schema, services, authenticate)
  const app = openHttp(config, isProxy, isAllowedOrigin)
  const apollo = await openApollo(api, isProxy)
  for (const route of routes) route(app, services)
  answerPreflights(app, { path: GRAPHQL_PATH, methods: 'GET, POST' }, isAllowedOrigin)
  app.route({ method: ['GET', 'POST'], url: GRAPHQL_PATH, handler: apollo.handler })
  const sockets = openSockets(api, app.server, { path: GRAPHQL_PATH, isProxy, isAllowedOrigin })
  let drained: Promise<void> | undefined

  const end = async (): Promise<void> => {
    const cut = new AbortController()
    const late = setTimeout(DRAIN_MS, undefined, { signal: cut.signal, ref: false }).then(
      () => {
        app.server.closeAllConnections()
      },
      () => undefined,
    )
    // a connection that answers its last request now would be kept alive: Node closes those that are idle only once
    const sweeping = setInterval(() => {
      app.server.closeIdleConnections()
    }, SWEEP_MS)
    await Promise.all([sockets.drain(), app.close()])
    clearInterval(sweeping)
    cut.abort()
    await late
    await apollo.close()
  }

  return {
    app,
    get sockets() {
      return sockets.connections.size
    },
    listen: async () => {
      await app.listen({ host: config.host, port: config.port })
      const address = app.server.address()
      assert(address !== null && typeof address === 'object')
      const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
      return `http://${host}:${String(address.port)}${GRAPHQL_PATH}`
    },
    drain: () => (drained ??= end()),
  }
}
