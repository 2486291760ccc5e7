import type { TotpCredential } from '../generated/prisma/client.js'
import type { Db, Tx } from '../lib/db.js'

/** The newest credential of a person that is not taken off: the confirmed one, or one that waits to be. */
export const findTotp = (db: Db, userId: string, state: 'confirmed' | 'started'): Promise<TotpCredential | null> =>
  db.totpCredential.findFirst({
    where: { userId, disabledAt: null, confirmedAt: state === 'confirmed' ? { not: null } : null },
    orderBy: { createdAt: 'desc' },
  })

export async function insertTotp(
  tx: Tx,
  credential: { readonly id: string; readonly userId: string; readonly secret: Uint8Array<ArrayBuffer> },
  now: Date,
): Promise<void> {
  // one that was never confirmed counts for nothing and makes room
  await tx.totpCredential.deleteMany({ where: { userId: credential.userId, confirmedAt: null } })
  await tx.totpCredential.create({ data: { ...credential, createdAt: now } })
}

/** Makes a started credential count, from the step of the code that proved it. Violates `totp_credentials_one_active_key`. */
export async function confirmTotpCredential(tx: Tx, id: string, step: bigint, now: Date): Promise<boolean> {
  const { count } = await tx.totpCredential.updateMany({
    where: { id, confirmedAt: null, disabledAt: null },
    data: { confirmedAt: now, lastUsedStep: step },
  })
  return count > 0
}

export async function disableTotpCredential(tx: Tx, id: string, now: Date): Promise<boolean> {
  const { count } = await tx.totpCredential.updateMany({ where: { id, disabledAt: null }, data: { disabledAt: now } })
  return count > 0
}

/** Takes a step for used; false when it, or a later one, was used before: no code counts twice. */
export async function spendTotpStep(tx: Tx, id: string, step: bigint): Promise<boolean> {
  const { count } = await tx.totpCredential.updateMany({
    where: { id, disabledAt: null, OR: [{ lastUsedStep: null }, { lastUsedStep: { lt: step } }] },
    data: { lastUsedStep: step },
  })
  return count > 0
}

export async function insertRecoveryCodes(
  tx: Tx,
  credentialId: string,
  hashes: readonly Uint8Array<ArrayBuffer>[],
  now: Date,
): Promise<void> {
  await tx.recoveryCode.createMany({ data: hashes.map((codeHash) => ({ credentialId, codeHash, createdAt: now })) })
}

/** Takes a recovery code for used; false when there is none, or it was used before. */
export async function spendRecoveryCode(
  tx: Tx,
  credentialId: string,
  codeHash: Uint8Array<ArrayBuffer>,
  now: Date,
): Promise<boolean> {
  const { count } = await tx.recoveryCode.updateMany({
    where: { credentialId, codeHash, usedAt: null },
    data: { usedAt: now },
  })
  return count > 0
}

export interface TotpCountRow {
  readonly userId: string
  readonly codesLeft: number
}

/** Who of these has a confirmed second factor, and how many recovery codes are left of each. */
export const listTotpCounts = (db: Db, userIds: readonly string[]): Promise<TotpCountRow[]> =>
  db.sql<TotpCountRow>`/* sessions.totpCounts */
    select t.user_id::text as "userId", count(c.id) filter (where c.used_at is null)::int as "codesLeft"
    from totp_credentials t left join recovery_codes c on c.credential_id = t.id
    where t.user_id = any(${[...userIds]}::uuid[]) and t.disabled_at is null and t.confirmed_at is not null
    group by t.id`
