import { beforeAll, describe, expect, it } from 'vitest'
import { globalId } from '../../src/lib/ids.js'
import { done } from '../comments/calls.js'
import { publish } from '../content/posts.js'
import { SUBSCRIBE, offersOf } from '../subscriptions/members.js'
import { creator, openSetting, payer, server, world } from '../subscriptions/setting.js'
import type { Answer } from '../support/client.js'
import type { Person } from '../support/world.js'
import { buy, newKey, saveCard, tip, topUp } from './paying.js'

openSetting()

const REFUND = `mutation ($input: RefundTransactionInput!) { refundTransaction(input: $input) { userErrors { code path } } }`
const PAYOUT = `mutation ($input: RequestPayoutInput!) { requestPayout(input: $input) { userErrors { code path } } }`
const HOLD = `mutation ($input: HoldPayoutsInput!) { holdPayouts(input: $input) { userErrors { code path } } }`
const GIFT = `mutation ($input: GiftSubscriptionInput!) { giftSubscription(input: $input) { userErrors { code path } } }`

let fan: Person
let admin: Person
let post: string
let offer: { readonly id: string; readonly price: { readonly amountMinor: string } }
let saleId: string
beforeAll(async () => {
  ;[fan, admin] = [await payer(), await world.admin()]
  post = (await publish(creator, { priceMinor: '700' }))['id'] as string
  offer = (await offersOf(creator)).find(({ type }) => type === 'MONTHLY')
  await done(creator, 'addPayoutAccount', {
    countryCode: 'DE',
    returnUrl: 'https://app.example.com/back',
    idempotencyKey: newKey(),
  })
  await tip(fan, creator, { amountMinor: '2000' })
  const { rows } = await server.database.owner.query<{ id: string }>(
    `select id::text as id from transactions where payer_id = $1`,
    [fan.uuid],
  )
  saleId = globalId('Transaction', rows[0]!.id)
})

/** Everything that moving money would change. */
async function books(): Promise<unknown> {
  const { rows } = await server.database.owner.query(
    `select (select coalesce(max(id), 0) from ledger_entries) as entry, (select count(*) from transactions) as transactions,
       (select count(*) from refunds) as refunds, (select count(*) from payouts) as payouts,
       (select count(*) from payout_holds) as holds, (select count(*) from payment_intents) as payments,
       (select count(*) from sandbox_objects where kind <> 'customer' and kind <> 'method') as "atProcessor"`,
  )
  return rows
}

/** What somebody is refused with: the code of a user error, or else that of the whole request. */
function refusalOf({ data, errors }: Answer<any>): string | undefined {
  const [payload] = Object.values<{ userErrors: { code: string }[] } | null>(data ?? {})
  return payload?.userErrors[0]?.code ?? (errors[0]?.extensions['code'] as string | undefined)
}

/** A price whose amount may be anything. */
const priced = (amountMinor: unknown) => ({ amountMinor, currency: 'EUR' }) as { amountMinor: string; currency: string }

/** What no column holds, or is no whole number. */
const NO_AMOUNTS = [
  '9223372036854775808',
  '-9223372036854775809',
  '1'.padEnd(31, '0'),
  1.5,
  '1.5',
  '1e3',
  'NaN',
  '',
  ' 7',
  true,
]

/** Everything that takes an amount, and how it refuses one that is out of its range. */
const AMOUNTS: Readonly<Record<string, readonly [code: string, ask: (amountMinor: any) => Promise<Answer<any>>]>> = {
  'a tip': ['PRICE_OUT_OF_RANGE', (amountMinor) => tip(fan, creator, { amountMinor })],
  'money for the wallet': ['PRICE_OUT_OF_RANGE', (amountMinor) => topUp(fan, amountMinor as string)],
  'a purchase': ['PRICE_CHANGED', (amountMinor) => buy(fan, post, priced(amountMinor))],
  'a subscription': [
    'PRICE_CHANGED',
    (amountMinor) =>
      fan.request(SUBSCRIBE, {
        input: { offerId: offer.id, expectedPrice: priced(amountMinor), idempotencyKey: newKey() },
      }),
  ],
  'a refund': [
    'REFUND_TOO_LARGE',
    (amountMinor) =>
      creator.request(REFUND, {
        input: { transactionId: saleId, amountMinor, reason: 'A mistake.', idempotencyKey: newKey() },
      }),
  ],
  'a payout': [
    'INSUFFICIENT_FUNDS',
    (amountMinor) => creator.request(PAYOUT, { input: { amountMinor, idempotencyKey: newKey() } }),
  ],
}

describe.each(Object.entries(AMOUNTS))('%s', (_what, [code, ask]) => {
  it('of nothing, of less, of more than there is, of a part, or of what no number is moves nothing', async () => {
    const before = await books()
    expect(refusalOf(await ask('9223372036854775807'))).toBe(code)
    for (const amount of ['0', '-1', '-9223372036854775808'])
      expect([code, 'INVALID_INPUT', 'PAYOUT_TOO_SMALL'], amount).toContain(refusalOf(await ask(amount)))
    for (const amount of NO_AMOUNTS) expect(refusalOf(await ask(amount)), String(amount)).toBe('BAD_USER_INPUT')
    expect(await books()).toEqual(before)
  })
})

it('a hold of nothing, of less, or of what no number is keeps nothing back', async () => {
  const before = await books()
  const hold = (amountMinor: unknown): Promise<Answer<any>> =>
    admin.request(HOLD, {
      input: { creatorId: creator.id, amountMinor, reason: 'We look at it.', idempotencyKey: newKey() },
    })
  for (const amount of ['0', '-500']) expect(refusalOf(await hold(amount))).toBe('INVALID_INPUT')
  for (const amount of NO_AMOUNTS) expect(refusalOf(await hold(amount)), String(amount)).toBe('BAD_USER_INPUT')
  expect(await books()).toEqual(before)
})

it('another currency than the seller’s pays for nothing', async () => {
  const before = await books()
  const dollars = { amountMinor: '700', currency: 'USD' }
  expect(refusalOf(await tip(fan, creator, dollars))).toBe('CURRENCY_MISMATCH')
  expect(refusalOf(await buy(fan, post, dollars))).toBe('PRICE_CHANGED')
  const input = { offerId: offer.id, expectedPrice: { ...offer.price, currency: 'USD' }, idempotencyKey: newKey() }
  expect(refusalOf(await fan.request(SUBSCRIBE, { input }))).toBe('PRICE_CHANGED')
  for (const currency of ['eur', 'EURO', 'XXQ', ''])
    expect(['BAD_USER_INPUT', 'CURRENCY_MISMATCH', 'INVALID_INPUT']).toContain(
      refusalOf(await topUp(fan, '700', currency)),
    )
  expect(await books()).toEqual(before)
})

it('a card of somebody else pays for nothing', async () => {
  const stolen = { paymentMethodId: await saveCard(await world.fan()) }
  const before = await books()
  const subscription = {
    offerId: offer.id,
    expectedPrice: { amountMinor: offer.price.amountMinor, currency: 'EUR' },
    payWith: stolen,
  }
  const recipientId = (await world.fan()).id
  for (const answer of [
    await tip(fan, creator, { payWith: stolen }),
    await buy(fan, post, priced('700'), { payWith: stolen }),
    await topUp(fan, '700', 'EUR', { payWith: stolen }),
    await fan.request(SUBSCRIBE, { input: { ...subscription, idempotencyKey: newKey() } }),
    await fan.request(GIFT, { input: { ...subscription, recipientId, idempotencyKey: newKey() } }),
  ])
    expect(refusalOf(answer)).toBe('NODE_NOT_FOUND')
  expect(await books()).toEqual(before)
})

it('a price, a fee or whom it is for is not the client’s to say', async () => {
  const before = await books()
  const purchase = { contentId: post, expectedPrice: priced('700') }
  for (const more of [{ amountMinor: '1' }, { priceMinor: '1' }, { platformFeeMinor: '0' }, { creatorId: fan.id }]) {
    const { data, errors } = await fan.request(
      `mutation ($input: PurchaseContentInput!) { purchaseContent(input: $input) { userErrors { code } } }`,
      { input: { ...purchase, ...more, idempotencyKey: newKey() } },
    )
    expect([data?.['purchaseContent'] ?? null, errors[0]?.extensions['code']]).toEqual([null, 'BAD_USER_INPUT'])
  }
  expect(await books()).toEqual(before)
})
