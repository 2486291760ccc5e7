import type { Alarm } from './alarm.js'
import { AppError } from './errors.js'
import { LISTENING } from './sources.js'
import type { Source } from './sources.js'

/** Rows that are numbered without gaps, as a table keeps them for those who follow. */
export interface Numbered<Row> {
  /** The last that the client has; null to begin with what comes. */
  readonly after: bigint | null
  /** The number of the newest. */
  readonly lastSequence: bigint
  /** The next rows behind a number, in order, at most `batch`. */
  readonly list: (after: bigint) => Promise<Row[]>
  readonly batch: number
  /** Rings whenever there may be more; its end is the end. */
  readonly alarm: Alarm
  /** What a client reads anew where what it asks for is gone. */
  readonly what: string
}

/**
 * Numbered rows, in order and each once, from `after` on or from now: first what the table has, and then, whenever the alarm
 * rings, what it has got since.
 * @throws NOT_FOUND invalid_cursor when what came after `after` is lost, or it lies in the future: a gap is never silent
 */
export async function* followNumbered<Row extends { readonly sequence: bigint }>({
  after,
  lastSequence,
  list,
  batch,
  alarm,
  what,
}: Numbered<Row>): Source<Row> {
  const lost = (): AppError =>
    new AppError(
      'NOT_FOUND',
      'invalid_cursor',
      `What came after this is not kept any more: read the ${what}, and subscribe without \`after\`.`,
      { path: ['after'] },
    )
  if (after !== null && (after < 0n || after > lastSequence)) throw lost()
  yield LISTENING
  for (let last = after ?? lastSequence; ;) {
    const rows = await list(last)
    if (rows.length === 0 && last < lastSequence) throw lost()
    for (const row of rows) {
      if (row.sequence !== last + 1n) throw lost()
      last = row.sequence
      yield row
    }
    if (rows.length < batch && !(await alarm.next())) return
  }
}
