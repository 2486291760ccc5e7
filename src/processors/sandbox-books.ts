import type { SandboxKind } from '../generated/prisma/enums.js'
import type { Money } from '../lib/money.js'
import { toDecline } from './declines.js'
import type { CardBehaviour } from './sandbox-tokens.js'
import type {
  ChargeOutcome,
  DisputeState,
  PayoutAccountOutcome,
  PayoutAccountStanding,
  PayoutOutcome,
  RefundOutcome,
  SavedMethod,
} from './types.js'

/** One thing in the sandbox's books, as it is stored and as messages carry it. */
export interface Entry<Data extends object = object, State extends string = string> {
  readonly id: string
  readonly kind: SandboxKind
  readonly parentId: string | null
  readonly state: State
  readonly data: Data
  readonly createdAt: Date
}

/** An amount as JSON keeps it. */
export interface StoredMoney {
  readonly amountMinor: string
  readonly currency: string
}

export interface CustomerData {
  readonly userId: string
}

export interface MethodData extends Omit<SavedMethod, 'reference'> {
  readonly declinesCharges: string | null
  readonly behaviour: CardBehaviour | null
}

export type ChargeState = 'SUCCEEDED' | 'REQUIRES_ACTION' | 'PROCESSING' | 'FAILED' | 'CANCELED'
export interface ChargeData {
  readonly intentId: string
  readonly amount: StoredMoney
  readonly method: string
  readonly description: string
  readonly behaviour: CardBehaviour | null
  readonly returnUrl: string | null
  readonly actionUrl: string
  readonly declineCode: string | null
  /** What the first call under its key was answered, and each further one is. */
  readonly firstState: ChargeState
}

export interface RefundData {
  /** Null for one that was made at the processor. */
  readonly refundId: string | null
  readonly amount: StoredMoney
  readonly failureCode: string | null
  readonly firstState: RefundOutcome['state']
}

export interface DisputeData {
  readonly amount: StoredMoney
  readonly reason: string
  readonly feeMinor: string
  readonly evidenceDueAt: string
  readonly evidence: Readonly<Record<string, string | null>> | null
}

export type AccountState = PayoutAccountStanding | 'REMOVED'
export interface AccountData {
  readonly creatorId: string
  readonly countryCode: string
  readonly currency: string
  readonly label: string
  readonly onboardingUrl: string
  /** Where its owner is sent back to; absent in books from before it was kept. */
  readonly returnUrl?: string
}

export interface PayoutData {
  readonly payoutId: string
  readonly amount: StoredMoney
  readonly failureCode: string | null
  readonly firstState: PayoutOutcome['state']
}

export type Customer = Entry<CustomerData>
export type Method = Entry<MethodData, 'ACTIVE' | 'REMOVED'>
export type Charge = Entry<ChargeData, ChargeState>
export type Refund = Entry<RefundData, RefundOutcome['state']>
export type Dispute = Entry<DisputeData, DisputeState>
export type Account = Entry<AccountData, AccountState>
export type Payout = Entry<PayoutData, PayoutOutcome['state']>

export const toStored = ({ amountMinor, currency }: Money): StoredMoney => ({
  amountMinor: amountMinor.toString(),
  currency,
})
export const toMoney = ({ amountMinor, currency }: StoredMoney): Money => ({
  amountMinor: BigInt(amountMinor),
  currency,
})

const FEE_PERCENT = 2n
const WHOLE_PERCENT = 100n

/** What the sandbox keeps of a charge, rounded in the payer's favour; it does not come back with a refund. */
export const feeOf = (amountMinor: bigint): bigint => (amountMinor * FEE_PERCENT) / WHOLE_PERCENT

/** How a charge stands, or stood when `state` is an earlier one. */
export function chargeOutcome({ id, data }: Charge, state: ChargeState): ChargeOutcome {
  const amount = toMoney(data.amount)
  switch (state) {
    case 'SUCCEEDED':
      return { state, reference: id, captured: amount, fee: { ...amount, amountMinor: feeOf(amount.amountMinor) } }
    case 'REQUIRES_ACTION':
      return { state, reference: id, actionUrl: data.actionUrl }
    case 'PROCESSING':
      return { state, reference: id }
    case 'FAILED':
    case 'CANCELED':
      return {
        state: 'FAILED',
        reference: id,
        // each charge is tried once
        attempt: `${id}_1`,
        decline: toDecline(state === 'CANCELED' ? 'canceled' : (data.declineCode ?? 'generic_decline')),
      }
  }
}

export const refundOutcome = ({ id, data }: Refund, state: RefundOutcome['state']): RefundOutcome => ({
  reference: id,
  state,
  failureCode: state === 'FAILED' ? data.failureCode : null,
})

const PAYOUT_FAILURES: Readonly<Record<string, string>> = {
  account_closed: 'The bank account is closed.',
  account_disabled: 'Nothing can be sent to this account.',
  account_not_verified: 'The account is not verified yet.',
  currency_mismatch: 'The account is of another currency.',
  could_not_process: 'The bank could not take it.',
}

export const payoutOutcome = ({ id, data }: Payout, state: PayoutOutcome['state']): PayoutOutcome => {
  const failureCode = state === 'FAILED' ? data.failureCode : null
  return {
    reference: id,
    state,
    failureCode,
    failureReason: failureCode === null ? null : (PAYOUT_FAILURES[failureCode] ?? 'The bank sent it back.'),
  }
}

/** What is known of a destination; null for one that was removed. */
export const accountOutcome = ({ id, state, data }: Account): PayoutAccountOutcome | null =>
  state === 'REMOVED'
    ? null
    : {
        reference: id,
        state,
        label: state === 'PENDING' ? null : data.label,
        onboardingUrl: state === 'PENDING' ? data.onboardingUrl : null,
      }
