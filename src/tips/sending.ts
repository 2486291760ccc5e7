import { randomInt } from 'node:crypto'
import { holdActor, noSuchUser } from '../accounts/accounts.js'
import { MINUTE_MS, SECOND_MS, addMs } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import { enqueue } from '../lib/jobs.js'
import { checkedPrice } from '../lib/money.js'
import type { Money } from '../lib/money.js'
import type { RateLimit } from '../lib/rate.js'
import { checkedLongText } from '../lib/text.js'
import type { Viewer } from '../lib/viewer.js'
import { findEarner, openPayment } from '../payments/payments.js'
import type { Earner } from '../payments/payments.js'
import type { PaymentServices, PaymentSource, Purpose } from '../payments/types.js'
import { attachPayment, findTippedTitle, findPaidTip, insertTip, updateTip } from './queries.js'
import { TIP_RECEIVED, showTipJob, tipsTo } from './types.js'

/** How often somebody may try to tip. */
export const TIPS: RateLimit = { name: 'tips.send', points: 60, windowSeconds: (10 * MINUTE_MS) / SECOND_MS }
const MAX_MESSAGE_LENGTH = 500
const CREATOR_PATH = ['input', 'creatorId']

/** An anonymous tip is shown some minutes after it was paid, as chance has it: its time would tell who was there. */
const MIN_DELAY_MS = 2 * MINUTE_MS
const MAX_DELAY_MS = 15 * MINUTE_MS

/** What is to be given, to whom and how. */
export interface TipOrder {
  readonly creatorId: string
  readonly amount: Money
  readonly message: string | null
  readonly isAnonymous: boolean
  /** The post it is for; the viewer can see it, and it is this creator's. */
  readonly contentId: string | null
  /** The stream it is given in; likewise. */
  readonly streamId?: string | null
  readonly source: PaymentSource
  readonly idempotencyKey: string
}

/**
 * Begins to give a creator money; the wallet pays at once, other ways are asked for after the commit. Idempotent under the
 * key. Audited.
 * @throws NOT_FOUND node_not_found; CONFLICT self_action, currency_mismatch, creator_not_earning, insufficient_funds;
 *   INVALID price_out_of_range, payment_method_required; FORBIDDEN account_limited
 */
export async function sendTip(
  tx: Tx,
  services: PaymentServices,
  viewer: Viewer,
  { idempotencyKey, ...order }: TipOrder,
  now: Date,
): Promise<Remembered<{ tipId: string; paymentId: string }>> {
  const { creatorId, amount, source } = order
  checkedPrice(amount, ['input', 'amountMinor'])
  const call = { scope: viewer.userId, mutation: 'sendTip', key: idempotencyKey, request: order }
  return idempotently(tx, call, now, async () => {
    await holdActor(tx, viewer.userId, now)
    refuseEarner(await findEarner(tx, creatorId, viewer.userId, now), viewer, amount)
    const tipId = await insertTip(
      tx,
      {
        senderId: viewer.userId,
        recipientId: creatorId,
        amount,
        message: order.message,
        isAnonymous: order.isAnonymous,
        contentId: order.contentId,
        streamId: order.streamId ?? null,
        titleSnapshot: order.contentId || order.streamId ? await findTippedTitle(tx, order) : null,
      },
      now,
    )
    const { id } = await openPayment(
      tx,
      services,
      { payerId: viewer.userId, creatorId, purpose: 'TIP', amount, source },
      (paymentId) => attachPayment(tx, tipId, paymentId),
      now,
    )
    return { tipId, paymentId: id }
  })
}

function refuseEarner(earner: Earner | null, { userId }: Viewer, { currency }: Money): void {
  if (!earner) throw noSuchUser(CREATOR_PATH)
  if (earner.id === userId)
    throw new AppError('CONFLICT', 'self_action', 'Nobody tips themselves.', { path: CREATOR_PATH })
  if (!earner.isEarning)
    throw new AppError('CONFLICT', 'creator_not_earning', 'This creator does not earn now.', { path: CREATOR_PATH })
  if (earner.currency !== currency)
    throw new AppError('CONFLICT', 'currency_mismatch', `This creator takes ${earner.currency ?? 'nothing'}.`, {
      path: ['input', 'currency'],
    })
}

/** Null for none. @throws INVALID invalid_input */
export const checkedMessage = (unchecked: string | null | undefined): string | null =>
  checkedLongText(unchecked ?? '', ['input', 'message'], MAX_MESSAGE_LENGTH) || null

const nothing = (): Promise<void> => Promise.resolve()

/** What paying a tip does: the creator has it, and sees it; access has nothing to do with it. */
export const tips: Purpose = {
  paid: async (tx, { id }, now) => {
    const tip = await findPaidTip(tx, id)
    if (!tip) throw new Error(`payment ${id} is for no tip`)
    const shownAt = tip.isAnonymous ? addMs(now, randomInt(MIN_DELAY_MS, MAX_DELAY_MS)) : now
    await updateTip(tx, tip.id, { state: 'PAID', paidAt: now, shownAt })
    if (tip.isAnonymous) await enqueue(tx, showTipJob, { tipId: tip.id }, { runAt: shownAt, key: `tip:${tip.id}` })
    else await tellRecipient(tx, tip.id, tip.recipientId, now)
    return {
      type: 'TIP',
      subject: { tipId: tip.id },
      shownAt,
      description: tip.titleSnapshot ? `Tip for “${tip.titleSnapshot}”` : 'Tip',
    }
  },
  failed: async (tx, { id }) => {
    const tip = await findPaidTip(tx, id)
    if (tip?.state === 'PENDING') await updateTip(tx, tip.id, { state: 'FAILED' })
  },
  isOpen: () => Promise.resolve(false),
  refunded: async (tx, { paymentIntentId }, { isFull }, now) => {
    const tip = await findPaidTip(tx, paymentIntentId)
    if (tip && isFull) await updateTip(tx, tip.id, { state: 'REFUNDED', refundedAt: now })
  },
  refundFailed: async (tx, { paymentIntentId }) => {
    const tip = await findPaidTip(tx, paymentIntentId)
    if (tip?.state === 'REFUNDED') await updateTip(tx, tip.id, { state: 'PAID', refundedAt: null })
  },
  held: nothing,
  freed: nothing,
  lost: async (tx, { paymentIntentId }, now) => {
    const tip = await findPaidTip(tx, paymentIntentId)
    if (tip?.state === 'PAID') await updateTip(tx, tip.id, { state: 'REFUNDED', refundedAt: now })
  },
}

/** Tells a creator what they were given; the event does not say by whom. */
export const tellRecipient = (tx: Tx, tipId: string, creatorId: string, now: Date): Promise<bigint> =>
  emit(tx, { stream: tipsTo(creatorId), type: TIP_RECEIVED, payload: { tipId, creatorId } }, now)
