import { anyone, isCreator, isSignedIn } from '../lib/rules.js'
import type { Reason } from '../lib/errors.js'
import type { Viewer } from '../lib/viewer.js'

/** Who may call what. */
export const rules = {
  Query: {
    content: anyone,
    categories: anyone,
    explainAccess: isSignedIn,
  },
  Mutation: {
    createContent: isCreator,
    updateContent: isCreator,
    publishContent: isCreator,
    unpublishContent: isCreator,
    scheduleContent: isCreator,
    deleteContent: isCreator,
    restoreContent: isCreator,
    saveContent: isSignedIn,
    unsaveContent: isSignedIn,
    grantAccess: isSignedIn,
    revokeGrant: isSignedIn,
  },
  Subscription: {
    contentAccessChanged: isSignedIn,
  },
}

/** Why `viewer` may not change a post of this creator; null when they may. */
export function refusalToEdit(viewer: Viewer | null, { creatorId }: { readonly creatorId: string }): Reason | null {
  if (!viewer) return 'not_signed_in'
  if (viewer.isLimited) return 'account_limited'
  if (viewer.userId !== creatorId) return 'not_allowed'
  return viewer.role === 'CREATOR' ? null : 'role_required'
}

/** Whether `viewer` may read how access to something of this creator was decided. */
export const canExplain = (viewer: Viewer | null, isStaff: boolean, creatorId: string): boolean =>
  viewer !== null && !viewer.isLimited && (isStaff || viewer.userId === creatorId)
