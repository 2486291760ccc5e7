import { COMMENT_ADDED, COMMENT_HELD, COMMENT_LIKED, CONTENT_LIKED } from '../comments/types.js'
import { CONTENT_PUBLISHED } from '../content/types.js'
import { transaction } from '../lib/db.js'
import type { Tx } from '../lib/db.js'
import type { OutboxEvent } from '../lib/events.js'
import { jobOrigin } from '../lib/jobs.js'
import { onEvents } from '../lib/relay.js'
import type { EventHandler } from '../lib/relay.js'
import { FOLLOWED } from '../social/types.js'
import type { Followed } from '../social/types.js'
import { startFanout } from './fanout.js'
import { groups } from './groups.js'
import { findCommentAuthor } from './telling-queries.js'
import { tellOne } from './telling.js'
import type { News } from './types.js'

/** Whom to tell, and what. */
interface Telling {
  readonly userId: string
  readonly news: Omit<News, 'eventId'>
}

/** Tells the few people whom something concerns, in one transaction. */
const telling = (
  name: string,
  type: string,
  whom: (event: OutboxEvent, tx: Tx) => Promise<readonly Telling[]> | readonly Telling[],
): EventHandler =>
  onEvents(name, [type], (event, services, jobId) =>
    transaction(jobOrigin(services, jobId), async (tx, now) => {
      // in order of id, as whoever holds several inboxes does
      const tellings = [...(await whom(event, tx))].sort((one, other) => (one.userId < other.userId ? -1 : 1))
      for (const { userId, news } of tellings)
        await tellOne(tx, { ...news, eventId: event.id }, userId, { isGated: services.isAgeGated === true, now })
    }),
  )

/** What people are told of what others did. */
export const handlers: readonly EventHandler[] = [
  telling('notifications.followed', FOLLOWED, ({ id, payload }) => {
    const { followerId, followingId, isNews } = payload as Followed
    const news: Telling['news'] = {
      type: 'NEW_FOLLOWER',
      actorId: followerId,
      subject: { table: 'users', id: followingId },
      groupKey: groups.followers,
      onceKey: `follow:${String(id)}`,
    }
    return isNews ? [{ userId: followingId, news }] : []
  }),

  telling('notifications.content_liked', CONTENT_LIKED, ({ payload }) => {
    const { contentId, userId, creatorId } = payload as ContentLiked
    return [{ userId: creatorId, news: likeOf({ table: 'content', id: contentId }, userId) }]
  }),

  telling('notifications.comment_liked', COMMENT_LIKED, ({ payload }) => {
    const { commentId, userId, authorId } = payload as CommentLiked
    return [{ userId: authorId, news: likeOf({ table: 'comments', id: commentId }, userId) }]
  }),

  // the same news as once it is approved: of that the creator is not told again
  telling('notifications.comment_held', COMMENT_HELD, ({ payload }) => {
    const { commentId, contentId, authorId, creatorId } = payload as CommentAdded
    return [{ userId: creatorId, news: { ...commentNews(commentId, authorId), groupKey: groups.comments(contentId) } }]
  }),

  telling('notifications.comment_added', COMMENT_ADDED, async ({ payload }, tx) => {
    const { commentId, contentId, authorId, parentId, creatorId } = payload as CommentAdded
    const news = commentNews(commentId, authorId)
    const answered = parentId === null ? null : await findCommentAuthor(tx, parentId)
    const tellings: Telling[] = []
    if (answered !== null && parentId !== null)
      tellings.push({ userId: answered, news: { ...news, groupKey: groups.answers(parentId) } })
    if (creatorId !== answered)
      tellings.push({ userId: creatorId, news: { ...news, groupKey: groups.comments(contentId) } })
    return tellings
  }),

  onEvents<{ contentId: string; creatorId: string }>(
    'notifications.content_published',
    [CONTENT_PUBLISHED],
    (event, services, jobId) => transaction(jobOrigin(services, jobId), (tx) => startFanout(tx, event)),
  ),
]

interface ContentLiked {
  readonly contentId: string
  readonly userId: string
  readonly creatorId: string
}

interface CommentLiked {
  readonly commentId: string
  readonly userId: string
  readonly authorId: string
}

interface CommentAdded {
  readonly commentId: string
  readonly contentId: string
  readonly authorId: string
  readonly parentId: string | null
  readonly creatorId: string
}

const commentNews = (commentId: string, authorId: string): Omit<Telling['news'], 'groupKey'> => ({
  type: 'CONTENT_COMMENT',
  actorId: authorId,
  subject: { table: 'comments', id: commentId },
  onceKey: `comment:${commentId}`,
})

const likeOf = (subject: News['subject'], actorId: string): Telling['news'] => ({
  type: 'CONTENT_LIKE',
  actorId,
  subject,
  groupKey: groups.likes(subject.id),
  onceKey: `like:${subject.id}:${actorId}`,
})
