import { isAdmin } from '../lib/rules.js'
import type { Viewer } from '../lib/viewer.js'

/** Who may call what. */
export const rules = {
  Mutation: { announce: isAdmin },
}

/** Whether somebody may read an announcement as such, with how far it is; a notice of it is another matter. */
export const canReadAnnouncement = (viewer: Viewer | null): boolean =>
  viewer?.role === 'ADMIN' && viewer.hasSecondFactor && !viewer.isLimited
