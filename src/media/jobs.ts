import { handle, jobOrigin } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import { processMedia } from './processing.js'
import type { MediaServices } from './services.js'
import { removeUploadOf, sweepMedia } from './sweeping.js'
import { processMediaJob, removeUploadJob, sweepMediaJob } from './types.js'

/** What this domain does in the background, with the store that is open. */
export const jobsWith = (media: MediaServices): readonly JobHandler[] => [
  handle(processMediaJob, ({ mediaId }, services, jobId) => processMedia(jobOrigin(services, jobId), media, mediaId)),
  handle(removeUploadJob, ({ mediaId }, services, jobId) => removeUploadOf(jobOrigin(services, jobId), media, mediaId)),
  handle(sweepMediaJob, (_payload, services, jobId) => sweepMedia(jobOrigin(services, jobId), media), {
    cron: '50 * * * *',
  }),
]
