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

/** What went back of a sale so far, by one way: of the price, and of the fee in it. */
export interface Returned {
  readonly grossMinor: bigint
  readonly platformFeeMinor: bigint
}

/** How money goes back: refunds take a price from its beginning, disputes from its end. */
export type ReturnWay = 'REFUND' | 'DISPUTE'

/**
 * The part of a sale's fee that goes back with `amountMinor`, when `before` went back by the same way. By the running sum, so
 * that all parts together give back the whole fee, to the cent, in whatever pieces; and from both ends, so that it does not
 * matter whether a refund or a dispute was heard of first.
 */
export function feeGivenBack(
  { grossMinor, platformFeeMinor }: { readonly grossMinor: bigint; readonly platformFeeMinor: bigint },
  before: Returned,
  amountMinor: bigint,
  way: ReturnWay,
): bigint {
  const after = before.grossMinor + amountMinor
  assert(amountMinor > 0n && before.grossMinor >= 0n && after <= grossMinor, 'no more than was paid')
  const upTo = (part: bigint): bigint => rounded(platformFeeMinor * part, grossMinor)
  const due = (way === 'REFUND' ? upTo(after) : platformFeeMinor - upTo(grossMinor - after)) - before.platformFeeMinor
  if (due < 0n) return 0n
  return due > amountMinor ? amountMinor : due
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
