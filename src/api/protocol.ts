import { randomUUID } from 'node:crypto'
import type { ExecutionArgs, GraphQLError } from 'graphql'
import type { Context as ProtocolContext, ServerOptions, SubscribePayload } from 'graphql-ws'
import { AppError } from '../lib/errors.js'
import { SECOND_MS } from '../lib/clock.js'
import { log } from '../lib/log.js'
import { liveSubscriptions } from '../lib/metrics.js'
import { CLOSE } from './connection.js'
import type { Connection } from './connection.js'
import type { Connections } from './connections.js'
import { bearerToken } from './credentials.js'
import { persistedHashOf } from './documents.js'
import { ClientError, toClientError } from './errors.js'
import { authenticatedRequest, observe, prepareOperation } from './prepare.js'
import type { Api, Prepared } from './prepare.js'
import { subscribe } from './subscriptions.js'
import type { Answers } from './subscriptions.js'

const INIT_TIMEOUT_MS = 3 * SECOND_MS
const MAX_OPERATIONS = 20
const MAX_ID_LENGTH = 128

/** What travels with each socket through graphql-ws. */
export interface Extra {
  readonly connection: Connection
  readonly requestId: string
}

type Params = Record<string, unknown>
type SocketContext = ProtocolContext<Params, Extra>
type Options = ServerOptions<Params, Extra>

/**
 * The hooks of graphql-ws. All that decides happens in `onSubscribe`, where a refusal is an `error` message of that
 * operation; its own parsing would answer a syntax error by closing the socket.
 */
export const protocolOptions = (api: Api, connections: Connections): Options => ({
  connectionInitWaitTimeout: INIT_TIMEOUT_MS,
  onConnect: (context) => connect(api, connections, context),
  onSubscribe: (context, id, payload) => start(api, context, id, payload),
  subscribe: (args) => (args.contextValue as { readonly answers: AsyncGenerator<never> }).answers,
  // errors are in wire form already; graphql-ws would ask them for theirs
  onNext: (_context, _id, _payload, _args, result) => result as never,
  onError: ({ extra }, _id, _payload, errors) => {
    closeWithoutSession(extra.connection, errors)
  },
})

/** Answers `connection_init`: false closes the socket. */
async function connect(api: Api, connections: Connections, context: SocketContext): Promise<boolean> {
  const { connection, requestId } = context.extra
  const credentials = bearerToken(context.connectionParams?.['authorization'])
  if (credentials === null) return true
  try {
    connections.identify(connection, credentials, await authenticatedRequest(api, { credentials }))
    return true
  } catch (error) {
    const { code, details, message } = toClientError(error, requestId)
    log.info({ requestId, refusal: code, reason: details.reason }, 'socket refused')
    connection.close(closeCodeOf(error, code), `${details.reason ?? code}: ${message}`)
    return false
  }
}

/** A client that is told of a fault of ours gives up; one that shall come back is asked to. */
function closeCodeOf(error: unknown, clientCode: string): number {
  if (clientCode === 'UNAVAILABLE') return CLOSE.tryAgain
  if (!(error instanceof AppError)) return CLOSE.internal
  return error.code === 'LIMITED' ? CLOSE.tooMany : CLOSE.forbidden
}

/** Prepares and starts one subscription, or says why not. */
async function start(
  api: Api,
  context: SocketContext,
  id: string,
  payload: SubscribePayload,
): Promise<ExecutionArgs | readonly GraphQLError[]> {
  const { connection } = context.extra
  if (id.length > MAX_ID_LENGTH) {
    connection.close(CLOSE.badRequest, `An operation's id has at most ${String(MAX_ID_LENGTH)} characters.`)
    return await never()
  }
  const preparing = prepare(api, context, id, payload)
  connection.takeTurn(id, preparing)
  const started = await preparing
  if (connection.endTurn(id, preparing)) return started
  if ('contextValue' in started) await (started.contextValue as { readonly answers: Answers }).answers.return(undefined)
  return await never()
}

/**
 * graphql-ws keeps subscriptions by their ids alone. One that was completed and begun anew while it was still being prepared
 * would take the new one's place, and nobody could end it any more: it goes no further.
 */
const never = (): Promise<never> => new Promise(() => undefined)

async function prepare(
  api: Api,
  { extra: { connection }, subscriptions }: SocketContext,
  id: string,
  payload: SubscribePayload,
): Promise<ExecutionArgs | readonly GraphQLError[]> {
  const requestId = randomUUID()
  if (Object.keys(subscriptions).length > MAX_OPERATIONS) return [tooManyOperations(requestId)]
  // the message of a payload that is JSON already
  const next = `{"id":${JSON.stringify(id)},"type":"next","payload":`
  const prepared = await prepareOperation(api, {
    source: payload.query === '' ? undefined : payload.query,
    persistedHash: persistedHashOf(payload.extensions),
    operationName: payload.operationName,
    variables: payload.variables,
    transport: 'socket',
    credentials: connection.credentials,
    client: connection.client,
    requestId,
  })
  return prepared.isRefused
    ? prepared.errors
    : await startPrepared(api, prepared, (payload) => connection.send(`${next}${payload}}`))
}

async function startPrepared(
  api: Api,
  prepared: Prepared,
  push: (payload: string) => Promise<void>,
): Promise<ExecutionArgs | readonly GraphQLError[]> {
  try {
    const answers = counted(await subscribe(api, prepared, push))
    observe(prepared, 'ok')
    // graphql-ws looks for the operation in the document, and hands the rest to `subscribe`
    return {
      schema: api.schema,
      document: { kind: 'Document', definitions: [prepared.plan.operation] } as never,
      contextValue: { answers },
    }
  } catch (error) {
    observe(prepared, 'error')
    return [error instanceof ClientError ? error : toClientError(error, prepared.request.requestId)]
  }
}

/** Counts the subscription as live until it ends, whoever ends it. */
function counted(answers: Answers): Answers {
  liveSubscriptions.inc()
  let isLive = true
  const onEnd = (): void => {
    if (isLive) liveSubscriptions.dec()
    isLive = false
  }
  const next = answers.next.bind(answers)
  const end = answers.return.bind(answers)
  answers.return = (value) => {
    onEnd()
    return end(value)
  }
  answers.next = async () => {
    try {
      const result = await next()
      if (result.done) onEnd()
      return result
    } catch (error) {
      onEnd()
      throw error
    }
  }
  return answers
}

const tooManyOperations = (requestId: string): ClientError =>
  new ClientError('RATE_LIMITED', `A socket carries at most ${String(MAX_OPERATIONS)} subscriptions.`, {
    reason: 'rate_limited',
    requestId,
    limit: 'operations',
    max: MAX_OPERATIONS,
  })

/**
 * A socket whose session has ended in the middle is of no more use; the error message goes out first. Where only the token
 * is over the operation is told nothing: its client begins it anew on the next socket.
 */
function closeWithoutSession(connection: Connection, errors: readonly GraphQLError[]): void {
  if (connection.credentials === null || errors[0]?.extensions['reason'] !== 'invalid_token') return
  const close = (): void => {
    connection.closeRefused('invalid_token')
  }
  if (connection.isExpired) close()
  else setImmediate(close)
}
