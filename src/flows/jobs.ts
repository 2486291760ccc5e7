import { standingChangedJob } from '../accounts/types.js'
import { handle, jobOrigin } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import { followStanding } from './follow-standing.js'

/** What is done in the background across domains. */
export const jobs: readonly JobHandler[] = [
  handle(standingChangedJob, ({ userId }, services, jobId) => followStanding(jobOrigin(services, jobId), userId)),
]
