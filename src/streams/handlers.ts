import { transaction } from '../lib/db.js'
import { jobOrigin } from '../lib/jobs.js'
import { onEvents } from '../lib/relay.js'
import type { EventHandler } from '../lib/relay.js'
import { TIP_RECEIVED } from '../tips/types.js'
import { CONTENT_DELETED } from '../content/types.js'
import { cancelWithPost } from './airing.js'
import { sayTip } from './chat.js'

/** What is done here about what happened below. */
export const handlers: readonly EventHandler[] = [
  onEvents<{ tipId: string }>('streams.tip_received', [TIP_RECEIVED], ({ payload: { tipId } }, services, jobId) =>
    transaction(jobOrigin(services, jobId), (tx, now) => sayTip(tx, tipId, now)),
  ),
  onEvents<{ contentId: string }>(
    'streams.content_deleted',
    [CONTENT_DELETED],
    ({ payload: { contentId } }, services, jobId) =>
      transaction(jobOrigin(services, jobId), (tx, now) => cancelWithPost(tx, contentId, now)),
  ),
]
