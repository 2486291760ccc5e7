import type { Prisma, UserSession } from '../generated/prisma/client.js'
import type { AccountStatus, AccountType } from '../generated/prisma/enums.js'
import type { Db, Tx } from '../lib/db.js'
import type { PageRequest } from '../lib/page.js'
import type { Device } from './devices.js'
import type { SessionEndReason } from './types.js'

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
      u.age_verified and (u.age_verified_until is null or u.age_verified_until > clock.now) as "isAgeVerified",
      u.is_demo as "isDemo", s.authenticated_at as "authenticatedAt",
      s.second_factor_at as "secondFactorAt", s.last_used_at as "lastUsedAt"
    from clock
    left join (user_sessions s join users u on u.id = s.user_id and u.erased_at is null)
      on s.id = ${sessionId}::uuid and s.revoked_at is null and s.expires_at > clock.now`
  if (!row) throw new Error('a select from a clock has a row')
  return { now: row.now, row: row.userId === null ? null : row }
}

/**
 * Moves the time of last use, once a minute; a row that somebody else is writing is left to them. The request does not wait
 * for the disk: a crash may take the last second of it.
 */
export async function touchSession(db: Db, sessionId: string, now: Date, ifBefore: Date): Promise<void> {
  await db.sql`/* sessions.touch */
    update user_sessions set last_used_at = ${now}::timestamptz
    from (select set_config('synchronous_commit', 'off', true) offset 0) unhurried
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

/** Ends a person's least recently used live sessions beyond the newest `keep`, `exceptId` not among them; answers which. */
export async function endExcessSessions(
  tx: Tx,
  userId: string,
  { keep, exceptId }: { readonly keep: number; readonly exceptId: string },
  now: Date,
): Promise<string[]> {
  const rows = await tx.sql<{ id: string }>`/* sessions.endExcess */
    with excess as (
      select id from user_sessions
      where user_id = ${userId}::uuid and id <> ${exceptId}::uuid
        and revoked_at is null and expires_at > ${now}::timestamptz
      order by last_used_at desc, id desc offset ${keep}::int
    )
    update user_sessions s set revoked_at = ${now}::timestamptz, revoked_reason = 'revoked'
    from excess where s.id = excess.id and s.revoked_at is null
    returning s.id::text as id`
  return rows.map(({ id }) => id)
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
