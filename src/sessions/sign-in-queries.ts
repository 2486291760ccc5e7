import type { Db, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { OneTimeTokenKind } from './types.js'

/** What signing in needs to know of an account. */
export interface AccountRow {
  readonly id: string
  readonly username: string
  readonly displayName: string
  readonly email: Uint8Array | null
  readonly emailIndex: Uint8Array | null
  readonly passwordHash: string | null
  readonly hasTotp: boolean
}

/** The account under one of these blind indexes. */
export async function findAccountByEmail(db: Db, indexes: readonly Uint8Array[]): Promise<AccountRow | null> {
  const [row] = await db.sql<AccountRow>`/* sessions.accountByEmail */
    select u.id::text as id, u.username::text as username, u.display_name as "displayName", u.email,
      u.email_index as "emailIndex", u.password_hash as "passwordHash",
      exists (
        select from totp_credentials t where t.user_id = u.id and t.disabled_at is null and t.confirmed_at is not null
      ) as "hasTotp"
    from users u
    where u.email_index in (
      select decode(hex, 'hex') from unnest(${indexes.map((index) => Buffer.from(index).toString('hex'))}::text[]) as hex
    ) and u.erased_at is null
    limit 1`
  return row ?? null
}

/** The account with this id, unless it was erased. */
export async function findAccount(db: Db, userId: string): Promise<AccountRow | null> {
  const [row] = await db.sql<AccountRow>`/* sessions.account */
    select u.id::text as id, u.username::text as username, u.display_name as "displayName", u.email,
      u.email_index as "emailIndex", u.password_hash as "passwordHash",
      exists (
        select from totp_credentials t where t.user_id = u.id and t.disabled_at is null and t.confirmed_at is not null
      ) as "hasTotp"
    from users u where u.id = ${userId}::uuid and u.erased_at is null`
  return row ?? null
}

/** Holds the account until the transaction ends: neither password nor second factor changes meanwhile. */
export async function holdAccount(tx: Tx, userId: string): Promise<void> {
  await tx.sql`/* sessions.holdAccount */ select id::text from users where id = ${userId}::uuid for no key update`
}

/** The same as `findAccount`, held. */
export async function findAccountForUpdate(tx: Tx, userId: string): Promise<AccountRow | null> {
  await holdAccount(tx, userId)
  return await findAccount(tx, userId)
}

/** The same as `findAccount`. @throws NOT_FOUND node_not_found when it was erased */
export async function getAccount(db: Db, userId: string): Promise<AccountRow> {
  const account = await findAccount(db, userId)
  if (!account) throw new AppError('NOT_FOUND', 'node_not_found', 'No such account.')
  return account
}

/** Puts another hash in the place of the one that was checked; false when that one is no longer there. */
export async function replacePasswordHash(
  tx: Tx,
  userId: string,
  hashes: { readonly from: string; readonly to: string },
  changedAt: Date | null,
): Promise<boolean> {
  const { count } = await tx.user.updateMany({
    where: { id: userId, passwordHash: hashes.from },
    data: {
      passwordHash: hashes.to,
      ...(changedAt ? { passwordChangedAt: changedAt, version: { increment: 1 } } : {}),
    },
  })
  return count > 0
}

export async function setPasswordHash(tx: Tx, userId: string, passwordHash: string, now: Date): Promise<void> {
  await tx.user.update({
    where: { id: userId },
    data: { passwordHash, passwordChangedAt: now, version: { increment: 1 } },
    select: { id: true },
  })
}

/** Puts a new challenge in place. */
export async function insertChallenge(
  tx: Tx,
  challenge: { readonly userId: string; readonly challengeHash: Uint8Array; readonly expiresAt: Date },
  now: Date,
): Promise<void> {
  await tx.sql`/* sessions.insertChallenge */
    insert into login_challenges (user_id, challenge_hash, created_at, expires_at)
    values (${challenge.userId}::uuid, ${challenge.challengeHash}, ${now}::timestamptz, ${challenge.expiresAt}::timestamptz)`
}

export interface ChallengeRow {
  readonly id: string
  readonly userId: string
  readonly attempts: number
  readonly expiresAt: Date
  readonly usedAt: Date | null
}

export async function findChallenge(db: Db, challengeHash: Uint8Array): Promise<ChallengeRow | null> {
  const [row] = await db.sql<ChallengeRow>`/* sessions.challenge */
    select id::text as id, user_id::text as "userId", attempts, expires_at as "expiresAt", used_at as "usedAt"
    from login_challenges where challenge_hash = ${challengeHash}`
  return row ?? null
}

/** The same, held against others until the transaction ends. */
export async function getChallengeForUpdate(tx: Tx, id: string): Promise<ChallengeRow> {
  const [row] = await tx.sql<ChallengeRow>`/* sessions.challengeForUpdate */
    select id::text as id, user_id::text as "userId", attempts, expires_at as "expiresAt", used_at as "usedAt"
    from login_challenges where id = ${id}::uuid for update`
  if (!row) throw new Error(`challenge ${id} is gone`)
  return row
}

export async function countChallengeTry(tx: Tx, id: string): Promise<void> {
  await tx.loginChallenge.update({ where: { id }, data: { attempts: { increment: 1 } }, select: { id: true } })
}

export async function endChallenge(tx: Tx, id: string, now: Date): Promise<void> {
  await tx.loginChallenge.update({ where: { id }, data: { usedAt: now }, select: { id: true } })
}

/** Ends the challenges that a person's old password opened. */
export async function endChallenges(tx: Tx, userId: string, now: Date): Promise<void> {
  await tx.loginChallenge.updateMany({ where: { userId, usedAt: null }, data: { usedAt: now } })
}

export interface NewOneTimeToken {
  readonly id: string
  readonly userId: string
  readonly kind: OneTimeTokenKind
  readonly tokenHash: Uint8Array<ArrayBuffer>
  readonly expiresAt: Date
  readonly newEmail: Uint8Array<ArrayBuffer> | null
  readonly newEmailIndex: Uint8Array<ArrayBuffer> | null
}

/** Puts a token in the place of those of its kind: only the newest works. */
export async function insertOneTimeToken(tx: Tx, token: NewOneTimeToken, now: Date): Promise<void> {
  await supersedeOneTimeTokens(tx, token.userId, token.kind, now)
  await tx.oneTimeToken.create({ data: { ...token, createdAt: now } })
}

export async function supersedeOneTimeTokens(tx: Tx, userId: string, kind: OneTimeTokenKind, now: Date): Promise<void> {
  // two that mint at the same time take turns on the person's row: the index allows one open token of a kind
  await tx.sql`/* sessions.lockUser */ select id::text from users where id = ${userId}::uuid for no key update`
  await tx.oneTimeToken.updateMany({
    where: { userId, kind, usedAt: null, supersededAt: null },
    data: { supersededAt: now },
  })
}

export interface OneTimeTokenRow {
  readonly id: string
  readonly userId: string
  readonly newEmail: Uint8Array | null
  readonly newEmailIndex: Uint8Array | null
}

/** A mailed token that may still be used; it stays unused. */
export async function findOpenToken(
  db: Db,
  kind: OneTimeTokenKind,
  tokenHash: Uint8Array,
): Promise<OneTimeTokenRow | null> {
  const [row] = await db.sql<OneTimeTokenRow>`/* sessions.openToken */
    select id::text as id, user_id::text as "userId", new_email as "newEmail", new_email_index as "newEmailIndex"
    from one_time_tokens
    where token_hash = ${tokenHash} and kind = ${kind.toLowerCase()}::one_time_token_kind
      and used_at is null and superseded_at is null and expires_at > app_now()`
  return row ?? null
}

/** Uses a mailed token up, in one statement; null when it is wrong, was used or superseded, or has ended. */
export async function spendToken(
  tx: Tx,
  kind: OneTimeTokenKind,
  tokenHash: Uint8Array,
  now: Date,
): Promise<OneTimeTokenRow | null> {
  const [row] = await tx.sql<OneTimeTokenRow>`/* sessions.spendToken */
    update one_time_tokens set used_at = ${now}::timestamptz
    where token_hash = ${tokenHash} and kind = ${kind.toLowerCase()}::one_time_token_kind
      and used_at is null and superseded_at is null and expires_at > ${now}::timestamptz
    returning id::text as id, user_id::text as "userId", new_email as "newEmail", new_email_index as "newEmailIndex"`
  return row ?? null
}
