import type { JobHandler } from './lib/jobs.js'
import { upkeepJobs } from './lib/upkeep.js'
import { jobs as notifications } from './notifications/jobs.js'
import { jobs as sessions } from './sessions/jobs.js'

/** Everything that is done in the background. */
export const jobHandlers: readonly JobHandler[] = [...upkeepJobs, ...sessions, ...notifications]
