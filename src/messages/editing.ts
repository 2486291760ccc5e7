import { addMs, DAY_MS } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { Reason } from '../lib/errors.js'
import type { Viewer } from '../lib/viewer.js'
import { isBlockedEitherWay } from '../social/social.js'
import { refusalToDelete, refusalToEdit } from './rules.js'
import { tellBoth } from './telling.js'
import {
  findConversationOfMessage,
  holdConversation,
  holdMessage,
  noteEvent,
  replaceBody,
  takeBack,
} from './write-queries.js'
import type { HeldMessage, Two } from './write-queries.js'

/** How long the text of what was taken back is kept, for whoever decides about a report of it. */
const KEEP_DELETED_MS = 30 * DAY_MS

/** Another text for a message. */
export interface Edit {
  readonly messageId: string
  readonly body: string
  readonly expectedVersion: number
}

/**
 * Changes what the viewer said, within an hour and until it is bought. The text before is kept. Not audited.
 * @throws NOT_FOUND node_not_found; CONFLICT not_allowed, message_bought, message_deleted, messaging_blocked, edit_window_over,
 * version_conflict with `currentVersion`
 */
export async function editMessage(
  tx: Tx,
  viewer: Viewer,
  { messageId, body, expectedVersion }: Edit,
  now: Date,
): Promise<void> {
  const { two, message } = await graspMessage(tx, viewer, messageId)
  const isParted = await isBlockedEitherWay(tx, two.creatorId, two.fanId)
  refuse(refusalToEdit(viewer, message, { isParted }, now))
  if (message.version !== expectedVersion)
    throw new AppError('CONFLICT', 'version_conflict', 'The message has changed: read it again.', {
      path: ['input', 'expectedVersion'],
      currentVersion: message.version,
    })
  if (body === message.body) return
  await replaceBody(tx, message, body, now)
  await noteEvent(tx, { conversationId: two.id, messageId, kind: 'EDITED' }, now)
  await tellBoth(tx, two)
}

/**
 * Takes back what the viewer said, for both sides, unless it was bought; its text is destroyed after 30 days. Taking it back
 * again changes nothing. Not audited.
 * @throws NOT_FOUND node_not_found; CONFLICT not_allowed, message_bought
 */
export async function deleteMessage(tx: Tx, viewer: Viewer, messageId: string, now: Date): Promise<void> {
  const { two, message } = await graspMessage(tx, viewer, messageId)
  refuse(refusalToDelete(viewer, message))
  if (message.isDeleted) return
  await takeBack(tx, message, addMs(now, KEEP_DELETED_MS), now)
  await noteEvent(tx, { conversationId: two.id, messageId, kind: 'DELETED' }, now)
  await tellBoth(tx, two)
}

/** Holds the conversation of a message, and it. @throws NOT_FOUND node_not_found */
async function graspMessage(
  tx: Tx,
  { userId }: Viewer,
  messageId: string,
): Promise<{ readonly two: Two; readonly message: HeldMessage }> {
  const two = await findConversationOfMessage(tx, messageId, userId)
  if (!two) throw noSuchMessage()
  await holdConversation(tx, two.id)
  return { two, message: await holdMessage(tx, messageId) }
}

export const noSuchMessage = (): AppError =>
  new AppError('NOT_FOUND', 'node_not_found', 'No such Message.', { path: ['input', 'messageId'] })

const MESSAGES: Readonly<Partial<Record<Reason, string>>> = {
  not_allowed: 'Only its sender does that.',
  message_bought: 'It was bought, and stays as it was.',
  message_deleted: 'It was taken back.',
  messaging_blocked: 'One of the two blocks the other.',
  edit_window_over: 'The time to edit it is over.',
}

function refuse(reason: Reason | null): void {
  if (reason === null) return
  throw new AppError('CONFLICT', reason, MESSAGES[reason] ?? 'Not for you to do.', { path: ['input', 'messageId'] })
}
