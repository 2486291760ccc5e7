import { randomBytes } from 'node:crypto'
import { holdActor } from '../accounts/accounts.js'
import { record } from '../audit/audit.js'
import { addMs, MINUTE_MS } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { Viewer } from '../lib/viewer.js'
import { hashSecret } from '../sessions/sessions.js'
import { finishStream } from './airing.js'
import { expireKeys, findStreamByKey, findStreamForUpdate, insertKey, revokeKeyRow } from './write-queries.js'

const KEY_BYTES = 32
const PREFIX = 'live_'
const KEY = /^live_[\w-]{43}$/
/** Of a key, shown to tell keys apart. */
const SHOWN_LENGTH = 9
const MAX_OVERLAP_MINUTES = 1_440

/** What is kept of a key that an encoder came with; null for what cannot be one of ours. */
export const hashStreamKey = (key: string): Uint8Array | null => (KEY.test(key) ? hashSecret(key) : null)

/**
 * Makes a key for a creator's encoders and answers it, this once. The one before works on for `overlapMinutes`, so that there
 * are never more than two. Audited.
 * @throws INVALID invalid_input; FORBIDDEN account_limited
 */
export async function rotateStreamKey(
  tx: Tx,
  { userId }: Viewer,
  overlapMinutes: number,
  now: Date,
): Promise<{ readonly keyId: string; readonly key: string }> {
  if (overlapMinutes < 0 || overlapMinutes > MAX_OVERLAP_MINUTES)
    throw new AppError('INVALID', 'invalid_input', `From 0 to ${String(MAX_OVERLAP_MINUTES)} minutes.`, {
      path: ['input', 'overlapMinutes'],
    })
  await holdActor(tx, userId, now)
  const key = `${PREFIX}${randomBytes(KEY_BYTES).toString('base64url')}`
  await expireKeys(tx, userId, addMs(now, overlapMinutes * MINUTE_MS), now)
  const keyId = await insertKey(
    tx,
    { creatorId: userId, prefix: key.slice(0, SHOWN_LENGTH), keyHash: hashSecret(key) },
    now,
  )
  await recordKey(tx, { keyId, userId, action: 'stream_key.rotated', after: { overlapMinutes } }, now)
  return { keyId, key }
}

/**
 * Ends a key at once, and the stream that is broadcast with it. Revoking it again changes nothing. Audited.
 * @throws NOT_FOUND node_not_found; FORBIDDEN account_limited
 */
export async function revokeStreamKey(tx: Tx, { userId }: Viewer, keyId: string, now: Date): Promise<void> {
  await holdActor(tx, userId, now)
  const isNews = await revokeKeyRow(tx, userId, keyId, now)
  if (isNews === null)
    throw new AppError('NOT_FOUND', 'node_not_found', 'No such StreamKey.', { path: ['input', 'streamKeyId'] })
  if (!isNews) return
  await recordKey(tx, { keyId, userId, action: 'stream_key.revoked', after: { revokedAt: now } }, now)
  const streamId = await findStreamByKey(tx, keyId)
  const stream = streamId === null ? null : await findStreamForUpdate(tx, streamId)
  if (stream && !stream.endedAt) await finishStream(tx, stream, { state: 'ENDED', at: now, reason: 'KEY_REVOKED' }, now)
}

const recordKey = (
  tx: Tx,
  {
    keyId,
    userId,
    action,
    after,
  }: {
    readonly keyId: string
    readonly userId: string
    readonly action: 'stream_key.rotated' | 'stream_key.revoked'
    readonly after: Readonly<Record<string, unknown>>
  },
  now: Date,
): Promise<void> =>
  record(
    tx,
    {
      action,
      category: 'SECURITY',
      severity: 'MEDIUM',
      subject: { table: 'stream_keys', id: keyId },
      userId,
      after,
      description: action === 'stream_key.rotated' ? 'Made a key for encoders.' : 'Revoked a key of encoders.',
    },
    now,
  )
