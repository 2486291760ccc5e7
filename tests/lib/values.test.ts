import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AppError } from '../../src/lib/errors.js'
import { globalId, parseGlobalId, uuidOf } from '../../src/lib/ids.js'
import { checkedPrice, currencyDigits, formatMoney, isCurrency } from '../../src/lib/money.js'
import { checkedPage, toConnection } from '../../src/lib/page.js'
import type { PageArgs } from '../../src/lib/page.js'
import { parsedUrl } from '../../src/lib/urls.js'

const UUID = '3f2b8a4e-1c5d-4e6f-8a7b-9c0d1e2f3a4b'

describe('global ids', () => {
  it('name a type and a row, and nothing else reads as one', () => {
    const id = globalId('User', UUID)
    expect(parseGlobalId(id)).toEqual({ type: 'User', uuid: UUID })
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        const parsed = parseGlobalId(text)
        expect(parsed === null || globalId(parsed.type as 'User', parsed.uuid) === text).toBe(true)
      }),
    )
  })

  it('of another type are not found, as if they did not exist', () => {
    expect(() => uuidOf('Session', globalId('User', UUID))).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND', reason: 'node_not_found' }) as AppError,
    )
  })

  it('accept one spelling only', () => {
    const id = globalId('User', UUID)
    for (const other of [`${id}=`, `${id} `, id.toUpperCase(), ` ${id}`]) expect(parseGlobalId(other)).toBeNull()
  })
})

describe('addresses', () => {
  it('are the same however often they are read', () => {
    // Node compiles what is asked for often, and may ask it otherwise from then on
    for (let n = 0; n < 20_000; n += 1) {
      expect(parsedUrl('https://b\xfccher.example/')?.href).toBe('https://xn--bcher-kva.example/')
      expect(parsedUrl('https://\xc3\x80/')).toBeNull()
    }
  })
})

describe('money', () => {
  it('is written with the digits of its currency', () => {
    const written = [
      [1250n, 'EUR', '12.50 EUR'],
      [5n, 'EUR', '0.05 EUR'],
      [-5n, 'USD', '-0.05 USD'],
      [1200n, 'JPY', '1200 JPY'],
      [1n, 'KWD', '0.001 KWD'],
      [9_007_199_254_740_993n, 'EUR', '90071992547409.93 EUR'],
    ] as const
    for (const [amountMinor, currency, text] of written) expect(formatMoney({ amountMinor, currency })).toBe(text)
  })

  it('is a price from a least to a most, and says which', () => {
    const limits = {
      EUR: [100n, 1_000_000n, 'The amount is from 1.00 EUR to 10000.00 EUR.'],
      JPY: [100n, 1_000_000n, 'The amount is from 100 JPY to 1000000 JPY.'],
      KWD: [1_000n, 10_000_000n, 'The amount is from 1.000 KWD to 10000.000 KWD.'],
    } as const
    for (const [currency, [least, most, message]] of Object.entries(limits)) {
      for (const amountMinor of [least, most])
        expect(checkedPrice({ amountMinor, currency }, ['price'])).toBe(amountMinor)
      for (const amountMinor of [least - 1n, most + 1n])
        expect(() => checkedPrice({ amountMinor, currency }, ['price'])).toThrow(message)
    }
  })

  it('knows its currencies', () => {
    expect([isCurrency('EUR'), isCurrency('eur'), isCurrency('XXX'), isCurrency('toString')]).toEqual([
      true,
      false,
      false,
      false,
    ])
    expect(() => currencyDigits('XXX')).toThrow()
  })
})

interface Row {
  readonly at: number
  readonly id: string
}
const keyOf = (row: Row): readonly string[] => [String(row.at), row.id]
const before = (a: readonly string[], b: readonly string[]): boolean =>
  Number(a[0]) !== Number(b[0]) ? Number(a[0]) < Number(b[0]) : String(a[1]) < String(b[1])

/** A list as SQL would page it: newest first, ties by id, one row more than the page. */
function read(rows: readonly Row[], args: PageArgs, filter: unknown = null) {
  const page = checkedPage(args, filter, ['number', 'text'])
  const sorted = [...rows].sort((a, b) => (before(keyOf(a), keyOf(b)) ? 1 : -1))
  if (page.isBackward) sorted.reverse()
  const { cursor } = page
  const beyond = sorted.filter((row) =>
    cursor === null ? true : page.isBackward ? before(cursor, keyOf(row)) : before(keyOf(row), cursor),
  )
  return toConnection(page, beyond.slice(0, page.limit + 1), keyOf)
}

describe('pages', () => {
  const rows = Array.from({ length: 500 }, (_, index) => ({ at: 7, id: `id-${String(index).padStart(4, '0')}` }))

  it.each([['first', 'after'] as const, ['last', 'before'] as const])(
    'show each of 500 rows of one instant once, by %s',
    (size, edge) => {
      const seen: string[] = []
      for (let cursor: string | null = null; ;) {
        const page = read(rows, { [size]: 7, [edge]: cursor })
        seen.push(...page.nodes.map((row) => row.id))
        cursor = size === 'first' ? page.pageInfo.endCursor : page.pageInfo.startCursor
        if (!(size === 'first' ? page.pageInfo.hasNextPage : page.pageInfo.hasPreviousPage)) break
      }
      expect(seen).toHaveLength(500)
      expect(new Set(seen).size).toBe(500)
    },
  )

  it('are the same rows in the same order from either end', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.record({ at: fc.integer({ min: 0, max: 3 }), id: fc.uuid() }), {
          selector: (row) => row.id,
          maxLength: 30,
        }),
        fc.integer({ min: 1, max: 10 }),
        (list, size) => {
          const forward = read(list, { first: 100 }).nodes
          const end = read(list, { last: size }).nodes
          expect(end).toEqual(forward.slice(-size))
        },
      ),
    )
  })

  it('refuse times that there never were', () => {
    const forge = (time: string) => Buffer.from(JSON.stringify([hash, time])).toString('base64url')
    const page = checkedPage({}, null, ['time'])
    const hash = page.filterHash
    expect(checkedPage({ after: forge('2026-02-28T00:00:00.000Z') }, null, ['time']).cursor).toEqual([
      '2026-02-28T00:00:00.000Z',
    ])
    for (const time of [
      '2026-02-30T00:00:00.000Z',
      '0000-01-01T00:00:00.000Z',
      '2026-01-01T25:00:00.000Z',
      '+010000-01-01T00:00:00.000Z',
      'now',
    ])
      expect(() => checkedPage({ after: forge(time) }, null, ['time'])).toThrow(
        expect.objectContaining({ reason: 'invalid_cursor' }) as AppError,
      )
  })

  it('refuse what cannot be: sizes, both directions, foreign and mended cursors', () => {
    const cursor = read(rows, { first: 1 }, { status: 'active' }).pageInfo.endCursor ?? ''
    const refused: [PageArgs, unknown, string][] = [
      [{ first: 0 }, null, 'page_size_out_of_range'],
      [{ first: 101 }, null, 'page_size_out_of_range'],
      [{ first: 2 ** 31 }, null, 'page_size_out_of_range'],
      [{ last: -1 }, null, 'page_size_out_of_range'],
      [{ first: 1, last: 1 }, null, 'page_both_directions'],
      [{ first: 1, before: cursor }, null, 'page_both_directions'],
      [{ after: cursor }, { status: 'banned' }, 'cursor_of_another_list'],
      [{ after: 'not-a-cursor' }, null, 'invalid_cursor'],
      [{ after: 'x'.repeat(5_000) }, null, 'invalid_cursor'],
      [{ after: Buffer.from('["h"]').toString('base64url') }, null, 'invalid_cursor'],
      [{ after: Buffer.from('{"a":1}').toString('base64url') }, null, 'invalid_cursor'],
    ]
    for (const [args, filter, reason] of refused)
      expect(() => checkedPage(args, filter, ['number', 'text'])).toThrow(
        expect.objectContaining({ code: 'INVALID', reason }) as AppError,
      )
  })
})
