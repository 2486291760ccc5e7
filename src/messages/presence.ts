import type { PresenceStatus } from '../generated/graphql.js'
import { Alarm } from '../lib/alarm.js'
import { addMs, SECOND_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { log } from '../lib/log.js'
import { signal } from '../lib/signals.js'
import { begin, followState } from '../lib/sources.js'
import type { Source } from '../lib/sources.js'
import type { Viewer } from '../lib/viewer.js'
import { watchBond } from './following.js'
import type { Following } from './following.js'
import { findPresence, noteSeen, upsertSettings } from './presence-queries.js'
import type { SettingsRow } from './presence-queries.js'
import { PRESENCE_TOPIC } from './types.js'

/** Whoever is there says so every so often; whoever said so for longer than that is away. */
const SAY_MS = 20 * SECOND_MS
const THERE_MS = 45 * SECOND_MS
/** How often it is asked whether somebody went: going is told by nobody. */
const LOOK_MS = 10 * SECOND_MS

/** Whether the other side is there; null while they keep it to themselves. */
export interface PresenceRow {
  readonly userId: string
  readonly status: PresenceStatus | null
}

/** Sets whether those the viewer writes with may know that they are there. Not audited. */
export async function updateMessagingSettings(
  tx: Tx,
  { userId }: Viewer,
  settings: SettingsRow,
  now: Date,
): Promise<void> {
  await upsertSettings(tx, userId, settings, now)
  await signal(tx, PRESENCE_TOPIC, [userId])
}

/** Says again and again that somebody is there, where they let others know, until the signal. Nothing is written otherwise. */
export function keepPresent(origin: Origin, userId: string, ended: AbortSignal): void {
  if (ended.aborted) return
  const say = (): void => {
    transaction(origin, async (tx, now) => {
      if (await noteSeen(tx, userId, addMs(now, -THERE_MS), now)) await signal(tx, PRESENCE_TOPIC, [userId])
    }).catch((error: unknown) => {
      log.warn({ err: error }, 'presence: could not be noted')
    })
  }
  say()
  const timer = setInterval(say, SAY_MS).unref()
  ended.addEventListener(
    'abort',
    () => {
      clearInterval(timer)
    },
    { once: true },
  )
}

/**
 * Whether the other side of a conversation is there, now and whenever that changes; null while they keep it to themselves. Ends
 * with the signal, and with a block.
 * @throws NOT_FOUND node_not_found; FORBIDDEN messaging_blocked
 */
export const presenceIn = (following: Following): Promise<AsyncIterable<PresenceRow>> =>
  begin(presences(following), following.signal)

async function* presences(following: Following): Source<PresenceRow> {
  const { db, bus, signal: ended } = following
  const alarm = new Alarm(ended)
  const { bonds, conversation } = await watchBond(following, alarm)
  const { otherId: userId } = conversation
  const ring = (): void => {
    alarm.ring()
  }
  const stop = bus.onSignal(PRESENCE_TOPIC, userId, ring)
  const timer = setInterval(ring, LOOK_MS).unref()
  try {
    const look = async (): Promise<PresenceRow> => {
      await bonds.check()
      const { isShared, isThere } = await findPresence(db, userId, THERE_MS)
      return { userId, status: isShared ? (isThere ? 'ONLINE' : 'AWAY') : null }
    }
    yield* followState({ look, markOf: ({ status }) => String(status), alarm })
  } finally {
    clearInterval(timer)
    stop()
    bonds.stop()
  }
}
