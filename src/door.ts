import type { AddressInfo } from 'node:net'
import { fastify } from 'fastify'
import { serveHealth } from './api/http/health.js'
import type { Readiness } from './api/http/health.js'
import type { Config } from './env.js'

const RETRY_AFTER_SECONDS = 5

/** Holds the port while the platform opens behind it. */
export interface Door {
  readonly port: number
  /** Frees the port for the server. */
  close(): Promise<void>
}

/**
 * Answers on the configured port from the first moment on: alive, not ready, and 503 for everything else, so that whoever
 * watches the process can tell waiting from dead.
 * @throws Error EADDRINUSE, saying what to do
 */
export async function openDoor({ host, port }: Config, readiness: Readiness): Promise<Door> {
  const app = fastify({ logger: false, forceCloseConnections: true })
  serveHealth(app, readiness)
  app.setNotFoundHandler((_request, reply) =>
    reply
      .code(503)
      .header('retry-after', String(RETRY_AFTER_SECONDS))
      .send({
        errors: [
          { message: 'The server is starting.', extensions: { code: 'UNAVAILABLE', reason: 'service_unavailable' } },
        ],
      }),
  )
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    throw isInUse(error) ? inUse(host, port) : error
  }
  return { port: (app.server.address() as AddressInfo).port, close: () => app.close() }
}

const isInUse = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'

const inUse = (host: string, port: number): Error =>
  Object.assign(
    new Error(`Something listens on ${host}:${String(port)} already. Stop it, or set PORT to another one.`),
    { code: 'EADDRINUSE' },
  )
