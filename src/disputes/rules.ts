import { isStaff } from '../lib/rules.js'
import type { DisputeRow } from './types.js'

/** Who may call what. */
export const rules = {
  Query: {
    disputes: isStaff,
  },
  Mutation: {
    submitDisputeEvidence: isStaff,
  },
}

/** How somebody stands to a dispute. */
export type DisputeSight = 'creator' | 'staff' | null

/** What `viewer` may see of a dispute: the creator once its sale is shown to them, also where they are staff by now. */
export function sightOf(
  viewer: { readonly userId: string } | null,
  isActingStaff: boolean,
  { creatorId, saleShownAt }: Pick<DisputeRow, 'creatorId' | 'saleShownAt'>,
  now: Date,
): DisputeSight {
  if (!viewer) return null
  if (viewer.userId === creatorId) return saleShownAt <= now ? 'creator' : null
  return isActingStaff ? 'staff' : null
}

/** Whether an answer to a dispute still counts. */
export const isAnswerable = (
  { state, evidence, evidenceDueAt }: Pick<DisputeRow, 'state' | 'evidence' | 'evidenceDueAt'>,
  now: Date,
): boolean => state === 'OPEN' && evidence === null && (evidenceDueAt === null || evidenceDueAt > now)
