import { holdActor, isActingStaff } from '../accounts/accounts.js'
import { findSale, findTransaction, getRefunded } from '../ledger/ledger.js'
import type { Sale } from '../ledger/types.js'
import type { Db, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import type { Money } from '../lib/money.js'
import type { Viewer } from '../lib/viewer.js'
import { findPayment, getFeeGivenBack, purposeOf, refundable, startRefund, toReversal } from '../payments/payments.js'
import type { PaymentRow, PaymentServices } from '../payments/types.js'
import { canRefund } from './rules.js'

/** What shall go back of a sale. */
export interface RefundOrder {
  readonly transactionId: string
  /** Null for all that is left. */
  readonly amountMinor: bigint | null
  readonly revokesAccess: boolean
  readonly reason: string
  readonly idempotencyKey: string
}

/**
 * Accepts a refund by the creator whose sale it was, or by an admin; the processor is asked after the commit. Idempotent under
 * the key. Audited.
 * @throws NOT_FOUND node_not_found; CONFLICT not_a_sale, refund_too_large, refund_of_disputed, self_action; INVALID invalid_input
 */
export async function refundTransaction(
  tx: Tx,
  services: PaymentServices,
  viewer: Viewer,
  { idempotencyKey, ...order }: RefundOrder,
  now: Date,
): Promise<Remembered<{ refundId: string }>> {
  const path = ['input', 'transactionId']
  const call = { scope: viewer.userId, mutation: 'refundTransaction', key: idempotencyKey, request: order }
  return idempotently(tx, call, now, async () => {
    await holdActor(tx, viewer.userId, now)
    const { sale, payment } = await getRefundable(tx, viewer, { transactionId: order.transactionId, path }, now)
    if (sale.payerId === viewer.userId)
      throw new AppError('CONFLICT', 'self_action', 'Nobody gives money back to themselves.', { path })
    const { id } = await startRefund(
      tx,
      services,
      {
        sale,
        amountMinor: order.amountMinor ?? refundable(payment),
        reason: order.reason,
        revokesAccess: order.revokesAccess,
        requestedById: viewer.userId,
      },
      now,
    )
    return { refundId: id }
  })
}

/** What a refund would do. */
export interface Preview {
  readonly amount: Money
  readonly platformFee: Money
  readonly fromCreator: Money
  readonly left: Money
  readonly revokesAccess: boolean
}

/** Computes a refund as it would be made. @throws as `refundTransaction` */
export async function previewRefund(
  db: Db,
  services: PaymentServices,
  viewer: Viewer,
  { transactionId, amountMinor }: { readonly transactionId: string; readonly amountMinor: bigint | null },
  now: Date,
): Promise<Preview> {
  const { sale, payment } = await getRefundable(db, viewer, { transactionId, path: ['transactionId'] }, now)
  const left = refundable(payment)
  const amount = amountMinor ?? left
  if (amount <= 0n || amount > left)
    throw new AppError('CONFLICT', 'refund_too_large', 'There is not that much left of this sale.', {
      path: ['amountMinor'],
    })
  const feeMinor = await getFeeGivenBack(db, sale, await getRefunded(db, payment.id), amount)
  const reversal = toReversal({ amountMinor: amount, revokesAccess: false }, amount === left)
  const money = (minor: bigint): Money => ({ amountMinor: minor, currency: payment.currency })
  return {
    amount: money(amount),
    platformFee: money(feeMinor),
    fromCreator: money(amount - feeMinor),
    left: money(left - amount),
    revokesAccess: reversal.revokesAccess && (await purposeOf(services, payment).isOpen(db, sale, now)),
  }
}

/** A sale that the viewer may give back: their own, once they see it; of others for admins. */
async function getRefundable(
  db: Db,
  viewer: Viewer,
  { transactionId, path }: { readonly transactionId: string; readonly path: readonly string[] },
  now: Date,
): Promise<{ readonly sale: Sale; readonly payment: PaymentRow }> {
  const transaction = await findTransaction(db, transactionId)
  if (!transaction || !canRefund(viewer, isActingStaff(viewer), transaction, now))
    throw new AppError('NOT_FOUND', 'node_not_found', 'No such Transaction.', { path })
  const sale = transaction.paymentIntentId ? await findSale(db, transaction.paymentIntentId) : null
  const payment = sale && (await findPayment(db, sale.paymentIntentId))
  if (sale?.id !== transaction.id || !payment)
    throw new AppError('CONFLICT', 'not_a_sale', 'Only a sale can be given back.', { path })
  return { sale, payment }
}
