import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Db } from '../lib/db.js'
import { log } from '../lib/log.js'
import { ProcessorEventError, ProcessorSignatureError } from '../processors/processors.js'
import { receiveWebhook } from './inbox.js'
import type { PaymentServices } from './types.js'

/** The largest message that is read; processors send a few kilobytes. */
const MAX_BODY_BYTES = 512 * 1024

/**
 * `POST /webhooks/:processor`: takes in what the processor tells. 200 says that it is kept, also where it was before; 400
 * that it is not the processor's, or no event; anything else that it shall be sent again. The signature is over the raw bytes, so that
 * nothing parses them first.
 */
export function servePaymentWebhooks(
  app: FastifyInstance,
  { db, payments }: { readonly db: Db; readonly payments: PaymentServices },
): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES }, (_request, body, done) => {
      done(null, body)
    })
    scope.post<{ Params: { processor: string } }>(
      '/webhooks/:processor',
      { bodyLimit: MAX_BODY_BYTES },
      async (request, reply) => {
        if (request.params.processor !== payments.processor.name)
          return reply.code(404).send({ error: 'no such processor' })
        const requestId = randomUUID()
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
        try {
          const origin = { db, actorId: null, sessionId: null, requestId }
          const { isNew } = await receiveWebhook(origin, payments, body, flat(request.headers))
          return await reply.code(200).send({ received: true, duplicate: !isNew })
        } catch (error) {
          if (error instanceof ProcessorEventError) {
            log.warn({ requestId, problem: error.problem }, 'payments: a message that is no event')
            return await reply.code(400).send({ error: `The message is no event: ${error.problem}.` })
          }
          if (!(error instanceof ProcessorSignatureError)) throw error
          log.warn({ requestId, problem: error.problem }, 'payments: a message with a bad signature')
          return reply.code(400).send({ error: `The signature is ${error.problem}.` })
        }
      },
    )
    await Promise.resolve()
  })
}

const flat = (headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]))
