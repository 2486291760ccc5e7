import type { UserErrorCode } from '../generated/graphql.js'

/** What a failure means for whoever handles it. The set is closed: it decides status, alerting and where the error is shown. */
export type ErrorCode =
  'UNAUTHENTICATED' | 'FORBIDDEN' | 'NOT_FOUND' | 'INVALID' | 'CONFLICT' | 'LIMITED' | 'REAUTH_REQUIRED' | 'UNAVAILABLE'

/** The stable word a client matches; the schema's `UserErrorCode` in lower case, so that none is undocumented. */
export type Reason = Lowercase<UserErrorCode>

/** What travels beside an error: where in the input it lies, and figures a client can act on. */
export interface ErrorDetails {
  /** The input field at fault, as the client wrote it: `['input', 'email']`. */
  readonly path?: readonly string[]
  /** Seconds until the same call may succeed. */
  readonly retryAfterSeconds?: number
  /** The version now stored, when the caller's was out of date. */
  readonly currentVersion?: number
  /** What was refused by a processor or a bank, and what that means for trying again. */
  readonly decline?: {
    readonly code: string
    readonly message: string
    readonly declineClass: 'RETRY_LATER' | 'NEEDS_ACTION' | 'NEW_METHOD' | 'NEVER'
  }
  /** What something costs, where another price was expected. */
  readonly price?: { readonly amountMinor: bigint; readonly currency: string }
}

/** An expected failure, thrown by verbs and rules; `api/errors.ts` alone decides how a client sees it. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly reason: Reason
  readonly details: ErrorDetails

  constructor(code: ErrorCode, reason: Reason, message: string, details: ErrorDetails = {}) {
    super(message)
    this.name = 'AppError'
    this.code = code
    this.reason = reason
    this.details = details
  }
}
