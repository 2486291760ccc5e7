import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { MINUTE_MS, SECOND_MS } from '../lib/clock.js'
import type { Db } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { RateLimit, RateLimiter } from '../lib/rate.js'
import type { Asking } from '../lib/viewer.js'
import { findMonth } from './queries.js'
import { writeStatement } from './statements.js'

/** Where statements are. */
export const STATEMENTS_PATH = '/statements/:file'
const STATEMENTS: RateLimit = { name: 'earnings.statements', points: 30, windowSeconds: (10 * MINUTE_MS) / SECOND_MS }
/** From 2000 to 2099. */
const MONTH = /^(20\d\d-(?:0[1-9]|1[0-2]))\.csv$/
const STATUS = { UNAUTHENTICATED: 401, FORBIDDEN: 403, LIMITED: 429 } as const

/** What the route works with. */
export interface StatementRoutes {
  readonly db: Db
  readonly limiter: RateLimiter
  /** Who asks, by the session that the request carries. @throws UNAUTHENTICATED invalid_token */
  readonly whoAsks: (request: FastifyRequest) => Promise<Asking>
}

/**
 * `GET /statements/2026-11.csv`: a creator's month, in their own zone, as it is shown to them by now. For the creator, with the
 * bearer token of their session, from front ends of other origins too. It is sent while it is read.
 */
export function serveStatements(app: FastifyInstance, { db, limiter, whoAsks }: StatementRoutes): void {
  app.get<{ Params: { file: string } }>(STATEMENTS_PATH, async (request, reply) => {
    try {
      const { viewer, now } = await whoAsks(request)
      if (!viewer) return await reply.code(401).header('www-authenticate', 'Bearer').send({ error: 'Sign in first.' })
      const month = MONTH.exec(request.params.file)?.[1]
      const isCreator = viewer.role === 'CREATOR' && !viewer.isLimited
      const span = isCreator && month ? await findMonth(db, viewer.userId, `${month}-01`) : null
      if (!isCreator) return await reply.code(403).send({ error: 'Only for creators.' })
      if (!span || !month) return await reply.code(404).send({ error: 'No such statement.' })
      await limiter.spend(STATEMENTS, viewer.userId)
      return await reply
        .code(200)
        .headers({
          'content-type': 'text/csv; charset=utf-8; header=present',
          'content-disposition': `attachment; filename="statement-${month}.csv"`,
          'cache-control': 'private, no-store',
          'x-content-type-options': 'nosniff',
        })
        .send(Readable.from(writeStatement(db, viewer.userId, { ...span, now })))
    } catch (error) {
      const status = error instanceof AppError ? STATUS[error.code as keyof typeof STATUS] : undefined
      if (!(error instanceof AppError) || status === undefined) throw error
      return reply.code(status).send({ error: error.message })
    }
  })
}
