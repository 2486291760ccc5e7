import { getOperationAST, getVariableValues, OperationTypeNode } from 'graphql'
import type { GraphQLSchema, OperationDefinitionNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import { AppError } from '../lib/errors.js'
import { log } from '../lib/log.js'
import { networkOf } from '../lib/network.js'
import { operations } from '../lib/metrics.js'
import { monotonicMs, SECOND_MS } from '../lib/clock.js'
import type { RateLimit } from '../lib/rate.js'
import { Broadcasts } from './broadcasts.js'
import { makeContext } from './context.js'
import type { Authenticate, Authenticated, Client, Context } from './context.js'
import { costOf, MAX_COST } from './cost.js'
import type { Cost } from './cost.js'
import { Deadline } from './deadline.js'
import { hashOf, MAX_ERRORS, NO_NUL, openDocuments, withoutSuggestion } from './documents.js'
import type { Documents, KnownDocument } from './documents.js'
import { ClientError, statusOf, toClientError } from './errors.js'
import { refusalsOf } from './limits.js'
import { planOperation } from './plan.js'
import type { OperationPlan, Variables } from './plan.js'
import type { Services } from './services.js'

/** What one person, or one network without a sign-in, may spend in a minute; over HTTP and sockets together. */
const budgetOf = ({ config }: Services): RateLimit => ({ name: 'cost', points: config.costBudget, windowSeconds: 60 })
/** Values in the variables of one operation, and how deep they nest. */
const MAX_VARIABLE_VALUES = 2_000
const MAX_VARIABLE_DEPTH = 20
/** Fields of all remembered plans: some 40 MB. */
const MAX_REMEMBERED_FIELDS = 100_000
const MAX_TOKEN_LENGTH = 4_096

/** One operation as either transport received it. */
export interface OperationRequest {
  readonly source: string | undefined
  /** The source's sha256 where the transport has computed it. */
  readonly hash?: string | undefined
  /** A hash that the client sends instead of a source. */
  readonly persistedHash?: string | undefined
  readonly operationName: string | null | undefined
  readonly variables: unknown
  readonly transport: 'http' | 'socket'
  /** The bearer token; null when none was sent. */
  readonly credentials: string | null
  readonly client: Client
  readonly requestId: string
  readonly signal?: AbortSignal
}

/** What is asked, and by whom: as much of it as a subscription keeps. */
export interface Operation {
  readonly request: OperationRequest
  readonly plan: OperationPlan
  readonly variables: Variables
  /** What `extensions.cost` says. */
  readonly cost: {
    readonly requested: number
    readonly max: number
    readonly remaining: number
    readonly budget: number
  }
}

/** An operation that may run. */
export interface Prepared extends Operation {
  readonly isRefused: false
  readonly context: Context
  /** Of several mutations: reads again who asks, before each one after the first. */
  readonly nextContext?: (() => Promise<Context>) | undefined
  /** When it began, and until when it must be answered; whoever runs it ends it. */
  readonly deadline: Deadline
}

/** An operation that may not run; `status` is for HTTP. */
export interface Refusal {
  readonly isRefused: true
  readonly errors: readonly ClientError[]
  readonly status: number
}

/** What both transports share: a schema, what is remembered of documents, and what requests work with. */
export interface Api {
  readonly schema: GraphQLSchema
  readonly services: Services
  readonly authenticate: Authenticate
  readonly documents: Documents
  readonly plans: Plans
  /** What several sockets of this process ask alike. */
  readonly broadcasts: Broadcasts
}

interface Planned {
  readonly plan: OperationPlan
  readonly refusals: readonly ClientError[]
  readonly cost: Cost
}

type Plans = LRUCache<string, Planned>

/** Several errors at once, on their way to the client. */
class Refused extends Error {
  readonly errors: readonly ClientError[]

  constructor(errors: readonly ClientError[]) {
    super('refused')
    this.errors = errors
  }
}

/** Opens the API of `schema` over `services`. @throws Error when the allow-list of documents cannot be read */
export const openApi = (schema: GraphQLSchema, services: Services, authenticate: Authenticate): Api => ({
  schema,
  services,
  authenticate,
  documents: openDocuments(schema, services.config.persistedOperations, {
    showsSuggestions: !services.config.isProduction,
  }),
  broadcasts: new Broadcasts(),
  plans: new LRUCache({ maxSize: MAX_REMEMBERED_FIELDS, sizeCalculation: ({ plan }) => plan.size + 1 }),
})

/**
 * Everything that stands between a request and its execution, for HTTP and sockets alike: parse, validate, limits,
 * who asks, and whether they have budget left. Never throws.
 */
export async function prepareOperation(api: Api, request: OperationRequest): Promise<Prepared | Refusal> {
  const deadline = new Deadline()
  try {
    return await deadline.within(prepare(api, request, deadline))
  } catch (error) {
    deadline.end()
    return refusalOf(error, request, deadline)
  }
}

async function prepare(api: Api, request: OperationRequest, deadline: Deadline): Promise<Prepared> {
  const known = knownDocument(api, request)
  const operation = chosenOperation(known, request)
  const variables = coercedVariables(api, operation, request.variables)
  const { plan, cost } = plannedOperation(api, known, operation, variables)
  const requested = checkedCost(cost, variables)
  checkTransport(operation, request)
  const authenticated = await authenticatedRequest(api, request)
  checkIntrospection(api, plan, authenticated)
  const remaining = await spendBudget(api, request, authenticated, requested)
  const context = makeContext(api.services, request, authenticated)
  const report = { requested, max: MAX_COST, remaining, budget: api.services.config.costBudget }
  const nextContext =
    plan.root.fields.length > 1
      ? async () => makeContext(api.services, request, await authenticatedRequest(api, request))
      : undefined
  return { isRefused: false, request, plan, variables, context, nextContext, cost: report, deadline }
}

/** Notes how long an operation took and how it ended. */
export function observe({ plan, request, deadline }: Prepared, outcome: 'ok' | 'error'): void {
  const seconds = (monotonicMs() - deadline.startedMs) / SECOND_MS
  // the first root field, not the name a client gives: a bounded set
  const operation = plan.root.fields[0]?.name ?? 'other'
  operations.observe({ operation, transport: request.transport, outcome }, seconds)
  log.debug({ requestId: request.requestId, operation, outcome, seconds }, 'operation')
  if (deadline.isOver) log.warn({ requestId: request.requestId, operation }, 'operation: took too long')
}

function refusalOf(error: unknown, request: OperationRequest, { startedMs }: Deadline): Refusal {
  const causes = error instanceof Refused ? error.errors : [error]
  const errors = causes.slice(0, MAX_ERRORS).map((cause) => toClientError(cause, request.requestId))
  const [first] = errors
  const seconds = (monotonicMs() - startedMs) / SECOND_MS
  operations.observe({ operation: 'refused', transport: request.transport, outcome: first?.code ?? 'error' }, seconds)
  log.info({ requestId: request.requestId, refusal: first?.code, reason: first?.details.reason }, 'refused')
  return { isRefused: true, errors, status: statusOf(first?.code ?? 'INTERNAL_SERVER_ERROR') }
}

function knownDocument({ documents }: Api, request: OperationRequest): KnownDocument {
  const { persisted } = documents
  const source =
    request.source ?? (request.persistedHash === undefined ? undefined : persisted.find(request.persistedHash))
  if (source === undefined) {
    if (request.persistedHash === undefined) throw new ClientError('BAD_REQUEST', 'There is no query to run.')
    throw new ClientError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound')
  }
  const hash = request.hash ?? hashOf(source)
  if (!persisted.isAllowed(hash))
    throw new ClientError('PERSISTED_QUERY_NOT_ALLOWED', 'Only the documents that this server knows may run.')
  const known = documents.know(source, hash)
  if (known.refusals.length > 0) throw new Refused(known.refusals)
  return known
}

function chosenOperation({ document }: KnownDocument, { operationName }: OperationRequest): OperationDefinitionNode {
  const operation = getOperationAST(document, operationName)
  if (operation) return operation
  const message = operationName ? 'No operation of the document has this name.' : 'Name one operation of the document.'
  throw new ClientError('OPERATION_RESOLUTION_FAILURE', message)
}

/** After the limits: whatever is refused for its size is refused alike on both. */
function checkTransport({ operation }: OperationDefinitionNode, { transport }: OperationRequest): void {
  const isSubscription = operation === OperationTypeNode.SUBSCRIPTION
  if (transport === 'socket' && !isSubscription)
    throw new ClientError('USE_HTTP', 'A socket carries subscriptions only: send queries and mutations by HTTP.')
  if (transport === 'http' && isSubscription)
    throw new ClientError('USE_SOCKET', 'Subscribe over a WebSocket, by the graphql-transport-ws protocol.')
}

function coercedVariables({ schema, services }: Api, operation: OperationDefinitionNode, raw: unknown): Variables {
  checkVariablesExtent(raw)
  const { coerced, errors } = getVariableValues(
    schema,
    operation.variableDefinitions ?? [],
    (raw ?? {}) as Record<string, unknown>,
    { maxErrors: MAX_ERRORS },
  )
  if (coerced) return coerced
  throw new Refused(
    errors.map(({ message, nodes }) => {
      const shown = services.config.isProduction ? withoutSuggestion(message) : message
      return new ClientError('BAD_USER_INPUT', shown, { reason: 'invalid_input' }, { nodes })
    }),
  )
}

/** Walks without recursion: deep nesting must not reach code that recurses. */
function checkVariablesExtent(raw: unknown): void {
  if (raw !== undefined && raw !== null && (typeof raw !== 'object' || Array.isArray(raw)))
    throw new ClientError('BAD_REQUEST', 'The variables must be an object.')
  let level: unknown[] = [raw]
  let count = 0
  for (let depth = 0; level.length > 0; depth += 1) {
    count += level.length
    if (depth > MAX_VARIABLE_DEPTH) throw variablesTooLarge('levels', MAX_VARIABLE_DEPTH)
    if (count > MAX_VARIABLE_VALUES) throw variablesTooLarge('values', MAX_VARIABLE_VALUES)
    if (level.some(hasNul)) throw new ClientError('BAD_USER_INPUT', NO_NUL, { reason: 'invalid_input' })
    level = level.flatMap((value): unknown[] =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    )
  }
}

/** PostgreSQL keeps no NUL in texts, nor in keys and texts of JSON. */
const hasNul = (value: unknown): boolean =>
  typeof value === 'string'
    ? value.includes('\0')
    : typeof value === 'object' && value !== null && Object.keys(value).some((key) => key.includes('\0'))

const variablesTooLarge = (what: string, max: number): ClientError =>
  new ClientError('BAD_USER_INPUT', `The variables are too large: at most ${String(max)} ${what}.`, {
    reason: 'operation_too_large',
    limit: 'variables',
    max,
  })

/** The plan of an operation under these variables; refuses what is too large, whoever asks. */
function plannedOperation(
  { schema, plans }: Api,
  { document, hash, conditions }: KnownDocument,
  operation: OperationDefinitionNode,
  variables: Variables,
): Planned {
  const setting = conditions.map((name) => (variables[name] === true ? '1' : '0')).join('')
  const key = `${hash} ${setting} ${operation.name?.value ?? ''}`
  let planned = plans.get(key)
  if (!planned) {
    const plan = planOperation(schema, document, operation, variables)
    planned = { plan, refusals: refusalsOf(plan), cost: costOf(plan) }
    plans.set(key, planned)
  }
  if (planned.refusals.length > 0) throw new Refused(planned.refusals)
  return planned
}

function checkedCost(cost: Cost, variables: Variables): number {
  const refusals = cost.refusals(variables)
  if (refusals.length > 0) throw new Refused(refusals)
  const requested = cost.of(variables)
  if (requested > MAX_COST)
    throw new ClientError(
      'BAD_USER_INPUT',
      `The operation could answer with ${String(requested)} objects; at most ${String(MAX_COST)} are allowed. Ask for smaller pages.`,
      { reason: 'operation_too_costly', limit: 'cost', max: MAX_COST },
    )
  return requested
}

/** The one statement that says who asks. */
export async function authenticatedRequest(
  { authenticate, services }: Api,
  { credentials }: Pick<OperationRequest, 'credentials'>,
): Promise<Authenticated> {
  if (credentials === '' || (credentials?.length ?? 0) > MAX_TOKEN_LENGTH)
    throw new AppError('UNAUTHENTICATED', 'invalid_token', 'This access token is none of ours.')
  return await authenticate(services.database.db, credentials)
}

function checkIntrospection({ services }: Api, { root }: OperationPlan, { viewer }: Authenticated): void {
  if (!services.config.isProduction || viewer) return
  if (root.fields.some(({ name }) => name === '__schema' || name === '__type'))
    throw new ClientError('GRAPHQL_VALIDATION_FAILED', 'Introspection is not for strangers here.')
}

/** Charges an operation, or an event of one, to who asks; answers what is left. @throws AppError LIMITED rate_limited */
export async function spendBudget(
  { services }: Api,
  { client }: OperationRequest,
  { viewer }: Authenticated,
  requested: number,
): Promise<number> {
  const key = viewer ? `user:${viewer.userId}` : `ip:${networkOf(client.ip)}`
  const allowance = await services.budget.charge(budgetOf(services), key, requested)
  if (!allowance.isAllowed)
    throw new AppError('LIMITED', 'rate_limited', 'The budget for this minute is spent.', {
      retryAfterSeconds: allowance.retryAfterSeconds,
    })
  return allowance.remaining
}
