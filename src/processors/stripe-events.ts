import Stripe from 'stripe'
import { SECOND_MS } from '../lib/clock.js'
import { ProcessorEventError, ProcessorSignatureError } from './errors.js'
import { checkedEvent, parsedObject } from './events.js'
import { assertFresh, readSignatureHeader, TOLERANCE_SECONDS } from './signatures.js'
import { fromStripeMoney, idOf } from './stripe-calls.js'
import {
  accountStanding,
  chargeOutcome,
  disputeFee,
  disputeState,
  payoutOutcome,
  refundOutcome,
} from './stripe-reading.js'
import type { ProcessorEvent, ProcessorNews } from './types.js'

const SIGNATURE = 'stripe-signature'

/**
 * Reads a message that one of the secrets signed. The SDK takes a time that is still to come for fresh; here it is not.
 * @throws ProcessorSignatureError, ProcessorEventError
 */
export function readStripeEvent(
  rawBody: Buffer,
  headers: Readonly<Record<string, string | undefined>>,
  secrets: readonly string[],
  now: Date,
): ProcessorEvent {
  const header = headers[SIGNATURE]
  const { timestamp } = readSignatureHeader(header)
  verify(rawBody, header ?? '', secrets, now)
  assertFresh(timestamp, now)
  const payload = parsedObject(rawBody)
  const { id, type, created, data } = payload as unknown as Stripe.Event
  const object = (data as { readonly object?: Thing | null } | null | undefined)?.object
  if (typeof object !== 'object' || object === null) throw new ProcessorEventError('it is about nothing')
  return checkedEvent({ id, type, objectId: lineOf(object), occurredAt: fromSeconds(created), payload })
}

const STALE = 'Timestamp outside the tolerance zone'

function verify(rawBody: Buffer, header: string, secrets: readonly string[], now: Date): void {
  for (const secret of secrets)
    try {
      Stripe.webhooks.constructEvent(rawBody, header, secret, TOLERANCE_SECONDS, undefined, now.getTime())
      return
    } catch (error) {
      // the signature holds, and the body is no JSON
      if (error instanceof SyntaxError) return
      if (!(error instanceof Stripe.errors.StripeSignatureVerificationError))
        throw new ProcessorSignatureError('malformed')
      // what is said of the time is said of a signature that held
      if (error.message.startsWith(STALE)) throw new ProcessorSignatureError('stale')
    }
  throw new ProcessorSignatureError('wrong')
}

interface Thing {
  readonly id?: string
  readonly object: string
  readonly payment_intent?: string | { readonly id: string } | null
}

/** What is told of one charge goes in one line, whether it is its refund or its dispute. */
const lineOf = ({ id, payment_intent: intent }: Thing): string | null => idOf(intent) ?? id ?? null

const fromSeconds = (seconds: number): Date => new Date(seconds * SECOND_MS)

/**
 * What a message of Stripe's says. `charge.refunded` says only how much went back in all, which `refund.*` says one by one;
 * inquiries (`warning_…`) are no disputes; payouts of the platform's own account are nobody's earnings.
 */
export function toStripeNews(payload: Readonly<Record<string, unknown>>): ProcessorNews | null {
  const event = payload as unknown as Stripe.Event
  switch (event.type) {
    case 'payment_intent.succeeded':
    case 'payment_intent.payment_failed':
    case 'payment_intent.processing':
    case 'payment_intent.requires_action':
    case 'payment_intent.canceled':
      return chargeNews(event.data.object)
    case 'refund.created':
    case 'refund.updated':
    case 'refund.failed':
      return refundNews(event.data.object)
    case 'charge.dispute.created':
    case 'charge.dispute.updated':
    case 'charge.dispute.closed':
      return disputeNews(event.data.object)
    case 'payout.paid':
    case 'payout.failed':
    case 'payout.canceled':
      return event.account === undefined ? null : payoutNews(event.data.object)
    case 'account.updated':
      return { kind: 'payout_account', reference: event.data.object.id, state: accountStanding(event.data.object) }
    default:
      return null
  }
}

const chargeNews = (intent: Stripe.PaymentIntent): ProcessorNews => ({
  kind: 'charge',
  intentId: intent.metadata['intent_id'] ?? null,
  outcome: chargeOutcome(intent),
})

function refundNews(refund: Stripe.Refund): ProcessorNews | null {
  const charge = idOf(refund.payment_intent)
  if (charge === null) return null
  const refundId = refund.metadata?.['refund_id'] ?? null
  const amount = fromStripeMoney(refund.amount, refund.currency)
  return { kind: 'refund', refundId, charge, amount, outcome: refundOutcome(refund) }
}

function disputeNews(dispute: Stripe.Dispute): ProcessorNews | null {
  const charge = idOf(dispute.payment_intent)
  const state = disputeState(dispute.status)
  if (charge === null || state === null) return null
  const dueBy = dispute.evidence_details.due_by
  return {
    kind: 'dispute',
    reference: dispute.id,
    charge,
    state,
    amount: fromStripeMoney(dispute.amount, dispute.currency),
    fee: disputeFee(dispute),
    reason: dispute.reason,
    evidenceDueAt: dueBy === null ? null : fromSeconds(dueBy),
    openedAt: fromSeconds(dispute.created),
  }
}

const payoutNews = (payout: Stripe.Payout): ProcessorNews => ({
  kind: 'payout',
  payoutId: payout.metadata?.['payout_id'] ?? null,
  outcome: payoutOutcome(payout),
})
