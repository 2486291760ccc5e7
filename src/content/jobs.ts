import { handle, jobOrigin } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import { announceDue } from './publishing.js'
import { purgeDeleted } from './removal.js'
import { announceDueJob, purgeDeletedJob } from './types.js'

/** What this domain does in the background. */
export const jobs: readonly JobHandler[] = [
  handle(announceDueJob, (_payload, services, jobId) => announceDue(jobOrigin(services, jobId)), { cron: '* * * * *' }),
  handle(purgeDeletedJob, (_payload, services, jobId) => purgeDeleted(jobOrigin(services, jobId)), {
    cron: '25 4 * * *',
  }),
]
