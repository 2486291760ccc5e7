import { randomUUID } from 'node:crypto'
import { sealField } from '../keys/keys.js'
import { addMs, HOUR_MS } from '../lib/clock.js'
import { violatesUnique } from '../lib/db.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import { enqueue } from '../lib/jobs.js'
import type { Viewer } from '../lib/viewer.js'
import { committing } from './committing.js'
import {
  confirmTotpCredential,
  disableTotpCredential,
  findTotp,
  insertRecoveryCodes,
  insertTotp,
} from './factor-queries.js'
import { revokeSessions } from './lifecycle.js'
import { attemptCode } from './limits.js'
import { forgetSecondFactor, markAuthenticated } from './queries.js'
import {
  hashRecoveryCode,
  newRecoveryCodes,
  newTotpSecret,
  spendSecondFactor,
  stepOfCode,
  totpUri,
} from './second-factors.js'
import { getAccount, holdAccount } from './sign-in-queries.js'
import { recordSecurity } from './trail.js'
import { sendAccountNotice, userStream } from './types.js'
import type { Request } from './types.js'

/** A secret that was shown and not confirmed for this long counts for nothing. */
const CONFIRM_WITHIN_MS = HOUR_MS

const CODE_PATH = ['input', 'code']
const wrongCode = (): AppError =>
  new AppError('INVALID', 'wrong_code', 'The code is wrong, or was used.', { path: CODE_PATH })
const alreadyConfirmed = (): AppError =>
  new AppError('CONFLICT', 'totp_already_confirmed', 'A second factor is confirmed already: disable it first.')

/** What an authenticator app needs; shown this once. */
export interface TotpSecret {
  readonly secret: string
  readonly uri: string
}

/**
 * Makes a secret for an authenticator app, in the place of one that was not confirmed.
 * @throws CONFLICT totp_already_confirmed
 */
export async function startTotp(tx: Tx, viewer: Viewer, now: Date): Promise<TotpSecret> {
  const { userId } = viewer
  await holdAccount(tx, userId)
  const account = await getAccount(tx, userId)
  if (account.hasTotp) throw alreadyConfirmed()
  const id = randomUUID()
  const secret = newTotpSecret()
  const sealed = await sealField(tx, { userId, table: 'totp_credentials', column: 'secret', rowId: id }, secret)
  await insertTotp(tx, { id, userId, secret: new Uint8Array(sealed) }, now)
  await recordFactor(tx, 'started', { id, userId }, now)
  return { secret, uri: totpUri(secret, account.username) }
}

/**
 * Confirms the app by a code. From now on signing in needs one; sessions that were opened without one end, but this one.
 * Answers ten recovery codes, shown this once.
 * @throws INVALID wrong_code; CONFLICT totp_not_started, totp_already_confirmed; LIMITED rate_limited
 */
export async function confirmTotp(request: Request, viewer: Viewer, code: string): Promise<string[]> {
  const { limiter, client } = request
  const attempt = await attemptCode(limiter, viewer.userId, client)
  const codes = newRecoveryCodes()
  await committing(request, (tx, now) => confirm(tx, { viewer, code, codes }, now))
  await attempt.succeeded()
  return codes
}

async function confirm(
  tx: Tx,
  { viewer, code, codes }: { viewer: Viewer; code: string; codes: readonly string[] },
  now: Date,
): Promise<AppError | null> {
  const { userId, sessionId } = viewer
  // against a sign-in under way, which must see the factor or be ended by its confirmation
  await holdAccount(tx, userId)
  if (await findTotp(tx, userId, 'confirmed')) throw alreadyConfirmed()
  const credential = await findTotp(tx, userId, 'started')
  if (!credential || addMs(credential.createdAt, CONFIRM_WITHIN_MS) <= now)
    throw new AppError('CONFLICT', 'totp_not_started', 'Call startTotp first.')
  const { id } = credential
  const step = await stepOfCode(tx, credential, code.trim(), now)
  if (step === null) {
    await recordFactor(tx, 'refused', { id, userId }, now)
    return wrongCode()
  }
  await confirmOnce(tx, id, step, now)
  await insertRecoveryCodes(
    tx,
    id,
    codes.map((each) => hashRecoveryCode(id, each)),
    now,
  )
  await markAuthenticated(tx, sessionId, true, now)
  await revokeSessions(tx, userId, { reason: 'SECOND_FACTOR_CHANGED', except: sessionId }, now)
  await recordFactor(tx, 'confirmed', { id, userId }, now)
  await tell(tx, userId, 'totp_confirmed', now)
  return null
}

async function confirmOnce(tx: Tx, id: string, step: bigint, now: Date): Promise<void> {
  try {
    if (await confirmTotpCredential(tx, id, step, now)) return
  } catch (error) {
    if (!violatesUnique(error, 'totp_credentials_one_active_key')) throw error
  }
  throw alreadyConfirmed()
}

/**
 * Takes the second factor away, by a code of the app or a recovery code. No session has shown a factor any more.
 * @throws INVALID wrong_code; CONFLICT totp_not_confirmed; LIMITED rate_limited
 */
export async function disableTotp(request: Request, viewer: Viewer, code: string): Promise<void> {
  const { limiter, client } = request
  const attempt = await attemptCode(limiter, viewer.userId, client)
  await committing(request, (tx, now) => disable(tx, viewer.userId, code, now))
  await attempt.succeeded()
}

async function disable(tx: Tx, userId: string, code: string, now: Date): Promise<AppError | null> {
  const credential = await findTotp(tx, userId, 'confirmed')
  if (!credential) throw new AppError('CONFLICT', 'totp_not_confirmed', 'There is no second factor.')
  const { id } = credential
  if ((await spendSecondFactor(tx, userId, code, now)) === null) {
    await recordFactor(tx, 'refused', { id, userId }, now)
    return wrongCode()
  }
  if (!(await disableTotpCredential(tx, id, now)))
    throw new AppError('CONFLICT', 'totp_not_confirmed', 'There is no second factor.')
  await forgetSecondFactor(tx, userId)
  await recordFactor(tx, 'disabled', { id, userId }, now)
  await tell(tx, userId, 'totp_disabled', now)
  return null
}

const FACTOR_EVENTS = {
  started: { severity: 'LOW', description: 'Began to set up an authenticator app.' },
  refused: { severity: 'MEDIUM', description: 'A wrong code was given for an authenticator app.' },
  confirmed: { severity: 'MEDIUM', description: 'Confirmed an authenticator app.' },
  disabled: { severity: 'HIGH', description: 'Took the second factor away.' },
} as const

const recordFactor = (
  tx: Tx,
  what: keyof typeof FACTOR_EVENTS,
  { id, userId }: { readonly id: string; readonly userId: string },
  now: Date,
): Promise<void> =>
  recordSecurity(
    tx,
    { action: `second_factor.${what}`, userId, subject: { table: 'totp_credentials', id }, ...FACTOR_EVENTS[what] },
    now,
  )

async function tell(tx: Tx, userId: string, notice: 'totp_confirmed' | 'totp_disabled', now: Date): Promise<void> {
  await emit(tx, { stream: userStream(userId), type: 'account.changed', payload: { userId } }, now)
  await enqueue(tx, sendAccountNotice, { userId, notice })
}
