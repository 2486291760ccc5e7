import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allocate, discounted, feeGivenBack, feeHeldMore, split } from '../../src/ledger/fees.js'
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

describe('what goes back of a sale', () => {
  it('in whatever pieces, by refunds and by a dispute, also where some fail, gives back the whole fee', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ part: fc.integer({ min: 1, max: 100 }) }),
        fc.record({ comesBack: fc.nat() }),
        fc.record({ claims: fc.integer({ min: 0, max: 100 }) }),
      ),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 1_000_000n }), rates, steps, (gross, rate, all) => {
        const sale = split(gross, rate)
        const refunds: Returned[] = []
        let claimed = 0n
        let held = { grossMinor: 0n, platformFeeMinor: 0n }
        const fit = (): void => {
          const refunded = sumOf(refunds)
          const left = gross - refunded.grossMinor
          const more = (claimed < left ? claimed : left) - held.grossMinor
          if (more === 0n) return
          const fee = feeHeldMore(sale, refunded, held, more)
          expect(more > 0n ? fee >= 0n && fee <= more : fee <= 0n && fee >= more).toBe(true)
          held = sumOf([held, { grossMinor: more, platformFeeMinor: fee }])
        }
        const give = (amount: bigint): void => {
          const fee = feeGivenBack(sale, sumOf(refunds), held, amount)
          expect(fee >= 0n && fee <= amount).toBe(true)
          refunds.push({ grossMinor: amount, platformFeeMinor: fee })
        }
        for (const step of all) {
          const left = gross - sumOf(refunds).grossMinor
          if ('claims' in step) claimed = (gross * BigInt(step.claims)) / 100n
          else if ('comesBack' in step) refunds.splice(step.comesBack % Math.max(1, refunds.length), 1)
          else if (left > 0n) give((left * BigInt(step.part) + 99n) / 100n)
          fit()
        }
        const rest = gross - held.grossMinor - sumOf(refunds).grossMinor
        if (rest > 0n) give(rest)
        const back = sumOf([held, ...refunds])
        expect(back).toEqual({ grossMinor: gross, platformFeeMinor: sale.platformFeeMinor })
      }),
      { numRuns: 2_000 },
    )
  })
})
