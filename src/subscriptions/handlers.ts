import { transaction } from '../lib/db.js'
import { jobOrigin } from '../lib/jobs.js'
import { onEvents } from '../lib/relay.js'
import type { EventHandler } from '../lib/relay.js'
import { DEFAULT_METHOD_CHANGED } from '../payments/types.js'
import { retryWaiting } from './queries.js'

/** What is done here about what happened below. */
export const handlers: readonly EventHandler[] = [
  // another card may do what the last one did not
  onEvents<{ userId: string }>(
    'subscriptions.default_method_changed',
    [DEFAULT_METHOD_CHANGED],
    ({ payload: { userId } }, services, jobId) =>
      transaction(jobOrigin(services, jobId), (tx, now) => retryWaiting(tx, userId, now)),
  ),
]
