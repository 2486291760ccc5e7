import { hasSession, isCreator, isSignedIn } from '../lib/rules.js'
import type { SubscriptionRow } from './types.js'

/** Who may call what. */
export const rules = {
  Mutation: {
    updateSubscriptionOffer: isCreator,
    subscribe: isSignedIn,
    giftSubscription: isSignedIn,
    cancelSubscription: isSignedIn,
    resumeSubscription: isSignedIn,
    previewSubscription: isSignedIn,
    changeSubscription: isSignedIn,
    retrySubscriptionPayment: isSignedIn,
    redeemPromotion: isSignedIn,
    createPromotion: isCreator,
    endPromotion: isCreator,
  },
  Subscription: {
    subscriptionChanged: hasSession,
  },
}

/** How somebody stands to a subscription: its subscriber and staff see all of it, its creator no payments. */
export type SubscriptionSight = 'all' | 'creator' | null

/** What `viewer` may see of a subscription; null for nothing. */
export function sightOf(
  viewer: { readonly userId: string } | null,
  isStaff: boolean,
  { subscriberId, creatorId, startedAt }: Pick<SubscriptionRow, 'subscriberId' | 'creatorId' | 'startedAt'>,
): SubscriptionSight {
  if (!viewer) return null
  if (isStaff || viewer.userId === subscriberId) return 'all'
  return viewer.userId === creatorId && startedAt !== null ? 'creator' : null
}
