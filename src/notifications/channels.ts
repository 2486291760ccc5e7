import type { NotificationChannel, NotificationType, Preference, Wish } from './types.js'

const CHANNELS: readonly NotificationChannel[] = ['IN_APP', 'EMAIL', 'PUSH']
const TYPES: readonly NotificationType[] = [
  'NEW_FOLLOWER',
  'NEW_SUBSCRIBER',
  'CONTENT_LIKE',
  'CONTENT_COMMENT',
  'NEW_CONTENT',
  'STREAM',
  'MESSAGE',
  'TIP',
  'PAYMENT',
  'SYSTEM_ANNOUNCEMENT',
  'MODERATION_ACTION',
  'ACCOUNT',
]

/** What tells of one's standing, which also comes by mail. */
const isAboutStanding = (type: NotificationType): boolean => type === 'ACCOUNT' || type === 'MODERATION_ACTION'

/** Whether a type comes on a channel where the person has not said otherwise: mail is for what concerns their standing. */
export const isOnByDefault = (type: NotificationType, channel: NotificationChannel): boolean =>
  channel !== 'EMAIL' || isAboutStanding(type)

/** Whether a type on a channel cannot be muted. */
export const isFixed = (type: NotificationType, channel: NotificationChannel): boolean =>
  (channel === 'IN_APP' && (isAboutStanding(type) || type === 'SYSTEM_ANNOUNCEMENT')) ||
  (channel === 'EMAIL' && isAboutStanding(type))

/** Each type on each channel: what the person said, and where they said nothing, what holds then. */
export const allPreferences = (said: readonly Wish[]): Preference[] =>
  TYPES.flatMap((type) =>
    CHANNELS.map((channel) => ({
      type,
      channel,
      isEnabled:
        said.find((wish) => wish.type === type && wish.channel === channel)?.isEnabled ?? isOnByDefault(type, channel),
      isFixed: isFixed(type, channel),
    })),
  )
