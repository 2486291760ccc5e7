import { record } from '../audit/audit.js'
import { holdActor } from '../accounts/accounts.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { Viewer } from '../lib/viewer.js'
import { findTip } from './queries.js'
import type { TipRow } from './types.js'

const PATH = ['input', 'tipId']

/**
 * Lets a member of staff know who gave a tip, each time with a row of the trail that says who asked and why. The row does not
 * say who gave it: whoever reads the trail has not asked.
 * @throws NOT_FOUND node_not_found; CONFLICT self_action for whoever was given it; FORBIDDEN account_limited
 */
export async function revealSender(
  tx: Tx,
  viewer: Viewer,
  { tipId, reason }: { readonly tipId: string; readonly reason: string },
  now: Date,
): Promise<TipRow> {
  await holdActor(tx, viewer.userId, now)
  const tip = await findTip(tx, tipId)
  if (!tip) throw new AppError('NOT_FOUND', 'node_not_found', 'No such Tip.', { path: PATH })
  if (tip.recipientId === viewer.userId)
    throw new AppError('CONFLICT', 'self_action', 'Nobody looks up who gave them something.', { path: PATH })
  await record(
    tx,
    {
      action: 'tip.sender_revealed',
      category: 'ADMINISTRATIVE',
      severity: 'HIGH',
      subject: { table: 'tips', id: tip.id },
      userId: tip.recipientId,
      adminId: viewer.userId,
      description: 'Looked up who gave a tip.',
      reason,
    },
    now,
  )
  return tip
}
