import { databaseNow, transaction } from '../lib/db.js'
import type { Db, Origin, Tx } from '../lib/db.js'
import { doAllDue } from '../lib/due.js'
import type { Money } from '../lib/money.js'
import { tell } from './ending.js'
import { nextPrice } from './promoting.js'
import { getPromotion } from './promotion-queries.js'
import {
  findSubscriptionForUpdate,
  keepAnnounced,
  listOffersById,
  listRenewalsAhead,
  listSubscriptionsById,
} from './queries.js'
import { SUBSCRIPTION_RENEWAL_AHEAD } from './types.js'
import type { OfferRow, PromotionRow, SubscriptionRow } from './types.js'

/** A renewal that is ahead. */
export interface RenewalAhead {
  readonly at: Date
  readonly price: Money
}

/** When a subscription is charged for its next period, and how much; null where it is not. */
export function renewalAhead(
  subscription: SubscriptionRow,
  nextOffer: OfferRow | null,
  promotion: PromotionRow | null,
): RenewalAhead | null {
  const { nextChargeAt: at, willRenew, endedAt, paymentHealth, isDisputed } = subscription
  // in grace nothing is charged any more unless another way to pay is chosen
  if (!at || !willRenew || endedAt || isDisputed || paymentHealth === 'GRACE') return null
  return { at, price: nextPrice(subscription, nextOffer, promotion) }
}

/** The renewal ahead of a subscription, by its id. */
export async function findRenewalAhead(db: Db, id: string): Promise<RenewalAhead | null> {
  const [subscription] = await listSubscriptionsById(db, [id])
  if (!subscription) return null
  const { nextPriceVersionId, promotionId } = subscription
  const [offer = null] = nextPriceVersionId ? await listOffersById(db, [nextPriceVersionId]) : []
  return renewalAhead(subscription, offer, promotionId ? await getPromotion(db, promotionId) : null)
}

/** Tells subscribers of the renewals that are ahead, each period's once: three days before, and a week before a year's. */
export const announceRenewals = (origin: Origin): Promise<void> =>
  doAllDue({
    list: async (limit) => listRenewalsAhead(origin.db, await databaseNow(origin.db), limit),
    act: ({ id }) => transaction(origin, (tx, now) => announce(tx, id, now)),
    failure: { one: 'a renewal could not be announced', many: 'renewals could not be announced' },
    idName: 'subscriptionId',
  })

async function announce(tx: Tx, id: string, now: Date): Promise<void> {
  const subscription = await findSubscriptionForUpdate(tx, id)
  if (!subscription || !(await keepAnnounced(tx, id, now))) return
  await tell(tx, subscription, { type: SUBSCRIPTION_RENEWAL_AHEAD, action: 'subscription.renewal_announced' }, now)
}
