import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { publish, read } from '../content/posts.js'
import { ERRORS, PAYMENT, newKey, saveCard } from '../payments/paying.js'
import { promoted } from '../../src/subscriptions/promoting.js'
import type { PromotionRow } from '../../src/subscriptions/types.js'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { CANCEL, DAY, FACTS, factsOf, memberCreator, offersOf, paidPeriods, passPeriod, renew, age } from './members.js'

const PROMOTION = `id code kind basisPoints amountOff { amountMinor currency } trialDays periods maxRedemptions redemptionCount endedAt`
const CREATE = `mutation ($input: CreatePromotionInput!) { createPromotion(input: $input) { promotion { ${PROMOTION} } ${ERRORS} } }`
const END = `mutation ($id: ID!) { endPromotion(input: { promotionId: $id }) { promotion { ${PROMOTION} } ${ERRORS} } }`
const REDEEM = `mutation ($input: RedeemPromotionInput!) {
  redeemPromotion(input: $input) { subscription { ${FACTS} origin trialEndsAt } ${PAYMENT} replayed ${ERRORS} }
}`

let server: TestServer
let world: World
let creator: Person
let postId: string
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await memberCreator(world)
  postId = (await publish(creator, { visibility: 'SUBSCRIBERS' }))['id'] as string
})
afterAll(async () => {
  await expectLedger(server.database)
  await server.close()
})

let codes = 0
const make = async (input: Record<string, unknown>): Promise<any> =>
  (await creator.request(CREATE, { input: { code: `Code-${String((codes += 1))}`, ...input } })).data?.[
    'createPromotion'
  ]
const aCode = async (input: Record<string, unknown>): Promise<any> => (await make(input)).promotion
const redeem = async (
  fan: Person,
  code: string,
  amountMinor: string,
  more: Record<string, unknown> = {},
): Promise<any> => {
  const { type = 'MONTHLY', ...rest } = more
  const offer = (await offersOf(creator)).find((one) => one.type === type)
  const input = { offerId: offer.id, code, expectedPrice: { amountMinor, currency: 'EUR' }, idempotencyKey: newKey() }
  return (await fan.request(REDEEM, { input: { ...input, ...rest } })).data?.['redeemPromotion']
}
const codesOf = ({ userErrors }: any): string[] => userErrors.map(({ code }: any) => code)
const aFan = async (token = 'pm_card_visa'): Promise<Person> => {
  const fan = await world.fan()
  await saveCard(fan, token)
  return fan
}
const opens = async (fan: Person): Promise<boolean> => (await read(fan, postId))?.['body'].__typename === 'UnlockedBody'
const lastPaid = async (fan: Person): Promise<number> =>
  Number(
    (
      await server.database.owner.query(
        `select amount_minor from payment_intents where payer_id = $1 order by created_at desc limit 1`,
        [fan.uuid],
      )
    ).rows[0].amount_minor,
  )

describe('a code', () => {
  it('is its creator’s, who lists and ends it', async () => {
    const made = await aCode({ basisPoints: 2_000, periods: 3, maxRedemptions: 5 })
    expect(made).toMatchObject({ kind: 'PERCENT', basisPoints: 2_000, periods: 3, redemptionCount: 0, endedAt: null })
    const { viewer } = await creator.do(`{ viewer { promotions(first: 1) { nodes { id } } } }`)
    expect(viewer.promotions.nodes).toEqual([{ id: made.id }])
    const stranger = await memberCreator(world)
    expect((await stranger.do(`query ($id: ID!) { node(id: $id) { id } }`, { id: made.id })).node).toBeNull()
    expect(codesOf((await stranger.request(END, { id: made.id })).data?.['endPromotion'])).toEqual(['NODE_NOT_FOUND'])
    const { endPromotion } = await creator.do(END, { id: made.id })
    expect(endPromotion.promotion.endedAt).not.toBeNull()
    expect((await creator.do(END, { id: made.id })).endPromotion.promotion).toEqual(endPromotion.promotion)
    expect(codesOf(await redeem(await aFan(), made.code, '400'))).toEqual(['PROMOTION_NOT_VALID'])
  })

  it('is made once under a key, and once by its word, in capitals or not', async () => {
    const code = `Once-${String(Date.now())}`
    const idempotencyKey = newKey()
    const first = await make({ code, basisPoints: 1_000, idempotencyKey })
    expect((await make({ code, basisPoints: 1_000, idempotencyKey })).promotion.id).toBe(first.promotion.id)
    expect(codesOf(await make({ code: code.toUpperCase(), basisPoints: 1_000 }))).toEqual(['PROMOTION_CODE_TAKEN'])
  })

  it.each([
    ['nothing to give', {}],
    ['two things', { basisPoints: 1_000, trialDays: 3 }],
    ['all of the price', { basisPoints: 10_000 }],
    ['no days', { trialDays: 0 }],
    ['no periods', { basisPoints: 1_000, periods: 0 }],
    ['a word with spaces', { code: 'a b c', basisPoints: 1_000 }],
    ['an end before now', { basisPoints: 1_000, endsAt: '2020-01-01T00:00:00Z' }],
  ])('with %s is refused', async (_what, input) => {
    expect(codesOf(await make(input))).toEqual(['INVALID_INPUT'])
  })
})

describe('what a code takes off', () => {
  const promotion = (more: Partial<PromotionRow>): PromotionRow => ({
    id: '',
    creatorId: '',
    code: '',
    kind: 'PERCENT',
    basisPoints: null,
    amountMinor: null,
    currency: null,
    trialDays: null,
    periods: 2,
    maxRedemptions: null,
    redemptionCount: 0,
    startsAt: new Date(0),
    endsAt: null,
    disabledAt: null,
    createdAt: new Date(0),
    ...more,
  })
  const price = { amountMinor: 999n, currency: 'EUR' }

  it('is rounded once, ends with its periods, and leaves something to charge', () => {
    expect(promoted(price, promotion({ basisPoints: 3_333 }), 1)).toEqual({ amountMinor: 666n, currency: 'EUR' })
    expect(promoted(price, promotion({ basisPoints: 3_333 }), 3)).toEqual(price)
    expect(promoted(price, promotion({ kind: 'AMOUNT', amountMinor: 899n, currency: 'EUR' }), 2)?.amountMinor).toBe(
      100n,
    )
    expect(promoted(price, promotion({ kind: 'AMOUNT', amountMinor: 900n, currency: 'EUR' }), 2)).toBeNull()
    expect(promoted(price, promotion({ kind: 'AMOUNT', amountMinor: 100n, currency: 'USD' }), 1)).toBeNull()
    expect(promoted(price, promotion({ kind: 'TRIAL', trialDays: 7 }), 1)).toEqual(price)
  })

  it('is taken off the first periods, and the whole price is charged after them', async () => {
    const { code } = await aCode({ basisPoints: 2_000, periods: 2 })
    const fan = await aFan()
    const first = await redeem(fan, code.toLowerCase(), '400')
    expect(first).toMatchObject({
      payment: { state: 'SUCCEEDED', amount: { amountMinor: '400' } },
      subscription: { status: 'ACTIVE', origin: 'PROMOTION', price: { amountMinor: '500' } },
    })
    expect(await renewalOf(fan)).toMatchObject({ price: { amountMinor: '400', currency: 'EUR' } })
    await passPeriod(server, fan)
    expect(await lastPaid(fan)).toBe(400)
    const renewal = await renewalOf(fan)
    expect(renewal).toEqual({
      at: (await factsOf(fan)).nextChargeAt,
      price: { amountMinor: '500', currency: 'EUR' },
    })
    await age(server, fan, 31 * DAY)
    await renew(server)
    expect(await lastPaid(fan)).toBe(500)
    expect(await paidPeriods(server, fan)).toBe(3)
  })

  it('is said where another price was expected, and nothing is charged', async () => {
    const { code } = await aCode({ amountMinor: '150' })
    const fan = await aFan()
    expect((await redeem(fan, code, '500')).userErrors).toMatchObject([
      { __typename: 'PriceChangedError', price: { amountMinor: '350', currency: 'EUR' } },
    ])
    expect(await paidPeriods(server, fan)).toBe(0)
  })
})

/** What somebody's subscription says that it charges next. */
const renewalOf = async (fan: Person): Promise<any> => {
  const { viewer } = await fan.do(
    `{ viewer { subscriptions(first: 1) { nodes { nextRenewal { at price { amountMinor currency } } } } } }`,
  )
  return viewer.subscriptions.nodes[0].nextRenewal
}

describe('a use', () => {
  it('is counted to the limit, however many come at once', async () => {
    const { code, id } = await aCode({ basisPoints: 2_000, maxRedemptions: 3 })
    const fans: Person[] = []
    for (let n = 0; n < 8; n += 1) fans.push(await aFan())
    const answers = await Promise.all(fans.map((fan) => redeem(fan, code, '400')))
    expect(answers.filter(({ subscription }) => subscription?.status === 'ACTIVE')).toHaveLength(3)
    expect(new Set(answers.flatMap(codesOf))).toEqual(new Set(['PROMOTION_NOT_VALID']))
    const { node } = await creator.do(`query ($id: ID!) { node(id: $id) { ... on Promotion { redemptionCount } } }`, {
      id,
    })
    expect(node.redemptionCount).toBe(3)
  })

  it('is each person’s once, and given back where the first payment was refused', async () => {
    const { code } = await aCode({ basisPoints: 2_000 })
    const fan = await aFan('pm_card_chargeCustomerFail')
    expect(codesOf(await redeem(fan, code, '400'))).toEqual(['PAYMENT_DECLINED'])
    const payWith = { paymentMethodId: await saveCard(fan) }
    expect((await redeem(fan, code, '400', { payWith })).subscription.status).toBe('ACTIVE')
    await server.database.owner.query(
      `update subscriptions set status = 'expired', ended_at = now(), ended_reason = 'staff', will_renew = false,
         next_charge_at = null where subscriber_id = $1 and ended_at is null`,
      [fan.uuid],
    )
    expect(codesOf(await redeem(fan, code, '400', { payWith }))).toEqual(['PROMOTION_USED'])
    const { rows } = await server.database.owner.query(
      `select p.redemption_count as counted, (select count(*)::int from promotion_redemptions r where r.promotion_id = p.id) as kept
       from promotions p where p.code = $1`,
      [code],
    )
    expect(rows).toEqual([{ counted: 1, kept: 1 }])
  })
})

describe('a trial', () => {
  it('opens at once, costs nothing, and is followed by months from its end', async () => {
    const { code } = await aCode({ trialDays: 7 })
    const fan = await aFan()
    const { subscription, payment } = await redeem(fan, code, '0')
    expect(payment).toBeNull()
    expect(subscription).toMatchObject({
      status: 'ACTIVE',
      origin: 'TRIAL',
      willRenew: true,
      currentPeriod: { number: 1 },
    })
    expect(subscription.nextChargeAt).toBe(subscription.trialEndsAt)
    expect(new Date(subscription.trialEndsAt).getTime() - Date.now()).toBeGreaterThan(6.9 * DAY)
    expect(await opens(fan)).toBe(true)
    expect(await paidPeriods(server, fan)).toBe(0)
    await passPeriod(server, fan)
    const after = await factsOf(fan)
    expect(after).toMatchObject({ status: 'ACTIVE', currentPeriod: { number: 2 } })
    const days =
      (new Date(after.currentPeriod.endsAt).getTime() - new Date(after.currentPeriod.startsAt).getTime()) / DAY
    expect(days).toBeGreaterThanOrEqual(28)
    expect(await lastPaid(fan)).toBe(500)
  })

  it('that is cancelled ends with its days, uncharged', async () => {
    const { code } = await aCode({ trialDays: 7 })
    const fan = await aFan('pm_card_amex')
    const { subscription } = await redeem(fan, code, '0')
    await fan.do(CANCEL, { id: subscription.id })
    expect(await opens(fan)).toBe(true)
    await passPeriod(server, fan)
    expect(await factsOf(fan)).toMatchObject({ status: 'EXPIRED', endedReason: 'PERIOD_ENDED' })
    expect(await opens(fan)).toBe(false)
    expect(await paidPeriods(server, fan)).toBe(0)
  })

  it('is once per person and per card, by whatever code', async () => {
    const [one, other] = [await aCode({ trialDays: 7 }), await aCode({ trialDays: 30 })]
    const fan = await aFan('pm_card_mastercard')
    const { subscription } = await redeem(fan, one.code, '0')
    expect(subscription.status).toBe('ACTIVE')
    const second = await aFan('pm_card_mastercard')
    expect(codesOf(await redeem(second, other.code, '0'))).toEqual(['TRIAL_USED'])
    await fan.do(CANCEL, { id: subscription.id })
    await passPeriod(server, fan)
    const payWith = { paymentMethodId: await saveCard(fan, 'pm_card_amex') }
    expect(codesOf(await redeem(fan, other.code, '0', { payWith }))).toEqual(['TRIAL_USED'])
    expect(await factsOf(second)).toBeUndefined()
  })

  it('needs a saved way to pay, and is of nothing that is for always', async () => {
    const { code } = await aCode({ trialDays: 7 })
    expect(codesOf(await redeem(await world.fan(), code, '0'))).toEqual(['PAYMENT_METHOD_REQUIRED'])
    expect(codesOf(await redeem(await aFan(), code, '0', { payWith: { useWallet: true } }))).toEqual([
      'PAYMENT_METHOD_REQUIRED',
    ])
    expect(codesOf(await redeem(await aFan(), code, '0', { type: 'LIFETIME' }))).toEqual(['PROMOTION_NOT_VALID'])
  })
})
