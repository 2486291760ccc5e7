import { isAdmin, isSignedIn } from '../lib/rules.js'
import type { Viewer } from '../lib/viewer.js'

/** Who may call what. */
export const rules = {
  Query: { notifications: isSignedIn },
  Subscription: { notificationReceived: isSignedIn },
  Mutation: {
    announce: isAdmin,
    markNotificationsRead: isSignedIn,
    updateNotificationPreferences: isSignedIn,
    updateNotificationSettings: isSignedIn,
  },
}

/** Whether somebody may read an announcement as such, with how far it is; a notice of it is another matter. */
export const canReadAnnouncement = (viewer: Viewer | null): boolean =>
  viewer?.role === 'ADMIN' && viewer.hasSecondFactor && !viewer.isLimited
