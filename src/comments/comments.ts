/** The front door: comments and likes, and the piece of SQL by which a list of posts brings their first comments along. */
export { findVisibleComment } from './reading.js'
export { firstComments, isCommentSeen } from './thread-queries.js'
export type { FirstComments } from './thread-queries.js'
export { commentsFollowStanding, forgetSaidOfErased, likesFollowStanding } from './standing.js'
