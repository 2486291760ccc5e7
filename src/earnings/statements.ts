import type { Db } from '../lib/db.js'
import { formatMoney } from '../lib/money.js'
import { listStatement } from './queries.js'
import type { RecordRow } from './types.js'

/** Rows that are read, and sent, at once. */
const PART = 500

const COLUMNS = [
  'transaction',
  'shown_at',
  'type',
  'reason',
  'reverses',
  'description',
  'gross',
  'platform_fee',
  'net',
  'currency',
]

/**
 * A creator's statement as CSV (RFC 4180), part by part: everything that was shown to them within a span, the oldest first, in
 * amounts whose sums are the ledger's. Who paid is not in it.
 */
export async function* writeStatement(
  db: Db,
  creatorId: string,
  span: { readonly from: Date; readonly to: Date; readonly now: Date },
): AsyncGenerator<string> {
  yield toLine(COLUMNS)
  for (let last: RecordRow | null = null; ;) {
    const rows: RecordRow[] = await listStatement(db, creatorId, span, last, PART)
    if (rows.length > 0) yield rows.map(lineOf).join('')
    last = rows.at(-1) ?? null
    if (rows.length < PART) return
  }
}

const lineOf = (row: RecordRow): string =>
  toLine([
    row.id,
    row.shownAt.toISOString(),
    row.type,
    row.reason ?? '',
    row.reversesId ?? '',
    quoted(row.description ?? ''),
    amountOf(row, row.grossMinor),
    amountOf(row, row.platformFeeMinor),
    amountOf(row, row.netMinor),
    row.currency,
  ])

const toLine = (cells: readonly string[]): string => `${cells.join(',')}\r\n`

const amountOf = ({ currency }: RecordRow, amountMinor: bigint): string =>
  formatMoney({ amountMinor, currency }).slice(0, -currency.length - 1)

/** What people wrote, as a cell: what a spreadsheet would take for a formula is text by the apostrophe before it. */
const quoted = (text: string): string =>
  `"${(/^[\s\p{Cf}]*[=+\-@|%＝＋－＠]/u.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`
