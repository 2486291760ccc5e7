import { record } from '../audit/audit.js'
import { holdActor, noSuchUser } from '../accounts/accounts.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import type { Viewer } from '../lib/viewer.js'
import { findCurrency, findHold, insertHold, releaseHold } from './queries.js'

/** What shall be kept back, until when and why. */
export interface HoldOrder {
  readonly creatorId: string
  /** Null for all of it. */
  readonly amountMinor: bigint | null
  readonly releaseAt: Date | null
  readonly reason: string
  readonly idempotencyKey: string
}

/**
 * Keeps back a creator's earnings; what was asked for before goes on. Idempotent under the key. Audited.
 * @throws NOT_FOUND node_not_found; INVALID invalid_input; CONFLICT self_action
 */
export async function holdPayouts(
  tx: Tx,
  viewer: Viewer,
  { idempotencyKey, ...order }: HoldOrder,
  now: Date,
): Promise<Remembered<{ holdId: string }>> {
  const call = { scope: viewer.userId, mutation: 'holdPayouts', key: idempotencyKey, request: order }
  return idempotently(tx, call, now, async () => {
    await holdActor(tx, viewer.userId, now)
    const { creatorId, amountMinor, releaseAt, reason } = order
    const currency = await findCurrency(tx, creatorId)
    if (!currency) throw noSuchUser(['input', 'creatorId'])
    if (amountMinor !== null && amountMinor <= 0n) throw invalid('A hold is of more than nothing.', 'amountMinor')
    if (releaseAt && releaseAt <= now) throw invalid('A hold ends in the future.', 'releaseAt')
    const held = amountMinor === null ? { amountMinor, currency: null } : { amountMinor, currency }
    const holdId = await insertHold(tx, { creatorId, reason, ...held, releaseAt, createdById: viewer.userId }, now)
    await recordHold(tx, viewer, { action: 'payouts.held', id: holdId, creatorId, reason }, now)
    return { holdId }
  })
}

const invalid = (message: string, field: string): AppError =>
  new AppError('INVALID', 'invalid_input', message, { path: ['input', field] })

/** Ends a hold. Audited. @throws NOT_FOUND node_not_found; CONFLICT hold_ended */
export async function releasePayoutHold(
  tx: Tx,
  viewer: Viewer,
  { holdId, reason }: { readonly holdId: string; readonly reason: string },
  now: Date,
): Promise<void> {
  const path = ['input', 'holdId']
  await holdActor(tx, viewer.userId, now)
  const hold = await findHold(tx, holdId)
  if (!hold) throw new AppError('NOT_FOUND', 'node_not_found', 'No such PayoutHold.', { path })
  if (!(await releaseHold(tx, holdId, viewer.userId, now)))
    throw new AppError('CONFLICT', 'hold_ended', 'The hold has ended already.', { path })
  await recordHold(tx, viewer, { action: 'payouts.released', id: holdId, creatorId: hold.creatorId, reason }, now)
}

const recordHold = (
  tx: Tx,
  viewer: Viewer,
  step: { readonly action: string; readonly id: string; readonly creatorId: string; readonly reason: string },
  now: Date,
): Promise<void> =>
  record(
    tx,
    {
      action: step.action,
      category: 'ADMINISTRATIVE',
      severity: 'HIGH',
      subject: { table: 'payout_holds', id: step.id },
      userId: step.creatorId,
      adminId: viewer.userId,
      description: step.action === 'payouts.held' ? 'Kept back earnings.' : 'Let earnings go.',
      reason: step.reason,
    },
    now,
  )
