import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allocate, discounted, feeGivenBack, split } from '../../src/ledger/fees.js'

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

describe('what goes back of a sale', () => {
  it('in whatever pieces, by refunds and by a dispute, also where some fail, gives back the whole fee', () => {
    const pieces = fc.array(fc.record({ part: fc.integer({ min: 1, max: 100 }), fails: fc.boolean() }), {
      maxLength: 12,
    })
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 1_000_000n }),
        rates,
        pieces,
        fc.integer({ min: 0, max: 100 }),
        (gross, rate, all, disputed) => {
          const sale = split(gross, rate)
          let refunds = { grossMinor: 0n, platformFeeMinor: 0n }
          const held = (gross * BigInt(disputed)) / 100n
          const dispute = held > 0n ? feeGivenBack(sale, { grossMinor: 0n, platformFeeMinor: 0n }, held, 'DISPUTE') : 0n
          const give = (amount: bigint, fails: boolean): void => {
            const fee = feeGivenBack(sale, refunds, amount, 'REFUND')
            expect(fee >= 0n && fee <= amount).toBe(true)
            if (!fails)
              refunds = { grossMinor: refunds.grossMinor + amount, platformFeeMinor: refunds.platformFeeMinor + fee }
          }
          for (const { part, fails } of all) {
            const left = gross - held - refunds.grossMinor
            const amount = (left * BigInt(part)) / 100n
            if (amount > 0n) give(amount, fails)
          }
          const rest = gross - held - refunds.grossMinor
          if (rest > 0n) give(rest, false)
          expect(refunds.platformFeeMinor + dispute).toBe(sale.platformFeeMinor)
        },
      ),
      { numRuns: 1_000 },
    )
  })
})
