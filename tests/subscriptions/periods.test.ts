import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endOfPeriod } from '../../src/subscriptions/periods.js'

const at = (text: string): Date => new Date(text)

describe('a period', () => {
  it.each([
    ['2026-01-31T10:00:00.000Z', 1, 1, '2026-02-28T10:00:00.000Z'],
    ['2026-01-31T10:00:00.000Z', 2, 1, '2026-03-31T10:00:00.000Z'],
    ['2028-01-31T10:00:00.000Z', 1, 1, '2028-02-29T10:00:00.000Z'],
    ['2028-02-29T23:59:59.999Z', 1, 12, '2029-02-28T23:59:59.999Z'],
    ['2028-02-29T23:59:59.999Z', 4, 12, '2032-02-29T23:59:59.999Z'],
    ['2096-02-29T00:00:00.000Z', 4, 12, '2100-02-28T00:00:00.000Z'],
    ['2026-11-30T00:00:00.000Z', 1, 3, '2027-02-28T00:00:00.000Z'],
    ['2026-12-31T23:00:00.000Z', 6, 1, '2027-06-30T23:00:00.000Z'],
  ])('from %s, number %i of %i months, ends at %s', (anchor, number, months, end) => {
    expect(endOfPeriod(at(anchor), number, months)).toEqual(at(end))
  })

  it('ends on the anchor’s day or the month’s last, at its time, after the one before, over 200 years', () => {
    const anchors = fc.date({ min: at('1970-01-01T00:00:00Z'), max: at('2100-12-31T23:59:59Z'), noInvalidDate: true })
    fc.assert(
      fc.property(
        anchors,
        fc.integer({ min: 1, max: 2_400 }),
        fc.constantFrom(1, 3, 6, 12),
        (anchor, number, months) => {
          fc.pre(number * months <= 2_400)
          const end = endOfPeriod(anchor, number, months)
          const lastDay = new Date(Date.UTC(end.getUTCFullYear(), end.getUTCMonth() + 1, 0)).getUTCDate()
          expect(end.getUTCDate()).toBe(Math.min(anchor.getUTCDate(), lastDay))
          expect(end.toISOString().slice(11)).toBe(anchor.toISOString().slice(11))
          const between =
            (end.getUTCFullYear() - anchor.getUTCFullYear()) * 12 + end.getUTCMonth() - anchor.getUTCMonth()
          expect(between).toBe(number * months)
          expect(end.getTime()).toBeGreaterThan(endOfPeriod(anchor, number - 1, months).getTime())
        },
      ),
      { numRuns: 2_000 },
    )
  })
})
