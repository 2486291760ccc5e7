import { handle, jobOrigin } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import { settleDueStreams, settleStream } from './airing.js'
import type { PaymentServices } from '../payments/types.js'
import { settleDeliveries } from './refunding.js'
import { interruptSilent } from './ingesting.js'
import { forgetLeasesJob, interruptSilentJob, settleDueStreamsJob, settleStreamJob } from './types.js'
import { forgetLeases } from './watching.js'

/** What this domain does in the background, with whoever moves the money. */
export const jobsWith = (payments: PaymentServices): readonly JobHandler[] => [
  handle(settleStreamJob, async ({ streamId }, services, jobId) => {
    const origin = jobOrigin(services, jobId)
    await settleStream(origin, streamId)
    await settleDeliveries(origin, payments)
  }),
  handle(
    settleDueStreamsJob,
    async (_payload, services, jobId) => {
      const origin = jobOrigin(services, jobId)
      await settleDueStreams(origin)
      await settleDeliveries(origin, payments)
    },
    { cron: '* * * * *' },
  ),
  handle(interruptSilentJob, (_payload, services, jobId) => interruptSilent(jobOrigin(services, jobId)), {
    cron: '* * * * *',
  }),
  handle(forgetLeasesJob, (_payload, services, jobId) => forgetLeases(jobOrigin(services, jobId)), {
    cron: '35 3 * * *',
  }),
]
