import { AsyncLocalStorage } from 'node:async_hooks'
import { ApolloServer, HeaderMap } from '@apollo/server'
import type { ApolloServerPlugin, GraphQLRequestContext, GraphQLResponse } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { GraphQLError, Kind } from 'graphql'
import type { DocumentNode, ExecutionResult, GraphQLFormattedError, GraphQLSchema } from 'graphql'
import { log } from '../lib/log.js'
import { clientOf } from './addresses.js'
import type { Proxies } from './addresses.js'
import type { Client } from './context.js'
import { bearerToken } from './credentials.js'
import { MAX_TOKENS, withoutSuggestion } from './documents.js'
import { ClientError, statusOf, toClientError } from './errors.js'
import { execute } from './execute.js'
import type { Outcome } from './execute.js'
import { observe, prepareOperation } from './prepare.js'
import type { Api, Prepared, Refusal } from './prepare.js'

/** Apollo's context: what is known of a request before it is prepared, and then what it was prepared to. */
interface Exchange {
  readonly requestId: string
  readonly client: Client
  readonly credentials: string | null
  prepared: Prepared | null
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

/** Errors that Apollo makes itself carry the request's id by this. */
const requestIds = new AsyncLocalStorage<string>()

/**
 * Apollo Server as the HTTP side of the API: content negotiation, CSRF prevention, persisted queries. What may run is
 * `prepareOperation`'s to say, and it runs on our executor, by way of the gateway that Apollo has for that.
 */
export async function openApollo(
  api: Api,
  isProxy: Proxies,
): Promise<{ handler: Handler; close: () => Promise<void> }> {
  const { persisted } = api.documents
  const apollo = new ApolloServer<Exchange>({
    gateway: gatewayOf(api.schema),
    plugins: [
      preparing(api),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginLandingPageDisabled(),
    ],
    // documents are parsed and validated once, for both transports, by prepareOperation
    documentStore: {
      get: (key) => Promise.resolve(parsedDocument(api, key)),
      set: () => Promise.resolve(),
      delete: () => Promise.resolve(true),
    },
    dangerouslyDisableValidation: true,
    parseOptions: { maxLexicalTokens: MAX_TOKENS },
    persistedQueries:
      persisted.mode === 'off'
        ? false
        : {
            cache: {
              get: (key) => Promise.resolve(persisted.find(hashIn(key))),
              set: (key, source) => {
                persisted.add(hashIn(key), source)
                return Promise.resolve()
              },
              delete: () => Promise.resolve(false),
            },
          },
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: (formatted, error) => formatError(api, formatted, error),
    logger: {
      debug: noLog,
      info: noLog,
      warn: (message) => {
        log.warn(message)
      },
      error: (message) => {
        log.error(message)
      },
    },
    nodeEnv: 'production',
  })
  await apollo.start()
  const handle = fastifyApolloHandler(apollo, { context: (request) => Promise.resolve(exchangeOf(isProxy, request)) })
  return {
    handler: (request, reply) =>
      requestIds.run(request.id, () => Promise.resolve(handle.call(request.server, request, reply))),
    close: () => apollo.stop(),
  }
}

const noLog = (): void => undefined

/** Apollo's caches prefix their keys: `apq:<hash>`, `<schema hash>:<hash>`. */
const hashIn = (key: string): string => key.slice(key.lastIndexOf(':') + 1)

const exchangeOf = (isProxy: Proxies, { id, raw }: FastifyRequest): Exchange => ({
  requestId: id,
  client: clientOf(isProxy, raw),
  credentials: bearerToken(raw.headers.authorization),
  prepared: null,
})

/** Keeps Apollo from parsing what is refused: `prepareOperation` says why, in the one form that errors have. */
const UNPARSED: DocumentNode = { kind: Kind.DOCUMENT, definitions: [] }

const parsedDocument = ({ documents }: Api, key: string): DocumentNode =>
  documents.recall(hashIn(key))?.document ?? UNPARSED

const gatewayOf = (schema: GraphQLSchema) => ({
  load: () =>
    Promise.resolve({
      executor: ({ context }: { context: Record<string, unknown> }) => run(context as unknown as Exchange),
    }),
  onSchemaLoadOrUpdate: (listener: (loaded: { apiSchema: GraphQLSchema; coreSupergraphSdl: string }) => void) => {
    listener({ apiSchema: schema, coreSupergraphSdl: '' })
    return noLog
  },
  stop: () => Promise.resolve(),
})

function preparing(api: Api): ApolloServerPlugin<Exchange> {
  const listener = {
    didResolveSource: ({ source, queryHash }: { source: string; queryHash: string }): Promise<void> => {
      if (api.documents.persisted.isAllowed(queryHash)) api.documents.know(source, queryHash)
      return Promise.resolve()
    },
    responseForOperation: async (context: GraphQLRequestContext<Exchange>): Promise<GraphQLResponse | null> => {
      const prepared = await prepareExchange(api, context)
      if (prepared.isRefused) return refusalResponse(prepared)
      context.contextValue.prepared = prepared
      return null
    },
  }
  return { requestDidStart: () => Promise.resolve(listener) }
}

const prepareExchange = (api: Api, { contextValue, request, source, queryHash }: GraphQLRequestContext<Exchange>) =>
  prepareOperation(api, {
    source,
    hash: queryHash,
    operationName: request.operationName,
    variables: request.variables,
    transport: 'http',
    credentials: contextValue.credentials,
    client: contextValue.client,
    requestId: contextValue.requestId,
  })

const refusalResponse = ({ errors, status }: Refusal): GraphQLResponse => ({
  http: { status, headers: retryHeaders(errors) },
  body: { kind: 'single', singleResult: { errors: errors.map((error) => error.toJSON()) } },
})

function retryHeaders(errors: readonly ClientError[]): HeaderMap {
  const headers = new HeaderMap()
  const seconds = Math.max(0, ...errors.map(({ details }) => details.retryAfterSeconds ?? 0))
  if (seconds > 0) headers.set('retry-after', String(Math.ceil(seconds)))
  return headers
}

/** Executes what was prepared; an answer without data takes its status from its first error. */
async function run({ prepared, requestId }: Exchange): Promise<ExecutionResult> {
  if (!prepared) throw new Error('the operation was not prepared')
  const { data, errors: failures } = await executeInTime(prepared)
  const errors = failures.map((error) => toClientError(error, requestId))
  observe(prepared, errors.length > 0 ? 'error' : 'ok')
  const extensions = { cost: prepared.cost }
  if (errors.length === 0) return { data, extensions }
  return { data, errors: data === null ? withStatus(errors) : errors, extensions }
}

async function executeInTime(prepared: Prepared): Promise<{ data: Outcome['data']; errors: readonly unknown[] }> {
  const { deadline } = prepared
  try {
    return await deadline.within(execute(prepared))
  } catch (error) {
    return { data: null, errors: [error] }
  } finally {
    deadline.end()
  }
}

/** Client errors over HTTP are 200 once an operation has run, but for those that caches and balancers must know. */
function withStatus(errors: readonly ClientError[]): GraphQLError[] {
  const [first, ...rest] = errors
  if (!first) return []
  const status = statusOf(first.code)
  if (status !== 429 && status !== 503 && status !== 500) return [...errors]
  const http = { status, headers: retryHeaders(errors) }
  return [new ClientError(first.code, first.message, { ...first.details, ...{ http } }, first), ...rest]
}

/** Codes of errors that Apollo finds in a request before there is an operation; their messages are its own. */
const APOLLO_CODES = new Set([
  'BAD_REQUEST',
  'GRAPHQL_PARSE_FAILED',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
])

function formatError({ services }: Api, formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  if (error instanceof ClientError) return formatted
  const requestId = requestIds.getStore() ?? ''
  const code = formatted.extensions?.['code']
  if (typeof code === 'string' && APOLLO_CODES.has(code)) {
    const message = services.config.isProduction ? withoutSuggestion(formatted.message) : formatted.message
    return { ...formatted, message: message.slice(0, 400), extensions: { code, requestId } }
  }
  if (isBadRequest(error)) return { message: formatted.message, extensions: { code: 'BAD_REQUEST', requestId } }
  return toClientError(error, requestId).toJSON()
}

/** Apollo leaves some of its errors about requests without a code, but not without their status. */
const isBadRequest = (error: unknown): boolean =>
  error instanceof GraphQLError &&
  !error.originalError &&
  (error.extensions['http'] as { status?: number } | undefined)?.status === 400
