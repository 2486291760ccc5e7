import { handle, jobOrigin } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import { expireApprovals } from './age-verifications.js'
import { eraseDueAccounts, mailDeletion } from './deletion.js'
import { mailEmailChange, mailVerification } from './emails.js'
import {
  eraseAccountsJob,
  expireAgeVerificationsJob,
  mailDeletionJob,
  mailEmailChangeJob,
  mailVerificationJob,
} from './types.js'

/** What this domain does in the background. */
export const jobs: readonly JobHandler[] = [
  handle(mailVerificationJob, ({ userId }, services, jobId) =>
    mailVerification(jobOrigin(services, jobId), services.mailer, userId),
  ),
  handle(mailEmailChangeJob, ({ userId }, services, jobId) =>
    mailEmailChange(jobOrigin(services, jobId), services.mailer, userId),
  ),
  handle(mailDeletionJob, ({ userId }, services, jobId) =>
    mailDeletion(jobOrigin(services, jobId), services.mailer, userId, jobId),
  ),
  handle(expireAgeVerificationsJob, (_payload, services, jobId) => expireApprovals(jobOrigin(services, jobId)), {
    cron: '5 * * * *',
  }),
  handle(eraseAccountsJob, (_payload, services, jobId) => eraseDueAccounts(jobOrigin(services, jobId)), {
    cron: '25 * * * *',
  }),
]
