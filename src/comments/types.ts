import type { UserRow } from '../accounts/types.js'
import type { CommentAbsence } from '../generated/graphql.js'

/** Somebody who likes something, and where they lie in the list of those who do. */
export interface LikerRow extends UserRow {
  readonly likeId: string
  readonly likedAt: Date
}

/** A comment as one viewer's request read it, with who says it. */
export interface CommentRow {
  readonly id: string
  readonly contentId: string
  /** The post's creator. */
  readonly creatorId: string
  readonly parentId: string | null
  /** Answers above it. */
  readonly depth: number
  /** Where it lies in its list before the time decides: 0 for the pinned, 1 for the creator's own, 2 for the others. */
  readonly rank: number
  readonly isByCreator: boolean
  readonly isPinned: boolean
  readonly isHeld: boolean
  readonly isHidden: boolean
  readonly createdAt: Date
  readonly editedAt: Date | null
  readonly version: number
  readonly likeCount: number
  readonly replyCount: number
  readonly viewerHasLiked: boolean
  /** Why the viewer sees neither text nor author; null where they do. */
  readonly absence: CommentAbsence | null
  readonly text: string | null
  readonly author: UserRow | null
}

/** A comment by its id: `isShown` says whether it has a place in its list for the viewer. */
export interface FoundComment extends CommentRow {
  readonly isShown: boolean
}

/** Somebody likes a post. On the post's stream; payload: contentId, userId, creatorId. */
export const CONTENT_LIKED = 'content.liked'
/** A comment can be seen by others from now on. On the post's stream; payload: commentId, contentId, authorId, parentId, creatorId. */
export const COMMENT_ADDED = 'comment.added'
/** Somebody likes a comment. On the post's stream; payload: commentId, contentId, userId, authorId. */
export const COMMENT_LIKED = 'comment.liked'
