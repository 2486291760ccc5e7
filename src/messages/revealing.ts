import { holdActor } from '../accounts/accounts.js'
import { record } from '../audit/audit.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { Viewer } from '../lib/viewer.js'
import { noSuchMessage } from './editing.js'
import { findRevealed } from './reveal-queries.js'
import type { RevealedRow } from './reveal-queries.js'

/**
 * Lets a member of staff read a message of two others and see its files, each time with a row of the trail that says who asked,
 * why, and for which files, and nothing of what the message says. Neither of the two learns of it.
 * @throws NOT_FOUND node_not_found; CONFLICT self_action for one of the two; FORBIDDEN account_limited
 */
export async function revealMessage(
  tx: Tx,
  { userId }: Viewer,
  { messageId, reason }: { readonly messageId: string; readonly reason: string },
  now: Date,
): Promise<RevealedRow> {
  await holdActor(tx, userId, now)
  const message = await findRevealed(tx, messageId)
  if (!message) throw noSuchMessage()
  if (message.senderId === userId || message.recipientId === userId)
    throw new AppError('CONFLICT', 'self_action', 'Others look into a conversation of one’s own.', {
      path: ['input', 'messageId'],
    })
  await record(
    tx,
    {
      action: 'message.revealed',
      category: 'ADMINISTRATIVE',
      severity: 'HIGH',
      subject: { table: 'messages', id: message.id },
      userId: message.senderId,
      adminId: userId,
      ...(message.mediaIds.length > 0 && { after: { mediaIds: message.mediaIds } }),
      description: 'Read a message of two others.',
      reason,
    },
    now,
  )
  return message
}
