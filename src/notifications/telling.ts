import type { Tx } from '../lib/db.js'
import { signal } from '../lib/signals.js'
import { findSight } from './inbox-queries.js'
import { enqueueMails, findSeenNews, holdInboxes, insertNews, listWilling } from './telling-queries.js'
import { TOLD_TOPIC } from './types.js'
import type { News } from './types.js'

/**
 * Tells these people news, in their inbox and by mail as they want it: those whom neither a block nor a mute parts from who
 * did it, each once per key. What joins an open group is not mailed again. Answers how many inboxes it came to.
 */
export async function tell(tx: Tx, news: News, userIds: readonly string[], now: Date): Promise<number> {
  const willing = await listWilling(tx, news, userIds, now)
  const inApp = willing.filter((person) => person.inApp).map(({ userId }) => userId)
  if (inApp.length > 0) await holdInboxes(tx, inApp)
  const told = inApp.length > 0 ? await insertNews(tx, news, inApp, now) : []
  await signal(
    tx,
    TOLD_TOPIC,
    told.map(({ userId }) => userId),
  )
  const isNew = new Set(told.filter(({ isJoined }) => !isJoined).map(({ userId }) => userId))
  const mailed = willing.filter((person) => person.email && (!person.inApp || isNew.has(person.userId)))
  const { type, actorId, subject, groupKey, onceKey } = news
  const orders = mailed.map(({ userId }) => ({ userId, onceKey, news: { type, actorId, subject, groupKey } }))
  await enqueueMails(tx, orders, now)
  return told.length
}

/** Tells one person news, if they may see it now: what was taken back before it could be told is no news. */
export async function tellOne(
  tx: Tx,
  news: News,
  userId: string,
  { isGated, now }: { readonly isGated: boolean; readonly now: Date },
): Promise<void> {
  if (await findSeenNews(tx, await findSight(tx, userId, isGated), news)) await tell(tx, news, [userId], now)
}
