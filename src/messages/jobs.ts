import { handle, jobOrigin } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import { runMassMessage, runUnsending } from './mass.js'
import { purgeOld } from './purging.js'
import { purgeMessagesJob, sendMassMessageJob, unsendMassMessageJob } from './types.js'

/** What this domain does in the background. */
export const jobs: readonly JobHandler[] = [
  handle(purgeMessagesJob, (_payload, services, jobId) => purgeOld(jobOrigin(services, jobId)), { cron: '45 4 * * *' }),
  handle(sendMassMessageJob, ({ massMessageId }, services, jobId) =>
    runMassMessage(jobOrigin(services, jobId), massMessageId),
  ),
  handle(unsendMassMessageJob, ({ massMessageId }, services, jobId) =>
    runUnsending(jobOrigin(services, jobId), massMessageId),
  ),
]
