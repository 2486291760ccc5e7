/** The front door: posts, who may open them, and the pieces of SQL that lists of them share. */
export { watchAccess } from './access-changes.js'
export { resolveAccess, stateAt } from './access.js'
export type { Access } from './access.js'
export { noSuchContent, publishStreamPost } from './authoring.js'
export { isOnAir, markOver } from './write-queries.js'
export { setCommentsClosed } from './closing.js'
export { contentGates } from './gates.js'
export { checkedContent, checkedTitle } from './input.js'
export type { ContentChange } from './input.js'
export { opens } from './opens-queries.js'
export { contentFollowsStanding } from './publishing.js'
export {
  authorIsListed,
  contentColumns,
  contentJoins,
  findReading,
  listContentById,
  listed,
  postIsListed,
  toContentRow,
} from './queries.js'
export type { FlatContentRow, Reading, Wanted } from './queries.js'
export { accessOf, accessTo, findVisibleContent, primed, readingOf, wantedOf } from './reading.js'
export type { ContentAsking } from './reading.js'
export { forgetPostsOfErased } from './removal.js'
export { findSoldGrant } from './sold-grant-queries.js'
export {
  endSoldGrants,
  extendSoldGrants,
  freeSoldGrants,
  holdSoldGrants,
  openSoldGrant,
  restoreSoldGrants,
} from './sold-grants.js'
export type { SoldGrantEnd } from './sold-grants.js'
