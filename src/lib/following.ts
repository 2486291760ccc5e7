import type { Bus } from './bus.js'
import type { Db } from './db.js'
import { AppError } from './errors.js'
import { findLastSequence } from './events.js'
import type { OutboxEvent } from './events.js'

/** Where to begin, and when to end. */
export interface Following {
  readonly after: bigint | null
  readonly signal: AbortSignal
}

const lost = (): AppError =>
  new AppError(
    'NOT_FOUND',
    'invalid_cursor',
    'What came after this is not kept any more: read what there is, and subscribe without `after`.',
    { path: ['after'] },
  )

/**
 * The events of a stream, each once and in order, from `after` on or from now. Ends with the signal.
 * @throws NOT_FOUND invalid_cursor when events after `after` are lost, or it lies in the future: a gap is never silent
 */
export async function followStream(
  db: Db,
  bus: Bus,
  stream: string,
  { after, signal }: Following,
): Promise<AsyncGenerator<OutboxEvent, void>> {
  if (after !== null && (after < 0n || after > (await findLastSequence(db, stream)))) throw lost()
  return withoutGap(await bus.events(stream, { ...(after !== null && { after }), signal }), after)
}

async function* withoutGap(
  events: AsyncIterable<OutboxEvent>,
  after: bigint | null,
): AsyncGenerator<OutboxEvent, void> {
  let last = after
  for await (const event of events) {
    if (last !== null && event.sequence !== last + 1n) throw lost()
    last = event.sequence
    yield event
  }
}
