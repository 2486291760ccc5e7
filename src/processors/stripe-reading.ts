import type Stripe from 'stripe'
import type { Money } from '../lib/money.js'
import { toDecline } from './declines.js'
import { declineOf, fromStripeMoney, idOf, spelled } from './stripe-calls.js'
import type { ChargeOutcome, DisputeState, PayoutAccountStanding, PayoutOutcome, RefundOutcome } from './types.js'

/** How a payment intent of Stripe's stands. One whose bank must be asked, but nowhere on the web, was refused. */
export function chargeOutcome(intent: Stripe.PaymentIntent): ChargeOutcome {
  const { id: reference } = intent
  switch (intent.status) {
    case 'succeeded': {
      const captured = fromStripeMoney(intent.amount_received, intent.currency)
      return { state: 'SUCCEEDED', reference, captured, fee: feeOf(intent) }
    }
    case 'requires_action': {
      const actionUrl = intent.next_action?.redirect_to_url?.url
      if (actionUrl) return { state: 'REQUIRES_ACTION', reference, actionUrl }
      return failed(intent, toDecline('authentication_required'))
    }
    case 'requires_payment_method':
      return failed(intent, declineOf(intent.last_payment_error ?? {}))
    case 'canceled':
      return failed(intent, toDecline('canceled'))
    default:
      return { state: 'PROCESSING', reference }
  }
}

const failed = (
  intent: Stripe.PaymentIntent,
  decline: ReturnType<typeof toDecline>,
): ChargeOutcome & { state: 'FAILED' } => ({
  state: 'FAILED',
  reference: intent.id,
  attempt: intent.last_payment_error?.charge ?? idOf(intent.latest_charge) ?? intent.id,
  decline,
})

/** Stripe's fee, where it is spelt out: in the currency of the balance that the charge came to. */
function feeOf({ latest_charge: charge }: Stripe.PaymentIntent): Money | null {
  const booked = spelled(spelled(charge)?.balance_transaction)
  return booked ? fromStripeMoney(booked.fee, booked.currency) : null
}

/** How a refund stands. */
export function refundOutcome({ id, status, failure_reason: reason }: Stripe.Refund): RefundOutcome {
  const state =
    status === 'succeeded' ? 'SUCCEEDED' : status === 'failed' || status === 'canceled' ? 'FAILED' : 'PROCESSING'
  return { reference: id, state, failureCode: state === 'FAILED' ? (reason ?? status) : null }
}

/** How a dispute stands; null for an inquiry, which has moved no money and may never. */
export function disputeState(status: Stripe.Dispute['status']): DisputeState | null {
  switch (status) {
    case 'needs_response':
    case 'appeal_needs_response':
      return 'OPEN'
    case 'under_review':
    case 'appeal_under_review':
      return 'UNDER_REVIEW'
    case 'won':
    case 'prevented':
      return 'WON'
    case 'lost':
      return 'LOST'
    default:
      return null
  }
}

/**
 * What Stripe takes for a dispute, as far as it is booked, in the currency of the balance that it came from. Each booking has its
 * own; what is left in several is no one amount.
 */
export function disputeFee({ balance_transactions: booked }: Stripe.Dispute): Money | null {
  const sums = new Map<string, number>()
  for (const { fee, currency } of booked) sums.set(currency, (sums.get(currency) ?? 0) + fee)
  const taken = [...sums].filter(([, sum]) => sum !== 0)
  const [[currency, fee] = []] = taken.length > 0 ? taken : sums
  return currency === undefined || fee === undefined || taken.length > 1 ? null : fromStripeMoney(fee, currency)
}

/** How a payout stands. */
export function payoutOutcome(payout: Stripe.Payout): PayoutOutcome {
  const { id: reference, status } = payout
  if (status === 'paid') return { reference, state: 'PAID', failureCode: null, failureReason: null }
  if (status !== 'failed' && status !== 'canceled')
    return { reference, state: 'PROCESSING', failureCode: null, failureReason: null }
  return {
    reference,
    state: 'FAILED',
    failureCode: payout.failure_code ?? status,
    failureReason: payout.failure_message,
  }
}

/** Whether money can be sent to a connected account: questions that are open can be answered, a rejection cannot. */
export function accountStanding({ payouts_enabled: isOpen, requirements }: Stripe.Account): PayoutAccountStanding {
  if (isOpen) return 'VERIFIED'
  const reason = requirements?.disabled_reason ?? ''
  return /^(rejected|listed|platform_paused|other)/.test(reason) ? 'DISABLED' : 'PENDING'
}

/** What a creator recognises their bank account by. */
export function accountLabel({ external_accounts: accounts }: Stripe.Account): string | null {
  const [bank] = accounts?.data ?? []
  if (!bank) return null
  const name = bank.object === 'bank_account' ? bank.bank_name : bank.brand
  return `${name ?? 'Bank'} ·· ${bank.last4}`
}
