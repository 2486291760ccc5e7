import { LRUCache } from 'lru-cache'
import { Alarm } from '../lib/alarm.js'
import type { Bus } from '../lib/bus.js'
import { addMs } from '../lib/clock.js'
import { databaseNow } from '../lib/db.js'
import type { Db } from '../lib/db.js'
import { begin, LISTENING } from '../lib/sources.js'
import type { Source } from '../lib/sources.js'
import { TIMEOUTS } from '../lib/timeouts.js'
import { CHANGES_BATCH, listChangedConversations } from './conversation-queries.js'
import { INBOX_TOPIC } from './types.js'
import type { ConversationRow } from './types.js'

/** Conversations whose last state is remembered; of others one may be told twice. */
const REMEMBERED = 5_000
const FIRST = '00000000-0000-0000-0000-000000000000'

/**
 * The conversations of somebody, each as it is whenever it has changed. States, not steps: of two changes at once one may be
 * told. Ends with the signal.
 */
export const updatedConversations = (
  db: Db,
  bus: Bus,
  viewerId: string,
  signal: AbortSignal,
): Promise<AsyncIterable<ConversationRow>> => begin(updates(db, bus, viewerId, signal), signal)

async function* updates(db: Db, bus: Bus, viewerId: string, signal: AbortSignal): Source<ConversationRow> {
  const alarm = new Alarm(signal)
  const stop = bus.onSignal(INBOX_TOPIC, viewerId, () => {
    alarm.ring()
  })
  const told = new LRUCache<string, string>({ max: REMEMBERED })
  try {
    let since = addMs(await databaseNow(db), -TIMEOUTS.rereadMs)
    for await (const row of changedSince(db, viewerId, since)) told.set(row.id, stateOf(row))
    yield LISTENING
    while (await alarm.next()) {
      const now = await databaseNow(db)
      for await (const row of changedSince(db, viewerId, since)) {
        const state = stateOf(row)
        if (told.get(row.id) === state) continue
        told.set(row.id, state)
        yield row
      }
      since = addMs(now, -TIMEOUTS.rereadMs)
    }
  } finally {
    stop()
  }
}

async function* changedSince(db: Db, viewerId: string, since: Date): AsyncGenerator<ConversationRow> {
  for (let from: readonly [Date, string] = [since, FIRST]; ;) {
    const rows = await listChangedConversations(db, viewerId, from)
    yield* rows
    const last = rows.at(-1)
    if (!last || rows.length < CHANGES_BATCH) return
    from = [last.changedAt, last.participantId]
  }
}

const stateOf = (row: ConversationRow): string =>
  [
    row.lastEventSequence,
    row.readSequence,
    row.otherReadUpTo,
    row.sendsReadReceipts,
    row.archivedAt?.getTime(),
    row.mutedUntil?.getTime(),
    row.pinnedAt?.getTime(),
  ].join(' ')
