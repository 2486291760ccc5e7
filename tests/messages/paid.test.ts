import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseGlobalId } from '../../src/lib/ids.js'
import { block, call, codes, done } from '../comments/calls.js'
import { provenCreator } from '../content/posts.js'
import { follow } from '../notifications/inbox.js'
import { ERRORS, newKey, PAYMENT, saveCard, topUp } from '../payments/paying.js'
import { expectLedger } from '../support/ledger.js'
import { makePicture, requestUpload, uploadMedia } from '../support/media.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { until } from '../support/until.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { conversationOf, markRead, send, start, trySend } from './calls.js'

const PRICE = { amountMinor: '700', currency: 'EUR' }
const CANARY = 'canary-paid-body'

let server: TestServer
let world: World
let creator: Person
let admin: Person
beforeAll(async () => {
  server = await startServer({ config: { costBudget: 1_000_000 } })
  world = makeWorld(server)
  creator = await provenCreator(world)
  admin = await world.admin()
})
afterAll(async () => {
  await expectLedger(server.database)
  await server.close()
})

const sql = async (text: string, ...values: unknown[]): Promise<any[]> =>
  (await server.database.owner.query(text, values)).rows
const uuid = (id: string): string => parseGlobalId(id)!.uuid
const begin = async (isBuyer = true): Promise<{ one: Person; id: string }> => {
  const one = await world.fan()
  if (isBuyer) await saveCard(one)
  return { one, id: await start(one, creator) }
}
const sell = (id: string, more: object = {}) =>
  send(creator, id, CANARY, { priceMinor: '700', teaser: 'Look.', ...more })
const BUY = `mutation ($input: PurchaseMessageInput!) { purchaseMessage(input: $input) {
  purchase { state message { id } content { id } amount { amountMinor } } message { isBought body { __typename ... on MessageText { text } } } ${PAYMENT} replayed ${ERRORS}
} }`
const buy = async (person: Person, messageId: string, more: object = {}): Promise<Record<string, any>> =>
  (await person.request(BUY, { input: { messageId, expectedPrice: PRICE, idempotencyKey: newKey(), ...more } })).data?.[
    'purchaseMessage'
  ] as Record<string, any>
const codesOf = ({ userErrors }: Record<string, any>): string[] =>
  (userErrors as { code: string }[]).map(({ code }) => code)
const BODY = `price { amountMinor currency } isBought viewerCanDelete { reason } body { __typename
  ... on MessageText { text media { url altText image { url } } }
  ... on LockedMessage { teaser lockedPrice: price { amountMinor } previews { url altText } teaserMedia { url altText } } }`
const read = async (person: Person, id: string): Promise<Record<string, any>> =>
  (await person.do(`query ($id: ID!) { node(id: $id) { ... on Message { ${BODY} } } }`, { id }))['node']
const refund = async (messageId: string): Promise<void> => {
  const [{ id }] = await sql(
    `select t.id from transactions t join purchases p on p.id = t.purchase_id
     where p.message_id = $1 and t.type = 'message_purchase' and p.state = 'paid'`,
    uuid(messageId),
  )
  await done(admin, 'refundTransaction', {
    transactionId: Buffer.from(`Transaction:${id as string}`).toString('base64url'),
    reason: 'A mistake.',
    idempotencyKey: newKey(),
  })
  await server.drain()
}

describe('a message that has to be paid for', () => {
  it('is locked for the other side until it is bought, by whatever way it is read', async () => {
    const { one, id } = await begin()
    const { id: messageId } = await sell(id)
    await markRead(one, id, '1')
    const everything = await one.do(
      `query ($id: ID!, $message: ID!) {
        conversation(id: $id) { lastMessage { ${BODY} } messages { nodes { ${BODY} replyTo { ${BODY} } } } }
        node(id: $message) { ... on Message { ${BODY} } }
        viewer { conversations { nodes { lastMessage { ${BODY} } } } }
      }`,
      { id, message: messageId },
    )
    expect(JSON.stringify(everything)).not.toContain(CANARY)
    expect(everything['node']).toMatchObject({
      price: PRICE,
      isBought: false,
      body: { __typename: 'LockedMessage', teaser: 'Look.', lockedPrice: { amountMinor: '700' } },
    })
    expect((await read(creator, messageId))['body']).toMatchObject({ __typename: 'MessageText', text: CANARY })
    const bought = await buy(one, messageId)
    expect(bought).toMatchObject({
      purchase: { state: 'PAID', message: { id: messageId }, content: null, amount: { amountMinor: '700' } },
      message: { isBought: true, body: { __typename: 'MessageText', text: CANARY } },
      payment: { state: 'SUCCEEDED' },
      userErrors: [],
    })
    const { viewer } = await one.do('{ viewer { purchases(first: 1) { nodes { message { id } } } } }')
    expect(viewer.purchases.nodes).toEqual([{ message: { id: messageId } }])
  })

  it('is bought once, however many ask at once, by card and by wallet', async () => {
    for (const useWallet of [false, true]) {
      const { one, id } = await begin()
      if (useWallet) await topUp(one, '5000')
      const { id: messageId } = await sell(id)
      const answers = await Promise.all(
        Array.from({ length: 6 }, () => buy(one, messageId, { payWith: { useWallet } })),
      )
      const went = answers.filter((answer) => codesOf(answer).length === 0)
      expect(went.length).toBeGreaterThanOrEqual(1)
      for (const answer of answers.filter((each) => !went.includes(each)))
        expect(['ALREADY_PURCHASED', 'PURCHASE_UNDER_WAY']).toContain(codesOf(answer)[0])
      expect(
        await sql(
          `select state::text from purchases where message_id = $1 and state in ('pending', 'paid')`,
          uuid(messageId),
        ),
      ).toEqual([{ state: 'paid' }])
      expect(await sql(`select 1 from entitlement_grants where message_id = $1`, uuid(messageId))).toHaveLength(1)
      expect(codesOf(await buy(one, messageId))).toEqual(['ALREADY_PURCHASED'])
    }
  })

  it('opens to its buyer alone and to nothing else of the creator', async () => {
    const [here, there] = [await begin(), await begin()]
    const [mine, other, theirs] = [await sell(here.id), await sell(here.id), await sell(there.id)]
    await buy(here.one, mine.id)
    expect((await read(here.one, other.id))['body'].__typename).toBe('LockedMessage')
    expect(await read(here.one, theirs.id)).toBeNull()
    expect((await read(there.one, theirs.id))['body'].__typename).toBe('LockedMessage')
    expect(codesOf(await buy(here.one, theirs.id))).toEqual(['NODE_NOT_FOUND'])
  })

  it('has the price that it was sent with, and is charged at no other', async () => {
    const { one, id } = await begin()
    const { id: messageId } = await sell(id)
    const answer = await buy(one, messageId, { expectedPrice: { ...PRICE, amountMinor: '699' } })
    expect(answer['userErrors']).toMatchObject([{ code: 'PRICE_CHANGED', price: PRICE }])
    expect(await sql('select 1 from purchases where message_id = $1', uuid(messageId))).toEqual([])
    const free = await send(creator, id)
    expect(codesOf(await buy(one, free.id))).toEqual(['NOT_FOR_SALE'])
    expect(codesOf(await buy(creator, messageId))).toEqual(['SELF_ACTION'])
  })

  it('stays as it is once it is bought, and can be taken back before', async () => {
    const { one, id } = await begin()
    const [bought, taken] = [await sell(id), await sell(id)]
    await buy(one, bought.id)
    expect(await codes(creator, 'deleteMessage', { messageId: bought.id })).toEqual(['MESSAGE_BOUGHT'])
    expect(await codes(creator, 'editMessage', { messageId: bought.id, body: 'Less.', expectedVersion: 1 })).toEqual([
      'MESSAGE_BOUGHT',
    ])
    expect((await read(creator, bought.id))['viewerCanDelete']).toEqual({ reason: 'MESSAGE_BOUGHT' })
    await done(creator, 'deleteMessage', { messageId: taken.id })
    expect(codesOf(await buy(one, taken.id))).toEqual(['NOT_FOR_SALE'])
    expect((await read(one, taken.id))['body'].__typename).toBe('MessageTombstone')
  })

  it('is bought or taken back, never both', async () => {
    for (let n = 0; n < 3; n += 1) {
      const { one, id } = await begin()
      await topUp(one, '5000')
      const { id: messageId } = await sell(id)
      const [bought] = await Promise.all([
        buy(one, messageId, { payWith: { useWallet: true } }),
        call(creator, 'deleteMessage', { messageId }),
      ])
      await server.drain()
      const [state] = await sql('select purchased_at, deleted_at from messages where id = $1', uuid(messageId))
      expect([state.purchased_at, state.deleted_at].filter((at) => at !== null)).toHaveLength(1)
      if (state.deleted_at) {
        const paid = await sql(`select 1 from purchases where message_id = $1 and state = 'paid'`, uuid(messageId))
        expect([codesOf(bought).length > 0 || bought['purchase'].state !== 'PAID', paid]).toEqual([true, []])
      }
    }
  })

  it('is locked again when its price goes back, and can be bought anew', async () => {
    const { one, id } = await begin()
    const { id: messageId } = await sell(id)
    await buy(one, messageId)
    await refund(messageId)
    const after = await read(one, messageId)
    expect(JSON.stringify(after)).not.toContain(CANARY)
    expect(after).toMatchObject({ isBought: false, body: { __typename: 'LockedMessage' } })
    expect((await read(creator, messageId))['viewerCanDelete'].reason).toBe('MESSAGE_BOUGHT')
    expect((await buy(one, messageId))['message'].body).toEqual({ __typename: 'MessageText', text: CANARY })
  })

  it('that was taken back from all is its buyer’s, and a tombstone that is not sold once its price went back', async () => {
    const { one, id } = await begin()
    await follow(one, creator)
    const order = { segment: 'FOLLOWERS', body: CANARY, priceMinor: '700', idempotencyKey: newKey() }
    const { massMessage } = await done(creator, 'sendMassMessage', order, 'massMessage { id }')
    await server.drain()
    const { conversation } = await one.do(`query ($id: ID!) { conversation(id: $id) { lastMessage { id } } }`, { id })
    const messageId = conversation.lastMessage.id as string
    expect((await buy(one, messageId))['message'].isBought).toBe(true)
    await done(creator, 'unsendMassMessage', { massMessageId: massMessage.id })
    await server.drain()
    expect(await read(one, messageId)).toMatchObject({ isBought: true, body: { __typename: 'MessageText' } })
    await refund(messageId)
    const after = await read(one, messageId)
    expect(after).toMatchObject({ isBought: false, body: { __typename: 'MessageTombstone' } })
    expect(JSON.stringify(after)).not.toContain(CANARY)
    expect(codesOf(await buy(one, messageId))).toEqual(['NOT_FOR_SALE'])
  })

  it('is readable through a block, and not for sale through one', async () => {
    const { one, id } = await begin()
    const [bought, locked] = [await sell(id), await sell(id)]
    await buy(one, bought.id)
    await block(server, creator, one)
    expect((await read(one, bought.id))['body']).toMatchObject({ text: CANARY })
    expect(codesOf(await buy(one, locked.id))).toEqual(['MESSAGING_BLOCKED'])
  })

  it('is sold by the creator of the two, who may earn, at a price there can be', async () => {
    const { one, id } = await begin()
    expect(await trySend(one, id, { priceMinor: '700' })).toEqual(['NOT_ALLOWED'])
    expect(await trySend(creator, id, { priceMinor: '1' })).toEqual(['PRICE_OUT_OF_RANGE'])
    expect(await trySend(creator, id, { teaser: 'For nothing.' })).toEqual(['INVALID_INPUT'])
    const unproven = await world.creator()
    expect(await trySend(unproven, await start(one, unproven), { priceMinor: '700' })).toEqual(['CREATOR_NOT_EARNING'])
  })

  it('tells nobody that it was seen before it is bought', async () => {
    const { one, id } = await begin()
    await send(creator, id)
    const { id: messageId } = await sell(id)
    await send(creator, id)
    await markRead(one, id, '3')
    expect((await conversationOf(creator, id))?.['otherReadUpTo']).toBe('1')
    await buy(one, messageId)
    expect((await conversationOf(creator, id))?.['otherReadUpTo']).toBe('3')
  })

  it('is told to both sides when it opens and when it is locked again', async () => {
    const { one, id } = await begin()
    const { id: messageId } = await sell(id)
    const watching = await one.watch(
      `subscription ($id: ID!) { messageReceived(conversationId: $id, after: "1") { sequence kind message { body { __typename } } } }`,
      { id },
    )
    await buy(one, messageId)
    await until(() => watching.events.length === 1)
    await refund(messageId)
    await until(() => watching.events.length === 2)
    expect(watching.events).toEqual([
      { messageReceived: { sequence: '2', kind: 'OPENED', message: { body: { __typename: 'MessageText' } } } },
      { messageReceived: { sequence: '3', kind: 'CLOSED', message: { body: { __typename: 'LockedMessage' } } } },
    ])
    await watching.stop()
  })
})

describe('files of messages', () => {
  const picture = async (person: Person, altText: string): Promise<string> =>
    uploadMedia(server, person, await makePicture({ width: 400, height: 300 }), { purpose: 'MESSAGE', altText })
  const statusOf = async (url: string): Promise<number> => (await fetch(url)).status

  it('are fetched by the two alone, from addresses that end when the message is taken back', async () => {
    const { one, id } = await begin(false)
    const mediaId = await picture(one, 'Mine')
    const { id: messageId } = await send(one, id, '', { media: [{ mediaId }] })
    const [mine] = (await read(one, messageId))['body'].media
    const [theirs] = (await read(creator, messageId))['body'].media
    expect(theirs.altText).toBe('Mine')
    expect([await statusOf(mine.url), await statusOf(theirs.url), await statusOf(theirs.image.url)]).toEqual([
      200, 200, 200,
    ])
    await done(one, 'deleteMessage', { messageId })
    expect([await statusOf(mine.url), await statusOf(theirs.url)]).toEqual([404, 404])
  })

  it('are a hint while the message is locked, but for those that are seen before paying; a refund closes their addresses', async () => {
    const { one, id } = await begin()
    const [shown, hidden] = [await picture(creator, 'Shown'), await picture(creator, `${CANARY}-alt`)]
    const { id: messageId } = await sell(id, { media: [{ mediaId: shown, isTeaser: true }, { mediaId: hidden }] })
    const locked = (await read(one, messageId))['body']
    expect(JSON.stringify(locked)).not.toContain(CANARY)
    expect(locked.teaserMedia).toMatchObject([{ altText: 'Shown' }])
    expect(locked.previews).toHaveLength(2)
    for (const { url } of [...locked.previews, ...locked.teaserMedia]) expect(await statusOf(url)).toBe(200)
    const own = (await read(creator, messageId))['body'].media as { url: string }[]
    expect(await statusOf(own[1]!.url)).toBe(200)
    await buy(one, messageId)
    const open = (await read(one, messageId))['body'].media as { url: string }[]
    expect(open).toHaveLength(2)
    expect(await statusOf(open[1]!.url)).toBe(200)
    await refund(messageId)
    expect(await statusOf(open[1]!.url)).toBe(404)
    await buy(one, messageId)
    // bound to the grant that was bought then
    expect(await statusOf(open[1]!.url)).toBe(404)
    await sql(`update users set account_status = 'banned' where id = $1`, one.uuid)
    const again = locked.teaserMedia[0].url as string
    expect(await statusOf(again)).toBe(404)
  })

  it('are the sender’s own, for messages, each once, and ready', async () => {
    const { one, id } = await begin(false)
    const [mine, theirs] = [await picture(one, 'Mine'), await picture(creator, 'Theirs')]
    const post = await uploadMedia(server, creator, await makePicture(), { purpose: 'CONTENT' })
    for (const [person, media, code] of [
      [one, [theirs], 'NODE_NOT_FOUND'],
      [creator, [post], 'NODE_NOT_FOUND'],
      [one, [mine, mine], 'INVALID_INPUT'],
    ] as const)
      expect(await trySend(person, id, { media: media.map((mediaId) => ({ mediaId })) })).toEqual([code])
    const asked = await requestUpload(one, await makePicture(), { purpose: 'MESSAGE' })
    expect(await trySend(one, id, { media: [{ mediaId: asked.data?.requestMediaUpload.media?.id }] })).toEqual([
      'NODE_NOT_FOUND',
    ])
  })
})
