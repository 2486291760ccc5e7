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
  handle(statusChangedJob, ({ userId, sequence, ...change }, services, jobId) =>
    transaction(jobOrigin(services, jobId), (tx, now) =>
      giveNotice(tx, { userId, onceKey: `status:${sequence}`, notice: statusNotice(change) }, now),
    ),
  ),
  handle(ageReviewedJob, ({ userId, sequence, isApproved, reason }, services, jobId) =>
    transaction(jobOrigin(services, jobId), (tx, now) =>
      giveNotice(
        tx,
        {
          userId,
          onceKey: `age:${sequence}`,
          notice: isApproved ? { kind: 'age_approved' } : { kind: 'age_rejected', reason },
        },
        now,
      ),
    ),
  ),
]

function statusNotice(change: { status: string; reason: string; suspendedUntil: string | null }): AccountNotice {
  const { reason, suspendedUntil } = change
  if (change.status === 'BANNED') return { kind: 'banned', reason }
  return suspendedUntil === null ? { kind: 'reinstated', reason } : { kind: 'suspended', reason, until: suspendedUntil }
}
