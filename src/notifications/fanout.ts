import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import type { OutboxEvent } from '../lib/events.js'
import { enqueue } from '../lib/jobs.js'
import {
  advanceFanout,
  finishFanout,
  getFanoutForUpdate,
  insertFanout,
  isStillNews,
  listReach,
} from './fanout-queries.js'
import type { Fanout, FanoutType } from './fanout-queries.js'
import { groups } from './groups.js'
import { tell } from './telling.js'
import { fanOutJob } from './types.js'
import type { News } from './types.js'

/** People one transaction tells: it holds their inboxes until it ends. */
export const FANOUT_BATCH = 1_000

/** Begins to tell a creator's followers and subscribers of a post, or that its broadcast is on air, as a job; once per event. */
export async function startFanout(
  tx: Tx,
  { id, createdAt, payload }: OutboxEvent<{ readonly contentId: string; readonly creatorId: string }>,
  type: FanoutType,
): Promise<void> {
  const { contentId, creatorId } = payload
  const fanoutId = await insertFanout(tx, { eventId: id, type, contentId, creatorId, happenedAt: createdAt })
  if (fanoutId !== null) await enqueue(tx, fanOutJob, { fanoutId }, { key: `fanout:${fanoutId}` })
}

/**
 * Tells those whom a fan-out has not reached, in batches that each commit with the mark: a crash loses at most one batch's
 * work, and nobody is told twice. Ends early when the post is taken back.
 */
export async function runFanout(origin: Origin, fanoutId: string): Promise<void> {
  const tellNext = (): Promise<boolean> =>
    transaction(origin, async (tx, now) => {
      const fanout = await getFanoutForUpdate(tx, fanoutId)
      if (!fanout || fanout.finishedAt) return false
      const userIds = (await isStillNews(tx, fanout, now)) ? await listReach(tx, fanout, FANOUT_BATCH, now) : []
      const last = userIds.at(-1)
      if (last === undefined) {
        await finishFanout(tx, fanoutId, now)
        return false
      }
      const news = newsOf(fanout)
      const addressed = userIds.map((userId) => ({ userId, news }))
      await advanceFanout(tx, fanoutId, last, await tell(tx, addressed, now))
      return true
    })
  while (await tellNext());
}

const newsOf = ({ eventId, type, contentId, creatorId }: Fanout): News => ({
  type,
  actorId: creatorId,
  subject: { table: 'content', id: contentId },
  groupKey: type === 'STREAM' ? groups.stream(contentId) : groups.post(contentId),
  onceKey: `${type === 'STREAM' ? 'stream' : 'content'}:${contentId}`,
  eventId,
})
