import type { FastifyInstance } from 'fastify'
import type { JSONWebKeySet } from 'jose'

/** How long verifiers may keep the keys: less than a key is announced before it signs. */
const MAX_AGE_SECONDS = 300

/** `/.well-known/jwks.json`: the public halves of the keys that sign access tokens (RFC 7517). */
export function serveJwks(app: FastifyInstance, jwks: () => JSONWebKeySet | Promise<JSONWebKeySet>): void {
  app.get('/.well-known/jwks.json', async (_request, reply) =>
    reply
      .header('cache-control', `public, max-age=${String(MAX_AGE_SECONDS)}`)
      .type('application/jwk-set+json')
      .send(JSON.stringify(await jwks())),
  )
}
