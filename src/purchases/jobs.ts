import { handle, jobOrigin } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import type { PaymentServices } from '../payments/types.js'
import { refundRemoved } from './removing.js'
import { refundRemovedJob } from './types.js'

/** What this domain does in the background, with whoever moves the money. */
export const jobsWith = (payments: PaymentServices): readonly JobHandler[] => [
  handle(refundRemovedJob, (_payload, services, jobId) => refundRemoved(jobOrigin(services, jobId), payments), {
    cron: '25 * * * *',
  }),
]
