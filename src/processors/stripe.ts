import { cancelCharge, charge, createCustomer, findCharge, removeMethod, saveMethod } from './stripe-charging.js'
import { stripeClient } from './stripe-calls.js'
import { readStripeEvent, toStripeNews } from './stripe-events.js'
import { listMovements } from './stripe-listing.js'
import {
  createPayoutAccount,
  findPayout,
  findPayoutAccount,
  removePayoutAccount,
  sendPayout,
  takeBackPayout,
} from './stripe-paying-out.js'
import { findRefund, refund, sendEvidence } from './stripe-returning.js'
import type { Processor, StripeSettings } from './types.js'

/**
 * Stripe, by its official library and the version of its interface that this library was made for; webhooks must be set to
 * the same version. A charge is a PaymentIntent (`pi_…`), a destination a connected account (`acct_…`), and a payout a
 * transfer to it with a payout from it (`po_…`). Refusals that are ordinary come back as outcomes; a request that Stripe does
 * not understand is an Error, because it is our mistake.
 */
export function openStripe(settings: StripeSettings): Processor {
  const stripe = stripeClient(settings)
  return {
    name: 'stripe',
    createCustomer: (order) => createCustomer(stripe, order),
    saveMethod: (order) => saveMethod(stripe, order),
    removeMethod: (reference) => removeMethod(stripe, reference),
    charge: (order) => charge(stripe, order),
    findCharge: (order) => findCharge(stripe, order),
    cancelCharge: (reference) => cancelCharge(stripe, reference),
    refund: (order) => refund(stripe, order),
    findRefund: (order) => findRefund(stripe, order),
    createPayoutAccount: (order) => createPayoutAccount(stripe, order),
    findPayoutAccount: (reference, returnUrl) => findPayoutAccount(stripe, reference, returnUrl ?? null),
    removePayoutAccount: (reference) => removePayoutAccount(stripe, reference),
    sendPayout: (order) => sendPayout(stripe, order),
    findPayout: (order) => findPayout(stripe, order),
    takeBackPayout: (order) => takeBackPayout(stripe, order),
    sendEvidence: (evidence) => sendEvidence(stripe, evidence),
    listMovements: (kind, span, after) => listMovements(stripe, kind, span, after),
    readEvent: (rawBody, headers, now) => readStripeEvent(rawBody, headers, settings.webhookSecrets, now),
    toNews: ({ payload }) => toStripeNews(payload),
  }
}
