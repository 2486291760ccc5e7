import { DAY_MS, SECOND_MS } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import type { RateLimit } from '../lib/rate.js'
import { signal } from '../lib/signals.js'
import type { Viewer } from '../lib/viewer.js'
import { holdPair, noSuchUser, refuse } from './pairs.js'
import { countBlocks, deleteBlock, endFollowsBetween, upsertBlock } from './queries.js'
import { refusalToShun } from './rules.js'
import { BLOCKED, BLOCKS_TOPIC, UNBLOCKED, socialStream } from './types.js'

/** Lists leave out each of them. */
const MAX_BLOCKS = 5_000
const MAX_NOTE_LENGTH = 500
export const NEW_BLOCKS: RateLimit = { name: 'social.blocks', points: 500, windowSeconds: DAY_MS / SECOND_MS }

/** Whom to block, and a note for oneself; null keeps the one there is. */
export interface BlockRequest {
  readonly userId: string
  readonly note: string | null
}

/**
 * Blocks somebody: neither finds the other from the commit on, and following ends both ways. Answers whether the block is
 * new; the same again changes nothing but the note. Whoever is blocked is not told. Not audited.
 * @throws INVALID self_action, invalid_input; NOT_FOUND node_not_found; CONFLICT block_limit_reached;
 * FORBIDDEN account_limited
 */
export async function blockUser(tx: Tx, viewer: Viewer, request: BlockRequest, now: Date): Promise<boolean> {
  const { userId } = request
  const note = checkedNote(request.note)
  if (viewer.userId === userId) refuse('self_action')
  const pair = await holdPair(tx, viewer, userId, now)
  if (!pair.target) throw noSuchUser()
  refuse(refusalToShun(viewer, pair.target, pair))
  if (!pair.blocks && (await countBlocks(tx, viewer.userId)) >= MAX_BLOCKS)
    throw new AppError(
      'CONFLICT',
      'block_limit_reached',
      `Nobody blocks more than ${MAX_BLOCKS.toLocaleString('en')} people.`,
      { path: ['input', 'userId'] },
    )
  const ids = { blockerId: viewer.userId, blockedId: userId }
  if (!(await upsertBlock(tx, { ...ids, note }, now))) return false
  await endFollowsBetween(tx, viewer.userId, userId, now)
  await emit(tx, { stream: socialStream(viewer.userId), type: BLOCKED, payload: ids }, now)
  await signal(tx, BLOCKS_TOPIC, [viewer.userId, userId])
  return true
}

/** @throws INVALID invalid_input */
function checkedNote(unchecked: string | null): string | null {
  const note = unchecked?.trim() ?? null
  if (note === null || note === '') return null
  if (note.length <= MAX_NOTE_LENGTH && !/[^\n\t\P{Cc}]|\p{Surrogate}/u.test(note)) return note
  throw new AppError('INVALID', 'invalid_input', `A note has at most ${String(MAX_NOTE_LENGTH)} characters.`, {
    path: ['input', 'note'],
  })
}

/**
 * Ends blocking somebody; what the block ended stays ended. Who does not block them, goes on not doing so. Not audited.
 * @throws INVALID self_action; NOT_FOUND node_not_found of somebody who cannot be seen, unless they are blocked;
 * FORBIDDEN account_limited
 */
export async function unblockUser(tx: Tx, viewer: Viewer, userId: string, now: Date): Promise<void> {
  if (viewer.userId === userId) refuse('self_action')
  const pair = await holdPair(tx, viewer, userId, now)
  if (await deleteBlock(tx, viewer.userId, userId)) {
    const payload = { blockerId: viewer.userId, blockedId: userId }
    await emit(tx, { stream: socialStream(viewer.userId), type: UNBLOCKED, payload }, now)
    await signal(tx, BLOCKS_TOPIC, [viewer.userId, userId])
    return
  }
  if (!pair.target) throw noSuchUser()
  refuse(refusalToShun(viewer, pair.target, pair))
}
