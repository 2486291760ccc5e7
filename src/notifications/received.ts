import { Alarm } from '../lib/alarm.js'
import type { Bus } from '../lib/bus.js'
import type { Db } from '../lib/db.js'
import { followNumbered } from '../lib/numbered.js'
import { EVENT_BATCH, findInbox, findSight, listEvents } from './inbox-queries.js'
import { TOLD_TOPIC } from './types.js'
import type { NotificationEventRow } from './types.js'

/**
 * What somebody is told, in order and each once, from `after` on or from now: first what the table has, and then, whenever a
 * signal says so, what it has got since. Ends with the signal.
 * @throws NOT_FOUND invalid_cursor when what came after `after` is lost, or it lies in the future: a gap is never silent
 */
export async function* receivedNotifications(
  db: Db,
  bus: Bus,
  userId: string,
  {
    after,
    signal,
    isGated,
  }: { readonly after: bigint | null; readonly signal: AbortSignal; readonly isGated: boolean },
): AsyncGenerator<NotificationEventRow> {
  const alarm = new Alarm(signal)
  // listening begins before the first look, so that nothing falls between the two
  const stop = bus.onSignal(TOLD_TOPIC, userId, () => {
    alarm.ring()
  })
  try {
    const { lastSequence } = await findInbox(db, userId)
    const list = async (last: bigint) => listEvents(db, await findSight(db, userId, isGated), last)
    const numbered = { after, lastSequence, list, batch: EVENT_BATCH, alarm, what: 'notifications' }
    for await (const { isShown, ...notification } of followNumbered(numbered)) {
      const { eventId, sequence } = notification
      if (isShown) yield { eventId, sequence, notification }
    }
  } finally {
    stop()
  }
}
