import type { NotificationChannel, NotificationType } from '../generated/prisma/enums.js'

/** What somebody followed does that a follower may be told of. */
export type FollowTopic = Extract<NotificationType, 'NEW_CONTENT' | 'STREAM'>

/** Whether a follower wants one type of notification on one channel. */
export interface FollowPreferenceRow {
  readonly type: FollowTopic
  readonly channel: NotificationChannel
  readonly enabled: boolean
}

/** One person's following of another that lasts; the row behind `Follow`. */
export interface FollowRow {
  readonly userId: string
  readonly followedAt: Date
  readonly notificationsEnabled: boolean
  readonly preferences: FollowPreferenceRow[]
}

/** The row behind `Block`. */
export interface BlockRow {
  readonly id: string
  readonly blockedId: string
  readonly note: string | null
  readonly blockedAt: Date
}

/** The row behind `Mute`. */
export interface MuteRow {
  readonly id: string
  readonly mutedId: string
  readonly mutedAt: Date
  readonly expiresAt: Date | null
}

/** What happens between people, as events are called: followings on the stream of who is followed, blocks on the blocker's. */
export const FOLLOWED = 'social.followed'
export const UNFOLLOWED = 'social.unfollowed'
export const BLOCKED = 'social.blocked'
export const UNBLOCKED = 'social.unblocked'

/** The stream of what others do towards a person, and of whom they block. */
export const socialStream = (userId: string): string => `social:${userId}`

/** The topic of signals that somebody blocks, or is blocked by, somebody else by now, or no more; their key is the person's id. */
export const BLOCKS_TOPIC = 'blocks'

/**
 * `isNews` is false for somebody who followed within the last day already. `newsAt` is when their following was news: whatever
 * ended and began again since is told of once, now or then.
 */
export interface Followed {
  readonly followerId: string
  readonly followingId: string
  readonly isNews: boolean
  readonly newsAt: string
}

/** Of `social.unfollowed`. */
export interface Unfollowed {
  readonly followerId: string
  readonly followingId: string
}

/** Of `social.blocked` and `social.unblocked`. */
export interface BlockChanged {
  readonly blockerId: string
  readonly blockedId: string
}
