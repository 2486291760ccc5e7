import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { publish, read } from '../content/posts.js'
import { newKey, chargeOf, runLater, sandboxOf, saveCard } from '../payments/paying.js'
import { renewDue } from '../../src/subscriptions/subscriptions.js'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { until } from '../support/until.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import {
  CANCEL,
  DAY,
  RESUME,
  SUBSCRIBE,
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

const ORIGIN = () => ({ db: server.database.db, actorId: null, sessionId: null, requestId: 'test' })

let server: TestServer
let world: World
let creator: Person
let postId: string
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await aCreator()
  postId = (await publish(creator, { visibility: 'SUBSCRIBERS' }))['id'] as string
})
afterAll(async () => {
  await expectLedger(server.database)
  await server.close()
})

const aCreator = (): Promise<Person> => memberCreator(world)
const aSubscriber = (token?: string, to = creator): Promise<{ fan: Person; subscription: any }> =>
  makeSubscriber(world, to, token)
const opens = async (fan: Person): Promise<boolean> => (await read(fan, postId))?.['body'].__typename === 'UnlockedBody'
const salesOf = (fan: Person): Promise<number> => paidPeriods(server, fan)

describe('what is offered', () => {
  it('is one price for a month, and what follows from it, rounded once', async () => {
    expect(await offersOf(creator)).toMatchObject([
      { type: 'MONTHLY', months: 1, price: { amountMinor: '500' } },
      { type: 'YEARLY', months: 12, price: { amountMinor: '4800' } },
      { type: 'LIFETIME', months: null, price: { amountMinor: '30000' } },
    ])
  })

  it('can be changed, and whoever subscribed before pays as before', async () => {
    const other = await aCreator()
    const { fan } = await aSubscriber('pm_card_visa', other)
    const [old] = await offersOf(other)
    await other.do(UPDATE_OFFER, { input: { monthlyPriceMinor: '900' } })
    expect(await offersOf(other)).toMatchObject([{ type: 'MONTHLY', price: { amountMinor: '900' } }])
    const late = await world.fan()
    await saveCard(late)
    const input = { offerId: old.id, expectedPrice: old.price, idempotencyKey: newKey() }
    expect((await late.request(SUBSCRIBE, { input })).data?.['subscribe'].userErrors).toMatchObject([
      { __typename: 'PriceChangedError', code: 'PRICE_CHANGED', price: { amountMinor: '900' } },
    ])
    await passPeriod(server, fan)
    expect(await factsOf(fan)).toMatchObject({ price: { amountMinor: '500' }, currentPeriod: { number: 2 } })
  })

  it('is refused out of range, twice the same bundle, and to whoever’s age is not proven', async () => {
    const codes = async (person: Person, input: object): Promise<string[]> =>
      (await person.request(UPDATE_OFFER, { input })).data?.['updateSubscriptionOffer'].userErrors.map(
        (e: any) => e.code,
      )
    expect(await codes(creator, { monthlyPriceMinor: '1' })).toEqual(['PRICE_OUT_OF_RANGE'])
    expect(await codes(creator, { monthlyPriceMinor: '500', yearlyDiscountBasisPoints: 9_001 })).toEqual([
      'INVALID_INPUT',
    ])
    expect(await codes(creator, { monthlyPriceMinor: '500', bundles: [{ months: 3 }, { months: 3 }] })).toEqual([
      'INVALID_INPUT',
    ])
    expect(await codes(await world.creator(), { monthlyPriceMinor: '500' })).toEqual(['AGE_VERIFICATION_REQUIRED'])
  })
})

describe('subscribing', () => {
  it('opens what subscribers see, and says what was agreed to', async () => {
    const { fan, subscription } = await aSubscriber()
    expect(subscription).toMatchObject({
      status: 'ACTIVE',
      type: 'MONTHLY',
      willRenew: true,
      paymentHealth: 'HEALTHY',
      price: { amountMinor: '500', currency: 'EUR' },
      currentPeriod: { number: 1 },
    })
    expect(subscription.nextChargeAt).toBe(subscription.currentPeriod.endsAt)
    expect(await opens(fan)).toBe(true)
    const { viewer } = await creator.do(
      `{ viewer { subscribers(first: 1) { nodes { subscriber { id } paymentHealth nextChargeAt } } } }`,
    )
    expect(viewer.subscribers.nodes).toEqual([{ subscriber: { id: fan.id }, paymentHealth: null, nextChargeAt: null }])
  })

  it('is done once by twenty who ask at once', async () => {
    const fan = await world.fan()
    await saveCard(fan)
    const answers = await Promise.all(Array.from({ length: 20 }, () => trySubscribe(fan, creator)))
    expect(answers.filter(({ subscription }) => subscription !== null)).toHaveLength(1)
    expect(new Set(answers.flatMap(({ userErrors }) => userErrors.map((e: any) => e.code)))).toEqual(
      new Set(['ALREADY_SUBSCRIBED']),
    )
    expect(await salesOf(fan)).toBe(1)
  })

  it('that the bank refuses leaves nothing, and can be tried again', async () => {
    const { fan, subscription } = await aSubscriber('pm_card_chargeCustomerFail')
    expect(subscription).toMatchObject({ status: 'FAILED', endedReason: 'PAYMENT_FAILED' })
    expect(await opens(fan)).toBe(false)
    const payWith = { paymentMethodId: await saveCard(fan) }
    expect((await trySubscribe(fan, creator, 'MONTHLY', { payWith })).subscription.status).toBe('ACTIVE')
  })

  it('to oneself, to whoever parted from one, or to what is nowhere is refused', async () => {
    expect((await trySubscribe(creator, creator)).userErrors).toMatchObject([{ code: 'SELF_ACTION' }])
    const parted = await world.fan()
    await saveCard(parted)
    await creator.do(`mutation ($id: ID!) { blockUser(input: { userId: $id }) { userErrors { code } } }`, {
      id: parted.id,
    })
    expect((await trySubscribe(parted, creator)).userErrors).toMatchObject([{ code: 'NODE_NOT_FOUND' }])
  })

  it('for always is paid once, never renewed, and not cancelled', async () => {
    const fan = await world.fan()
    await saveCard(fan)
    const { subscription } = await trySubscribe(fan, creator, 'LIFETIME')
    expect(subscription).toMatchObject({ status: 'ACTIVE', willRenew: false, entitledUntil: null, nextChargeAt: null })
    const { data } = await fan.request(CANCEL, { id: subscription.id })
    expect(data?.['cancelSubscription'].userErrors).toMatchObject([{ code: 'SUBSCRIPTION_LIFETIME' }])
    await age(server, fan, 400 * DAY)
    await renew(server)
    expect(await salesOf(fan)).toBe(1)
  })
})

describe('a subscription', () => {
  it('is renewed once per period, however many workers look', async () => {
    const { fan } = await aSubscriber()
    await passPeriod(server, fan, { times: 5 })
    await Promise.all(Array.from({ length: 4 }, () => renewDue(ORIGIN(), server.services.payments)))
    expect(await salesOf(fan)).toBe(2)
    expect(await factsOf(fan)).toMatchObject({ status: 'ACTIVE', currentPeriod: { number: 2 } })
    await age(server, fan, 31 * DAY)
    await Promise.all(Array.from({ length: 8 }, () => renewDue(ORIGIN(), server.services.payments)))
    expect(await salesOf(fan)).toBe(3)
    const { currentPeriod } = await factsOf(fan)
    expect(currentPeriod.number).toBe(3)
  })

  it('is open while its renewal is under way, whose answer is lost, and charged once', async () => {
    const { fan } = await aSubscriber()
    sandboxOf(server).faults.next('charge', 'timeout')
    await passPeriod(server, fan)
    expect(await opens(fan)).toBe(true)
    await runLater(server)
    expect(await salesOf(fan)).toBe(2)
  })

  it('that was cancelled stays open to the very instant of its end, without a job', async () => {
    const { fan, subscription } = await aSubscriber()
    const { cancelSubscription } = await fan.do(CANCEL, { id: subscription.id })
    expect(cancelSubscription.subscription).toMatchObject({ status: 'CANCELLED', willRenew: false, nextChargeAt: null })
    await age(server, fan, new Date(subscription.currentPeriod.endsAt).getTime() - Date.now() - 1_500)
    expect(await opens(fan)).toBe(true)
    const { entitledUntil } = await factsOf(fan)
    await sleep(new Date(entitledUntil).getTime() - Date.now() + 20)
    expect(await opens(fan)).toBe(false)
    expect(await factsOf(fan)).toMatchObject({ status: 'EXPIRED' })
    await renew(server)
    expect(await factsOf(fan)).toMatchObject({ status: 'EXPIRED', endedReason: 'PERIOD_ENDED' })
    expect(await salesOf(fan)).toBe(1)
  })

  it('can be resumed until its end, and is then renewed', async () => {
    const { fan, subscription } = await aSubscriber()
    await fan.do(CANCEL, { id: subscription.id })
    expect((await fan.do(RESUME, { id: subscription.id })).resumeSubscription.subscription).toMatchObject({
      status: 'ACTIVE',
      willRenew: true,
    })
    await passPeriod(server, fan)
    expect(await salesOf(fan)).toBe(2)
  })

  it('whose renewal is refused is tried again by the ladder, is kept in grace, and ends when nothing helps', async () => {
    const { fan } = await aSubscriber()
    const token = await tokenOf(server, fan)
    await sandboxOf(server).breakMethod(token, 'insufficient_funds')
    await passPeriod(server, fan)
    expect(await factsOf(fan)).toMatchObject({ status: 'ACTIVE', paymentHealth: 'RETRYING' })
    expect(await opens(fan)).toBe(true)
    await age(server, fan, 3 * DAY)
    expect(await opens(fan)).toBe(false)
    for (let days = 0; days < 20; days += 1) {
      await renew(server)
      await age(server, fan, DAY)
    }
    expect(await factsOf(fan)).toMatchObject({
      status: 'EXPIRED',
      paymentHealth: 'EXHAUSTED',
      endedReason: 'PAYMENT_FAILED',
    })
    expect(await salesOf(fan)).toBe(1)
  })

  it('is charged at once when another card becomes the default, and keeps its anchor', async () => {
    const { fan } = await aSubscriber()
    await sandboxOf(server).breakMethod(await tokenOf(server, fan), 'expired_card')
    await passPeriod(server, fan)
    expect(await factsOf(fan)).toMatchObject({ paymentHealth: 'GRACE' })
    const { currentPeriod } = await factsOf(fan)
    const better = await saveCard(fan, 'pm_card_mastercard')
    await fan.do(
      `mutation ($id: ID!) { setDefaultPaymentMethod(input: { paymentMethodId: $id }) { userErrors { code } } }`,
      { id: better },
    )
    await server.drain()
    await renew(server)
    expect(await factsOf(fan)).toMatchObject({
      paymentHealth: 'HEALTHY',
      currentPeriod: { number: 2, startsAt: currentPeriod.endsAt },
    })
  })

  it('ends with the refund of its period, and is back when the bank sends that back', async () => {
    const { fan } = await aSubscriber('pm_card_refundFail')
    await sandboxOf(server).refundAtProcessor(await chargeOf(server, fan), 500n)
    await runLater(server)
    expect(await opens(fan)).toBe(true)
    expect(await factsOf(fan)).toMatchObject({ status: 'ACTIVE', endedReason: null })
    const other = await aSubscriber()
    await sandboxOf(server).refundAtProcessor(await chargeOf(server, other.fan), 500n)
    await server.drain()
    expect(await opens(other.fan)).toBe(false)
    expect(await factsOf(other.fan)).toMatchObject({ status: 'EXPIRED', endedReason: 'REFUNDED' })
  })

  it('whose money comes after its end gives it back, and has somebody look', async () => {
    const fan = await world.fan()
    await saveCard(fan, 'pm_card_authenticationRequired')
    const { subscription } = await trySubscribe(fan, creator, 'MONTHLY', {
      payWith: { returnUrl: 'https://app.example.com' },
    })
    expect(subscription.status).toBe('PENDING')
    const charge = await chargeOf(server, fan)
    await server.database.owner.query(
      `update subscriptions set status = 'failed', ended_at = now(), ended_reason = 'staff' where id =
         (select id from subscriptions where subscriber_id = $1)`,
      [fan.uuid],
    )
    await sandboxOf(server).confirmAction(charge, 'succeed')
    await runLater(server)
    const { rows } = await server.database.owner.query(
      `select p.refunded_minor::int as refunded, c.kind::text as kind
       from payment_intents p join finance_cases c on c.payment_intent_id = p.id where p.payer_id = $1`,
      [fan.uuid],
    )
    expect(rows).toEqual([{ refunded: 500, kind: 'payment_for_dead_subscription' }])
    expect(await opens(fan)).toBe(false)
  })

  it('tells its subscriber of each step, in order', async () => {
    const fan = await world.fan()
    await saveCard(fan)
    const watching = await fan.watch<any>(`subscription { subscriptionChanged { sequence subscription { status } } }`)
    const { subscription } = await trySubscribe(fan, creator)
    await fan.do(CANCEL, { id: subscription.id })
    await until(() => watching.events.length === 2)
    expect(watching.events.map((event: any) => event.subscriptionChanged.sequence)).toEqual(['1', '2'])
    await watching.stop()
  })

  it('counts for its creator while it lasts', async () => {
    const other = await aCreator()
    const count = async (): Promise<number> =>
      (
        await server.database.owner.query('select subscriber_count as n from user_counters where user_id = $1', [
          other.uuid,
        ])
      ).rows[0]?.n ?? 0
    const { fan, subscription } = await aSubscriber('pm_card_visa', other)
    expect(await count()).toBe(1)
    await fan.do(CANCEL, { id: subscription.id })
    await passPeriod(server, fan)
    expect(await count()).toBe(0)
  })
})
