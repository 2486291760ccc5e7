import { CONTENT_PUBLISHED } from '../content/types.js'
import { transaction } from '../lib/db.js'
import { jobOrigin } from '../lib/jobs.js'
import { onEvents } from '../lib/relay.js'
import type { EventHandler } from '../lib/relay.js'
import { startFanout } from './fanout.js'
import { tell } from './telling.js'
import type { News } from './types.js'

/** Tells one or a few people as soon as it happened. */
const telling = <Payload>(
  name: string,
  types: readonly string[],
  toNews: (payload: Payload, eventId: bigint) => { readonly news: News; readonly userIds: readonly string[] } | null,
): EventHandler =>
  onEvents<Payload>(name, types, async ({ id, payload }, services, jobId) => {
    const told = toNews(payload, id)
    if (told) await transaction(jobOrigin(services, jobId), (tx, now) => tell(tx, told.news, told.userIds, now))
  })

/** What people are told of what others did. */
export const handlers: readonly EventHandler[] = [
  telling<{ followerId: string; followingId: string; isNews: boolean }>(
    'notifications.new_follower',
    ['social.followed'],
    ({ followerId, followingId, isNews }, eventId) =>
      isNews
        ? {
            news: {
              type: 'NEW_FOLLOWER',
              actorId: followerId,
              subject: { table: 'users', id: followingId },
              groupKey: 'followers',
              onceKey: `follow:${String(eventId)}`,
              eventId,
            },
            userIds: [followingId],
          }
        : null,
  ),

  telling<{ contentId: string; userId: string; creatorId: string }>(
    'notifications.content_liked',
    ['content.liked'],
    ({ contentId, userId, creatorId }, eventId) => ({
      news: {
        type: 'CONTENT_LIKE',
        actorId: userId,
        subject: { table: 'content', id: contentId },
        groupKey: `likes:${contentId}`,
        onceKey: `like:${contentId}:${userId}`,
        eventId,
      },
      userIds: [creatorId],
    }),
  ),

  onEvents<{ contentId: string; creatorId: string }>(
    'notifications.content_published',
    [CONTENT_PUBLISHED],
    (event, services, jobId) => transaction(jobOrigin(services, jobId), (tx) => startFanout(tx, event)),
  ),
]
