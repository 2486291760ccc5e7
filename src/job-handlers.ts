import { jobs as accounts } from './accounts/jobs.js'
import { eventHandlers } from './event-handlers.js'
import { jobs as content } from './content/jobs.js'
import { jobs as flows } from './flows/jobs.js'
import { jobs as keys } from './keys/jobs.js'
import type { JobHandler } from './lib/jobs.js'
import { relayedJobs } from './lib/relay.js'
import { upkeepJobs } from './lib/upkeep.js'
import { jobs as notifications } from './notifications/jobs.js'
import { jobs as sessions } from './sessions/jobs.js'

/** Everything that is done in the background. */
export const jobHandlers: readonly JobHandler[] = [
  ...upkeepJobs,
  ...keys,
  ...accounts,
  ...sessions,
  ...content,
  ...notifications,
  ...flows,
  ...relayedJobs(eventHandlers),
]
