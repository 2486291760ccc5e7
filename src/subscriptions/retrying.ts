import { holdActor } from '../accounts/accounts.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import type { Viewer } from '../lib/viewer.js'
import type { PaymentServices, PaymentSource } from '../payments/types.js'
import { findHindrance, findSubscriptionForUpdate, forgetTry, keepMethod } from './queries.js'
import { chargeRenewal } from './renewing.js'

const PATH = ['input', 'subscriptionId']

/** A refused renewal that its payer pays now. */
export interface RetryOrder {
  readonly subscriptionId: string
  readonly source: PaymentSource
  readonly idempotencyKey: string
}

/**
 * Pays a renewal that was refused, or that wants its payer's confirmation, while they are there to confirm. It counts as no
 * step of the ladder; the method, where one is named, is kept for later renewals. Idempotent under the key. Audited with its
 * payment.
 * @throws NOT_FOUND node_not_found; CONFLICT no_payment_due, payment_under_way, creator_not_earning, insufficient_funds;
 *   INVALID payment_method_required; FORBIDDEN account_limited
 */
export async function retrySubscriptionPayment(
  tx: Tx,
  services: PaymentServices,
  viewer: Viewer,
  { idempotencyKey, ...order }: RetryOrder,
  now: Date,
): Promise<Remembered<{ subscriptionId: string; paymentId: string }>> {
  const call = { scope: viewer.userId, mutation: 'retrySubscriptionPayment', key: idempotencyKey, request: order }
  return idempotently(tx, call, now, async () => {
    await holdActor(tx, viewer.userId, now)
    const subscription = await findSubscriptionForUpdate(tx, order.subscriptionId)
    if (subscription?.subscriberId !== viewer.userId)
      throw new AppError('NOT_FOUND', 'node_not_found', 'No such CreatorSubscription.', { path: PATH })
    const { id, endedAt, willRenew, paymentHealth, isDisputed } = subscription
    if (endedAt || !willRenew || isDisputed || (paymentHealth !== 'RETRYING' && paymentHealth !== 'GRACE'))
      throw new AppError('CONFLICT', 'no_payment_due', 'No renewal of it is due.', { path: PATH })
    if (await findHindrance(tx, id, now))
      throw new AppError('CONFLICT', 'creator_not_earning', 'This creator does not earn now.', { path: PATH })
    if (order.source.paymentMethodId) await keepMethod(tx, id, order.source.paymentMethodId)
    await forgetTry(tx, id)
    const paymentId = await chargeRenewal(tx, services, subscription, order.source, now)
    if (!paymentId)
      throw new AppError('CONFLICT', 'payment_under_way', 'A payment for it is under way.', { path: PATH })
    return { subscriptionId: id, paymentId }
  })
}
