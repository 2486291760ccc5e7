import { accessTo, listContentById } from '../content/content.js'
import type { ContentAsking, Reading } from '../content/content.js'
import { contentStream } from '../content/types.js'
import type { ContentRow } from '../content/types.js'
import { record } from '../audit/audit.js'
import { addMs, DAY_MS, SECOND_MS } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { Reason } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import { signedIn } from '../lib/viewer.js'
import { refusalToComment, refusalToDelete, refusalToEdit } from './rules.js'
import { COMMENT_ADDED, COMMENT_HELD } from './types.js'
import type { HeldComment } from './types.js'
import { hasForbiddenWord } from './words.js'
import {
  changeComment,
  findCircumstances,
  findContentOf,
  findHeldComment,
  holdPost,
  insertComment,
  replaceBody,
} from './write-queries.js'
import type { Circumstances } from './write-queries.js'

/** Comments above one; what answers one that deep stands beside it. */
const MAX_DEPTH = 6
/** Comments of one person under one creator's posts that wait for approval. */
const MAX_HELD = 5
/** How long a deleted comment's text is kept, for whoever decides about a report of it. */
const KEEP_DELETED_MS = 30 * DAY_MS

/** Who comments, as access is decided for them. */
export type Commenting = Pick<ContentAsking, 'viewer' | 'config'>

/** What somebody wants to say. */
export interface CommentOrder {
  readonly contentId: string
  readonly parentId: string | null
  readonly text: string
  readonly idempotencyKey: string | null
}

/**
 * Says something under a post, or in answer to a comment of it. The creator's wishes may hold it for approval. Idempotent under
 * the key. Not audited.
 * @throws NOT_FOUND node_not_found; CONFLICT content_locked, not_allowed, content_state, comments_closed,
 * comments_subscribers_only, parent_of_another_post, parent_deleted, parent_hidden, too_many_held; LIMITED slow_mode with
 * `retryAfterSeconds`; FORBIDDEN account_limited
 */
export async function addComment(
  tx: Tx,
  commenting: Commenting,
  { idempotencyKey, ...order }: CommentOrder,
  reading: Reading,
): Promise<Remembered<{ commentId: string }>> {
  const { now } = reading
  const { userId } = signedIn({ ...commenting, now })
  const call = { scope: userId, mutation: 'addComment', key: idempotencyKey, request: order }
  return idempotently(tx, call, now, async () => {
    const { contentId, text } = order
    const content = await holdContent(tx, commenting, contentId, reading)
    const parent = order.parentId === null ? null : await getParent(tx, commenting, content, order.parentId, reading)
    const isByCreator = content.creatorId === userId
    const circumstances = await findCircumstances(tx, { creatorId: content.creatorId, authorId: userId, now })
    checkComment(commenting, content, circumstances, now)
    const isHeld = !isByCreator && mustWait(text, circumstances)
    const place = placeUnder(parent)
    const { id } = await insertComment(
      tx,
      { contentId, authorId: userId, ...place, body: text, isByCreator, heldAt: isHeld ? now : null },
      now,
    )
    const said = { id, contentId, authorId: userId, parentId: place.parentId, creatorId: content.creatorId }
    await emitComment(tx, isHeld ? COMMENT_HELD : COMMENT_ADDED, said, now)
    return { commentId: id }
  })
}

/**
 * Holds whoever writes and a post, and reads the post as it then is for them.
 * @throws NOT_FOUND node_not_found; FORBIDDEN account_limited
 */
async function holdContent(tx: Tx, commenting: Commenting, contentId: string, reading: Reading): Promise<ContentRow> {
  const { now } = reading
  const { isActive } = await holdPost(tx, signedIn({ ...commenting, now }).userId, contentId, now)
  if (!isActive) throw new AppError('FORBIDDEN', 'account_limited', 'This account is limited; see viewer.notices.')
  const [content] = await listContentById(tx, [contentId], reading)
  if (!content || !accessTo(content, { ...commenting, now }).isVisible)
    throw new AppError('NOT_FOUND', 'node_not_found', 'No such Content.', { path: ['input', 'contentId'] })
  return content
}

/** The comment that is answered. @throws NOT_FOUND node_not_found; CONFLICT parent_of_another_post, parent_deleted, parent_hidden */
async function getParent(
  tx: Tx,
  commenting: Commenting,
  content: ContentRow,
  parentId: string,
  reading: Reading,
): Promise<HeldComment> {
  const refused = (reason: Reason, message: string): AppError =>
    new AppError(reason === 'node_not_found' ? 'NOT_FOUND' : 'CONFLICT', reason, message, {
      path: ['input', 'parentId'],
    })
  const parent = await findHeldComment(tx, parentId, reading)
  if (!parent || !(await isOpen(tx, commenting, content, parent, reading)))
    throw refused('node_not_found', 'No such Comment.')
  if (parent.isDeleted) throw refused('parent_deleted', 'What is deleted is not answered.')
  if (!parent.isShown || parent.absence === 'AUTHOR_UNAVAILABLE') throw refused('node_not_found', 'No such Comment.')
  if (parent.contentId !== content.id) throw refused('parent_of_another_post', 'That comment is under another post.')
  if (parent.isHidden || parent.isHeld)
    throw refused('parent_hidden', 'What is hidden, or waits for approval, is not answered.')
  return parent
}

/** Whether the post of a comment opens: the one in hand, or another. */
async function isOpen(
  tx: Tx,
  commenting: Commenting,
  content: ContentRow,
  { contentId }: HeldComment,
  reading: Reading,
): Promise<boolean> {
  const [post] = contentId === content.id ? [content] : await listContentById(tx, [contentId], reading)
  return post !== undefined && accessTo(post, { ...commenting, now: reading.now }).isOpen
}

const MESSAGES: Readonly<Partial<Record<Reason, string>>> = {
  content_locked: 'The post does not open.',
  not_allowed: 'This is not for you to do.',
  content_state: 'The post is not published.',
  comments_closed: 'Nobody comments here any more.',
  comments_subscribers_only: 'Only subscribers comment here.',
  comment_state: 'Not while the comment is in this state.',
  edit_window_over: 'The time to edit it is over.',
}

function refuse(reason: Reason | null, path: readonly string[]): void {
  if (reason === null) return
  const code = reason === 'account_limited' ? 'FORBIDDEN' : 'CONFLICT'
  throw new AppError(code, reason, MESSAGES[reason] ?? 'Not for you to do.', { path })
}

function checkComment(commenting: Commenting, content: ContentRow, circumstances: Circumstances, now: Date): void {
  const { viewer } = commenting
  const access = accessTo(content, { ...commenting, now })
  refuse(refusalToComment(viewer, content, { access, settings: circumstances, now }), ['input', 'contentId'])
  if (content.creatorId === viewer?.userId) return
  const { lastAt, slowModeSeconds, heldCount } = circumstances
  if (heldCount >= MAX_HELD)
    throw new AppError('CONFLICT', 'too_many_held', 'Wait until the creator has looked at those that wait.', {
      path: ['input', 'contentId'],
    })
  // one that was begun later may have been said earlier
  const nextAt = slowModeSeconds > 0 && lastAt && addMs(lastAt, slowModeSeconds * SECOND_MS)
  if (nextAt && nextAt > now)
    throw new AppError('LIMITED', 'slow_mode', 'The creator lets everybody comment only so often.', {
      retryAfterSeconds: Math.ceil((nextAt.getTime() - now.getTime()) / SECOND_MS),
      path: ['input', 'contentId'],
    })
}

const mustWait = (text: string, { holdFirst, isKnown, forbiddenWords }: Circumstances): boolean =>
  (holdFirst && !isKnown) || hasForbiddenWord(text, forbiddenWords)

/** Where an answer to `parent` stands: under it, or under what is above it where that would be too deep. */
function placeUnder(parent: HeldComment | null): { parentId: string | null; rootId: string | null; depth: number } {
  if (parent === null) return { parentId: null, rootId: null, depth: 0 }
  const rootId = parent.rootId ?? parent.id
  return parent.depth < MAX_DEPTH
    ? { parentId: parent.id, rootId, depth: parent.depth + 1 }
    : { parentId: parent.parentId, rootId, depth: parent.depth }
}

/** Tells of a comment that others can see from now on, or that waits. */
export async function emitComment(
  tx: Tx,
  type: typeof COMMENT_ADDED | typeof COMMENT_HELD,
  {
    id,
    contentId,
    authorId,
    parentId,
    creatorId,
  }: Pick<HeldComment, 'id' | 'contentId' | 'authorId' | 'parentId' | 'creatorId'>,
  now: Date,
): Promise<void> {
  const payload = { commentId: id, contentId, authorId, parentId, creatorId }
  await emit(tx, { stream: contentStream(contentId), type, payload }, now)
}

export const noSuchComment = (): AppError =>
  new AppError('NOT_FOUND', 'node_not_found', 'No such Comment.', { path: ['input', 'commentId'] })

/** A comment that is held with its post, and whether whoever asks may know of it. */
export interface Grasped {
  readonly comment: HeldComment
  readonly content: ContentRow
  readonly isVisible: boolean
}

/**
 * Holds whoever asks, the post of a comment and thereby the comment.
 * @throws NOT_FOUND node_not_found; FORBIDDEN account_limited
 */
export async function graspComment(
  tx: Tx,
  commenting: Commenting,
  commentId: string,
  reading: Reading,
): Promise<Grasped> {
  const { now } = reading
  const contentId = await findContentOf(tx, commentId)
  if (contentId === null) throw noSuchComment()
  const { isActive } = await holdPost(tx, signedIn({ ...commenting, now }).userId, contentId, now)
  refuse(isActive ? null : 'account_limited', [])
  const [content] = await listContentById(tx, [contentId], reading)
  const comment = await findHeldComment(tx, commentId, reading)
  if (!comment || !content) throw noSuchComment()
  const isOpened = accessTo(content, { ...commenting, now }).isOpen
  return { comment, content, isVisible: isOpened && comment.isShown }
}

/**
 * Changes what one said, within an hour. The text before is kept. What holds a new comment holds an edited one. Not audited.
 * @throws NOT_FOUND node_not_found; CONFLICT not_allowed, comment_state, edit_window_over, version_conflict with
 * `currentVersion`; FORBIDDEN account_limited
 */
export async function editComment(
  tx: Tx,
  commenting: Commenting,
  {
    commentId,
    text,
    expectedVersion,
  }: { readonly commentId: string; readonly text: string; readonly expectedVersion: number },
  reading: Reading,
): Promise<void> {
  const { now } = reading
  const { comment, content, isVisible } = await graspComment(tx, commenting, commentId, reading)
  if (!isVisible) throw noSuchComment()
  refuse(refusalToEdit(commenting.viewer, comment, content, now), ['input', 'commentId'])
  const { version, creatorId, authorId, body } = comment
  if (version !== expectedVersion)
    throw new AppError('CONFLICT', 'version_conflict', 'The comment has changed: read it again.', {
      path: ['input', 'expectedVersion'],
      currentVersion: version,
    })
  if (text === body) return
  const { forbiddenWords } = await findCircumstances(tx, { creatorId, authorId, now })
  const isHeld = authorId !== creatorId && hasForbiddenWord(text, forbiddenWords)
  await replaceBody(tx, comment, { text, isHeld }, now)
  if (isHeld) await emitComment(tx, COMMENT_HELD, comment, now)
}

/**
 * Deletes a comment: its author, wherever it is, or the post's creator. A tombstone stays while answers live, the text is
 * destroyed after 30 days. Deleting it again changes nothing. Audited where the creator does it.
 * @throws NOT_FOUND node_not_found; CONFLICT not_allowed; FORBIDDEN account_limited
 */
export async function deleteComment(
  tx: Tx,
  commenting: Commenting,
  commentId: string,
  reading: Reading,
): Promise<void> {
  const { now } = reading
  const { comment, isVisible } = await graspComment(tx, commenting, commentId, reading)
  const refusal = refusalToDelete(commenting.viewer, comment)
  if (refusal && !isVisible) throw noSuchComment()
  refuse(refusal, ['input', 'commentId'])
  if (comment.isDeleted) return
  const { userId } = signedIn({ ...commenting, now })
  await changeComment(tx, commentId, {
    deletedAt: now,
    deletedById: userId,
    pinnedAt: null,
    purgeAfter: addMs(now, KEEP_DELETED_MS),
    updatedAt: now,
  })
  if (comment.authorId === userId) return
  await recordComment(
    tx,
    comment,
    { action: 'comment.deleted', after: { isDeleted: true }, description: 'Deleted a comment under their post.' },
    now,
  )
}

/** Writes down what a creator does with somebody's comment. */
export const recordComment = (
  tx: Tx,
  { id, authorId }: Pick<HeldComment, 'id' | 'authorId'>,
  entry: Pick<Parameters<typeof record>[1], 'action' | 'before' | 'after' | 'description'>,
  now: Date,
): Promise<void> =>
  record(
    tx,
    {
      ...entry,
      category: 'CONTENT_MODIFICATION',
      severity: 'LOW',
      subject: { table: 'comments', id },
      userId: authorId,
    },
    now,
  )
