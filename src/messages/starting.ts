import { statusAt } from '../accounts/accounts.js'
import { HOUR_MS, SECOND_MS } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { Reason } from '../lib/errors.js'
import type { RateLimit } from '../lib/rate.js'
import type { Viewer } from '../lib/viewer.js'
import { holdPair, noSuchUser } from '../social/social.js'
import { refusalToStart } from './rules.js'
import { findAcquaintance, findConversationOf, insertConversation } from './write-queries.js'

/** How often somebody may begin, or find, a conversation. */
export const STARTS: RateLimit = { name: 'messages.starts', points: 60, windowSeconds: HOUR_MS / SECOND_MS }

const PATH = ['input', 'userId']

/**
 * Begins a conversation with somebody, or finds the one there is, however many ask at once. Anybody may begin one with a
 * creator; a creator with whoever follows them, or pays or paid them. Not audited.
 * @throws INVALID self_action; NOT_FOUND node_not_found of somebody who cannot be seen; CONFLICT messaging_blocked of
 * somebody the viewer blocks, no_creator, not_a_fan; FORBIDDEN account_limited
 */
export async function startConversation(tx: Tx, viewer: Viewer, userId: string, now: Date): Promise<string> {
  if (viewer.userId === userId)
    throw new AppError('INVALID', 'self_action', 'Nobody writes to themselves.', { path: PATH })
  const { target, blocks, isBlocked } = await holdPair(tx, viewer, userId, now)
  const found = target && (await findConversationOf(tx, viewer.userId, userId))
  if (found) return found.id
  if (!target || isBlocked || statusAt(target, now) !== 'ACTIVE') throw noSuchUser()
  if (blocks) throw new AppError('CONFLICT', 'messaging_blocked', 'You block this person.', { path: PATH })
  const acquaintance = await findAcquaintance(tx, viewer.userId, userId)
  refuse(refusalToStart(acquaintance))
  const [creatorId, fanId] = acquaintance.isOtherCreator ? [userId, viewer.userId] : [viewer.userId, userId]
  return await insertConversation(tx, { creatorId, fanId, startedById: viewer.userId }, now)
}

const MESSAGES: Readonly<Partial<Record<Reason, string>>> = {
  no_creator: 'One of the two has to be a creator.',
  not_a_fan: 'Creators begin conversations with those who follow or pay them.',
}

function refuse(reason: Reason | null): void {
  if (reason !== null) throw new AppError('CONFLICT', reason, MESSAGES[reason] ?? 'Not for you to do.', { path: PATH })
}
