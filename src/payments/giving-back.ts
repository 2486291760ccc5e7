import assert from 'node:assert'
import { findSale } from '../ledger/ledger.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { doAllDue } from '../lib/due.js'
import type { DueWork } from '../lib/due.js'
import { findPaymentForUpdate } from './queries.js'
import { isDisputed } from './refund-queries.js'
import { carryOutRefund, refundable, startRefund } from './refunds.js'
import type { PaymentServices } from './types.js'

/** Something that was paid for, and of whose price some may have to go back. */
export interface Owed {
  readonly id: string
  readonly paymentId: string
}

/** What goes back by itself, and why. */
export interface OwedWork extends Pick<DueWork<Owed>, 'failure' | 'idName'> {
  /** The first so many of which it was not decided yet, but for those about which a dispute is to decide. */
  readonly list: (tx: Tx, limit: number, now: Date) => Promise<readonly Owed[]>
  /** Takes the decision about one: how much goes back at most; null where somebody else has, or it is owed no more. */
  readonly claim: (tx: Tx, id: string, now: Date) => Promise<bigint | null>
  readonly reason: string
}

/**
 * Gives back what the platform owes, each of it once, however often and beside whom this runs; what went back before, by whoever,
 * is taken off. What is disputed waits for its dispute. Audited.
 */
export const giveBackAllOwed = (origin: Origin, services: PaymentServices, work: OwedWork): Promise<void> =>
  doAllDue({
    ...work,
    list: (limit) => transaction(origin, (tx, now) => work.list(tx, limit, now)),
    act: async (owed) => {
      const refundId = await transaction(origin, (tx, now) => giveBackOwed(tx, services, work, owed, now))
      if (refundId) await carryOutRefund(origin, services, refundId)
    },
  })

/** Answers the refund; null where nothing goes back, or not yet. */
async function giveBackOwed(
  tx: Tx,
  services: PaymentServices,
  { claim, reason }: OwedWork,
  { id, paymentId }: Owed,
  now: Date,
): Promise<string | null> {
  // the payment before what it paid for, as refunds and disputes hold them
  const payment = await findPaymentForUpdate(tx, paymentId)
  const sale = await findSale(tx, paymentId)
  assert(payment && sale, 'what was paid for has a payment and a sale')
  if (await isDisputed(tx, sale.id)) return null
  const mostMinor = await claim(tx, id, now)
  if (mostMinor === null) return null
  const left = refundable(payment)
  const amountMinor = mostMinor < left ? mostMinor : left
  if (amountMinor <= 0n) return null
  return (
    await startRefund(tx, services, { sale, amountMinor, reason, revokesAccess: false, requestedById: null }, now)
  ).id
}
