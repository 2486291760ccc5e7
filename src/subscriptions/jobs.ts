import { handle, jobOrigin } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import type { PaymentServices } from '../payments/types.js'
import { renewDue } from './renewing.js'
import { renewDueJob } from './types.js'

/** What this domain does in the background, with whoever moves the money. */
export const jobsWith = (payments: PaymentServices): readonly JobHandler[] => [
  handle(renewDueJob, (_payload, services, jobId) => renewDue(jobOrigin(services, jobId), payments), {
    cron: '* * * * *',
  }),
]
