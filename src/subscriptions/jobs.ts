import { handle, jobOrigin } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import type { PaymentServices } from '../payments/types.js'
import { announceRenewals } from './announcing.js'
import { forgetPreviews } from './changing.js'
import { renewDue } from './renewing.js'
import { announceRenewalsJob, forgetPreviewsJob, renewDueJob } from './types.js'

/** What this domain does in the background, with whoever moves the money. */
export const jobsWith = (payments: PaymentServices): readonly JobHandler[] => [
  handle(renewDueJob, (_payload, services, jobId) => renewDue(jobOrigin(services, jobId), payments), {
    cron: '* * * * *',
  }),
  handle(announceRenewalsJob, (_payload, services, jobId) => announceRenewals(jobOrigin(services, jobId)), {
    cron: '10 * * * *',
  }),
  handle(forgetPreviewsJob, (_payload, services, jobId) => forgetPreviews(jobOrigin(services, jobId)), {
    cron: '20 4 * * *',
  }),
]
