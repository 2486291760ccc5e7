import { topUps } from './payments/payments.js'
import type { Purposes } from './payments/types.js'
import { contentPurchases } from './purchases/purchases.js'
import { subscriptionPeriods } from './subscriptions/subscriptions.js'
import { tips } from './tips/tips.js'

/** What can be paid for, and what paying for it does. */
export const purposes: Purposes = {
  SUBSCRIPTION: subscriptionPeriods,
  RENEWAL: subscriptionPeriods,
  TIP: tips,
  CONTENT_PURCHASE: contentPurchases,
  WALLET_TOP_UP: topUps,
}
