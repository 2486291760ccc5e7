import { transaction } from '../lib/db.js'
import { handle, jobOrigin } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import { sendDue, wakeSender } from './sending.js'
import { CLEAN, MAIL_DISABLED, SEND, WAKE } from './types.js'
import { deleteOld, mailDisabled } from './upkeep.js'

/** What this domain does in the background; what is local is called only outside production. */
export const jobsWith = ({ isProduction }: { readonly isProduction: boolean }): readonly JobHandler[] => [
  handle(SEND, (_payload, services, jobId) => sendDue(jobOrigin(services, jobId), { isLocalAllowed: !isProduction })),
  // in the queue that all sending shares, which jobs by the clock are not
  handle(WAKE, (_payload, services, jobId) => transaction(jobOrigin(services, jobId), (tx) => wakeSender(tx)), {
    cron: '* * * * *',
  }),
  handle(MAIL_DISABLED, ({ endpointId }, services, jobId) =>
    mailDisabled(jobOrigin(services, jobId), services.mailer, endpointId, jobId),
  ),
  handle(CLEAN, (_payload, services, jobId) => deleteOld(jobOrigin(services, jobId)), { cron: '35 4 * * *' }),
]
