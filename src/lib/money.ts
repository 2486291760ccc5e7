import assert from 'node:assert'
import { AppError } from './errors.js'

/** An amount in integer minor units (cents, yen, fils) of one currency; never a float. */
export interface Money {
  readonly amountMinor: bigint
  readonly currency: string
}

/** Decimal digits of each currency that a creator may choose (ISO 4217). */
const DIGITS = { EUR: 2, USD: 2, GBP: 2, CHF: 2, CAD: 2, AUD: 2, SEK: 2, JPY: 0, KRW: 0, KWD: 3, BHD: 3 } as const

/** An ISO 4217 code that the platform accepts. */
export type CurrencyCode = keyof typeof DIGITS

/** Whether `code` is a currency that the platform accepts. */
export const isCurrency = (code: string): code is CurrencyCode => Object.hasOwn(DIGITS, code)

/** How many decimal digits `currency` has: 2 for EUR, 0 for JPY, 3 for KWD. */
export function currencyDigits(currency: string): number {
  assert(isCurrency(currency), `unknown currency ${currency}`)
  return DIGITS[currency]
}

/** The amount as people read it, without a locale: `12.50 EUR`, `1200 JPY`. */
export function formatMoney({ amountMinor, currency }: Money): string {
  const digits = currencyDigits(currency)
  const sign = amountMinor < 0n ? '-' : ''
  const text = (amountMinor < 0n ? -amountMinor : amountMinor).toString().padStart(digits + 1, '0')
  const whole = text.slice(0, text.length - digits)
  return `${sign}${digits === 0 ? whole : `${whole}.${text.slice(-digits)}`} ${currency}`
}

/** What something costs at least and at most: 1 to 10,000 of a currency with cents, and as many minor units of one without. */
const MIN_PRICE_MINOR = 100n
const MAX_PRICE_MINOR = 1_000_000n
const THIRD_DIGIT = 10n

/** The price of something; null where it has none. */
export const priceOf = ({
  priceMinor,
  currency,
}: {
  readonly priceMinor: bigint | null
  readonly currency: string | null
}): Money | null => (priceMinor === null || currency === null ? null : { amountMinor: priceMinor, currency })

/** Whether something may cost that much. */
export function isPrice({ amountMinor, currency }: Money): boolean {
  const { least, most } = priceLimits(currency)
  return amountMinor >= least && amountMinor <= most
}

function priceLimits(currency: string): { readonly least: bigint; readonly most: bigint } {
  const scale = currencyDigits(currency) > 2 ? THIRD_DIGIT : 1n
  return { least: MIN_PRICE_MINOR * scale, most: MAX_PRICE_MINOR * scale }
}

/** @throws INVALID price_out_of_range at `path` */
export function checkedPrice(price: Money, path: readonly string[]): bigint {
  const { amountMinor, currency } = price
  if (isPrice(price)) return amountMinor
  const { least, most } = priceLimits(currency)
  const [from, to] = [formatMoney({ amountMinor: least, currency }), formatMoney({ amountMinor: most, currency })]
  throw new AppError('INVALID', 'price_out_of_range', `The amount is from ${from} to ${to}.`, { path })
}
