import { hasSession, isAdmin, isSignedIn } from '../lib/rules.js'
import type { Viewer } from '../lib/viewer.js'

/** Who may call what. */
export const rules = {
  Query: {
    webhookEvents: isAdmin,
  },
  Mutation: {
    addPaymentMethod: isSignedIn,
    removePaymentMethod: isSignedIn,
    setDefaultPaymentMethod: isSignedIn,
    topUpWallet: isSignedIn,
    cancelPayment: isSignedIn,
    replayWebhookEvent: isAdmin,
  },
  Subscription: {
    paymentChanged: hasSession,
  },
}

/** Whether `viewer` may see somebody's payment. */
export const canSeePayment = (
  viewer: Viewer | null,
  isStaff: boolean,
  payment: { readonly payerId: string },
): boolean => isStaff || (viewer !== null && viewer.userId === payment.payerId)
