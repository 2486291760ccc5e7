import { MINUTE_MS, addMs } from '../lib/clock.js'
import { databaseNow } from '../lib/db.js'
import type { Db } from '../lib/db.js'
import { log } from '../lib/log.js'
import type { Viewer } from '../lib/viewer.js'
import { invalidToken, readAccessToken } from './access-tokens.js'
import { toViewer } from './lifecycle.js'
import { findLiveSession, touchSession } from './queries.js'

export { ACCESS_TOKEN_MS, configureTokenKeys, jwks } from './access-tokens.js'
export { deviceTypeOf } from './devices.js'
export { actingAs } from './committing.js'
export { revokeSessions, startSession } from './lifecycle.js'
export type { Revocation, SessionStart } from './lifecycle.js'
export { mintToken, spendOneTimeToken } from './one-time-tokens.js'
export type { TokenGrant } from './one-time-tokens.js'
export { hashPassword, verifyPassword, warmPasswords } from './password-hashes.js'
export { checkedPassword } from './password-rules.js'
export type { PasswordOwner } from './password-rules.js'
export { confirmPassword, reauthenticate } from './reauthentication.js'
export { hashSecret, isSecret } from './secrets.js'
export { login } from './sign-in.js'

/** How exact the time of last use is. */
const TOUCH_MS = MINUTE_MS

/** Who asks, as of the database's time. */
export interface Authentication {
  /** Null for a stranger. */
  readonly viewer: Viewer | null
  readonly now: Date
  /** When the access token ends; a socket closes then. */
  readonly tokenExpiresAt: Date | null
}

/** Where nothing can be written, as on a full disk, people read on; the next request touches the session. */
const leaveUntouched = (error: unknown): void => {
  log.warn({ err: error }, 'sessions: the time of last use could not be written')
}

/**
 * Who holds this access token, read from their session and account as they stand now: a role, a status, a password that
 * changed a moment ago counts. One statement; null is a stranger.
 * @throws UNAUTHENTICATED invalid_token when the token is malformed, forged or over, or its session has ended
 */
export async function authenticate(db: Db, accessToken: string | null): Promise<Authentication> {
  if (accessToken === null) return { viewer: null, now: await databaseNow(db), tokenExpiresAt: null }
  const claims = await readAccessToken(accessToken)
  const { now, row } = await findLiveSession(db, claims.sessionId)
  if (!row || row.userId !== claims.userId || claims.expiresAt <= now) throw invalidToken()
  const touchedBefore = addMs(now, -TOUCH_MS)
  if (row.lastUsedAt <= touchedBefore) await touchSession(db, row.sessionId, now, touchedBefore).catch(leaveUntouched)
  return { viewer: toViewer(row), now, tokenExpiresAt: claims.expiresAt }
}
