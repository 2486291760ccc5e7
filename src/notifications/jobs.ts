import { ageReviewedJob, statusChangedJob } from '../accounts/types.js'
import { transaction } from '../lib/db.js'
import { handle, jobOrigin } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import { deliverAnnouncement, giveNotice } from './notifications.js'
import { deliverAnnouncementJob } from './types.js'
import type { AccountNotice } from './types.js'

/** What this domain does in the background. */
export const jobs: readonly JobHandler[] = [
  handle(deliverAnnouncementJob, ({ announcementId }, services, jobId) =>
    deliverAnnouncement(jobOrigin(services, jobId), announcementId),
  ),
  handle(statusChangedJob, ({ userId, sequence, ...change }, services, jobId) =>
    transaction(jobOrigin(services, jobId), (tx, now) =>
      giveNotice(tx, { userId, key: `status:${sequence}`, notice: statusNotice(change) }, now),
    ),
  ),
  handle(ageReviewedJob, ({ userId, sequence, isApproved, reason }, services, jobId) =>
    transaction(jobOrigin(services, jobId), (tx, now) =>
      giveNotice(
        tx,
        {
          userId,
          key: `age:${sequence}`,
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
