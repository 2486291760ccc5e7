/** The front door: people, their standing, and what they say of themselves. */
export { APPROVAL_MS, rejectionReason, reviewAgeVerification, submitAgeVerification } from './age-verifications.js'
export { isBlocking, isFollowing, isMuting, isSubscribed } from './bond-queries.js'
export type { Someone } from './bond-queries.js'
export { checkedReason, holdActor, holdIfActive, noSuchUser } from './changes.js'
export { getUsersForUpdate } from './queries.js'
export { becomeCreator } from './creators.js'
export { deleteAccount, restoreAccount } from './deletion.js'
export { addressOf } from './emails.js'
export { canSee, yearsSince } from './profile-view.js'
export { isInGoodStanding, toUserRowOf, userRowColumns, userRowValue } from './queries.js'
export type { UserRowValue } from './queries.js'
export { findVisibleUser } from './reading.js'
export type { AccountsAsking } from './reading.js'
export type { AccountsLoaders } from './loaders.js'
export type { ProfilePicture } from './profiles.js'
export { PROFILE_CHANGES, setProfilePicture, updateProfile } from './profiles.js'
export { register } from './registration.js'
export {
  isActingStaff,
  isAgeVerifiedAt,
  isHidden,
  isShell,
  isStaffRole,
  refusalToSetStatus,
  statusAt,
} from './standing.js'
export { setAccountStatus, setAccountType, statusReason } from './statuses.js'
