import type { UserRow } from '../accounts/types.js'
import type { CommentAbsence } from '../generated/graphql.js'
import { jobName } from '../lib/jobs.js'

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

/** What a comment said until it was edited. */
export interface CommentVersionRow {
  readonly id: string
  readonly commentId: string
  readonly text: string
  readonly validFrom: Date
  readonly validTo: Date
}

/** A comment that is about to be changed, answered or deleted: the row, and what somebody sees of it. */
export interface HeldComment {
  readonly id: string
  readonly contentId: string
  /** The post's creator. */
  readonly creatorId: string
  readonly authorId: string
  readonly parentId: string | null
  readonly rootId: string | null
  readonly depth: number
  readonly body: string
  readonly version: number
  readonly createdAt: Date
  readonly editedAt: Date | null
  readonly isDeleted: boolean
  readonly isHidden: boolean
  readonly isPinned: boolean
  readonly isHeld: boolean
  readonly absence: CommentAbsence | null
  readonly isShown: boolean
}

/** How a creator wants comments under their posts. */
export interface Settings {
  /** Whether anybody may comment at all. */
  readonly enabled: boolean
  readonly subscribersOnly: boolean
  /** Whether somebody's comments wait for approval until one of them has been seen. */
  readonly holdFirst: boolean
  /** Between two comments of one person; 0 for none. */
  readonly slowModeSeconds: number
  /** What holds a comment for approval; as the creator wrote it. */
  readonly forbiddenWords: string[]
}

/** Somebody likes a post. On the post's stream; payload: contentId, userId, creatorId. */
export const CONTENT_LIKED = 'content.liked'
/** A comment can be seen by others from now on. On the post's stream; payload: commentId, contentId, authorId, parentId, creatorId. */
export const COMMENT_ADDED = 'comment.added'
/** A comment waits for the creator's approval. On the post's stream; payload as of `comment.added`. */
export const COMMENT_HELD = 'comment.held'
/** Somebody likes a comment. On the post's stream; payload: commentId, contentId, userId, authorId. */
export const COMMENT_LIKED = 'comment.liked'

/** Destroys the texts of comments that were deleted 30 days ago. */
export const purgeDeletedCommentsJob = jobName<Record<string, never>>('comments.purge_deleted')
