import type { Prisma } from '../generated/prisma/client.js'
import type { AccountType } from '../generated/prisma/enums.js'
import { DAY_MS, addMs } from '../lib/clock.js'
import type { AccountNotice } from '../notifications/types.js'
import { demoId } from './random.js'
import { ADMIN_ID } from './world.js'
import type { DemoPerson } from './world.js'

interface DemoAnnouncement {
  readonly id: string
  readonly title: string
  readonly body: string
  readonly audience: AccountType | null
  readonly daysAgo: number
}

const ANNOUNCEMENTS: readonly DemoAnnouncement[] = [
  {
    id: demoId('announcement/welcome'),
    title: 'The doors are open',
    body: 'Thank you for being here early. Tell us what is missing; we read everything.',
    audience: null,
    daysAgo: 80,
  },
  {
    id: demoId('announcement/age'),
    title: 'Verify your age before you publish',
    body: 'From next month on, nobody earns before their age is verified. It takes a few minutes, and we keep no documents.',
    audience: 'CREATOR',
    daysAgo: 45,
  },
  {
    id: demoId('announcement/maintenance'),
    title: 'A short pause on Sunday',
    body: 'The platform will be read-only for about ten minutes on Sunday at 04:00 UTC.',
    audience: null,
    daysAgo: 6,
  },
]

/** How far back somebody's notices go; what was decided before that is no longer among them. */
export const NOTICE_MONTHS = 3
const NOTICES_MS = NOTICE_MONTHS * 30 * DAY_MS

/** A row of `notifications`, its columns named as the table has them. */
interface NotificationRow {
  readonly id: string
  readonly user_id: string
  readonly sequence: string
  readonly type: 'system_announcement' | 'account'
  readonly created_at: string
  readonly once_key: string | null
  readonly subject_type: 'announcements' | null
  readonly subject_id: string | null
  readonly payload: AccountNotice | Record<string, never>
}

/** The tables of what people were told, each with its rows. */
export interface NoticeRows {
  readonly announcements: Prisma.AnnouncementCreateManyInput[]
  readonly notifications: readonly NotificationRow[]
  readonly inboxes: Prisma.NotificationInboxCreateManyInput[]
}

interface Told {
  readonly at: Date
  readonly row: Pick<NotificationRow, 'type' | 'once_key' | 'subject_type' | 'subject_id' | 'payload'>
}

/** Announcements to those who had an account then, and what was decided about somebody's own; numbered as they came. */
export function toNoticeRows(people: readonly DemoPerson[], today: Date): NoticeRows {
  const inboxes = people
    .map((person) => ({ person, told: toldTo(person, today) }))
    .filter(({ told }) => told.length > 0)
  return {
    announcements: ANNOUNCEMENTS.map((announcement) => toAnnouncement(announcement, people, today)),
    notifications: inboxes.flatMap(({ person, told }) =>
      told.map(({ at, row }, index) => ({
        ...row,
        id: demoId(`notice/${person.username}/${String(index)}`),
        user_id: person.id,
        sequence: String(index + 1),
        created_at: at.toISOString(),
      })),
    ),
    inboxes: inboxes.map(({ person, told }) => ({ userId: person.id, lastSequence: BigInt(told.length) })),
  }
}

const timeOf = ({ daysAgo }: DemoAnnouncement, today: Date): Date => addMs(today, -daysAgo * DAY_MS)

const isFor = ({ audience }: DemoAnnouncement, at: Date, { accountType, joinedAt }: DemoPerson): boolean =>
  joinedAt <= at && (audience === null || audience === accountType)

function toAnnouncement(
  announcement: DemoAnnouncement,
  people: readonly DemoPerson[],
  today: Date,
): Prisma.AnnouncementCreateManyInput {
  const at = timeOf(announcement, today)
  const reached = people.filter((person) => isFor(announcement, at, person)).map(({ id }) => id)
  const { id, title, body, audience } = announcement
  return {
    id,
    authorId: ADMIN_ID,
    title,
    body,
    audience,
    publishAt: at,
    createdAt: at,
    deliveredAt: at,
    deliveredCount: reached.length,
    deliveredUpToId: reached.sort().at(-1) ?? null,
  }
}

function toldTo(person: DemoPerson, today: Date): Told[] {
  const announced = ANNOUNCEMENTS.map((announcement) => ({ announcement, at: timeOf(announcement, today) }))
    .filter(({ announcement, at }) => isFor(announcement, at, person))
    .map(({ announcement, at }): Told => ({
      at,
      row: {
        type: 'system_announcement',
        once_key: `announcement:${announcement.id}`,
        subject_type: 'announcements',
        subject_id: announcement.id,
        payload: {},
      },
    }))
  return [...announced, ...decisionsOn(person)]
    .filter(({ at }) => at > addMs(today, -NOTICES_MS))
    .sort((one, other) => one.at.getTime() - other.at.getTime())
}

function decisionsOn({ age, standing }: DemoPerson): Told[] {
  const decisions: Told[] = []
  const tell = (at: Date, onceKey: string, notice: AccountNotice): void => {
    decisions.push({
      at,
      row: { type: 'account', once_key: onceKey, subject_type: null, subject_id: null, payload: notice },
    })
  }
  if (age?.decidedAt && age.status === 'APPROVED') tell(age.decidedAt, 'age:demo', { kind: 'age_approved' })
  if (age?.decidedAt && age.rejectionReason)
    tell(age.decidedAt, 'age:demo', { kind: 'age_rejected', reason: age.rejectionReason })
  const { changedAt, reason, suspendedUntil } = standing
  if (changedAt && reason && suspendedUntil)
    tell(changedAt, 'status:demo', { kind: 'suspended', reason, until: suspendedUntil.toISOString() })
  else if (changedAt && reason) tell(changedAt, 'status:demo', { kind: 'banned', reason })
  return decisions
}
