import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runDueJobs } from '../../src/lib/worker.js'
import { openProcessor, Sandbox, sandboxJobs } from '../../src/processors/processors.js'
import type { ChargeOrder, ChargeOutcome, PayoutOrder } from '../../src/processors/types.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { openMailbox } from '../support/processor-mail.js'
import type { Mailbox } from '../support/processor-mail.js'

let database: TestDatabase
let sandbox: Sandbox
let mailbox: Mailbox
let customer: string

beforeAll(async () => {
  database = await testDatabase()
  sandbox = new Sandbox({ db: database.db, secrets: ['new', 'old'] })
  mailbox = openMailbox(sandbox, database)
  customer = (await sandbox.createCustomer({ userId: randomUUID(), key: randomUUID() })).reference
})
afterAll(() => database.drop())

const EUR = (amountMinor: bigint) => ({ amountMinor, currency: 'EUR' })

const orderOf = (method: string, more: Partial<ChargeOrder> = {}): ChargeOrder => ({
  intentId: randomUUID(),
  key: randomUUID(),
  amount: EUR(999n),
  customer,
  method,
  isPresent: true,
  returnUrl: 'https://app.example/paid',
  description: 'Membership',
  ...more,
})
const save = (token: string) => sandbox.saveMethod({ customer, token, key: randomUUID() })
const deliver = () => sandbox.deliverDue(mailbox.receive)
const newsOf = async (intentId: string): Promise<ChargeOutcome[]> => {
  await deliver()
  return mailbox
    .news('charge')
    .filter((news) => news.intentId === intentId)
    .map(({ outcome }) => outcome)
}
const charged = async (token = 'pm_card_visa', amount = EUR(999n)): Promise<{ reference: string }> => {
  const outcome = await sandbox.charge(orderOf(token, { amount }))
  expect(outcome.state).toBe('SUCCEEDED')
  return { reference: outcome.reference! }
}
const refundOf = (charge: string, amountMinor: bigint) => ({
  refundId: randomUUID(),
  key: randomUUID(),
  charge,
  amount: EUR(amountMinor),
})

it('charges once for twenty calls at the same time under one key', async () => {
  const order = orderOf('pm_card_visa')
  const answers = await Promise.all(Array.from({ length: 20 }, () => sandbox.charge(order)))
  expect(new Set(answers.map(({ reference }) => reference)).size).toBe(1)
  expect(answers[0]).toEqual({
    state: 'SUCCEEDED',
    reference: expect.stringMatching(/^ch_sandbox_/),
    captured: EUR(999n),
    fee: EUR(19n),
  })
  expect(await newsOf(order.intentId)).toHaveLength(1)
})

it('refuses a key that was used for something else', async () => {
  const order = orderOf('pm_card_visa')
  await sandbox.charge(order)
  await expect(sandbox.charge({ ...order, amount: EUR(1_000n) })).rejects.toThrow('another charge')
  await expect(sandbox.refund({ ...refundOf('x', 1n), key: order.key })).rejects.toThrow()
  await expect(sandbox.createCustomer({ userId: 'x', key: order.key })).rejects.toThrow('was used for a CHARGE')
})

it('keeps its books when whoever asked is gone', async () => {
  const order = orderOf('pm_card_visa')
  const outcome = await sandbox.charge(order)
  const another = new Sandbox({ db: database.db, secrets: ['new'] })
  expect(await another.findCharge(order)).toEqual(outcome)
  expect(await another.findCharge({ ...order, key: randomUUID() })).toBeNull()
})

it('saves a card under a name of its own each time, with one fingerprint', async () => {
  const [one, other, amex] = [await save('pm_card_visa'), await save('pm_card_visa'), await save('pm_card_amex')]
  expect(one).toMatchObject({ kind: 'card', brand: 'visa', lastFour: '4242', countryCode: 'US', expiryMonth: 12 })
  expect(one.reference).not.toBe(other.reference)
  expect(one.fingerprint).toBe(other.fingerprint)
  expect(amex.fingerprint).not.toBe(one.fingerprint)
  expect(await save('pm_card_jp')).toMatchObject({ countryCode: 'JP' })
  expect(await save('pm_card_mastercard')).toMatchObject({ brand: 'mastercard' })
  const key = randomUUID()
  const order = { customer, token: 'pm_card_visa', key }
  expect(await sandbox.saveMethod(order)).toEqual(await sandbox.saveMethod(order))
})

it.each([
  ['pm_card_chargeDeclined', 'generic_decline', 'RETRY_LATER'],
  ['pm_card_visa_chargeDeclined', 'generic_decline', 'RETRY_LATER'],
  ['pm_card_chargeDeclinedInsufficientFunds', 'insufficient_funds', 'RETRY_LATER'],
  ['pm_card_visa_chargeDeclinedInsufficientFunds', 'insufficient_funds', 'RETRY_LATER'],
  ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'NEW_METHOD'],
  ['pm_card_chargeDeclinedProcessingError', 'processing_error', 'RETRY_LATER'],
  ['pm_card_chargeDeclinedLostCard', 'lost_card', 'NEVER'],
  ['pm_card_chargeDeclinedStolenCard', 'stolen_card', 'NEVER'],
  ['pm_card_nobodyIssued', 'invalid_token', 'NEW_METHOD'],
])('neither saves nor charges %s', async (token, code, declineClass) => {
  await expect(save(token)).rejects.toMatchObject({ name: 'ProcessorDeclined', decline: { code, declineClass } })
  const order = orderOf(token)
  const outcome = await sandbox.charge(order)
  expect(outcome).toMatchObject({ state: 'FAILED', attempt: expect.any(String), decline: { code, declineClass } })
  expect(await sandbox.charge(order)).toEqual(outcome)
  expect(await newsOf(order.intentId)).toEqual([outcome])
})

it.each([
  ['pm_card_chargeCustomerFail', 'generic_decline'],
  ['pm_card_chargeCustomerFailInsufficientFunds', 'insufficient_funds'],
  ['pm_card_chargeCustomerFailExpiredCard', 'expired_card'],
  ['pm_card_chargeCustomerFailLostCard', 'lost_card'],
  ['pm_card_chargeCustomerFailProcessingError', 'processing_error'],
])('saves %s and refuses each charge of it', async (token, code) => {
  const { reference } = await save(token)
  expect(await sandbox.charge(orderOf(reference))).toMatchObject({ state: 'FAILED', decline: { code } })
})

it('charges a card again that was bad and is good now', async () => {
  const { reference } = await save('pm_card_visa')
  expect(await sandbox.charge(orderOf(reference))).toMatchObject({ state: 'SUCCEEDED' })
  await sandbox.breakMethod(reference, 'insufficient_funds')
  const failed = orderOf(reference)
  expect(await sandbox.charge(failed)).toMatchObject({ decline: { code: 'insufficient_funds' } })
  await sandbox.mendMethod(reference)
  expect(await sandbox.charge(orderOf(reference))).toMatchObject({ state: 'SUCCEEDED' })
  expect(await sandbox.charge(failed)).toMatchObject({ state: 'FAILED' })
})

it('charges no card that was removed or is another customer’s', async () => {
  const { reference } = await save('pm_card_visa')
  const other = await sandbox.createCustomer({ userId: randomUUID(), key: randomUUID() })
  expect(await sandbox.charge(orderOf(reference, { customer: other.reference }))).toMatchObject({
    decline: { code: 'invalid_token', declineClass: 'NEW_METHOD' },
  })
  await sandbox.removeMethod(reference)
  await sandbox.removeMethod(reference)
  expect(await sandbox.charge(orderOf(reference))).toMatchObject({ decline: { code: 'invalid_token' } })
})

it('lets a person confirm who is there, and refuses without them', async () => {
  const { reference: method } = await save('pm_card_authenticationRequired')
  const order = orderOf(method)
  const outcome = await sandbox.charge(order)
  expect(outcome).toMatchObject({ state: 'REQUIRES_ACTION', actionUrl: expect.stringContaining('/sandbox/actions/') })
  expect(await sandbox.confirmAction(outcome.reference!, 'succeed')).toEqual({ returnUrl: order.returnUrl })
  expect(await sandbox.findCharge(order)).toMatchObject({ state: 'SUCCEEDED', captured: EUR(999n) })
  // the first answer stands under the key, as the real one's does
  expect(await sandbox.charge(order)).toEqual(outcome)
  expect((await newsOf(order.intentId)).map(({ state }) => state)).toEqual(['REQUIRES_ACTION', 'SUCCEEDED'])
  for (const alone of [{ isPresent: false }, { returnUrl: null }])
    expect(await sandbox.charge(orderOf('pm_card_threeDSecure2Required', alone))).toMatchObject({
      state: 'FAILED',
      decline: { code: 'authentication_required', declineClass: 'NEEDS_ACTION' },
    })
})

it('takes a refusal at the bank’s page for a failure, and gives up what nobody confirms', async () => {
  const refused = await sandbox.charge(orderOf('pm_card_authenticationRequired'))
  await sandbox.confirmAction(refused.reference!, 'fail')
  expect(await sandbox.cancelCharge(refused.reference!)).toMatchObject({
    decline: { code: 'payment_intent_authentication_failure' },
  })
  const left = orderOf('pm_card_authenticationRequired')
  const { reference } = await sandbox.charge(left)
  expect(await sandbox.cancelCharge(reference!)).toMatchObject({ state: 'FAILED', decline: { code: 'canceled' } })
  await sandbox.confirmAction(reference!, 'succeed')
  expect(await sandbox.findCharge(left)).toMatchObject({ state: 'FAILED' })
  expect(await sandbox.cancelCharge((await charged()).reference)).toMatchObject({ state: 'SUCCEEDED' })
})

it('is in processing first with a card that is slow', async () => {
  const order = orderOf('pm_card_processing')
  expect(await sandbox.charge(order)).toMatchObject({ state: 'PROCESSING' })
  expect(await sandbox.findCharge(order)).toMatchObject({ state: 'PROCESSING' })
  expect((await newsOf(order.intentId)).map(({ state }) => state)).toEqual(['PROCESSING', 'SUCCEEDED'])
})

it('moves on by the platform’s clock', async () => {
  const slow = new Sandbox({ db: database.db, secrets: ['new'], settleAfterMs: 60_000 })
  const order = orderOf('pm_card_processing')
  await slow.charge(order)
  await slow.deliverDue(mailbox.receive)
  expect(await slow.findCharge(order)).toMatchObject({ state: 'PROCESSING' })
  await database.setClock(61_000)
  await slow.deliverDue(mailbox.receive)
  await database.setClock(0)
  expect(await slow.findCharge(order)).toMatchObject({ state: 'SUCCEEDED' })
})

it('moves no tenth of a cent and no amount of nothing', async () => {
  const amount = { amountMinor: 12_345n, currency: 'KWD' }
  expect(await sandbox.charge(orderOf('pm_card_visa', { amount }))).toMatchObject({
    decline: { code: 'invalid_amount' },
  })
  expect(await sandbox.charge(orderOf('pm_card_visa', { amount: EUR(0n) }))).toMatchObject({ state: 'FAILED' })
})

it('gives back what is left of a charge and no more, once per key', async () => {
  const { reference } = await charged()
  const order = refundOf(reference, 400n)
  const answers = await Promise.all(Array.from({ length: 8 }, () => sandbox.refund(order)))
  expect(new Set(answers.map((answer) => answer.reference)).size).toBe(1)
  expect(answers[0]).toMatchObject({ state: 'SUCCEEDED', failureCode: null })
  expect(await sandbox.findRefund(order)).toEqual(answers[0])
  await expect(sandbox.refund(refundOf(reference, 600n))).rejects.toMatchObject({
    decline: { code: 'refund_exceeds_charge' },
  })
  expect(await sandbox.refundAtProcessor(reference, 599n)).toMatchObject({ state: 'SUCCEEDED' })
  await expect(sandbox.refund(refundOf(reference, 1n))).rejects.toMatchObject({
    decline: { code: 'charge_already_refunded' },
  })
  await deliver()
  const told = mailbox.news('refund').filter(({ charge }) => charge === reference)
  expect(told.map(({ refundId, amount }) => [refundId, amount.amountMinor])).toEqual([
    [order.refundId, 400n],
    [null, 599n],
  ])
})

it('gives back the whole of a charge once for calls at the same time under different keys', async () => {
  const { reference } = await charged()
  const results = await Promise.allSettled([1, 2, 3].map(() => sandbox.refund(refundOf(reference, 999n))))
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

it('has refunds that fail later, and free what they held', async () => {
  const { reference } = await charged('pm_card_refundFail')
  const order = refundOf(reference, 999n)
  expect(await sandbox.refund(order)).toMatchObject({ state: 'SUCCEEDED' })
  await deliver()
  expect(await sandbox.findRefund(order)).toMatchObject({ state: 'FAILED', failureCode: 'lost_or_stolen_card' })
  expect(await sandbox.refund(refundOf(reference, 999n))).toMatchObject({ state: 'SUCCEEDED' })
})

it('has refunds that take their time', async () => {
  const { reference } = await charged('pm_card_pendingRefund')
  const order = refundOf(reference, 999n)
  expect(await sandbox.refund(order)).toMatchObject({ state: 'PROCESSING' })
  await deliver()
  expect(await sandbox.findRefund(order)).toMatchObject({ state: 'SUCCEEDED' })
})

it('opens a dispute by itself for a card that does, and takes its evidence once', async () => {
  const { reference } = await charged('pm_card_createDispute')
  await deliver()
  const [opened] = mailbox.news('dispute').filter(({ charge }) => charge === reference)
  expect(opened).toMatchObject({ state: 'OPEN', amount: EUR(999n), fee: EUR(1_500n), reason: 'fraudulent' })
  await expect(sandbox.refund(refundOf(reference, 1n))).rejects.toMatchObject({ decline: { code: 'charge_disputed' } })
  const evidence = { dispute: opened!.reference, productDescription: 'Posts', accessLog: 'read', customerName: null }
  await sandbox.sendEvidence(evidence)
  await sandbox.sendEvidence(evidence)
  await sandbox.closeDispute(opened!.reference, 'LOST')
  await sandbox.closeDispute(opened!.reference, 'WON')
  await deliver()
  const states = mailbox.news('dispute').filter(({ charge }) => charge === reference)
  expect(states.map(({ state }) => state)).toEqual(['OPEN', 'UNDER_REVIEW', 'LOST'])
  expect(mailbox.events.find(({ type }) => type === 'dispute.open')?.objectId).toBe(reference)
})

it('opens no second dispute by itself, and none about nothing', async () => {
  const [disputed, returned] = [await charged('pm_card_createDispute'), await charged('pm_card_createDispute')]
  await sandbox.openDispute(disputed.reference)
  await sandbox.refund(refundOf(returned.reference, 999n))
  await deliver()
  const about = (reference: string) => mailbox.news('dispute').filter(({ charge }) => charge === reference)
  expect([about(disputed.reference).length, about(returned.reference).length]).toEqual([1, 0])
})

it('opens disputes on demand, and lets a charge be given back after one was won', async () => {
  const { reference } = await charged()
  const dispute = await sandbox.openDispute(reference, { amountMinor: 500n, reason: 'product_not_received' })
  await expect(sandbox.openDispute(reference)).rejects.toThrow('disputed already')
  await sandbox.closeDispute(dispute, 'WON')
  expect(await sandbox.refund(refundOf(reference, 999n))).toMatchObject({ state: 'SUCCEEDED' })
})

const account = async (countryCode: string, currency = 'EUR') =>
  sandbox.createPayoutAccount({
    creatorId: randomUUID(),
    key: randomUUID(),
    countryCode,
    currency,
    returnUrl: 'https://app.example/earnings',
  })
const payoutTo = (reference: string, more: Partial<PayoutOrder> = {}): PayoutOrder => ({
  payoutId: randomUUID(),
  key: randomUUID(),
  account: reference,
  amount: EUR(5_000n),
  ...more,
})

it('sends money once to a destination that is verified', async () => {
  const { reference, ...standing } = await account('US')
  expect(standing).toEqual({ state: 'VERIFIED', label: 'Sandbox bank ·· 6789', onboardingUrl: null })
  const order = payoutTo(reference)
  const answers = await Promise.all([1, 2, 3, 4].map(() => sandbox.sendPayout(order)))
  expect(new Set(answers.map((answer) => answer.reference)).size).toBe(1)
  expect(answers[0]).toMatchObject({ state: 'PAID', failureCode: null })
  await sandbox.failPayout(answers[0]!.reference!)
  expect(await sandbox.findPayout(order)).toMatchObject({ state: 'FAILED', failureCode: 'account_closed' })
  await sandbox.takeBackPayout()
  await deliver()
  const told = mailbox.news('payout').filter(({ payoutId }) => payoutId === order.payoutId)
  expect(told.map(({ outcome }) => outcome.state)).toEqual(['PAID', 'FAILED'])
})

it('sends nothing where it cannot', async () => {
  await expect(account('XX')).rejects.toMatchObject({ decline: { code: 'country_unsupported' } })
  await expect(account('US', 'XTS')).rejects.toMatchObject({ decline: { code: 'currency_not_supported' } })
  const pending = await account('NO')
  expect(pending).toMatchObject({ state: 'PENDING', label: null, onboardingUrl: expect.stringContaining('onboarding') })
  const codeOf = async (order: PayoutOrder) => (await sandbox.sendPayout(order)).failureCode
  expect(await codeOf(payoutTo(pending.reference))).toBe('account_not_verified')
  await sandbox.setPayoutAccount(pending.reference, 'VERIFIED')
  expect(await codeOf(payoutTo(pending.reference))).toBeNull()
  const yen = { amount: { amountMinor: 5_000n, currency: 'JPY' } }
  expect(await codeOf(payoutTo(pending.reference, yen))).toBe('currency_mismatch')
  await sandbox.setPayoutAccount(pending.reference, 'DISABLED')
  expect(await codeOf(payoutTo(pending.reference))).toBe('account_disabled')
  await sandbox.removePayoutAccount(pending.reference)
  await sandbox.removePayoutAccount(pending.reference)
  expect(await sandbox.findPayoutAccount(pending.reference)).toBeNull()
  expect(await codeOf(payoutTo(pending.reference))).toBe('account_closed')
  await deliver()
  const told = mailbox.news('payout_account').filter(({ reference }) => reference === pending.reference)
  expect(told.map(({ state }) => state)).toEqual(['PENDING', 'VERIFIED', 'DISABLED'])
})

it('is what a process has that configures no other, and tells by a job', async () => {
  const processor = await openProcessor({ stripe: null, db: database.db, secrets: ['new'] })
  const order = orderOf('pm_card_visa')
  await processor.charge(order)
  const jobs = sandboxJobs(processor, mailbox.receive)
  await runDueJobs(database, jobs, { db: database.db, mailer: { send: async () => undefined, close: () => undefined } })
  expect(mailbox.news('charge').some(({ intentId }) => intentId === order.intentId)).toBe(true)
})
