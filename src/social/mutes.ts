import { DAY_MS, addMs } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { Viewer } from '../lib/viewer.js'
import { holdPair, noSuchUser, refuse } from './pairs.js'
import { countOtherMutes, deleteMute, upsertMute } from './queries.js'
import { refusalToShun } from './rules.js'

const MAX_MUTES = 5_000
const MAX_MUTE_MS = 3_653 * DAY_MS

/** Whom to mute, and until when; null for ever. */
export interface MuteRequest {
  readonly userId: string
  readonly expiresAt: Date | null
}

/**
 * Mutes somebody, or sets anew when it ends. They are not told. Idempotent. Not audited.
 * @throws INVALID self_action, mute_end_invalid; NOT_FOUND node_not_found; CONFLICT mute_limit_reached;
 * FORBIDDEN account_limited
 */
export async function muteUser(tx: Tx, viewer: Viewer, { userId, expiresAt }: MuteRequest, now: Date): Promise<void> {
  if (expiresAt !== null && (expiresAt <= now || expiresAt > addMs(now, MAX_MUTE_MS)))
    throw new AppError('INVALID', 'mute_end_invalid', 'A mute ends in the future, within ten years.', {
      path: ['input', 'expiresAt'],
    })
  if (viewer.userId === userId) refuse('self_action')
  const pair = await holdPair(tx, viewer, userId, now)
  if (!pair.target) throw noSuchUser()
  refuse(refusalToShun(viewer, pair.target, pair))
  if ((await countOtherMutes(tx, viewer.userId, userId, now)) >= MAX_MUTES)
    throw new AppError(
      'CONFLICT',
      'mute_limit_reached',
      `Nobody mutes more than ${MAX_MUTES.toLocaleString('en')} people.`,
      { path: ['input', 'userId'] },
    )
  await upsertMute(tx, { muterId: viewer.userId, mutedId: userId, expiresAt }, now)
}

/**
 * Ends muting somebody; who does not mute them, goes on not doing so. Not audited.
 * @throws INVALID self_action; NOT_FOUND node_not_found of somebody who cannot be seen, unless they are muted;
 * FORBIDDEN account_limited
 */
export async function unmuteUser(tx: Tx, viewer: Viewer, userId: string, now: Date): Promise<void> {
  if (viewer.userId === userId) refuse('self_action')
  const pair = await holdPair(tx, viewer, userId, now)
  if (await deleteMute(tx, viewer.userId, userId)) return
  if (!pair.target) throw noSuchUser()
  refuse(refusalToShun(viewer, pair.target, pair))
}
