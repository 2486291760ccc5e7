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

/** A part of a price, and of the fee in it. */
export interface Returned {
  readonly grossMinor: bigint
  readonly platformFeeMinor: bigint
}

/** What a dispute holds of a sale, or has lost, and what of the price it shall hold by now. */
export interface Hold extends Returned {
  readonly dueMinor: bigint
}

const less = (whole: Returned, parts: readonly Returned[]): Returned => ({
  grossMinor: parts.reduce((left, { grossMinor }) => left - grossMinor, whole.grossMinor),
  platformFeeMinor: parts.reduce((left, { platformFeeMinor }) => left - platformFeeMinor, whole.platformFeeMinor),
})

/** The fee in the first `part` of a price. */
const feeUpTo = ({ grossMinor, platformFeeMinor }: Returned, part: bigint): bigint =>
  rounded(platformFeeMinor * part, grossMinor)

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const most = (a: bigint, b: bigint): bigint => (a < b ? b : a)

interface Bounds {
  readonly from: bigint
  readonly to: bigint
}

const within = (wanted: bigint, { from, to }: Bounds): bigint => most(from, least(wanted, to))

/** The fee that can go with `partMinor` of what there is: so much that neither the part nor the rest has a fee above its amount. */
const boundsOf = ({ grossMinor, platformFeeMinor }: Returned, partMinor: bigint): Bounds => ({
  from: most(0n, platformFeeMinor - (grossMinor - partMinor)),
  to: least(platformFeeMinor, partMinor),
})

/**
 * The part of a sale's fee that goes back with a refund of `amountMinor`, where `refunded` went back before and disputes hold
 * `holds`, those that are served first first. Refunds take the fee from its beginning and disputes from its end, by the running
 * sum, so that it does not matter which is heard of first; where nothing of the price is left, all of the fee has gone. What
 * nobody holds goes first, then what the last disputes hold: `fitHeld` takes it from them.
 */
export function feeGivenBack(
  sale: Returned,
  refunded: Returned,
  holds: readonly Returned[],
  amountMinor: bigint,
): bigint {
  const left = less(sale, [refunded, ...holds])
  let restMinor = amountMinor
  let bounds: Bounds = { from: 0n, to: 0n }
  for (const source of [left, ...holds.toReversed()]) {
    const partMinor = least(restMinor, source.grossMinor)
    const { from, to } = boundsOf(source, partMinor)
    bounds = { from: bounds.from + from, to: bounds.to + to }
    restMinor -= partMinor
  }
  assert(amountMinor > 0n && restMinor === 0n, 'no more than was paid')
  return within(feeUpTo(sale, refunded.grossMinor + amountMinor) - refunded.platformFeeMinor, bounds)
}

/** What a dispute holds more, or below zero less: of the price, and of the fee in it. */
export interface HoldChange<H extends Hold> {
  readonly hold: H
  readonly moreMinor: bigint
  readonly moreFeeMinor: bigint
}

/**
 * What changes in what the disputes of a sale hold once each holds what is due to it; those that are served first first.
 * Together they hold no more than `refunded` leaves.
 */
export function fitHeld<H extends Hold>(sale: Returned, refunded: Returned, holds: readonly H[]): HoldChange<H>[] {
  let left = less(sale, [refunded, ...holds])
  const changes = inTurn(holds).map(({ hold, moreMinor }) => {
    const held = less(sale, [refunded, left])
    const fromTheEnd = sale.platformFeeMinor - feeUpTo(sale, sale.grossMinor - held.grossMinor - moreMinor)
    const wanted = fromTheEnd - held.platformFeeMinor
    const moreFeeMinor =
      moreMinor > 0n ? within(wanted, boundsOf(left, moreMinor)) : -freed(hold, left, -moreMinor, -wanted)
    left = less(left, [{ grossMinor: moreMinor, platformFeeMinor: moreFeeMinor }])
    return { hold, moreMinor, moreFeeMinor }
  })
  assert(left.grossMinor >= 0n, 'no more than refunds leave')
  return changes
}

/** Who holds less makes room for who holds more; the last give way first. */
function inTurn<H extends Hold>(holds: readonly H[]): Omit<HoldChange<H>, 'moreFeeMinor'>[] {
  const changes = holds.map((hold) => ({ hold, moreMinor: hold.dueMinor - hold.grossMinor }))
  return [
    ...changes.filter(({ moreMinor }) => moreMinor < 0n).toReversed(),
    ...changes.filter(({ moreMinor }) => moreMinor > 0n),
  ]
}

/** The fee in the `partMinor` that a dispute gives up; of what a refund has taken already, what that took. */
function freed(hold: Hold, left: Returned, partMinor: bigint, wanted: bigint): bigint {
  const owed = -left.platformFeeMinor
  const toOwed = { from: owed, to: owed + most(0n, left.grossMinor + partMinor) }
  return within(within(wanted, toOwed), boundsOf(hold, partMinor))
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
