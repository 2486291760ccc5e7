import type Stripe from 'stripe'
import { toDecline } from './declines.js'
import { ProcessorDeclined } from './errors.js'
import { ask, isRefusal, toStripeMoney } from './stripe-calls.js'
import { refundOutcome } from './stripe-reading.js'
import type { DisputeEvidence, RefundOrder, RefundOutcome } from './types.js'

const PAGE = 100
/** Stripe takes no more in one field. */
const MAX_EVIDENCE_LENGTH = 20_000

export const refund = (stripe: Stripe, order: RefundOrder): Promise<RefundOutcome> =>
  ask(async (within) => {
    try {
      const { amount } = toStripeMoney(order.amount)
      const made = await stripe.refunds.create(
        { payment_intent: order.charge, amount, metadata: { refund_id: order.refundId, key: order.key } },
        within({ idempotencyKey: order.key }),
      )
      return refundOutcome(made)
    } catch (error) {
      const code = isRefusal(error) ? refusalOf(error) : null
      throw code === null ? error : new ProcessorDeclined(toDecline(code))
    }
  })

/** Stripe has no code for more than is left: it only says which parameter is wrong. */
function refusalOf({ code, param }: Stripe.errors.StripeError): string | null {
  if (code === 'charge_already_refunded' || code === 'charge_disputed') return code
  return param === 'amount' ? 'refund_exceeds_charge' : null
}

export const findRefund = (stripe: Stripe, { key, charge }: RefundOrder): Promise<RefundOutcome | null> =>
  ask(async (within) => {
    const { data } = await stripe.refunds.list({ payment_intent: charge, limit: PAGE }, within())
    const found = data.find(({ metadata }) => metadata?.['key'] === key)
    return found ? refundOutcome(found) : null
  })

/** Answers a dispute for good: Stripe passes evidence on to the bank once. */
export const sendEvidence = (stripe: Stripe, evidence: DisputeEvidence): Promise<void> =>
  ask(async (within) => {
    const { status } = await stripe.disputes.retrieve(evidence.dispute, {}, within())
    if (status !== 'needs_response' && status !== 'warning_needs_response') return
    await stripe.disputes.update(
      evidence.dispute,
      {
        evidence: {
          product_description: evidence.productDescription.slice(0, MAX_EVIDENCE_LENGTH),
          access_activity_log: evidence.accessLog.slice(0, MAX_EVIDENCE_LENGTH),
          ...(evidence.customerName !== null && { customer_name: evidence.customerName }),
        },
        submit: true,
      },
      within(),
    )
  })
