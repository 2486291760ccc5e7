import { isSignedIn } from '../lib/rules.js'
import type { RecordRow } from './types.js'

/** Who may call what; whose sale it is, the verbs ask. */
export const rules = {
  Query: {
    transaction: isSignedIn,
    previewRefund: isSignedIn,
  },
  Mutation: {
    refundTransaction: isSignedIn,
  },
}

/** How somebody stands to a transaction. */
export type RecordSight = 'staff' | 'payer' | 'creator' | null

/** What `viewer` may see of a transaction; a creator what was earned, once it is shown. */
export function sightOf(
  viewer: { readonly userId: string } | null,
  isStaff: boolean,
  { payerId, creatorId, status, shownAt }: Pick<RecordRow, 'payerId' | 'creatorId' | 'status' | 'shownAt'>,
  now: Date,
): RecordSight {
  if (!viewer) return null
  if (isStaff) return 'staff'
  if (viewer.userId === payerId) return 'payer'
  return viewer.userId === creatorId && status === 'SUCCEEDED' && shownAt <= now ? 'creator' : null
}
