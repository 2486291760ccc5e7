import { STATUS_CHANGED } from '../accounts/types.js'
import { transaction } from '../lib/db.js'
import { jobOrigin } from '../lib/jobs.js'
import { onEvents } from '../lib/relay.js'
import type { EventHandler } from '../lib/relay.js'
import { DEFAULT_METHOD_CHANGED } from '../payments/types.js'
import { BLOCKED } from '../social/types.js'
import { retryWaiting } from './queries.js'
import { stopAllOf, stopBetween } from './stopping.js'

/** What is done here about what happened below. */
export const handlers: readonly EventHandler[] = [
  // another card may do what the last one did not
  onEvents<{ userId: string }>(
    'subscriptions.default_method_changed',
    [DEFAULT_METHOD_CHANGED],
    ({ payload: { userId }, createdAt }, services, jobId) =>
      transaction(jobOrigin(services, jobId), (tx, now) => retryWaiting(tx, userId, createdAt, now)),
  ),
  // nobody is charged for whom they may not see, nor while either account is closed
  onEvents<{ blockerId: string; blockedId: string }>(
    'subscriptions.blocked',
    [BLOCKED],
    ({ payload: { blockerId, blockedId } }, services, jobId) =>
      stopBetween(jobOrigin(services, jobId), blockerId, blockedId),
  ),
  onEvents<{ userId: string }>('subscriptions.status_changed', [STATUS_CHANGED], ({ payload }, services, jobId) =>
    stopAllOf(jobOrigin(services, jobId), payload.userId),
  ),
]
