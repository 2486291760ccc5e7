import assert from 'node:assert'
import type { Split } from './types.js'

/** What the platform keeps of a sale where nothing else was agreed: a fifth. */
export const DEFAULT_FEE_BASIS_POINTS = 2_000
const WHOLE = 10_000n

/** `numerator / denominator` to the nearest whole, halves up; both positive. The only rounding of money there is. */
const rounded = (numerator: bigint, denominator: bigint): bigint => (2n * numerator + denominator) / (2n * denominator)

/** Parts a price: the fee is rounded once, the rest is the creator's. */
export function split(grossMinor: bigint, feeBasisPoints: number): Split {
  assert(grossMinor >= 0n && feeBasisPoints >= 0 && BigInt(feeBasisPoints) <= WHOLE, 'a price and a rate')
  const platformFeeMinor = rounded(grossMinor * BigInt(feeBasisPoints), WHOLE)
  return { grossMinor, platformFeeMinor, netMinor: grossMinor - platformFeeMinor, feeBasisPoints }
}

/** The same price with a part taken off: `basisPoints` of it, rounded once. */
export const discounted = (amountMinor: bigint, basisPoints: number): bigint =>
  amountMinor - rounded(amountMinor * BigInt(basisPoints), WHOLE)

/** What of a sale is with its payer again, or held for them: of the price, and of the fee in it. */
export interface Returned {
  readonly grossMinor: bigint
  readonly platformFeeMinor: bigint
}

type Price = Pick<Split, 'grossMinor' | 'platformFeeMinor'>

/** The fee in the first `part` of a price. */
const feeUpTo = ({ grossMinor, platformFeeMinor }: Price, part: bigint): bigint =>
  rounded(platformFeeMinor * part, grossMinor)

/** A part of the fee is never below zero, nor above what it is a part of. */
const within = (feeMinor: bigint, amountMinor: bigint): bigint => {
  if (feeMinor < 0n) return 0n
  return feeMinor > amountMinor ? amountMinor : feeMinor
}

/**
 * The part of a sale's fee that goes back with a refund of `amountMinor`, where `refunded` went back before and disputes hold
 * `held`. Refunds take the fee from its beginning and disputes from its end, by the running sum, so that it does not matter which
 * is heard of first; where nothing of the price is left, exactly what is left of the fee.
 */
export function feeGivenBack(sale: Price, refunded: Returned, held: Returned, amountMinor: bigint): bigint {
  const after = refunded.grossMinor + amountMinor
  assert(amountMinor > 0n && refunded.grossMinor >= 0n && after <= sale.grossMinor, 'no more than was paid')
  const due =
    after + held.grossMinor === sale.grossMinor ? sale.platformFeeMinor - held.platformFeeMinor : feeUpTo(sale, after)
  return within(due - refunded.platformFeeMinor, amountMinor)
}

/** The part of a sale's fee in what its disputes hold more by `moreMinor`; below zero, where they hold less. */
export function feeHeldMore(sale: Price, refunded: Returned, held: Returned, moreMinor: bigint): bigint {
  const after = held.grossMinor + moreMinor
  assert(after >= 0n && after + refunded.grossMinor <= sale.grossMinor, 'no more than refunds leave')
  const rest = sale.platformFeeMinor - refunded.platformFeeMinor
  const fromTheEnd = sale.platformFeeMinor - feeUpTo(sale, sale.grossMinor - after)
  const isAll = after + refunded.grossMinor === sale.grossMinor
  const more = (isAll || rest < fromTheEnd ? rest : fromTheEnd) - held.platformFeeMinor
  return moreMinor > 0n ? within(more, moreMinor) : -within(-more, -moreMinor)
}

/** Parts an amount by weights so that the parts sum to it: what rounding leaves goes to the largest remainders, the first ones first. */
export function allocate(amountMinor: bigint, weights: readonly bigint[]): bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n)
  assert(amountMinor >= 0n && total > 0n && weights.every((weight) => weight >= 0n), 'something to part by')
  const parts = weights.map((weight, place) => ({
    place,
    whole: (amountMinor * weight) / total,
    rest: (amountMinor * weight) % total,
  }))
  const left = Number(amountMinor - parts.reduce((sum, { whole }) => sum + whole, 0n))
  const luckiest = new Set(
    [...parts]
      .sort((a, b) => (a.rest === b.rest ? a.place - b.place : a.rest > b.rest ? -1 : 1))
      .slice(0, left)
      .map(({ place }) => place),
  )
  return parts.map(({ whole, place }) => whole + (luckiest.has(place) ? 1n : 0n))
}
