import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ProcessorDeclined } from '../../src/processors/errors.js'
import { openStripe } from '../../src/processors/stripe.js'
import { Sandbox } from '../../src/processors/sandbox.js'
import type { ChargeOrder, PayoutOrder, Processor, RefundOrder } from '../../src/processors/types.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { startStripeServer } from '../support/stripe-server.js'
import type { StripeServer } from '../support/stripe-server.js'

/** A processor, and what others than we do at it. */
interface Played {
  readonly processor: Processor
  confirm(reference: string, answer: 'succeed' | 'fail'): Promise<unknown>
  dispute(reference: string): Promise<string>
  verify(account: string): Promise<unknown>
  /** Has the next charge be done and its answer be lost. */
  loseNextCharge(): void
  disputeState(dispute: string): Promise<unknown>
}

let database: TestDatabase
let server: StripeServer
const played = new Map<string, Played>()

beforeAll(async () => {
  database = await testDatabase()
  server = await startStripeServer()
  played.set('sandbox', playSandbox())
  played.set('stripe', playStripe())
})
afterAll(async () => {
  await server.close()
  await database.drop()
})

function playSandbox(): Played {
  const sandbox = new Sandbox({ db: database.db, secrets: ['only'] })
  return {
    processor: sandbox,
    confirm: (reference, answer) => sandbox.confirmAction(reference, answer),
    dispute: (reference) => sandbox.openDispute(reference),
    verify: (account) => sandbox.setPayoutAccount(account, 'VERIFIED'),
    loseNextCharge: () => {
      sandbox.faults.next('charge', 'timeout')
    },
    disputeState: async (dispute) => {
      const { rows } = await database.owner.query<{ state: string }>(
        'select state from sandbox_objects where id = $1',
        [dispute],
      )
      return rows[0]?.state.toLowerCase()
    },
  }
}

function playStripe(): Played {
  return {
    processor: openStripe({ secretKey: 'sk_test_loopback', webhookSecrets: ['whsec_new'], apiBase: server.url }),
    confirm: async (reference, answer) => server.confirm(reference, answer),
    dispute: async (reference) => server.dispute(reference).id as string,
    verify: async (account) => Object.assign(server.objects.get(account), { payouts_enabled: true }),
    loseNextCharge: () => {
      server.trouble({ on: 'POST /v1/payment_intents', how: 'lose' })
    },
    disputeState: async (dispute) => server.objects.get(dispute).status,
  }
}

describe.each(['sandbox', 'stripe'] as const)('whoever moves the money, here %s', (name) => {
  let customer: string
  const here = (): Played => played.get(name)!
  const processor = (): Processor => here().processor

  beforeAll(async () => {
    customer = (await processor().createCustomer({ userId: randomUUID(), key: randomUUID() })).reference
  })

  const orderOf = (method: string, more: Partial<ChargeOrder> = {}): ChargeOrder => ({
    intentId: randomUUID(),
    key: randomUUID(),
    amount: { amountMinor: 2_500n, currency: 'EUR' },
    customer,
    method,
    isPresent: true,
    returnUrl: 'https://app.example/paid',
    description: 'Membership',
    ...more,
  })
  const save = (token: string) => processor().saveMethod({ customer, token, key: randomUUID() })
  const paid = async (): Promise<string> =>
    (await processor().charge(orderOf((await save('pm_card_visa')).reference))).reference!
  const refundOf = (charge: string, amountMinor: bigint): RefundOrder => ({
    refundId: randomUUID(),
    key: randomUUID(),
    charge,
    amount: { amountMinor, currency: 'EUR' },
  })

  it('makes one customer under a key', async () => {
    const order = { userId: randomUUID(), key: randomUUID() }
    expect(await processor().createCustomer(order)).toEqual(await processor().createCustomer(order))
  })

  it('answers a charge again under its key, and finds it', async () => {
    const order = orderOf((await save('pm_card_visa')).reference)
    const first = await processor().charge(order)
    expect(first).toMatchObject({ state: 'SUCCEEDED', captured: order.amount })
    expect(await processor().charge(order)).toEqual(first)
    expect(await processor().findCharge(order)).toEqual(first)
    expect(await processor().findCharge(orderOf('pm_card_visa'))).toBeNull()
  })

  it('does not take a key for something else', async () => {
    const order = orderOf((await save('pm_card_visa')).reference)
    await processor().charge(order)
    const other = { ...order, amount: { amountMinor: 1n, currency: 'EUR' } }
    await expect(processor().charge(other)).rejects.not.toMatchObject({ name: 'ProcessorUnavailable' })
  })

  it.each([
    ['pm_card_chargeDeclined', 'generic_decline', 'RETRY_LATER'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'insufficient_funds', 'RETRY_LATER'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'NEW_METHOD'],
    ['pm_card_chargeDeclinedProcessingError', 'processing_error', 'RETRY_LATER'],
    ['pm_card_chargeDeclinedLostCard', 'lost_card', 'NEVER'],
    ['pm_card_nobodyIssued', 'invalid_token', 'NEW_METHOD'],
  ])('neither saves nor charges %s', async (token, code, declineClass) => {
    await expect(save(token)).rejects.toMatchObject({ name: 'ProcessorDeclined', decline: { code, declineClass } })
    const order = orderOf(token)
    const outcome = await processor().charge(order)
    expect(outcome).toMatchObject({ state: 'FAILED', attempt: expect.any(String), decline: { code, declineClass } })
    expect(await processor().charge(order)).toEqual(outcome)
  })

  it('saves a card that fails later', async () => {
    const { reference } = await save('pm_card_chargeCustomerFail')
    expect(await processor().charge(orderOf(reference))).toMatchObject({ decline: { code: 'generic_decline' } })
  })

  it('has a person confirm, and keeps the first answer under the key', async () => {
    const order = orderOf((await save('pm_card_authenticationRequired')).reference)
    const first = await processor().charge(order)
    expect(first).toMatchObject({ state: 'REQUIRES_ACTION', actionUrl: expect.stringMatching(/^https:/) })
    await here().confirm(first.reference!, 'succeed')
    expect(await processor().findCharge(order)).toMatchObject({ state: 'SUCCEEDED', reference: first.reference })
    expect(await processor().charge(order)).toEqual(first)
  })

  it('refuses what a person would have to confirm who is not there, or has nowhere to come back to', async () => {
    const { reference } = await save('pm_card_authenticationRequired')
    for (const alone of [{ isPresent: false }, { returnUrl: null }])
      expect(await processor().charge(orderOf(reference, alone))).toMatchObject({
        state: 'FAILED',
        decline: { code: 'authentication_required', declineClass: 'NEEDS_ACTION' },
      })
  })

  it('fails what was not confirmed, and gives up what waits', async () => {
    const { reference: method } = await save('pm_card_authenticationRequired')
    const [refused, left] = [orderOf(method), orderOf(method)]
    await here().confirm((await processor().charge(refused)).reference!, 'fail')
    expect(await processor().findCharge(refused)).toMatchObject({
      state: 'FAILED',
      decline: { code: 'payment_intent_authentication_failure', declineClass: 'NEEDS_ACTION' },
    })
    const { reference } = await processor().charge(left)
    const gone = { state: 'FAILED', reference, decline: { code: 'canceled' } }
    expect(await processor().cancelCharge(reference!)).toMatchObject(gone)
    expect(await processor().cancelCharge(reference!)).toMatchObject(gone)
    expect(await processor().cancelCharge(await paid())).toMatchObject({ state: 'SUCCEEDED' })
  })

  it('finds a charge whose answer was lost', async () => {
    const order = orderOf((await save('pm_card_visa')).reference)
    here().loseNextCharge()
    await expect(processor().charge(order)).rejects.toMatchObject({ name: 'ProcessorUnavailable' })
    const found = await processor().findCharge(order)
    expect(found).toMatchObject({ state: 'SUCCEEDED' })
    expect(await processor().charge(order)).toEqual(found)
  })

  it('does not charge a card that was removed, and removes it twice', async () => {
    const { reference } = await save('pm_card_visa')
    await processor().removeMethod(reference)
    await processor().removeMethod(reference)
    expect(await processor().charge(orderOf(reference))).toMatchObject({
      state: 'FAILED',
      decline: { code: 'invalid_token', declineClass: 'NEW_METHOD' },
    })
  })

  it('gives back in parts, once per key, and no more than there is', async () => {
    const charge = await paid()
    const part = refundOf(charge, 1_000n)
    const first = await processor().refund(part)
    expect(first).toMatchObject({ state: 'SUCCEEDED', failureCode: null })
    expect(await processor().refund(part)).toEqual(first)
    expect(await processor().findRefund(part)).toEqual(first)
    expect(await processor().findRefund(refundOf(charge, 1n))).toBeNull()
    const codeOf = (amountMinor: bigint) =>
      processor()
        .refund(refundOf(charge, amountMinor))
        .then(
          () => null,
          (error: unknown) => (error as ProcessorDeclined).decline.code,
        )
    expect(await codeOf(1_501n)).toBe('refund_exceeds_charge')
    expect(await codeOf(1_500n)).toBeNull()
    expect(await codeOf(1n)).toBe('charge_already_refunded')
  })

  it('gives back nothing of what is disputed, and takes evidence', async () => {
    const charge = await paid()
    const dispute = await here().dispute(charge)
    await expect(processor().refund(refundOf(charge, 1n))).rejects.toMatchObject({
      name: 'ProcessorDeclined',
      decline: { code: 'charge_disputed' },
    })
    const evidence = { dispute, productDescription: 'Posts', accessLog: 'read', customerName: 'Ada' }
    await processor().sendEvidence(evidence)
    await processor().sendEvidence(evidence)
    expect(await here().disputeState(dispute)).toBe('under_review')
  })

  it('sends money once per key to whoever answered its questions', async () => {
    const order = { creatorId: randomUUID(), key: randomUUID(), countryCode: 'NO', currency: 'EUR' }
    const opening = { ...order, returnUrl: 'https://app.example/earnings' }
    const account = await processor().createPayoutAccount(opening)
    expect(account).toMatchObject({ state: 'PENDING', onboardingUrl: expect.stringMatching(/^https:/) })
    expect((await processor().createPayoutAccount(opening)).reference).toBe(account.reference)
    const payout = (): PayoutOrder => ({
      payoutId: randomUUID(),
      key: randomUUID(),
      account: account.reference,
      amount: { amountMinor: 700n, currency: 'EUR' },
    })
    expect(await processor().sendPayout(payout())).toMatchObject({ state: 'FAILED', failureCode: expect.any(String) })
    await here().verify(account.reference)
    const sent = payout()
    expect(await processor().findPayout(sent)).toBeNull()
    const first = await processor().sendPayout(sent)
    expect(['PROCESSING', 'PAID']).toContain(first.state)
    expect(await processor().sendPayout(sent)).toEqual(first)
    expect(await processor().findPayout(sent)).toEqual(first)
    await processor().takeBackPayout(sent)
    expect(await processor().findPayout(sent)).toEqual(first)
    await processor().removePayoutAccount(account.reference)
    await processor().removePayoutAccount(account.reference)
    expect(await processor().findPayoutAccount(account.reference)).toBeNull()
  })

  it('opens no destination where nothing is sent to', async () => {
    const order = { creatorId: randomUUID(), key: randomUUID(), countryCode: 'XX', currency: 'EUR' }
    await expect(processor().createPayoutAccount({ ...order, returnUrl: 'https://app.example' })).rejects.toMatchObject(
      {
        decline: { code: 'country_unsupported', declineClass: 'NEVER' },
      },
    )
  })

  it('moves no tenth of a cent', async () => {
    const amount = { amountMinor: 12_345n, currency: 'KWD' }
    const { reference } = await save('pm_card_visa')
    expect(await processor().charge(orderOf(reference, { amount }))).toMatchObject({
      state: 'FAILED',
      decline: { code: 'invalid_amount', declineClass: 'NEVER' },
    })
  })
})
