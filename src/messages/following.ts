import { Alarm } from '../lib/alarm.js'
import type { Bus } from '../lib/bus.js'
import type { Db } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { followNumbered } from '../lib/numbered.js'
import { begin } from '../lib/sources.js'
import type { Source } from '../lib/sources.js'
import { socialStream } from '../social/types.js'
import { listConversationsById } from './conversation-queries.js'
import { EVENT_BATCH, listMessageEvents } from './message-queries.js'
import { CONVERSATION_TOPIC } from './types.js'
import type { ConversationRow, MessageEventRow } from './types.js'

/** Who follows a conversation, by what, and until when. */
export interface Following {
  readonly db: Db
  readonly bus: Bus
  readonly viewerId: string
  readonly conversationId: string
  readonly signal: AbortSignal
}

/**
 * A conversation of the viewer's that nothing parts them from.
 * @throws NOT_FOUND node_not_found; FORBIDDEN messaging_blocked
 */
export async function getReachable({ db, viewerId, conversationId }: Following): Promise<ConversationRow> {
  const [row] = await listConversationsById(db, viewerId, [conversationId])
  if (!row) throw new AppError('NOT_FOUND', 'node_not_found', 'No such Conversation.', { path: ['conversationId'] })
  if (row.isParted)
    throw new AppError('FORBIDDEN', 'messaging_blocked', 'One of the two blocks the other.', {
      path: ['conversationId'],
    })
  return row
}

/** Watches whether one of the two of a conversation blocks the other, for a stream that shall then end. */
export class BondWatch {
  readonly #following: Following
  readonly #stops: readonly (() => void)[]
  #isSuspect = false

  constructor(following: Following, { creatorId, fanId }: Pick<ConversationRow, 'creatorId' | 'fanId'>, alarm: Alarm) {
    this.#following = following
    const suspect = (): void => {
      this.#isSuspect = true
      alarm.ring()
    }
    const { bus } = following
    this.#stops = [
      bus.subscribe(socialStream(creatorId), suspect),
      bus.subscribe(socialStream(fanId), suspect),
      bus.onReconnect(suspect),
    ]
  }

  /** Asks again where anything may have changed. @throws FORBIDDEN messaging_blocked */
  async check(): Promise<void> {
    if (!this.#isSuspect) return
    this.#isSuspect = false
    await getReachable(this.#following)
  }

  stop(): void {
    for (const stop of this.#stops) stop()
  }
}

/** A conversation whose bond is watched. @throws NOT_FOUND node_not_found; FORBIDDEN messaging_blocked */
export async function watchBond(
  following: Following,
  alarm: Alarm,
): Promise<{ readonly bonds: BondWatch; readonly conversation: ConversationRow }> {
  const bonds = new BondWatch(following, await getReachable(following), alarm)
  try {
    // once more: it may have changed before it was watched
    return { bonds, conversation: await getReachable(following) }
  } catch (error) {
    bonds.stop()
    throw error
  }
}

/**
 * What happens in a conversation, in order and each once, from `after` on or from now: first what the table has, and then,
 * whenever a signal says so, what it has got since. Ends with the signal, and with a block.
 * @throws NOT_FOUND node_not_found, invalid_cursor when what came after `after` is lost, or it lies in the future: a gap is never
 * silent; FORBIDDEN messaging_blocked
 */
export const receivedMessages = (following: Following, after: bigint | null): Promise<AsyncIterable<MessageEventRow>> =>
  begin(numberedMessages(following, after), following.signal)

async function* numberedMessages(following: Following, after: bigint | null): Source<MessageEventRow> {
  const { db, bus, conversationId, signal } = following
  const alarm = new Alarm(signal)
  // listening begins before the first look, so that nothing falls between the two
  const stop = bus.onSignal(CONVERSATION_TOPIC, conversationId, () => {
    alarm.ring()
  })
  let stopBonds = (): void => undefined
  try {
    const { bonds, conversation } = await watchBond(following, alarm)
    stopBonds = () => {
      bonds.stop()
    }
    const list = async (last: bigint): Promise<MessageEventRow[]> => {
      await bonds.check()
      return listMessageEvents(db, conversationId, last)
    }
    const lastSequence = conversation.lastEventSequence
    const numbered = { after, lastSequence, list, batch: EVENT_BATCH, alarm, what: 'messages' }
    for await (const event of followNumbered(numbered)) {
      await bonds.check()
      yield event
    }
  } finally {
    stop()
    stopBonds()
  }
}
