import { CONTENT_LIKED } from '../comments/types.js'
import { CONTENT_PUBLISHED } from '../content/types.js'
import { transaction } from '../lib/db.js'
import { jobOrigin } from '../lib/jobs.js'
import type { JobServices } from '../lib/jobs.js'
import { onEvents } from '../lib/relay.js'
import type { EventHandler } from '../lib/relay.js'
import { FOLLOWED } from '../social/types.js'
import type { Followed } from '../social/types.js'
import { startFanout } from './fanout.js'
import { tell } from './telling.js'
import type { News } from './types.js'

/** What people are told of what others did. */
export const handlers: readonly EventHandler[] = [
  onEvents<Followed>(
    'notifications.followed',
    [FOLLOWED],
    async ({ id, payload: { followerId, followingId, isNews } }, services, jobId) => {
      if (!isNews) return
      const news = {
        type: 'NEW_FOLLOWER',
        actorId: followerId,
        subject: { table: 'users', id: followingId },
        groupKey: 'followers',
        onceKey: `follow:${String(id)}`,
        eventId: id,
      } as const
      await tellOne(followingId, news, services, jobId)
    },
  ),

  onEvents<{ contentId: string; userId: string; creatorId: string }>(
    'notifications.content_liked',
    [CONTENT_LIKED],
    ({ id, payload: { contentId, userId, creatorId } }, services, jobId) => {
      const news = {
        type: 'CONTENT_LIKE',
        actorId: userId,
        subject: { table: 'content', id: contentId },
        groupKey: `likes:${contentId}`,
        onceKey: `like:${contentId}:${userId}`,
        eventId: id,
      } as const
      return tellOne(creatorId, news, services, jobId)
    },
  ),

  onEvents<{ contentId: string; creatorId: string }>(
    'notifications.content_published',
    [CONTENT_PUBLISHED],
    (event, services, jobId) => transaction(jobOrigin(services, jobId), (tx) => startFanout(tx, event)),
  ),
]

const tellOne = async (userId: string, news: News, services: JobServices, jobId: string): Promise<void> => {
  await transaction(jobOrigin(services, jobId), (tx, now) => tell(tx, news, [userId], now))
}
