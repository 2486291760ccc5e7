import { CONTENT_PURGED } from '../content/types.js'
import { jobOrigin } from '../lib/jobs.js'
import { onEvents } from '../lib/relay.js'
import type { EventHandler } from '../lib/relay.js'
import { purgeUnder } from './purging.js'

/** What becomes of comments when something happens to their post. */
export const handlers: readonly EventHandler[] = [
  onEvents<{ readonly contentId: string }>(
    'comments.content_purged',
    [CONTENT_PURGED],
    ({ payload }, services, jobId) => purgeUnder(jobOrigin(services, jobId), payload.contentId),
  ),
]
