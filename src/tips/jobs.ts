import { transaction } from '../lib/db.js'
import { handle, jobOrigin } from '../lib/jobs.js'
import type { JobHandler } from '../lib/jobs.js'
import { listTipsById } from './queries.js'
import { tellRecipient } from './sending.js'
import { showTipJob } from './types.js'

/** What this domain does in the background. */
export const jobs: readonly JobHandler[] = [
  handle(showTipJob, ({ tipId }, services, jobId) =>
    transaction(jobOrigin(services, jobId), async (tx, now) => {
      const [tip] = await listTipsById(tx, [tipId])
      if (tip) await tellRecipient(tx, tip.id, tip.recipientId, now)
    }),
  ),
]
