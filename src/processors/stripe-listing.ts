import type Stripe from 'stripe'
import { ask, fromStripeMoney } from './stripe-calls.js'
import type { Movement, MovementKind, Movements, Span } from './types.js'

const PART = 100
const MS = 1_000

/**
 * A part of Stripe's books. What left the platform for a creator is a transfer to their account: Stripe lists payouts by
 * account, and one that bounced has its transfer reversed.
 */
export const listMovements = (
  stripe: Stripe,
  kind: MovementKind,
  { from, to }: Span,
  after: string | null,
): Promise<Movements> =>
  ask(async (within) => {
    const asked = {
      limit: PART,
      created: { gte: Math.ceil(from.getTime() / MS), lt: Math.ceil(to.getTime() / MS) },
      ...(after !== null && { starting_after: after }),
    }
    switch (kind) {
      case 'CHARGE':
        return partOf(await stripe.paymentIntents.list(asked, within()), chargeOf)
      case 'REFUND':
        return partOf(await stripe.refunds.list(asked, within()), refundOf)
      case 'PAYOUT':
        return partOf(await stripe.transfers.list(asked, within()), transferOf)
    }
  })

const partOf = <T extends { readonly id: string }>(
  { data, has_more: hasMore }: { readonly data: T[]; readonly has_more: boolean },
  movementOf: (one: T) => Movement,
): Movements => ({ movements: data.map(movementOf), next: hasMore ? (data.at(-1)?.id ?? null) : null })

const chargeOf = ({
  id,
  status,
  amount,
  amount_received: received,
  currency,
  metadata,
}: Stripe.PaymentIntent): Movement => ({
  reference: id,
  ownId: metadata['intent_id'] ?? null,
  amount: fromStripeMoney(status === 'succeeded' ? received : amount, currency),
  state: status === 'succeeded' ? 'SUCCEEDED' : status === 'canceled' ? 'FAILED' : 'OPEN',
})

const refundOf = ({ id, status, amount, currency, metadata }: Stripe.Refund): Movement => ({
  reference: id,
  ownId: metadata?.['refund_id'] ?? null,
  amount: fromStripeMoney(amount, currency),
  state: status === 'succeeded' ? 'SUCCEEDED' : status === 'failed' || status === 'canceled' ? 'FAILED' : 'OPEN',
})

const transferOf = ({ id, reversed, amount, currency, metadata }: Stripe.Transfer): Movement => ({
  reference: id,
  ownId: metadata['payout_id'] ?? null,
  amount: fromStripeMoney(amount, currency),
  state: reversed ? 'FAILED' : 'SUCCEEDED',
})
