import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openProcessor } from '../../src/processors/processors.js'
import type { ChargeOrder, PayoutOrder, Processor } from '../../src/processors/types.js'
import { startStripeServer } from '../support/stripe-server.js'
import type { StripeServer } from '../support/stripe-server.js'

let server: StripeServer
let stripe: Processor
let customer: string

beforeAll(async () => {
  server = await startStripeServer()
  const settings = { secretKey: 'sk_test_loopback', webhookSecrets: ['whsec_new'], apiBase: server.url }
  // nothing of the sandbox is looked at
  stripe = await openProcessor({ stripe: settings, db: {} as never, secrets: [] })
  customer = (await stripe.createCustomer({ userId: randomUUID(), key: randomUUID() })).reference
})
afterAll(() => server.close())

const orderOf = (method: string, more: Partial<ChargeOrder> = {}): ChargeOrder => ({
  intentId: randomUUID(),
  key: randomUUID(),
  amount: { amountMinor: 999n, currency: 'EUR' },
  customer,
  method,
  isPresent: true,
  returnUrl: 'https://app.example/paid',
  description: 'Membership',
  ...more,
})
const save = (token: string) => stripe.saveMethod({ customer, token, key: randomUUID() })
const requestsTo = (path: string) => server.requests.filter((request) => request.path === path)
const invalid = { type: 'invalid_request_error', message: 'This is not how it is asked.' }

it('is called stripe and knows its customer by our id', () => {
  expect(stripe.name).toBe('stripe')
  expect(requestsTo('/v1/customers')[0]?.parameters.metadata.user_id).toMatch(/^[0-9a-f-]{36}$/)
})

it('confirms what it saves for charges without the person', async () => {
  const saved = await save('pm_card_visa')
  expect(saved).toEqual({
    reference: expect.stringMatching(/^pm_/),
    kind: 'card',
    brand: 'visa',
    lastFour: '4242',
    expiryMonth: 12,
    expiryYear: 2040,
    countryCode: 'US',
    fingerprint: expect.any(String),
  })
  expect(requestsTo('/v1/setup_intents').at(-1)?.parameters).toMatchObject({ usage: 'off_session', confirm: 'true' })
  await stripe.removeMethod(saved.reference)
  await stripe.removeMethod(saved.reference)
  await stripe.removeMethod('pm_unknown')
})

it('attaches a card whose bank wants to see its owner first', async () => {
  const { reference } = await save('pm_card_authenticationRequired')
  expect(server.objects.get(reference)).toMatchObject({ customer })
})

it('says of a charge what Stripe must know, and reads its fee', async () => {
  const { reference: method } = await save('pm_card_visa')
  const order = orderOf(method)
  expect(await stripe.charge(order)).toEqual({
    state: 'SUCCEEDED',
    reference: expect.stringMatching(/^pi_/),
    captured: order.amount,
    fee: { amountMinor: 58n, currency: 'EUR' },
  })
  const { parameters, idempotencyKey } = requestsTo('/v1/payment_intents').at(-1)!
  expect(idempotencyKey).toBe(order.key)
  expect(parameters).toMatchObject({
    amount: '999',
    currency: 'eur',
    confirm: 'true',
    metadata: { intent_id: order.intentId, key: order.key },
    return_url: order.returnUrl,
    setup_future_usage: 'off_session',
    automatic_payment_methods: { enabled: 'true', allow_redirects: 'always' },
  })
  expect(parameters.off_session).toBeUndefined()
  await stripe.charge(orderOf(method, { isPresent: false }))
  const alone = requestsTo('/v1/payment_intents').at(-1)!.parameters
  expect(alone).toMatchObject({ off_session: 'true', automatic_payment_methods: { allow_redirects: 'never' } })
  expect(alone.return_url).toBeUndefined()
})

it('takes yen as they are and thousandths of dinars in steps of ten', async () => {
  const { reference: method } = await save('pm_card_visa')
  const yen = { amountMinor: 1_200n, currency: 'JPY' }
  expect(await stripe.charge(orderOf(method, { amount: yen }))).toMatchObject({ state: 'SUCCEEDED', captured: yen })
  expect(requestsTo('/v1/payment_intents').at(-1)?.parameters).toMatchObject({ amount: '1200', currency: 'jpy' })
  const asked = server.requests.length
  const odd = orderOf(method, { amount: { amountMinor: 12_345n, currency: 'KWD' } })
  expect(await stripe.charge(odd)).toMatchObject({ state: 'FAILED', decline: { code: 'invalid_amount' } })
  expect(server.requests).toHaveLength(asked)
})

it('reads a fee in another currency than the charge’s, where Stripe exchanged', async () => {
  const order = orderOf('pm_card_visa')
  const { reference } = await stripe.charge(order)
  Object.assign(server.objects.get(reference!).latest_charge.balance_transaction, { currency: 'jpy', fee: 95 })
  expect(await stripe.findCharge(order)).toMatchObject({
    state: 'SUCCEEDED',
    captured: order.amount,
    fee: { amountMinor: 95n, currency: 'JPY' },
  })
})

it('finds a charge whose answer was lost', async () => {
  const order = orderOf('pm_card_visa')
  server.trouble({ on: 'POST /v1/payment_intents', how: 'lose' })
  await expect(stripe.charge(order)).rejects.toMatchObject({ name: 'ProcessorUnavailable' })
  const found = await stripe.findCharge(order)
  expect(found).toMatchObject({ state: 'SUCCEEDED', captured: order.amount })
  expect(await stripe.charge(order)).toEqual(found)
  expect(await stripe.findCharge({ ...order, key: randomUUID() })).toBeNull()
})

it('finds a charge behind many later ones', async () => {
  const { reference } = await stripe.createCustomer({ userId: randomUUID(), key: randomUUID() })
  const order = orderOf('pm_card_visa', { customer: reference })
  await stripe.charge(order)
  for (let count = 0; count < 120; count += 1) await stripe.charge(orderOf('pm_card_visa', { customer: reference }))
  expect(await stripe.findCharge(order)).toMatchObject({ state: 'SUCCEEDED' })
})

it('gives up waiting when no answer comes', { timeout: 20_000 }, async () => {
  server.trouble({ on: 'POST /v1/payment_intents', how: 'hang' })
  const began = performance.now()
  await expect(stripe.charge(orderOf('pm_card_visa'))).rejects.toMatchObject({ name: 'ProcessorUnavailable' })
  expect(performance.now() - began).toBeLessThan(8_000)
})

it.each([
  [500, { type: 'api_error', message: 'Sorry.' }],
  [503, { type: 'api_error', message: 'Sorry.' }],
  [429, { type: 'invalid_request_error', code: 'rate_limit', message: 'Slowly.' }],
  [409, { type: 'idempotency_error', code: 'idempotency_key_in_use', message: 'Another one is under way.' }],
  [401, { type: 'invalid_request_error', message: 'Invalid API Key provided.' }],
])('does not know what came of it after a %i', async (status, error) => {
  const order = orderOf('pm_card_visa')
  server.trouble({ on: 'POST /v1/payment_intents', how: { status, error } })
  await expect(stripe.charge(order)).rejects.toMatchObject({ name: 'ProcessorUnavailable' })
  expect(await stripe.charge(order)).toMatchObject({ state: 'SUCCEEDED' })
})

it('takes a request that Stripe does not understand for our mistake', async () => {
  server.trouble({ on: 'POST /v1/payment_intents', how: { status: 400, error: { ...invalid, param: 'metadata' } } })
  await expect(stripe.charge(orderOf('pm_card_visa'))).rejects.toMatchObject({ name: 'Error' })
  const order = orderOf('pm_card_visa')
  await stripe.charge(order)
  const other = { ...order, amount: { amountMinor: 1n, currency: 'EUR' } }
  await expect(stripe.charge(other)).rejects.toThrow('StripeIdempotencyError')
})

it('does not try a card again that its bank says not to', async () => {
  const error = {
    type: 'card_error',
    code: 'card_declined',
    decline_code: 'do_not_honor',
    advice_code: 'do_not_try_again',
    message: 'Your card was declined.',
  }
  server.trouble({ on: 'POST /v1/payment_intents', how: { status: 402, error } })
  const order = orderOf('pm_card_visa')
  expect(await stripe.charge(order)).toMatchObject({
    state: 'FAILED',
    reference: null,
    attempt: order.key,
    decline: { code: 'do_not_honor', declineClass: 'NEW_METHOD' },
  })
})

it('refuses an amount that Stripe finds too large', async () => {
  const amount = { amountMinor: 100_000_000n, currency: 'EUR' }
  expect(await stripe.charge(orderOf('pm_card_visa', { amount }))).toMatchObject({
    decline: { code: 'amount_too_large', declineClass: 'NEVER' },
  })
})

it('answers a dispute once', async () => {
  const { reference } = await stripe.charge(orderOf('pm_card_visa'))
  const dispute = server.dispute(reference!)
  const evidence = {
    dispute: dispute.id,
    productDescription: 'Posts',
    accessLog: 'x'.repeat(30_000),
    customerName: null,
  }
  await stripe.sendEvidence(evidence)
  await stripe.sendEvidence(evidence)
  const sent = requestsTo(`/v1/disputes/${String(dispute.id)}`).filter(({ method }) => method === 'POST')
  expect(sent).toHaveLength(1)
  expect(sent[0]?.parameters.submit).toBe('true')
  expect(sent[0]?.parameters.evidence.access_activity_log).toHaveLength(20_000)
})

const openAccount = async (countryCode = 'DE') =>
  stripe.createPayoutAccount({
    creatorId: randomUUID(),
    key: randomUUID(),
    countryCode,
    currency: 'EUR',
    returnUrl: 'https://app.example/earnings',
  })
const verify = (id: string) =>
  Object.assign(server.objects.get(id), {
    payouts_enabled: true,
    requirements: { disabled_reason: null },
    external_accounts: { data: [{ object: 'bank_account', bank_name: 'Loopback bank', last4: '3000' }] },
  })
const payoutTo = (account: string, more: Partial<PayoutOrder> = {}): PayoutOrder => ({
  payoutId: randomUUID(),
  key: randomUUID(),
  account,
  amount: { amountMinor: 5_000n, currency: 'EUR' },
  ...more,
})

it('has a creator answer Stripe’s questions, with an address that is fresh each time', async () => {
  const opened = await openAccount()
  expect(opened).toMatchObject({
    state: 'PENDING',
    label: null,
    onboardingUrl: expect.stringContaining('/setup/acct_'),
  })
  const again = await stripe.findPayoutAccount(opened.reference, 'https://app.example/earnings')
  expect(again?.onboardingUrl).not.toBe(opened.onboardingUrl)
  expect(await stripe.findPayoutAccount(opened.reference)).toMatchObject({ state: 'PENDING', onboardingUrl: null })
  verify(opened.reference)
  expect(await stripe.findPayoutAccount(opened.reference)).toEqual({
    reference: opened.reference,
    state: 'VERIFIED',
    label: 'Loopback bank ·· 3000',
    onboardingUrl: null,
  })
  server.objects.get(opened.reference).payouts_enabled = false
  server.objects.get(opened.reference).requirements = { disabled_reason: 'rejected.fraud' }
  expect(await stripe.findPayoutAccount(opened.reference)).toMatchObject({ state: 'DISABLED' })
  await stripe.removePayoutAccount(opened.reference)
  await stripe.removePayoutAccount(opened.reference)
  expect(await stripe.findPayoutAccount(opened.reference)).toBeNull()
})

it('sends money in two steps, each under a key, and finds both again', async () => {
  const { reference: account } = await openAccount()
  verify(account)
  const order = payoutTo(account)
  const sent = await stripe.sendPayout(order)
  expect(sent).toMatchObject({ reference: expect.stringMatching(/^po_/), state: 'PROCESSING' })
  expect(requestsTo('/v1/transfers').find(({ method }) => method === 'POST')).toMatchObject({
    idempotencyKey: order.key,
    parameters: { destination: account, amount: '5000', transfer_group: order.payoutId },
  })
  expect(requestsTo('/v1/payouts').find(({ method }) => method === 'POST')).toMatchObject({
    idempotencyKey: `${order.key}:payout`,
    account,
  })
  server.objects.get(sent.reference!).status = 'paid'
  expect(await stripe.findPayout(order)).toMatchObject({ state: 'PAID' })
  expect(await stripe.sendPayout(order)).toMatchObject({ reference: sent.reference, state: 'PAID' })
  await stripe.takeBackPayout(order)
  expect(server.requests.filter(({ path }) => path.endsWith('/reversals'))).toHaveLength(0)
})

it('goes on where it was interrupted between the two steps', async () => {
  const { reference: account } = await openAccount()
  verify(account)
  const order = payoutTo(account)
  server.trouble({ on: 'POST /v1/payouts', how: { status: 503, error: { type: 'api_error', message: 'Sorry.' } } })
  await expect(stripe.sendPayout(order)).rejects.toMatchObject({ name: 'ProcessorUnavailable' })
  expect(await stripe.findPayout(order)).toBeNull()
  expect(await stripe.sendPayout(order)).toMatchObject({ state: 'PROCESSING' })
  const transfers = [...server.objects.values()].filter(({ transfer_group: group }) => group === order.payoutId)
  expect(transfers).toHaveLength(1)
})

it('takes the money home when the second step is refused', async () => {
  const { reference: account } = await openAccount()
  verify(account)
  const order = payoutTo(account, { amount: { amountMinor: 5_000n, currency: 'USD' } })
  expect(await stripe.sendPayout(order)).toMatchObject({
    reference: null,
    state: 'FAILED',
    failureCode: 'payouts_not_allowed',
  })
  const transfer = [...server.objects.values()].find(({ transfer_group: group }) => group === order.payoutId)
  expect(transfer.reversed).toBe(true)
  expect(await stripe.findPayout(order)).toMatchObject({ state: 'FAILED' })
  expect(await stripe.sendPayout(order)).toMatchObject({ state: 'FAILED' })
})

it('takes the money home of a payout that its bank sent back, once', async () => {
  const { reference: account } = await openAccount()
  verify(account)
  const order = payoutTo(account)
  const { reference } = await stripe.sendPayout(order)
  Object.assign(server.objects.get(reference!), {
    status: 'failed',
    failure_code: 'account_closed',
    failure_message: 'The bank account has been closed.',
  })
  await stripe.takeBackPayout(order)
  await stripe.takeBackPayout(order)
  expect(await stripe.findPayout(order)).toEqual({
    reference,
    state: 'FAILED',
    failureCode: 'account_closed',
    failureReason: 'The bank account has been closed.',
  })
  const transfer = [...server.objects.values()].find(
    ({ object, transfer_group: group }) => object === 'transfer' && group === order.payoutId,
  )
  const reversals = [...server.objects.values()].filter((one) => one.transfer === transfer.id)
  expect(reversals).toHaveLength(1)
})

it('sends nothing to an account that cannot have it', async () => {
  const { reference } = await openAccount()
  expect(await stripe.sendPayout(payoutTo(reference))).toMatchObject({
    state: 'FAILED',
    failureCode: 'insufficient_capabilities_for_transfer',
  })
  expect(await stripe.sendPayout(payoutTo('acct_gone'))).toMatchObject({ failureCode: 'resource_missing' })
})
