import { handle, jobOrigin } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import type { PaymentServices } from '../payments/types.js'
import { reconcile } from './reconciling.js'
import { reconcileJob } from './types.js'

/** What this domain does in the background, with whoever moves the money. */
export const jobsWith = ({ processor }: PaymentServices): readonly JobHandler[] => [
  handle(reconcileJob, (_payload, services, jobId) => reconcile(jobOrigin(services, jobId), processor), {
    cron: '10 3 * * *',
  }),
]
