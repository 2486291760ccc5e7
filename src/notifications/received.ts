import { Alarm } from '../lib/alarm.js'
import type { Bus } from '../lib/bus.js'
import type { Db } from '../lib/db.js'
import { followNumbered } from '../lib/numbered.js'
import { begin, mapped } from '../lib/sources.js'
import type { Source } from '../lib/sources.js'
import { EVENT_BATCH, findInbox, findSight, listEvents } from './inbox-queries.js'
import { TOLD_TOPIC } from './types.js'
import type { NotificationEventRow, NotificationRow } from './types.js'

/** Where somebody begins to be told, and until when. */
export interface Start {
  readonly after: bigint | null
  readonly signal: AbortSignal
  /** Whether everything counts as age restricted. */
  readonly isGated: boolean
}

/**
 * What somebody is told, in order and each once, from `after` on or from now: first what the table has, and then, whenever a
 * signal says so, what it has got since. Ends with the signal.
 * @throws NOT_FOUND invalid_cursor when what came after `after` is lost, or it lies in the future: a gap is never silent
 */
export async function receivedNotifications(
  db: Db,
  bus: Bus,
  userId: string,
  start: Start,
): Promise<AsyncIterable<NotificationEventRow>> {
  const events = await begin(numberedNotifications(db, bus, userId, start), start.signal)
  return mapped(events, ({ isShown, ...notification }) => {
    const { eventId, sequence } = notification
    return isShown ? { eventId, sequence, notification } : null
  })
}

async function* numberedNotifications(
  db: Db,
  bus: Bus,
  userId: string,
  { after, signal, isGated }: Start,
): Source<NotificationRow & { readonly isShown: boolean }> {
  const alarm = new Alarm(signal)
  // listening begins before the first look, so that nothing falls between the two
  const stop = bus.onSignal(TOLD_TOPIC, userId, () => {
    alarm.ring()
  })
  try {
    const { lastSequence } = await findInbox(db, userId)
    const list = async (last: bigint) => listEvents(db, await findSight(db, userId, isGated), last)
    yield* followNumbered({ after, lastSequence, list, batch: EVENT_BATCH, alarm, what: 'notifications' })
  } finally {
    stop()
  }
}
