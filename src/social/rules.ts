import { isHidden, statusAt } from '../accounts/accounts.js'
import type { Bonds, UserRow } from '../accounts/types.js'
import type { Reason } from '../lib/errors.js'
import { isSignedIn } from '../lib/rules.js'
import type { Viewer } from '../lib/viewer.js'

/** Who may call what. */
export const rules = {
  Mutation: {
    followUser: isSignedIn,
    unfollowUser: isSignedIn,
    updateFollowPreferences: isSignedIn,
    blockUser: isSignedIn,
    unblockUser: isSignedIn,
    muteUser: isSignedIn,
    unmuteUser: isSignedIn,
  },
}

/** What of a person decides whether something may be done to them. */
export type Target = Pick<UserRow, 'id' | 'accountStatus' | 'suspendedUntil'>

type Blocks = Pick<Bonds, 'blocks' | 'isBlocked'>

/** Why the viewer may not follow this person now; null when they may. */
export function refusalToFollow(viewer: Viewer | null, target: Target, bonds: Blocks, now: Date): Reason | null {
  if (!viewer) return 'not_signed_in'
  if (viewer.isLimited) return 'account_limited'
  if (viewer.userId === target.id) return 'self_action'
  const isOutOfReach = bonds.blocks || bonds.isBlocked || statusAt(target, now) !== 'ACTIVE'
  return isOutOfReach ? 'node_not_found' : null
}

/** Why the viewer may not block or mute this person, or undo what was not done; null when they may. */
export function refusalToShun(viewer: Viewer, target: Target, bonds: Blocks): Reason | null {
  if (viewer.userId === target.id) return 'self_action'
  return target.accountStatus === 'DELETED' || isHidden(bonds, viewer) ? 'node_not_found' : null
}
