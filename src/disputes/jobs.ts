import { handle, jobOrigin } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import type { PaymentServices } from '../payments/types.js'
import { sendEvidence } from './answering.js'
import { sendEvidenceJob } from './types.js'

/** What this domain does in the background, with whoever moves the money. */
export const jobsWith = (payments: PaymentServices): readonly JobHandler[] => [
  handle(sendEvidenceJob, ({ disputeId }, services, jobId) =>
    sendEvidence(jobOrigin(services, jobId), payments, disputeId),
  ),
]
