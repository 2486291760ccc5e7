import { handle, jobOrigin } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import type { PaymentServices } from '../payments/types.js'
import { finishPayout } from './sending.js'
import { finishPayoutJob } from './types.js'

/** What this domain does in the background, with whoever moves the money. */
export const jobsWith = (payments: PaymentServices): readonly JobHandler[] => [
  handle(finishPayoutJob, (payload, services, jobId) => finishPayout(jobOrigin(services, jobId), payments, payload)),
]
