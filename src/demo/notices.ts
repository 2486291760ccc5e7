import type { Prisma } from '../generated/prisma/client.js'
import type { AccountType } from '../generated/prisma/enums.js'
import { DAY_MS, addMs } from '../lib/clock.js'
import type { AccountNotice } from '../notifications/types.js'
import { lastLook, newsFor } from './news.js'
import type { DemoNews } from './news.js'
import { demoId } from './random.js'
import type { DemoWorks } from './reactions.js'
import { ADMIN_ID } from './world.js'
import type { DemoFollow, DemoPerson } from './world.js'

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
  readonly sequence: number
  readonly type: string
  readonly created_at: string
  readonly once_key: string | null
  readonly actor_id: string | null
  readonly subject_type: string | null
  readonly subject_id: string | null
  readonly payload: AccountNotice | Record<string, never>
  readonly group_key: string | null
  readonly group_id: string | null
  readonly group_from: number | null
  readonly group_since: string | null
  superseded_by: number | null
}

/** The tables of what people were told, each with its rows. */
export interface NoticeRows {
  readonly announcements: Prisma.AnnouncementCreateManyInput[]
  readonly notifications: readonly NotificationRow[]
  readonly inboxes: Prisma.NotificationInboxCreateManyInput[]
}

interface Told {
  readonly at: Date
  readonly row: Pick<
    NotificationRow,
    'type' | 'once_key' | 'actor_id' | 'subject_type' | 'subject_id' | 'payload' | 'group_key'
  >
}

/** Of what joins in groups, how long one that was read is still joined. */
const GROUP_OPEN_MS = DAY_MS

/**
 * Announcements to those who had an account then, what was decided about somebody's own, and what others did; numbered as
 * they came.
 */
export function toNoticeRows(
  {
    people,
    works,
    follows,
  }: { readonly people: readonly DemoPerson[]; readonly works: DemoWorks; readonly follows: readonly DemoFollow[] },
  today: Date,
): NoticeRows {
  const inboxes = people
    .map((person) => ({
      person,
      rows: numbered(person, toldTo(person, newsFor(person, works, follows, today), today), today),
    }))
    .filter(({ rows }) => rows.length > 0)
  return {
    announcements: ANNOUNCEMENTS.map((announcement) => toAnnouncement(announcement, people, today)),
    notifications: inboxes.flatMap(({ rows }) => rows),
    inboxes: inboxes.map(({ person, rows }) => {
      const read = BigInt(person.isSignIn ? readUpTo(rows, lastLook(person, today, today)) : 0)
      return { userId: person.id, lastSequence: BigInt(rows.length), readSequence: read, seenSequence: read }
    }),
  }
}

/** Numbers what somebody was told, and joins it with what came before, as it was joined when it came. */
function numbered(person: DemoPerson, told: readonly Told[], today: Date): NotificationRow[] {
  const rows: NotificationRow[] = []
  const heads = new Map<string, NotificationRow>()
  for (const [index, { at, row }] of told.entries()) {
    const sequence = index + 1
    const id = demoId(`notice/${person.username}/${String(index)}`)
    const created_at = at.toISOString()
    const head = row.group_key === null ? undefined : heads.get(row.group_key)
    const isOpen =
      head &&
      (head.sequence > readUpTo(rows, lastLook(person, at, today)) ||
        new Date(head.created_at) > addMs(at, -GROUP_OPEN_MS))
    const group =
      row.group_key === null
        ? { group_id: null, group_from: null, group_since: null }
        : isOpen
          ? { group_id: head.group_id, group_from: head.group_from, group_since: head.group_since }
          : { group_id: id, group_from: sequence, group_since: created_at }
    if (isOpen) head.superseded_by = sequence
    const made = { ...row, ...group, id, user_id: person.id, sequence, created_at, superseded_by: null }
    rows.push(made)
    if (row.group_key !== null) heads.set(row.group_key, made)
  }
  return rows
}

/** The sequence of the last that came before somebody looked. */
function readUpTo(rows: readonly NotificationRow[], look: Date): number {
  const until = look.toISOString()
  return rows.findLast(({ created_at }) => created_at <= until)?.sequence ?? 0
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

function toldTo(person: DemoPerson, news: readonly DemoNews[], today: Date): Told[] {
  const announced = ANNOUNCEMENTS.map((announcement) => ({ announcement, at: timeOf(announcement, today) }))
    .filter(({ announcement, at }) => isFor(announcement, at, person))
    .map(({ announcement, at }): Told => ({
      at,
      row: {
        type: 'system_announcement',
        once_key: `announcement:${announcement.id}`,
        actor_id: null,
        subject_type: 'announcements',
        subject_id: announcement.id,
        payload: {},
        group_key: null,
      },
    }))
  return [...announced, ...decisionsOn(person), ...news.map(toTold)]
    .filter(({ at }) => at > addMs(today, -NOTICES_MS))
    .sort((one, other) => one.at.getTime() - other.at.getTime())
}

const toTold = ({ at, type, actorId, subject, groupKey, onceKey }: DemoNews): Told => ({
  at,
  row: {
    type: type.toLowerCase(),
    once_key: onceKey,
    actor_id: actorId,
    subject_type: subject.table,
    subject_id: subject.id,
    payload: {},
    group_key: groupKey,
  },
})

function decisionsOn({ age, standing }: DemoPerson): Told[] {
  const decisions: Told[] = []
  const tell = (at: Date, onceKey: string, notice: AccountNotice): void => {
    decisions.push({
      at,
      row: {
        type: 'account',
        once_key: onceKey,
        actor_id: null,
        subject_type: null,
        subject_id: null,
        payload: notice,
        group_key: null,
      },
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
