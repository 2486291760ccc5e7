import { accessTo, listContentById, noSuchContent } from '../content/content.js'
import type { ContentAsking, Reading } from '../content/content.js'
import { contentStream } from '../content/types.js'
import type { ContentRow } from '../content/types.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import { noSuchComment } from './commenting.js'
import { deleteCommentLike, deleteContentLike, insertCommentLike, insertContentLike } from './like-queries.js'
import { listCommentsById } from './thread-queries.js'
import { COMMENT_LIKED, CONTENT_LIKED } from './types.js'
import type { CommentRow } from './types.js'

/** Who likes, as access is decided for them. */
type Liking = Pick<ContentAsking, 'viewer' | 'config'>

/**
 * Likes a post; once. Answers it as the viewer now sees it. Written first and decided in the same transaction, so that it
 * takes one statement: what may not be liked is rolled back.
 * @throws NOT_FOUND node_not_found; CONFLICT self_action, content_locked, not_allowed; FORBIDDEN account_limited
 */
export async function likeContent(tx: Tx, liking: Liking, contentId: string, reading: Reading): Promise<ContentRow> {
  const { now } = reading
  const liked = await insertContentLike(tx, contentId, reading)
  if (!liked) throw noSuchContent()
  checkActive(liked)
  const { content, isNew } = liked
  checkLikable(content, liking, now)
  if (!isNew) return content
  const { creatorId } = content
  await emit(
    tx,
    {
      stream: contentStream(contentId),
      type: CONTENT_LIKED,
      payload: { contentId, userId: reading.viewerId, creatorId },
    },
    now,
  )
  return { ...content, likeCount: content.likeCount + 1, viewerHasLiked: true }
}

function checkActive({ isActive }: { readonly isActive: boolean }): void {
  if (isActive) return
  throw new AppError('FORBIDDEN', 'account_limited', 'This account is limited; see viewer.notices.')
}

function checkLikable(content: ContentRow, { viewer, config }: Liking, now: Date): void {
  const access = accessTo(content, { viewer, config, now })
  if (!access.isVisible) throw noSuchContent()
  const refused = refusalOf('contentId')
  if (content.creatorId === viewer?.userId) throw refused('self_action', 'Nobody likes their own.')
  if (!access.isOpen) throw refused('content_locked', 'The post does not open.')
  if (content.bonds.isBlocked) throw refused('not_allowed', 'This can be read, and no more.')
}

/** No longer likes a post; also one that can no longer be seen. */
export const unlikeContent = (tx: Tx, userId: string, contentId: string): Promise<void> =>
  deleteContentLike(tx, userId, contentId)

const refusalOf =
  (field: string) =>
  (reason: 'self_action' | 'content_locked' | 'not_allowed' | 'comment_state', message: string): AppError =>
    new AppError('CONFLICT', reason, message, { path: ['input', field] })

/**
 * Likes a comment; once. Answers it as the viewer now sees it. Written first and decided in the same transaction: what may
 * not be liked is rolled back.
 * @throws NOT_FOUND node_not_found; CONFLICT self_action, comment_state, not_allowed; FORBIDDEN account_limited
 */
export async function likeComment(tx: Tx, liking: Liking, commentId: string, reading: Reading): Promise<CommentRow> {
  const { viewerId, now } = reading
  const liked = await insertCommentLike(tx, commentId, reading)
  const [comment] = await listCommentsById(tx, [commentId], reading)
  const [content] = comment ? await listContentById(tx, [comment.contentId], reading) : []
  if (!comment?.isShown || !content || !accessTo(content, { ...liking, now }).isOpen) throw noSuchComment()
  checkActive(liked)
  const { contentId, author } = comment
  const refused = refusalOf('commentId')
  if (!author || comment.isHeld || comment.isHidden) throw refused('comment_state', 'It cannot be seen, or not by all.')
  if (author.id === viewerId) throw refused('self_action', 'Nobody likes their own.')
  if (content.bonds.isBlocked) throw refused('not_allowed', 'This can be read, and no more.')
  if (!liked.isNew) return comment
  const payload = { commentId, contentId, userId: viewerId, authorId: author.id }
  await emit(tx, { stream: contentStream(contentId), type: COMMENT_LIKED, payload }, now)
  return comment
}

/** No longer likes a comment; also one that can no longer be seen. */
export const unlikeComment = (tx: Tx, userId: string, commentId: string): Promise<void> =>
  deleteCommentLike(tx, userId, commentId)
