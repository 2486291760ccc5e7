import { feeHeldMore, getRefunded, postDisputeHold, priceOf } from '../ledger/ledger.js'
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

/** What the disputes of a payment hold, or have lost, and the fee in it. */
export const getHeld = async (db: Db, paymentId: string): Promise<Returned> => sumOf(await listStanding(db, paymentId))

const listStanding = async (db: Db, paymentId: string): Promise<HoldRow[]> =>
  (await listHolds(db, paymentId)).filter(({ state }) => state !== 'WON')

const sumOf = (holds: readonly Returned[]): Returned => ({
  grossMinor: holds.reduce((sum, { grossMinor }) => sum + grossMinor, 0n),
  platformFeeMinor: holds.reduce((sum, { platformFeeMinor }) => sum + platformFeeMinor, 0n),
})

/**
 * Has each dispute of a sale that was not won hold what it claims, as far as refunds and older disputes leave it: so it does not
 * matter whether a refund or a dispute is heard of first. The payment must be held, and its refunds posted.
 */
export async function fitHolds(tx: Tx, { payment, refundedMinor, ...fitting }: Fitting, now: Date): Promise<Fitted> {
  let leftMinor = payment.capturedMinor - refundedMinor
  let heldMinor = 0n
  const fits: Fit[] = []
  for (const hold of await listStanding(tx, payment.id)) {
    const amountMinor = hold.claimedMinor < leftMinor ? hold.claimedMinor : leftMinor
    leftMinor -= amountMinor
    if (isOpen(hold)) heldMinor += amountMinor
    fits.push({ hold, amountMinor })
  }
  await fitAll(tx, { ...fitting, fits }, now)
  return { leftMinor, heldMinor }
}

/** What a dispute holds, and what it shall. */
interface Fit {
  readonly hold: HoldRow
  readonly amountMinor: bigint
}

const moreOf = ({ hold, amountMinor }: Fit): bigint => amountMinor - hold.grossMinor

async function fitAll(
  tx: Tx,
  { sale, cause, fits }: Pick<Fitting, 'sale' | 'cause'> & { readonly fits: readonly Fit[] },
  now: Date,
): Promise<void> {
  const changes = fits.filter((fit) => moreOf(fit) !== 0n)
  if (changes.length === 0) return
  const refunded = await getRefunded(tx, sale.paymentIntentId)
  let held = sumOf(fits.map(({ hold }) => hold))
  // what holds less makes room for what holds more
  for (const fit of changes.sort((a, b) => (moreOf(a) < moreOf(b) ? -1 : 1))) {
    const { hold, amountMinor } = fit
    const moreMinor = moreOf(fit)
    const fee = feeHeldMore(priceOf(sale), refunded, held, moreMinor)
    const isLess = amountMinor === 0n || fee < -hold.platformFeeMinor
    const moreFeeMinor = isLess ? -hold.platformFeeMinor : fee
    await addReturned(tx, sale.paymentIntentId, { disputedMinor: moreMinor })
    await postDisputeHold(tx, { sale, dispute: hold, moreMinor, moreFeeMinor, cause }, now)
    held = sumOf([held, { grossMinor: moreMinor, platformFeeMinor: moreFeeMinor }])
  }
}
