import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { provenCreator, publish, read } from '../content/posts.js'
import {
  ERRORS,
  ageSales,
  balances,
  buy,
  chargeOf,
  newKey,
  runLater,
  sandboxOf,
  saveCard,
  tip,
} from '../payments/paying.js'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'

const EARNINGS = `{ viewer { earnings {
  pending { amountMinor } available { amountMinor } reserved { amountMinor } owed { amountMinor } inTransit { amountMinor }
  transactions(first: 50) { nodes { id type reason gross { amountMinor } platformFee { amountMinor } net { amountMinor } payer { id } } }
} } }`
const ADD_ACCOUNT = `mutation ($input: AddPayoutAccountInput!) { addPayoutAccount(input: $input) { payoutAccount { id state label isDefault } onboardingUrl ${ERRORS} } }`
const REQUEST = `mutation ($input: RequestPayoutInput!) { requestPayout(input: $input) { payout { id state amount { amountMinor } failureReason } replayed ${ERRORS} } }`
const DECIDE = `mutation ($input: DecidePayoutInput!) { decidePayout(input: $input) { payout { state } ${ERRORS} } }`
const HOLD = `mutation ($input: HoldPayoutsInput!) { holdPayouts(input: $input) { hold { id reason releaseAt } ${ERRORS} } }`
const RELEASE = `mutation ($input: ReleasePayoutHoldInput!) { releasePayoutHold(input: $input) { hold { releasedAt } ${ERRORS} } }`
const REFUND = `mutation ($input: RefundTransactionInput!) { refundTransaction(input: $input) { refund { id state amount { amountMinor } revokesAccess } replayed ${ERRORS} } }`
const PREVIEW = `query ($id: ID!, $amount: BigInt) { previewRefund(transactionId: $id, amountMinor: $amount) {
  amount { amountMinor } platformFee { amountMinor } fromCreator { amountMinor } left { amountMinor } revokesAccess } }`

let server: TestServer
let world: World
let fan: Person
let admin: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  fan = await world.fan()
  await saveCard(fan)
  admin = await world.admin()
})
afterAll(async () => {
  await expectLedger(server.database)
  await server.close()
})

async function aCreator(countryCode = 'DE'): Promise<Person> {
  const creator = await provenCreator(world)
  await creator.do(ADD_ACCOUNT, {
    input: { countryCode, returnUrl: 'https://app.example.com/back', idempotencyKey: newKey() },
  })
  return creator
}

/** Earnings of eight days ago, or as old as may be after what was released: their wait is over. */
async function earn(creator: Person, amountMinor: string): Promise<void> {
  await tip(fan, creator, { amountMinor })
  await server.database.owner.query(`set session_replication_role = replica`)
  await server.database.owner.query(
    `update ledger_entries e
     set available_at = greatest(e.available_at - interval '8 days', a.released_through + interval '1 millisecond')
     from ledger_accounts a where a.id = e.account_id and a.owner_id = $1 and e.available_at > now()`,
    [creator.uuid],
  )
  await server.database.owner.query(
    `update transactions set occurred_at = occurred_at - interval '8 days', shown_at = shown_at - interval '8 days' where creator_id = $1 and occurred_at > now() - interval '1 day' and type <> 'refund'`,
    [creator.uuid],
  )
  await server.database.owner.query(`set session_replication_role = origin`)
}

const earningsOf = async (creator: Person): Promise<Record<string, string>> => {
  const { earnings } = (await creator.do(EARNINGS)).viewer
  return Object.fromEntries(
    ['pending', 'available', 'reserved', 'owed', 'inTransit'].map((name) => [name, earnings[name].amountMinor]),
  )
}
const recordsOf = async (creator: Person): Promise<any[]> =>
  (await creator.do(EARNINGS)).viewer.earnings.transactions.nodes as any[]
const request = async (creator: Person, input: Record<string, unknown> = {}): Promise<any> =>
  (await creator.request(REQUEST, { input: { idempotencyKey: newKey(), ...input } })).data?.['requestPayout']
const codes = (answer: { userErrors: { code: string }[] }): string[] => answer.userErrors.map(({ code }) => code)
const refund = async (person: Person, transactionId: string, input: Record<string, unknown> = {}): Promise<any> =>
  (
    await person.request(REFUND, {
      input: { transactionId, reason: 'A mistake.', idempotencyKey: newKey(), ...input },
    })
  ).data?.['refundTransaction']

describe('earnings', () => {
  it('wait seven days, are then available, and equal what they are made of', async () => {
    const creator = await aCreator()
    await tip(fan, creator, { amountMinor: '2500' })
    expect(await earningsOf(creator)).toMatchObject({ pending: '2000', available: '0' })
    const other = await aCreator()
    await earn(other, '2500')
    expect(await earningsOf(other)).toMatchObject({ pending: '0', available: '2000' })
    const records = await recordsOf(other)
    expect(records).toMatchObject([
      { type: 'TIP', gross: { amountMinor: '2500' }, net: { amountMinor: '2000' }, payer: { id: fan.id } },
    ])
  })

  it('tell by day and kind what the ledger has', async () => {
    const creator = await aCreator()
    await tip(fan, creator, { amountMinor: '1000' })
    await tip(fan, creator, { amountMinor: '500' })
    const today = (await server.now()).toISOString().slice(0, 10)
    const { viewer } = await creator.do(
      `query ($day: Date!) { viewer { earnings { revenue(from: $day, to: $day) { day type transactionCount gross { amountMinor } net { amountMinor } } } } }`,
      { day: today },
    )
    expect(viewer.earnings.revenue).toEqual([
      { day: today, type: 'TIP', transactionCount: 2, gross: { amountMinor: '1500' }, net: { amountMinor: '1200' } },
    ])
  })

  it('do not tell of an anonymous tip before it is shown, nor ever by whom', async () => {
    const creator = await aCreator()
    const { data } = await tip(fan, creator, { amountMinor: '1000', isAnonymous: true })
    expect(await earningsOf(creator)).toMatchObject({ pending: '0' })
    expect(await recordsOf(creator)).toEqual([])
    await server.database.owner.query(`set session_replication_role = replica`)
    await server.database.owner.query(`update transactions set shown_at = now() where creator_id = $1`, [creator.uuid])
    await server.database.owner.query(`update tips set shown_at = now() where recipient_id = $1`, [creator.uuid])
    await server.database.owner.query(`set session_replication_role = origin`)
    expect(await earningsOf(creator)).toMatchObject({ pending: '800' })
    const [record] = await recordsOf(creator)
    expect(record).toMatchObject({ type: 'TIP', payer: null })
    const { viewer } = await creator.do(
      `{ viewer { tipsReceived(first: 5) { nodes { id isAnonymous sender { id } payment { id } } } } }`,
    )
    expect(viewer.tipsReceived.nodes).toMatchObject([{ isAnonymous: true, sender: null, payment: null }])
    const payment = data?.['sendTip'].payment.id as string
    expect((await creator.do(`query ($id: ID!) { node(id: $id) { id } }`, { id: payment })).node).toBeNull()
    expect((await refund(creator, record.id)).userErrors).toEqual([])
    expect(JSON.stringify(await recordsOf(creator))).not.toContain(fan.id)
  })
})

describe('a payout', () => {
  it('sends what is available, once, and is recorded', async () => {
    const creator = await aCreator()
    await earn(creator, '5000')
    const idempotencyKey = newKey()
    expect(await request(creator, { idempotencyKey })).toMatchObject({
      payout: { state: 'PAID', amount: { amountMinor: '4000' } },
      replayed: false,
      userErrors: [],
    })
    expect(await request(creator, { idempotencyKey })).toMatchObject({ replayed: true, payout: { state: 'PAID' } })
    expect(await earningsOf(creator)).toMatchObject({ available: '0', inTransit: '0' })
    expect(await recordsOf(creator)).toMatchObject([{ type: 'PAYOUT', net: { amountMinor: '-4000' } }, { type: 'TIP' }])
  })

  it('of all there is, asked for thirty times at once, is one', async () => {
    const creator = await aCreator()
    await earn(creator, '10000')
    const answers = await Promise.all(Array.from({ length: 30 }, () => request(creator, { amountMinor: '8000' })))
    expect(answers.filter(({ payout }) => payout !== null)).toHaveLength(1)
    expect(new Set(answers.flatMap(codes))).toEqual(new Set(['INSUFFICIENT_FUNDS']))
    expect(await earningsOf(creator)).toMatchObject({ available: '0' })
  })

  it('is refused without a destination, too small, above what there is, or under a hold, which says why', async () => {
    const bare = await provenCreator(world)
    expect(codes(await request(bare))).toEqual(['PAYOUT_ACCOUNT_REQUIRED'])
    expect(codes(await request(await aCreator('NO')))).toEqual(['PAYOUT_ACCOUNT_REQUIRED'])
    const creator = await aCreator()
    await earn(creator, '1200')
    expect(codes(await request(creator))).toEqual(['PAYOUT_TOO_SMALL'])
    await earn(creator, '5000')
    expect(codes(await request(creator, { amountMinor: '999999' }))).toEqual(['INSUFFICIENT_FUNDS'])
    const { holdPayouts } = await admin.do(HOLD, {
      input: { creatorId: creator.id, reason: 'We look at a complaint.', idempotencyKey: newKey() },
    })
    expect(codes(await request(creator, { amountMinor: '2000' }))).toEqual(['PAYOUT_HELD'])
    const { viewer } = await creator.do(`{ viewer { payoutHolds { reason amount { amountMinor } } } }`)
    expect(viewer.payoutHolds).toEqual([{ reason: 'We look at a complaint.', amount: null }])
    await admin.do(RELEASE, { input: { holdId: holdPayouts.hold.id, reason: 'All is well.' } })
    expect((await request(creator, { amountMinor: '2000' })).payout.state).toBe('PAID')
  })

  it('over the limit waits for a second person, who is not its creator', async () => {
    const creator = await aCreator()
    await earn(creator, '200000')
    const { payout } = await request(creator)
    expect(payout).toMatchObject({ state: 'AWAITING_APPROVAL', amount: { amountMinor: '160000' } })
    expect(await earningsOf(creator)).toMatchObject({ available: '0', inTransit: '160000' })
    const { decidePayout } = await admin.do(DECIDE, {
      input: { payoutId: payout.id, isApproved: true, reason: 'Looked at.' },
    })
    expect(decidePayout.payout.state).toBe('PAID')
    const again = await admin.request(DECIDE, {
      input: { payoutId: payout.id, isApproved: true, reason: 'Looked at.' },
    })
    expect(codes(again.data?.['decidePayout'])).toEqual(['PAYOUT_STATE'])
  })

  it('that is not approved is the creator’s again', async () => {
    const creator = await aCreator()
    await earn(creator, '200000')
    const { payout } = await request(creator)
    await admin.do(DECIDE, { input: { payoutId: payout.id, isApproved: false, reason: 'Not like this.' } })
    expect(await earningsOf(creator)).toMatchObject({ available: '160000', inTransit: '0' })
  })

  it('whose answer is lost is sent once', async () => {
    const creator = await aCreator()
    await earn(creator, '5000')
    sandboxOf(server).faults.next('payout', 'timeout')
    expect((await request(creator)).payout.state).toBe('REQUESTED')
    await runLater(server)
    expect(await earningsOf(creator)).toMatchObject({ available: '0', inTransit: '0' })
    expect((await recordsOf(creator)).filter(({ type }) => type === 'PAYOUT')).toHaveLength(1)
  })

  it('that comes back after it had arrived is the creator’s again', async () => {
    const creator = await aCreator()
    await earn(creator, '5000')
    const { payout } = await request(creator)
    const { rows } = await server.database.owner.query(
      `select processor_reference as r from payouts where creator_id = $1`,
      [creator.uuid],
    )
    await sandboxOf(server).failPayout(rows[0].r as string)
    await server.drain()
    expect(payout.state).toBe('PAID')
    expect(await earningsOf(creator)).toMatchObject({ available: '4000' })
    expect(await recordsOf(creator)).toMatchObject([{ reason: 'PAYOUT_FAILED' }, { type: 'PAYOUT' }, { type: 'TIP' }])
  })

  it('asks for a fresh proof of identity where its destination changes', async () => {
    const creator = await aCreator()
    await server.database.owner.query(
      `update user_sessions set authenticated_at = authenticated_at - interval '10 minutes' where user_id = $1`,
      [creator.uuid],
    )
    const { errors } = await creator.request(ADD_ACCOUNT, {
      input: { countryCode: 'DE', returnUrl: 'https://app.example.com', idempotencyKey: newKey() },
    })
    expect(errors[0]?.extensions['code']).toBe('REAUTH_REQUIRED')
  })
})

describe('a refund', () => {
  it('does what its preview said, closes what was bought, and cannot be made twice', async () => {
    const creator = await aCreator()
    const { id } = await publish(creator, { priceMinor: '999' })
    await buy(fan, id as string, { amountMinor: '999', currency: 'EUR' })
    const [sale] = await recordsOf(creator)
    const { previewRefund } = await creator.do(PREVIEW, { id: sale.id })
    expect(previewRefund).toEqual({
      amount: { amountMinor: '999' },
      platformFee: { amountMinor: '200' },
      fromCreator: { amountMinor: '799' },
      left: { amountMinor: '0' },
      revokesAccess: true,
    })
    const answers = await Promise.all(Array.from({ length: 10 }, () => refund(creator, sale.id)))
    expect(answers.filter(({ refund: made }) => made !== null)).toHaveLength(1)
    expect(new Set(answers.flatMap(codes))).toEqual(new Set(['REFUND_TOO_LARGE']))
    expect(await earningsOf(creator)).toMatchObject({ pending: '0' })
    expect((await read(fan, id as string))?.['body'].__typename).toBe('LockedBody')
  })

  it('in parts gives back the whole fee, to the cent, and keeps what was bought open until the last', async () => {
    const creator = await aCreator()
    const { id } = await publish(creator, { priceMinor: '1001' })
    await buy(fan, id as string, { amountMinor: '1001', currency: 'EUR' })
    const sale = (await recordsOf(creator))[0]
    for (const amountMinor of ['333', '333']) expect(codes(await refund(creator, sale.id, { amountMinor }))).toEqual([])
    expect((await read(fan, id as string))?.['body'].__typename).toBe('UnlockedBody')
    expect(codes(await refund(creator, sale.id, { amountMinor: '336' }))).toEqual(['REFUND_TOO_LARGE'])
    expect(codes(await refund(creator, sale.id))).toEqual([])
    const sums = (await recordsOf(creator)).reduce(
      (sum: bigint[], { gross, platformFee, net }) =>
        [gross, platformFee, net].map(({ amountMinor }, place) => (sum[place] ?? 0n) + BigInt(amountMinor)),
      [0n, 0n, 0n],
    )
    expect(sums).toEqual([0n, 0n, 0n])
  })

  it('after the money was paid out leaves a debt, which later earnings pay first', async () => {
    const creator = await aCreator()
    await earn(creator, '5000')
    const [sale] = await recordsOf(creator)
    await request(creator)
    expect(codes(await refund(admin, sale.id))).toEqual([])
    expect(await earningsOf(creator)).toMatchObject({ available: '0', owed: '4000' })
    await earn(creator, '6000')
    expect(await earningsOf(creator)).toMatchObject({ available: '800', owed: '0' })
  })

  it('or a lost dispute after the money was paid out closes what was bought, and is owed rather than below zero', async () => {
    const creator = await aCreator()
    const { id } = await publish(creator, { priceMinor: '5000' })
    await buy(fan, id as string, { amountMinor: '5000', currency: 'EUR' })
    await ageSales(server, 8)
    expect((await request(creator)).payout).toMatchObject({ state: 'PAID', amount: { amountMinor: '4000' } })
    const dispute = await sandboxOf(server).openDispute(await chargeOf(server, fan))
    await server.drain()
    expect(await earningsOf(creator)).toMatchObject({ available: '0', owed: '4000' })
    await sandboxOf(server).closeDispute(dispute, 'LOST')
    await server.drain()
    expect(await earningsOf(creator)).toMatchObject({ available: '0', owed: '4000' })
    expect((await read(fan, id as string))?.['body'].__typename).toBe('LockedBody')
    expect(codes(await request(creator, { amountMinor: '1000' }))).toEqual(['INSUFFICIENT_FUNDS'])
  })

  it('of a disputed sale, of another’s, or of what is no sale is refused', async () => {
    const creator = await aCreator()
    await tip(fan, creator, { amountMinor: '1000' })
    const [sale] = await recordsOf(creator)
    expect(codes(await refund(await aCreator(), sale.id))).toEqual(['NODE_NOT_FOUND'])
    expect(codes(await refund(await world.moderator(), sale.id))).toEqual(['NODE_NOT_FOUND'])
    const { rows } = await server.database.owner.query(
      `select processor_reference as r from transactions where creator_id = $1`,
      [creator.uuid],
    )
    const dispute = await sandboxOf(server).openDispute(rows[0].r as string)
    await server.drain()
    expect(codes(await refund(creator, sale.id))).toEqual(['REFUND_OF_DISPUTED'])
    await sandboxOf(server).closeDispute(dispute, 'WON')
    await server.drain()
    expect(codes(await refund(creator, sale.id))).toEqual([])
    const back = (await recordsOf(creator)).find(({ reason }) => reason === 'REFUND')
    expect(codes(await refund(creator, back.id))).toEqual(['NOT_A_SALE'])
  })
})

it('leaves every account of the ledger with the sum of its entries', async () => {
  const { rows } = await server.database.owner.query(
    `select a.kind from ledger_accounts a left join ledger_entries e on e.account_id = a.id
     group by a.id having a.balance_minor <> coalesce(sum(e.amount_minor), 0) or a.entry_count <> count(e.id)`,
  )
  expect(rows).toEqual([])
  const all = Object.values(await balances(server)).reduce((sum, balance) => sum + balance, 0)
  expect(all).toBe(0)
})
