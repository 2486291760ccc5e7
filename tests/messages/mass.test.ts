import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { globalId, parseGlobalId } from '../../src/lib/ids.js'
import { jobOrigin } from '../../src/lib/jobs.js'
import { runMassMessage } from '../../src/messages/mass.js'
import { block, call, codes, done } from '../comments/calls.js'
import { follow } from '../notifications/inbox.js'
import { provenCreator } from '../content/posts.js'
import { newKey, saveCard, tip } from '../payments/paying.js'
import { UPDATE_OFFER, offersOf } from '../subscriptions/members.js'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { until } from '../support/until.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { conversationOf, listOf, markRead, messagesOf, send, start } from './calls.js'

let server: TestServer
let world: World
const plain = { isEmailVerified: false }
const creator = () => world.creator(plain)
const fan = () => world.fan(plain)
beforeAll(async () => {
  server = await startServer({ config: { costBudget: 1_000_000 } })
  world = makeWorld(server)
})
afterAll(async () => {
  await expectLedger(server.database)
  await server.close()
})

const sql = async (text: string, ...values: unknown[]): Promise<any[]> =>
  (await server.database.owner.query(text, values)).rows
const uuid = (id: string): string => parseGlobalId(id)!.uuid
const MASS = 'massMessage { id state recipientCount sentCount skippedCount } replayed'
const order = (asker: Person, more: object = {}) =>
  call(asker, 'sendMassMessage', { segment: 'FOLLOWERS', body: 'To all.', idempotencyKey: newKey(), ...more }, MASS)
const massOf = async (asker: Person, id: string): Promise<Record<string, any>> =>
  (
    await asker.do(
      `query ($id: ID!) { node(id: $id) { ... on MassMessage { state recipientCount sentCount skippedCount } } }`,
      { id },
    )
  )['node']
/** Orders, and lets it be done. */
const sent = async (asker: Person, more: object = {}): Promise<string> => {
  const { massMessage, userErrors } = await order(asker, more)
  expect(userErrors).toEqual([])
  await server.drain()
  return massMessage.id as string
}
const followers = async (star: Person, count: number): Promise<Person[]> => {
  const people = await Promise.all(Array.from({ length: count }, fan))
  for (const person of people) await follow(person, star)
  return people
}
/** The texts that somebody has from a creator. */
const textsOf = async (person: Person, star: Person): Promise<(string | null)[]> => {
  const [id] = await sql(`select id from conversations where creator_id = $1 and fan_id = $2`, star.uuid, person.uuid)
  return id ? (await messagesOf(person, globalId('Conversation', id.id))).map(([, text]) => text) : []
}
const subscription = (person: Person, star: Person, days: number) =>
  sql(
    `insert into subscriptions (subscriber_id, creator_id, type, amount_minor, currency, status, started_at, entitled_until)
     values ($1, $2, 'monthly', 500, 'EUR', 'active', app_now() - interval '40 days', app_now() + make_interval(days => $3))`,
    person.uuid,
    star.uuid,
    days,
  )

describe('a price for subscribers', () => {
  const pricesOf = async (star: Person): Promise<Record<string, string>> =>
    Object.fromEntries(
      (
        await sql(
          `select c.fan_id as fan, m.price_minor::text as price from messages m join conversations c on c.id = m.conversation_id
           where c.creator_id = $1 and m.mass_message_id is not null`,
          star.uuid,
        )
      ).map(({ fan: id, price }: { fan: string; price: string }) => [id, price]),
    )

  it('is that of each when it is their turn, rounded once, and what they are charged', async () => {
    const star = await provenCreator(world)
    const [one, ended, late, never] = (await followers(star, 4)) as [Person, Person, Person, Person]
    await subscription(one, star, 10)
    await subscription(ended, star, -1)
    const sendAt = new Date((await server.now()).getTime() + 60_000).toISOString()
    const { massMessage } = await order(star, {
      body: 'Sold.',
      priceMinor: '999',
      subscriberDiscountBasisPoints: 2_500,
      sendAt,
    })
    // after it was ordered, and before it is sent
    await subscription(late, star, 10)
    await sql(`update mass_messages set send_at = app_now() where id = $1`, uuid(massMessage.id as string))
    await runMassMessage(jobOrigin(server.jobs, 'due'), uuid(massMessage.id as string))
    expect((await massOf(star, massMessage.id as string))['sentCount']).toBe(4)
    // a quarter of 9.99 is 2.4975: 2.50 is taken off
    expect(await pricesOf(star)).toEqual({
      [one.uuid]: '749',
      [late.uuid]: '749',
      [ended.uuid]: '999',
      [never.uuid]: '999',
    })
    // frozen in what each has, whatever becomes of their subscription
    await sql(`update subscriptions set entitled_until = app_now() where subscriber_id = $1`, one.uuid)
    const [{ id }] = await sql(
      `select m.id from messages m join conversations c on c.id = m.conversation_id where c.fan_id = $1 and c.creator_id = $2`,
      one.uuid,
      star.uuid,
    )
    await saveCard(one)
    const buy = (amountMinor: string) =>
      call(
        one,
        'purchaseMessage',
        {
          messageId: globalId('Message', id),
          expectedPrice: { amountMinor, currency: 'EUR' },
          idempotencyKey: newKey(),
        },
        'purchase { amount { amountMinor } } payment { state }',
      )
    expect((await buy('999')).userErrors).toMatchObject([{ code: 'PRICE_CHANGED' }])
    expect(await buy('749')).toMatchObject({
      purchase: { amount: { amountMinor: '749' } },
      payment: { state: 'SUCCEEDED' },
      userErrors: [],
    })
  })

  it('is of a price, of a size, and one that can be charged', async () => {
    const star = await provenCreator(world)
    const refusedWith = async (more: object) => (await order(star, more)).userErrors.map(({ code }) => code)
    expect(await refusedWith({ subscriberDiscountBasisPoints: 1_000 })).toEqual(['INVALID_INPUT'])
    for (const subscriberDiscountBasisPoints of [0, 9_001])
      expect(await refusedWith({ priceMinor: '999', subscriberDiscountBasisPoints })).toEqual(['INVALID_INPUT'])
    expect(await refusedWith({ priceMinor: '300', subscriberDiscountBasisPoints: 9_000 })).toEqual([
      'PRICE_OUT_OF_RANGE',
    ])
  })
})

describe('a mass message', () => {
  it('comes once to each of its segment, as the next message of their conversation, and to nobody else', async () => {
    const star = await creator()
    const [one, two, blocked, banned] = (await followers(star, 4)) as [Person, Person, Person, Person]
    const stranger = await fan()
    const id = await start(one, star)
    await send(one, id, 'Before.')
    await sql('insert into blocks (blocker_id, blocked_id) values ($1, $2)', blocked.uuid, star.uuid)
    await sql(`update users set account_status = 'banned' where id = $1`, banned.uuid)
    const massId = await sent(star)
    expect(await massOf(star, massId)).toMatchObject({ state: 'SENT', sentCount: 2, skippedCount: 2 })
    expect(await textsOf(one, star)).toEqual(['Before.', 'To all.'])
    expect(await textsOf(two, star)).toEqual(['To all.'])
    expect([await textsOf(blocked, star), await textsOf(stranger, star)]).toEqual([[], []])
    expect(await conversationOf(one, id)).toMatchObject({ unreadCount: 1, lastSequence: '2' })
    expect(await listOf(two)).toHaveLength(1)
    // what is run again changes nothing
    await runMassMessage(jobOrigin(server.jobs, 'again'), uuid(massId))
    expect(await textsOf(two, star)).toEqual(['To all.'])
  })

  it('is ordered once under a key', async () => {
    const star = await creator()
    const [one] = (await followers(star, 1)) as [Person]
    const idempotencyKey = newKey()
    const answers = await Promise.all([1, 2, 3].map(() => order(star, { idempotencyKey })))
    expect(new Set(answers.map(({ massMessage }) => massMessage.id)).size).toBe(1)
    await server.drain()
    expect(await textsOf(one, star)).toEqual(['To all.'])
  })

  it('leaves out who has left, or was blocked, between its order and its time', async () => {
    const star = await creator()
    const [stays, leaves, blocked] = (await followers(star, 3)) as [Person, Person, Person]
    const sendAt = new Date((await server.now()).getTime() + 60_000).toISOString()
    const { massMessage } = await order(star, { sendAt })
    await server.drain()
    expect(await massOf(star, massMessage.id as string)).toMatchObject({
      state: 'SCHEDULED',
      recipientCount: 3,
      sentCount: 0,
    })
    await done(leaves, 'unfollowUser', { userId: star.id })
    await block(server, star, blocked)
    await sql(`update mass_messages set send_at = app_now() where id = $1`, uuid(massMessage.id as string))
    await runMassMessage(jobOrigin(server.jobs, 'due'), uuid(massMessage.id as string))
    expect(await textsOf(stays, star)).toEqual(['To all.'])
    expect([await textsOf(leaves, star), await textsOf(blocked, star)]).toEqual([[], []])
  })

  it('reaches those who subscribe, who once did, and who are on a list', async () => {
    const star = await creator()
    const [active, lapsed, listed, other] = (await Promise.all([1, 2, 3, 4].map(fan))) as [
      Person,
      Person,
      Person,
      Person,
    ]
    await subscription(active, star, 10)
    await subscription(lapsed, star, -1)
    const { list } = await done(star, 'createFanList', { name: 'Friends' }, 'list { id }')
    await done(star, 'addToFanList', { listId: list.id, userIds: [listed.id] })
    const reached = async (more: object): Promise<string[]> => {
      const id = await sent(star, more)
      const rows = await sql(
        `select user_id from mass_message_recipients where mass_message_id = $1 and message_id is not null`,
        uuid(id),
      )
      return rows.map(({ user_id }) => user_id as string).sort()
    }
    expect(await reached({ segment: 'ALL_SUBSCRIBERS' })).toEqual([active.uuid, lapsed.uuid].sort())
    expect(await reached({ segment: 'ACTIVE_SUBSCRIBERS' })).toEqual([active.uuid])
    expect(await reached({ segment: 'LAPSED_SUBSCRIBERS' })).toEqual([lapsed.uuid])
    expect(await reached({ segment: 'LIST', listId: list.id })).toEqual([listed.uuid])
    expect(await textsOf(other, star)).toEqual([])
  })

  it('reaches those who spent more, and counts nothing that was given without a name', async () => {
    const star = await provenCreator(world)
    const [known, unnamed, little] = [await fan(), await fan(), await fan()] as const
    for (const [person, amountMinor, isAnonymous] of [
      [known, '1500', false],
      [unnamed, '1500', true],
      [little, '500', false],
    ] as const) {
      await saveCard(person)
      await tip(person, star, { amountMinor, isAnonymous })
    }
    const [generous, giving] = [await fan(), await fan()] as const
    await star.do(UPDATE_OFFER, { input: { monthlyPriceMinor: '1500' } })
    const [{ id: offerId, price }] = await offersOf(star)
    for (const [person, isAnonymous] of [
      [generous, false],
      [giving, true],
    ] as const) {
      await saveCard(person)
      const recipientId = (await fan()).id
      const input = { offerId, recipientId, expectedPrice: price, isAnonymous, idempotencyKey: newKey() }
      const { giftSubscription } = await person.do(
        `mutation ($input: GiftSubscriptionInput!) { giftSubscription(input: $input) { payment { state } } }`,
        { input },
      )
      expect(giftSubscription.payment.state).toBe('SUCCEEDED')
    }
    await sent(star, { segment: 'SPENT_OVER', spentOverMinor: '1000' })
    for (const person of [known, generous]) expect(await textsOf(person, star)).toEqual(['To all.'])
    for (const person of [unnamed, little, giving]) expect(await textsOf(person, star)).toEqual([])
  })

  it('is told of while it goes, to its creator alone', async () => {
    const star = await creator()
    await followers(star, 2)
    const { massMessage } = await order(star)
    const PROGRESS = 'subscription ($id: ID!) { massMessageProgress(massMessageId: $id) { state sentCount } }'
    const [own, foreign] = [
      await star.watch(PROGRESS, { id: massMessage.id }),
      await (await creator()).watch(PROGRESS, { id: massMessage.id }),
    ]
    await until(() => own.events.length > 0)
    await server.drain()
    await own.ended
    expect(own.events.at(-1)).toEqual({ massMessageProgress: { state: 'SENT', sentCount: 2 } })
    await foreign.ended
    expect(foreign.events).toEqual([])
    expect(foreign.errors).toMatchObject([{ extensions: { reason: 'node_not_found' } }])
  })

  it('is cancelled before its time, and taken back from those alone who have not opened it', async () => {
    const star = await creator()
    const [opens, waits] = (await followers(star, 2)) as [Person, Person]
    const sendAt = new Date((await server.now()).getTime() + 60_000).toISOString()
    const { massMessage: later } = await order(star, { sendAt })
    expect(await codes(star, 'unsendMassMessage', { massMessageId: later.id })).toEqual(['MASS_MESSAGE_STATE'])
    for (let n = 0; n < 2; n += 1) await done(star, 'cancelMassMessage', { massMessageId: later.id })
    await sql(`update mass_messages set send_at = app_now() where id = $1`, uuid(later.id as string))
    await runMassMessage(jobOrigin(server.jobs, 'late'), uuid(later.id as string))
    expect(await textsOf(opens, star)).toEqual([])
    const massId = await sent(star)
    await markRead(opens, (await listOf(opens))[0]!, '1')
    expect(await codes(star, 'cancelMassMessage', { massMessageId: massId })).toEqual(['MASS_MESSAGE_STATE'])
    for (let n = 0; n < 2; n += 1) await done(star, 'unsendMassMessage', { massMessageId: massId })
    await server.drain()
    expect(await textsOf(opens, star)).toEqual(['To all.'])
    expect(await textsOf(waits, star)).toEqual([null])
    expect(await conversationOf(waits, (await listOf(waits))[0]!)).toMatchObject({ unreadCount: 0 })
    expect(await massOf(star, massId)).toMatchObject({ state: 'UNSENT' })
  })

  it('is nobody else’s to see or to end, and asks for what its segment needs', async () => {
    const [star, other] = [await creator(), await creator()]
    const massId = await sent(star)
    for (const name of ['cancelMassMessage', 'unsendMassMessage'])
      expect(await codes(other, name, { massMessageId: massId })).toEqual(['NODE_NOT_FOUND'])
    expect((await other.do('query ($id: ID!) { node(id: $id) { id } }', { id: massId }))['node']).toBeNull()
    const { list } = await done(other, 'createFanList', { name: 'Theirs' }, 'list { id }')
    const past = new Date((await server.now()).getTime() - 1_000).toISOString()
    for (const [more, code] of [
      [{ segment: 'LIST' }, 'INVALID_INPUT'],
      [{ segment: 'LIST', listId: list.id }, 'NODE_NOT_FOUND'],
      [{ segment: 'FOLLOWERS', listId: list.id }, 'INVALID_INPUT'],
      [{ segment: 'SPENT_OVER' }, 'INVALID_INPUT'],
      [{ priceMinor: '500' }, 'CREATOR_NOT_EARNING'],
      [{ sendAt: past }, 'INVALID_INPUT'],
      [{ body: ' ' }, 'INVALID_INPUT'],
    ] as const)
      expect((await order(star, more)).userErrors.map((error) => error.code)).toEqual([code])
  })
})

describe('lists of people', () => {
  it('are made, renamed, filled and emptied by their creator alone', async () => {
    const [star, other] = [await creator(), await creator()]
    const people = await Promise.all([1, 2, 3].map(fan))
    const { list } = await done(star, 'createFanList', { name: ' Best  friends ' }, 'list { id name memberCount }')
    expect(list).toMatchObject({ name: 'Best friends', memberCount: 0 })
    const listId = list.id as string
    expect(await codes(star, 'createFanList', { name: 'Best friends' })).toEqual(['LIST_NAME_TAKEN'])
    await done(star, 'createFanList', { name: 'Others' })
    expect(await codes(star, 'renameFanList', { listId, name: 'Others' })).toEqual(['LIST_NAME_TAKEN'])
    await done(star, 'renameFanList', { listId, name: 'Friends' })
    const userIds = people.map(({ id }) => id)
    await Promise.all([1, 2].map(() => done(star, 'addToFanList', { listId, userIds })))
    await done(star, 'removeFromFanList', { listId, userIds: [userIds[0], other.id] })
    const { viewer } = await star.do('{ viewer { fanLists { name memberCount members { nodes { username } } } } }')
    expect(viewer.fanLists).toMatchObject([
      { name: 'Friends', memberCount: 2 },
      { name: 'Others', memberCount: 0 },
    ])
    expect(viewer.fanLists[0].members.nodes.map(({ username }: any) => username).sort()).toEqual(
      people
        .slice(1)
        .map(({ username }) => username)
        .sort(),
    )
    for (const [name, input] of [
      ['renameFanList', { listId, name: 'Mine' }],
      ['addToFanList', { listId, userIds }],
      ['removeFromFanList', { listId, userIds }],
    ] as const)
      expect(await codes(other, name, input)).toEqual(['NODE_NOT_FOUND'])
    await block(server, people[0]!, star)
    expect(await codes(star, 'addToFanList', { listId, userIds: [userIds[0]] })).toEqual(['NODE_NOT_FOUND'])
  })
})
