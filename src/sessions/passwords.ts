import { openField } from '../keys/keys.js'
import { MINUTE_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Db, Origin, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import { enqueue } from '../lib/jobs.js'
import type { Viewer } from '../lib/viewer.js'
import { actingAs } from './committing.js'
import { revokeSessions } from './lifecycle.js'
import { emailIndexes, forgivePasswords, spendResetRequest, spendResetTry } from './limits.js'
import { mintToken, spendOneTimeToken, tokenInvalid } from './one-time-tokens.js'
import { hashPassword } from './password-hashes.js'
import { checkedPassword } from './password-rules.js'
import type { PasswordOwner } from './password-rules.js'
import { confirmPassword } from './reauthentication.js'
import { hashSecret, isSecret } from './secrets.js'
import {
  endChallenges,
  findAccount,
  findAccountForUpdate,
  findAccountByEmail,
  findOpenToken,
  getAccount,
  replacePasswordHash,
  setPasswordHash,
  supersedeOneTimeTokens,
} from './sign-in-queries.js'
import type { AccountRow } from './sign-in-queries.js'
import { recordSecurity } from './trail.js'
import { sendAccountNotice, sendPasswordReset, userStream } from './types.js'
import type { Request } from './types.js'

/** How long a mailed reset token works. */
const RESET_MS = 30 * MINUTE_MS

const NEW_PASSWORD_PATH = ['input', 'newPassword']

/**
 * Sets another password and ends the person's other sessions; answers how many.
 * @throws INVALID wrong_password, password_too_short, password_too_long, password_breached; LIMITED rate_limited
 */
export async function changePassword(
  request: Request,
  viewer: Viewer,
  { currentPassword, newPassword }: { readonly currentPassword: string; readonly newPassword: string },
): Promise<number> {
  const { userId, sessionId } = viewer
  const owner = await ownerOf(request.db, await getAccount(request.db, userId))
  const password = checkedPassword(newPassword, owner, NEW_PASSWORD_PATH)
  const { passwordHash } = await confirmPassword(request, viewer, currentPassword, 'currentPassword')
  const hashes = { from: passwordHash ?? '', to: await hashPassword(password) }
  return await transaction(request, async (tx, now) => {
    // somebody else set another one meanwhile: the one given is not the current one any more
    if (!(await replacePasswordHash(tx, userId, hashes, now)))
      throw new AppError('INVALID', 'wrong_password', 'The password is wrong.', { path: ['input', 'currentPassword'] })
    return await afterNewPassword(tx, { userId, except: sessionId, notice: 'password_changed' }, now)
  })
}

/**
 * Has a reset mail sent if the address has an account. Does the same, as fast, when it has none.
 * @throws LIMITED rate_limited
 */
export async function requestPasswordReset(request: Request, email: string): Promise<void> {
  await spendResetRequest(request.limiter, email, request.client)
  const account = await findAccountByEmail(request.db, emailIndexes(email))
  // for nobody too, so that both cost one job
  await transaction(request, (tx) => enqueue(tx, sendPasswordReset, { userId: account?.id ?? null }))
}

/** What a reset mail needs; the token is in it and nowhere else. */
export interface ResetMail {
  readonly id: string
  readonly token: string
  readonly displayName: string
  readonly email: string
}

/** Makes the token of a reset mail; those mailed before stop working. Null when the account has no address any more. */
export const prepareReset = (origin: Origin, userId: string): Promise<ResetMail | null> =>
  transaction(origin, async (tx, now) => {
    // against a change of the address: the token must not go to the one before it
    const account = await findAccountForUpdate(tx, userId)
    if (!account?.email) return null
    const { email } = await ownerOf(tx, account)
    const { id, token } = await mintToken(tx, { userId, kind: 'RESET_PASSWORD', lifeMs: RESET_MS }, now)
    const description = 'A token for another password is mailed.'
    await recordSecurity(tx, { action: 'password.reset_requested', userId, description }, now)
    return { id, token, email, displayName: account.displayName }
  })

/**
 * Sets a password by a mailed token and ends every session; a second factor stays. A password that breaks a rule leaves
 * the token as it was.
 * @throws INVALID token_invalid, password_too_short, password_too_long, password_breached; LIMITED rate_limited
 */
export async function resetPassword(
  request: Request,
  { token, newPassword }: { readonly token: string; readonly newPassword: string },
): Promise<void> {
  const { db, limiter, client } = request
  await spendResetTry(limiter, client)
  const found = isSecret(token) ? await findOpenToken(db, 'RESET_PASSWORD', hashSecret(token)) : null
  const account = found && (await findAccount(db, found.userId))
  if (!account) throw tokenInvalid()
  const password = checkedPassword(newPassword, await ownerOf(db, account), NEW_PASSWORD_PATH)
  const hash = await hashPassword(password)
  await transaction(actingAs(request, account.id), async (tx, now) => {
    await spendOneTimeToken(tx, 'RESET_PASSWORD', token, now)
    await setPasswordHash(tx, account.id, hash, now)
    await afterNewPassword(tx, { userId: account.id, notice: 'password_reset' }, now)
  })
  if (account.emailIndex) await forgivePasswords(limiter, account.emailIndex)
}

const NEW_PASSWORD = {
  password_changed: { action: 'password.changed', description: 'Set another password.' },
  password_reset: { action: 'password.reset', description: 'Set another password by a mailed token.' },
} as const

interface NewPassword {
  readonly userId: string
  readonly except?: string
  readonly notice: keyof typeof NEW_PASSWORD
}

/** What every new password brings with it; answers how many sessions ended. */
async function afterNewPassword(tx: Tx, { userId, notice, ...kept }: NewPassword, now: Date): Promise<number> {
  await endChallenges(tx, userId, now)
  await supersedeOneTimeTokens(tx, userId, 'RESET_PASSWORD', now)
  const ended = await revokeSessions(tx, userId, { reason: 'PASSWORD_CHANGED', ...kept }, now)
  await recordSecurity(tx, { ...NEW_PASSWORD[notice], userId, severity: 'MEDIUM' }, now)
  await emit(tx, { stream: userStream(userId), type: 'account.changed', payload: { userId } }, now)
  await enqueue(tx, sendAccountNotice, { userId, notice })
  return ended
}

/** Whose account it is, with the address in clear. */
export const ownerOf = async (db: Db, { id, username, email }: AccountRow): Promise<PasswordOwner> => ({
  username,
  email: email ? await openField(db, { userId: id, table: 'users', column: 'email', rowId: id }, email) : '',
})
