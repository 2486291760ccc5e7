import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { Viewer } from '../lib/viewer.js'
import { committing } from './committing.js'
import { attemptCode, attemptPassword } from './limits.js'
import { verifyPassword } from './password-hashes.js'
import { markAuthenticated } from './queries.js'
import { spendSecondFactor } from './second-factors.js'
import { getAccount } from './sign-in-queries.js'
import type { AccountRow } from './sign-in-queries.js'
import { recordSecurity } from './trail.js'
import type { Request } from './types.js'

/**
 * Asks for the person's password as a confirmation; `field` is where the input has it. Charged like a sign-in.
 * @throws INVALID wrong_password; LIMITED rate_limited; UNAVAILABLE service_unavailable
 */
export async function confirmPassword(
  request: Request,
  { userId }: Viewer,
  password: string,
  field = 'password',
): Promise<AccountRow> {
  const attempt = await attemptPassword(request.limiter, userId, request.client)
  const account = await getAccount(request.db, userId)
  if (!(await verifyPassword(account.passwordHash, password)))
    await committing(request, (tx, now) => refusal(tx, userId, 'password', ['input', field], now))
  await attempt.succeeded()
  return account
}

/**
 * Proves again who is signed in, and with a code where a second factor is confirmed; answers when.
 * @throws INVALID wrong_password, code_required, wrong_code; LIMITED rate_limited; UNAVAILABLE service_unavailable
 */
export async function reauthenticate(
  request: Request,
  viewer: Viewer,
  { password, code }: { readonly password: string; readonly code: string | null },
): Promise<Date> {
  const { hasTotp } = await confirmPassword(request, viewer, password)
  if (!hasTotp) return await committing(request, (tx, now) => markProven(tx, viewer, false, now))
  if (code === null)
    throw new AppError('INVALID', 'code_required', 'A code is needed too.', { path: ['input', 'code'] })
  return await proveByCode(request, viewer, code)
}

async function proveByCode(request: Request, viewer: Viewer, code: string): Promise<Date> {
  const attempt = await attemptCode(request.limiter, viewer.userId, request.client)
  const provenAt = await committing(request, async (tx, now) =>
    (await spendSecondFactor(tx, viewer.userId, code, now)) === null
      ? await refusal(tx, viewer.userId, 'code', ['input', 'code'], now)
      : await markProven(tx, viewer, true, now),
  )
  await attempt.succeeded()
  return provenAt
}

async function markProven(tx: Tx, { userId, sessionId }: Viewer, hasSecondFactor: boolean, now: Date): Promise<Date> {
  await markAuthenticated(tx, sessionId, hasSecondFactor, now)
  await recordSecurity(
    tx,
    { action: 'session.reauthenticated', userId, description: 'Proved again who they are.' },
    now,
  )
  return now
}

async function refusal(
  tx: Tx,
  userId: string,
  what: 'password' | 'code',
  path: readonly string[],
  now: Date,
): Promise<AppError> {
  const description = `A wrong ${what} did not prove who they are.`
  await recordSecurity(tx, { action: 'session.refused', userId, severity: 'MEDIUM', description }, now)
  return what === 'password'
    ? new AppError('INVALID', 'wrong_password', 'The password is wrong.', { path })
    : new AppError('INVALID', 'wrong_code', 'The code is wrong, or was used.', { path })
}
