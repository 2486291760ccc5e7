import { afterAll, beforeAll, expect, it } from 'vitest'
import { globalId } from '../../src/lib/ids.js'
import { publish, read } from '../content/posts.js'
import { inboxOf } from '../notifications/inbox.js'
import { ERRORS, PAYMENT, chargeOf, newKey, runLater, sandboxOf, saveCard, topUp } from '../payments/paying.js'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { FACTS, RESUME, factsOf, memberCreator, offersOf, trySubscribe } from './members.js'

const GIFT = `mutation ($input: GiftSubscriptionInput!) { giftSubscription(input: $input) { recipient { id } ${PAYMENT} replayed ${ERRORS} } }`
const MINE = `{ viewer { subscriptions(first: 5) { nodes { ${FACTS} origin gift { giver { id } message givenAt } } } } }`

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

const aGiver = async (token = 'pm_card_visa'): Promise<Person> => {
  const giver = await world.fan()
  await saveCard(giver, token)
  return giver
}
const inputFor = async (recipient: Person, more: Record<string, unknown> = {}): Promise<Record<string, unknown>> => {
  const { type = 'MONTHLY', ...rest } = more
  const { id, price } = (await offersOf(creator)).find((offer) => offer.type === type)
  return { offerId: id, recipientId: recipient.id, expectedPrice: price, idempotencyKey: newKey(), ...rest }
}
const give = async (giver: Person, recipient: Person, more: Record<string, unknown> = {}): Promise<any> =>
  (await giver.request(GIFT, { input: await inputFor(recipient, more) })).data?.['giftSubscription']
const blockUser = (person: Person, { id }: Person): Promise<unknown> =>
  person.do(`mutation ($id: ID!) { blockUser(input: { userId: $id }) { userErrors { code } } }`, { id })
const codes = ({ userErrors }: any): string[] => userErrors.map(({ code }: any) => code)
const giftsOf = async (person: Person): Promise<any[]> => (await person.do(MINE)).viewer.subscriptions.nodes as any[]
const opens = async (fan: Person): Promise<boolean> => (await read(fan, postId))?.['body'].__typename === 'UnlockedBody'

it('is the recipient’s once it is paid, ends by itself, and goes on where they say so', async () => {
  const [giver, recipient] = [await aGiver(), await world.fan()]
  const given = await give(giver, recipient, { message: 'For you' })
  expect(given).toMatchObject({ recipient: { id: recipient.id }, payment: { state: 'SUCCEEDED' }, userErrors: [] })
  const [subscription] = await giftsOf(recipient)
  expect(subscription).toMatchObject({
    origin: 'GIFT',
    status: 'CANCELLED',
    willRenew: false,
    gift: { giver: { id: giver.id }, message: 'For you' },
  })
  expect(Date.parse(subscription.entitledUntil)).toBeGreaterThan(Date.parse(subscription.gift.givenAt))
  expect(await opens(recipient)).toBe(true)
  expect(await giftsOf(giver)).toEqual([])
  expect(await opens(giver)).toBe(false)
  await saveCard(recipient, 'pm_card_visa')
  const resumed = await recipient.do(RESUME, { id: subscription.id })
  expect(resumed.resumeSubscription.subscription).toMatchObject({ status: 'ACTIVE', willRenew: true })
})

it('says nothing of who gave where they do not want to be known', async () => {
  const [giver, recipient] = [await aGiver(), await world.fan()]
  await give(giver, recipient, { isAnonymous: true, message: 'Guess' })
  const [subscription] = await giftsOf(recipient)
  expect(subscription.gift).toMatchObject({ giver: null, message: 'Guess' })
  expect(JSON.stringify(subscription)).not.toContain(giver.id)
})

it('is told to whoever has it, once, with who gave it where they want to be known', async () => {
  const [giver, unnamed] = [await aGiver(), await aGiver()]
  const [recipient, other, silent] = [await world.fan(), await world.fan(), await world.fan()]
  await silent.do(
    `mutation { updateNotificationPreferences(input: { preferences: [{ type: PAYMENT, channel: IN_APP, isEnabled: false }] }) { userErrors { code } } }`,
  )
  const input = await inputFor(recipient)
  for (let time = 0; time < 2; time += 1) await giver.request(GIFT, { input })
  await give(unnamed, other, { isAnonymous: true, message: 'Guess' })
  await give(giver, silent)
  await server.drain()
  const told = (await inboxOf(recipient)).nodes
  expect(told).toMatchObject([
    {
      type: 'PAYMENT',
      title: 'A subscription for you',
      actors: [{ username: giver.username }],
      subject: { username: creator.username },
    },
  ])
  expect(told[0]!.text).toMatch(/ gave you a subscription: /)
  const secret = (await inboxOf(other)).nodes
  expect(secret).toMatchObject([
    { title: 'A subscription for you', actors: [], subject: { username: creator.username } },
  ])
  expect(secret[0]!.text).toMatch(/^Somebody who stays unnamed gave you/)
  for (const name of [unnamed.id, unnamed.username]) expect(JSON.stringify(secret)).not.toContain(name)
  expect((await inboxOf(silent)).nodes).toEqual([])
})

it('is given once under its key, also by twenty who ask at once', async () => {
  const [giver, recipient] = [await aGiver(), await world.fan()]
  const input = await inputFor(recipient)
  const answers = await Promise.all(Array.from({ length: 20 }, () => giver.request(GIFT, { input })))
  expect(answers.filter(({ data }) => data?.['giftSubscription']?.replayed === false)).toHaveLength(1)
  expect(await giftsOf(recipient)).toHaveLength(1)
})

it('goes back whole where the recipient has one by the time it is paid', async () => {
  const recipient = await world.fan()
  const [one, other] = [await aGiver('pm_card_authenticationRequired'), await aGiver()]
  const back = { payWith: { returnUrl: 'https://app.example.com/back' } }
  expect((await give(one, recipient, back)).payment.state).toBe('REQUIRES_ACTION')
  // who does not pay keeps nobody from it
  expect((await give(other, recipient)).payment.state).toBe('SUCCEEDED')
  expect(codes(await give(await aGiver(), recipient))).toEqual(['NOT_ALLOWED'])
  await sandboxOf(server).confirmAction(await chargeOf(server, one), 'succeed')
  await runLater(server)
  expect(await giftsOf(recipient)).toHaveLength(1)
  const { rows } = await server.database.owner.query<{ type: string; gross: string }>(
    `select type::text, gross_amount::text as gross from transactions where payer_id = $1 order by created_at`,
    [one.uuid],
  )
  expect(rows.reduce((sum, { gross }) => sum + Number(gross), 0)).toBe(0)
  expect(rows.map(({ type }) => type)).toContain('refund')
})

it('may be for always, and come out of a wallet', async () => {
  const [giver, recipient] = [await aGiver(), await world.fan()]
  await topUp(giver, '50000')
  expect((await give(giver, recipient, { type: 'LIFETIME', payWith: { useWallet: true } })).payment.state).toBe(
    'SUCCEEDED',
  )
  expect(await factsOf(recipient)).toMatchObject({ status: 'ACTIVE', type: 'LIFETIME', entitledUntil: null })
})

it('is refused in the same words whoever stands in the way, and costs nothing', async () => {
  const giver = await aGiver()
  const [blocked, blocker, subscriber] = [await world.fan(), await world.fan(), await aGiver()]
  await blockUser(creator, blocked)
  await blockUser(blocker, creator)
  await trySubscribe(subscriber, creator)
  for (const recipient of [blocked, blocker, subscriber, creator])
    expect(await give(giver, recipient)).toMatchObject({
      recipient: null,
      payment: null,
      userErrors: [{ code: 'NOT_ALLOWED', message: 'This cannot be given to them.', path: ['input', 'recipientId'] }],
    })
  expect(codes(await give(giver, giver))).toEqual(['SELF_ACTION'])
  expect(codes(await give(giver, await world.fan(), { expectedPrice: { amountMinor: '1', currency: 'EUR' } }))).toEqual(
    ['PRICE_CHANGED'],
  )
  await runLater(server)
  const { rows } = await server.database.owner.query(
    `select count(*)::int as n from transactions where payer_id = $1`,
    [giver.uuid],
  )
  expect(rows).toEqual([{ n: 0 }])
})

it('tells nobody who blocks them, nor how an account stands', async () => {
  const giver = await aGiver()
  const [blocker, standing] = [await world.fan(), await world.suspended()]
  await blockUser(blocker, giver)
  const unknown = { id: globalId('User', crypto.randomUUID()) } as Person
  const [toBlocker, toNobody] = [await give(giver, blocker), await give(giver, unknown)]
  expect(toBlocker).toEqual(toNobody)
  expect(codes(toNobody)).toEqual(['NODE_NOT_FOUND'])
  const banned = await world.fan()
  await (
    await world.admin()
  ).do(
    `mutation ($id: ID!) { setAccountStatus(input: { userId: $id, status: BANNED, reason: "For a test." }) { userErrors { code } } }`,
    { id: banned.id },
  )
  for (const recipient of [standing, banned])
    expect(await give(giver, recipient)).toMatchObject({ payment: { state: 'SUCCEEDED' }, userErrors: [] })
  const { rows } = await server.database.owner.query(
    `select count(*)::int as n from subscriptions where subscriber_id = any($1) and ended_at is null`,
    [[standing.uuid, banned.uuid]],
  )
  expect(rows).toEqual([{ n: 2 }])
})

it('closes when its money goes back', async () => {
  const [giver, recipient] = [await aGiver(), await world.fan()]
  await give(giver, recipient)
  expect(await opens(recipient)).toBe(true)
  const { viewer } = await creator.do(`{ viewer { earnings { transactions(first: 1) { nodes { id description } } } } }`)
  const [sale] = viewer.earnings.transactions.nodes
  expect(sale.description).toBe('Gifted subscription')
  const input = { transactionId: sale.id, reason: 'REQUESTED_BY_CUSTOMER', idempotencyKey: newKey() }
  const refund = await creator.request(
    `mutation ($input: RefundTransactionInput!) { refundTransaction(input: $input) { refund { id } ${ERRORS} } }`,
    { input },
  )
  expect(refund.data?.['refundTransaction'].userErrors).toEqual([])
  await runLater(server)
  expect(await opens(recipient)).toBe(false)
  expect((await giftsOf(recipient))[0]).toMatchObject({ status: 'EXPIRED', endedReason: 'REFUNDED' })
})
