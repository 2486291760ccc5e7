/** The front door: who follows, blocks and mutes whom. */
export { blockUser, unblockUser } from './blocks.js'
export {
  findParted,
  follows,
  isBlockedEitherWay,
  isWanted,
  mutes,
  notBlocked,
  partedFrom,
  uncounted,
} from './bond-queries.js'
export { MAX_FOLLOWS, followUser, unfollowUser, updateFollowPreferences } from './follows.js'
export { muteUser, unmuteUser } from './mutes.js'
export { holdPair, noSuchUser } from './pairs.js'
export { followsFollowStanding, forgetBondsOfErased } from './standing.js'
