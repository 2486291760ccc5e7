import type { UserRow } from '../accounts/types.js'

/** Somebody who likes something, and where they lie in the list of those who do. */
export interface LikerRow extends UserRow {
  readonly likeId: string
  readonly likedAt: Date
}

/** Somebody likes a post. On the post's stream; payload: contentId, userId, creatorId. */
export const CONTENT_LIKED = 'content.liked'
