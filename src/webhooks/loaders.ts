import DataLoader from 'dataloader'
import type { Db } from '../lib/db.js'
import { makePageLoader } from '../lib/page-loader.js'
import type { PageLoader } from '../lib/page-loader.js'
import { listDeliveries, listDeliveriesById, listEndpointsById } from './queries.js'
import type { DeliveryRow, EndpointRow } from './types.js'

/** What a request reads of the viewer's own webhooks, each once; another's are null. */
export interface WebhooksLoaders {
  readonly webhookEndpoint: DataLoader<string, EndpointRow | null>
  readonly webhookDelivery: DataLoader<string, DeliveryRow | null>
  /** The messages to an address, by its id. */
  readonly webhookDeliveries: PageLoader<DeliveryRow>
}

/** Loaders for one request or one event of `viewerId`, or of a stranger, who has none. */
export const makeWebhooksLoaders = (db: Db, viewerId: string | null): WebhooksLoaders => ({
  webhookEndpoint: ownById(viewerId, (ownerId, ids) => listEndpointsById(db, ownerId, ids)),
  webhookDelivery: ownById(viewerId, (ownerId, ids) => listDeliveriesById(db, ownerId, ids)),
  webhookDeliveries: makePageLoader((endpointIds, page) =>
    viewerId === null ? Promise.resolve([]) : listDeliveries(db, viewerId, endpointIds, page),
  ),
})

const ownById = <Row extends { readonly id: string }>(
  viewerId: string | null,
  read: (viewerId: string, ids: readonly string[]) => Promise<Row[]>,
): DataLoader<string, Row | null> =>
  new DataLoader<string, Row | null>(async (ids) => {
    const rows = viewerId === null ? [] : await read(viewerId, ids)
    const found = new Map(rows.map((row) => [row.id, row]))
    return ids.map((id) => found.get(id) ?? null)
  })
