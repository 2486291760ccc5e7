import { addMs, SECOND_MS } from '../lib/clock.js'
import type { Origin, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { committing } from './committing.js'
import { IDLE_MS, issueFor, revokeOne } from './lifecycle.js'
import { findRefreshToken, rotateRefreshToken } from './queries.js'
import { hashSecret, isSecret, newSecret } from './secrets.js'
import type { IssuedSession } from './types.js'

/** A token spent this recently was spent by the same client twice, in two tabs; later it is somebody else's copy. */
const RACE_MS = 10 * SECOND_MS

const PATH = ['input', 'refreshToken']
const invalid = (): AppError =>
  new AppError('INVALID', 'refresh_invalid', 'This refresh token does not work any more: sign in again.', {
    path: PATH,
  })
const raced = (): AppError =>
  new AppError('CONFLICT', 'refresh_raced', 'Another request has just spent this token: use what it got.', {
    path: PATH,
  })

/**
 * Exchanges a refresh token for the next one and an access token. Of two calls with one token, one wins; a token used
 * again later ends its session, since one of its two users must have stolen it.
 * @throws CONFLICT refresh_raced; INVALID refresh_invalid
 */
export async function refreshSession(origin: Origin, refreshToken: string): Promise<IssuedSession> {
  if (!isSecret(refreshToken)) throw invalid()
  const spent = hashSecret(refreshToken)
  return await committing(origin, async (tx, now) => {
    const next = newSecret()
    const idleUntil = addMs(now, IDLE_MS)
    const sessionId = await rotateRefreshToken(tx, { spent, next: hashSecret(next), idleUntil }, now)
    return sessionId === null ? await refuse(tx, spent, now) : await issueFor(tx, sessionId, next, now)
  })
}

async function refuse(tx: Tx, tokenHash: Uint8Array, now: Date): Promise<AppError> {
  const token = await findRefreshToken(tx, tokenHash, now)
  if (!token?.isLive || token.usedAt === null) return invalid()
  if (now.getTime() - token.usedAt.getTime() < RACE_MS) return raced()
  await revokeOne(tx, { ...token, reason: 'TOKEN_REUSED' }, now)
  return invalid()
}
