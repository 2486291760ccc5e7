import { randomInt } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import { keyedHash, openField } from '../keys/keys.js'
import { SECOND_MS } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { enqueue } from '../lib/jobs.js'
import type { TotpCredential } from '../generated/prisma/client.js'
import { findTotp, spendRecoveryCode, spendTotpStep } from './factor-queries.js'
import { recordSecurity } from './trail.js'
import { sendAccountNotice } from './types.js'
import type { SecondFactor } from './types.js'

/** RFC 6238 as every authenticator app knows it. */
const PERIOD_SECONDS = 30
const DIGITS = 6
/** Steps before and after this one whose codes are taken, for clocks that are a little off. */
const WINDOW_STEPS = 1
const SECRET_BYTES = 20
const ISSUER = 'Creator Platform'

const TOTP_CODE = /^\d{6}$/
/** Without the letters and digits that people mistake for others. */
const RECOVERY_ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'
const RECOVERY_CODE = new RegExp(`^[${RECOVERY_ALPHABET}]{10}$`)
const RECOVERY_CODES = 10
const RECOVERY_GROUP = 5

/** A new secret in Base32. */
export const newTotpSecret = (): string => new Secret({ size: SECRET_BYTES }).base32

/** What an authenticator app reads from a QR code. */
export const totpUri = (secret: string, label: string): string => totp(secret, label).toString()

const totp = (secret: string, label = ''): TOTP =>
  new TOTP({ issuer: ISSUER, label, secret, digits: DIGITS, period: PERIOD_SECONDS })

/** The step whose code this is, by the database's time; null when it is none of the three that count now. */
export async function stepOfCode(tx: Tx, credential: TotpCredential, code: string, now: Date): Promise<bigint | null> {
  if (!TOTP_CODE.test(code)) return null
  const { id: rowId, userId, secret } = credential
  const text = await openField(tx, { userId, table: 'totp_credentials', column: 'secret', rowId }, secret)
  const delta = totp(text).validate({ token: code, timestamp: now.getTime(), window: WINDOW_STEPS })
  return delta === null ? null : BigInt(Math.floor(now.getTime() / (PERIOD_SECONDS * SECOND_MS)) + delta)
}

/** Takes a code of somebody's app or a recovery code, each once; null when it is neither or was used. */
export async function spendSecondFactor(tx: Tx, userId: string, text: string, now: Date): Promise<SecondFactor | null> {
  const credential = await findTotp(tx, userId, 'confirmed')
  if (!credential) return null
  const code = text.replace(/[\s-]/g, '').toLowerCase()
  const step = await stepOfCode(tx, credential, code, now)
  if (step !== null) return (await spendTotpStep(tx, credential.id, step)) ? 'TOTP' : null
  return (await spendRecovery(tx, credential, code, now)) ? 'RECOVERY_CODE' : null
}

async function spendRecovery(tx: Tx, { id, userId }: TotpCredential, code: string, now: Date): Promise<boolean> {
  if (!RECOVERY_CODE.test(code) || !(await spendRecoveryCode(tx, id, hashRecoveryCode(id, code), now))) return false
  await recordSecurity(
    tx,
    {
      action: 'second_factor.recovery_code_used',
      userId,
      subject: { table: 'totp_credentials', id },
      severity: 'MEDIUM',
      description: 'A recovery code stood in for the authenticator app.',
    },
    now,
  )
  await enqueue(tx, sendAccountNotice, { userId, notice: 'recovery_code_used' })
  return true
}

/** Ten codes as they are shown once, `k3v9p-x2m7q`: some 49 bits each, behind a limit of tries and a keyed hash. */
export const newRecoveryCodes = (): string[] => Array.from({ length: RECOVERY_CODES }, newRecoveryCode)

function newRecoveryCode(): string {
  const letters = Array.from(
    { length: 2 * RECOVERY_GROUP },
    () => RECOVERY_ALPHABET[randomInt(RECOVERY_ALPHABET.length)],
  )
  return `${letters.slice(0, RECOVERY_GROUP).join('')}-${letters.slice(RECOVERY_GROUP).join('')}`
}

/** What is stored of a recovery code. */
export const hashRecoveryCode = (credentialId: string, code: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(keyedHash('recovery_code', `${credentialId}:${code.replaceAll('-', '')}`))
