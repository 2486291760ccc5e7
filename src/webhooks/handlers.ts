import { transaction } from '../lib/db.js'
import { jobOrigin } from '../lib/jobs.js'
import { onEvents } from '../lib/relay.js'
import type { EventHandler } from '../lib/relay.js'
import { DELIVER_HANDLER, makeDeliveries, OUTBOX_TYPES } from './deliveries.js'

/** What creators' tools are told of what happened. */
export const handlers: readonly EventHandler[] = [
  onEvents(DELIVER_HANDLER, OUTBOX_TYPES, (event, services, jobId) =>
    transaction(jobOrigin(services, jobId), (tx, now) => makeDeliveries(tx, event, now)),
  ),
]
