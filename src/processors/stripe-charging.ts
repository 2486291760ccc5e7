import type Stripe from 'stripe'
import { isMovable } from './amounts.js'
import { toDecline } from './declines.js'
import { ProcessorDeclined } from './errors.js'
import { ask, declineOf, idOf, isCardError, isGone, isRefusal, spelled, toStripeMoney } from './stripe-calls.js'
import type { Within } from './stripe-calls.js'
import { chargeOutcome } from './stripe-reading.js'
import type { ChargeOrder, ChargeOutcome, CustomerOrder, MethodOrder, SavedMethod } from './types.js'

const WITH_FEE = 'latest_charge.balance_transaction'
const PAGE = 100
/** A customer's latest so many charges are looked through for one whose answer was lost, which is among the first of them. */
const MAX_PAGES = 3

export const createCustomer = (
  stripe: Stripe,
  { userId, key }: CustomerOrder,
): Promise<{ readonly reference: string }> =>
  ask(async (within) => {
    const { id } = await stripe.customers.create({ metadata: { user_id: userId } }, within({ idempotencyKey: key }))
    return { reference: id }
  })

/**
 * Saves a card for later charges without the person. Where its bank wants them for that already, the card is only attached:
 * the bank asks with the first charge at which they are present, which is set up for later ones too.
 */
export const saveMethod = (stripe: Stripe, order: MethodOrder): Promise<SavedMethod> =>
  ask(async (within) => {
    try {
      return savedMethod((await setUp(stripe, order, within)) ?? (await attach(stripe, order, within)))
    } catch (error) {
      if (isCardError(error)) throw new ProcessorDeclined(declineOf(refusalIn(error)))
      if (isUnusable(error)) throw new ProcessorDeclined(toDecline('invalid_token'))
      throw error
    }
  })

async function setUp(stripe: Stripe, order: MethodOrder, within: Within): Promise<Stripe.PaymentMethod | null> {
  const setup = await stripe.setupIntents.create(
    {
      customer: order.customer,
      payment_method: order.token,
      confirm: true,
      usage: 'off_session',
      automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
      expand: ['payment_method'],
    },
    within({ idempotencyKey: order.key }),
  )
  return setup.status === 'succeeded' ? spelled(setup.payment_method) : null
}

const attach = (stripe: Stripe, order: MethodOrder, within: Within): Promise<Stripe.PaymentMethod> =>
  stripe.paymentMethods.attach(
    order.token,
    { customer: order.customer },
    within({ idempotencyKey: `${order.key}:attach` }),
  )

const savedMethod = ({ id, type, card }: Stripe.PaymentMethod): SavedMethod => ({
  reference: id,
  kind: type,
  brand: card?.brand ?? null,
  lastFour: card?.last4 ?? null,
  expiryMonth: card?.exp_month ?? null,
  expiryYear: card?.exp_year ?? null,
  countryCode: card?.country ?? null,
  fingerprint: card?.fingerprint ?? null,
})

export const removeMethod = (stripe: Stripe, reference: string): Promise<void> =>
  ask(async (within) => {
    try {
      await stripe.paymentMethods.detach(reference, {}, within())
    } catch (error) {
      if (!isRefusal(error) || (await isAttached(stripe, reference, within))) throw error
    }
  })

async function isAttached(stripe: Stripe, reference: string, within: Within): Promise<boolean> {
  try {
    return (await stripe.paymentMethods.retrieve(reference, {}, within())).customer !== null
  } catch (error) {
    if (isGone(error)) return false
    throw error
  }
}

export async function charge(stripe: Stripe, order: ChargeOrder): Promise<ChargeOutcome> {
  if (!isMovable(order.amount)) return refused(order, 'invalid_amount')
  return ask(async (within) => {
    try {
      return chargeOutcome(
        await stripe.paymentIntents.create(toParameters(order), within({ idempotencyKey: order.key })),
      )
    } catch (error) {
      if (isCardError(error)) return refusedByBank(error, order)
      if (isUnusable(error)) return refused(order, 'invalid_token')
      if (isRefusal(error) && UNCHARGEABLE.has(error.code ?? '')) return refused(order, error.code ?? '')
      throw error
    }
  })
}

function toParameters(order: ChargeOrder): Stripe.PaymentIntentCreateParams {
  const returnUrl = order.isPresent ? order.returnUrl : null
  return {
    ...toStripeMoney(order.amount),
    customer: order.customer,
    payment_method: order.method,
    confirm: true,
    description: order.description,
    metadata: { intent_id: order.intentId, key: order.key },
    automatic_payment_methods: { enabled: true, allow_redirects: returnUrl === null ? 'never' : 'always' },
    expand: [WITH_FEE],
    ...(returnUrl !== null && { return_url: returnUrl, setup_future_usage: 'off_session' as const }),
    ...(!order.isPresent && { off_session: true }),
    // present, but with nowhere to come back to from their bank
    ...(order.isPresent && returnUrl === null && { error_on_requires_action: true }),
  }
}

const UNCHARGEABLE = new Set(['amount_too_large', 'amount_too_small', 'currency_not_supported'])
const UNUSABLE = new Set([
  'payment_method_unexpected_state',
  'payment_method_unactivated',
  'payment_method_not_available',
])

/** Whether the card itself is what is wrong with a request: unknown, detached, or another customer's. */
const isUnusable = (error: unknown): boolean =>
  isRefusal(error) &&
  (UNUSABLE.has(error.code ?? '') || (error.param === 'payment_method' && error.code !== 'parameter_missing'))

const refused = ({ key }: ChargeOrder, code: string): ChargeOutcome => ({
  state: 'FAILED',
  reference: null,
  attempt: key,
  decline: toDecline(code),
})

function refusedByBank(error: Stripe.errors.StripeCardError, { key }: ChargeOrder): ChargeOutcome {
  const intent = error.payment_intent
  const charged = error.charge ?? idOf(intent?.latest_charge)
  return {
    state: 'FAILED',
    reference: intent?.id ?? null,
    attempt: charged ?? intent?.id ?? key,
    decline: declineOf(refusalIn(error)),
  }
}

const refusalIn = (error: Stripe.errors.StripeCardError): Parameters<typeof declineOf>[0] => ({
  code: error.code,
  decline_code: error.decline_code,
  advice_code: (error.raw as { readonly advice_code?: string } | undefined)?.advice_code,
})

/**
 * Finds a charge whose answer was lost by what was written beside it. Through the customer's list: the search of Stripe's is
 * a minute behind, and this is asked a moment after.
 */
export const findCharge = (
  stripe: Stripe,
  { intentId, key, customer }: Pick<ChargeOrder, 'intentId' | 'key' | 'customer'>,
): Promise<ChargeOutcome | null> =>
  ask(async (within) => {
    let after: string | null = null
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const found: Stripe.ApiList<Stripe.PaymentIntent> = await stripe.paymentIntents.list(
        { customer, limit: PAGE, expand: [`data.${WITH_FEE}`], ...(after !== null && { starting_after: after }) },
        within(),
      )
      const intent = found.data.find(({ metadata }) => metadata['intent_id'] === intentId && metadata['key'] === key)
      if (intent) return chargeOutcome(intent)
      after = found.data.at(-1)?.id ?? null
      if (!found.has_more || after === null) break
    }
    return null
  })

export const cancelCharge = (stripe: Stripe, reference: string): Promise<ChargeOutcome> =>
  ask(async (within) => {
    try {
      return chargeOutcome(await stripe.paymentIntents.cancel(reference, { expand: [WITH_FEE] }, within()))
    } catch (error) {
      if (!isRefusal(error) || error.code !== 'payment_intent_unexpected_state') throw error
      // it ended before: as it did
      return chargeOutcome(await stripe.paymentIntents.retrieve(reference, { expand: [WITH_FEE] }, within()))
    }
  })
