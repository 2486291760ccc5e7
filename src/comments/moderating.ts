import type { Reading } from '../content/content.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { emitComment, graspComment, recordComment } from './commenting.js'
import type { Commenting } from './commenting.js'
import { COMMENT_ADDED } from './types.js'
import type { HeldComment } from './types.js'
import { changeComment, countPinned } from './write-queries.js'

/** Comments that can be on top of one post at once. */
const MAX_PINNED = 3

const PATH = ['input', 'commentId']

const conflict = (
  reason: 'not_allowed' | 'comment_state' | 'pin_reply' | 'too_many_pinned',
  message: string,
): AppError => new AppError('CONFLICT', reason, message, { path: PATH })

/**
 * Puts a comment on top of the others, or back. Pinning what is pinned changes nothing. For the post's creator; audited.
 * @throws NOT_FOUND node_not_found; CONFLICT not_allowed, comment_state, pin_reply, too_many_pinned
 */
export async function pinComment(
  tx: Tx,
  commenting: Commenting,
  { commentId, pinned }: { readonly commentId: string; readonly pinned: boolean },
  reading: Reading,
): Promise<void> {
  const { now } = reading
  const comment = await graspOwn(tx, commenting, commentId, reading)
  if (comment.isPinned === pinned) return
  if (pinned) await checkPinnable(tx, comment)
  await changeComment(tx, commentId, { pinnedAt: pinned ? now : null, updatedAt: now })
  await recordComment(
    tx,
    comment,
    {
      action: pinned ? 'comment.pinned' : 'comment.unpinned',
      before: { isPinned: !pinned },
      after: { isPinned: pinned },
      description: pinned ? 'Pinned a comment.' : 'Unpinned a comment.',
    },
    now,
  )
}

async function checkPinnable(tx: Tx, { contentId, parentId, isHidden, isHeld }: HeldComment): Promise<void> {
  if (parentId !== null) throw conflict('pin_reply', 'Only a comment on top of the post is pinned.')
  if (isHidden || isHeld) throw conflict('comment_state', 'What nobody sees is not pinned.')
  if ((await countPinned(tx, contentId)) >= MAX_PINNED)
    throw conflict('too_many_pinned', `At most ${String(MAX_PINNED)} comments are pinned.`)
}

/**
 * Hides a comment from all but its author and the creator, or shows it again. Hiding what is hidden changes nothing. For the
 * post's creator; audited.
 * @throws NOT_FOUND node_not_found; CONFLICT not_allowed, comment_state
 */
export async function hideComment(
  tx: Tx,
  commenting: Commenting,
  { commentId, hidden }: { readonly commentId: string; readonly hidden: boolean },
  reading: Reading,
): Promise<void> {
  const { now } = reading
  const comment = await graspOwn(tx, commenting, commentId, reading)
  if (comment.isHidden === hidden) return
  const change = hidden
    ? { hiddenAt: now, hiddenById: comment.creatorId, pinnedAt: null }
    : { hiddenAt: null, hiddenById: null }
  await changeComment(tx, commentId, { ...change, updatedAt: now })
  await recordComment(
    tx,
    comment,
    {
      action: hidden ? 'comment.hidden' : 'comment.shown',
      before: { isHidden: !hidden },
      after: { isHidden: hidden },
      description: hidden ? 'Hid a comment under their post.' : 'Showed a comment again.',
    },
    now,
  )
}

/**
 * Lets through a comment that waits: others see it, and are told of it, from now on. Approving what does not wait changes
 * nothing. For the post's creator; audited.
 * @throws NOT_FOUND node_not_found; CONFLICT not_allowed, comment_state
 */
export async function approveComment(
  tx: Tx,
  commenting: Commenting,
  commentId: string,
  reading: Reading,
): Promise<void> {
  const { now } = reading
  const comment = await graspOwn(tx, commenting, commentId, reading)
  if (!comment.isHeld) return
  await changeComment(tx, commentId, { approvedAt: now, updatedAt: now })
  await recordComment(
    tx,
    comment,
    {
      action: 'comment.approved',
      before: { isHeld: true },
      after: { isHeld: false },
      description: 'Approved a comment under their post.',
    },
    now,
  )
  await emitComment(tx, COMMENT_ADDED, comment, now)
}

/** Holds a comment under a post of whoever asks. */
async function graspOwn(tx: Tx, commenting: Commenting, commentId: string, reading: Reading): Promise<HeldComment> {
  const { comment, isVisible } = await graspComment(tx, commenting, commentId, reading)
  const isOwn = comment.creatorId === commenting.viewer?.userId
  if (!isVisible && !(isOwn && comment.isDeleted))
    throw new AppError('NOT_FOUND', 'node_not_found', 'No such Comment.', { path: PATH })
  if (!isOwn) throw conflict('not_allowed', 'Only the post’s creator does this.')
  if (comment.isDeleted) throw conflict('comment_state', 'The comment is deleted.')
  return comment
}
