import { isSignedIn } from '../lib/rules.js'
import type { TipRow } from './types.js'

/** Who may call what. */
export const rules = {
  Mutation: {
    sendTip: isSignedIn,
  },
}

/** How somebody stands to a tip: the giver and staff see all of it, its creator what was shown to them. */
export type TipSight = 'all' | 'recipient' | null

/** What `viewer` may see of a tip; null for nothing. */
export function sightOf(
  viewer: { readonly userId: string } | null,
  isStaff: boolean,
  tip: Pick<TipRow, 'senderId' | 'recipientId' | 'shownAt'>,
  now: Date,
): TipSight {
  if (!viewer) return null
  if (isStaff || viewer.userId === tip.senderId) return 'all'
  return viewer.userId === tip.recipientId && tip.shownAt !== null && tip.shownAt <= now ? 'recipient' : null
}
