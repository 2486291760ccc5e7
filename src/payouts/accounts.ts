import assert from 'node:assert'
import { createHash } from 'node:crypto'
import { record } from '../audit/audit.js'
import { holdActor } from '../accounts/accounts.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { idempotently, rememberedAnswer } from '../lib/idempotency.js'
import type { Viewer } from '../lib/viewer.js'
import { askProcessor } from '../payments/payments.js'
import type { PaymentServices } from '../payments/types.js'
import type { Decline } from '../processors/types.js'
import {
  findAccount,
  findCurrency,
  insertAccount,
  listAccounts,
  removeAccount,
  setDefaultAccount,
  updateAccountState,
} from './queries.js'
import type { NewAccount } from './queries.js'
import type { PayoutAccountRow } from './types.js'

/** Destinations that are kept for one person. */
export const MAX_ACCOUNTS = 5

/** Where earnings shall be sent. */
export interface AccountOrder {
  readonly countryCode: string
  readonly returnUrl: string
  readonly idempotencyKey: string
}

/** A destination that was added, and where the processor asks for more. */
interface AddedAccount {
  readonly id: string
  readonly onboardingUrl: string | null
}

/**
 * Adds a destination: the processor is asked outside any transaction, under a key made of person, idempotency key and country,
 * so that a retry adds the same one; one that is answered again has a fresh `onboardingUrl`. Its details stay with the
 * processor. Idempotent under the key; audited.
 * @throws INVALID payout_account_refused, invalid_input; CONFLICT too_many_payout_accounts; UNAVAILABLE service_unavailable
 */
export async function addPayoutAccount(
  origin: Origin,
  { processor }: PaymentServices,
  { userId }: Viewer,
  { idempotencyKey, ...order }: AccountOrder,
): Promise<AddedAccount & { readonly replayed: boolean }> {
  const { countryCode, returnUrl } = order
  const call = { scope: userId, mutation: 'addPayoutAccount', key: idempotencyKey, request: order }
  const known = await rememberedAnswer<{ id: string }>(origin.db, call)
  if (known) {
    const account = await findAccount(origin.db, known.id)
    assert(account, 'a destination is never deleted')
    const stands = await askProcessor(() => processor.findPayoutAccount(account.reference, returnUrl), refused)
    return { id: known.id, onboardingUrl: stands?.onboardingUrl ?? null, replayed: true }
  }
  const currency = await transaction(origin, (tx, now) => checkedCurrency(tx, userId, now))
  const key = createHash('sha256').update(`payout:${userId}:${idempotencyKey}:${countryCode}`).digest('hex')
  const made = await askProcessor(
    () => processor.createPayoutAccount({ creatorId: userId, key, countryCode, currency, returnUrl }),
    refused,
  )
  const account = { ...made, creatorId: userId, processor: processor.name, countryCode, currency }
  const { answer, replayed } = await transaction(origin, (tx, now) =>
    idempotently(tx, call, now, () => keepAccount(tx, account, now)),
  )
  return { ...answer, onboardingUrl: made.onboardingUrl, replayed }
}

async function keepAccount(tx: Tx, account: NewAccount, now: Date): Promise<{ id: string }> {
  const { id, isNew } = await insertAccount(tx, account, now)
  if (isNew) await recordAccount(tx, { action: 'payout_account.added', id, userId: account.creatorId }, now)
  return { id }
}

async function checkedCurrency(tx: Tx, userId: string, now: Date): Promise<string> {
  await holdActor(tx, userId, now)
  const currency = await findCurrency(tx, userId)
  if (!currency) throw new AppError('CONFLICT', 'creator_not_earning', 'Choose a currency first.')
  if ((await listAccounts(tx, userId)).length < MAX_ACCOUNTS) return currency
  throw new AppError('CONFLICT', 'too_many_payout_accounts', `At most ${String(MAX_ACCOUNTS)} destinations are kept.`)
}

const refused = ({ reason }: Decline): AppError =>
  new AppError('INVALID', 'payout_account_refused', reason, { path: ['input', 'countryCode'] })

/** Forgets a destination; what is on its way there arrives. Audited. @throws NOT_FOUND node_not_found */
export async function removePayoutAccount(tx: Tx, { userId }: Viewer, id: string, now: Date): Promise<void> {
  await holdActor(tx, userId, now)
  if (!(await removeAccount(tx, userId, id, now))) throw noSuchAccount()
  await recordAccount(tx, { action: 'payout_account.removed', id, userId }, now)
}

/** Takes a destination where a payout names none. Audited. @throws NOT_FOUND node_not_found */
export async function setDefaultPayoutAccount(tx: Tx, { userId }: Viewer, id: string, now: Date): Promise<void> {
  await holdActor(tx, userId, now)
  if (!(await setDefaultAccount(tx, userId, id))) throw noSuchAccount()
  await recordAccount(tx, { action: 'payout_account.made_default', id, userId }, now)
}

const noSuchAccount = (): AppError =>
  new AppError('NOT_FOUND', 'node_not_found', 'No such PayoutAccount.', { path: ['input', 'payoutAccountId'] })

/** Writes how the processor says a destination stands; false where there is none of this name. Audited where it changed. */
export async function applyAccountState(
  tx: Tx,
  processor: string,
  account: { readonly reference: string; readonly state: PayoutAccountRow['state'] },
  now: Date,
): Promise<boolean> {
  const change = await updateAccountState(tx, processor, account, now)
  if (change && change.before !== account.state)
    await recordAccount(
      tx,
      {
        action: `payout_account.${account.state.toLowerCase()}`,
        id: change.id,
        userId: change.creatorId,
        states: [change.before, account.state],
      },
      now,
    )
  return change !== null
}

interface AccountStep {
  readonly action: string
  readonly id: string
  readonly userId: string
  /** Before and after, where the processor said so. */
  readonly states?: readonly [string, string]
}

const recordAccount = (tx: Tx, { action, id, userId, states }: AccountStep, now: Date): Promise<void> =>
  record(
    tx,
    {
      action,
      category: 'PAYMENT',
      severity: 'MEDIUM',
      subject: { table: 'payout_accounts', id },
      userId,
      ...(states && { before: { state: states[0] }, after: { state: states[1] } }),
      description: 'A destination of earnings changed.',
    },
    now,
  )
