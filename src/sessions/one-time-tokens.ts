import { randomUUID } from 'node:crypto'
import { addMs } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { hashSecret, isSecret, newSecret } from './secrets.js'
import { insertOneTimeToken, spendToken } from './sign-in-queries.js'
import type { OneTimeTokenRow } from './sign-in-queries.js'
import type { OneTimeTokenKind } from './types.js'

/** What a mailed token is for, for how long, and the address it would set where it is for one. */
export interface TokenGrant {
  readonly userId: string
  readonly kind: OneTimeTokenKind
  readonly lifeMs: number
  /** Encrypts the new address for the row that will hold it. */
  readonly newEmail?: { readonly seal: (rowId: string) => Promise<Uint8Array>; readonly index: Uint8Array }
}

/**
 * Makes a token to mail, stored as a hash; those of its kind that were mailed before stop working. For jobs: the token
 * must not pass through a job's payload.
 */
export async function mintToken(
  tx: Tx,
  { userId, kind, lifeMs, newEmail }: TokenGrant,
  now: Date,
): Promise<{ readonly id: string; readonly token: string; readonly expiresAt: Date }> {
  const id = randomUUID()
  const token = newSecret()
  const expiresAt = addMs(now, lifeMs)
  await insertOneTimeToken(
    tx,
    {
      id,
      userId,
      kind,
      tokenHash: new Uint8Array(hashSecret(token)),
      expiresAt,
      newEmail: newEmail ? new Uint8Array(await newEmail.seal(id)) : null,
      newEmailIndex: newEmail ? new Uint8Array(newEmail.index) : null,
    },
    now,
  )
  return { id, token, expiresAt }
}

/** Uses a mailed token up: of two at the same time, one gets it. @throws INVALID token_invalid */
export async function spendOneTimeToken(
  tx: Tx,
  kind: OneTimeTokenKind,
  token: string,
  now: Date,
): Promise<OneTimeTokenRow> {
  const row = isSecret(token) ? await spendToken(tx, kind, hashSecret(token), now) : null
  if (!row) throw tokenInvalid()
  return row
}

export const tokenInvalid = (): AppError =>
  new AppError('INVALID', 'token_invalid', 'This token is wrong, was used, or has ended.', { path: ['input', 'token'] })
