import { record } from '../audit/audit.js'
import { holdActor } from '../accounts/accounts.js'
import { getEarnings, minimumPayout } from '../earnings/earnings.js'
import { postPayoutRequested, postPayoutReturned, releaseEarnings } from '../ledger/ledger.js'
import { SECOND_MS, addMs } from '../lib/clock.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { emit } from '../lib/events.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import { enqueue } from '../lib/jobs.js'
import type { Money } from '../lib/money.js'
import type { Viewer } from '../lib/viewer.js'
import { findCurrency, findPayoutForUpdate, insertPayout, listAccounts, updatePayout } from './queries.js'
import { PAYOUT_CHANGED, finishPayoutJob, payoutsOf } from './types.js'
import type { PayoutAccountRow, PayoutRow, PayoutState } from './types.js'

/** As many times the least that is paid out as go out without a second person: 1,000.00. */
const APPROVAL_FACTOR = 100n
const FIRST_QUESTION_MS = 30 * SECOND_MS
const AMOUNT_PATH = ['input', 'amountMinor']

/** How much shall be sent, and where to. */
export interface PayoutOrder {
  /** Null for all that is available. */
  readonly amountMinor: bigint | null
  /** Null for the default destination. */
  readonly payoutAccountId: string | null
  readonly idempotencyKey: string
}

/**
 * Takes earnings out of what is available; they are sent after the commit, or once a second person approved. Two at the same
 * time cannot take the same money: the ledger refuses. Idempotent under the key. Audited.
 * @throws CONFLICT payout_too_small, payout_account_required, payout_held, insufficient_funds, creator_not_earning
 */
export async function requestPayout(
  tx: Tx,
  viewer: Viewer,
  { idempotencyKey, ...order }: PayoutOrder,
  now: Date,
): Promise<Remembered<{ payoutId: string }>> {
  const creatorId = viewer.userId
  const call = { scope: creatorId, mutation: 'requestPayout', key: idempotencyKey, request: order }
  return idempotently(tx, call, now, async () => {
    await holdActor(tx, creatorId, now)
    const currency = await findCurrency(tx, creatorId)
    if (!currency) throw new AppError('CONFLICT', 'creator_not_earning', 'There is nothing to pay out.')
    const account = await getAccount(tx, creatorId, order.payoutAccountId)
    await releaseEarnings(tx, creatorId, currency, now)
    const amount = await checkedAmount(tx, creatorId, { amountMinor: order.amountMinor, currency }, now)
    const isLarge = amount.amountMinor > minimumPayout(currency).amountMinor * APPROVAL_FACTOR
    const state = isLarge ? 'AWAITING_APPROVAL' : 'REQUESTED'
    const payoutId = await insertPayout(
      tx,
      { creatorId, payoutAccountId: account.id, requestedById: creatorId, amount, state },
      now,
    )
    await postPayoutRequested(tx, { payoutId, creatorId, amount }, now)
    if (!isLarge) await sendSoon(tx, payoutId, now)
    await tell(
      tx,
      { id: payoutId, creatorId, amountMinor: amount.amountMinor, currency, state },
      'payout.requested',
      now,
    )
    return { payoutId }
  })
}

async function getAccount(tx: Tx, creatorId: string, id: string | null): Promise<PayoutAccountRow> {
  const accounts = await listAccounts(tx, creatorId)
  const account = accounts.find((each) => (id === null ? each.isDefault : each.id === id))
  if (id !== null && !account)
    throw new AppError('NOT_FOUND', 'node_not_found', 'No such PayoutAccount.', { path: ['input', 'payoutAccountId'] })
  if (account?.state === 'VERIFIED') return account
  throw new AppError('CONFLICT', 'payout_account_required', 'There is no verified destination.', {
    path: ['input', 'payoutAccountId'],
  })
}

async function checkedAmount(
  tx: Tx,
  creatorId: string,
  { amountMinor, currency }: { readonly amountMinor: bigint | null; readonly currency: string },
  now: Date,
): Promise<Money> {
  const { available, reserved } = await getEarnings(tx, creatorId, currency, now)
  const free = available.amountMinor - reserved.amountMinor
  const wanted = amountMinor ?? free
  if (wanted > free && reserved.amountMinor > 0n)
    throw new AppError('CONFLICT', 'payout_held', 'A hold keeps these earnings back; see viewer.payoutHolds.', {
      path: AMOUNT_PATH,
    })
  if (wanted > free)
    throw new AppError('CONFLICT', 'insufficient_funds', 'There is not that much available.', { path: AMOUNT_PATH })
  if (wanted < minimumPayout(currency).amountMinor)
    throw new AppError('CONFLICT', 'payout_too_small', 'That is less than is paid out.', { path: AMOUNT_PATH })
  return { amountMinor: wanted, currency }
}

/** Has a payout sent, should whoever is about to do it crash. */
export const sendSoon = (tx: Tx, payoutId: string, now: Date): Promise<void> =>
  enqueue(
    tx,
    finishPayoutJob,
    { payoutId, attempt: 1 },
    { runAt: addMs(now, FIRST_QUESTION_MS), key: `payout:${payoutId}` },
  )

/**
 * Approves or refuses a payout that waits for a second person; answers whether it is to be sent. Audited.
 * @throws NOT_FOUND node_not_found; CONFLICT payout_state, self_action
 */
export async function decidePayout(
  tx: Tx,
  { processorName, viewer }: { readonly processorName: string; readonly viewer: Viewer },
  { payoutId, isApproved }: { readonly payoutId: string; readonly isApproved: boolean },
  now: Date,
): Promise<void> {
  const path = ['input', 'payoutId']
  await holdActor(tx, viewer.userId, now)
  const payout = await findPayoutForUpdate(tx, payoutId)
  if (!payout) throw new AppError('NOT_FOUND', 'node_not_found', 'No such Payout.', { path })
  if (payout.creatorId === viewer.userId || payout.requestedById === viewer.userId)
    throw new AppError('CONFLICT', 'self_action', 'Somebody else must decide this.', { path })
  if (payout.state !== 'AWAITING_APPROVAL')
    throw new AppError('CONFLICT', 'payout_state', 'It does not wait for a decision.', { path })
  if (isApproved) {
    await updatePayout(tx, payout.id, { state: 'APPROVED', approvedById: viewer.userId, now })
    await sendSoon(tx, payout.id, now)
  } else {
    await updatePayout(tx, payout.id, { state: 'CANCELLED', settledAt: now, now })
    const amount = { amountMinor: payout.amountMinor, currency: payout.currency }
    await postPayoutReturned(
      tx,
      {
        payoutId,
        creatorId: payout.creatorId,
        amount,
        processor: processorName,
        failure: null,
        paidTransactionId: null,
      },
      now,
    )
  }
  const state = isApproved ? 'APPROVED' : 'CANCELLED'
  await tell(tx, { ...payout, state }, isApproved ? 'payout.approved' : 'payout.refused', now, viewer.userId)
}

/** Tells of a step, and keeps it in the trail. */
export async function tell(
  tx: Tx,
  {
    id,
    creatorId,
    amountMinor,
    currency,
    state,
  }: Pick<PayoutRow, 'id' | 'creatorId' | 'amountMinor' | 'currency'> & {
    readonly state: PayoutState
  },
  action: string,
  now: Date,
  adminId?: string,
): Promise<void> {
  await record(
    tx,
    {
      action,
      category: 'PAYMENT',
      severity: 'MEDIUM',
      subject: { table: 'payouts', id },
      userId: creatorId,
      ...(adminId !== undefined && { adminId }),
      after: { state, amountMinor, currency },
      description: 'A payout went a step further.',
    },
    now,
  )
  await emit(
    tx,
    { stream: payoutsOf(creatorId), type: PAYOUT_CHANGED, payload: { payoutId: id, creatorId, state } },
    now,
  )
}
