import { transaction } from '../lib/db.js'
import { handle, jobOrigin } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import { resumeOpenRotations, runRotation, startDataRotation } from './rotation.js'
import { RENEW_DATA_KEYS, RESUME_ROTATIONS, ROTATE_KEYS } from './types.js'

export const jobs: JobHandler[] = [
  handle(RESUME_ROTATIONS, (_payload, services, jobId) => resumeOpenRotations(jobOrigin(services, jobId)), {
    cron: '*/10 * * * *',
  }),
  // everybody's data keys are renewed once a year; the job can be added by hand at any time
  handle(RENEW_DATA_KEYS, (_payload, services, jobId) => transaction(jobOrigin(services, jobId), startDataRotation), {
    cron: '0 3 1 1 *',
  }),
  handle(ROTATE_KEYS, ({ rotationId }, services, jobId) => runRotation(jobOrigin(services, jobId), rotationId)),
]
