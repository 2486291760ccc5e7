import assert from 'node:assert'
import { ProcessorEventError } from './errors.js'
import { checkedEvent, parsedObject } from './events.js'
import { chargeOutcome, payoutOutcome, refundOutcome, toMoney } from './sandbox-books.js'
import type { Account, Charge, Dispute, Entry, Payout, Refund } from './sandbox-books.js'
import { verifySignature } from './signatures.js'
import type { ProcessorEvent, ProcessorNews } from './types.js'

/** The header that carries the sandbox's signature: `t=…,v1=…`, an HMAC of `t.body` with SHA-256. */
export const SANDBOX_SIGNATURE = 'sandbox-signature'

interface Message {
  readonly id: string
  readonly type: string
  readonly createdAt: string
  readonly object: Entry
}

/** @throws ProcessorSignatureError, ProcessorEventError */
export function readSandboxEvent(
  rawBody: Buffer,
  headers: Readonly<Record<string, string | undefined>>,
  secrets: readonly string[],
  now: Date,
): ProcessorEvent {
  verifySignature(rawBody, headers[SANDBOX_SIGNATURE], secrets, now)
  const payload = parsedObject(rawBody)
  const { id, type, createdAt, object } = payload as unknown as Message
  if (typeof object !== 'object' || (object as Entry | null) === null)
    throw new ProcessorEventError('it is about nothing')
  return checkedEvent({ id, type, objectId: lineOf(object), occurredAt: new Date(createdAt), payload })
}

/** What is told of one charge goes in one line, whether it is its refund or its dispute. */
const lineOf = ({ id, kind, parentId }: Entry): string =>
  (kind === 'REFUND' || kind === 'DISPUTE' ? parentId : null) ?? id

/** How the sandbox calls the message that something stands as it does. */
export const typeOf = ({ kind, state }: Entry): string => `${kind}.${state}`.toLowerCase()

/** What the sandbox's message says; null where it is none that the sandbox knows. */
export function toSandboxNews(payload: Readonly<Record<string, unknown>>): ProcessorNews | null {
  const { type, object } = payload as unknown as Message
  if (type !== typeOf(object)) return null
  switch (object.kind) {
    case 'CHARGE':
      return chargeNews(object as Charge)
    case 'REFUND':
      return refundNews(object as Refund)
    case 'DISPUTE':
      return disputeNews(object as Dispute)
    case 'PAYOUT':
      return payoutNews(object as Payout)
    case 'PAYOUT_ACCOUNT':
      return accountNews(object as Account)
    case 'CUSTOMER':
    case 'METHOD':
      return null
  }
}

const chargeNews = (charge: Charge): ProcessorNews => ({
  kind: 'charge',
  intentId: charge.data.intentId,
  outcome: chargeOutcome(charge, charge.state),
})

function refundNews(refund: Refund): ProcessorNews {
  const { data, parentId: charge } = refund
  assert(charge)
  const outcome = refundOutcome(refund, refund.state)
  return { kind: 'refund', refundId: data.refundId, charge, amount: toMoney(data.amount), outcome }
}

function disputeNews({ id, parentId: charge, state, data, createdAt }: Dispute): ProcessorNews {
  assert(charge)
  return {
    kind: 'dispute',
    reference: id,
    charge,
    state,
    amount: toMoney(data.amount),
    fee: { amountMinor: BigInt(data.feeMinor), currency: data.amount.currency },
    reason: data.reason,
    evidenceDueAt: new Date(data.evidenceDueAt),
    openedAt: new Date(createdAt),
  }
}

const payoutNews = (payout: Payout): ProcessorNews => ({
  kind: 'payout',
  payoutId: payout.data.payoutId,
  outcome: payoutOutcome(payout, payout.state),
})

/** Null for one that was removed: whoever removed it knows. */
const accountNews = ({ id, state }: Account): ProcessorNews | null =>
  state === 'REMOVED' ? null : { kind: 'payout_account', reference: id, state }
