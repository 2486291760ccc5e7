import { Alarm } from '../lib/alarm.js'
import { MINUTE_MS, monotonicMs, SECOND_MS } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { RateLimit } from '../lib/rate.js'
import { signal } from '../lib/signals.js'
import { begin, LISTENING } from '../lib/sources.js'
import type { Source } from '../lib/sources.js'
import type { Viewer } from '../lib/viewer.js'
import { isBlockedEitherWay } from '../social/social.js'
import { watchBond } from './following.js'
import type { Following } from './following.js'
import { getConversation } from './sending.js'
import { TYPING_ENDED_TOPIC, TYPING_TOPIC, typingKey } from './types.js'
import type { TypingRow } from './types.js'

/** How often somebody may say that they write; it guards nothing but patience. */
export const TYPING: RateLimit = {
  name: 'messages.typing',
  points: 120,
  windowSeconds: MINUTE_MS / SECOND_MS,
  store: 'process',
}

/** Who says no more for so long writes no more. */
const TYPING_MS = 6 * SECOND_MS

/**
 * Tells the other side of a conversation that the viewer writes, or no more. Kept nowhere, and over by itself after 6 seconds.
 * @throws NOT_FOUND node_not_found; CONFLICT messaging_blocked
 */
export async function setTyping(
  tx: Tx,
  { userId }: Viewer,
  { conversationId, typing }: { readonly conversationId: string; readonly typing: boolean },
): Promise<void> {
  const { creatorId, fanId } = await getConversation(tx, conversationId, userId)
  if (await isBlockedEitherWay(tx, creatorId, fanId))
    throw new AppError('CONFLICT', 'messaging_blocked', 'One of the two blocks the other.', {
      path: ['input', 'conversationId'],
    })
  await signal(tx, typing ? TYPING_TOPIC : TYPING_ENDED_TOPIC, [typingKey(conversationId, userId)])
}

/** What was heard of whoever writes, and until when it counts. */
class Ear {
  readonly #alarm: Alarm
  #endsMs = 0
  #timer: NodeJS.Timeout | undefined
  #heard: 'typing' | 'ended' | null = null

  constructor(alarm: Alarm) {
    this.#alarm = alarm
  }

  hear(what: 'typing' | 'ended' | null): void {
    this.#heard = what
    this.#alarm.ring()
  }

  /** Whether they write, by all that was heard. */
  listen(): boolean {
    if (this.#heard === 'ended') this.#endsMs = 0
    if (this.#heard === 'typing') {
      this.#endsMs = monotonicMs() + TYPING_MS
      this.stop()
      this.#timer = setTimeout(() => {
        this.#alarm.ring()
      }, TYPING_MS + 1).unref()
    }
    this.#heard = null
    return this.#endsMs > monotonicMs()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}

/**
 * Whether the other side writes, whenever that changes. Ends with the signal, and with a block.
 * @throws NOT_FOUND node_not_found; FORBIDDEN messaging_blocked
 */
export const typingIn = (following: Following): Promise<AsyncIterable<TypingRow>> =>
  begin(heard(following), following.signal)

async function* heard(following: Following): Source<TypingRow> {
  const { bus, conversationId, signal: ended } = following
  const alarm = new Alarm(ended)
  const ear = new Ear(alarm)
  const { bonds, conversation } = await watchBond(following, alarm)
  const { otherId: userId } = conversation
  const key = typingKey(conversationId, userId)
  const stops = [
    bus.onSignal(TYPING_TOPIC, key, () => {
      ear.hear('typing')
    }),
    bus.onSignal(TYPING_ENDED_TOPIC, key, () => {
      ear.hear('ended')
    }),
    // after a reconnection every signal seems to have come: of what is kept nowhere none did
    bus.onReconnect(() => {
      ear.hear(null)
    }),
  ]
  try {
    yield LISTENING
    for (let isTyping = false; await alarm.next();) {
      await bonds.check()
      if (ear.listen() === isTyping) continue
      isTyping = !isTyping
      yield { userId, isTyping }
    }
  } finally {
    ear.stop()
    bonds.stop()
    for (const stop of stops) stop()
  }
}
