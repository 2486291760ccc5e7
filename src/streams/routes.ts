import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { transaction } from '../lib/db.js'
import type { Db, Tx } from '../lib/db.js'
import { isUuid } from '../lib/ids.js'
import type { KeyMaterial } from '../lib/key-file.js'
import { log } from '../lib/log.js'
import { beginPublishing, endPublishing, keepPublishing } from './ingesting.js'
import type { Publishing, Verdict } from './ingesting.js'
import { mayPlay } from './playback.js'

/** What the routes work with. */
export interface StreamRoutes {
  readonly db: Db
  readonly config: {
    readonly mediaServerSecret: string | null
    readonly tokenKeys: readonly KeyMaterial[]
    readonly ageGate: 'content' | 'platform'
  }
}

const MAX_BODY_BYTES = 16_384
const NAME = /^[\w.:-]{1,100}$/

/** `call` of nginx-rtmp with its form; what is unknown is left out. */
const NginxCall = z.object({
  call: z.string(),
  name: z.string().max(500).default(''),
  clientid: z.string().regex(NAME),
  key: z.string().max(200).optional(),
  token: z.string().max(1_000).optional(),
})
type NginxCall = z.output<typeof NginxCall>

/** What MediaMTX asks (`authHTTPAddress`), and what its hooks send of a source that is ready, or no more. */
const MediaMtxCall = z.object({
  action: z.string(),
  path: z.string().max(500).default(''),
  query: z.string().max(2_000).default(''),
  user: z.string().max(200).default(''),
  password: z.string().max(1_000).default(''),
  token: z.string().max(1_000).default(''),
  id: z.string().max(100).nullish(),
})
type MediaMtxCall = z.output<typeof MediaMtxCall>

/**
 * `POST /streaming/nginx` and `POST /streaming/mediamtx`: whether an encoder may publish and a viewer may play, and what becomes
 * of them, as these two media servers ask. 404 without a secret, and for whoever does not have it. `?server=` tells several
 * servers apart, whose names for connections repeat.
 */
export function serveStreaming(app: FastifyInstance, routes: StreamRoutes): void {
  const { mediaServerSecret } = routes.config
  if (mediaServerSecret === null) return
  void app.register(async (scope) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: MAX_BODY_BYTES },
      (_request, body, done) => {
        done(null, Object.fromEntries(new URLSearchParams(String(body))))
      },
    )
    scope.addHook('onRequest', async (request, reply) => {
      const { secret = '' } = request.query as Asked['Querystring']
      if (!isSecret(secret, mediaServerSecret)) await reply.code(404).send()
    })
    scope.post<Asked>('/streaming/nginx', (request, reply) => answerNginx(routes, request, reply))
    scope.post<Asked>('/streaming/mediamtx', (request, reply) => answerMediaMtx(routes, request, reply))
    await Promise.resolve()
  })
}

interface Asked {
  Querystring: { secret?: string; server?: string }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** As long for a wrong one as for the right one. */
const isSecret = (given: string, secret: string): boolean => timingSafeEqual(digest(given), digest(secret))

const refuse = (reply: FastifyReply): FastifyReply => reply.code(403).send()
const allow = (reply: FastifyReply): FastifyReply => reply.code(200).send()

const inTransaction = <T>({ db }: StreamRoutes, work: (tx: Tx, now: Date) => Promise<T>): Promise<T> =>
  transaction({ db, actorId: null, sessionId: null, requestId: randomUUID() }, work)

const serverOf = ({ query: { server } }: FastifyRequest<Asked>): string =>
  NAME.test(server ?? '') ? (server ?? '') : ''

async function answerNginx(
  routes: StreamRoutes,
  request: FastifyRequest<Asked>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const parsed = NginxCall.safeParse(request.body)
  if (!parsed.success) return reply.code(400).send()
  const call = parsed.data
  // connections are counted anew when the server starts anew
  const name = `nginx:${serverOf(request)}:${call.clientid}:`
  switch (call.call) {
    case 'publish':
      return answerPublish(routes, publishingOf(call, name), reply, call.name)
    case 'publish_done':
      await inTransaction(routes, (tx, now) => endPublishing(tx, name, now))
      return allow(reply)
    case 'update_publish':
      return (await inTransaction(routes, (tx, now) => keepPublishing(tx, name, now))) ? allow(reply) : refuse(reply)
    case 'play':
    case 'update_play':
      return (await plays(routes, call.name, call.token ?? '', call.call === 'update_play'))
        ? allow(reply)
        : refuse(reply)
    case 'play_done':
      // presence ends by its lease, whatever the player does
      return allow(reply)
    default:
      return refuse(reply)
  }
}

/** The key is the stream's name, or comes beside the name of a stream: `rtmp://…/live/<key>` or `…/live/<id>?key=<key>`. */
const publishingOf = ({ name, key }: NginxCall, connection: string): Publishing => ({
  key: key ?? name,
  playbackId: key === undefined ? null : uuidIn(name),
  connection: { name: connection, isUnique: false },
})

/** The last part of a path, where it is an id. */
function uuidIn(path: string): string | null {
  const last = path.slice(path.lastIndexOf('/') + 1)
  return isUuid(last) ? last : null
}

/** A name that is a key is played under the stream's own name: the server is told to rename it. */
async function answerPublish(
  routes: StreamRoutes,
  publishing: Publishing,
  reply: FastifyReply,
  name: string,
): Promise<FastifyReply> {
  const verdict = await inTransaction(routes, (tx, now) => beginPublishing(tx, publishing, now))
  if (!verdict.isAllowed) return refusePublishing(verdict, reply)
  return uuidIn(name) === verdict.playbackId
    ? allow(reply)
    : reply.code(302).header('location', verdict.playbackId).send()
}

function refusePublishing(verdict: Verdict & { isAllowed: false }, reply: FastifyReply): FastifyReply {
  log.info({ why: verdict.why }, 'streams: an encoder was refused')
  return refuse(reply)
}

async function plays(routes: StreamRoutes, path: string, token: string, isUnderWay: boolean): Promise<boolean> {
  const playbackId = uuidIn(path)
  if (playbackId === null) return false
  const { db, config } = routes
  const opening = { keys: config.tokenKeys, isGated: config.ageGate === 'platform' }
  return mayPlay(db, opening, { playbackId, token, isUnderWay })
}

async function answerMediaMtx(
  routes: StreamRoutes,
  request: FastifyRequest<Asked>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const parsed = MediaMtxCall.safeParse(request.body)
  if (!parsed.success) return reply.code(400).send()
  const call = parsed.data
  const name = call.id && NAME.test(call.id) ? `mediamtx:${serverOf(request)}:${call.id}` : null
  switch (call.action) {
    case 'publish': {
      if (name === null || secretIn(call, 'key') === '') return reply.code(401).send()
      const verdict = await inTransaction(routes, (tx, now) =>
        beginPublishing(
          tx,
          {
            key: secretIn(call, 'key'),
            playbackId: uuidIn(call.path) ?? randomUUID(),
            connection: { name, isUnique: true },
          },
          now,
        ),
      )
      return verdict.isAllowed ? allow(reply) : refusePublishing(verdict, reply)
    }
    case 'read':
    case 'playback':
      if (secretIn(call, 'token') === '') return reply.code(401).send()
      return (await plays(routes, call.path, secretIn(call, 'token'), false)) ? allow(reply) : refuse(reply)
    case 'publish_done':
      if (name !== null) await inTransaction(routes, (tx, now) => endPublishing(tx, name, now))
      return allow(reply)
    case 'update_publish':
      return name !== null && (await inTransaction(routes, (tx, now) => keepPublishing(tx, name, now)))
        ? allow(reply)
        : refuse(reply)
    default:
      return refuse(reply)
  }
}

/** A key or token in the query, in the place of a password, or as a bearer token. */
const secretIn = ({ query, password, token }: MediaMtxCall, parameter: 'key' | 'token'): string =>
  new URLSearchParams(query).get(parameter) ?? (password || token)
