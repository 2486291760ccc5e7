import { handle, jobOrigin } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import { purgeDeleted } from './purging.js'
import { purgeDeletedCommentsJob } from './types.js'

/** What this domain does in the background. */
export const jobs: readonly JobHandler[] = [
  handle(purgeDeletedCommentsJob, (_payload, services, jobId) => purgeDeleted(jobOrigin(services, jobId)), {
    cron: '35 4 * * *',
  }),
]
