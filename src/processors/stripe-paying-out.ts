import type Stripe from 'stripe'
import { isMovable } from './amounts.js'
import { toDecline } from './declines.js'
import { ProcessorDeclined } from './errors.js'
import { ask, isGone, isRefusal, toStripeMoney } from './stripe-calls.js'
import type { Within } from './stripe-calls.js'
import { accountLabel, accountStanding, payoutOutcome } from './stripe-reading.js'
import type { PayoutAccountOrder, PayoutAccountOutcome, PayoutOrder, PayoutOutcome } from './types.js'

const PAGE = 100

/** Makes a connected account that Stripe asks and that sees Stripe's own small dashboard; payouts go when we say so. */
export const createPayoutAccount = (stripe: Stripe, order: PayoutAccountOrder): Promise<PayoutAccountOutcome> =>
  ask(async (within) => {
    try {
      const account = await stripe.accounts.create(
        {
          country: order.countryCode,
          default_currency: order.currency.toLowerCase(),
          controller: {
            fees: { payer: 'application' },
            losses: { payments: 'application' },
            requirement_collection: 'stripe',
            stripe_dashboard: { type: 'express' },
          },
          capabilities: { transfers: { requested: true } },
          settings: { payouts: { schedule: { interval: 'manual' } } },
          metadata: { creator_id: order.creatorId },
        },
        within({ idempotencyKey: order.key }),
      )
      return await accountOutcome(stripe, account, order.returnUrl, within)
    } catch (error) {
      const code = isRefusal(error) ? (REFUSED_ACCOUNTS[error.code ?? error.param ?? ''] ?? null) : null
      throw code === null ? error : new ProcessorDeclined(toDecline(code))
    }
  })

/** By code, or where Stripe gives none by the parameter that it does not take. */
const REFUSED_ACCOUNTS: Readonly<Record<string, string>> = {
  country_unsupported: 'country_unsupported',
  country: 'country_unsupported',
  default_currency: 'currency_not_supported',
}

async function accountOutcome(
  stripe: Stripe,
  account: Stripe.Account,
  returnUrl: string | null,
  within: Within,
): Promise<PayoutAccountOutcome> {
  const state = accountStanding(account)
  const asks = state === 'PENDING' && returnUrl !== null
  const onboardingUrl = asks ? await onboarding(stripe, account.id, returnUrl, within) : null
  return { reference: account.id, state, label: accountLabel(account), onboardingUrl }
}

async function onboarding(stripe: Stripe, account: string, returnUrl: string, within: Within): Promise<string> {
  const link = await stripe.accountLinks.create(
    { account, type: 'account_onboarding', refresh_url: returnUrl, return_url: returnUrl },
    within(),
  )
  return link.url
}

export const findPayoutAccount = (
  stripe: Stripe,
  reference: string,
  returnUrl: string | null,
): Promise<PayoutAccountOutcome | null> =>
  ask(async (within) => {
    try {
      const account = await stripe.accounts.retrieve(reference, {}, within())
      return await accountOutcome(stripe, account, returnUrl, within)
    } catch (error) {
      if (isGone(error)) return null
      throw error
    }
  })

export const removePayoutAccount = (stripe: Stripe, reference: string): Promise<void> =>
  ask(async (within) => {
    try {
      await stripe.accounts.del(reference, {}, within())
    } catch (error) {
      if (!isGone(error)) throw error
    }
  })

/**
 * Sends money in two steps: to the creator's account at Stripe, and on from it to their bank. Each has a key, and both are
 * looked for first, because Stripe forgets its keys after a day and an order may be tried again after that.
 */
export const sendPayout = (stripe: Stripe, order: PayoutOrder): Promise<PayoutOutcome> =>
  ask(async (within) => {
    const known = await lookUp(stripe, order, within)
    if (known.outcome) return known.outcome
    if (!isMovable(order.amount)) return refused('invalid_amount', 'This amount cannot be sent in this currency.')
    try {
      const transfer = known.transfer ?? (await makeTransfer(stripe, order, within))
      return await sendOn(stripe, order, transfer, within)
    } catch (error) {
      return refusalOf(error)
    }
  })

const makeTransfer = (stripe: Stripe, order: PayoutOrder, within: Within): Promise<Stripe.Transfer> =>
  stripe.transfers.create(
    {
      ...toStripeMoney(order.amount),
      destination: order.account,
      transfer_group: order.payoutId,
      metadata: { payout_id: order.payoutId, key: order.key },
    },
    within({ idempotencyKey: order.key }),
  )

async function sendOn(
  stripe: Stripe,
  order: PayoutOrder,
  transfer: Stripe.Transfer,
  within: Within,
): Promise<PayoutOutcome> {
  try {
    const payout = await stripe.payouts.create(
      { ...toStripeMoney(order.amount), metadata: { payout_id: order.payoutId, key: order.key } },
      within({ idempotencyKey: `${order.key}:payout`, stripeAccount: order.account }),
    )
    return payoutOutcome(payout)
  } catch (error) {
    if (isRefusal(error)) await reverse(stripe, order, transfer, within)
    throw error
  }
}

async function reverse(stripe: Stripe, order: PayoutOrder, transfer: Stripe.Transfer, within: Within): Promise<void> {
  if (transfer.reversed) return
  await stripe.transfers.createReversal(transfer.id, {}, within({ idempotencyKey: `${order.key}:reversal` }))
}

const refused = (failureCode: string, failureReason: string): PayoutOutcome => ({
  reference: null,
  state: 'FAILED',
  failureCode,
  failureReason,
})

/** A refusal with a code is an answer; one without is a request that was put wrongly. */
function refusalOf(error: unknown): PayoutOutcome {
  if (isRefusal(error) && error.code) return refused(error.code, error.message)
  throw error
}

export const findPayout = (stripe: Stripe, order: PayoutOrder): Promise<PayoutOutcome | null> =>
  ask(async (within) => (await lookUp(stripe, order, within)).outcome)

export const takeBackPayout = (stripe: Stripe, order: PayoutOrder): Promise<void> =>
  ask(async (within) => {
    const { transfer, outcome } = await lookUp(stripe, order, within)
    if (transfer && outcome?.state === 'FAILED') await reverse(stripe, order, transfer, within)
  })

interface Found {
  readonly transfer: Stripe.Transfer | null
  readonly outcome: PayoutOutcome | null
}

/** How far an order came: a transfer that went home again, with no payout behind it, is one that was refused. */
async function lookUp(stripe: Stripe, order: PayoutOrder, within: Within): Promise<Found> {
  const isOurs = ({ metadata }: { readonly metadata: Stripe.Metadata | null }): boolean =>
    metadata?.['key'] === order.key
  const transfers = await stripe.transfers.list({ transfer_group: order.payoutId, limit: PAGE }, within())
  const transfer = transfers.data.find(isOurs)
  if (!transfer) return { transfer: null, outcome: null }
  const payouts = await stripe.payouts.list({ limit: PAGE }, within({ stripeAccount: order.account }))
  const payout = payouts.data.find(isOurs)
  if (payout) return { transfer, outcome: payoutOutcome(payout) }
  return { transfer, outcome: transfer.reversed ? refused('payout_refused', 'The payout was refused.') : null }
}
