import type { AccountType, NotificationChannel, NotificationType } from '../generated/prisma/enums.js'
import { jobName } from '../lib/jobs.js'

export type { NotificationChannel, NotificationType }

/** The topic of signals that somebody was told something; their key is the person's id. */
export const TOLD_TOPIC = 'notifications'

/** Sends an announcement to everybody it is for. */
export const deliverAnnouncementJob = jobName<{ readonly announcementId: string }>('notifications.deliver_announcement')

/** An announcement's row. */
export interface AnnouncementRow {
  readonly id: string
  readonly title: string
  readonly body: string
  readonly audience: AccountType | null
  readonly deliveredCount: number
  readonly deliveredAt: Date | null
  readonly createdAt: Date
}

/** What a notice about an account is rendered from: the decision, not its wording. */
export type AccountNotice =
  | { readonly kind: 'suspended'; readonly reason: string; readonly until: string }
  | { readonly kind: 'banned'; readonly reason: string }
  | { readonly kind: 'reinstated'; readonly reason: string }
  | { readonly kind: 'age_approved' }
  | { readonly kind: 'second_encoder' }
  | { readonly kind: 'age_rejected'; readonly reason: string }

/** What the text of a notification is rendered from beside people and posts: an amount, and an instant in ISO 8601. */
export interface NewsFacts {
  readonly amountMinor: string
  readonly currency: string
  readonly at?: string
}

/** A notice's row: an announcement's text, or what the text about an account is rendered from. */
export interface NoticeRow {
  readonly id: string
  readonly sequence: bigint
  readonly createdAt: Date
  readonly title: string | null
  readonly body: string | null
  readonly payload: AccountNotice | NewsFacts | Record<string, never>
}

/** Whom a notice about their account is for, and what makes it one and the same when it is told twice. */
export interface NewNotice {
  readonly userId: string
  readonly onceKey: string
  readonly notice: AccountNotice
}

/** Tables of what a notification is about. */
export type SubjectTable = 'users' | 'content' | 'comments' | 'messages' | 'tips'

/** What a notification is about. */
export interface Subject {
  readonly table: SubjectTable
  readonly id: string
}

/** Something that happened, and that others are told of. */
export interface News {
  readonly type: NotificationType
  /** Who did it; null for nobody, or for somebody who stays unnamed: nothing of what is told may hang on who it is. */
  readonly actorId: string | null
  readonly subject: Subject
  readonly facts?: NewsFacts
  /** What it joins: all news with this key are one notification while it is open. */
  readonly groupKey: string
  /** What makes it one and the same: nobody is told twice of what has the same key. */
  readonly onceKey: string
  /** Of the outbox. */
  readonly eventId: bigint
}

/** News, and whom it is for. */
export interface AddressedNews {
  readonly userId: string
  readonly news: News
}

/** A notification: the newest of its group, which stands for all of it. */
export interface NotificationRow extends NoticeRow {
  /** The group's: that of its first notification. */
  readonly id: string
  /** Its own. */
  readonly eventId: string
  readonly type: NotificationType
  readonly groupKey: string | null
  readonly groupFrom: bigint | null
  readonly groupSince: Date | null
  readonly subjectType: SubjectTable | 'announcements' | null
  readonly subjectId: string | null
  readonly isRead: boolean
}

/** What a viewer may see of a group. */
export interface GroupRow {
  /** Of the row that stands for it. */
  readonly eventId: string
  /** The newest first, at most `MAX_ACTORS`. */
  readonly actorIds: readonly string[]
  /** Of the newest ones, as shown. */
  readonly names: readonly string[]
  /** Counts to `MAX_COUNTED_ACTORS`. */
  readonly actorCount: number
  /** What the newest one that can be seen is about. */
  readonly subjectId: string | null
  /** The line over the post that it, or its comment, is about; null where there is none. */
  readonly subjectTitle: string | null
}

/** A notification as it came. */
export interface NotificationEventRow {
  readonly eventId: string
  readonly sequence: bigint
  readonly notification: NotificationRow
}

/** Whether a person wants one type of notification on one channel. */
export interface Preference {
  readonly type: NotificationType
  readonly channel: NotificationChannel
  readonly isEnabled: boolean
  readonly isFixed: boolean
}

/** A person's quiet hours, in minutes of the local day. */
export interface SettingsRow {
  readonly quietFromMinute: number | null
  readonly quietToMinute: number | null
  readonly timeZone: string
}

/** What a person says of one type on one channel. */
export type Wish = Pick<Preference, 'type' | 'channel' | 'isEnabled'>

/** A mail to somebody who was told something, or would have been but for their wish to have it by mail alone. */
export interface MailOrder {
  readonly userId: string
  readonly onceKey: string
  /** Null for a notice: it is found by its key. */
  readonly news: Pick<News, 'type' | 'actorId' | 'subject' | 'groupKey' | 'facts'> | null
}

/** Mails what somebody was told. */
export const mailJob = jobName<MailOrder>('notifications.mail')

/** Tells a creator's followers and subscribers of a post. */
export const fanOutJob = jobName<{ readonly fanoutId: string }>('notifications.fan_out')
