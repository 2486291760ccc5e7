import type { Origin } from '../lib/db.js'
import { chargePayment } from './charging.js'
import type { PaymentsLoaders } from './loaders.js'
import { declineOf } from './sources.js'
import type { PaymentDeclineRow, PaymentRow, PaymentServices, PaymentSource } from './types.js'

/** What a mutation that pays works with. */
interface Paying extends Origin {
  readonly payments: PaymentServices
  readonly loaders: PaymentsLoaders
}

/** A refused payment, as a payload's `userErrors` show it. */
interface PaymentRefusal {
  readonly __typename: 'PaymentDeclinedError'
  readonly code: 'PAYMENT_DECLINED'
  readonly message: string
  readonly path: string[]
  readonly decline: PaymentDeclineRow
}

/** What the payload of a mutation that pays says of its payment. */
interface Paid {
  readonly payment: PaymentRow | null
  readonly userErrors: PaymentRefusal[]
}

/** Charges a payment whose payer is there, after the commit that began it; answers how it then stands. */
export async function payNow(context: Paying, paymentId: string, { returnUrl }: PaymentSource): Promise<Paid> {
  await chargePayment(context, context.payments, paymentId, { isPresent: true, returnUrl })
  const payment = await reloadedPayment(paymentId, context)
  return { payment, userErrors: refusalsOf(payment) }
}

/** A payment as a write left it: what was loaded before it is forgotten. */
export async function reloadedPayment(id: string, { loaders }: Pick<Paying, 'loaders'>): Promise<PaymentRow | null> {
  loaders.payment.clear(id)
  return loaders.payment.load(id)
}

function refusalsOf(payment: PaymentRow | null): PaymentRefusal[] {
  const decline = payment && declineOf(payment)
  if (!decline) return []
  const { message } = decline
  const path = ['input', 'payWith']
  return [{ __typename: 'PaymentDeclinedError', code: 'PAYMENT_DECLINED', message, path, decline }]
}
