import { DAY_MS, SECOND_MS, addMs } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import type { RateLimit } from '../lib/rate.js'
import type { Viewer } from '../lib/viewer.js'
import { holdPair, noSuchUser, refuse } from './pairs.js'
import type { Pair } from './pairs.js'
import { endFollow, insertFollow, reinstateFollow, setNotificationsEnabled, setPreferences } from './queries.js'
import type { StoredFollow, WantedPreference } from './queries.js'
import { refusalToFollow, refusalToShun } from './rules.js'
import { FOLLOWED, UNFOLLOWED, socialStream } from './types.js'

/** The home feed reads all whom somebody follows. */
export const MAX_FOLLOWS = 5_000
/** Followings that begin, or begin again. */
export const NEW_FOLLOWS: RateLimit = { name: 'social.follows', points: 400, windowSeconds: DAY_MS / SECOND_MS }
/** Following again within this time is no news to the followed person. */
const NEWS_AFTER_MS = DAY_MS

/**
 * Follows somebody; answers whether a following began. Who follows already, goes on doing so. Not audited.
 * @throws INVALID self_action; NOT_FOUND node_not_found for nobody, somebody in bad standing, and where one blocks the
 * other; CONFLICT follow_limit_reached; FORBIDDEN account_limited
 */
export async function followUser(tx: Tx, viewer: Viewer, userId: string, now: Date): Promise<boolean> {
  if (viewer.userId === userId) refuse('self_action')
  const pair = await holdPair(tx, viewer, userId, now)
  if (!pair.target) throw noSuchUser()
  refuse(refusalToFollow(viewer, pair.target, pair, now))
  const { follow } = pair
  if (follow && follow.unfollowedAt === null) {
    // both are in good standing: it comes back before the job that brings back all
    if (follow.withdrawnAt !== null) await reinstateFollow(tx, follow.id)
    return false
  }
  checkRoom(pair)
  const isNews = isNewsAt(follow, now)
  const newsAt = isNews ? now : (follow?.notifiedAt ?? now)
  const ids = { followerId: viewer.userId, followingId: userId }
  await insertFollow(tx, { ...ids, notifiedAt: newsAt }, now)
  await emit(
    tx,
    { stream: socialStream(userId), type: FOLLOWED, payload: { ...ids, isNews, newsAt: newsAt.toISOString() } },
    now,
  )
  return true
}

const isNewsAt = (follow: StoredFollow | null, now: Date): boolean =>
  !follow?.notifiedAt || follow.notifiedAt <= addMs(now, -NEWS_AFTER_MS)

/** @throws CONFLICT follow_limit_reached */
function checkRoom({ followingCount }: Pair): void {
  if (followingCount < MAX_FOLLOWS) return
  throw new AppError(
    'CONFLICT',
    'follow_limit_reached',
    `Nobody follows more than ${MAX_FOLLOWS.toLocaleString('en')} people.`,
    { path: ['input', 'userId'] },
  )
}

/**
 * Ends following somebody; who does not follow them, goes on not doing so. Not audited.
 * @throws INVALID self_action; NOT_FOUND node_not_found of somebody who cannot be seen, unless they are followed;
 * FORBIDDEN account_limited
 */
export async function unfollowUser(tx: Tx, viewer: Viewer, userId: string, now: Date): Promise<void> {
  if (viewer.userId === userId) refuse('self_action')
  const pair = await holdPair(tx, viewer, userId, now)
  if (pair.follow?.unfollowedAt !== null) {
    if (!pair.target) throw noSuchUser()
    refuse(refusalToShun(viewer, pair.target, pair))
    return
  }
  await endFollow(tx, pair.follow.id, now)
  const payload = { followerId: viewer.userId, followingId: userId }
  await emit(tx, { stream: socialStream(userId), type: UNFOLLOWED, payload }, now)
}

/** What a follower wants to be told of one person; null leaves the switch as it is. */
export interface FollowWishes {
  readonly userId: string
  readonly notificationsEnabled: boolean | null
  readonly preferences: readonly WantedPreference[]
}

/**
 * Sets what a follower wants to be told of somebody. What is not given stays. Idempotent. Not audited.
 * @throws INVALID invalid_input for a type and channel given twice, self_action; NOT_FOUND node_not_found;
 * CONFLICT not_following; FORBIDDEN account_limited
 */
export async function updateFollowPreferences(tx: Tx, viewer: Viewer, wishes: FollowWishes, now: Date): Promise<void> {
  const { userId, notificationsEnabled, preferences } = wishes
  checkOnce(preferences)
  if (viewer.userId === userId) refuse('self_action')
  const { target, follow, ...bonds } = await holdPair(tx, viewer, userId, now)
  if (!target) throw noSuchUser()
  refuse(refusalToShun(viewer, target, bonds))
  if (!follow || follow.unfollowedAt !== null || follow.withdrawnAt !== null)
    throw new AppError('CONFLICT', 'not_following', 'You do not follow this person.', { path: ['input', 'userId'] })
  if (notificationsEnabled !== null) await setNotificationsEnabled(tx, follow.id, notificationsEnabled)
  await setPreferences(tx, follow.id, preferences)
}

/** @throws INVALID invalid_input */
function checkOnce(preferences: readonly WantedPreference[]): void {
  const keys = new Set(preferences.map(({ type, channel }) => `${type} ${channel}`))
  if (keys.size === preferences.length) return
  throw new AppError('INVALID', 'invalid_input', 'Each type and channel at most once.', {
    path: ['input', 'preferences'],
  })
}
