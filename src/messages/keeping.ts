import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { Viewer } from '../lib/viewer.js'
import { getConversation } from './sending.js'
import { tellBoth, tellOwn } from './telling.js'
import { changeSide, countOtherPinned, holdConversation, moveMark } from './write-queries.js'
import type { SideChange } from './write-queries.js'

const MAX_PINNED = 20
/** Muted until then is muted for good. */
export const FOR_GOOD = new Date('9999-12-31T00:00:00.000Z')

/**
 * Marks a conversation as read up to a message, never back: an earlier one changes nothing. What comes meanwhile stays unread.
 * Not audited.
 * @throws NOT_FOUND node_not_found; INVALID invalid_input when no message has come that far
 */
export async function markConversationRead(
  tx: Tx,
  { userId }: Viewer,
  { conversationId, upTo }: { readonly conversationId: string; readonly upTo: bigint },
  now: Date,
): Promise<void> {
  const two = await getConversation(tx, conversationId, userId)
  const lastSequence = await holdConversation(tx, conversationId)
  if (upTo < 0n || upTo > lastSequence)
    throw new AppError('INVALID', 'invalid_input', 'No message has come that far.', { path: ['input', 'upTo'] })
  if (await moveMark(tx, { conversationId, userId, upTo }, now)) await tellBoth(tx, two)
}

/** Puts a conversation away, or back; a new message brings it back unless it is muted. @throws NOT_FOUND node_not_found */
export const archiveConversation = (
  tx: Tx,
  viewer: Viewer,
  { conversationId, archived }: { readonly conversationId: string; readonly archived: boolean },
  now: Date,
): Promise<void> => keep(tx, viewer, conversationId, { archivedAt: archived ? now : null }, now)

/**
 * Has its side not told of new messages, until an instant or for good; null ends it.
 * @throws NOT_FOUND node_not_found; INVALID invalid_input for an end that is not ahead
 */
export async function muteConversation(
  tx: Tx,
  viewer: Viewer,
  { conversationId, mutedUntil }: { readonly conversationId: string; readonly mutedUntil: Date | null },
  now: Date,
): Promise<void> {
  if (mutedUntil && (mutedUntil <= now || mutedUntil > FOR_GOOD))
    throw new AppError('INVALID', 'invalid_input', 'It ends in the future.', { path: ['input', 'until'] })
  await keep(tx, viewer, conversationId, { mutedUntil }, now)
}

/** Pins a conversation, or ends that. @throws NOT_FOUND node_not_found; CONFLICT too_many_pinned */
export async function pinConversation(
  tx: Tx,
  viewer: Viewer,
  { conversationId, pinned }: { readonly conversationId: string; readonly pinned: boolean },
  now: Date,
): Promise<void> {
  await keep(tx, viewer, conversationId, { pinnedAt: pinned ? now : null }, now)
  if (pinned && (await countOtherPinned(tx, viewer.userId, conversationId)) >= MAX_PINNED)
    throw new AppError('CONFLICT', 'too_many_pinned', `At most ${String(MAX_PINNED)} conversations are pinned.`, {
      path: ['input', 'conversationId'],
    })
}

/** Lets the other side know what is read, or not; it knows only while both do. @throws NOT_FOUND node_not_found */
export async function setReadReceipts(
  tx: Tx,
  { userId }: Viewer,
  { conversationId, enabled }: { readonly conversationId: string; readonly enabled: boolean },
  now: Date,
): Promise<void> {
  const two = await getConversation(tx, conversationId, userId)
  await changeSide(tx, conversationId, userId, { sendsReadReceipts: enabled }, now)
  await tellBoth(tx, two)
}

async function keep(tx: Tx, { userId }: Viewer, conversationId: string, change: SideChange, now: Date): Promise<void> {
  await getConversation(tx, conversationId, userId)
  await changeSide(tx, conversationId, userId, change, now)
  await tellOwn(tx, userId)
}
