import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { owedBack } from '../../src/streams/refunding.js'
import { parseGlobalId } from '../../src/lib/ids.js'
import { postMutation, provenCreator } from '../content/posts.js'
import {
  balances,
  chargeOf,
  ERRORS,
  newKey,
  PAYMENT,
  runLater,
  sandboxOf,
  saveCard,
  topUp,
} from '../payments/paying.js'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { errorsOf, join, readStream, schedule, streamMutation } from './calls.js'

let server: TestServer
let world: World
let creator: Person
let fan: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await provenCreator(world)
  fan = await world.fan()
  await saveCard(fan)
})
afterEach(() => expectLedger(server.database))
afterAll(() => server.close())

const PRICE = { amountMinor: '1000', currency: 'EUR' }
const PURCHASE = `mutation ($input: PurchaseStreamAccessInput!) {
  purchaseStreamAccess(input: $input) {
    purchase { id state title content { id } } stream { id content { viewerAccess { isOpen } } } ${PAYMENT} replayed ${ERRORS}
  }
}`
const buyAccess = async (person: Person, streamId: string, more: Record<string, unknown> = {}) =>
  (await person.request(PURCHASE, { input: { streamId, expectedPrice: PRICE, idempotencyKey: newKey(), ...more } }))
    .data?.['purchaseStreamAccess'] as Record<string, any>
const codesOf = ({ userErrors }: Record<string, any>): string[] =>
  (userErrors as { code: string }[]).map(({ code }) => code)

const sold = async (): Promise<string> =>
  (await schedule(creator, { priceMinor: '1000', plannedMinutes: 60 }))['id'] as string
const start = (streamId: string) => creator.do(streamMutation('startStream'), { input: { streamId } })
const end = (streamId: string) => creator.do(streamMutation('endStream'), { input: { streamId } })
/** Lets a stream have been on air for so many minutes more, and what was bought of it so much earlier. */
const onAirFor = (streamId: string, minutes: number) =>
  server.database.owner.query(
    `with earlier as (
       update stream_ingests set started_at = started_at - $2::int * interval '1 minute' where stream_id = $1
     )
     update purchases set paid_at = paid_at - $2::int * interval '1 minute' where stream_id = $1`,
    [parseGlobalId(streamId)?.uuid, minutes],
  )
const refunds = async (streamId: string): Promise<{ amount: number; state: string }[]> =>
  (
    await server.database.owner.query<{ amount: number; state: string }>(
      `select r.amount_minor::int as amount, r.state::text from refunds r
       join purchases p on p.payment_intent_id = r.payment_intent_id where p.stream_id = $1 order by r.created_at`,
      [parseGlobalId(streamId)?.uuid],
    )
  ).rows

describe('access to a stream', () => {
  it('is bought once, opens the stream, and is a sale of its own kind', async () => {
    const id = await sold()
    expect(await errorsOf(fan, 'joinStream', { streamId: id })).toEqual(['CONTENT_LOCKED'])
    const [one, two] = await Promise.all([buyAccess(fan, id), buyAccess(fan, id)])
    expect([one, two].map(codesOf).flat()).toHaveLength(1)
    const paid = codesOf(one).length === 0 ? one : two
    expect(paid).toMatchObject({
      purchase: { state: 'PAID', title: 'Tonight' },
      stream: { id, content: { viewerAccess: { isOpen: true } } },
      payment: { state: 'SUCCEEDED' },
    })
    expect(codesOf(await buyAccess(fan, id))).toEqual(['ALREADY_PURCHASED'])
    await start(id)
    expect((await join(fan, id))['playback']).not.toBeNull()
    const { rows } = await server.database.owner.query(
      `select t.type::text from transactions t join purchases p on p.id = t.purchase_id where p.stream_id = $1`,
      [parseGlobalId(id)?.uuid],
    )
    expect(rows).toEqual([{ type: 'stream_access' }])
    const { viewer } = await fan.do('{ viewer { purchases(first: 1) { nodes { title content { id } } } } }')
    expect(viewer.purchases.nodes).toMatchObject([{ title: 'Tonight', content: { id: paid['purchase'].content.id } }])
    await end(id)
    await runLater(server)
  })

  it('is not sold as a post, at another price, to its creator, or once the stream is over', async () => {
    const id = await sold()
    const { content } = (await readStream(creator, id))!
    const { purchaseContent } = await (async () =>
      (
        await fan.request(
          `mutation ($input: PurchaseContentInput!) { purchaseContent(input: $input) { userErrors { code } } }`,
          { input: { contentId: content.id, expectedPrice: PRICE, idempotencyKey: newKey() } },
        )
      ).data!)()
    expect(codesOf(purchaseContent as Record<string, any>)).toEqual(['NOT_FOR_SALE'])
    await creator.do(postMutation('updateContent'), {
      input: { contentId: content.id, expectedVersion: 1, priceMinor: '1200' },
    })
    expect(codesOf(await buyAccess(fan, id))).toEqual(['PRICE_CHANGED'])
    expect(await buyAccess(creator, id)).toMatchObject({
      userErrors: [{ code: 'SELF_ACTION', path: ['input', 'streamId'] }],
    })
    await creator.do(streamMutation('cancelStream'), { input: { streamId: id } })
    const price = { amountMinor: '1200', currency: 'EUR' }
    expect(await buyAccess(fan, id, { expectedPrice: price })).toMatchObject({
      userErrors: [{ code: 'NOT_FOR_SALE', path: ['input', 'streamId'] }],
    })
  })

  it('is not sold where nobody says how long it lasts, not by a change either', async () => {
    const { content } = await schedule(creator)
    const change = { contentId: content.id, expectedVersion: 1, priceMinor: '900' }
    expect(await errorsOf(creator, 'updateContent', change)).toEqual(['PLANNED_MINUTES_REQUIRED'])
    const { content: planned } = await schedule(creator, { plannedMinutes: 30 })
    expect(await errorsOf(creator, 'updateContent', { ...change, contentId: planned.id })).toEqual([])
  })

  it('is not sold to whom its creator keeps away', async () => {
    const [id, banned] = [await sold(), await world.fan()]
    await saveCard(banned)
    await errorsOf(creator, 'banInStream', { streamId: id, userId: banned.id })
    expect(await buyAccess(banned, id)).toMatchObject({
      purchase: null,
      userErrors: [{ code: 'BANNED_IN_STREAM', path: ['input', 'streamId'] }],
    })
    const offers = 'content { body { ... on LockedBody { offers { kind } } } }'
    expect((await readStream(banned, id, offers))!['content'].body.offers).toEqual([])
    await errorsOf(creator, 'unbanInStream', { streamId: id, userId: banned.id })
    expect(codesOf(await buyAccess(banned, id))).toEqual([])
  })

  it('is offered until the stream is over', async () => {
    const offersOf = async (id: string): Promise<string[]> => {
      const stream = await readStream(fan, id, 'content { body { ... on LockedBody { offers { kind } } } }')
      return (stream!['content'].body.offers as { kind: string }[]).map(({ kind }) => kind)
    }
    const [calledOff, ended] = [await sold(), await sold()]
    await start(ended)
    for (const id of [calledOff, ended]) expect(await offersOf(id)).toEqual(['BUY'])
    await creator.do(streamMutation('cancelStream'), { input: { streamId: calledOff } })
    await end(ended)
    for (const id of [calledOff, ended]) expect(await offersOf(id)).toEqual([])
  })
})

describe('what was not delivered', () => {
  it('is a share of what was promised, rounded in the buyer’s favour', () => {
    const owed = (delivered: number): bigint =>
      owedBack(1_000n, { promisedSeconds: 3_600, deliveredSeconds: delivered })
    expect([0, 1_800, 2_399, 3_239, 3_240, 3_600, 9_000].map(owed)).toEqual([1_000n, 500n, 334n, 101n, 0n, 0n, 0n])
    expect(owedBack(1_000n, { promisedSeconds: 0, deliveredSeconds: 0 })).toBe(0n)
  })

  it('goes back wholly where the stream is called off, with the access, however often the job runs', async () => {
    const before = await balances(server)
    const id = await sold()
    await buyAccess(fan, id)
    await creator.do(streamMutation('cancelStream'), { input: { streamId: id } })
    await runLater(server)
    await server.database.owner.query(
      `select graphile_worker.add_job('streams.settle_due', '{}'), graphile_worker.add_job('streams.settle', json_build_object('streamId', $1::text))`,
      [parseGlobalId(id)?.uuid],
    )
    await runLater(server)
    expect(await refunds(id)).toEqual([{ amount: 1_000, state: 'succeeded' }])
    expect(await readStream(fan, id)).toMatchObject({ content: { viewerAccess: { isOpen: false } } })
    const { viewer } = await fan.do('{ viewer { purchases(first: 1) { nodes { state } } } }')
    expect(viewer.purchases.nodes).toEqual([{ state: 'REFUNDED' }])
    const { creator_pending: pending = 0 } = await balances(server)
    expect(pending).toBe(before['creator_pending'] ?? 0)
  })

  it('waits for the dispute about it, and goes back where that is won', async () => {
    const [winner, loser] = [await world.fan(), await world.fan()]
    const id = await sold()
    const disputes: string[] = []
    for (const person of [winner, loser]) {
      await saveCard(person)
      await buyAccess(person, id)
      disputes.push(await sandboxOf(server).openDispute(await chargeOf(server, person)))
    }
    await server.drain()
    const settleDue = async (): Promise<void> => {
      await server.database.owner.query(`select graphile_worker.add_job('streams.settle_due', '{}')`)
      await runLater(server)
    }
    await creator.do(streamMutation('cancelStream'), { input: { streamId: id } })
    await settleDue()
    expect(await refunds(id)).toEqual([])
    await sandboxOf(server).closeDispute(disputes[0]!, 'LOST')
    await sandboxOf(server).closeDispute(disputes[1]!, 'WON')
    await settleDue()
    await settleDue()
    // their bank gave it back, or the platform does
    expect(await refunds(id)).toEqual([{ amount: 1_000, state: 'succeeded' }])
  })

  it('goes back by the minutes, to card and wallet, and to whoever came late by what was left for them', async () => {
    const [early, late] = [await world.fan(), await world.fan()]
    await saveCard(early)
    await saveCard(late)
    await topUp(late, '5000')
    const id = await sold()
    await buyAccess(early, id)
    await start(id)
    await onAirFor(id, 30)
    // half of it has been on air when the second one pays
    await buyAccess(late, id, { payWith: { useWallet: true } })
    await server.database.owner.query(
      `update purchases set paid_at = paid_at - interval '15 minutes' where buyer_id = $1`,
      [late.uuid],
    )
    await end(id)
    await runLater(server)
    const amounts = (await refunds(id)).map(({ amount }) => amount).sort((a, b) => a - b)
    // 30 of 60 minutes are missing to the one, 30 of 45 to the other
    expect(amounts[0]).toBeGreaterThan(495)
    expect(amounts[0]).toBeLessThanOrEqual(500)
    expect(amounts[1]).toBeGreaterThan(660)
    expect(amounts[1]).toBeLessThanOrEqual(667)
    expect(await readStream(early, id)).toMatchObject({ content: { viewerAccess: { isOpen: true } } })
  })

  it('stays where no more than a tenth is missing', async () => {
    const id = await sold()
    await buyAccess(fan, id)
    await start(id)
    await onAirFor(id, 55)
    await end(id)
    await runLater(server)
    expect(await refunds(id)).toEqual([])
  })

  it('goes back also where nobody ends the stream: its time does', async () => {
    const id = await sold()
    await buyAccess(fan, id)
    await server.database.owner.query(
      `update live_streams set scheduled_at = scheduled_at - interval '2 hours' where id = $1`,
      [parseGlobalId(id)?.uuid],
    )
    await runLater(server)
    expect(await readStream(creator, id)).toMatchObject({ state: 'ENDED', endReason: 'NEVER_STARTED' })
    expect(await refunds(id)).toEqual([{ amount: 1_000, state: 'succeeded' }])
  })

  it.each([
    [
      'suspended',
      async (artist: Person) => {
        const admin = await world.admin()
        const suspendedUntil = new Date((await server.now()).getTime() + 86_400_000).toISOString()
        await admin.do(
          `mutation ($input: SetAccountStatusInput!) { setAccountStatus(input: $input) { userErrors { code } } }`,
          { input: { userId: artist.id, status: 'SUSPENDED', reason: 'A test.', suspendedUntil } },
        )
      },
    ],
    [
      'made to take it down',
      async (_artist: Person, contentId: string) => {
        await server.database.owner.query(
          `update content set removed_at = app_now(), removed_reason = 'A test.' where id = $1`,
          [parseGlobalId(contentId)?.uuid],
        )
      },
    ],
  ])(
    'goes back by the minutes where its creator is %s in the middle, and those who watch are cut off',
    async (_why, stop) => {
      const artist = await provenCreator(world)
      const { id, content } = await schedule(artist, { priceMinor: '1000', plannedMinutes: 60 })
      const buyer = await world.fan()
      await saveCard(buyer)
      await buyAccess(buyer, id as string)
      await artist.do(streamMutation('startStream'), { input: { streamId: id } })
      await join(buyer, id as string)
      await onAirFor(id as string, 45)
      await stop(artist, content.id as string)
      await runLater(server)
      const { rows } = await server.database.owner.query(
        `select state::text, end_reason::text from live_streams where id = $1`,
        [parseGlobalId(id as string)?.uuid],
      )
      expect(rows).toEqual([{ state: 'ended', end_reason: 'moderation' }])
      const [refund] = await refunds(id as string)
      expect(refund?.amount).toBeGreaterThan(245)
      expect(refund?.amount).toBeLessThanOrEqual(250)
      expect(await errorsOf(buyer, 'heartbeatStream', { streamId: id })).not.toEqual([])
    },
  )
})
