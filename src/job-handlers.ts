import { jobs as accounts } from './accounts/jobs.js'
import { jobs as comments } from './comments/jobs.js'
import type { Config } from './env.js'
import { eventHandlers } from './event-handlers.js'
import { jobs as content } from './content/jobs.js'
import { jobs as discovery } from './discovery/jobs.js'
import { jobs as flows } from './flows/jobs.js'
import { jobs as keys } from './keys/jobs.js'
import type { JobHandler } from './lib/jobs.js'
import { relayedJobs } from './lib/relay.js'
import { upkeepJobs } from './lib/upkeep.js'
import { jobsWith as mediaJobsWith } from './media/jobs.js'
import type { MediaServices } from './media/media.js'
import { jobs as notifications } from './notifications/jobs.js'
import { jobs as sessions } from './sessions/jobs.js'
import { jobsWith as webhookJobsWith } from './webhooks/jobs.js'

interface JobHandlersServices {
  readonly media: MediaServices
  readonly config: Pick<Config, 'isProduction'>
}

/** Everything that is done in the background, with what the process has open. */
export const jobHandlersWith = ({ media, config }: JobHandlersServices): readonly JobHandler[] => [
  ...upkeepJobs,
  ...keys,
  ...accounts,
  ...sessions,
  ...mediaJobsWith(media),
  ...content,
  ...comments,
  ...discovery,
  ...notifications,
  ...flows,
  ...webhookJobsWith(config),
  ...relayedJobs(eventHandlers),
]
