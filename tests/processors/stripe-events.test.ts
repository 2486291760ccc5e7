import { expect, it } from 'vitest'
import { openStripe } from '../../src/processors/stripe.js'

const stripe = openStripe({ secretKey: 'sk_test_loopback', webhookSecrets: ['whsec_new'] })
const OCCURRED_AT = new Date('2026-11-26T12:00:00.000Z')

const newsOf = (type: string, object: object, more: object = {}) =>
  stripe.toNews({ type, occurredAt: OCCURRED_AT, payload: { id: 'evt_1', type, data: { object }, ...more } })

const intent = {
  id: 'pi_1',
  object: 'payment_intent',
  status: 'succeeded',
  amount: 999,
  amount_received: 999,
  currency: 'eur',
  latest_charge: 'ch_1',
  metadata: { intent_id: 'our-intent', key: 'k' },
}

it('reads how a charge stands, without the fee that messages do not say', () => {
  expect(newsOf('payment_intent.succeeded', intent)).toEqual({
    kind: 'charge',
    intentId: 'our-intent',
    outcome: {
      state: 'SUCCEEDED',
      reference: 'pi_1',
      captured: { amountMinor: 999n, currency: 'EUR' },
      fee: null,
    },
  })
  expect(newsOf('payment_intent.processing', { ...intent, status: 'processing' })).toMatchObject({
    outcome: { state: 'PROCESSING', reference: 'pi_1' },
  })
  const url = 'https://hooks.stripe.test/1'
  const waiting = { ...intent, status: 'requires_action', next_action: { redirect_to_url: { url } } }
  expect(newsOf('payment_intent.requires_action', waiting)).toMatchObject({
    outcome: { state: 'REQUIRES_ACTION', actionUrl: url },
  })
  expect(newsOf('payment_intent.requires_action', { ...waiting, next_action: null })).toMatchObject({
    outcome: { state: 'FAILED', decline: { code: 'authentication_required' } },
  })
})

it('names the attempt of a failure by its charge', () => {
  const failed = {
    ...intent,
    status: 'requires_payment_method',
    last_payment_error: { code: 'card_declined', decline_code: 'insufficient_funds', charge: 'ch_2' },
  }
  expect(newsOf('payment_intent.payment_failed', failed)).toMatchObject({
    outcome: {
      state: 'FAILED',
      reference: 'pi_1',
      attempt: 'ch_2',
      decline: { code: 'insufficient_funds', declineClass: 'RETRY_LATER' },
    },
  })
  expect(newsOf('payment_intent.canceled', { ...intent, status: 'canceled' })).toMatchObject({
    outcome: { state: 'FAILED', attempt: 'ch_1', decline: { code: 'canceled' } },
  })
})

it('knows a charge that is not ours by having no intent', () => {
  expect(newsOf('payment_intent.succeeded', { ...intent, metadata: {} })).toMatchObject({ intentId: null })
})

const refund = {
  id: 're_1',
  object: 'refund',
  payment_intent: 'pi_1',
  amount: 400,
  currency: 'jpy',
  status: 'succeeded',
  metadata: { refund_id: 'our-refund' },
}

it.each([
  ['refund.created', 'pending', 'PROCESSING', null],
  ['refund.created', 'requires_action', 'PROCESSING', null],
  ['refund.updated', 'succeeded', 'SUCCEEDED', null],
  ['refund.failed', 'failed', 'FAILED', 'lost_or_stolen_card'],
  ['refund.updated', 'canceled', 'FAILED', 'lost_or_stolen_card'],
])('reads a %s that is %s', (type, status, state, failureCode) => {
  const told = { ...refund, status, failure_reason: 'lost_or_stolen_card' }
  expect(newsOf(type, told)).toEqual({
    kind: 'refund',
    refundId: 'our-refund',
    charge: 'pi_1',
    amount: { amountMinor: 400n, currency: 'JPY' },
    outcome: { reference: 're_1', state, failureCode },
  })
})

it('knows a refund that was made at the processor', () => {
  expect(newsOf('refund.created', { ...refund, metadata: null })).toMatchObject({ refundId: null })
  expect(newsOf('refund.created', { ...refund, payment_intent: null })).toBeNull()
})

const dispute = {
  id: 'dp_1',
  object: 'dispute',
  payment_intent: 'pi_1',
  amount: 999,
  currency: 'eur',
  reason: 'product_not_received',
  status: 'needs_response',
  created: OCCURRED_AT.getTime() / 1_000,
  evidence_details: { due_by: OCCURRED_AT.getTime() / 1_000 + 60 },
  balance_transactions: [{ amount: -999, fee: 2_000, currency: 'eur' }],
}

it('reads a dispute with its fee and its time limit', () => {
  expect(newsOf('charge.dispute.created', dispute)).toEqual({
    kind: 'dispute',
    reference: 'dp_1',
    charge: 'pi_1',
    state: 'OPEN',
    amount: { amountMinor: 999n, currency: 'EUR' },
    fee: { amountMinor: 2_000n, currency: 'EUR' },
    reason: 'product_not_received',
    evidenceDueAt: new Date('2026-11-26T12:01:00.000Z'),
    openedAt: OCCURRED_AT,
  })
  expect(newsOf('charge.dispute.created', { ...dispute, balance_transactions: [] })).toMatchObject({ fee: null })
})

it('reads what a dispute costs in another currency than the claim’s, where Stripe exchanged', () => {
  const settledElsewhere = [
    { amount: -1_100, fee: 2_200, currency: 'jpy' },
    { amount: 1_100, fee: -200, currency: 'jpy' },
  ]
  expect(newsOf('charge.dispute.created', { ...dispute, balance_transactions: settledElsewhere })).toMatchObject({
    amount: { amountMinor: 999n, currency: 'EUR' },
    fee: { amountMinor: 2_000n, currency: 'JPY' },
  })
})

it.each([
  ['what is left in one currency', [1_500, 'eur', 300, 'usd', -300, 'usd'], { amountMinor: 1_500n, currency: 'EUR' }],
  ['what is left in the second', [1_500, 'eur', -1_500, 'eur', 20, 'jpy'], { amountMinor: 20n, currency: 'JPY' }],
  ['nothing, in the first, where none took any', [0, 'usd', 0, 'eur'], { amountMinor: 0n, currency: 'USD' }],
  ['nothing, where it went back', [1_500, 'usd', -1_500, 'usd'], { amountMinor: 0n, currency: 'USD' }],
  ['no one amount, where something is left in two', [1_500, 'eur', -1_620, 'usd'], null],
])('adds up what a dispute costs within a currency: %s', (_what, booked, fee) => {
  const balance_transactions = Array.from({ length: booked.length / 2 }, (_, n) => ({
    fee: booked[2 * n],
    currency: booked[2 * n + 1],
  }))
  expect(newsOf('charge.dispute.closed', { ...dispute, status: 'won', balance_transactions })).toMatchObject({ fee })
})

it.each([
  ['under_review', 'UNDER_REVIEW'],
  ['won', 'WON'],
  ['lost', 'LOST'],
  ['prevented', 'WON'],
])('reads a dispute that is %s', (status, state) => {
  expect(newsOf('charge.dispute.updated', { ...dispute, status })).toMatchObject({ state })
})

it.each(['warning_needs_response', 'warning_under_review', 'warning_closed'])(
  'tells nothing of an inquiry, which moves no money: %s',
  (status) => {
    expect(newsOf('charge.dispute.created', { ...dispute, status })).toBeNull()
  },
)

const payout = { id: 'po_1', object: 'payout', status: 'paid', metadata: { payout_id: 'our-payout' } }

it('reads payouts of connected accounts and no others', () => {
  const account = 'acct_1'
  expect(newsOf('payout.paid', payout, { account })).toEqual({
    kind: 'payout',
    payoutId: 'our-payout',
    outcome: { reference: 'po_1', state: 'PAID', failureCode: null, failureReason: null },
  })
  const failed = { ...payout, status: 'failed', failure_code: 'account_closed', failure_message: 'It is closed.' }
  expect(newsOf('payout.failed', failed, { account })).toMatchObject({
    outcome: { state: 'FAILED', failureCode: 'account_closed', failureReason: 'It is closed.' },
  })
  expect(
    newsOf('payout.canceled', { ...payout, status: 'canceled', failure_message: null }, { account }),
  ).toMatchObject({
    outcome: { state: 'FAILED', failureCode: 'canceled' },
  })
  expect(newsOf('payout.paid', payout)).toBeNull()
})

it.each([
  [{ payouts_enabled: true }, 'VERIFIED'],
  [{ payouts_enabled: false, requirements: { disabled_reason: 'requirements.past_due' } }, 'PENDING'],
  [{ payouts_enabled: false, requirements: { disabled_reason: null } }, 'PENDING'],
  [{ payouts_enabled: false, requirements: { disabled_reason: 'rejected.fraud' } }, 'DISABLED'],
])('reads an account like %j', (account, state) => {
  expect(newsOf('account.updated', { id: 'acct_1', ...account })).toEqual({
    kind: 'payout_account',
    reference: 'acct_1',
    state,
  })
})

it.each(['charge.refunded', 'charge.succeeded', 'invoice.paid', 'something.new'])('tells nothing of %s', (type) => {
  expect(newsOf(type, intent)).toBeNull()
})
