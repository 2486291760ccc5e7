import type { Origin } from '../lib/db.js'
import { giveBackAllOwed } from '../payments/payments.js'
import type { PaymentServices } from '../payments/types.js'
import { claimDelivery, findPromise, listUnsettled } from './refund-queries.js'
import type { Promised } from './refund-queries.js'

/** Of what was promised, in hundredths, that may be missing without anything going back. */
const TOLERANCE_PERCENT = 10

/**
 * What goes back of a price: the share of the promised seconds that was not delivered, rounded in the buyer's favour; nothing
 * where no more than a tenth is missing.
 */
export function owedBack(priceMinor: bigint, { promisedSeconds, deliveredSeconds }: Promised): bigint {
  const missing = BigInt(Math.max(promisedSeconds - deliveredSeconds, 0))
  const promised = BigInt(promisedSeconds)
  if (promised <= 0n || missing * 100n <= promised * BigInt(TOLERANCE_PERCENT)) return 0n
  return (priceMinor * missing + promised - 1n) / promised
}

/** Gives back what was not delivered of the streams that are over. Where all of it goes back, access goes with it. */
export const settleDeliveries = (origin: Origin, payments: PaymentServices): Promise<void> =>
  giveBackAllOwed(origin, payments, {
    list: listUnsettled,
    claim: async (tx, id, now) => {
      const priceMinor = await claimDelivery(tx, id, now)
      return priceMinor === null ? null : owedBack(priceMinor, await findPromise(tx, id))
    },
    reason: 'Not delivered.',
    failure: { one: 'a purchase of a stream could not be settled', many: 'purchases of streams could not be settled' },
    idName: 'purchaseId',
  })
