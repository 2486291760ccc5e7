import type { AccountType } from '../generated/prisma/enums.js'
import { jobName } from '../lib/jobs.js'

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
  | { readonly kind: 'age_rejected'; readonly reason: string }

/** A notice's row: an announcement's text, or what the text about an account is rendered from. */
export interface NoticeRow {
  readonly id: string
  readonly sequence: bigint
  readonly createdAt: Date
  readonly title: string | null
  readonly body: string | null
  readonly payload: AccountNotice | Record<string, never>
}

/** Whom a notice about their account is for, and what makes it one and the same when it is told twice. */
export interface NewNotice {
  readonly userId: string
  readonly key: string
  readonly notice: AccountNotice
}
