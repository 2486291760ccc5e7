import fc from 'fast-check'
import { expect } from 'vitest'
import { globalId, parseGlobalId } from '../../src/lib/ids.js'
import { deliverSandboxEventsJob } from '../../src/processors/types.js'
import { publish } from '../content/posts.js'
import { CANCEL, DAY, RESUME, SUBSCRIBE, age, memberCreator, offersOf } from '../subscriptions/members.js'
import type { Answer } from '../support/client.js'
import { ledgerProblems, processorProblems } from '../support/ledger.js'
import type { TestServer } from '../support/server.js'
import { makeWorld, staySignedIn } from '../support/world.js'
import type { Person } from '../support/world.js'
import { GRACE, MONTHLY, PAYOUT_LIMIT, PAYOUT_MINIMUM, endOf, isHeld, leftOf } from './books.js'
import type { Books, Membership } from './books.js'
import { tell } from './histories.js'
import { ageSales, buy, newKey, runLater, sandboxOf, saveCard, tip, topUp } from './paying.js'

const PRICE = 999
const FANS = 2
const CREATORS = 2

/** The cards that each fan has, by what they do. */
const CARDS = {
  good: 'pm_card_visa',
  slow: 'pm_card_processing',
  asks: 'pm_card_authenticationRequired',
  bad: 'pm_card_chargeCustomerFail',
  'sends refunds back': 'pm_card_refundFail',
  'refunds slowly': 'pm_card_pendingRefund',
} as const
type Card = keyof typeof CARDS
type Source = Card | 'wallet'

const ACCOUNT = `mutation ($input: AddPayoutAccountInput!) { addPayoutAccount(input: $input) { userErrors { code } } }`
const REFUND = `mutation ($input: RefundTransactionInput!) {
  refundTransaction(input: $input) { refund { id } replayed userErrors { code } } }`
const REQUEST = `mutation ($input: RequestPayoutInput!) {
  requestPayout(input: $input) { payout { id } replayed userErrors { code } } }`
const DECIDE = `mutation ($input: DecidePayoutInput!) { decidePayout(input: $input) { payout { id } userErrors { code } } }`
const EARNINGS = `{ viewer { earnings {
  pending { amountMinor } available { amountMinor } owed { amountMinor } inTransit { amountMinor } } } }`
const OPEN = `query ($sold: ID!, $forSubscribers: ID!) {
  sold: content(id: $sold) { viewerAccess { isOpen } } forSubscribers: content(id: $forSubscribers) { viewerAccess { isOpen } } }`

/** A mutation that was accepted, to be asked for again: as it was, or as another one under the same key. */
interface Call {
  readonly root: string
  readonly again: (isOther: boolean) => Promise<Answer<any>>
}

/** The stage: people, what they own, and everything that they did. */
export interface Stage {
  readonly server: TestServer
  readonly fans: readonly { readonly person: Person; readonly cards: Readonly<Record<Card, string>> }[]
  readonly creators: readonly {
    readonly person: Person
    readonly posts: { readonly sold: string; readonly forSubscribers: string }
    readonly offer: { readonly id: string; readonly price: { readonly amountMinor: string } }
  }[]
  readonly admin: Person
  readonly calls: Call[]
  /** The entries that were read last, and what they say: none of them may change or go. */
  seen: { readonly through: string; readonly digest: string }
  /** Whether others act at the same time: then what comes of a command cannot be foretold. */
  isShared: boolean
}

const NOTHING_SEEN = { through: '0', digest: '' }
/** Messages come twice and late all the time. */
const LOOSE_POST = { duplicate: 0.2, reorder: 0.2 }

export async function setStage(server: TestServer): Promise<Stage> {
  const world = makeWorld(server)
  const fans = []
  for (let n = 0; n < FANS; n += 1) {
    const person = await world.fan()
    const cards: Record<string, string> = {}
    for (const [name, token] of Object.entries(CARDS)) cards[name] = await saveCard(person, token)
    fans.push({ person, cards: cards as Record<Card, string> })
  }
  const creators = []
  for (let n = 0; n < CREATORS; n += 1) {
    const person = await memberCreator(world)
    const input = { countryCode: 'DE', returnUrl: 'https://app.example.com/back', idempotencyKey: newKey() }
    await person.do(ACCOUNT, { input })
    const sold = (await publish(person, { priceMinor: String(PRICE) }))['id'] as string
    const forSubscribers = (await publish(person, { visibility: 'SUBSCRIBERS' }))['id'] as string
    const offer = (await offersOf(person)).find(({ type }) => type === 'MONTHLY')
    creators.push({ person, posts: { sold, forSubscribers }, offer })
  }
  await server.drain()
  return { server, fans, creators, admin: await world.admin(), calls: [], seen: NOTHING_SEEN, isShared: false }
}

/** Empties the books, as before anybody paid; people, cards, posts and destinations stay. */
export async function clearStage(stage: Stage): Promise<void> {
  const { server, fans, creators, admin } = stage
  stage.calls.length = 0
  stage.seen = NOTHING_SEEN
  sandboxOf(server).faults.set(LOOSE_POST)
  const tables = [
    'ledger_entries',
    'ledger_accounts',
    'journal_transactions',
    'revenue_analytics',
    'entitlement_grants',
    'refunds',
    'disputes',
    'payouts',
    'finance_cases',
    'tips',
    'purchases',
    'subscription_periods',
    'subscriptions',
    'transactions',
    'payment_intents',
    'idempotency_records',
    'webhook_events',
    'sandbox_events',
    'rate_limits',
  ]
  await server.database.owner.query(`
    begin;
    set local session_replication_role = replica;
    ${tables.map((name) => `delete from ${name}`).join(';')};
    delete from sandbox_objects where kind in ('charge', 'refund', 'dispute', 'payout');
    delete from graphile_worker._private_jobs;
    commit`)
  for (const person of [admin, ...fans.map((fan) => fan.person), ...creators.map((each) => each.person)])
    await staySignedIn(server, person)
}

/** Lets everything come to its end that is under way, and what is told late be told. */
export async function settle({ server }: Stage): Promise<void> {
  const { owner } = server.database
  await runLater(server)
  for (;;) {
    const { rowCount } = await owner.query(
      `update sandbox_events set due_at = now() where delivered_at is null and dropped_at is null`,
    )
    if (rowCount === 0) return
    await owner.query(`select graphile_worker.add_job($1, '{}')`, [deliverSandboxEventsJob])
    await runLater(server)
  }
}

const rowsOf = async <Row>({ server }: Stage, sql: string, values: unknown[] = []): Promise<Row[]> =>
  (await server.database.owner.query(sql, values)).rows as Row[]
const nowOf = async ({ server }: Stage): Promise<number> => (await server.now()).getTime()
const pick = <T>(all: readonly T[], n: number): T | undefined => all[n % Math.max(1, all.length)]
const uuidOf = (id: string): string => parseGlobalId(id)!.uuid

/** Replays what is dead: where many let time pass at once, a message can be tried for the last time before its turn came. */
export async function replayDead(stage: Stage): Promise<void> {
  for (const { id } of await rowsOf<{ id: string }>(
    stage,
    `select id::text as id from webhook_events where state = 'dead' order by id`,
  ))
    await stage.admin.do(
      `mutation ($input: ReplayWebhookEventInput!) { replayWebhookEvent(input: $input) { userErrors { code } } }`,
      { input: { webhookEventId: globalId('WebhookEvent', id) } },
    )
  await settle(stage)
}

/** What a mutation answered: its payload, and the code with which it was refused. */
interface Said {
  readonly code: string | null
  readonly payload: any
}

/** Asks for a mutation; one that was accepted is kept, to be asked for again. */
async function ask(stage: Stage, root: string, again: Call['again']): Promise<Said> {
  const { data, errors } = await again(false)
  expect(errors).toEqual([])
  const payload = data?.[root]
  const code = (payload.userErrors[0]?.code ?? null) as string | null
  if (code === null || code === 'PAYMENT_DECLINED') stage.calls.push({ root, again })
  return { code, payload }
}

/** What befalls a call of the processor; where the payer's bank asks them, `decline` is their no. */
const MISHAPS = ['none', 'none', 'none', 'timeout', 'refuse', 'decline'] as const
type Mishap = (typeof MISHAPS)[number]

/** Lets a mishap befall the next call, for as long as `work` takes. */
async function befalling<T>(
  { server, isShared }: Stage,
  operation: 'charge' | 'payout',
  mishap: Mishap,
  work: () => Promise<T>,
): Promise<T> {
  const { faults } = sandboxOf(server)
  if (mishap !== 'none') faults.next(operation, mishap)
  const done = await work()
  // what was not called for does not befall the next one
  if (!isShared) faults.set(LOOSE_POST)
  return done
}

interface Paying {
  readonly fan: number
  readonly source: Source
  readonly mishap: Mishap
}
interface Paid extends Said {
  readonly paymentId: string | null
}

/** Pays, whatever befalls it, and waits for what comes of it. */
async function pay(stage: Stage, paying: Paying, root: string, again: Call['again']): Promise<Paid> {
  const { source, mishap } = paying
  const asks = source === 'asks'
  const said = await befalling(stage, 'charge', asks || source === 'wallet' ? 'none' : mishap, () =>
    ask(stage, root, again),
  )
  const payment = said.payload.payment as { id: string; state: string } | null
  if (!payment) return { ...said, paymentId: null }
  const paymentId = uuidOf(payment.id)
  if (payment.state === 'REQUIRES_ACTION') {
    const [{ reference }] = (await rowsOf<{ reference: string }>(
      stage,
      `select processor_reference as reference from payment_intents where id = $1`,
      [paymentId],
    )) as [{ reference: string }]
    await sandboxOf(stage.server).confirmAction(reference, mishap === 'decline' ? 'fail' : 'succeed')
  }
  await settle(stage)
  return { ...said, paymentId }
}

const payWith = ({ fans }: Stage, { fan, source }: Paying) =>
  source === 'wallet'
    ? { useWallet: true }
    : { paymentMethodId: fans[fan]!.cards[source], returnUrl: 'https://app.example.com/back' }

/** Whether the money comes in the end; expects the refusal that there must be. */
function isPaid(books: Books, { fan, source, mishap }: Paying, amount: number, { code, payload }: Paid): boolean {
  if (source === 'wallet') {
    const isThere = books.wallets[fan]! >= amount
    expect(code).toBe(isThere ? null : 'INSUFFICIENT_FUNDS')
    return isThere
  }
  const comes = source !== 'bad' && mishap !== 'decline'
  // only who was answered at once learns it at once
  if (comes || mishap === 'timeout' || mishap === 'refuse' || source === 'asks') expect(code).toBeNull()
  else expect(code).toBe('PAYMENT_DECLINED')
  expect(payload.payment).not.toBeNull()
  return comes
}

/** Something that is done, and what must come of it. */
interface Step<Args, Outcome> {
  readonly act: (stage: Stage, args: Args) => Promise<Outcome | null>
  readonly foretell: (books: Books, args: Args, outcome: Outcome, stage: Stage) => void
  /** Whether it moves what is there in time: nothing else may be under way then. */
  readonly isAlone?: boolean
}

/** A command of the model: `run` is for one at a time, `act` alone for many at once. */
export class Command<Args, Outcome> implements fc.AsyncCommand<Books, Stage> {
  readonly #name: string
  readonly #args: Args
  readonly #step: Step<Args, Outcome>

  constructor(name: string, args: Args, step: Step<Args, Outcome>) {
    this.#name = name
    this.#args = args
    this.#step = step
  }

  get isAlone(): boolean {
    return this.#step.isAlone ?? false
  }

  check(): boolean {
    return true
  }

  async run(books: Books, stage: Stage): Promise<void> {
    const outcome = await this.#step.act(stage, this.#args)
    if (outcome !== null) this.#step.foretell(books, this.#args, outcome, stage)
    await checkBooks(stage)
    await compare(books, stage)
  }

  /** Does it while others do theirs: what comes of it nobody knows, but it must not fail. */
  async act(stage: Stage): Promise<void> {
    await this.#step.act(stage, this.#args)
  }

  toString(): string {
    return `${this.#name}(${JSON.stringify(this.#args)})`
  }
}

type AnyCommand = Command<unknown, unknown>

/** A kind of command: drawn, or one in particular. */
const command = <Args, Outcome>(name: string, args: fc.Arbitrary<Args>, step: Step<Args, Outcome>) => {
  const of = (drawn: Args): AnyCommand => new Command(name, drawn, step) as AnyCommand
  return { of, arbitrary: args.map(of) }
}

const aFan = fc.nat(FANS - 1)
const aCreator = fc.nat(CREATORS - 1)
const any = fc.nat(99)
const aCard = fc.constantFrom<Card>('good', 'good', 'slow', 'asks', 'bad', 'sends refunds back', 'refunds slowly')
const aSource = fc.oneof({ weight: 3, arbitrary: aCard }, { weight: 1, arbitrary: fc.constant<Source>('wallet') })
const aMishap = fc.constantFrom(...MISHAPS)

const tips = command(
  'tip',
  fc.record({
    fan: aFan,
    creator: aCreator,
    amount: fc.oneof(fc.integer({ min: 100, max: 9_999 }), fc.integer({ min: 10_000, max: 90_000 })),
    source: aSource,
    mishap: aMishap,
  }),
  {
    act: (stage, args) => {
      const { creators, fans } = stage
      const idempotencyKey = newKey()
      return pay(stage, args, 'sendTip', (isOther) =>
        tip(fans[args.fan]!.person, creators[args.creator]!.person, {
          amountMinor: String(args.amount + (isOther ? 1 : 0)),
          payWith: payWith(stage, args),
          idempotencyKey,
        }),
      )
    },
    foretell: (books, args, paid) => {
      const { fan, creator, amount: gross, source } = args
      if (isPaid(books, args, gross, paid))
        books.sell(paid.paymentId!, { kind: 'tip', fan, creator, gross, isFromWallet: source === 'wallet' })
    },
  },
)

const purchases = command('buy', fc.record({ fan: aFan, creator: aCreator, source: aSource, mishap: aMishap }), {
  act: (stage, args) => {
    const idempotencyKey = newKey()
    const { sold } = stage.creators[args.creator]!.posts
    return pay(stage, args, 'purchaseContent', (isOther) =>
      buy(
        stage.fans[args.fan]!.person,
        sold,
        { amountMinor: String(PRICE + (isOther ? 1 : 0)), currency: 'EUR' },
        { payWith: payWith(stage, args), idempotencyKey },
      ),
    )
  },
  foretell: (books, args, paid) => {
    const { fan, creator, source } = args
    if (books.purchaseOf(fan, creator)) expect(paid.code).toBe('ALREADY_PURCHASED')
    else if (isPaid(books, args, PRICE, paid))
      books.sell(paid.paymentId!, { kind: 'post', fan, creator, gross: PRICE, isFromWallet: source === 'wallet' })
  },
})

const topUps = command(
  'top up',
  fc.record({ fan: aFan, amount: fc.integer({ min: 500, max: 20_000 }), source: aCard, mishap: aMishap }),
  {
    act: (stage, args) => {
      const idempotencyKey = newKey()
      return pay(stage, args, 'topUpWallet', (isOther) =>
        topUp(stage.fans[args.fan]!.person, String(args.amount + (isOther ? 1 : 0)), 'EUR', {
          payWith: payWith(stage, args),
          idempotencyKey,
        }),
      )
    },
    foretell: (books, args, paid) => {
      if (isPaid(books, args, args.amount, paid)) books.topUp(args.fan, args.amount)
    },
  },
)

interface Subscribed extends Paid {
  readonly subscription: { readonly id: string; readonly anchor: Date } | null
}
/** Whose bank asks the payer, who is not there at renewals, is another matter. */
const aLastingSource = aSource.filter((source) => source !== 'asks')
const subscribes = command(
  'subscribe',
  fc.record({ fan: aFan, creator: aCreator, source: aLastingSource, mishap: aMishap }),
  {
    act: async (stage, args): Promise<Subscribed> => {
      const idempotencyKey = newKey()
      const { id: offerId, price } = stage.creators[args.creator]!.offer
      const paid = await pay(stage, args, 'subscribe', (isOther) => {
        const expectedPrice = { amountMinor: isOther ? '1' : price.amountMinor, currency: 'EUR' }
        const input = { offerId, expectedPrice, payWith: payWith(stage, args), idempotencyKey }
        return stage.fans[args.fan]!.person.request(SUBSCRIBE, { input })
      })
      const [subscription = null] = await rowsOf<{ id: string; anchor: Date }>(
        stage,
        `select s.id::text as id, s.anchor_at as anchor from subscriptions s
         join subscription_periods p on p.subscription_id = s.id where p.payment_intent_id = $1`,
        [paid.paymentId],
      )
      return { ...paid, subscription }
    },
    foretell: (books, args, paid) => {
      const { fan, creator, source } = args
      if (books.membershipOf(fan, creator)) expect(paid.code).toBe('ALREADY_SUBSCRIBED')
      else if (isPaid(books, args, MONTHLY, paid)) {
        const { id, anchor } = paid.subscription!
        const membership: Membership = {
          id,
          fan,
          creator,
          anchor: anchor.getTime(),
          number: 0,
          isCancelled: false,
          endedBy: null,
          periods: [],
        }
        books.memberships.push(membership)
        books.begin(paid.paymentId!, membership, source === 'wallet')
      }
    },
  },
)

const cancellations = command(
  'cancel or resume',
  fc.record({ fan: aFan, creator: aCreator, isCancelled: fc.boolean() }),
  {
    act: async (stage, { fan, creator, isCancelled }) => {
      const { person } = stage.fans[fan]!
      const [live] = await rowsOf<{ id: string }>(
        stage,
        `select id::text as id from subscriptions where subscriber_id = $1 and creator_id = $2 and ended_at is null`,
        [person.uuid, stage.creators[creator]!.person.uuid],
      )
      if (!live) return null
      const id = globalId('CreatorSubscription', live.id)
      const { data, errors } = await person.request(isCancelled ? CANCEL : RESUME, { id })
      expect(errors).toEqual([])
      await settle(stage)
      const { userErrors } = Object.values(data ?? {})[0]
      return { code: userErrors[0]?.code ?? null, now: await nowOf(stage) }
    },
    foretell: (books, { fan, creator, isCancelled }, { code, now }) => {
      expect(code).toBeNull()
      const membership = books.membershipOf(fan, creator)!
      books.setCancelled(membership, isCancelled)
      // what waits for the end of a dispute is past its period
      if (isCancelled && endOf(membership) <= now) books.expire(membership)
    },
  },
)

interface SaleRow {
  readonly id: string
  readonly paymentId: string
  readonly gross: string
  readonly creatorId: string
}
const salesOf = (stage: Stage): Promise<SaleRow[]> =>
  rowsOf<SaleRow>(
    stage,
    `select id::text as id, payment_intent_id::text as "paymentId", gross_amount::text as gross, creator_id::text as "creatorId"
     from transactions where reverses_id is null and status = 'succeeded' and type <> 'payout' order by occurred_at, id`,
  )

/** A refund that will come back waits for its command. */
const holdBack = ({ server }: Stage): Promise<unknown> =>
  server.database.owner.query(
    `update sandbox_objects set settles_at = 'infinity' where kind = 'refund' and state = 'SUCCEEDED' and settles_at is not null`,
  )

const PORTIONS = { all: null, half: 2, third: 3, 'too much': 0.5 } as const
const refunds = command(
  'refund',
  fc.record({
    sale: any,
    portion: fc.constantFrom<keyof typeof PORTIONS>('all', 'half', 'half', 'third', 'third', 'too much'),
    revokesAccess: fc.boolean(),
    isByAdmin: fc.boolean(),
  }),
  {
    act: async (stage, { sale: n, portion, revokesAccess, isByAdmin }) => {
      const sale = pick(await salesOf(stage), n)
      if (!sale) return null
      const creator = stage.creators.find(({ person }) => person.uuid === sale.creatorId)!
      const part = PORTIONS[portion]
      const amount = part === null ? null : Math.floor(Number(sale.gross) / part)
      const input = {
        transactionId: globalId('Transaction', sale.id),
        revokesAccess,
        ...(amount !== null && { amountMinor: String(amount) }),
        idempotencyKey: newKey(),
      }
      const said = await ask(stage, 'refundTransaction', (isOther) =>
        (isByAdmin ? stage.admin : creator.person).request(REFUND, {
          input: { ...input, reason: isOther ? 'Another.' : 'A mistake.' },
        }),
      )
      await holdBack(stage)
      await settle(stage)
      return { ...said, paymentId: sale.paymentId, amount, now: await nowOf(stage) }
    },
    foretell: (books, { revokesAccess }, { code, payload, paymentId, amount, now }) => {
      const sale = books.sales.get(paymentId)!
      const left = leftOf(sale)
      if (isHeld(sale)) expect(code).toBe('REFUND_OF_DISPUTED')
      else if (left === 0 || (amount ?? left) > left) expect(code).toBe('REFUND_TOO_LARGE')
      else {
        expect(code).toBeNull()
        const refundId = uuidOf(payload.refund.id as string)
        books.refund(refundId, sale, amount ?? left, revokesAccess)
        // of what the bank took back the processor gives nothing back
        const isRefused = !sale.isFromWallet && sale.disputes.some(({ state }) => state === 'lost')
        if (isRefused) books.comeBack(refundId, sale, now)
      }
    },
  },
)

interface ChargeRow {
  readonly reference: string
  readonly paymentId: string
  readonly left: string
}
/** What the processor would give back, or let somebody dispute. */
const chargesOf = (stage: Stage): Promise<ChargeRow[]> =>
  rowsOf<ChargeRow>(
    stage,
    `select o.id as reference, p.id::text as "paymentId", (p.captured_minor - coalesce(back.amount, 0))::text as left
     from sandbox_objects o join payment_intents p on p.processor_reference = o.id
     left join lateral (
       select sum((r.data -> 'amount' ->> 'amountMinor')::bigint) as amount from sandbox_objects r
       where r.parent_id = o.id and r.kind = 'refund' and r.state <> 'FAILED'
     ) back on true
     where o.kind = 'charge' and o.state = 'SUCCEEDED' and p.state = 'succeeded' and p.purpose <> 'wallet_top_up'
       and p.captured_minor > coalesce(back.amount, 0) and not exists (
         select from sandbox_objects d where d.parent_id = o.id and d.kind = 'dispute' and d.state <> 'WON')
     order by o.created_at, o.id`,
  )

/** What the bank does behind everybody's back; at the same time as others' doings it may come too late. */
async function atBank<T>({ isShared }: Stage, work: () => Promise<T>): Promise<T | null> {
  if (!isShared) return work()
  return work().catch(() => null)
}

const deskRefunds = command('refund at the processor', fc.record({ charge: any, part: fc.constantFrom(1, 2) }), {
  act: async (stage, { charge: n, part }) => {
    const charge = pick(await chargesOf(stage), n)
    if (!charge) return null
    const amount = Math.ceil(Number(charge.left) / part)
    const made = await atBank(stage, () => sandboxOf(stage.server).refundAtProcessor(charge.reference, BigInt(amount)))
    await holdBack(stage)
    await settle(stage)
    const [refund] = await rowsOf<{ id: string }>(
      stage,
      `select id::text as id from refunds where processor_reference = $1`,
      [made?.reference],
    )
    return { paymentId: charge.paymentId, amount, refundId: refund?.id }
  },
  foretell: (books, _args, { paymentId, amount, refundId }) => {
    expect(refundId).toBeDefined()
    books.refund(refundId!, books.sales.get(paymentId)!, amount, false)
  },
})

const returns = command('a refund comes back', fc.record({ refund: any }), {
  act: async (stage, { refund: n }) => {
    const held = await rowsOf<{ id: string; refundId: string; paymentId: string }>(
      stage,
      `select o.id, r.id::text as "refundId", r.payment_intent_id::text as "paymentId"
       from sandbox_objects o join refunds r on r.processor_reference = o.id
       where o.kind = 'refund' and o.settles_at = 'infinity' order by o.created_at, o.id`,
    )
    const refund = pick(held, n)
    if (!refund) return null
    await rowsOf(stage, `update sandbox_objects set settles_at = now() where id = $1`, [refund.id])
    await rowsOf(stage, `select graphile_worker.add_job($1, '{}')`, [deliverSandboxEventsJob])
    await settle(stage)
    return { ...refund, now: await nowOf(stage) }
  },
  foretell: (books, _args, { refundId, paymentId, now }) => {
    books.comeBack(refundId, books.sales.get(paymentId)!, now)
  },
})

const disputes = command('dispute', fc.record({ charge: any, part: fc.constantFrom(1, 1, 2) }), {
  act: async (stage, { charge: n, part }) => {
    const charge = pick(await chargesOf(stage), n)
    if (!charge) return null
    const amount = Math.ceil(Number(charge.left) / part)
    await atBank(stage, () => sandboxOf(stage.server).openDispute(charge.reference, { amountMinor: BigInt(amount) }))
    await settle(stage)
    return { paymentId: charge.paymentId, amount }
  },
  foretell: (books, _args, { paymentId, amount }) => {
    books.openDispute(books.sales.get(paymentId)!, amount)
  },
})

const verdicts = command('decide a dispute', fc.record({ dispute: any, verdict: fc.constantFrom('WON', 'LOST') }), {
  act: async (stage, { dispute: n, verdict }) => {
    const open = await rowsOf<{ id: string; paymentId: string }>(
      stage,
      `select d.id, p.id::text as "paymentId" from sandbox_objects d join payment_intents p on p.processor_reference = d.parent_id
       where d.kind = 'dispute' and d.state = 'OPEN' order by d.created_at, d.id`,
    )
    const dispute = pick(open, n)
    if (!dispute) return null
    await atBank(stage, () => sandboxOf(stage.server).closeDispute(dispute.id, verdict))
    await settle(stage)
    return dispute
  },
  foretell: (books, { verdict }, { paymentId }) => {
    books.closeDispute(books.sales.get(paymentId)!, verdict === 'WON' ? 'won' : 'lost')
  },
})

const payouts = command(
  'ask for a payout',
  fc.record({
    creator: aCreator,
    amount: fc.oneof(fc.constant(null), fc.integer({ min: 900, max: 5_000 }), fc.constant(99_999_999)),
    mishap: aMishap,
  }),
  {
    act: async (stage, { creator, amount, mishap }) => {
      const idempotencyKey = newKey()
      const said = await befalling(stage, 'payout', mishap, () =>
        ask(stage, 'requestPayout', (isOther) => {
          const asked = isOther ? 1_234 : amount
          const input = { ...(asked !== null && { amountMinor: String(asked) }), idempotencyKey }
          return stage.creators[creator]!.person.request(REQUEST, { input })
        }),
      )
      await settle(stage)
      return said
    },
    foretell: (books, { creator, amount: asked, mishap }, { code, payload }) => {
      const available = Math.max(0, books.earningsOf(creator).due)
      const amount = asked ?? available
      if (amount > available) expect(code).toBe('INSUFFICIENT_FUNDS')
      else if (amount < PAYOUT_MINIMUM) expect(code).toBe('PAYOUT_TOO_SMALL')
      else {
        expect(code).toBeNull()
        const state = amount > PAYOUT_LIMIT ? 'waits' : mishap === 'decline' ? 'returned' : 'paid'
        books.payouts.set(uuidOf(payload.payout.id as string), { creator, amount, state })
      }
    },
  },
)

const decisions = command('decide a payout', fc.record({ payout: any, isApproved: fc.boolean() }), {
  act: async (stage, { payout: n, isApproved }) => {
    const waiting = await rowsOf<{ id: string }>(
      stage,
      `select id::text as id from payouts where state = 'awaiting_approval' order by created_at, id`,
    )
    const payout = pick(waiting, n)
    if (!payout) return null
    const { data, errors } = await stage.admin.request(DECIDE, {
      input: { payoutId: globalId('Payout', payout.id), isApproved, reason: 'Looked at.' },
    })
    expect(errors).toEqual([])
    await settle(stage)
    return { id: payout.id, code: data?.['decidePayout'].userErrors[0]?.code ?? null }
  },
  foretell: (books, { isApproved }, { id, code }) => {
    expect(code).toBeNull()
    books.payouts.get(id)!.state = isApproved ? 'paid' : 'returned'
  },
})

const bounces = command('a payout comes back', fc.record({ payout: any }), {
  act: async (stage, { payout: n }) => {
    const paid = await rowsOf<{ id: string; reference: string }>(
      stage,
      `select id::text as id, processor_reference as reference from payouts where state = 'paid' order by created_at, id`,
    )
    const payout = pick(paid, n)
    if (!payout) return null
    await atBank(stage, () => sandboxOf(stage.server).failPayout(payout.reference))
    await settle(stage)
    return payout
  },
  foretell: (books, _args, { id }) => {
    books.payouts.get(id)!.state = 'returned'
  },
})

const nothing = (): void => undefined

const retries = command('ask again', fc.record({ call: any, isOther: fc.boolean() }), {
  act: async (stage, { call: n, isOther }) => {
    const call = pick(stage.calls, n)
    if (!call) return null
    const { data, errors } = await call.again(isOther)
    expect(errors).toEqual([])
    const { replayed, userErrors } = data[call.root]
    if (isOther) expect(userErrors[0]).toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
    else expect(replayed).toBe(true)
    await settle(stage)
    return null
  },
  foretell: nothing,
})

const messages = command('tell a message again', fc.record({ message: any }), {
  act: async (stage, { message: n }) => {
    const told = await rowsOf<{ type: string; body: string }>(
      stage,
      `select type, payload::text as body from sandbox_events where delivered_at is not null order by id`,
    )
    const message = pick(told, n)
    if (!message) return null
    expect(await tell(stage.server, message)).toBe(200)
    await settle(stage)
    return null
  },
  foretell: nothing,
})

interface PeriodRow {
  readonly subscriptionId: string
  readonly number: number
  readonly paymentId: string
}
const waits = command('wait', fc.record({ days: fc.constantFrom(8, 8, 31) }), {
  isAlone: true,
  act: async (stage, { days }) => {
    await ageSales(stage.server, days)
    for (const { person } of stage.fans) await age(stage.server, person, days * DAY)
    // two who look at once renew once
    await rowsOf(stage, `select graphile_worker.add_job('subscriptions.renew_due', '{}') from generate_series(1, 2)`)
    await settle(stage)
    return {
      now: await nowOf(stage),
      periods: await rowsOf<PeriodRow>(
        stage,
        `select subscription_id::text as "subscriptionId", period_number as number, payment_intent_id::text as "paymentId"
         from subscription_periods where state = 'paid'`,
      ),
    }
  },
  foretell: (books, { days }, { now, periods }) => {
    books.wait(days)
    for (const membership of books.memberships)
      while (!membership.endedBy && endOf(membership) <= now) {
        const number = membership.number + 1
        const next = periods.find((each) => each.subscriptionId === membership.id && each.number === number)
        const isDisputed = isHeld(membership.periods.at(-1)!)
        if (!membership.isCancelled && isDisputed && endOf(membership) + GRACE > now) break
        if (membership.isCancelled || isDisputed) books.expire(membership)
        else {
          expect(next, `month ${String(number)} of ${membership.id}`).toBeDefined()
          books.begin(next!.paymentId, membership, false)
        }
      }
  },
})

/** A run of exactly `length` commands. */
export const commands = (length: number): fc.Arbitrary<AnyCommand[]> =>
  fc.array(
    fc.oneof(
      { weight: 8, arbitrary: tips.arbitrary },
      { weight: 6, arbitrary: purchases.arbitrary },
      { weight: 3, arbitrary: topUps.arbitrary },
      { weight: 4, arbitrary: subscribes.arbitrary },
      { weight: 2, arbitrary: cancellations.arbitrary },
      { weight: 8, arbitrary: refunds.arbitrary },
      { weight: 3, arbitrary: deskRefunds.arbitrary },
      { weight: 4, arbitrary: returns.arbitrary },
      { weight: 5, arbitrary: disputes.arbitrary },
      { weight: 4, arbitrary: verdicts.arbitrary },
      { weight: 5, arbitrary: payouts.arbitrary },
      { weight: 2, arbitrary: decisions.arbitrary },
      { weight: 2, arbitrary: bounces.arbitrary },
      { weight: 4, arbitrary: retries.arbitrary },
      { weight: 3, arbitrary: messages.arbitrary },
      { weight: 5, arbitrary: waits.arbitrary },
    ),
    { minLength: length, maxLength: length },
  )

const anAction = { fan: 0, creator: 0, mishap: 'none' } as const
const aReturn = { sale: 0, portion: 'all', revokesAccess: false, isByAdmin: false } as const
const comesBack = returns.of({ refund: 0 })

/** Histories that ended otherwise once than the model says, by what happens in them. */
export const KEPT: readonly (readonly [string, readonly AnyCommand[]])[] = [
  [
    'a refund that comes back of a post that was bought again',
    [
      purchases.of({ ...anAction, source: 'sends refunds back' }),
      refunds.of(aReturn),
      purchases.of({ ...anAction, source: 'good' }),
      comesBack,
    ],
  ],
  [
    'a part that comes back after a dispute of the rest was lost',
    [
      purchases.of({ ...anAction, source: 'sends refunds back' }),
      refunds.of({ ...aReturn, portion: 'half' }),
      disputes.of({ charge: 0, part: 1 }),
      verdicts.of({ dispute: 0, verdict: 'LOST' }),
      comesBack,
    ],
  ],
  [
    'a part that comes back of what another refund closed',
    [
      purchases.of({ ...anAction, source: 'sends refunds back' }),
      refunds.of({ ...aReturn, portion: 'third' }),
      refunds.of({ ...aReturn, portion: 'third', revokesAccess: true }),
      comesBack,
    ],
  ],
  [
    'the rest that comes back of what another refund closed on purpose, and then that one',
    [
      purchases.of({ ...anAction, source: 'sends refunds back' }),
      refunds.of({ ...aReturn, portion: 'third', revokesAccess: true }),
      refunds.of(aReturn),
      returns.of({ refund: 1 }),
      comesBack,
    ],
  ],
  [
    'the rest of a month that comes back of what another refund closed on purpose, and then that one',
    [
      subscribes.of({ ...anAction, source: 'sends refunds back' }),
      refunds.of({ ...aReturn, portion: 'third', revokesAccess: true }),
      refunds.of(aReturn),
      returns.of({ refund: 1 }),
      comesBack,
      waits.of({ days: 8 }),
    ],
  ],
  [
    'a part that comes back after the rest went back without a word about access',
    [
      purchases.of({ ...anAction, source: 'sends refunds back' }),
      refunds.of({ ...aReturn, portion: 'half' }),
      refunds.of(aReturn),
      comesBack,
    ],
  ],
  [
    'the refund of a month that comes back when the month is over',
    [
      subscribes.of({ ...anAction, source: 'sends refunds back' }),
      refunds.of(aReturn),
      waits.of({ days: 31 }),
      comesBack,
      waits.of({ days: 8 }),
    ],
  ],
  [
    'the refund of an earlier month that comes back when a later one was given back too',
    [
      subscribes.of({ ...anAction, source: 'sends refunds back' }),
      waits.of({ days: 31 }),
      refunds.of(aReturn),
      refunds.of({ ...aReturn, sale: 1 }),
      comesBack,
      waits.of({ days: 31 }),
    ],
  ],
]

/** What holds whoever did what: the books add up, equal the processor's, and lose nothing that was written. */
export async function checkBooks(stage: Stage): Promise<void> {
  expect(await ledgerProblems(stage.server.database)).toEqual([])
  expect(await processorProblems(stage.server.database)).toEqual([])
  const [kept] = await rowsOf<{ digest: string }>(stage, DIGEST, [stage.seen.through])
  expect(kept!.digest).toBe(stage.seen.digest)
  const [all] = await rowsOf<{ through: string; digest: string }>(stage, DIGEST, [MAX_BIGINT])
  stage.seen = all!
}

const MAX_BIGINT = '9223372036854775807'
const DIGEST = `
  select coalesce(max(id), 0)::text as through,
    coalesce(md5(string_agg(concat_ws(':', id, journal_transaction_id, account_id, amount_minor, currency), ',' order by id)), '') as digest
  from ledger_entries where id <= $1`

/** What the API and the ledger say, and what the model does. */
async function compare(books: Books, stage: Stage): Promise<void> {
  const { fans, creators } = stage
  const found: Record<string, number> = {}
  const rows = await rowsOf<{ kind: string; owner: string | null; balance: string }>(
    stage,
    `select kind::text as kind, owner_id::text as owner, balance_minor::text as balance from ledger_accounts`,
  )
  const balanceOf = (kind: string, owner: string | null): number =>
    Number(rows.find((row) => row.kind === kind && row.owner === owner)?.balance ?? 0)
  for (const kind of ['platform_fees', 'processor_fees', 'processor_clearing', 'dispute_held'])
    found[kind] = balanceOf(kind, null)
  for (const [n, { person }] of fans.entries()) found[`wallet of ${String(n)}`] = balanceOf('wallet', person.uuid)
  for (const [n, { person }] of creators.entries()) {
    const { earnings } = (await person.do(EARNINGS)).viewer
    for (const name of ['pending', 'available', 'owed', 'inTransit'])
      found[`${name} of ${String(n)}`] = Number(earnings[name].amountMinor)
  }
  const cases = await rowsOf(stage, `select from finance_cases where reference like 'paid-twice:%'`)
  found['cases of what was paid twice'] = cases.length
  expect(found).toEqual(books.balances())
  const now = await nowOf(stage)
  for (const [fan, { person }] of fans.entries())
    for (const [creator, { posts }] of creators.entries()) {
      const { sold, forSubscribers } = await person.do(OPEN, posts)
      expect({
        fan,
        creator,
        sold: sold.viewerAccess.isOpen,
        forSubscribers: forSubscribers.viewerAccess.isOpen,
      }).toEqual({ fan, creator, ...books.opens(fan, creator, now) })
    }
}
