import { rejectionReason, statusReason } from '../accounts/accounts.js'
import { ageReviewedJob, statusChangedJob } from '../accounts/types.js'
import { transaction } from '../lib/db.js'
import { handle, jobOrigin } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import { runFanout } from './fanout.js'
import { deliverAnnouncement, giveNotice, sendMail } from './notifications.js'
import { deliverAnnouncementJob, fanOutJob, mailJob } from './types.js'
import type { AccountNotice } from './types.js'

/** What this domain does in the background. */
export const jobs: readonly JobHandler[] = [
  handle(deliverAnnouncementJob, ({ announcementId }, services, jobId) =>
    deliverAnnouncement(jobOrigin(services, jobId), announcementId),
  ),
  handle(fanOutJob, ({ fanoutId }, services, jobId) => runFanout(jobOrigin(services, jobId), fanoutId)),
  handle(mailJob, (order, services, jobId) => sendMail(jobOrigin(services, jobId), services, order)),
  handle(statusChangedJob, (change, services, jobId) =>
    transaction(jobOrigin(services, jobId), async (tx, now) => {
      const { userId, sequence } = change
      const notice = statusNotice({ ...change, reason: await statusReason(tx, change) })
      await giveNotice(tx, { userId, onceKey: `status:${sequence}`, notice }, now)
    }),
  ),
  handle(ageReviewedJob, ({ userId, ageVerificationId, sequence, isApproved }, services, jobId) =>
    transaction(jobOrigin(services, jobId), async (tx, now) => {
      const notice: AccountNotice = isApproved
        ? { kind: 'age_approved' }
        : { kind: 'age_rejected', reason: await rejectionReason(tx, ageVerificationId) }
      await giveNotice(tx, { userId, onceKey: `age:${sequence}`, notice }, now)
    }),
  ),
]

function statusNotice(change: { status: string; reason: string; suspendedUntil: string | null }): AccountNotice {
  const { reason, suspendedUntil } = change
  if (change.status === 'BANNED') return { kind: 'banned', reason }
  return suspendedUntil === null ? { kind: 'reinstated', reason } : { kind: 'suspended', reason, until: suspendedUntil }
}
