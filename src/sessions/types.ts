import { jobName } from '../lib/jobs.js'
import type { Origin } from '../lib/db.js'
import type { RateLimiter } from '../lib/rate.js'
import type { Viewer } from '../lib/viewer.js'
import type { OneTimeTokenKind, SessionEndReason, UserSession } from '../generated/prisma/client.js'

export type { OneTimeTokenKind, SessionEndReason }

/** Where a request comes from; the address is resolved through trusted proxies only. */
export interface Client {
  readonly ip: string
  readonly userAgent: string
}

/** What the verbs of this domain need to know of a request; the API's context is one. */
export interface Request extends Origin {
  readonly limiter: RateLimiter
  readonly client: Client
}

/** A session as its owner sees it in a list of devices. */
export interface SessionView extends Pick<
  UserSession,
  'id' | 'deviceLabel' | 'countryCode' | 'createdAt' | 'lastUsedAt' | 'expiresAt'
> {
  readonly isCurrent: boolean
}

/** What a sign-in, a sign-up or a refresh hands to the client; both tokens are shown this once. */
export interface IssuedSession {
  readonly accessToken: string
  readonly refreshToken: string
  /** When the access token ends. */
  readonly expiresAt: Date
  readonly viewer: Viewer
}

/** A sign-in whose password was right, and whose second factor is due. */
export interface Challenge {
  readonly token: string
  readonly expiresAt: Date
}

/** What answers a challenge. */
export type SecondFactor = 'TOTP' | 'RECOVERY_CODE'

declare const checked: unique symbol
/** A password that keeps the rules; only `checkedPassword` makes one. */
export type Password = string & { readonly [checked]: true }

/** Whether somebody has a second factor, and how many recovery codes are left of it. */
export interface TotpState {
  readonly hasTotp: boolean
  readonly recoveryCodesLeft: number | null
}

/** What the owner of an account is told by mail once it has happened. */
export type AccountNotice =
  'password_changed' | 'password_reset' | 'totp_confirmed' | 'totp_disabled' | 'recovery_code_used'

/** The stream that carries what happens to a person's sessions and account. */
export const userStream = (userId: string): string => `user:${userId}`

/** Mails a one-time token for another password. Null stands for an address without an account: nothing is sent. */
export const sendPasswordReset = jobName<{ readonly userId: string | null }>('sessions.sendPasswordReset')

/** Tells the owner of an account what happened to it. */
export const sendAccountNotice = jobName<{ readonly userId: string; readonly notice: AccountNotice }>(
  'sessions.sendAccountNotice',
)

/** Deletes what ended longer ago than it is kept. */
export const cleanSessions = jobName<Record<string, never>>('sessions.clean')
