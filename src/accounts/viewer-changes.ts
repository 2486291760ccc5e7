import type { Bus } from '../lib/bus.js'
import type { Db } from '../lib/db.js'
import { followStream } from '../lib/following.js'
import type { Following } from '../lib/following.js'
import type { OutboxEvent } from '../lib/events.js'
import { mapped } from '../lib/sources.js'
import { userStream } from '../sessions/types.js'
import { ROLE_CHANGED, STATUS_CHANGED } from './types.js'
import type { ViewerChangeKind, ViewerChangeRow } from './types.js'

/**
 * What happens to somebody's account, each event once and in order, from `after` on or from now. Ends with the signal.
 * @throws NOT_FOUND invalid_cursor when events after `after` are lost, or it lies in the future: a gap is never silent
 */
export const viewerChanges = async (
  db: Db,
  bus: Bus,
  userId: string,
  following: Following,
): Promise<AsyncIterable<ViewerChangeRow>> =>
  mapped(await followStream(db, bus, userStream(userId), following), toChange)

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
