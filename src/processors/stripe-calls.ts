import Stripe from 'stripe'
import { monotonicMs } from '../lib/clock.js'
import type { Money } from '../lib/money.js'
import { TIMEOUTS } from '../lib/timeouts.js'
import { toDecline } from './declines.js'
import { ProcessorUnavailable } from './errors.js'
import type { Decline, StripeSettings } from './types.js'

/** Reaches Stripe. It tries nothing twice by itself: whoever asks has an idempotency key, and knows how long they may wait. */
export function stripeClient({ secretKey, apiBase }: StripeSettings): Stripe {
  const base = apiBase === undefined ? null : new URL(apiBase)
  return new Stripe(secretKey, {
    timeout: TIMEOUTS.outsideMs,
    maxNetworkRetries: 0,
    telemetry: false,
    ...(base && {
      protocol: base.protocol === 'http:' ? ('http' as const) : ('https' as const),
      host: base.hostname,
      port: base.port,
    }),
  })
}

/** The options of one call within a request: what is left of its time, beside `more`. */
export type Within = (more?: Stripe.RequestOptions) => Stripe.RequestOptions

/**
 * Runs the calls of one request, all within the time that one answer from outside may take.
 * @throws ProcessorUnavailable when nobody knows what came of it
 */
export async function ask<T>(work: (within: Within) => Promise<T>): Promise<T> {
  const endsAt = monotonicMs() + TIMEOUTS.outsideMs
  const within: Within = (more = {}) => {
    const timeout = Math.floor(endsAt - monotonicMs())
    if (timeout <= 0) throw new ProcessorUnavailable('stripe: no time is left for the next call')
    return { ...more, timeout }
  }
  try {
    return await work(within)
  } catch (error) {
    throw error instanceof Stripe.errors.StripeError ? translated(error) : error
  }
}

const CONFLICT = 409
const UNAUTHORIZED = 401

/**
 * What an error of Stripe's means that no caller expects. A key that Stripe does not take (401) is an outage too: nothing is
 * wrong with what was asked for, and it is asked again once somebody put the key right. Of an invalid request only names are
 * told, never what was sent.
 */
function translated(error: Stripe.errors.StripeError): Error {
  const what = `stripe: ${error.type} ${error.code ?? '-'} (status ${String(error.statusCode ?? '-')}, request ${error.requestId})`
  const isUnknown =
    error instanceof Stripe.errors.StripeConnectionError ||
    error instanceof Stripe.errors.StripeRateLimitError ||
    error instanceof Stripe.errors.StripeAPIError ||
    error.statusCode === CONFLICT ||
    error.statusCode === UNAUTHORIZED
  return isUnknown ? new ProcessorUnavailable(what) : new Error(`${what} ${error.param ?? ''}: ${error.message}`)
}

/** Whether the bank or Stripe's own checks said no to a card. */
export const isCardError = (error: unknown): error is Stripe.errors.StripeCardError =>
  error instanceof Stripe.errors.StripeCardError

/** Whether Stripe cannot do what was asked, and will not. */
export const isRefusal = (
  error: unknown,
): error is Stripe.errors.StripeInvalidRequestError | Stripe.errors.StripePermissionError =>
  error instanceof Stripe.errors.StripeInvalidRequestError || error instanceof Stripe.errors.StripePermissionError

/** Whether what was named is not there, or not ours any more. */
export const isGone = (error: unknown): boolean =>
  isRefusal(error) && (error.code === 'resource_missing' || error.code === 'account_invalid')

/** As much of a refusal as decides what it means; an error has it, and so has `last_payment_error`. */
export interface Refusal {
  readonly code?: string | undefined
  readonly decline_code?: string | undefined
  readonly advice_code?: string | undefined
}

/** What a refusal means. The bank's own advice goes before the table's: a card that must not be tried again is not. */
export function declineOf({ code, decline_code: declineCode, advice_code: advice }: Refusal): Decline {
  // the SDK has an empty text for a code that is not given
  const named = [declineCode, code].find((one) => one !== undefined && one !== '')
  const decline = toDecline(named ?? 'card_declined')
  return advice === 'do_not_try_again' && decline.declineClass === 'RETRY_LATER'
    ? { ...decline, declineClass: 'NEW_METHOD' }
    : decline
}

/** An amount as Stripe wants it: minor units, those of three-digit currencies in steps of ten (`isMovable`). */
export const toStripeMoney = ({ amountMinor, currency }: Money): { amount: number; currency: string } => ({
  amount: Number(amountMinor),
  currency: currency.toLowerCase(),
})

export const fromStripeMoney = (amount: number, currency: string): Money => ({
  amountMinor: BigInt(amount),
  currency: currency.toUpperCase(),
})

/** The id of something that Stripe names or, where it was asked to, spells out. */
export const idOf = (named: string | { readonly id: string } | null | undefined): string | null =>
  typeof named === 'string' ? named : (named?.id ?? null)

/** What Stripe spelt out; null where it only names it. */
export const spelled = <T extends { readonly id: string }>(named: string | T | null | undefined): T | null =>
  typeof named === 'object' ? named : null
