import { stateAt } from '../content/content.js'
import type { Access } from '../content/content.js'
import type { ContentRow } from '../content/types.js'
import { addMs, HOUR_MS } from '../lib/clock.js'
import type { Reason } from '../lib/errors.js'
import { isCreator, isSignedIn } from '../lib/rules.js'
import type { Viewer } from '../lib/viewer.js'
import type { CommentRow, Settings } from './types.js'

/** Who may call what. */
export const rules = {
  Mutation: {
    likeContent: isSignedIn,
    unlikeContent: isSignedIn,
    likeComment: isSignedIn,
    unlikeComment: isSignedIn,
    addComment: isSignedIn,
    editComment: isSignedIn,
    deleteComment: isSignedIn,
    pinComment: isCreator,
    hideComment: isCreator,
    approveComment: isCreator,
    updateCommentSettings: isCreator,
    setCommentsClosed: isCreator,
  },
}

/** How long after it was said a comment can be edited. */
const EDIT_WINDOW_MS = HOUR_MS

/** Who asks, as far as it decides. */
type Asker = Pick<Viewer, 'userId' | 'isLimited'> | null

/** Why `viewer` may not comment under a post that they may know of; null when they may. */
export function refusalToComment(
  viewer: Asker,
  content: ContentRow,
  { access, settings, now }: { readonly access: Access; readonly settings: Settings; readonly now: Date },
): Reason | null {
  if (!viewer) return 'not_signed_in'
  if (viewer.isLimited) return 'account_limited'
  if (!access.isOpen) return 'content_locked'
  // what a grant keeps open is read, and no more
  if (content.bonds.isBlocked) return 'not_allowed'
  if (stateAt(content, now) !== 'PUBLISHED') return 'content_state'
  if (content.commentsClosedAt || !settings.enabled) return 'comments_closed'
  const isOwn = content.creatorId === viewer.userId
  return settings.subscribersOnly && !isOwn && !content.bonds.creatorGrant ? 'comments_subscribers_only' : null
}

/** A comment, as far as it decides what its author and others may do with it. */
interface Judged {
  readonly authorId: string | null
  readonly creatorId: string
  readonly createdAt: Date
  readonly isDeleted: boolean
  readonly isHidden: boolean
}

/** The post that a comment is under, as `viewer` stands to it. */
type Place = Pick<ContentRow, 'bonds'>

/** Why `viewer` may not edit a comment that they see; null when they may. */
export function refusalToEdit(viewer: Asker, comment: Judged, { bonds }: Place, now: Date): Reason | null {
  if (!viewer) return 'not_signed_in'
  if (viewer.isLimited) return 'account_limited'
  if (comment.isDeleted || comment.isHidden) return 'comment_state'
  // what a grant keeps open is read, and no more
  if (comment.authorId !== viewer.userId || bonds.isBlocked) return 'not_allowed'
  return addMs(comment.createdAt, EDIT_WINDOW_MS) < now ? 'edit_window_over' : null
}

/** Why `viewer` may not delete a comment that they see; null when they may, or it is deleted already. */
export function refusalToDelete(viewer: Asker, { authorId, creatorId }: Judged): Reason | null {
  if (!viewer) return 'not_signed_in'
  if (viewer.isLimited) return 'account_limited'
  return authorId === viewer.userId || creatorId === viewer.userId ? null : 'not_allowed'
}

/** Whether `viewer` may see what a comment said before: its author, the post's creator and staff, as long as they see what it says. */
export function canSeeVersions(
  viewer: Asker,
  isActingStaff: boolean,
  { absence, author, creatorId }: Pick<CommentRow, 'absence' | 'author' | 'creatorId'>,
): boolean {
  if (!viewer || viewer.isLimited || absence !== null) return false
  return isActingStaff || author?.id === viewer.userId || creatorId === viewer.userId
}
