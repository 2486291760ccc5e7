import { transaction } from '../lib/db.js'
import type { Tx } from '../lib/db.js'
import type { OutboxEvent } from '../lib/events.js'
import { jobOrigin } from '../lib/jobs.js'
import { onEvents } from '../lib/relay.js'
import type { EventHandler } from '../lib/relay.js'
import { signal } from '../lib/signals.js'
import { findSight } from './inbox-queries.js'
import { enqueueMails, findSeenNews, holdInboxes, insertNews, listWilling } from './telling-queries.js'
import { TOLD_TOPIC } from './types.js'
import type { AddressedNews, MailOrder, News } from './types.js'

/**
 * Tells people news, in their inbox and by mail as they want it: those whom neither a block nor a mute parts from who did it,
 * each once per key. What joins an open group is not mailed again. Answers how much was new.
 */
export async function tell(tx: Tx, all: readonly AddressedNews[], now: Date): Promise<number> {
  const willing = await listWilling(tx, all, now)
  const inApp = willing.filter((one) => one.inApp).map(({ addressed }) => addressed)
  if (inApp.length > 0) await holdInboxes(tx, peopleOf(inApp))
  const told = inApp.length > 0 ? await insertNews(tx, inApp, now) : []
  await signal(tx, TOLD_TOPIC, peopleOf(told.map(({ addressed }) => addressed)))
  const isNew = new Set(told.filter(({ isJoined }) => !isJoined).map(({ addressed }) => addressed))
  const mailed = willing.filter((one) => one.email && (!one.inApp || isNew.has(one.addressed)))
  await enqueueMails(
    tx,
    mailed.map(({ addressed }) => orderOf(addressed)),
    now,
  )
  return told.length
}

const peopleOf = (addressed: readonly AddressedNews[]): string[] => [...new Set(addressed.map(({ userId }) => userId))]

const orderOf = ({ userId, news: { type, actorId, subject, groupKey, onceKey, facts } }: AddressedNews): MailOrder => ({
  userId,
  onceKey,
  news: { type, actorId, subject, groupKey, ...(facts && { facts }) },
})

/** Tells one person news, if they may see it now: what was taken back before it could be told is no news. */
export async function tellOne(
  tx: Tx,
  news: News,
  userId: string,
  { isGated, now }: { readonly isGated: boolean; readonly now: Date },
): Promise<void> {
  if (await findSeenNews(tx, await findSight(tx, userId, isGated), news)) await tell(tx, [{ userId, news }], now)
}

/** Whom to tell, and what. */
export interface Telling {
  readonly userId: string
  readonly news: Omit<News, 'eventId'>
}

/** What a handler of events of `type` does: it tells the few people whom something concerns, in one transaction. */
export const telling = (
  name: string,
  type: string,
  whom: (event: OutboxEvent, tx: Tx, now: Date) => Promise<readonly Telling[]> | readonly Telling[],
): EventHandler =>
  onEvents(name, [type], (event, services, jobId) =>
    transaction(jobOrigin(services, jobId), async (tx, now) => {
      // in order of id, as whoever holds several inboxes does
      const tellings = [...(await whom(event, tx, now))].sort((one, other) => (one.userId < other.userId ? -1 : 1))
      for (const { userId, news } of tellings)
        await tellOne(tx, { ...news, eventId: event.id }, userId, { isGated: services.isAgeGated === true, now })
    }),
  )
