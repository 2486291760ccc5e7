import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { publish, read } from '../content/posts.js'
import { ERRORS, PAYMENT, chargeOf, newKey, runLater, sandboxOf, saveCard, topUp } from '../payments/paying.js'
import { termsOfChange, unused } from '../../src/subscriptions/changing.js'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import {
  CANCEL,
  DAY,
  FACTS,
  UPDATE_OFFER,
  age,
  factsOf,
  makeSubscriber,
  memberCreator,
  offersOf,
  paidPeriods,
  passPeriod,
  renew,
  tokenOf,
  trySubscribe,
} from './members.js'

const PREVIEW = `mutation ($input: PreviewSubscriptionInput!) { previewSubscription(input: $input) {
  preview { id isAtOnce expiresAt consumedAt dueNow { amountMinor currency } lines { kind amount { amountMinor } } offer { type } }
  ${ERRORS}
} }`
const CHANGE = `mutation ($input: ChangeSubscriptionInput!) {
  changeSubscription(input: $input) { subscription { ${FACTS} } ${PAYMENT} replayed ${ERRORS} }
}`
const RETRY = `mutation ($input: RetrySubscriptionPaymentInput!) {
  retrySubscriptionPayment(input: $input) { subscription { ${FACTS} } ${PAYMENT} replayed ${ERRORS} }
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

const opens = async (fan: Person): Promise<boolean> => (await read(fan, postId))?.['body'].__typename === 'UnlockedBody'
const preview = async (fan: Person, type: string, of = creator): Promise<any> => {
  const offer = (await offersOf(of)).find((one) => one.type === type)
  return (await fan.request(PREVIEW, { input: { offerId: offer.id } })).data?.['previewSubscription']
}
const change = async (fan: Person, previewId: string, more: Record<string, unknown> = {}): Promise<any> =>
  (await fan.request(CHANGE, { input: { previewId, idempotencyKey: newKey(), ...more } })).data?.['changeSubscription']
const retry = async (fan: Person, subscriptionId: string, more: Record<string, unknown> = {}): Promise<any> =>
  (await fan.request(RETRY, { input: { subscriptionId, idempotencyKey: newKey(), ...more } })).data?.[
    'retrySubscriptionPayment'
  ]
const codesOf = ({ userErrors }: any): string[] => userErrors.map(({ code }: any) => code)

describe('what a change would be', () => {
  it('parts a price by time so that both parts sum to it', () => {
    const span = { startsAt: new Date('2028-01-31T10:00:00Z'), endsAt: new Date('2028-02-29T10:00:00Z') }
    const at = (iso: string): bigint => unused(1_000n, span, new Date(iso))
    expect(at('2028-01-31T10:00:00Z')).toBe(1_000n)
    expect(at('2028-02-29T10:00:00Z')).toBe(0n)
    expect(at('2028-02-14T22:00:00Z')).toBe(500n)
    expect(at('2028-03-01T00:00:00Z')).toBe(0n)
  })

  it('begins now where it is more, and otherwise with the next renewal', () => {
    const offer = (months: number | null, amountMinor: bigint) => ({ months, amountMinor, currency: 'EUR' })
    expect(termsOfChange({ months: 1 }, offer(12, 4_800n), 250n)).toMatchObject({ dueMinor: 4_550n, isAtOnce: true })
    expect(termsOfChange({ months: 12 }, offer(null, 30_000n), 0n)).toMatchObject({ dueMinor: 30_000n, isAtOnce: true })
    expect(termsOfChange({ months: 12 }, offer(1, 500n), 250n)).toMatchObject({ dueMinor: 0n, isAtOnce: false })
    expect(termsOfChange({ months: 1 }, offer(1, 900n), 250n)).toMatchObject({ dueMinor: 0n, isAtOnce: false })
    // what is left to pay is less than anything may cost
    expect(termsOfChange({ months: 12 }, offer(24, 1_000n), 950n)).toMatchObject({ dueMinor: 0n, isAtOnce: false })
  })

  it('is said line by line, holds for a quarter of an hour, and charges nothing', async () => {
    const { fan } = await makeSubscriber(world, creator)
    const { currentPeriod } = await factsOf(fan)
    const length = new Date(currentPeriod.endsAt).getTime() - new Date(currentPeriod.startsAt).getTime()
    await age(server, fan, length / 2)
    const { preview: shown } = await preview(fan, 'YEARLY')
    expect(shown).toMatchObject({
      isAtOnce: true,
      consumedAt: null,
      dueNow: { amountMinor: '4550', currency: 'EUR' },
      lines: [
        { kind: 'PRICE', amount: { amountMinor: '4800' } },
        { kind: 'UNUSED', amount: { amountMinor: '-250' } },
      ],
    })
    expect(await paidPeriods(server, fan)).toBe(1)
  })

  it('is refused of what nobody has, of what there is already, and of what is for always', async () => {
    expect(codesOf(await preview(await world.fan(), 'YEARLY'))).toEqual(['NOT_SUBSCRIBED'])
    const { fan } = await makeSubscriber(world, creator)
    expect(codesOf(await preview(fan, 'MONTHLY'))).toEqual(['ALREADY_SUBSCRIBED'])
    const other = await world.fan()
    await saveCard(other)
    await trySubscribe(other, creator, 'LIFETIME')
    expect(codesOf(await preview(other, 'YEARLY'))).toEqual(['SUBSCRIPTION_LIFETIME'])
  })

  it('is nobody else’s', async () => {
    const { fan } = await makeSubscriber(world, creator)
    const { preview: shown } = await preview(fan, 'YEARLY')
    const { fan: other } = await makeSubscriber(world, creator)
    expect(codesOf(await change(other, shown.id))).toEqual(['NODE_NOT_FOUND'])
    expect((await other.do(`query ($id: ID!) { node(id: $id) { id } }`, { id: shown.id })).node).toBeNull()
    expect((await fan.do(`query ($id: ID!) { node(id: $id) { id } }`, { id: shown.id })).node.id).toBe(shown.id)
  })
})

describe('a change to more', () => {
  it('charges what was shown, begins at once, and is renewed a year from then', async () => {
    const { fan } = await makeSubscriber(world, creator)
    await age(server, fan, 10 * DAY)
    const { preview: shown } = await preview(fan, 'YEARLY')
    const { subscription, payment } = await change(fan, shown.id)
    expect(payment).toMatchObject({ state: 'SUCCEEDED', amount: shown.dueNow })
    expect(subscription).toMatchObject({
      status: 'ACTIVE',
      type: 'YEARLY',
      price: { amountMinor: '4800' },
      currentPeriod: { number: 2 },
    })
    const { startsAt, endsAt } = subscription.currentPeriod
    expect(new Date(endsAt).getUTCFullYear()).toBe(new Date(startsAt).getUTCFullYear() + 1)
    expect(Math.abs(new Date(startsAt).getTime() - Date.now())).toBeLessThan(60_000)
    expect(await opens(fan)).toBe(true)
    await passPeriod(server, fan)
    const after = await factsOf(fan)
    expect(after).toMatchObject({ type: 'YEARLY', currentPeriod: { number: 3 } })
    expect(new Date(after.currentPeriod.endsAt).getTime()).toBeGreaterThan(Date.now() + 360 * DAY)
    expect(await paidPeriods(server, fan)).toBe(3)
  })

  it('to always leaves nothing to renew', async () => {
    const { fan } = await makeSubscriber(world, creator)
    await fan.do(CANCEL, { id: (await factsOf(fan)).id })
    const { preview: shown } = await preview(fan, 'LIFETIME')
    const { subscription } = await change(fan, shown.id)
    expect(subscription).toMatchObject({
      status: 'ACTIVE',
      type: 'LIFETIME',
      willRenew: false,
      entitledUntil: null,
      nextChargeAt: null,
    })
    await age(server, fan, 800 * DAY)
    await renew(server)
    expect(await opens(fan)).toBe(true)
    expect(await paidPeriods(server, fan)).toBe(2)
  })

  it('is made once of one preview, by twenty who ask at once', async () => {
    const { fan } = await makeSubscriber(world, creator)
    const { preview: shown } = await preview(fan, 'YEARLY')
    const answers = await Promise.all(Array.from({ length: 20 }, () => change(fan, shown.id)))
    expect(answers.filter(({ payment }) => payment !== null)).toHaveLength(1)
    expect(new Set(answers.flatMap(codesOf))).toEqual(new Set(['PREVIEW_USED']))
    expect(await paidPeriods(server, fan)).toBe(2)
  })

  it('of two previews is made once', async () => {
    const { fan } = await makeSubscriber(world, creator)
    const [year, always] = [(await preview(fan, 'YEARLY')).preview, (await preview(fan, 'LIFETIME')).preview]
    const answers = await Promise.all([change(fan, year.id), change(fan, always.id)])
    expect(answers.filter(({ payment }) => payment !== null)).toHaveLength(1)
    expect(await paidPeriods(server, fan)).toBe(2)
  })

  it('under the same key answers the same', async () => {
    const { fan } = await makeSubscriber(world, creator)
    const { preview: shown } = await preview(fan, 'YEARLY')
    const idempotencyKey = newKey()
    const first = await change(fan, shown.id, { idempotencyKey })
    const again = await change(fan, shown.id, { idempotencyKey })
    expect(again).toMatchObject({ replayed: true, payment: { id: first.payment.id } })
  })

  it('costs what was shown, also when the creator asks for more meanwhile', async () => {
    const other = await memberCreator(world)
    const { fan } = await makeSubscriber(world, other)
    const { preview: shown } = await preview(fan, 'YEARLY', other)
    await other.do(UPDATE_OFFER, { input: { monthlyPriceMinor: '900', yearlyDiscountBasisPoints: 0 } })
    expect(await change(fan, shown.id)).toMatchObject({
      payment: { state: 'SUCCEEDED', amount: shown.dueNow },
      subscription: { price: { amountMinor: '4800' } },
    })
  })

  it('is refused when the preview is too old, or the subscription another by now', async () => {
    const { fan, subscription } = await makeSubscriber(world, creator)
    const { preview: old } = await preview(fan, 'YEARLY')
    await server.database.owner.query(`update subscription_previews set expires_at = now() where user_id = $1`, [
      fan.uuid,
    ])
    expect(codesOf(await change(fan, old.id))).toEqual(['PREVIEW_EXPIRED'])
    const { preview: shown } = await preview(fan, 'YEARLY')
    await fan.do(CANCEL, { id: subscription.id })
    expect(codesOf(await change(fan, shown.id))).toEqual(['PREVIEW_OUTDATED'])
    expect(await paidPeriods(server, fan)).toBe(1)
  })

  it('that the bank refuses leaves the subscription as it was, and its renewal due', async () => {
    const { fan } = await makeSubscriber(world, creator)
    const before = await factsOf(fan)
    await sandboxOf(server).breakMethod(await tokenOf(server, fan), 'insufficient_funds')
    const { preview: shown } = await preview(fan, 'YEARLY')
    expect(codesOf(await change(fan, shown.id))).toEqual(['PAYMENT_DECLINED'])
    expect(await factsOf(fan)).toMatchObject({ ...before, paymentHealth: 'HEALTHY' })
    const better = await saveCard(fan, 'pm_card_mastercard')
    const { preview: next } = await preview(fan, 'YEARLY')
    expect((await change(fan, next.id, { payWith: { paymentMethodId: better } })).payment.state).toBe('SUCCEEDED')
  })

  it('that waits for its payer while the renewal comes due is made when they confirm, and only then', async () => {
    const { fan } = await makeSubscriber(world, creator)
    const careful = await saveCard(fan, 'pm_card_authenticationRequired')
    const { preview: shown } = await preview(fan, 'YEARLY')
    const { payment } = await change(fan, shown.id, {
      payWith: { paymentMethodId: careful, returnUrl: 'https://app.example.com' },
    })
    expect(payment.state).toBe('REQUIRES_ACTION')
    expect(await factsOf(fan)).toMatchObject({ type: 'MONTHLY', currentPeriod: { number: 1 } })
    await passPeriod(server, fan)
    expect(await paidPeriods(server, fan)).toBe(1)
    await sandboxOf(server).confirmAction(await chargeOf(server, fan), 'succeed')
    await runLater(server)
    expect(await factsOf(fan)).toMatchObject({ type: 'YEARLY', currentPeriod: { number: 2 } })
    expect(await paidPeriods(server, fan)).toBe(2)
  })

  it('ends what it began when it is refunded, and what was paid for before it stays open to its own end', async () => {
    const { fan, subscription } = await makeSubscriber(world, creator)
    const { preview: shown } = await preview(fan, 'YEARLY')
    await change(fan, shown.id)
    await sandboxOf(server).refundAtProcessor(await chargeOf(server, fan), BigInt(shown.dueNow.amountMinor))
    await server.drain()
    expect(await factsOf(fan)).toMatchObject({
      status: 'EXPIRED',
      endedReason: 'REFUNDED',
      willRenew: false,
      entitledUntil: subscription.currentPeriod.endsAt,
    })
    expect(await read(fan, postId)).toMatchObject({
      viewerAccess: { isOpen: true, until: subscription.currentPeriod.endsAt },
    })
    await age(server, fan, 32 * DAY)
    await renew(server)
    expect(await opens(fan)).toBe(false)
    expect(await paidPeriods(server, fan)).toBe(2)
  })

  it('to always ends with a lost dispute, and the month that it took the place of goes on to its end', async () => {
    const { fan, subscription } = await makeSubscriber(world, creator)
    const { preview: shown } = await preview(fan, 'LIFETIME')
    await change(fan, shown.id)
    const dispute = await sandboxOf(server).openDispute(await chargeOf(server, fan))
    await server.drain()
    expect(await opens(fan)).toBe(false)
    await sandboxOf(server).closeDispute(dispute, 'LOST')
    await server.drain()
    expect(await factsOf(fan)).toMatchObject({ status: 'EXPIRED', endedReason: 'DISPUTED' })
    expect(await read(fan, postId)).toMatchObject({
      viewerAccess: { isOpen: true, until: subscription.currentPeriod.endsAt },
    })
  })
})

describe('a change to less', () => {
  it('waits for the next renewal, which charges it, and can be taken back until then', async () => {
    const fan = await world.fan()
    await saveCard(fan)
    await trySubscribe(fan, creator, 'YEARLY')
    const { preview: shown } = await preview(fan, 'MONTHLY')
    expect(shown).toMatchObject({ isAtOnce: false, dueNow: { amountMinor: '0' } })
    expect(await change(fan, shown.id)).toMatchObject({
      payment: null,
      subscription: { type: 'YEARLY', nextOffer: { type: 'MONTHLY', months: 1 }, willRenew: true },
    })
    const { preview: back } = await preview(fan, 'YEARLY')
    expect((await change(fan, back.id)).subscription.nextOffer).toBeNull()
    await change(fan, (await preview(fan, 'MONTHLY')).preview.id)
    const { currentPeriod } = await factsOf(fan)
    await passPeriod(server, fan)
    const after = await factsOf(fan)
    expect(after).toMatchObject({
      type: 'MONTHLY',
      nextOffer: null,
      price: { amountMinor: '500' },
      currentPeriod: { number: 2 },
    })
    const days =
      (new Date(after.currentPeriod.endsAt).getTime() - new Date(after.currentPeriod.startsAt).getTime()) / DAY
    expect(days).toBeGreaterThanOrEqual(28)
    expect(days).toBeLessThanOrEqual(31)
    expect(new Date(after.currentPeriod.startsAt).getTime()).toBeLessThanOrEqual(
      new Date(currentPeriod.endsAt).getTime(),
    )
    expect(await paidPeriods(server, fan)).toBe(2)
  })
})

describe('a renewal that its payer pays themselves', () => {
  it('is confirmed by them, counts as no step of the ladder, and is charged once', async () => {
    const { fan, subscription } = await makeSubscriber(world, creator)
    await sandboxOf(server).breakMethod(await tokenOf(server, fan), 'authentication_required')
    await passPeriod(server, fan)
    expect(await factsOf(fan)).toMatchObject({ paymentHealth: 'GRACE' })
    const careful = await saveCard(fan, 'pm_card_authenticationRequired')
    const payWith = { paymentMethodId: careful, returnUrl: 'https://app.example.com' }
    const { payment } = await retry(fan, subscription.id, { payWith })
    expect(payment).toMatchObject({ state: 'REQUIRES_ACTION' })
    expect(codesOf(await retry(fan, subscription.id, { payWith }))).toEqual(['PAYMENT_UNDER_WAY'])
    await sandboxOf(server).confirmAction(await chargeOf(server, fan), 'succeed')
    await runLater(server)
    expect(await factsOf(fan)).toMatchObject({ paymentHealth: 'HEALTHY', currentPeriod: { number: 2 } })
    expect(await paidPeriods(server, fan)).toBe(2)
  })

  it('can come out of a wallet, is paid once by ten who ask at once, and is refused where none is due', async () => {
    const { fan, subscription } = await makeSubscriber(world, creator)
    expect(codesOf(await retry(fan, subscription.id))).toEqual(['NO_PAYMENT_DUE'])
    await topUp(fan, '2000')
    await sandboxOf(server).breakMethod(await tokenOf(server, fan), 'insufficient_funds')
    await passPeriod(server, fan)
    expect(await factsOf(fan)).toMatchObject({ paymentHealth: 'RETRYING' })
    const payWith = { useWallet: true }
    const answers = await Promise.all(Array.from({ length: 10 }, () => retry(fan, subscription.id, { payWith })))
    expect(answers.filter(({ payment }) => payment?.state === 'SUCCEEDED')).toHaveLength(1)
    expect(await factsOf(fan)).toMatchObject({ paymentHealth: 'HEALTHY', currentPeriod: { number: 2 } })
    expect(await paidPeriods(server, fan)).toBe(2)
    const { fan: stranger } = await makeSubscriber(world, creator)
    expect(codesOf(await retry(stranger, subscription.id))).toEqual(['NODE_NOT_FOUND'])
  })
})
