import { DAY_MS, addMs } from '../lib/clock.js'
import { groups } from '../notifications/notifications.js'
import type { NotificationType, Subject } from '../notifications/types.js'
import { isSeen } from './posts.js'
import type { DemoWorks } from './reactions.js'
import type { DemoFollow, DemoPerson } from './world.js'

/** Something that somebody did, and that somebody else was told of when it happened. */
export interface DemoNews {
  readonly at: Date
  readonly type: NotificationType
  readonly actorId: string
  readonly subject: Subject
  readonly groupKey: string
  readonly onceKey: string
}

/** Between two looks at what one was told. */
const LOOKS_EVERY_MS = 2.5 * DAY_MS
/** When somebody looked last, in days before today. */
const LAST_LOOK_DAYS: Readonly<Record<string, number>> = { fay: 1.2, cleo: 0.8 }

/** The last time before `at` that somebody read what they were told. */
export function lastLook({ username }: DemoPerson, at: Date, today: Date): Date {
  const last = addMs(today, -(LAST_LOOK_DAYS[username] ?? 0) * DAY_MS)
  const looksAgo = Math.max(0, Math.ceil((last.getTime() - at.getTime()) / LOOKS_EVERY_MS))
  return addMs(last, -looksAgo * LOOKS_EVERY_MS)
}

/** What those who can sign in were told of what others did; of the others nobody looks. */
export function newsFor(
  person: DemoPerson,
  { posts, comments, likes }: DemoWorks,
  follows: readonly DemoFollow[],
  today: Date,
): DemoNews[] {
  if (!person.isSignIn) return []
  const postsById = new Map(posts.map((post) => [post.id, post]))
  const commentsById = new Map(comments.map((comment) => [comment.id, comment]))
  const followed = new Map(
    follows.flatMap(({ followerId, followingId, followedAt, unfollowedAt }) =>
      followerId === person.id && unfollowedAt === null ? [[followingId, followedAt]] : [],
    ),
  )
  const news: DemoNews[] = follows
    .filter(({ followingId }) => followingId === person.id)
    .map(({ id, followerId, followedAt }) => ({
      at: followedAt,
      type: 'NEW_FOLLOWER',
      actorId: followerId,
      subject: { table: 'users', id: person.id },
      groupKey: groups.followers,
      onceKey: `follow:${id}`,
    }))
  for (const { userId, contentId, commentId, createdAt } of likes) {
    const owner = contentId ? postsById.get(contentId)?.creator : commentsById.get(commentId ?? '')?.author
    const id = contentId ?? commentId
    if (owner?.id !== person.id || id === null) continue
    const subject: Subject = { table: contentId ? 'content' : 'comments', id }
    news.push({
      at: createdAt,
      type: 'CONTENT_LIKE',
      actorId: userId,
      subject,
      groupKey: groups.likes(id),
      onceKey: `like:${id}:${userId}`,
    })
  }
  for (const { id, author, parentId, contentId, createdAt, heldAt, hiddenAt } of comments) {
    if (author.id === person.id || heldAt || hiddenAt) continue
    const isAnswered = parentId !== null && commentsById.get(parentId)?.author.id === person.id
    if (!isAnswered && postsById.get(contentId)?.creator.id !== person.id) continue
    const groupKey = isAnswered ? groups.answers(parentId) : groups.comments(contentId)
    news.push({
      at: createdAt,
      type: 'CONTENT_COMMENT',
      actorId: author.id,
      subject: { table: 'comments', id },
      groupKey,
      onceKey: `comment:${id}`,
    })
  }
  for (const { id, creator, publishAt } of posts.filter(isSeen(today))) {
    const since = followed.get(creator.id)
    if (!since || since > publishAt) continue
    news.push({
      at: publishAt,
      type: 'NEW_CONTENT',
      actorId: creator.id,
      subject: { table: 'content', id },
      groupKey: groups.post(id),
      onceKey: `content:${id}`,
    })
  }
  return news
}
