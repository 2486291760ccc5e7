import { describe, expect, it } from 'vitest'
import { ERRORS, buy, chargeOf, newKey, sandboxOf } from '../payments/paying.js'
import { block } from '../social/calls.js'
import { trySubscribe } from '../subscriptions/members.js'
import { creator, openSetting, payer, server } from '../subscriptions/setting.js'
import type { Watch } from '../support/client.js'
import type { Person } from '../support/world.js'
import { postMutation, publish, read } from './posts.js'

const WATCH = `subscription ($id: ID!) {
  contentAccessChanged(contentId: $id) { id viewerAccess { isOpen rule until } body { __typename ... on UnlockedBody { text } } }
}`
const SALE = { amountMinor: '700', currency: 'EUR' }

openSetting()

interface Reader {
  readonly fan: Person
  readonly id: string
  readonly watching: Watch<any>
}

/** Somebody who has a post open on a socket; what they are told first was taken. */
async function readerOf(post: Record<string, any>, fan: Person): Promise<Reader> {
  const id = post['id'] as string
  const watching = await fan.watch<any>(WATCH, { id })
  await watching.next()
  return { fan, id, watching }
}

/** What is told next on the socket is `isOpen`, and HTTP says the same. */
async function expectOpen({ fan, id, watching }: Reader, isOpen: boolean): Promise<any> {
  const { contentAccessChanged: told } = await watching.next()
  const body = isOpen ? { __typename: 'UnlockedBody', text: 'A body' } : { __typename: 'LockedBody' }
  expect(told).toMatchObject({ id, viewerAccess: { isOpen }, body })
  expect(await read(fan, id)).toMatchObject({ viewerAccess: { isOpen }, body })
  return told
}

/** Gives all of what somebody paid last back to them. */
async function refund(fan: Person): Promise<void> {
  const { viewer } = await creator.do(
    `{ viewer { earnings { transactions(first: 10) { nodes { id payer { id } } } } } }`,
  )
  const { id } = viewer.earnings.transactions.nodes.find(({ payer }: any) => payer?.id === fan.id)
  const input = { transactionId: id, reason: 'A mistake.', idempotencyKey: newKey() }
  await creator.do(
    `mutation ($input: RefundTransactionInput!) { refundTransaction(input: $input) { refund { id } ${ERRORS} } }`,
    { input },
  )
}

const give = (fan: Person, target: { contentId: string } | { creatorId: string }, endsAt: Date | null = null) =>
  creator.do(
    `mutation ($input: GrantAccessInput!) { grantAccess(input: $input) { grant { id } userErrors { code message } } }`,
    { input: { userId: fan.id, ...target, endsAt: endsAt?.toISOString() ?? null, reason: 'A gift.' } },
  )

const soon = async (): Promise<Date> => new Date((await server.now()).getTime() + 3_000)

describe('whoever has a post open is told of how it opens for them', () => {
  it('at once', async () => {
    const post = await publish(creator, { priceMinor: '700' })
    const watching = await (await payer()).watch<any>(WATCH, { id: post['id'] })
    expect(await watching.next()).toMatchObject({
      contentAccessChanged: { viewerAccess: { isOpen: false, rule: 'LOCKED' }, body: { __typename: 'LockedBody' } },
    })
  })

  it('when they buy it, and when that is refunded', async () => {
    const reader = await readerOf(await publish(creator, { priceMinor: '700' }), await payer())
    await buy(reader.fan, reader.id, SALE)
    const told = await expectOpen(reader, true)
    expect(told.viewerAccess).toEqual({ isOpen: true, rule: 'CONTENT_GRANT', until: null })
    await refund(reader.fan)
    await expectOpen(reader, false)
  })

  it('while a payment of theirs is disputed, and when the dispute is won or lost', async () => {
    const reader = await readerOf(await publish(creator, { priceMinor: '700' }), await payer())
    await buy(reader.fan, reader.id, SALE)
    await expectOpen(reader, true)
    const dispute = await sandboxOf(server).openDispute(await chargeOf(server, reader.fan))
    await server.drain()
    await expectOpen(reader, false)
    await sandboxOf(server).closeDispute(dispute, 'WON')
    await server.drain()
    await expectOpen(reader, true)
    const again = await sandboxOf(server).openDispute(await chargeOf(server, reader.fan))
    await server.drain()
    await expectOpen(reader, false)
    await sandboxOf(server).closeDispute(again, 'LOST')
    await server.drain()
    expect(await read(reader.fan, reader.id)).toMatchObject({ viewerAccess: { isOpen: false } })
    expect(reader.watching.events).toHaveLength(5)
  })

  it('when they subscribe, and when that is refunded', async () => {
    const reader = await readerOf(await publish(creator, { visibility: 'SUBSCRIBERS' }), await payer())
    const { subscription } = await trySubscribe(reader.fan, creator)
    expect(subscription.status).toBe('ACTIVE')
    expect(await expectOpen(reader, true)).toMatchObject({ viewerAccess: { rule: 'CREATOR_GRANT' } })
    await refund(reader.fan)
    await expectOpen(reader, false)
  })

  it('when the time of a grant has come, without anybody doing anything', async () => {
    const own = await readerOf(await publish(creator, { priceMinor: '700' }), await payer())
    const shared = await readerOf(await publish(creator, { visibility: 'SUBSCRIBERS' }), await payer())
    await give(own.fan, { contentId: own.id }, await soon())
    await give(shared.fan, { creatorId: creator.id }, await soon())
    for (const reader of [own, shared]) await expectOpen(reader, true)
    for (const reader of [own, shared]) await expectOpen(reader, false)
  })

  it('when a cancelled subscription comes to its end', async () => {
    const reader = await readerOf(await publish(creator, { visibility: 'SUBSCRIBERS' }), await payer())
    const { subscription } = await trySubscribe(reader.fan, creator)
    await expectOpen(reader, true)
    await server.database.owner.query(
      `update subscriptions set entitled_until = $2, period_ends_at = $2, next_charge_at = $2
       where subscriber_id = $1`,
      [reader.fan.uuid, await soon()],
    )
    await reader.fan.do(
      `mutation ($id: ID!) { cancelSubscription(input: { subscriptionId: $id }) { subscription { id } ${ERRORS} } }`,
      { id: subscription.id },
    )
    const told = await expectOpen(reader, true)
    expect(told.viewerAccess.until).not.toBeNull()
    await expectOpen(reader, false)
  })

  it('not of what opens or closes other posts', async () => {
    const [post, other] = [await publish(creator, { priceMinor: '700' }), await publish(creator, { priceMinor: '700' })]
    const reader = await readerOf(post, await payer())
    await buy(reader.fan, other['id'] as string, SALE)
    await buy(await payer(), reader.id, SALE)
    await buy(reader.fan, reader.id, SALE)
    await expectOpen(reader, true)
    expect(reader.watching.events).toHaveLength(2)
  })
})

it('ends when they may not know of the post any more', async () => {
  const post = await publish(creator)
  const [taken, parted] = [await readerOf(post, await payer()), await readerOf(post, await payer())]
  await block(creator, parted.fan)
  await parted.watching.ended
  expect(parted.watching.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND', reason: 'node_not_found' } }])
  await creator.do(postMutation('unpublishContent'), { input: { contentId: post['id'] } })
  await taken.watching.ended
  expect(taken.watching.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }])
})
