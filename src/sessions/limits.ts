import { blindIndexes, normaliseEmail } from '../keys/keys.js'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../lib/clock.js'
import { networkOf } from '../lib/network.js'
import type { RateLimit, RateLimiter } from '../lib/rate.js'
import type { Client } from './types.js'

const limit = (name: string, points: number, windowMs: number): RateLimit => ({
  name,
  points,
  windowSeconds: windowMs / SECOND_MS,
})

/** Each wider window lets fewer through per hour: whoever goes on guessing is slowed down more and more. */
const PASSWORDS_PER_ACCOUNT = [
  limit('password.account', 10, 15 * MINUTE_MS),
  limit('password.account.long', 30, 6 * HOUR_MS),
]
const CODES_PER_ACCOUNT = [limit('code.account', 5, 15 * MINUTE_MS), limit('code.account.long', 20, DAY_MS)]
const FAILURES_PER_ADDRESS = [limit('password.address', 50, 15 * MINUTE_MS)]
const RESETS_PER_ACCOUNT = [limit('reset.account', 3, HOUR_MS)]
const RESETS_PER_ADDRESS = [limit('reset.address', 20, HOUR_MS)]
const RESET_TRIES_PER_ADDRESS = [limit('reset.try', 20, 15 * MINUTE_MS)]

/** The only length of address that mail knows (RFC 5321); what is longer is somebody's attack. */
const MAX_EMAIL_LENGTH = 254

/** The indexes that an account with this address may stand under; any text will do, and finds at most nobody. */
export const emailIndexes = (email: string): Uint8Array[] =>
  blindIndexes('users.email', normaliseEmail(email.slice(0, MAX_EMAIL_LENGTH)))

/** A try that was charged before it was made; told of its success, it costs nothing. */
export interface Attempt {
  succeeded(): Promise<void>
}

/** What counts the tries at the account that this address may have. */
export const accountKey = (email: string): string => keyOf(emailIndexes(email)[0])

/** Charges one try of a password at the account with this key or id. @throws LIMITED rate_limited */
export const attemptPassword = (limiter: RateLimiter, account: string, client: Client): Promise<Attempt> =>
  attempt(limiter, PASSWORDS_PER_ACCOUNT, account, client)

/** Charges one try of a code for somebody's second factor. @throws LIMITED rate_limited */
export const attemptCode = (limiter: RateLimiter, userId: string, client: Client): Promise<Attempt> =>
  attempt(limiter, CODES_PER_ACCOUNT, userId, client)

/** Charges a request for a reset mail, whether or not the address has an account. @throws LIMITED rate_limited */
export async function spendResetRequest(limiter: RateLimiter, email: string, client: Client): Promise<void> {
  await spendAll(limiter, RESETS_PER_ADDRESS, networkOf(client.ip))
  await spendAll(limiter, RESETS_PER_ACCOUNT, accountKey(email))
}

/** Charges a try of a mailed token. @throws LIMITED rate_limited */
export const spendResetTry = (limiter: RateLimiter, client: Client): Promise<void> =>
  spendAll(limiter, RESET_TRIES_PER_ADDRESS, networkOf(client.ip))

/** Lets somebody sign in again at once, who has just proved to own the account's address. */
export const forgivePasswords = (limiter: RateLimiter, emailIndex: Uint8Array): Promise<void> =>
  forgiveAll(limiter, PASSWORDS_PER_ACCOUNT, keyOf(emailIndex))

async function attempt(
  limiter: RateLimiter,
  perAccount: readonly RateLimit[],
  account: string,
  client: Client,
): Promise<Attempt> {
  // charged before and given back on success: tries at the same time cannot all see the last free one
  await spendAll(limiter, FAILURES_PER_ADDRESS, networkOf(client.ip))
  await spendAll(limiter, perAccount, account)
  return {
    succeeded: async () => {
      await forgiveAll(limiter, perAccount, account)
      for (const each of FAILURES_PER_ADDRESS) await limiter.charge(each, networkOf(client.ip), -1)
    },
  }
}

async function spendAll(limiter: RateLimiter, limits: readonly RateLimit[], key: string): Promise<void> {
  for (const each of limits) await limiter.spend(each, key)
}

async function forgiveAll(limiter: RateLimiter, limits: readonly RateLimit[], key: string): Promise<void> {
  for (const each of limits) await limiter.forgive(each, key)
}

const keyOf = (index: Uint8Array | undefined): string => Buffer.from(index ?? []).toString('base64url')
