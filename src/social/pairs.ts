import { statusAt } from '../accounts/accounts.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { Reason } from '../lib/errors.js'
import type { Viewer } from '../lib/viewer.js'
import { findPair, holdPeople, lockPair } from './queries.js'
import type { HeldPerson, PairState } from './queries.js'

const PATH = ['input', 'userId']

/** Two people, of whom one is about to do something to the other, and what is between them. */
export interface Pair extends PairState {
  /** Null where there is no such person. */
  readonly target: HeldPerson | null
}

/**
 * Holds what is between the viewer and somebody until the transaction ends: others who change it wait, and so does whoever
 * changes the standing of either. Asks again whether the viewer may act at all.
 * @throws FORBIDDEN account_limited
 */
export async function holdPair(tx: Tx, { userId }: Viewer, targetId: string, now: Date): Promise<Pair> {
  await lockPair(tx, userId, targetId)
  const people = await holdPeople(tx, [userId, targetId])
  // read by a statement of its own, which sees what was committed while this one waited
  const state = await findPair(tx, userId, targetId)
  const actor = people.find(({ id }) => id === userId)
  if (!actor || statusAt(actor, now) !== 'ACTIVE')
    throw new AppError('FORBIDDEN', 'account_limited', 'This account is limited; see viewer.notices.')
  return { ...state, target: people.find(({ id }) => id === targetId) ?? null }
}

/** Nobody, or nobody for this viewer: the two look the same. */
export const noSuchUser = (): AppError => new AppError('NOT_FOUND', 'node_not_found', 'No such User.', { path: PATH })

/** @throws INVALID self_action; NOT_FOUND node_not_found */
export function refuse(reason: Reason | null): void {
  if (reason === null) return
  if (reason === 'self_action') throw new AppError('INVALID', reason, 'Nobody acts on themselves here.', { path: PATH })
  throw noSuchUser()
}
