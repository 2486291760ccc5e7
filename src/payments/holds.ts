import { feeGivenBack, fitHeld, postDisputeHold, priceOf } from '../ledger/ledger.js'
import type { Returned } from '../ledger/ledger.js'
import type { Sale } from '../ledger/types.js'
import type { Db, Tx } from '../lib/db.js'
import { addReturned } from './queries.js'
import { listHolds } from './refund-queries.js'
import type { HoldRow } from './refund-queries.js'
import type { PaymentRow } from './types.js'

/** What of a payment went back, and what makes its disputes hold more or less. */
export interface Fitting {
  readonly sale: Sale
  readonly payment: PaymentRow
  /** What is given back of it, all told, and the fee in it. */
  readonly refunded: Returned
  /** What comes or goes; the same is posted once. */
  readonly cause: string
}

/** Where the price of a sale is once its disputes hold theirs. */
export interface Fitted {
  /** Neither given back nor held nor lost. */
  readonly leftMinor: bigint
  /** Held by disputes that are not decided yet. */
  readonly heldMinor: bigint
}

/** Whether nothing of a price is left. What an open dispute holds may be: its end decides. */
export const isNothing = ({ leftMinor, heldMinor }: Fitted): boolean => leftMinor === 0n && heldMinor === 0n

const isOpen = ({ state }: HoldRow): boolean => state === 'OPEN' || state === 'UNDER_REVIEW'

/** The disputes of a payment that were not won, those that are served first first, with what they hold or have lost. */
const listStanding = async (db: Db, paymentId: string): Promise<HoldRow[]> =>
  (await listHolds(db, paymentId)).filter(({ state }) => state !== 'WON')

/** The part of the fee that goes back with a refund of a sale, of which `refunded` went back before. */
export const getFeeGivenBack = async (db: Db, sale: Sale, refunded: Returned, amountMinor: bigint): Promise<bigint> =>
  feeGivenBack(priceOf(sale), refunded, await listStanding(db, sale.paymentIntentId), amountMinor)

/**
 * Has each dispute of a sale that was not won hold what it claims, as far as refunds and older disputes leave it: so it does not
 * matter whether a refund or a dispute is heard of first. The payment must be held.
 */
export async function fitHolds(tx: Tx, { sale, payment, refunded, cause }: Fitting, now: Date): Promise<Fitted> {
  let leftMinor = payment.capturedMinor - refunded.grossMinor
  let heldMinor = 0n
  const holds = (await listStanding(tx, payment.id)).map((hold) => {
    const dueMinor = hold.claimedMinor < leftMinor ? hold.claimedMinor : leftMinor
    leftMinor -= dueMinor
    if (isOpen(hold)) heldMinor += dueMinor
    return { ...hold, dueMinor }
  })
  const changes = fitHeld(priceOf(sale), refunded, holds)
  for (const { hold, moreMinor, moreFeeMinor } of changes) {
    await addReturned(tx, payment.id, { disputedMinor: moreMinor })
    await postDisputeHold(tx, { sale, dispute: hold, moreMinor, moreFeeMinor, cause }, now)
  }
  return { leftMinor, heldMinor }
}
