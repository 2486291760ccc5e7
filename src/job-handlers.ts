import { jobs as accounts } from './accounts/jobs.js'
import { jobs as comments } from './comments/jobs.js'
import type { Config } from './env.js'
import { eventHandlers } from './event-handlers.js'
import { jobs as content } from './content/jobs.js'
import { jobsWith as disputeJobsWith } from './disputes/jobs.js'
import { jobs as discovery } from './discovery/jobs.js'
import { jobsWith as financeJobsWith } from './finance/jobs.js'
import { jobs as flows } from './flows/jobs.js'
import { jobs as keys } from './keys/jobs.js'
import type { Database } from './lib/db.js'
import type { JobHandler } from './lib/jobs.js'
import { relayedJobs } from './lib/relay.js'
import { upkeepJobs } from './lib/upkeep.js'
import { jobsWith as mediaJobsWith } from './media/jobs.js'
import type { MediaServices } from './media/media.js'
import { jobsWith as paymentJobsWith } from './payments/jobs.js'
import { receiveWebhook } from './payments/payments.js'
import type { PaymentServices } from './payments/types.js'
import { sandboxJobs } from './processors/processors.js'
import type { ReceiveEvent } from './processors/types.js'
import { jobsWith as subscriptionJobsWith } from './subscriptions/jobs.js'
import { jobsWith as payoutJobsWith } from './payouts/jobs.js'
import { jobsWith as purchaseJobsWith } from './purchases/jobs.js'
import { jobsWith as streamJobsWith } from './streams/jobs.js'
import { jobs as tips } from './tips/jobs.js'
import { jobs as messages } from './messages/jobs.js'
import { jobs as notifications } from './notifications/jobs.js'
import { jobs as sessions } from './sessions/jobs.js'
import { jobsWith as webhookJobsWith } from './webhooks/jobs.js'

/** What the process has open that jobs need from the start. */
interface JobSetting {
  readonly config: Pick<Config, 'isProduction'>
  readonly database: Database
  readonly media: MediaServices
  readonly payments: PaymentServices
}

/** Everything that is done in the background, with what the process has open. */
export function jobHandlersWith({ config, database, media, payments }: JobSetting): readonly JobHandler[] {
  const origin = { db: database.db, actorId: null, sessionId: null, requestId: 'sandbox' }
  const receive: ReceiveEvent = async (rawBody, headers) => {
    await receiveWebhook(origin, payments, rawBody, headers)
  }
  return [
    ...upkeepJobs,
    ...keys,
    ...accounts,
    ...sessions,
    ...mediaJobsWith(media),
    ...content,
    ...comments,
    ...discovery,
    ...messages,
    ...notifications,
    ...paymentJobsWith(payments),
    ...sandboxJobs(payments.processor, receive),
    ...purchaseJobsWith(payments),
    ...subscriptionJobsWith(payments),
    ...payoutJobsWith(payments),
    ...disputeJobsWith(payments),
    ...financeJobsWith(payments),
    ...tips,
    ...streamJobsWith(payments),
    ...flows,
    ...webhookJobsWith(config),
    ...relayedJobs(eventHandlers),
  ]
}
