import { postDisputeHold } from '../ledger/ledger.js'
import type { Returned } from '../ledger/ledger.js'
import type { Sale } from '../ledger/types.js'
import type { Tx } from '../lib/db.js'
import { addReturned } from './queries.js'
import { listHolds } from './refund-queries.js'
import type { HoldRow } from './refund-queries.js'
import type { PaymentRow } from './types.js'

/** What of a payment went back, and what makes its disputes hold more or less. */
export interface Fitting {
  readonly sale: Sale
  readonly payment: PaymentRow
  /** What is given back of it, all told. */
  readonly refundedMinor: bigint
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

/**
 * Has each dispute of a sale that was not won hold what it claims, as far as refunds and older disputes leave it: so it does not
 * matter whether a refund or a dispute is heard of first. The payment must be held.
 */
export async function fitHolds(tx: Tx, { sale, payment, refundedMinor, cause }: Fitting, now: Date): Promise<Fitted> {
  let leftMinor = payment.capturedMinor - refundedMinor
  let heldMinor = 0n
  let before: Returned = { grossMinor: 0n, platformFeeMinor: 0n }
  for (const hold of await listHolds(tx, payment.id)) {
    if (hold.state === 'WON') continue
    const amountMinor = hold.claimedMinor < leftMinor ? hold.claimedMinor : leftMinor
    const held =
      amountMinor === hold.grossMinor ? hold : await fitHold(tx, { sale, hold, amountMinor, before, cause }, now)
    leftMinor -= amountMinor
    if (isOpen(hold)) heldMinor += amountMinor
    before = {
      grossMinor: before.grossMinor + amountMinor,
      platformFeeMinor: before.platformFeeMinor + held.platformFeeMinor,
    }
  }
  return { leftMinor, heldMinor }
}

async function fitHold(
  tx: Tx,
  {
    sale,
    hold,
    ...fit
  }: {
    readonly sale: Sale
    readonly hold: HoldRow
    readonly amountMinor: bigint
    readonly before: Returned
    readonly cause: string
  },
  now: Date,
): Promise<Returned> {
  await addReturned(tx, sale.paymentIntentId, { disputedMinor: fit.amountMinor - hold.grossMinor })
  return postDisputeHold(tx, { ...fit, sale, dispute: hold }, now)
}
