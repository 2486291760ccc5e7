import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { publish, read } from '../content/posts.js'
import { sandboxOf, saveCard, topUp } from '../payments/paying.js'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import {
  CANCEL,
  FACTS,
  RESUME,
  UPDATE_OFFER,
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

const BLOCK = `mutation ($id: ID!) { blockUser(input: { userId: $id }) { userErrors { code } } }`
const UNBLOCK = `mutation ($id: ID!) { unblockUser(input: { userId: $id }) { userErrors { code } } }`
const SET_STATUS = `mutation ($input: SetAccountStatusInput!) { setAccountStatus(input: $input) { userErrors { code } } }`
const REMOVE_METHOD = `mutation ($id: ID!) { removePaymentMethod(input: { paymentMethodId: $id }) { userErrors { code } } }`

let server: TestServer
let world: World
let creator: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await memberCreator(world)
})
afterAll(async () => {
  await expectLedger(server.database)
  await server.close()
})

const asCreatorSees = async (person: Person): Promise<any> =>
  (await person.do(`{ viewer { subscribers(first: 1) { nodes { ${FACTS} } } } }`)).viewer.subscribers.nodes[0]
const eventsOf = async (fan: Person): Promise<string[]> =>
  (
    await server.database.owner.query(`select type from outbox_events where stream = $1 order by sequence`, [
      `subscriptions:${fan.uuid}`,
    ])
  ).rows.map(({ type }) => type)

async function setStatus(person: Person, status: 'BANNED' | 'SUSPENDED' | 'ACTIVE'): Promise<void> {
  const suspendedUntil =
    status === 'SUSPENDED' ? new Date((await server.now()).getTime() + 3_600_000).toISOString() : null
  await (
    await world.admin()
  ).do(SET_STATUS, { input: { userId: person.id, status, reason: 'For a test.', suspendedUntil } })
  await server.drain()
}

describe('a block', () => {
  it('by the creator ends renewals at once, keeps what is paid for open, and is not told of', async () => {
    const other = await memberCreator(world)
    const { fan } = await makeSubscriber(world, other)
    const postId = (await publish(other, { visibility: 'SUBSCRIBERS' }))['id'] as string
    await other.do(BLOCK, { id: fan.id })
    await server.drain()
    expect(await factsOf(fan)).toMatchObject({ status: 'CANCELLED', willRenew: false, stoppedReason: 'CREATOR_LEFT' })
    expect(await asCreatorSees(other)).toMatchObject({ willRenew: false, stoppedReason: 'BLOCKED' })
    expect((await read(fan, postId))?.['body'].__typename).toBe('UnlockedBody')
    const { id } = await factsOf(fan)
    expect((await fan.request(RESUME, { id })).data?.['resumeSubscription'].userErrors).toMatchObject([
      { code: 'CREATOR_NOT_EARNING' },
    ])
    await passPeriod(server, fan)
    expect(await factsOf(fan)).toMatchObject({ status: 'EXPIRED', endedReason: 'CREATOR_LEFT' })
    expect(await paidPeriods(server, fan)).toBe(1)
  })

  it('by the subscriber ends them too, seems cancelled to the creator, and can be followed by a resumption', async () => {
    const other = await memberCreator(world)
    const { fan, subscription } = await makeSubscriber(world, other)
    await fan.do(BLOCK, { id: other.id })
    await server.drain()
    expect(await factsOf(fan)).toMatchObject({ willRenew: false, stoppedReason: 'BLOCKED' })
    expect(await asCreatorSees(other)).toMatchObject({ status: 'CANCELLED', stoppedReason: null })
    await fan.do(UNBLOCK, { id: other.id })
    await fan.do(RESUME, { id: subscription.id })
    expect(await factsOf(fan)).toMatchObject({ status: 'ACTIVE', willRenew: true, stoppedReason: null })
  })

  it('that was taken back before anybody looked changes nothing', async () => {
    const { fan } = await makeSubscriber(world, creator)
    await server.database.owner.query(
      `select graphile_worker.add_job('subscriptions.blocked', json_build_object('id', '1', 'stream', 'x', 'sequence', '1',
         'type', 'social.blocked', 'createdAt', now(), 'payload', json_build_object('blockerId', $1::text, 'blockedId', $2::text)))`,
      [fan.uuid, creator.uuid],
    )
    await server.drain()
    expect(await factsOf(fan)).toMatchObject({ status: 'ACTIVE', willRenew: true })
  })
})

describe('standing', () => {
  it.each(['BANNED', 'SUSPENDED'] as const)('of a creator who is %s ends all renewals to them', async (status) => {
    const other = await memberCreator(world)
    const { fan } = await makeSubscriber(world, other)
    const { fan: second } = await makeSubscriber(world, other)
    await setStatus(other, status)
    for (const one of [fan, second])
      expect(await factsOf(one)).toMatchObject({ willRenew: false, stoppedReason: 'CREATOR_LEFT' })
    await passPeriod(server, fan)
    expect(await factsOf(fan)).toMatchObject({ status: 'EXPIRED', endedReason: 'CREATOR_LEFT' })
    expect(await paidPeriods(server, fan)).toBe(1)
  })

  it('of a subscriber who is banned ends theirs', async () => {
    const other = await memberCreator(world)
    const { fan } = await makeSubscriber(world, other)
    await setStatus(fan, 'BANNED')
    expect(await asCreatorSees(other)).toMatchObject({ willRenew: false, stoppedReason: 'BANNED' })
  })

  it('of somebody whom a renewal meets before anything else did ends it there, uncharged', async () => {
    const other = await memberCreator(world)
    const { fan } = await makeSubscriber(world, other)
    await server.database.owner.query(`update users set account_status = 'banned' where id = $1`, [other.uuid])
    await passPeriod(server, fan)
    expect(await factsOf(fan)).toMatchObject({ status: 'EXPIRED', endedReason: 'CREATOR_LEFT' })
    expect(await paidPeriods(server, fan)).toBe(1)
  })
})

describe('what its two people are told', () => {
  it('is nothing of a subscription that never began, but to whoever tried', async () => {
    const { fan } = await makeSubscriber(world, creator, 'pm_card_chargeCustomerFail')
    expect(await eventsOf(fan)).toEqual(['subscription.failed'])
  })

  it('is why it was cancelled, in the subscriber’s own words', async () => {
    const other = await memberCreator(world)
    const { fan, subscription } = await makeSubscriber(world, other)
    await fan.do(CANCEL, { id: subscription.id, reason: 'Too few posts.' })
    expect(await factsOf(fan)).toMatchObject({ cancelReason: 'Too few posts.', stoppedReason: null })
    expect(await asCreatorSees(other)).toMatchObject({ cancelReason: 'Too few posts.' })
    await fan.do(RESUME, { id: subscription.id })
    expect(await factsOf(fan)).toMatchObject({ cancelReason: null })
  })
})

describe('a renewal that was refused', () => {
  it('is tried at once when the removal of a card makes another one the default', async () => {
    const { fan } = await makeSubscriber(world, creator)
    await sandboxOf(server).breakMethod(await tokenOf(server, fan), 'expired_card')
    await passPeriod(server, fan)
    expect(await factsOf(fan)).toMatchObject({ paymentHealth: 'GRACE' })
    await saveCard(fan, 'pm_card_mastercard')
    const { viewer } = await fan.do(`{ viewer { paymentMethods { id isDefault } } }`)
    await fan.do(REMOVE_METHOD, { id: viewer.paymentMethods.find((one: any) => one.isDefault).id })
    await server.drain()
    await renew(server)
    expect(await factsOf(fan)).toMatchObject({ paymentHealth: 'HEALTHY', currentPeriod: { number: 2 } })
    expect(await paidPeriods(server, fan)).toBe(2)
  })

  it('is tried at once when a first card is saved', async () => {
    const fan = await world.fan()
    await topUp(fan, '1000', 'EUR', { payWith: { paymentMethodId: await saveCard(fan) } })
    await trySubscribe(fan, creator, 'MONTHLY', { payWith: { useWallet: true } })
    const { viewer } = await fan.do(`{ viewer { paymentMethods { id } } }`)
    await fan.do(REMOVE_METHOD, { id: viewer.paymentMethods[0].id })
    await passPeriod(server, fan)
    expect(await factsOf(fan)).toMatchObject({ paymentHealth: 'GRACE', currentPeriod: { number: 1 } })
    await saveCard(fan, 'pm_card_mastercard')
    await server.drain()
    await renew(server)
    expect(await factsOf(fan)).toMatchObject({ paymentHealth: 'HEALTHY', currentPeriod: { number: 2 } })
  })
})

describe('offers', () => {
  it('that are changed by twenty at once are one of the twenty, whole', async () => {
    const other = await memberCreator(world)
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        other.request(UPDATE_OFFER, {
          input: {
            monthlyPriceMinor: String(600 + n),
            yearlyDiscountBasisPoints: 1_000,
            bundles: [{ months: 3 }, { months: 6 }],
          },
        }),
      ),
    )
    const offers = await offersOf(other)
    const month = Number(offers[0].price.amountMinor)
    expect(offers.map(({ type, months, price }) => [type, months, Number(price.amountMinor)])).toEqual([
      ['MONTHLY', 1, month],
      ['MONTHLY', 3, 3 * month],
      ['MONTHLY', 6, 6 * month],
      ['YEARLY', 12, 12 * month - Math.round((12 * month) / 10)],
    ])
  })
})
