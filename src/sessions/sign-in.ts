import { record } from '../audit/audit.js'
import { addMs, MINUTE_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { actingAs, committing } from './committing.js'
import { startSession } from './lifecycle.js'
import { accountKey, attemptCode, attemptPassword, emailIndexes } from './limits.js'
import { hashPassword, needsRehash, verifyPassword } from './password-hashes.js'
import { spendSecondFactor } from './second-factors.js'
import { hashSecret, isSecret, newSecret } from './secrets.js'
import {
  countChallengeTry,
  endChallenge,
  findAccountByEmail,
  findAccountForUpdate,
  findChallenge,
  getChallengeForUpdate,
  insertChallenge,
  replacePasswordHash,
} from './sign-in-queries.js'
import type { AccountRow, ChallengeRow } from './sign-in-queries.js'
import type { Challenge, IssuedSession, Password, Request } from './types.js'

const CHALLENGE_MS = 5 * MINUTE_MS
const MAX_CHALLENGE_TRIES = 5

/** What a client signs in with. */
export type SignIn =
  | { readonly kind: 'password'; readonly email: string; readonly password: string }
  | { readonly kind: 'challenge'; readonly challengeToken: string; readonly code: string }

/** A session, or the challenge that stands before it. */
export type SignInOutcome =
  | { readonly kind: 'session'; readonly session: IssuedSession }
  | { readonly kind: 'challenge'; readonly challenge: Challenge }

/** What `login` was given, as one of its two ways. @throws INVALID invalid_input */
export function checkedSignIn(input: {
  readonly email?: string | null | undefined
  readonly password?: string | null | undefined
  readonly challengeToken?: string | null | undefined
  readonly code?: string | null | undefined
}): SignIn {
  const given = (['email', 'password', 'challengeToken', 'code'] as const).filter((field) => isGiven(input[field]))
  const { email, password, challengeToken, code } = input
  if (given.length === 2 && isGiven(email) && isGiven(password)) return { kind: 'password', email, password }
  if (given.length === 2 && isGiven(challengeToken) && isGiven(code)) return { kind: 'challenge', challengeToken, code }
  throw new AppError('INVALID', 'invalid_input', 'Give e-mail and password, or a challenge token and a code.', {
    path: ['input'],
  })
}

const isGiven = (text: string | null | undefined): text is string => text !== null && text !== undefined

/**
 * Signs somebody in, or asks for their second factor. An address without an account and a wrong password look the same
 * and take the same time. Suspended, banned and deleted people get a limited session.
 * @throws INVALID wrong_credentials, wrong_code, challenge_expired; LIMITED rate_limited; UNAVAILABLE service_unavailable
 */
export const login = (request: Request, signIn: SignIn): Promise<SignInOutcome> =>
  signIn.kind === 'password' ? loginByPassword(request, signIn) : answerChallenge(request, signIn)

async function loginByPassword(
  request: Request,
  { email, password }: { readonly email: string; readonly password: string },
): Promise<SignInOutcome> {
  const { db, limiter, client } = request
  const attempt = await attemptPassword(limiter, accountKey(email), client)
  const account = await findAccountByEmail(db, emailIndexes(email))
  // outside any transaction: a hash takes as long as ten statements, and would hold a connection
  const isRight = await verifyPassword(account?.passwordHash ?? null, password)
  if (!account || !isRight) return await refuse(request, account)
  const outcome = await admit(request, account, password)
  // a right password alone forgives no tries where a code is due: they are what keeps codes from being guessed
  if (outcome.kind === 'session') await attempt.succeeded()
  return outcome
}

const refuse = (request: Request, account: AccountRow | null): Promise<never> =>
  committing<never>(request, async (tx, now) => {
    await recordRefusal(tx, account?.id ?? null, 'Wrong e-mail or password.', now)
    return wrongCredentials()
  })

const wrongCredentials = (): AppError =>
  new AppError('INVALID', 'wrong_credentials', 'E-mail or password is wrong.', { path: ['input'] })

const recordRefusal = (tx: Tx, userId: string | null, description: string, now: Date): Promise<void> =>
  record(
    tx,
    {
      action: 'session.refused',
      category: 'SECURITY',
      // there is no session, and of an address without an account there is no row either
      subject: { table: 'user_sessions', id: 'none' },
      ...(userId !== null && { userId }),
      severity: 'MEDIUM',
      description,
    },
    now,
  )

/** Begins a session, or the challenge before it. */
async function admit(request: Request, account: AccountRow, password: string): Promise<SignInOutcome> {
  const { id, passwordHash } = account
  // the password kept the rules of its day, and has just been shown to be right
  const renewed =
    passwordHash !== null && !account.hasTotp && needsRehash(passwordHash)
      ? await hashPassword(password as Password)
      : null
  return await transaction(actingAs(request, id), async (tx, now): Promise<SignInOutcome> => {
    // hashing takes its time: a reset, or a second factor confirmed meanwhile, counts
    const held = await findAccountForUpdate(tx, id)
    if (held?.passwordHash !== passwordHash) throw wrongCredentials()
    if (held.hasTotp) return { kind: 'challenge', challenge: await challenge(tx, id, now) }
    if (passwordHash !== null && renewed !== null)
      await replacePasswordHash(tx, id, { from: passwordHash, to: renewed }, null)
    return { kind: 'session', session: await startSession(tx, { userId: id, client: request.client }, now) }
  })
}

async function challenge(tx: Tx, userId: string, now: Date): Promise<Challenge> {
  const token = newSecret()
  const expiresAt = addMs(now, CHALLENGE_MS)
  await insertChallenge(tx, { userId, challengeHash: hashSecret(token), expiresAt }, now)
  return { token, expiresAt }
}

async function answerChallenge(
  request: Request,
  { challengeToken, code }: { readonly challengeToken: string; readonly code: string },
): Promise<SignInOutcome> {
  const found = isSecret(challengeToken) ? await findChallenge(request.db, hashSecret(challengeToken)) : null
  if (!found) throw challengeExpired()
  const attempt = await attemptCode(request.limiter, found.userId, request.client)
  const session = await committing(actingAs(request, found.userId), (tx, now) =>
    answer(tx, { found, code, request }, now),
  )
  await attempt.succeeded()
  return { kind: 'session', session }
}

async function answer(
  tx: Tx,
  { found, code, request }: { found: ChallengeRow; code: string; request: Request },
  now: Date,
): Promise<IssuedSession | AppError> {
  const { id, userId, attempts, usedAt, expiresAt } = await getChallengeForUpdate(tx, found.id)
  if (usedAt !== null || expiresAt <= now || attempts >= MAX_CHALLENGE_TRIES) throw challengeExpired()
  if ((await spendSecondFactor(tx, userId, code, now)) === null) {
    await countChallengeTry(tx, id)
    await recordRefusal(tx, userId, 'Wrong code.', now)
    return new AppError('INVALID', 'wrong_code', 'The code is wrong, or was used.', { path: ['input', 'code'] })
  }
  await endChallenge(tx, id, now)
  return await startSession(tx, { userId, client: request.client, hasSecondFactor: true }, now)
}

const challengeExpired = (): AppError =>
  new AppError('INVALID', 'challenge_expired', 'This challenge has ended: sign in again.', {
    path: ['input', 'challengeToken'],
  })
