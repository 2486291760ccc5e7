import { handle, jobOrigin } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import { resumeOpenRotations, runRotation } from './rotation.js'
import { RESUME_ROTATIONS, ROTATE_KEYS } from './types.js'

export const jobs: JobHandler[] = [
  handle(RESUME_ROTATIONS, (_payload, services, jobId) => resumeOpenRotations(jobOrigin(services, jobId)), {
    cron: '*/10 * * * *',
  }),
  handle(ROTATE_KEYS, ({ rotationId }, services, jobId) => runRotation(jobOrigin(services, jobId), rotationId)),
]
