import { GraphQLError } from 'graphql'
import type { ASTNode } from 'graphql'
import { AppError } from '../lib/errors.js'
import type { ErrorCode, Reason } from '../lib/errors.js'
import { sqlState } from '../lib/db.js'
import { log } from '../lib/log.js'

/** What `extensions.code` of a top-level error can be. */
export type WireCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'BAD_USER_INPUT'
  | 'RATE_LIMITED'
  | 'REAUTH_REQUIRED'
  | 'UNAVAILABLE'
  | 'INTERNAL_SERVER_ERROR'
  | 'BAD_REQUEST'
  | 'GRAPHQL_PARSE_FAILED'
  | 'GRAPHQL_VALIDATION_FAILED'
  | 'OPERATION_RESOLUTION_FAILURE'
  | 'PERSISTED_QUERY_NOT_FOUND'
  | 'PERSISTED_QUERY_NOT_SUPPORTED'
  | 'PERSISTED_QUERY_NOT_ALLOWED'
  | 'USE_HTTP'
  | 'USE_SOCKET'

/** The longest message that leaves the server: some of graphql's own repeat what the client sent. */
const MAX_MESSAGE_LENGTH = 400

/** What travels in `extensions` beside the code. */
export interface WireDetails {
  readonly reason?: Reason
  readonly requestId?: string
  readonly retryAfterSeconds?: number
  readonly path?: readonly string[]
  readonly currentVersion?: number
  /** The limit that was passed, and how far it goes. */
  readonly limit?: string
  readonly max?: number
}

interface Place {
  readonly nodes?: readonly ASTNode[] | undefined
  readonly path?: readonly (string | number)[] | undefined
}

/** An error written for clients; every other one is masked before it leaves the server. */
export class ClientError extends GraphQLError {
  readonly code: WireCode
  readonly details: WireDetails

  constructor(code: WireCode, message: string, details: WireDetails = {}, { nodes, path }: Place = {}) {
    super(shortened(message), { nodes: nodes ?? null, path: path ?? null, extensions: { code, ...details } })
    this.code = code
    this.details = details
  }
}

const WIRE_CODES: Readonly<Record<ErrorCode, WireCode>> = {
  UNAUTHENTICATED: 'UNAUTHENTICATED',
  FORBIDDEN: 'FORBIDDEN',
  NOT_FOUND: 'NOT_FOUND',
  INVALID: 'BAD_USER_INPUT',
  CONFLICT: 'BAD_USER_INPUT',
  LIMITED: 'RATE_LIMITED',
  REAUTH_REQUIRED: 'REAUTH_REQUIRED',
  UNAVAILABLE: 'UNAVAILABLE',
}

/** HTTP statuses of answers without data; every other code is the document's fault, or the input's: 400. */
const STATUSES: Readonly<Partial<Record<WireCode, number>>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  REAUTH_REQUIRED: 403,
  RATE_LIMITED: 429,
  UNAVAILABLE: 503,
  INTERNAL_SERVER_ERROR: 500,
}

/** The status that an answer without data carries over HTTP. */
export const statusOf = (code: WireCode): number => STATUSES[code] ?? 400

/**
 * How a client sees `error`: an expected failure as it was meant, anything else as INTERNAL_SERVER_ERROR with the
 * request's id, under which its stack is in the log.
 */
export function toClientError(error: unknown, requestId: string): ClientError {
  const cause = rootCauseOf(error)
  const place: Place = error instanceof GraphQLError ? { nodes: error.nodes, path: error.path } : {}
  if (cause instanceof ClientError)
    return new ClientError(cause.code, cause.message, { ...cause.details, requestId }, place)
  if (cause instanceof AppError)
    return new ClientError(
      WIRE_CODES[cause.code],
      cause.message,
      { reason: cause.reason, requestId, ...cause.details },
      place,
    )
  if (isUnavailability(cause)) {
    log.warn({ err: cause, requestId }, 'unavailable')
    const details = { reason: 'service_unavailable', requestId, retryAfterSeconds: 1 } as const
    // at a commit whose answer was lost nobody knows whether it was done
    const message = 'The service is briefly unavailable: try again, a write under the same idempotency key.'
    return new ClientError('UNAVAILABLE', message, details, place)
  }
  log.error({ err: cause, requestId, path: place.path }, 'unexpected error')
  return new ClientError('INTERNAL_SERVER_ERROR', 'Something went wrong on our side.', { requestId }, place)
}

/** The error that was thrown, under what graphql wrapped around it. */
export function rootCauseOf(error: unknown): unknown {
  let cause = error
  while (cause instanceof GraphQLError && !(cause instanceof ClientError) && cause.originalError)
    cause = cause.originalError
  return cause
}

const shortened = (message: string): string =>
  message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH)}…` : message

/** Connections refused or lost, full pools, statements and locks that took too long, full disks, read-only replicas. */
const UNAVAILABLE_SQL_STATES = /^(08...|53...|57014|57P0[1-5]|55P03|25006)$/
const UNAVAILABLE_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2028',
])
/** pg throws plain errors for these. */
const UNAVAILABLE_MESSAGES =
  /timeout exceeded when trying to connect|connection terminated|query read timeout|client has encountered a connection error|connection timeout/i

function isUnavailability(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (UNAVAILABLE_SQL_STATES.test(sqlState(error) ?? '')) return true
  if ('code' in error && typeof error.code === 'string' && UNAVAILABLE_CODES.has(error.code)) return true
  if (UNAVAILABLE_MESSAGES.test(error.message)) return true
  return error instanceof AggregateError && error.errors.length > 0 && error.errors.every(isUnavailability)
}
