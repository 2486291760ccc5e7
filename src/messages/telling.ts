import type { Tx } from '../lib/db.js'
import { signal } from '../lib/signals.js'
import { CONVERSATION_TOPIC, INBOX_TOPIC } from './types.js'
import type { Two } from './write-queries.js'

/** Wakes who follows a conversation, and both sides' lists. */
export async function tellBoth(tx: Tx, { id, creatorId, fanId }: Two): Promise<void> {
  await signal(tx, CONVERSATION_TOPIC, [id])
  await signal(tx, INBOX_TOPIC, [creatorId, fanId])
}

/** Wakes somebody's lists: what changed is theirs alone. */
export const tellOwn = (tx: Tx, userId: string): Promise<void> => signal(tx, INBOX_TOPIC, [userId])
