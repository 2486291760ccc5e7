import { messagePurchases } from './messages/messages.js'
import { topUps } from './payments/payments.js'
import type { Purposes } from './payments/types.js'
import { contentPurchases } from './purchases/purchases.js'
import { subscriptionGifts, subscriptionPeriods } from './subscriptions/subscriptions.js'
import { tips } from './tips/tips.js'

/** What can be paid for, and what paying for it does. */
export const purposes: Purposes = {
  SUBSCRIPTION: subscriptionPeriods,
  RENEWAL: subscriptionPeriods,
  GIFT: subscriptionGifts,
  TIP: tips,
  CONTENT_PURCHASE: contentPurchases,
  MESSAGE_PURCHASE: messagePurchases,
  STREAM_ACCESS: contentPurchases,
  WALLET_TOP_UP: topUps,
}
