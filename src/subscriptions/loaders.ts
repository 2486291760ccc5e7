import DataLoader from 'dataloader'
import type { Db } from '../lib/db.js'
import { makeIdLoader, makeOwnLoader, makeRowLoader } from '../lib/row-loader.js'
import type { RowLoader } from '../lib/row-loader.js'
import { listGiftsOf } from './gift-queries.js'
import { listAppliedPromotions, listPromotionsById } from './promotion-queries.js'
import { listLive, listOffers, listOffersById, listPreviews, listSubscriptionsById } from './queries.js'
import type { GiftRow, OfferRow, PreviewRow, PromotionRow, SubscriptionRow } from './types.js'

/** What a request reads of subscriptions, each once. */
export interface SubscriptionsLoaders {
  /** What a creator offers now. */
  readonly offers: DataLoader<string, OfferRow[]>
  readonly offer: RowLoader<OfferRow>
  /** A subscription by id, whosever it is: whoever shows it asks first what the viewer may see of it. */
  readonly subscription: RowLoader<SubscriptionRow>
  /** The viewer's subscription to a creator that has not ended. */
  readonly liveSubscription: RowLoader<SubscriptionRow>
  /** The gift that a subscription began with, by the subscription. */
  readonly giftOfSubscription: RowLoader<GiftRow>
  /** One of the viewer's own previews; another's is null. */
  readonly subscriptionPreview: RowLoader<PreviewRow>
  /** One of the viewer's own promotions; another's is null. */
  readonly promotion: RowLoader<PromotionRow>
  /** A promotion by id, whosever it is: for what it takes off a subscription. */
  readonly appliedPromotion: RowLoader<PromotionRow>
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
  giftOfSubscription: makeRowLoader(
    (ids) => listGiftsOf(db, ids),
    ({ subscriptionId }) => subscriptionId ?? '',
  ),
  subscriptionPreview: makeOwnLoader(viewerId, (id, ids) => listPreviews(db, id, ids)),
  appliedPromotion: makeIdLoader((ids) => listAppliedPromotions(db, ids)),
  promotion: makeOwnLoader(viewerId, (id, ids) => listPromotionsById(db, id, ids)),
})
