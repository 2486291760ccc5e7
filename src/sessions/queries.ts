import type { Prisma, TotpCredential, UserSession } from '../generated/prisma/client.js'
import type { AccountStatus, AccountType } from '../generated/prisma/enums.js'
import type { Db, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { PageRequest } from '../lib/page.js'
import type { Device } from './devices.js'
import type { OneTimeTokenKind, SessionEndReason } from './types.js'

/** A live session with its person, as of `now`. */
export interface LiveSessionRow {
  readonly userId: string
  readonly sessionId: string
  readonly role: AccountType
  /** As it counts now: a suspension whose end has passed is none. */
  readonly status: AccountStatus
  readonly isAgeVerified: boolean
  readonly isDemo: boolean
  readonly authenticatedAt: Date
  readonly secondFactorAt: Date | null
  readonly lastUsedAt: Date
}

/** The time, and the session with its person unless it has ended: all that a request needs to know of who makes it. */
export async function findLiveSession(
  db: Db,
  sessionId: string,
): Promise<{ readonly now: Date; readonly row: LiveSessionRow | null }> {
  const [row] = await db.sql<{ now: Date } & (LiveSessionRow | { userId: null })>`/* sessions.findLive */
    with clock as materialized (select app_now() as now)
    select clock.now, s.id::text as "sessionId", u.id::text as "userId", upper(u.account_type::text) as role,
      case when u.account_status = 'suspended' and u.suspended_until <= clock.now then 'ACTIVE'
        else upper(u.account_status::text) end as status,
      u.age_verified as "isAgeVerified", u.is_demo as "isDemo", s.authenticated_at as "authenticatedAt",
      s.second_factor_at as "secondFactorAt", s.last_used_at as "lastUsedAt"
    from clock
    left join (user_sessions s join users u on u.id = s.user_id and u.erased_at is null)
      on s.id = ${sessionId}::uuid and s.revoked_at is null and s.expires_at > clock.now`
  if (!row) throw new Error('a select from a clock has a row')
  return { now: row.now, row: row.userId === null ? null : row }
}

/** Moves the time of last use, once a minute; a row that somebody else is writing is left to them. */
export async function touchSession(db: Db, sessionId: string, now: Date, ifBefore: Date): Promise<void> {
  await db.sql`/* sessions.touch */
    update user_sessions set last_used_at = ${now}::timestamptz
    where id = (
      select id from user_sessions
      where id = ${sessionId}::uuid and last_used_at <= ${ifBefore}::timestamptz
      for update skip locked
    )`
}

export interface NewSession extends Device {
  readonly id: string
  readonly userId: string
  readonly ip: Uint8Array<ArrayBuffer>
  readonly secondFactorAt: Date | null
  readonly expiresAt: Date
  readonly absoluteExpiresAt: Date
}

export async function insertSession(tx: Tx, session: NewSession, now: Date): Promise<void> {
  await tx.userSession.create({ data: { ...session, createdAt: now, lastUsedAt: now, authenticatedAt: now } })
}

export async function insertRefreshToken(
  tx: Tx,
  token: { readonly sessionId: string; readonly tokenHash: Uint8Array; readonly expiresAt: Date },
  now: Date,
): Promise<void> {
  await tx.sql`/* sessions.insertRefreshToken */
    insert into refresh_tokens (session_id, token_hash, created_at, expires_at)
    values (${token.sessionId}::uuid, ${token.tokenHash}, ${now}::timestamptz, ${token.expiresAt}::timestamptz)`
}

/**
 * Spends the refresh token `spent` and puts `next` in its place, if it was not spent and its session lives: of two at the
 * same time, the second waits for the first and finds nothing.
 */
export async function rotateRefreshToken(
  tx: Tx,
  { spent, next, idleUntil }: { readonly spent: Uint8Array; readonly next: Uint8Array; readonly idleUntil: Date },
  now: Date,
): Promise<string | null> {
  const [row] = await tx.sql<{ sessionId: string }>`/* sessions.rotate */
    with held as (
      select t.id, t.session_id, least(${idleUntil}::timestamptz, s.absolute_expires_at) as until
      from refresh_tokens t join user_sessions s on s.id = t.session_id
      where t.token_hash = ${spent} and t.used_at is null and t.expires_at > ${now}::timestamptz
        and s.revoked_at is null and s.expires_at > ${now}::timestamptz
      for update
    ), spent as (
      update refresh_tokens t set used_at = ${now}::timestamptz from held where t.id = held.id
    ), next as (
      insert into refresh_tokens (session_id, token_hash, parent_id, created_at, expires_at)
      select session_id, ${next}, id, ${now}::timestamptz, until from held
    )
    update user_sessions s set last_used_at = ${now}::timestamptz, expires_at = held.until
    from held where s.id = held.session_id
    returning s.id::text as "sessionId"`
  return row?.sessionId ?? null
}

export interface SpentTokenRow {
  readonly sessionId: string
  readonly userId: string
  readonly usedAt: Date | null
  readonly isLive: boolean
}

/** A refresh token that could not be spent: what became of it. */
export async function findRefreshToken(tx: Tx, tokenHash: Uint8Array, now: Date): Promise<SpentTokenRow | null> {
  const [row] = await tx.sql<SpentTokenRow>`/* sessions.findRefreshToken */
    select s.id::text as "sessionId", s.user_id::text as "userId", t.used_at as "usedAt",
      s.revoked_at is null and s.expires_at > ${now}::timestamptz as "isLive"
    from refresh_tokens t join user_sessions s on s.id = t.session_id
    where t.token_hash = ${tokenHash}`
  return row ?? null
}

export interface EndedBy {
  readonly reason: SessionEndReason
  readonly now: Date
}

/** Ends one live session of a person; false when it is not theirs or has ended. */
export async function endSession(
  tx: Tx,
  userId: string,
  sessionId: string,
  { reason, now }: EndedBy,
): Promise<boolean> {
  const { count } = await tx.userSession.updateMany({
    where: { id: sessionId, userId, revokedAt: null, expiresAt: { gt: now } },
    data: { revokedAt: now, revokedReason: reason },
  })
  return count > 0
}

/** Ends a person's live sessions but `except`, in the order of their ids, and counts them. */
export async function endSessions(
  tx: Tx,
  userId: string,
  { except, reason, now }: EndedBy & { readonly except: string | null },
): Promise<number> {
  const rows = await tx.sql<{ id: string }>`/* sessions.endAll */
    with ended as (
      select id from user_sessions
      where user_id = ${userId}::uuid and revoked_at is null and expires_at > ${now}::timestamptz
        and id is distinct from ${except}::uuid
      order by id for update
    )
    update user_sessions s set revoked_at = ${now}::timestamptz, revoked_reason = ${reason.toLowerCase()}::session_end_reason
    from ended where s.id = ended.id
    returning s.id::text as id`
  return rows.length
}

/** Ends a person's least recently used live sessions beyond the newest `keep`; `exceptId` is not among them. */
export async function endExcessSessions(
  tx: Tx,
  userId: string,
  { keep, exceptId }: { readonly keep: number; readonly exceptId: string },
  now: Date,
): Promise<void> {
  await tx.sql`/* sessions.endExcess */
    with excess as (
      select id from user_sessions
      where user_id = ${userId}::uuid and id <> ${exceptId}::uuid
        and revoked_at is null and expires_at > ${now}::timestamptz
      order by last_used_at desc, id desc offset ${keep}::int
    )
    update user_sessions s set revoked_at = ${now}::timestamptz, revoked_reason = 'revoked'
    from excess where s.id = excess.id and s.revoked_at is null`
}

const sessionColumns = {
  id: true,
  userId: true,
  deviceLabel: true,
  countryCode: true,
  createdAt: true,
  lastUsedAt: true,
  expiresAt: true,
} as const satisfies Prisma.UserSessionSelect

export type SessionRow = Pick<UserSession, keyof typeof sessionColumns>

/** A page of somebody's live sessions, the most recently used first, with one row more than asked for. */
export const listLiveSessions = (db: Db, userId: string, page: PageRequest, now: Date): Promise<SessionRow[]> => {
  const direction = page.isBackward ? 'asc' : 'desc'
  return db.userSession.findMany({
    where: { userId, revokedAt: null, expiresAt: { gt: now }, ...beyond(page) },
    orderBy: [{ lastUsedAt: direction }, { id: direction }],
    take: page.limit + 1,
    select: sessionColumns,
  })
}

function beyond({ cursor, isBackward }: PageRequest): Prisma.UserSessionWhereInput {
  if (!cursor) return {}
  const [lastUsedAt = '', id = ''] = cursor
  const side = <T>(value: T) => (isBackward ? { gt: value } : { lt: value })
  return { OR: [{ lastUsedAt: side(lastUsedAt) }, { lastUsedAt, id: side(id) }] }
}

/** Sessions by id, ended ones too, in no order. */
export const listSessionsById = (db: Db, ids: readonly string[]): Promise<SessionRow[]> =>
  db.userSession.findMany({ where: { id: { in: [...ids] } }, select: sessionColumns })

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

/** The same. @throws NOT_FOUND node_not_found when it was erased */
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

/** Notes that a person proved in this session who they are, and with a second factor where `hasSecondFactor`. */
export async function markAuthenticated(tx: Tx, sessionId: string, hasSecondFactor: boolean, now: Date): Promise<void> {
  await tx.userSession.update({
    where: { id: sessionId },
    data: { authenticatedAt: now, ...(hasSecondFactor ? { secondFactorAt: now } : {}) },
    select: { id: true },
  })
}

/** No session of a person has shown a factor that is no more. */
export async function forgetSecondFactor(tx: Tx, userId: string): Promise<void> {
  await tx.userSession.updateMany({ where: { userId, secondFactorAt: { not: null } }, data: { secondFactorAt: null } })
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

/** Deletes sessions that ended before `endedBefore`, with their refresh tokens; at most `limit`, and counts them. */
export async function deleteEndedSessions(tx: Tx, endedBefore: Date, limit: number): Promise<number> {
  const rows = await tx.sql<{ id: string }>`/* sessions.deleteEnded */
    delete from user_sessions where id in (
      select id from user_sessions
      where expires_at <= ${endedBefore}::timestamptz or revoked_at <= ${endedBefore}::timestamptz
      order by id limit ${limit}::int for update skip locked
    )
    returning id::text as id`
  return rows.length
}

/** Deletes refresh tokens spent before `spentBefore`. Children let go of them first: they would go with their parent. */
export async function deleteSpentRefreshTokens(tx: Tx, spentBefore: Date, limit: number): Promise<number> {
  const rows = await tx.sql<{ id: string }>`/* sessions.spentTokens */
    select id::text as id from refresh_tokens where used_at <= ${spentBefore}::timestamptz
    order by id limit ${limit}::int for update skip locked`
  const ids = rows.map(({ id }) => id)
  await tx.refreshToken.updateMany({ where: { parentId: { in: ids } }, data: { parentId: null } })
  await tx.refreshToken.deleteMany({ where: { id: { in: ids } } })
  return ids.length
}

export async function deleteEndedTokens(tx: Tx, endedBefore: Date, limit: number): Promise<number> {
  const rows = await tx.sql<{ id: string }>`/* sessions.deleteTokens */
    delete from one_time_tokens where id in (
      select id from one_time_tokens where expires_at <= ${endedBefore}::timestamptz
      order by id limit ${limit}::int for update skip locked
    )
    returning id::text as id`
  return rows.length
}

export async function deleteEndedChallenges(tx: Tx, endedBefore: Date, limit: number): Promise<number> {
  const rows = await tx.sql<{ id: string }>`/* sessions.deleteChallenges */
    delete from login_challenges where id in (
      select id from login_challenges where expires_at <= ${endedBefore}::timestamptz
      order by id limit ${limit}::int for update skip locked
    )
    returning id::text as id`
  return rows.length
}

/** Deletes authenticator apps that were begun before `startedBefore` and never confirmed. */
export async function deleteStartedTotp(tx: Tx, startedBefore: Date, limit: number): Promise<number> {
  const rows = await tx.sql<{ id: string }>`/* sessions.deleteStartedTotp */
    delete from totp_credentials where id in (
      select id from totp_credentials where confirmed_at is null and created_at <= ${startedBefore}::timestamptz
      order by id limit ${limit}::int for update skip locked
    )
    returning id::text as id`
  return rows.length
}
