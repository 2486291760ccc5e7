import { getBalances } from '../ledger/ledger.js'
import type { Db } from '../lib/db.js'
import { currencyDigits } from '../lib/money.js'
import type { Money } from '../lib/money.js'
import { getReserved, getUnshown } from './queries.js'
import type { EarningsRow } from './types.js'

const MINIMUM_MINOR = 1_000n
const TENFOLD = 10n

/** The least that is paid out: 10.00 of a currency with cents, and as many minor units of one without. */
export const minimumPayout = (currency: string): Money => ({
  amountMinor: currencyDigits(currency) > 2 ? MINIMUM_MINOR * TENFOLD : MINIMUM_MINOR,
  currency,
})

/**
 * What a creator has, as far as they may know by now: what an anonymous tip brought in is not seen before the tip is, for its
 * second would tell who was there.
 */
export async function getEarnings(db: Db, creatorId: string, currency: string, now: Date): Promise<EarningsRow> {
  const balances = await getBalances(db, creatorId, currency, now)
  const unshownMinor = await getUnshown(db, creatorId, currency, now)
  const reserved = await getReserved(db, creatorId, now)
  const { availableMinor } = balances
  const heldMinor = reserved.isAll || reserved.amountMinor > availableMinor ? availableMinor : reserved.amountMinor
  const money = (amountMinor: bigint): Money => ({ amountMinor, currency })
  return {
    creatorId,
    pending: money(balances.pendingMinor - unshownMinor),
    available: money(availableMinor),
    reserved: money(heldMinor),
    owed: money(balances.owedMinor),
    inTransit: money(balances.inTransitMinor),
  }
}
