import { isSignedIn, isStaff } from '../lib/rules.js'
import type { TipRow } from './types.js'

/** Who may call what. */
export const rules = {
  Mutation: {
    sendTip: isSignedIn,
    revealTipSender: isStaff,
  },
}

/** How somebody stands to a tip: the giver sees all of it, its creator what was shown to them, staff all but who is anonymous. */
export type TipSight = 'giver' | 'recipient' | 'staff' | null

/** What `viewer` may see of a tip; null for nothing. A creator who is staff by now sees their own as a creator does. */
export function sightOf(
  viewer: { readonly userId: string } | null,
  isActingStaff: boolean,
  tip: Pick<TipRow, 'senderId' | 'recipientId' | 'shownAt'>,
  now: Date,
): TipSight {
  if (!viewer) return null
  if (viewer.userId === tip.senderId) return 'giver'
  if (viewer.userId === tip.recipientId) return tip.shownAt !== null && tip.shownAt <= now ? 'recipient' : null
  return isActingStaff ? 'staff' : null
}
