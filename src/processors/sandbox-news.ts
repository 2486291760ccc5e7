import assert from 'node:assert'
import { ProcessorSignatureError } from './errors.js'
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

/** @throws ProcessorSignatureError when the message is not the sandbox's, too old, or no message at all */
export function readSandboxEvent(
  rawBody: Buffer,
  headers: Readonly<Record<string, string | undefined>>,
  secrets: readonly string[],
  now: Date,
): ProcessorEvent {
  verifySignature(rawBody, headers[SANDBOX_SIGNATURE], secrets, now)
  const payload = parse(rawBody)
  return {
    id: payload.id,
    type: payload.type,
    objectId: lineOf(payload.object),
    occurredAt: new Date(payload.createdAt),
    payload: { ...payload },
  }
}

function parse(rawBody: Buffer): Message {
  try {
    const message = JSON.parse(rawBody.toString('utf8')) as Message | null
    assert(typeof message?.id === 'string' && typeof message.type === 'string' && typeof message.object === 'object')
    return message
  } catch {
    throw new ProcessorSignatureError('malformed')
  }
}

/** What is told of one charge goes in one line, whether it is its refund or its dispute. */
const lineOf = ({ id, kind, parentId }: Entry): string =>
  (kind === 'REFUND' || kind === 'DISPUTE' ? parentId : null) ?? id

/** What the sandbox's message says. */
export function toSandboxNews(payload: Readonly<Record<string, unknown>>): ProcessorNews | null {
  const { object } = payload as unknown as Message
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
