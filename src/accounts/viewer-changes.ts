import type { Bus } from '../lib/bus.js'
import type { Db } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { OutboxEvent } from '../lib/events.js'
import { userStream } from '../sessions/types.js'
import { findLastSequence } from './queries.js'
import { ROLE_CHANGED, STATUS_CHANGED } from './types.js'
import type { ViewerChangeKind, ViewerChangeRow } from './types.js'

/** Where to begin, and when to end. */
export interface Following {
  readonly after: bigint | null
  readonly signal: AbortSignal
}

const lost = (): AppError =>
  new AppError(
    'NOT_FOUND',
    'invalid_cursor',
    'What came after this is not kept any more: read the viewer, and subscribe without `after`.',
    {
      path: ['after'],
    },
  )

/**
 * What happens to somebody's account, each event once and in order, from `after` on or from now. Ends with the signal.
 * @throws NOT_FOUND invalid_cursor when events after `after` are lost, or it lies in the future: a gap is never silent
 */
export async function* viewerChanges(
  db: Db,
  bus: Bus,
  userId: string,
  { after, signal }: Following,
): AsyncGenerator<ViewerChangeRow> {
  const stream = userStream(userId)
  if (after !== null && (after < 0n || after > (await findLastSequence(db, stream)))) throw lost()
  let last = after
  for await (const event of bus.events(stream, { ...(after !== null && { after }), signal })) {
    if (last !== null && event.sequence !== last + 1n) throw lost()
    last = event.sequence
    yield toChange(event)
  }
}

const toChange = ({ id, sequence, type }: OutboxEvent): ViewerChangeRow => ({
  eventId: id.toString(),
  sequence,
  kind: kindOf(type),
})

function kindOf(type: string): ViewerChangeKind {
  if (type === STATUS_CHANGED) return 'STATUS'
  if (type === ROLE_CHANGED) return 'ROLE'
  return type.startsWith('sessions.') ? 'SESSIONS' : 'ACCOUNT'
}
