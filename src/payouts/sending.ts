import assert from 'node:assert'
import { isUuid } from '../lib/ids.js'
import { postPayoutPaid, postPayoutReturned } from '../ledger/ledger.js'
import { MINUTE_MS, addMs } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { enqueue } from '../lib/jobs.js'
import { log } from '../lib/log.js'
import type { PaymentServices, PayoutNews } from '../payments/types.js'
import { ProcessorUnavailable } from '../processors/processors.js'
import type { PayoutOrder, PayoutOutcome } from '../processors/types.js'
import { applyAccountState } from './accounts.js'
import {
  findAccount,
  findArrival,
  findPayout,
  findPayoutByReference,
  findPayoutForUpdate,
  updatePayout,
} from './queries.js'
import { tell } from './requesting.js'
import { finishPayoutJob } from './types.js'
import type { PayoutRow } from './types.js'

const LONGEST_WAIT_MS = 60 * MINUTE_MS
const MAX_DOUBLINGS = 6

const isOpen = ({ state }: PayoutRow): boolean =>
  state === 'REQUESTED' || state === 'APPROVED' || state === 'PROCESSING'

/** Sends a payout, outside any transaction, and writes what the processor answers; or asks how one stands that was sent. */
export async function sendPayout(
  origin: Origin,
  services: PaymentServices,
  payoutId: string,
  isBounced = false,
): Promise<void> {
  const payout = await findPayout(origin.db, payoutId)
  if (!payout || !(isOpen(payout) || (isBounced && payout.state === 'PAID'))) return
  const outcome = await asking(origin, services, payout)
  if (outcome) await transaction(origin, (tx, now) => settlePayout(tx, services, payoutId, outcome, now))
}

/** Null where nobody knows. The processor sends once per key, so asking for it again is asking about it. */
async function asking(
  { db }: Origin,
  { processor }: PaymentServices,
  payout: PayoutRow,
): Promise<PayoutOutcome | null> {
  const account = await findAccount(db, payout.payoutAccountId)
  assert(account, 'a destination is never deleted')
  const order: PayoutOrder = {
    payoutId: payout.id,
    key: payout.processorKey,
    account: account.reference,
    amount: { amountMinor: payout.amountMinor, currency: payout.currency },
  }
  try {
    const outcome = (await processor.findPayout(order)) ?? (await processor.sendPayout(order))
    // what was sent and bounced has to come home before it is the creator's again
    if (outcome.state === 'FAILED') await processor.takeBackPayout(order)
    return outcome
  } catch (error) {
    if (!(error instanceof ProcessorUnavailable)) throw error
    log.warn({ err: error, payoutId: payout.id }, 'payouts: the processor did not answer')
    return null
  }
}

/** Sends, or asks again, until a payout has its end. */
export async function finishPayout(
  origin: Origin,
  services: PaymentServices,
  {
    payoutId,
    attempt,
    isBounced,
  }: { readonly payoutId: string; readonly attempt: number; readonly isBounced?: boolean },
): Promise<void> {
  await sendPayout(origin, services, payoutId, isBounced)
  await transaction(origin, async (tx, now) => {
    const payout = await findPayout(tx, payoutId)
    if (!payout || !isOpen(payout)) return
    const wait = Math.min(MINUTE_MS * 2 ** Math.min(attempt, MAX_DOUBLINGS), LONGEST_WAIT_MS)
    await enqueue(
      tx,
      finishPayoutJob,
      { payoutId, attempt: attempt + 1 },
      { runAt: addMs(now, wait), key: `payout:${payoutId}` },
    )
  })
}

/**
 * Brings a payout to how the processor says it stands. One that failed, also after it had arrived, gives its money back; safe
 * to be told the same again, and in whatever order.
 */
async function settlePayout(
  tx: Tx,
  { processor }: PaymentServices,
  payoutId: string,
  outcome: PayoutOutcome,
  now: Date,
): Promise<void> {
  const payout = await findPayoutForUpdate(tx, payoutId)
  assert(payout, 'a payout is never deleted')
  if (payout.state === 'FAILED' || payout.state === 'CANCELLED' || payout.state === outcome.state) return
  if (payout.state === 'PAID' && outcome.state !== 'FAILED') return
  const { id, creatorId, amountMinor, currency } = payout
  const posting = { payoutId: id, creatorId, amount: { amountMinor, currency }, processor: processor.name }
  const failure =
    outcome.state === 'FAILED'
      ? { code: outcome.failureCode ?? 'failed', reason: outcome.failureReason ?? 'The bank did not take it.' }
      : null
  const settledAt = outcome.state === 'PROCESSING' ? null : now
  await updatePayout(tx, id, { state: outcome.state, reference: outcome.reference, failure, settledAt, now })
  if (outcome.state === 'PAID') await postPayoutPaid(tx, { ...posting, processorReference: outcome.reference }, now)
  if (failure) await postPayoutReturned(tx, { ...posting, failure, paidTransactionId: await findArrival(tx, id) }, now)
  await tell(tx, { ...payout, state: outcome.state }, `payout.${outcome.state.toLowerCase()}`, now)
}

/** What processors' messages about payouts do. */
export const payoutNewsFor = (services: () => PaymentServices): PayoutNews => ({
  applyPayout: async (tx, news, now) => {
    const { reference } = news.outcome
    const byReference = reference === null ? null : await findPayoutByReference(tx, reference)
    const id = byReference ?? (news.payoutId && isUuid(news.payoutId) ? news.payoutId : null)
    if (!id || !(await findPayout(tx, id))) return false
    // what bounced has to be brought home by the processor first, which nobody is asked for within a transaction
    if (news.outcome.state === 'FAILED')
      await enqueue(tx, finishPayoutJob, { payoutId: id, attempt: 1, isBounced: true }, { key: `payout:${id}` })
    else await settlePayout(tx, services(), id, news.outcome, now)
    return true
  },
  applyPayoutAccount: (tx, { reference, state }, now) =>
    applyAccountState(tx, services().processor.name, { reference, state }, now),
})
