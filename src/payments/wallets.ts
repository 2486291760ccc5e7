import { holdActor } from '../accounts/accounts.js'
import { postTopUp } from '../ledger/ledger.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import { checkedPrice } from '../lib/money.js'
import type { Money } from '../lib/money.js'
import type { Viewer } from '../lib/viewer.js'
import { openPayment } from './intents.js'
import type { PaymentServices, PaymentSource, Purpose } from './types.js'
import { insertWallet } from './wallet-queries.js'

/**
 * Begins to pay money into the viewer's own wallet. Idempotent under the key.
 * @throws INVALID price_out_of_range, invalid_input, payment_method_required
 */
export async function topUpWallet(
  tx: Tx,
  services: PaymentServices,
  viewer: Viewer,
  {
    idempotencyKey,
    ...order
  }: { readonly amount: Money; readonly source: PaymentSource; readonly idempotencyKey: string },
  now: Date,
): Promise<Remembered<{ paymentId: string }>> {
  const { amount, source } = order
  if (source.useWallet)
    throw new AppError('INVALID', 'invalid_input', 'A wallet is not filled from a wallet.', {
      path: ['input', 'payWith', 'useWallet'],
    })
  checkedPrice(amount, ['input', 'amountMinor'])
  const call = { scope: viewer.userId, mutation: 'topUpWallet', key: idempotencyKey, request: order }
  return idempotently(tx, call, now, async () => {
    await holdActor(tx, viewer.userId, now)
    const { id } = await openPayment(
      tx,
      services,
      { payerId: viewer.userId, creatorId: null, purpose: 'WALLET_TOP_UP', amount, source },
      () => Promise.resolve(),
      now,
    )
    return { paymentId: id }
  })
}

const nothing = (): Promise<void> => Promise.resolve()

/** Money for one's own wallet: it is there once it was paid, and earns nobody anything. */
export const topUps: Purpose = {
  paid: async (tx, { id, payerId, amountMinor, currency, processorFeeMinor }, now) => {
    await postTopUp(tx, { intentId: id, userId: payerId, amount: { amountMinor, currency }, processorFeeMinor }, now)
    await insertWallet(tx, payerId, currency, now)
    return null
  },
  failed: nothing,
  isOpen: () => Promise.resolve(false),
  refunded: nothing,
  refundFailed: nothing,
  held: nothing,
  freed: nothing,
  lost: nothing,
}
