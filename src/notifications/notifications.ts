import { record } from '../audit/audit.js'
import type { AccountType } from '../generated/prisma/enums.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import { enqueue } from '../lib/jobs.js'
import type { Viewer } from '../lib/viewer.js'
import { signal } from '../lib/signals.js'
import { markRead } from './inbox-queries.js'
import {
  announcementKey,
  deliverBatch,
  finishDelivery,
  getAnnouncementForUpdate,
  insertAnnouncement,
  insertNotice,
} from './queries.js'
import { enqueueMails, holdInboxes, listWantingMails } from './telling-queries.js'
import { deliverAnnouncementJob, TOLD_TOPIC } from './types.js'
import type { NewNotice } from './types.js'

export { groups } from './groups.js'
export { sendMail } from './mails.js'
export { updatePreferences, updateSettings } from './preferences.js'
export { receivedNotifications } from './received.js'

const MAX_TITLE_LENGTH = 120
const MAX_BODY_LENGTH = 4_000

/** What an admin wants to tell, and to whom; `audience` null is everybody. */
export interface AnnounceInput {
  readonly title: string
  readonly body: string
  readonly audience: AccountType | null
  readonly idempotencyKey: string
}

/**
 * Announces something to everybody who has an account now, or to a role; it goes out as a job.
 * Idempotent under the key. Audited as an administrative action.
 * @throws INVALID invalid_input; CONFLICT idempotency_mismatch
 */
export async function announce(
  tx: Tx,
  viewer: Viewer,
  { idempotencyKey, ...input }: AnnounceInput,
  now: Date,
): Promise<Remembered<{ announcementId: string }>> {
  const announcement = {
    title: checkedText(input.title, 'title', MAX_TITLE_LENGTH),
    body: checkedText(input.body, 'body', MAX_BODY_LENGTH),
    audience: input.audience,
  }
  const call = { scope: viewer.userId, mutation: 'announce', key: idempotencyKey, request: announcement }
  return idempotently(tx, call, now, async () => {
    const { id } = await insertAnnouncement(tx, { authorId: viewer.userId, ...announcement }, now)
    await enqueue(tx, deliverAnnouncementJob, { announcementId: id }, { key: `announcement:${id}` })
    await record(
      tx,
      {
        action: 'announcement.created',
        category: 'ADMINISTRATIVE',
        subject: { table: 'announcements', id },
        after: { audience: announcement.audience, title: announcement.title },
        severity: 'MEDIUM',
        description: 'Announced to everybody or a role.',
      },
      now,
    )
    return { announcementId: id }
  })
}

/**
 * Delivers what is left of an announcement, in batches that each commit: a crash loses at most one batch's work, and
 * nobody is told twice.
 */
export async function deliverAnnouncement(origin: Origin, announcementId: string): Promise<void> {
  const deliverNext = (): Promise<boolean> =>
    transaction(origin, async (tx, now) => {
      const announcement = await getAnnouncementForUpdate(tx, announcementId)
      if (!announcement || announcement.deliveredAt) return false
      const told = await deliverBatch(tx, announcementId, now)
      if (told.length > 0) {
        await announceTo(tx, announcementId, told, now)
        return true
      }
      await finishDelivery(tx, announcementId, now)
      return false
    })
  while (await deliverNext());
}

async function announceTo(tx: Tx, announcementId: string, told: readonly string[], now: Date): Promise<void> {
  await signal(tx, TOLD_TOPIC, told)
  const onceKey = announcementKey(announcementId)
  const byMail = await listWantingMails(tx, 'SYSTEM_ANNOUNCEMENT', told)
  await enqueueMails(
    tx,
    byMail.map((userId) => ({ userId, onceKey, news: null })),
    now,
  )
}

/** Tells a person of a decision about their account, by mail too; once per key, whatever is retried. It cannot be muted. */
export async function giveNotice(tx: Tx, notice: NewNotice, now: Date): Promise<void> {
  const { userId, onceKey } = notice
  await holdInboxes(tx, [userId])
  if (!(await insertNotice(tx, notice, now))) return
  await signal(tx, TOLD_TOPIC, [userId])
  await enqueueMails(tx, [{ userId, onceKey, news: null }], now)
}

/**
 * Marks a person's notifications as read up to a sequence, never back: setting an earlier one changes nothing.
 * @throws INVALID invalid_input when nothing has come that far
 */
export async function markNotificationsRead(tx: Tx, { userId }: Viewer, upTo: bigint): Promise<void> {
  if (upTo === 0n || (upTo > 0n && upTo <= MAX_SEQUENCE && (await markRead(tx, userId, upTo)))) return
  throw new AppError('INVALID', 'invalid_input', 'No notification has come that far.', { path: ['input', 'upTo'] })
}

/** What the database counts to. */
const MAX_SEQUENCE = 9_223_372_036_854_775_807n

function checkedText(unchecked: string, field: string, maxLength: number): string {
  const text = unchecked.trim()
  if (text.length === 0 || text.length > maxLength || /[^\n\t\P{Cc}]|\p{Surrogate}/u.test(text))
    throw new AppError('INVALID', 'invalid_input', `The ${field} has 1 to ${String(maxLength)} characters.`, {
      path: ['input', field],
    })
  return text
}
