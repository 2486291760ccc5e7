import type { Db } from '../lib/db.js'
import { makePageLoader } from '../lib/page-loader.js'
import type { PageLoader } from '../lib/page-loader.js'
import { makeOwnLoader } from '../lib/row-loader.js'
import type { RowLoader } from '../lib/row-loader.js'
import { listDeliveries, listDeliveriesById, listEndpointsById } from './queries.js'
import type { DeliveryRow, EndpointRow } from './types.js'

/** What a request reads of the viewer's own webhooks, each once; another's are null. */
export interface WebhooksLoaders {
  readonly webhookEndpoint: RowLoader<EndpointRow>
  readonly webhookDelivery: RowLoader<DeliveryRow>
  /** The messages to an address, by its id. */
  readonly webhookDeliveries: PageLoader<DeliveryRow>
}

/** Loaders for one request or one event of `viewerId`, or of a stranger, who has none. */
export const makeWebhooksLoaders = (db: Db, viewerId: string | null): WebhooksLoaders => ({
  webhookEndpoint: makeOwnLoader(viewerId, (ownerId, ids) => listEndpointsById(db, ownerId, ids)),
  webhookDelivery: makeOwnLoader(viewerId, (ownerId, ids) => listDeliveriesById(db, ownerId, ids)),
  webhookDeliveries: makePageLoader((endpointIds, page) =>
    viewerId === null ? Promise.resolve([]) : listDeliveries(db, viewerId, endpointIds, page),
  ),
})
