import { isSignedIn } from '../lib/rules.js'
import type { Viewer } from '../lib/viewer.js'
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

/** What `viewer` may see of a transaction; a creator what was earned, once it is shown, also where they are staff by now. */
export function sightOf(
  viewer: { readonly userId: string } | null,
  isStaff: boolean,
  { payerId, creatorId, status, shownAt }: Pick<RecordRow, 'payerId' | 'creatorId' | 'status' | 'shownAt'>,
  now: Date,
): RecordSight {
  if (!viewer) return null
  if (viewer.userId === payerId) return 'payer'
  if (viewer.userId === creatorId) return status === 'SUCCEEDED' && shownAt <= now ? 'creator' : null
  return isStaff ? 'staff' : null
}

/** Whether who paid is kept from somebody who stands so to a transaction: from staff of a tip, whose giver they ask for. */
export const isPayerHidden = (sight: RecordSight, { unnamedFor }: Pick<RecordRow, 'unnamedFor'>): boolean =>
  unnamedFor !== null && sight !== 'payer' && (sight !== 'staff' || unnamedFor === 'TIP')

/** Whether `viewer` may give back a sale: their own, once they see it; of others as an admin. */
export const canRefund = (
  viewer: Viewer,
  isStaff: boolean,
  sale: Pick<RecordRow, 'payerId' | 'creatorId' | 'status' | 'shownAt'>,
  now: Date,
): boolean =>
  viewer.userId === sale.creatorId
    ? sightOf(viewer, isStaff, sale, now) === 'creator'
    : isStaff && viewer.role === 'ADMIN'
