import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { fastify } from 'fastify'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../env.js'
import { SECOND_MS } from '../lib/clock.js'
import { TIMEOUTS } from '../lib/timeouts.js'
import { openConnections, refusedConnections } from '../lib/metrics.js'
import { isSpared } from '../lib/long-requests.js'
import { parsedUrl } from '../lib/urls.js'
import type { Proxies } from './addresses.js'
import { ClientError, statusOf, toClientError } from './errors.js'
import type { WireCode } from './errors.js'
import type { Origins } from './origins.js'

/** The longest text of a post, each of its characters escaped, and what goes with it. */
const MAX_BODY_BYTES = 160_000
const HEADERS_TIMEOUT_MS = 10 * SECOND_MS
const CONNECTIONS_CHECK_MS = 2 * SECOND_MS
/** Addresses of files are long. */
const MAX_PARAMETER_LENGTH = 600
const KEEP_ALIVE_MS = 65 * SECOND_MS
/** Without a byte either way: longer than an idle connection is kept, so that it ends one whose client does not read. */
const STALLED_MS = 75 * SECOND_MS
/** How long a browser may remember what a preflight said. */
const PREFLIGHT_SECONDS = 600
const HSTS = 'max-age=63072000; includeSubDomains'

/** Headers of every answer; a page may set its own policy over them. */
const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-site',
  'cache-control': 'no-store',
} as const

const REQUEST_HEADERS =
  'content-type, authorization, apollo-require-preflight, x-apollo-operation-name, accept-language'
const ANSWER_HEADERS = 'x-request-id, retry-after'

/** An HTTP server with every limit set, ready for routes. */
export function openHttp(config: Config, isProxy: Proxies, isAllowedOrigin: Origins): FastifyInstance {
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: TIMEOUTS.requestMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionTimeout: STALLED_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: CONNECTIONS_CHECK_MS },
    trustProxy: (address: string) => isProxy(address),
    // a name of our own: one that a client could choose would mix requests up in the log
    genReqId: () => randomUUID(),
    logger: false,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    forceCloseConnections: 'idle',
  })
  limitConnections(app.server, config.maxConnections)
  spareLongRequests(app)
  app.removeContentTypeParser('text/plain')
  app.addHook('onRequest', (request, reply, done) => {
    setHeaders(config, isAllowedOrigin, request, reply)
    done(charsetProblem(request) ?? hostProblem(request) ?? undefined)
  })
  app.setErrorHandler((error: FastifyError, request, reply) => sendError(error, request, reply))
  app.setNotFoundHandler((request, reply) =>
    sendError(httpError('BAD_REQUEST', 404, 'Nothing is here; the API is at /graphql.'), request, reply),
  )
  return app
}

const TOO_MANY = 'HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\nretry-after: 5\r\n\r\n'

/** Answers connections beyond `max` before anything of them is read. One that becomes a WebSocket counts no longer. */
function limitConnections(server: Server, max: number): void {
  const open = new Set<Duplex>()
  const forget = (socket: Duplex): void => {
    if (open.delete(socket)) openConnections.dec()
  }
  server.on('connection', (socket: Socket) => {
    if (open.size >= max) {
      refusedConnections.inc()
      socket.end(TOO_MANY)
      socket.destroySoon()
      return
    }
    open.add(socket)
    openConnections.inc()
    socket.once('close', () => {
      forget(socket)
    })
  })
  server.on('upgrade', (_request, socket) => {
    forget(socket)
  })
}

/** Node cuts whatever takes longer than a request may; those that may take longer are let go on. */
function spareLongRequests({ server }: FastifyInstance): void {
  const answers = server.listeners('clientError') as ((error: Error, socket: Socket) => void)[]
  server.removeAllListeners('clientError')
  server.on('clientError', (error, socket) => {
    if (!isSpared(error, socket as Socket)) for (const answer of answers) answer.call(server, error, socket as Socket)
  })
}

/** What answers a browser's preflight of `path`, which takes these methods. */
export function answerPreflights(
  app: FastifyInstance,
  { path, methods }: { readonly path: string; readonly methods: string },
  isAllowedOrigin: Origins,
): void {
  app.options(path, (request, reply) => {
    if (isAllowedOrigin(request.headers.origin ?? ''))
      reply.headers({
        'access-control-allow-methods': methods,
        'access-control-allow-headers': REQUEST_HEADERS,
        'access-control-max-age': String(PREFLIGHT_SECONDS),
      })
    return reply.code(204).header('allow', `${methods}, OPTIONS`).send()
  })
}

function setHeaders(config: Config, isAllowedOrigin: Origins, request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({ ...SECURITY_HEADERS, 'x-request-id': request.id })
  if (config.isProduction && request.protocol === 'https') reply.header('strict-transport-security', HSTS)
  reply.header('vary', 'origin')
  const { origin } = request.headers
  if (origin === undefined || !isAllowedOrigin(origin)) return
  reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': ANSWER_HEADERS })
}

/** JSON is UTF-8 (RFC 8259): any other charset would be read wrongly, and filters upstream tricked. */
function charsetProblem({ headers }: FastifyRequest): HttpError | null {
  const [, charset] = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(headers['content-type'] ?? '') ?? []
  if (charset === undefined || charset.toLowerCase() === 'utf-8') return null
  return httpError('BAD_REQUEST', 415, 'Only UTF-8 is read here.')
}

/** HTTP/1.0 may come without a host, and any version with one that is none: what is behind makes URLs of it. */
function hostProblem({ protocol, hostname }: FastifyRequest): HttpError | null {
  // a proxy's word for the protocol is any word: `A:` makes something that parses, and is no address
  const isAddress = /^https?$/.test(protocol) && parsedUrl(`${protocol}://${hostname}/`) !== null
  return isAddress ? null : httpError('BAD_REQUEST', 400, 'The request names no host.')
}

/** A client's error with a status that its code alone does not tell. */
type HttpError = ClientError & { readonly statusCode: number }

const httpError = (code: WireCode, statusCode: number, message: string): HttpError =>
  Object.assign(new ClientError(code, message), { statusCode })

/** Of JSON that reaches for a prototype fastify says that it is none. */
const messageOf = ({ code, message }: FastifyError | HttpError): string =>
  code === 'FST_ERR_CTP_INVALID_JSON_BODY' ? NO_JSON : message
const NO_JSON = 'The body is not JSON, or reaches for an object’s prototype.'

/** Errors outside of GraphQL have the same form as those inside. */
function sendError(error: FastifyError | HttpError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = error.statusCode ?? 500
  const isExpected = error instanceof ClientError || (status >= 400 && status < 500)
  const shown = isExpected
    ? new ClientError(error instanceof ClientError ? error.code : 'BAD_REQUEST', messageOf(error), {
        requestId: request.id,
      })
    : toClientError(error, request.id)
  return reply
    .code(isExpected ? status : statusOf(shown.code))
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ errors: [shown.toJSON()] }))
}
