import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allocate, discounted, feeGivenBack, fitHeld, split } from '../../src/ledger/fees.js'
import type { Returned } from '../../src/ledger/fees.js'

const amounts = fc.bigInt({ min: 1n, max: 9_000_000_000_000_000n })
const rates = fc.integer({ min: 0, max: 10_000 })

describe('a price', () => {
  it.each([
    [999n, 2_000, 200n],
    [1n, 2_000, 0n],
    [3n, 5_000, 2n],
    [1_200n, 1_250, 150n],
    [9_007_199_254_740_993n, 10_000, 9_007_199_254_740_993n],
  ])('of %s at %i basis points has the fee %s', (gross, rate, fee) => {
    expect(split(gross, rate)).toMatchObject({ platformFeeMinor: fee, netMinor: gross - fee })
  })

  it('is its fee and what the creator has, each within half a unit of the exact part', () => {
    fc.assert(
      fc.property(amounts, rates, (gross, rate) => {
        const { grossMinor, platformFeeMinor, netMinor } = split(gross, rate)
        expect(platformFeeMinor + netMinor).toBe(grossMinor)
        const exactTimes = gross * BigInt(rate)
        const difference = platformFeeMinor * 10_000n - exactTimes
        expect(difference > -5_000n && difference <= 5_000n).toBe(true)
      }),
    )
  })

  it('less a discount is never above itself, nor below nothing', () => {
    fc.assert(
      fc.property(amounts, rates, (amount, rate) => {
        const left = discounted(amount, rate)
        expect(left >= 0n && left <= amount).toBe(true)
      }),
    )
  })

  it('parted by weights sums to itself, each part within one unit of the exact one', () => {
    fc.assert(
      fc.property(
        amounts,
        fc.array(fc.bigInt({ min: 0n, max: 1_000n }), { minLength: 1, maxLength: 12 }),
        (amount, weights) => {
          const total = weights.reduce((sum, weight) => sum + weight, 0n)
          fc.pre(total > 0n)
          const parts = allocate(amount, weights)
          expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(amount)
          for (const [place, part] of parts.entries()) {
            const difference = part * total - amount * (weights[place] ?? 0n)
            expect(difference > -total && difference < total).toBe(true)
          }
        },
      ),
    )
  })
})

const sumOf = (parts: readonly Returned[]): Returned => ({
  grossMinor: parts.reduce((sum, { grossMinor }) => sum + grossMinor, 0n),
  platformFeeMinor: parts.reduce((sum, { platformFeeMinor }) => sum + platformFeeMinor, 0n),
})

const isSound = ({ grossMinor, platformFeeMinor }: Returned): boolean =>
  platformFeeMinor >= 0n && platformFeeMinor <= grossMinor

/** A sale with what refunds and disputes have of it, as the books keep it: disputes take what refunds leave, the first ones first. */
class Sold {
  readonly refunds: Returned[] = []
  readonly disputes: (Returned & { claimedMinor: bigint })[] = []

  readonly sale: Returned

  constructor(sale: Returned) {
    this.sale = sale
  }

  /** What no refund has. */
  unrefunded(): bigint {
    return this.sale.grossMinor - sumOf(this.refunds).grossMinor
  }

  refund(amountMinor: bigint): void {
    const platformFeeMinor = feeGivenBack(this.sale, sumOf(this.refunds), this.disputes, amountMinor)
    this.refunds.push({ grossMinor: amountMinor, platformFeeMinor })
    this.fit()
  }

  comesBack(place: number): void {
    this.refunds.splice(place % Math.max(1, this.refunds.length), 1)
    this.fit()
  }

  claim(place: number, claimedMinor: bigint): void {
    const dispute = { claimedMinor, grossMinor: 0n, platformFeeMinor: 0n }
    this.disputes.splice(place % (this.disputes.length + 1), 0, dispute)
    this.fit()
  }

  win(place: number): void {
    this.disputes.splice(place % Math.max(1, this.disputes.length), 1)
    this.fit()
  }

  fit(): void {
    let leftMinor = this.unrefunded()
    const holds = this.disputes.map((dispute) => {
      const dueMinor = dispute.claimedMinor < leftMinor ? dispute.claimedMinor : leftMinor
      leftMinor -= dueMinor
      return { ...dispute, dueMinor }
    })
    for (const { hold, moreMinor, moreFeeMinor } of fitHeld(this.sale, sumOf(this.refunds), holds)) {
      const more = { grossMinor: moreMinor, platformFeeMinor: moreFeeMinor }
      const less = { grossMinor: -moreMinor, platformFeeMinor: -moreFeeMinor }
      expect(isSound(moreMinor > 0n ? more : less)).toBe(true)
      this.disputes[holds.indexOf(hold)] = { claimedMinor: hold.claimedMinor, ...sumOf([hold, more]) }
    }
    const parts = [...this.refunds, ...this.disputes]
    const { grossMinor, platformFeeMinor } = sumOf(parts)
    const left = {
      grossMinor: this.sale.grossMinor - grossMinor,
      platformFeeMinor: this.sale.platformFeeMinor - platformFeeMinor,
    }
    expect([left, ...parts].filter((part) => !isSound(part))).toEqual([])
  }
}

type Step =
  | { readonly part: number }
  | { readonly comesBack: number }
  | { readonly claims: number; readonly place: number }
  | { readonly wins: number }

function play(gross: bigint, rate: number, steps: readonly Step[]): Sold {
  const sold = new Sold(split(gross, rate))
  for (const step of steps) {
    const left = sold.unrefunded()
    if ('claims' in step) sold.claim(step.place, (gross * BigInt(step.claims)) / 100n)
    else if ('comesBack' in step) sold.comesBack(step.comesBack)
    else if ('wins' in step) sold.win(step.wins)
    else if (left > 0n) sold.refund((left * BigInt(step.part) + 99n) / 100n)
  }
  return sold
}

describe('what goes back of a sale', () => {
  const parts = fc.integer({ min: 1, max: 100 })
  const steps = fc.array(
    fc.oneof(
      fc.record({ part: parts }),
      fc.record({ comesBack: fc.nat() }),
      fc.record({ claims: fc.integer({ min: 0, max: 100 }), place: fc.nat({ max: 3 }) }),
      fc.record({ wins: fc.nat() }),
    ),
    { maxLength: 20 },
  )
  const small = fc.bigInt({ min: 1n, max: 12n })
  const prices = fc.oneof(small, fc.bigInt({ min: 1n, max: 1_000_000n }))

  it.each<{ gross: bigint; rate: number; all: Step[] }>([
    { gross: 4n, rate: 6_250, all: [{ part: 26 }, { claims: 50, place: 0 }, { part: 1 }, { comesBack: 0 }] },
    { gross: 100n, rate: 2_000, all: [{ claims: 50, place: 0 }, { claims: 50, place: 1 }, { part: 75 }] },
  ])(
    'never has more fee than price, nor less than none, in any part: $gross at $rate, $all',
    ({ gross, rate, all }) => {
      expect(play(gross, rate, all).sale.grossMinor).toBe(gross)
    },
  )

  it('in whatever pieces, by refunds and by disputes, also where some fail, has never more fee than price, and in the end the whole', () => {
    fc.assert(
      fc.property(prices, rates, steps, (gross, rate, all) => {
        const sold = play(gross, rate, all)
        const rest = sold.unrefunded() - sumOf(sold.disputes).grossMinor
        if (rest > 0n) sold.refund(rest)
        const { grossMinor, platformFeeMinor } = sold.sale
        expect(sumOf([...sold.refunds, ...sold.disputes])).toEqual({ grossMinor, platformFeeMinor })
      }),
      { numRuns: 2_000 },
    )
  })

  it('is the same whether the refunds or the disputes are heard of first', () => {
    const claims = fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 3 })
    fc.assert(
      fc.property(prices, rates, fc.array(parts, { maxLength: 3 }), claims, (gross, rate, back, claimed) => {
        const refunds = back.map((part) => ({ part }))
        const disputes = claimed.map((part, place) => ({ claims: part, place }))
        const one = play(gross, rate, [...refunds, ...disputes])
        const other = play(gross, rate, [...disputes, ...refunds])
        expect(other.refunds).toEqual(one.refunds)
        expect(other.disputes).toEqual(one.disputes)
      }),
      { numRuns: 2_000 },
    )
  })
})
