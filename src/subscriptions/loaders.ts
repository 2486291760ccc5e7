import DataLoader from 'dataloader'
import type { Db } from '../lib/db.js'
import { makeIdLoader, makeRowLoader } from '../lib/row-loader.js'
import type { RowLoader } from '../lib/row-loader.js'
import { listLive, listOffers, listOffersById, listSubscriptionsById } from './queries.js'
import type { OfferRow, SubscriptionRow } from './types.js'

/** What a request reads of subscriptions, each once. */
export interface SubscriptionsLoaders {
  /** What a creator offers now. */
  readonly offers: DataLoader<string, OfferRow[]>
  readonly offer: RowLoader<OfferRow>
  /** A subscription by id, whosever it is: whoever shows it asks first what the viewer may see of it. */
  readonly subscription: RowLoader<SubscriptionRow>
  /** The viewer's subscription to a creator that has not ended. */
  readonly liveSubscription: RowLoader<SubscriptionRow>
}

/** Loaders for one request or one event of `viewerId`, or of a stranger. */
export const makeSubscriptionsLoaders = (db: Db, viewerId: string | null): SubscriptionsLoaders => ({
  offers: new DataLoader(async (creatorIds) => {
    const all = await listOffers(db, creatorIds)
    return creatorIds.map((id) => all.filter(({ creatorId }) => creatorId === id))
  }),
  offer: makeIdLoader((ids) => listOffersById(db, ids)),
  subscription: makeIdLoader((ids) => listSubscriptionsById(db, ids)),
  liveSubscription: makeRowLoader(
    (creatorIds) => (viewerId === null ? Promise.resolve([]) : listLive(db, viewerId, creatorIds)),
    ({ creatorId }) => creatorId,
  ),
})
