import { randomUUID } from 'node:crypto'
import { sealField } from '../keys/keys.js'
import { addMs, DAY_MS } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import type { Viewer } from '../lib/viewer.js'
import { issueAccessToken } from './access-tokens.js'
import { describeDevice } from './devices.js'
import {
  endExcessSessions,
  endSession,
  endSessions,
  findLiveSession,
  insertRefreshToken,
  insertSession,
} from './queries.js'
import type { LiveSessionRow } from './queries.js'
import { hashSecret, newSecret } from './secrets.js'
import { recordSecurity } from './trail.js'
import type { SecurityEvent } from './trail.js'
import { userStream } from './types.js'
import type { Client, IssuedSession, SessionEndReason } from './types.js'

/** A session ends when it was not used for this long, */
export const IDLE_MS = 30 * DAY_MS
/** and whatever happens after this long. */
export const ABSOLUTE_MS = 90 * DAY_MS
/** Live sessions of one person beside the newest; the least recently used make room. */
const MAX_OTHER_SESSIONS = 99

/** Who asks, as their session and account stand now. */
export const toViewer = (row: LiveSessionRow): Viewer => ({
  userId: row.userId,
  sessionId: row.sessionId,
  role: row.role,
  status: row.status,
  isLimited: row.status !== 'ACTIVE',
  hasSecondFactor: row.secondFactorAt !== null || row.isDemo,
  authenticatedAt: row.authenticatedAt,
  isAgeVerified: row.isAgeVerified,
})

/** Whose session begins, from where, and whether a second factor was shown for it. */
export interface SessionStart {
  readonly userId: string
  readonly client: Client
  readonly hasSecondFactor?: boolean
}

/** Signs somebody in on one device: a session, its first refresh token, an access token. */
export async function startSession(
  tx: Tx,
  { userId, client, hasSecondFactor = false }: SessionStart,
  now: Date,
): Promise<IssuedSession> {
  const id = randomUUID()
  const refreshToken = newSecret()
  const expiresAt = addMs(now, IDLE_MS)
  await insertSession(
    tx,
    {
      id,
      userId,
      ...(await describeDevice(client)),
      ip: await sealField(tx, { userId, table: 'user_sessions', column: 'ip', rowId: id }, client.ip),
      secondFactorAt: hasSecondFactor ? now : null,
      expiresAt,
      absoluteExpiresAt: addMs(now, ABSOLUTE_MS),
    },
    now,
  )
  await insertRefreshToken(tx, { sessionId: id, tokenHash: hashSecret(refreshToken), expiresAt }, now)
  await makeRoom(tx, userId, id, now)
  await recordSecurity(
    tx,
    {
      action: 'session.started',
      userId,
      subject: { table: 'user_sessions', id },
      after: { hasSecondFactor },
      description: 'Signed in.',
    },
    now,
  )
  await emit(tx, { stream: userStream(userId), type: 'sessions.changed', payload: { userId, sessionId: id } }, now)
  return await issueFor(tx, id, refreshToken, now)
}

/** Ends the sessions that are too many; the event of the one that begins has their sockets looked at. */
async function makeRoom(tx: Tx, userId: string, newestId: string, now: Date): Promise<void> {
  const ended = await endExcessSessions(tx, userId, { keep: MAX_OTHER_SESSIONS, exceptId: newestId }, now)
  for (const id of ended)
    await recordSecurity(
      tx,
      {
        action: 'session.revoked',
        userId,
        subject: { table: 'user_sessions', id },
        after: { reason: 'REVOKED' },
        description: 'Ended a session that newer ones left no room for.',
      },
      now,
    )
}

/** The tokens and the viewer of a session as it stands in this transaction. */
export async function issueFor(tx: Tx, sessionId: string, refreshToken: string, now: Date): Promise<IssuedSession> {
  const { row } = await findLiveSession(tx, sessionId)
  if (!row) throw new AppError('CONFLICT', 'refresh_invalid', 'The session has ended: sign in again.')
  return { ...(await issueAccessToken(row, now)), refreshToken, viewer: toViewer(row) }
}

/** Why sessions end, and which one stays. */
export interface Revocation {
  readonly reason: SessionEndReason
  readonly except?: string
}

/** Ends a person's live sessions, so that their sockets close and their tokens fail at once; answers how many. */
export async function revokeSessions(
  tx: Tx,
  userId: string,
  { reason, except }: Revocation,
  now: Date,
): Promise<number> {
  const ended = await endSessions(tx, userId, { reason, now, except: except ?? null })
  if (ended === 0) return 0
  await recordSecurity(
    tx,
    {
      action: 'session.all_revoked',
      userId,
      severity: 'MEDIUM',
      after: { reason, ended, kept: except ?? null },
      description: `Ended ${String(ended)} sessions.`,
    },
    now,
  )
  await emit(
    tx,
    { stream: userStream(userId), type: 'sessions.revoked', payload: { userId, kept: except ?? null } },
    now,
  )
  return ended
}

/** Ends one session of a person. Idempotent: false when it is not theirs or had ended. */
export async function revokeOne(
  tx: Tx,
  { userId, sessionId, reason }: { userId: string; sessionId: string; reason: SessionEndReason },
  now: Date,
): Promise<boolean> {
  if (!(await endSession(tx, userId, sessionId, { reason, now }))) return false
  await recordSecurity(
    tx,
    { ...endingOf(reason), userId, subject: { table: 'user_sessions', id: sessionId }, after: { reason } },
    now,
  )
  await emit(tx, { stream: userStream(userId), type: 'sessions.revoked', payload: { userId, sessionId } }, now)
  return true
}

function endingOf(reason: SessionEndReason): Pick<SecurityEvent, 'action' | 'severity' | 'description'> {
  if (reason === 'LOGOUT') return { action: 'session.logged_out', description: 'Signed out.' }
  if (reason !== 'TOKEN_REUSED') return { action: 'session.revoked', description: 'Ended a session.' }
  const description = 'A refresh token was used twice: the session was ended.'
  return { action: 'session.token_reused', severity: 'HIGH', description }
}
