import type { Bus } from '../lib/bus.js'
import type { Db } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { EVENT_BATCH, findInbox, findSight, listEvents } from './inbox-queries.js'
import { TOLD_TOPIC } from './types.js'
import type { NotificationEventRow } from './types.js'

const lost = (): AppError =>
  new AppError(
    'NOT_FOUND',
    'invalid_cursor',
    'What came after this is not kept any more: read the notifications, and subscribe without `after`.',
    { path: ['after'] },
  )

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
    if (after !== null && (after < 0n || after > lastSequence)) throw lost()
    for (let last = after ?? lastSequence; ;) {
      const events = await listEvents(db, await findSight(db, userId, isGated), last)
      for (const { isShown, ...notification } of events) {
        const { eventId, sequence } = notification
        if (sequence !== last + 1n) throw lost()
        last = sequence
        if (isShown) yield { eventId, sequence, notification }
      }
      if (events.length < EVENT_BATCH && !(await alarm.next())) return
    }
  } finally {
    stop()
  }
}

/** Rings for whoever waits, or for who waits next; silent for ever once the signal is aborted. */
class Alarm {
  readonly #signal: AbortSignal
  #hasRung = false
  #wake = (): void => undefined

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener(
      'abort',
      () => {
        this.#wake()
      },
      { once: true },
    )
  }

  ring(): void {
    this.#hasRung = true
    this.#wake()
  }

  /** Waits until it rings; false when it never will. */
  async next(): Promise<boolean> {
    if (!this.#hasRung && !this.#signal.aborted) await new Promise<void>((resolve) => (this.#wake = resolve))
    this.#hasRung = false
    return !this.#signal.aborted
  }
}
