import { COMMENT_ADDED, COMMENT_HELD, COMMENT_LIKED, CONTENT_LIKED } from '../comments/types.js'
import { CONTENT_PUBLISHED } from '../content/types.js'
import { transaction } from '../lib/db.js'
import { jobOrigin } from '../lib/jobs.js'
import { onEventBatches, onEvents } from '../lib/relay.js'
import type { EventHandler } from '../lib/relay.js'
import { SECOND_ENCODER, STREAM_STARTED } from '../streams/types.js'
import { FOLLOWED } from '../social/types.js'
import type { Followed } from '../social/types.js'
import { giveNotice } from './notifications.js'
import { findTold, listMassTold } from '../messages/messages.js'
import { MASS_MESSAGE_SENT, MESSAGE_SENT } from '../messages/types.js'
import type { MassBatch } from '../messages/types.js'
import { startFanout } from './fanout.js'
import { groups } from './groups.js'
import { moneyHandlers } from './money-handlers.js'
import { findCommentAuthor, listSeenLikes } from './telling-queries.js'
import { tell, tellOne, telling } from './telling.js'
import type { Telling } from './telling.js'
import type { News } from './types.js'

/** What people are told of what others did. */
export const handlers: readonly EventHandler[] = [
  ...moneyHandlers,

  telling('notifications.followed', FOLLOWED, ({ payload }) => {
    const { followerId, followingId, newsAt } = payload as Followed
    const news: Telling['news'] = {
      type: 'NEW_FOLLOWER',
      actorId: followerId,
      subject: { table: 'users', id: followingId },
      groupKey: groups.followers,
      onceKey: `follow:${followerId}:${newsAt}`,
    }
    return [{ userId: followingId, news }]
  }),

  // of all that happens this is what happens most
  onEventBatches<ContentLiked>('notifications.content_liked', [CONTENT_LIKED], (events, services, jobId) =>
    transaction(jobOrigin(services, jobId), async (tx, now) => {
      const likes = events.map(({ id, payload: { contentId, userId, creatorId } }) => ({
        userId: creatorId,
        news: { ...likeOf({ table: 'content', id: contentId }, userId), eventId: id },
      }))
      await tell(tx, await listSeenLikes(tx, likes, now), now)
    }),
  ),

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

  onEvents<{ streamId: string; creatorId: string }>(
    'notifications.second_encoder',
    [SECOND_ENCODER],
    ({ payload: { streamId, creatorId } }, services, jobId) =>
      transaction(jobOrigin(services, jobId), (tx, now) =>
        giveNotice(tx, { userId: creatorId, onceKey: `encoder:${streamId}`, notice: { kind: 'second_encoder' } }, now),
      ),
  ),

  onEvents<{ contentId: string; creatorId: string }>(
    'notifications.stream_started',
    [STREAM_STARTED],
    (event, services, jobId) => transaction(jobOrigin(services, jobId), (tx) => startFanout(tx, event, 'STREAM')),
  ),

  telling('notifications.message_sent', MESSAGE_SENT, async ({ payload }, tx) => {
    const { messageId, conversationId, senderId, recipientId } = payload as MessageSent
    const isTold = await findTold(tx, messageId, recipientId)
    return isTold ? [{ userId: recipientId, news: messageNews(messageId, conversationId, senderId) }] : []
  }),

  // each in a transaction of its own: a batch has hundreds, and who was told is not told again
  onEvents<MassBatch>(
    'notifications.mass_message_sent',
    [MASS_MESSAGE_SENT],
    async ({ id, payload }, services, jobId) => {
      const origin = jobOrigin(services, jobId)
      for (const { messageId, conversationId, senderId, userId } of await listMassTold(services.db, payload))
        await transaction(origin, (tx, now) =>
          tellOne(tx, { ...messageNews(messageId, conversationId, senderId), eventId: id }, userId, {
            isGated: services.isAgeGated === true,
            now,
          }),
        )
    },
  ),

  onEvents<{ contentId: string; creatorId: string }>(
    'notifications.content_published',
    [CONTENT_PUBLISHED],
    (event, services, jobId) => transaction(jobOrigin(services, jobId), (tx) => startFanout(tx, event, 'NEW_CONTENT')),
  ),
]

interface MessageSent {
  readonly messageId: string
  readonly conversationId: string
  readonly senderId: string
  readonly recipientId: string
}

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

const messageNews = (messageId: string, conversationId: string, senderId: string): Telling['news'] => ({
  type: 'MESSAGE',
  actorId: senderId,
  subject: { table: 'messages', id: messageId },
  groupKey: groups.messages(conversationId),
  onceKey: `message:${messageId}`,
})

const likeOf = (subject: News['subject'], actorId: string): Telling['news'] => ({
  type: 'CONTENT_LIKE',
  actorId,
  subject,
  groupKey: groups.likes(subject.id),
  onceKey: `like:${subject.id}:${actorId}`,
})
