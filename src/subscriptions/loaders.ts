import DataLoader from 'dataloader'
import type { Db } from '../lib/db.js'
import { listLive, listOffers, listOffersById, listSubscriptionsById } from './queries.js'
import type { OfferRow, SubscriptionRow } from './types.js'

/** What a request reads of subscriptions, each once. */
export interface SubscriptionsLoaders {
  /** What a creator offers now. */
  readonly offers: DataLoader<string, OfferRow[]>
  readonly offer: DataLoader<string, OfferRow | null>
  /** A subscription by id, whosever it is: whoever shows it asks first what the viewer may see of it. */
  readonly subscription: DataLoader<string, SubscriptionRow | null>
  /** The viewer's subscription to a creator that has not ended. */
  readonly liveSubscription: DataLoader<string, SubscriptionRow | null>
}

/** Loaders for one request or one event of `viewerId`, or of a stranger. */
export const makeSubscriptionsLoaders = (db: Db, viewerId: string | null): SubscriptionsLoaders => ({
  offers: new DataLoader(async (creatorIds) => {
    const all = await listOffers(db, creatorIds)
    return creatorIds.map((id) => all.filter(({ creatorId }) => creatorId === id))
  }),
  offer: byKey(
    (ids) => listOffersById(db, ids),
    ({ id }) => id,
  ),
  subscription: byKey(
    (ids) => listSubscriptionsById(db, ids),
    ({ id }) => id,
  ),
  liveSubscription: byKey(
    (creatorIds) => (viewerId === null ? Promise.resolve([]) : listLive(db, viewerId, creatorIds)),
    ({ creatorId }) => creatorId,
  ),
})

const byKey = <Row>(
  read: (keys: readonly string[]) => Promise<Row[]>,
  keyOf: (row: Row) => string,
): DataLoader<string, Row | null> =>
  new DataLoader<string, Row | null>(async (keys) => {
    const found = new Map((await read(keys)).map((row) => [keyOf(row), row]))
    return keys.map((key) => found.get(key) ?? null)
  })
