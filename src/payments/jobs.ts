import { handle, jobOrigin } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import { finishPayment, learnFee } from './charging.js'
import { applyWebhook } from './inbox.js'
import { finishRefund } from './refunds.js'
import { applyWebhookJob, finishPaymentJob, finishRefundJob, learnFeeJob } from './types.js'
import type { PaymentServices } from './types.js'

/** What this domain does in the background, with whoever moves the money. */
export const jobsWith = (payments: PaymentServices): readonly JobHandler[] => [
  handle(finishPaymentJob, (payload, services, jobId) => finishPayment(jobOrigin(services, jobId), payments, payload)),
  handle(learnFeeJob, (payload, services, jobId) => learnFee(jobOrigin(services, jobId), payments, payload)),
  handle(finishRefundJob, (payload, services, jobId) => finishRefund(jobOrigin(services, jobId), payments, payload)),
  handle(applyWebhookJob, ({ webhookEventId }, services, jobId) =>
    applyWebhook(jobOrigin(services, jobId), payments, webhookEventId),
  ),
]
