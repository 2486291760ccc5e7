import assert from 'node:assert'
import { isCurrency } from '../lib/money.js'
import { isMovable } from './amounts.js'
import { toDecline } from './declines.js'
import { ProcessorDeclined } from './errors.js'
import { accountOutcome, payoutOutcome, toStored } from './sandbox-books.js'
import type { Account, AccountData, AccountState, Payout, PayoutData } from './sandbox-books.js'
import { findEntry } from './sandbox-queries.js'
import { held, move, newId, tell, underKey } from './sandbox-turn.js'
import type { Made, Turn } from './sandbox-turn.js'
import type {
  PayoutAccountOrder,
  PayoutAccountOutcome,
  PayoutAccountStanding,
  PayoutOrder,
  PayoutOutcome,
} from './types.js'

const LABEL = 'Sandbox bank ·· 6789'
/** Nobody sends money there. */
const UNSUPPORTED_COUNTRIES = new Set(['XX', 'CU', 'IR', 'KP', 'SY'])
/** Its banks ask first, and wait for the answer. */
const COUNTRY_THAT_ASKS = 'NO'

/** @throws ProcessorDeclined country_unsupported, currency_not_supported */
export async function makeAccount(turn: Turn, order: PayoutAccountOrder): Promise<PayoutAccountOutcome> {
  const { entry, isNew } = await underKey<Account>(turn, order.key, 'PAYOUT_ACCOUNT', () => newAccount(turn, order))
  if (isNew) await tell(turn, entry)
  const outcome = accountOutcome(entry)
  assert(outcome, `the account under ${order.key} was removed`)
  return outcome
}

function newAccount({ baseUrl }: Turn, { creatorId, countryCode, currency, returnUrl }: PayoutAccountOrder) {
  if (UNSUPPORTED_COUNTRIES.has(countryCode)) throw new ProcessorDeclined(toDecline('country_unsupported'))
  if (!isCurrency(currency)) throw new ProcessorDeclined(toDecline('currency_not_supported'))
  const id = newId('PAYOUT_ACCOUNT')
  const state: AccountState = countryCode === COUNTRY_THAT_ASKS ? 'PENDING' : 'VERIFIED'
  const onboardingUrl = `${baseUrl}/sandbox/onboarding/${id}`
  const data: AccountData = { creatorId, countryCode, currency, label: LABEL, onboardingUrl, returnUrl }
  return { id, parentId: null, state, data }
}

/** Has a destination stand otherwise: its owner answered the questions, or its bank closed it. */
export async function moveAccount(turn: Turn, id: string, state: PayoutAccountStanding): Promise<void> {
  const account = await held<Account>(turn, id, 'PAYOUT_ACCOUNT')
  assert(account.state !== 'REMOVED', `the account ${id} was removed`)
  if (account.state !== state) await move(turn, account, { state })
}

/** Whether its bank asks its owner something, or did. */
export const asksOwner = ({ state, data }: Account): boolean =>
  state !== 'REMOVED' && data.countryCode === COUNTRY_THAT_ASKS

/** Does what the owner of a destination does on their bank's page; nothing for one that waits for nobody. */
export async function answerOnboarding(turn: Turn, id: string, answer: 'succeed' | 'fail'): Promise<void> {
  const account = await held<Account>(turn, id, 'PAYOUT_ACCOUNT')
  if (account.state === 'PENDING') await move(turn, account, { state: answer === 'succeed' ? 'VERIFIED' : 'DISABLED' })
}

export async function dropAccount(turn: Turn, id: string): Promise<void> {
  const account = await held<Account>(turn, id, 'PAYOUT_ACCOUNT')
  // nobody is told of what they did themselves
  if (account.state !== 'REMOVED') await move(turn, account, { state: 'REMOVED' })
}

/** Sends once under the order's key; `isRefused` has the bank say no. */
export async function makePayout(turn: Turn, order: PayoutOrder, isRefused: boolean): Promise<PayoutOutcome> {
  const { entry, isNew } = await underKey<Payout>(turn, order.key, 'PAYOUT', async () =>
    newPayout(order, await refusalOf(turn, order, isRefused)),
  )
  const { payoutId, amount } = entry.data
  const isSame = payoutId === order.payoutId && BigInt(amount.amountMinor) === order.amount.amountMinor
  assert(isSame && entry.parentId === order.account, `the key ${order.key} was used for another payout before`)
  if (isNew) await tell(turn, entry)
  return payoutOutcome(entry, entry.data.firstState)
}

async function refusalOf(
  { tx }: Turn,
  { account: id, amount }: PayoutOrder,
  isRefused: boolean,
): Promise<string | null> {
  const account = await findEntry<Account>(tx, id)
  if (account?.kind !== 'PAYOUT_ACCOUNT' || account.state === 'REMOVED') return 'account_closed'
  if (account.state === 'PENDING') return 'account_not_verified'
  if (account.state === 'DISABLED') return 'account_disabled'
  if (account.data.currency !== amount.currency) return 'currency_mismatch'
  if (!isMovable(amount)) return 'invalid_amount'
  return isRefused ? 'could_not_process' : null
}

function newPayout({ payoutId, account, amount }: PayoutOrder, failureCode: string | null): Made<Payout> {
  const firstState = failureCode === null ? 'PAID' : 'FAILED'
  const data: PayoutData = { payoutId, amount: toStored(amount), failureCode, firstState }
  return { id: newId('PAYOUT'), parentId: account, state: firstState, data }
}

/** Has the bank send back what was sent. */
export async function bounce(turn: Turn, id: string, failureCode: string): Promise<void> {
  const payout = await held<Payout>(turn, id, 'PAYOUT')
  if (payout.state === 'FAILED') return
  await move(turn, payout, { state: 'FAILED', data: { ...payout.data, failureCode } })
}
