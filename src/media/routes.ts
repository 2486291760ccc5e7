import type { FastifyInstance } from 'fastify'
import type { Db } from '../lib/db.js'
import { gates as own } from './gates.js'
import { MAX_UPLOAD_BYTES, UPLOAD_PACE } from './limits.js'
import { Arriving, receive } from './receiving.js'
import type { Pace } from './receiving.js'
import { MEDIA_PATH, UPLOADS_PATH } from './services.js'
import type { MediaServices } from './services.js'
import { serve } from './serving.js'
import type { MediaGates } from './types.js'

/** What the routes work with. */
export interface MediaRoutes {
  readonly db: Db
  readonly media: MediaServices
  /** Those of the domains above; ours are there already. */
  readonly gates?: MediaGates
  /** Whether a browser may send uploads from pages of this origin. */
  readonly isAllowedOrigin: (origin: string) => boolean
  /** How slow an upload may be; ours unless said otherwise. */
  readonly pace?: Pace
}

/** How long a browser may remember what a preflight said. */
const PREFLIGHT_SECONDS = 600

/** `/media/<token>`, where files are fetched, and where they are ours to receive `/media/uploads/<token>`. */
export function serveMedia(
  app: FastifyInstance,
  { db, media, gates, isAllowedOrigin, pace = UPLOAD_PACE }: MediaRoutes,
): void {
  const serving = { db, media, gates: { ...own, ...gates } }
  app.route<{ Params: { token: string } }>({
    method: ['GET', 'HEAD'],
    url: `${MEDIA_PATH}/:token`,
    handler: (request, reply) => serve(serving, request, reply),
  })
  const { files } = media
  if (!files) return
  const receiving = { db, media, files, arriving: new Arriving(), pace }
  // on its own: elsewhere a body that is not JSON is refused
  app.register((uploads, _options, done) => {
    uploads.addContentTypeParser('*', (_request, payload, next) => {
      next(null, payload)
    })
    uploads.options(`${UPLOADS_PATH}/:token`, (request, reply) => {
      if (isAllowedOrigin(request.headers.origin ?? ''))
        reply.headers({
          'access-control-allow-methods': 'PUT',
          'access-control-allow-headers': 'content-type',
          'access-control-max-age': String(PREFLIGHT_SECONDS),
        })
      return reply.code(204).header('allow', 'PUT, OPTIONS').send()
    })
    uploads.put<{ Params: { token: string } }>(
      `${UPLOADS_PATH}/:token`,
      { bodyLimit: MAX_UPLOAD_BYTES },
      (request, reply) => receive(receiving, request, reply),
    )
    done()
  })
}
