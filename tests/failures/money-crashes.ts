import { afterAll, beforeAll, expect, it } from 'vitest'
import { globalId } from '../../src/lib/ids.js'
import { provenCreator, publish } from '../content/posts.js'
import { ageSales, newKey, runLater, saveCard, tip, topUp } from '../payments/paying.js'
import { UPDATE_OFFER, offersOf } from '../subscriptions/members.js'
import { ledgerProblems, processorProblems } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld, staySignedIn } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { CRASH_SEED, killedServer } from './crashes.js'
import type { Call } from './crashes.js'

const PAID = 'payment { state } replayed userErrors { code }'
const SEND_TIP = `mutation ($input: SendTipInput!) { sendTip(input: $input) { ${PAID} } }`
const PURCHASE = `mutation ($input: PurchaseContentInput!) { purchaseContent(input: $input) { ${PAID} } }`
const SUBSCRIBE = `mutation ($input: SubscribeInput!) { subscribe(input: $input) { ${PAID} } }`
const REFUND = `mutation ($input: RefundTransactionInput!) { refundTransaction(input: $input) { refund { id } replayed userErrors { code } } }`
const REQUEST = `mutation ($input: RequestPayoutInput!) { requestPayout(input: $input) { payout { id } replayed userErrors { code } } }`
const ACCOUNT = `mutation ($input: AddPayoutAccountInput!) { addPayoutAccount(input: $input) { userErrors { code } } }`

const TIP_MINOR = 700
const PRICE_MINOR = 900
const MONTH_MINOR = 500
const PAYOUT_MINOR = 1_000

/** What of each kind is under way when a server is killed. */
interface Share {
  readonly tips: number
  readonly fromWallet: number
  readonly purchases: number
  readonly subscriptions: number
  readonly refunds: number
  readonly payouts: number
}

/** A creator who sells a post and months, and has somewhere to be paid out to. */
interface Shop {
  readonly creator: Person
  readonly contentId: string
  readonly offer: { readonly id: string; readonly price: unknown }
}

async function openShop(world: World): Promise<Shop> {
  const creator = await provenCreator(world)
  await creator.do(UPDATE_OFFER, { input: { monthlyPriceMinor: String(MONTH_MINOR) } })
  await creator.do(ACCOUNT, {
    input: { countryCode: 'DE', returnUrl: 'https://app.example.com/back', idempotencyKey: newKey() },
  })
  const { id: contentId } = await publish(creator, { priceMinor: String(PRICE_MINOR) })
  const [offer] = await offersOf(creator)
  return { creator, contentId: contentId as string, offer }
}

/** The tests of a server that is killed while money moves, `rounds` times with this much under way. */
export function testMoneyCrashes(rounds: number, share: Share): void {
  const perRound = Object.values<number>({ ...share }).reduce((sum, n) => sum + n, 0)
  const killed = killedServer()
  let beside: TestServer
  let fans: Person[]
  let shops: Shop[]
  beforeAll(async () => {
    // makes people and what they have; what moves their money is killed
    beside = await startServer({ database: killed.database, config: { costBudget: 10_000_000 } })
    const world = makeWorld(beside)
    fans = []
    for (let n = 0; n < Math.max(share.tips, share.fromWallet, share.purchases, share.subscriptions); n += 1) {
      const fan = await world.fan()
      await saveCard(fan)
      if (n < share.fromWallet) await topUp(fan, String(rounds * TIP_MINOR))
      fans.push(fan)
    }
    shops = []
    for (let n = 0; n < rounds; n += 1) shops.push(await openShop(world))
  }, 120_000)
  afterAll(() => beside.close())

  const as = ({ token, ip }: Person): Call['headers'] => ({ authorization: `Bearer ${token}`, 'x-forwarded-for': ip })

  /** Everything that a round has under way, about a creator of its own, whose earlier sales are due. */
  async function callsOf({ creator, contentId, offer }: Shop): Promise<Call[]> {
    for (const person of [creator, ...fans]) await staySignedIn(beside, person)
    // who gives in each round would give too often
    await beside.database.owner.query('delete from rate_limits')
    const [giver] = fans
    // four fifths of it are the creator's
    await tip(giver!, creator, { amountMinor: String(share.payouts * PAYOUT_MINOR * 2) })
    await ageSales(beside, 8)
    for (let n = 0; n < share.refunds; n += 1) await tip(giver!, creator, { amountMinor: String(TIP_MINOR) })
    const { rows: sales } = await beside.database.owner.query<{ id: string }>(
      `select id::text as id from transactions where creator_id = $1 and gross_amount = $2 order by id`,
      [creator.uuid, TIP_MINOR],
    )
    const call = (person: Person, document: string, input: Record<string, unknown>): Call => ({
      document,
      input: { ...input, idempotencyKey: newKey() },
      headers: as(person),
    })
    const given = { creatorId: creator.id, amountMinor: String(TIP_MINOR), currency: 'EUR' }
    const price = { amountMinor: String(PRICE_MINOR), currency: 'EUR' }
    const calls = [
      ...fans.slice(0, share.tips).map((fan) => call(fan, SEND_TIP, given)),
      ...fans.slice(0, share.fromWallet).map((fan) => call(fan, SEND_TIP, { ...given, payWith: { useWallet: true } })),
      ...fans.slice(0, share.purchases).map((fan) => call(fan, PURCHASE, { contentId, expectedPrice: price })),
      ...fans
        .slice(0, share.subscriptions)
        .map((fan) => call(fan, SUBSCRIBE, { offerId: offer.id, expectedPrice: offer.price })),
      ...sales.map(({ id }) =>
        call(creator, REFUND, { transactionId: globalId('Transaction', id), reason: 'A mistake.' }),
      ),
      ...Array.from({ length: share.payouts }, () => call(creator, REQUEST, { amountMinor: String(PAYOUT_MINOR) })),
    ]
    // all kinds are under way at whichever moment
    return calls
      .map((each, n) => ({ each, place: (n * 7) % calls.length }))
      .sort((a, b) => a.place - b.place)
      .map(({ each }) => each)
  }

  /** What is under way comes to its end, also what the killed worker had begun. */
  async function settle(): Promise<void> {
    const { owner } = killed.database
    await owner.query(`update worker_heartbeats set beat_at = beat_at - interval '31 seconds' where stopped_at is null`)
    await owner.query(
      `update graphile_worker._private_jobs set locked_at = null, locked_by = null where locked_at < now() - interval '31 seconds'`,
    )
    await runLater(beside)
  }

  it(
    `is neither lost nor moved twice, and a retry under the same key moves it once (${String(rounds)} × ${String(perRound)}, CRASH_SEED=${String(CRASH_SEED)})`,
    { timeout: 120_000 + rounds * 120_000 },
    async () => {
      let url = await killed.start()
      let inTime = 0
      let calls: Call[] = []
      for (const [index, shop] of shops.entries()) {
        const round = index + 1
        calls = await callsOf(shop)
        expect(calls).toHaveLength(perRound)
        const outcome = await killed.killAmid(url, {
          number: round,
          calls,
          withinMs: perRound * 25,
          check: async () => {
            expect(await ledgerProblems(killed.database)).toEqual([])
          },
        })
        url = outcome.url
        inTime += outcome.inTime
        await settle()
        expect(await ledgerProblems(killed.database)).toEqual([])
        expect(await processorProblems(killed.database)).toEqual([])
        expect(await moved()).toEqual(wanted(round))
      }
      expect(inTime, 'everything was done before anything was killed').toBeLessThan(rounds * perRound)

      const { document, input, headers } = calls.find((call) => call.document === SEND_TIP)!
      const mismatch = await killed.send(url, { document, headers, input: { ...input, amountMinor: '701' } })
      expect(mismatch?.data?.sendTip).toMatchObject({ payment: null, userErrors: [{ code: 'IDEMPOTENCY_MISMATCH' }] })
      expect(await moved()).toEqual(wanted(rounds))
    },
  )

  /** How much of each kind succeeded, and what it came to. */
  async function moved(): Promise<Record<string, string>> {
    const { rows } = await killed.database.owner.query<{ what: string; amount: string }>(
      `select concat_ws(' ', type, reason) as what, concat(count(*), ' of ', sum(gross_amount)) as amount from transactions
       where status = 'succeeded' and gross_amount <> $1 group by type, reason`,
      [share.payouts * PAYOUT_MINOR * 2],
    )
    return Object.fromEntries(rows.map(({ what, amount }) => [what, amount]))
  }

  function wanted(round: number): Record<string, string> {
    const of = (each: number, amount: number): string => `${String(each * round)} of ${String(each * round * amount)}`
    return {
      tip: of(share.tips + share.fromWallet + share.refunds, TIP_MINOR),
      content_purchase: of(share.purchases, PRICE_MINOR),
      subscription: of(share.subscriptions, MONTH_MINOR),
      'refund refund': of(share.refunds, -TIP_MINOR),
      payout: of(share.payouts, -PAYOUT_MINOR),
    }
  }
}
