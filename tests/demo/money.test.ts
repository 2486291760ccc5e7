import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoDeeds } from '../../src/demo/money.js'
import { demoWorks } from '../../src/demo/reactions.js'
import { DEMO_PASSWORD, seedDemo } from '../../src/demo/seed.js'
import { demoFollows, demoPeople } from '../../src/demo/world.js'
import { DAY_MS, machineNow } from '../../src/lib/clock.js'
import type { PaymentServices, Purpose } from '../../src/payments/types.js'
import { request } from '../support/client.js'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'

let server: TestServer
const said: string[] = []
const tokens = new Map<string, string>()
beforeAll(async () => {
  server = await startServer()
  await seedDemo(server.database, {
    payments: server.services.payments,
    say: (line) => said.push(line),
  })
  for (const who of ['fan', 'creator', 'admin']) tokens.set(who, await signIn(who))
}, 180_000)
afterAll(async () => {
  await expectLedger(server.database)
  await server.close()
})

async function signIn(who: string): Promise<string> {
  const login = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }'
  const input = { email: `${who}@example.com`, password: DEMO_PASSWORD }
  const { data } = await request<{ login: { accessToken: string } }, unknown>(server.url, login, { input })
  return data?.login.accessToken ?? ''
}

async function ask(who: string, query: string, variables: object = {}): Promise<any> {
  const headers = { authorization: `Bearer ${tokens.get(who) ?? ''}` }
  const { data, errors } = await request<any, unknown>(server.url, query, variables, headers)
  expect(errors).toEqual([])
  return data
}

/** All nodes of one of the viewer's lists, `earnings.transactions` or the like. */
async function listed(who: string, path: string, fields: string): Promise<any[]> {
  const nodes: any[] = []
  const [list = '', ...around] = path.split('.').reverse()
  const asking = around.reduce(
    (inner, field) => `${field} { ${inner} }`,
    `list: ${list}(first: 100, after: $after) { nodes { ${fields} } pageInfo { hasNextPage endCursor } }`,
  )
  for (let after: string | null = null; ;) {
    const { viewer } = await ask(who, `query ($after: String) { viewer { ${asking} } }`, { after })
    const page = around.reduceRight((answer, field) => answer[field], viewer).list
    nodes.push(...page.nodes)
    if (!page.pageInfo.hasNextPage) return nodes
    after = page.pageInfo.endCursor as string
  }
}

const rowsOf = async <Row extends object>({ database }: TestServer, sql: string): Promise<Row[]> =>
  (await database.owner.query<Row>(sql)).rows

/** What the journal alone says of somebody, in one currency: the sums of entries, and of those that are payable by now. */
async function journalOf(username: string, currency: string): Promise<Record<string, string>> {
  const [row] = await rowsOf<Record<string, string>>(
    server,
    `with mine as (
       select a.kind::text as kind, e.amount_minor as amount, e.available_at, a.released_through
       from ledger_entries e join ledger_accounts a on a.id = e.account_id join users u on u.id = a.owner_id
       where u.username = '${username}' and a.currency = '${currency}'
     ), due as (
       select coalesce(sum(amount), 0) as amount from mine
       where kind = 'creator_pending' and available_at <= now() and (released_through is null or available_at > released_through)
     )
     select (coalesce(sum(amount) filter (where kind = 'creator_pending'), 0) - (select amount from due))::text as pending,
       (coalesce(sum(amount) filter (where kind = 'creator_available'), 0) + (select amount from due))::text as available,
       coalesce(-sum(amount) filter (where kind = 'creator_receivable'), 0)::text as owed,
       coalesce(sum(amount) filter (where kind = 'payout_in_transit'), 0)::text as "inTransit",
       coalesce(sum(amount) filter (where kind = 'wallet'), 0)::text as wallet
     from mine`,
  )
  return row ?? {}
}

const sum = (amounts: readonly string[]): string =>
  amounts.reduce((total, amount) => total + BigInt(amount), 0n).toString()

const EARNINGS = `{ viewer { earnings {
  pending { amountMinor currency } available { amountMinor } owed { amountMinor } inTransit { amountMinor } } } }`

describe('the creator who can sign in', () => {
  it('has earned what the journal says, some of it payable and some of it not yet', async () => {
    const { earnings } = (await ask('creator', EARNINGS)).viewer
    const { currency } = earnings.pending
    const journal = await journalOf('cleo', currency)
    expect({
      pending: earnings.pending.amountMinor,
      available: earnings.available.amountMinor,
      owed: earnings.owed.amountMinor,
      inTransit: earnings.inTransit.amountMinor,
      wallet: '0',
    }).toEqual(journal)
    expect(Number(journal['pending'])).toBeGreaterThan(0)
    expect(Number(journal['available'])).toBeGreaterThan(0)
  })

  it('sees of each kind what the journal gave for it, and the sum is what there is and what was paid out', async () => {
    const earned = await listed('creator', 'earnings.transactions', 'type net { amountMinor }')
    const kinds = new Map<string, string[]>()
    for (const { type, net } of earned) kinds.set(type, [...(kinds.get(type) ?? []), net.amountMinor])
    const journal = await rowsOf<{ type: string; net: string }>(
      server,
      `select upper(t.type::text) as type, sum(e.amount_minor)::text as net
       from transactions t join journal_transactions j on j.transaction_id = t.id
       join ledger_entries e on e.journal_transaction_id = j.id join ledger_accounts a on a.id = e.account_id
       join users u on u.id = a.owner_id
       where u.username = 'cleo' and a.kind in ('creator_pending', 'creator_available', 'creator_receivable', 'payout_in_transit')
       group by 1 order by 1`,
    )
    expect(
      [...kinds].map(([type, nets]) => ({ type, net: sum(nets) })).sort((a, b) => (a.type < b.type ? -1 : 1)),
    ).toEqual(journal)
    expect(journal.map(({ type }) => type)).toEqual([
      'CONTENT_PURCHASE',
      'MESSAGE_PURCHASE',
      'PAYOUT',
      'REFUND',
      'SUBSCRIPTION',
      'TIP',
    ])
    const { earnings } = (await ask('creator', EARNINGS)).viewer
    expect(sum(earned.map(({ net }) => net.amountMinor))).toBe(
      sum([earnings.pending.amountMinor, earnings.available.amountMinor]),
    )
  })

  it('has two payouts to a verified account, each of all there was', async () => {
    const payouts = await listed('creator', 'payouts', 'state amount { amountMinor } settledAt')
    expect(payouts.map(({ state }) => state)).toEqual(['PAID', 'PAID'])
    const rows = await rowsOf<{ amount: string }>(
      server,
      `select (-sum(e.amount_minor))::text as amount
       from ledger_entries e join ledger_accounts a on a.id = e.account_id
       join journal_transactions j on j.id = e.journal_transaction_id join users u on u.id = a.owner_id
       where u.username = 'cleo' and a.kind = 'creator_available' and j.kind = 'payout'`,
    )
    expect(sum(payouts.map(({ amount }) => amount.amountMinor))).toBe(rows[0]?.amount)
    const { payoutAccounts } = (await ask('creator', '{ viewer { payoutAccounts { state isDefault } } }')).viewer
    expect(payoutAccounts).toEqual([{ state: 'VERIFIED', isDefault: true }])
  })

  it('has subscribers of every fate, and an offer of every kind', async () => {
    const subscribers = await listed('creator', 'subscribers', 'status type subscriber { username }')
    expect(subscribers.length).toBeGreaterThanOrEqual(15)
    expect(new Set(subscribers.map(({ type }) => type))).toEqual(new Set(['MONTHLY', 'YEARLY', 'LIFETIME']))
    expect(subscribers.map(({ subscriber }) => subscriber.username)).toContain('fay')
    const fates = await rowsOf<{ fate: string }>(
      server,
      `select concat_ws(' ', s.status, s.payment_health, s.ended_reason) as fate
       from subscriptions s join users u on u.id = s.creator_id where u.username = 'cleo' group by 1 order by 1`,
    )
    expect(fates.map(({ fate }) => fate)).toEqual([
      'active grace',
      'active healthy',
      'active retrying',
      'cancelled healthy',
      'expired exhausted payment_failed',
      'expired grace payment_failed',
      'expired healthy period_ended',
    ])
    const { user } = await ask('fan', '{ user(username: "cleo") { subscriptionOffers { type months } } }')
    expect(user.subscriptionOffers).toEqual([
      { type: 'MONTHLY', months: 1 },
      { type: 'MONTHLY', months: 3 },
      { type: 'YEARLY', months: 12 },
      { type: 'LIFETIME', months: null },
    ])
  })

  it('has had tips with and without words and names, refunds whole and in part, and a dispute', async () => {
    const tips = await listed('creator', 'tipsReceived', 'isAnonymous message sender { username } state')
    expect(tips.length).toBeGreaterThanOrEqual(20)
    for (const isAnonymous of [true, false]) {
      const some = tips.filter((tip) => tip.isAnonymous === isAnonymous)
      expect(some.some(({ message }) => message === null)).toBe(true)
      expect(some.some(({ message }) => message !== null)).toBe(true)
      expect(some.every(({ sender }) => (sender === null) === isAnonymous)).toBe(true)
    }
    const returned = await rowsOf<{ state: string; isWhole: boolean }>(
      server,
      `select r.state::text as state, r.amount_minor = p.captured_minor as "isWhole"
       from refunds r join payment_intents p on p.id = r.payment_intent_id order by 2`,
    )
    expect(returned).toEqual([
      { state: 'succeeded', isWhole: false },
      { state: 'succeeded', isWhole: true },
    ])
    const disputes = await rowsOf<{ state: string; isAhead: boolean }>(
      server,
      `select state::text as state, evidence_due_at > now() as "isAhead" from disputes`,
    )
    expect(disputes).toEqual([{ state: 'open', isAhead: true }])
  })
})

describe('the fan who can sign in', () => {
  it('has a card, money in a wallet, a subscription, a purchase and tips, and they are what the books say', async () => {
    const { viewer } = await ask(
      'fan',
      `{ viewer { paymentMethods { brand isDefault } wallets { balance { amountMinor currency } } } }`,
    )
    expect(viewer.paymentMethods).toEqual([{ brand: 'mastercard', isDefault: true }])
    const [{ balance }] = viewer.wallets
    expect(balance.amountMinor).toBe((await journalOf('fay', balance.currency))['wallet'])
    expect(Number(balance.amountMinor)).toBeGreaterThan(0)
    const subscriptions = await listed('fan', 'subscriptions', 'status willRenew creator { username }')
    expect(subscriptions.length).toBe(2)
    for (const subscription of subscriptions) expect(subscription).toMatchObject({ status: 'ACTIVE', willRenew: true })
    expect(await listed('fan', 'purchases', 'state')).toEqual([{ state: 'PAID' }, { state: 'PAID' }])
    expect(await listed('fan', 'tipsSent', 'state')).toHaveLength(2)
    const paid = await listed('fan', 'transactions', 'type status gross { amountMinor currency } payer { username }')
    const journal = await rowsOf<{ paid: string }>(
      server,
      `select sum(e.amount_minor)::text as paid
       from transactions t join journal_transactions j on j.transaction_id = t.id
       join ledger_entries e on e.journal_transaction_id = j.id join ledger_accounts a on a.id = e.account_id
       join users u on u.id = t.payer_id
       where u.username = 'fay' and a.kind in ('creator_pending', 'platform_fees')`,
    )
    expect(sum(paid.map(({ gross }) => gross.amountMinor))).toBe(journal[0]?.paid)
  })
})

/** What was written and read, and what was shown to whom: nothing of it is chance. */
const TALK = `select u.username as who, m.created_at as at, m.body, m.teaser, m.price_minor::text as price, m.purchased_at as bought,
    m.opened_at as opened, p.read_sequence::text as read, p.unread_count as unread, p.pinned_at as pinned, p.archived_at as archived
  from messages m join users u on u.id = m.sender_id
  join conversation_participants p on p.conversation_id = m.conversation_id and p.user_id = m.sender_id
  order by at, who, body, read, unread`
const STREAMS = `select c.title, s.state::text as state, s.scheduled_at, s.started_at, s.ended_at, s.peak_viewers, s.current_viewers,
    s.total_viewers, s.watch_seconds::text as watched, s.delivered_seconds, s.last_chat_sequence::text as lines
  from live_streams s join content c on c.id = s.content_id order by c.title`
const VISITS =
  'select user_id, joined_at, present_until, left_at, duration_seconds, chat_count from stream_access order by 1, 2'

/** What was paid, by whom and when: nothing of it is chance. */
const HISTORY = `select t.type::text as type, t.status::text as status, t.reason::text as reason, t.gross_amount::text as gross,
    t.platform_fee::text as fee, t.currency::text as currency, t.payer_id as payer, t.creator_id as creator, t.occurred_at as at
  from transactions t order by at, payer, creator, type, gross`

const COUNTS = `select (select count(*) from journal_transactions)::int as journal, (select count(*) from payment_intents)::int as payments,
    (select count(*) from outbox_events where request_id = 'demo-money')::int as events, (select count(*) from sandbox_objects)::int as objects,
    (select count(*) from entitlement_grants)::int as grants, (select count(*) from webhook_events)::int as messages,
    (select count(*) from messages)::int as letters, (select count(*) from conversation_events)::int as told,
    (select count(*) from live_streams)::int as streams, (select count(*) from stream_access)::int as visits,
    (select count(*) from stream_chat_messages)::int as lines, (select count(*) from notifications)::int as notices, (select count(*) from audit_logs where request_id = 'demo-money')::int as trail`

describe('what was written', () => {
  it('is counted as the messages say, and each side has read as far as it answered', async () => {
    const wrong = await rowsOf(
      server,
      `select c.id from conversations c where c.last_sequence <> (select count(*) from messages m where m.conversation_id = c.id)
         or c.last_event_sequence <> (select max(sequence) from conversation_events e where e.conversation_id = c.id)
         or c.last_message_at <> (select max(created_at) from messages m where m.conversation_id = c.id)
       union all
       select p.id from conversation_participants p where p.unread_count <> (
         select count(*) from messages m
         where m.conversation_id = p.conversation_id and m.sender_id <> p.user_id and m.sequence > p.read_sequence)
       union all
       select p.id from conversation_participants p where p.read_sequence < (
         select coalesce(max(sequence), 0) from messages m where m.conversation_id = p.conversation_id and m.sender_id = p.user_id
           and m.mass_message_id is null)`,
    )
    expect(wrong).toEqual([])
    const conversations = await listed('creator', 'conversations', 'unreadCount lastMessage { isOwn }')
    const waiting = conversations.filter(({ lastMessage }) => !lastMessage.isOwn)
    expect(waiting.map(({ unreadCount }) => unreadCount)).toEqual([2, 1, 1])
  })

  it('reached every subscriber of the time once, and nobody else', async () => {
    const [mass] = await listed('creator', 'massMessages', 'state sentCount recipientCount')
    const reached = await rowsOf<{ once: boolean; subscribed: boolean }>(
      server,
      `select distinct count(*) over (partition by c.fan_id) = 1 as once, exists (
         select from subscriptions s where s.subscriber_id = c.fan_id and s.creator_id = c.creator_id and s.started_at < m.created_at
           and (s.ended_at is null or s.ended_at > m.created_at)) as subscribed
       from messages m join conversations c on c.id = m.conversation_id where m.mass_message_id is not null`,
    )
    expect(reached).toEqual([{ once: true, subscribed: true }])
    expect(mass).toMatchObject({ state: 'SENT', sentCount: mass.recipientCount })
    expect(mass.sentCount).toBeGreaterThan(5)
  })
})

describe('what was shown', () => {
  it('has figures that the visits bear out', async () => {
    const [over] = await rowsOf(
      server,
      `select s.total_viewers - count(distinct a.user_id)::int as viewers, s.watch_seconds - floor(sum(extract(epoch from a.left_at - a.joined_at)))::bigint as watched,
         bool_and(a.left_at <= s.ended_at) as "areGone", sum(a.chat_count)::int - (
           select count(*) from stream_chat_messages l where l.stream_id = s.id and l.author_id <> s.creator_id)::int as lines
       from live_streams s join stream_access a on a.stream_id = s.id where s.state = 'ended' group by s.id`,
    )
    expect(over).toEqual({ viewers: 0, watched: '0', areGone: true, lines: 0 })
    const [live] = await rowsOf(
      server,
      `select s.current_viewers - count(*)::int as off, s.peak_viewers - count(*)::int as "peakOff" from live_streams s
       join stream_access a on a.stream_id = s.id and a.left_at is null and a.present_until > now() where s.state = 'live' group by s.id`,
    )
    expect(live).toEqual({ off: 0, peakOff: 0 })
  })
})

describe('the past of money', () => {
  it('is told while it is played', () => {
    expect(said[0]).toMatch(/^playing what happened: 0 of \d+$/)
    expect(said.length).toBeGreaterThan(1)
  })

  it('is the same on every day but for the day', () => {
    const [one, other] = [20_000, 20_100].map((day) => {
      const today = new Date(day * DAY_MS)
      const people = demoPeople(today)
      const follows = demoFollows(people, today)
      return demoDeeds({ people, follows, works: demoWorks(people, follows, today) }, today).map(({ kind, at }) => [
        kind,
        today.getTime() - at.getTime() > 0,
      ])
    })
    expect(one?.length).toBe(other?.length)
    expect(one?.every(([, isPast]) => isPast)).toBe(true)
    expect(other?.every(([, isPast]) => isPast)).toBe(true)
  })

  it('is in the past, in the partitions of its months', async () => {
    const [row] = await rowsOf<{ first: Date; isAhead: boolean }>(
      server,
      `select min(occurred_at) as first, max(occurred_at) > now() as "isAhead" from transactions`,
    )
    expect(row?.isAhead).toBe(false)
    const days = (machineNow().getTime() - (row?.first.getTime() ?? 0)) / DAY_MS
    expect(days).toBeGreaterThan(150)
    const [strays] = await rowsOf(
      server,
      `select (select count(*) from audit_logs_default)::int as trail, (select count(*) from revenue_analytics_default)::int as revenue`,
    )
    expect(strays).toEqual({ trail: 0, revenue: 0 })
  })

  it('is not played again', async () => {
    const before = await rowsOf(server, COUNTS)
    expect(await seedDemo(server.database, { payments: server.services.payments })).toBe(false)
    expect(await rowsOf(server, COUNTS)).toEqual(before)
  })

  it('leaves nothing to be done or told when workers start', async () => {
    expect(await rowsOf(server, `select task_identifier from graphile_worker.jobs where run_at <= now()`)).toEqual([])
    expect(
      await rowsOf(server, `select id from outbox_events where dispatched_at is null and request_id = 'demo-money'`),
    ).toEqual([])
    expect(await rowsOf(server, `select id from sandbox_events where delivered_at is null`)).toEqual([])
    const open = `select id from payment_intents where settled_at is null union all select id from webhook_events
      where state <> 'processed' union all select id from finance_cases`
    expect(await rowsOf(server, open)).toEqual([])
    const before = await rowsOf(server, COUNTS)
    for (const job of ['subscriptions.renew_due', 'processors.deliver_sandbox_events', 'finance.reconcile'])
      await server.database.owner.query('select graphile_worker.add_job($1)', [job])
    await server.drain()
    expect(await rowsOf(server, COUNTS)).toEqual(before)
    expect(await rowsOf(server, open)).toEqual([])
    expect(existsSync(server.mails.folder)).toBe(false)
  })

  it('is played to its end after crashes, by one of two that start at once, as if there had been none', async () => {
    const other = await startServer()
    const { payments } = other.services
    // after the processor charged, and before its answer is written: a renewal, a tip, a message, and a post
    const crashes = [
      crashing(payments, 'RENEWAL', 9),
      crashing(payments, 'TIP', 7),
      crashing(payments, 'MESSAGE_PURCHASE', 1),
      crashing(payments, 'CONTENT_PURCHASE', 8),
    ]
    for (const services of crashes) await expect(seedDemo(other.database, { payments: services })).rejects.toThrow()
    const starts = await Promise.all([0, 1].map(() => seedDemo(other.database, { payments })))
    expect(starts.sort()).toEqual([false, true])
    for (const sql of [HISTORY, TALK, STREAMS, VISITS])
      expect(await rowsOf(other, sql)).toEqual(await rowsOf(server, sql))
    expect(await rowsOf(other, COUNTS)).toEqual(await rowsOf(server, COUNTS))
    await expectLedger(other.database)
    await other.close()
  }, 180_000)
})

describe('what is on air', () => {
  it('stays on air when workers start, and lets the chat go on', async () => {
    for (const job of ['streams.settle_due', 'streams.interrupt_silent'])
      await server.database.owner.query('select graphile_worker.add_job($1)', [job])
    await server.drain()
    const { liveStreams } = await ask(
      'fan',
      '{ liveStreams { nodes { id state chatLines(last: 1) { nodes { sequence } } } } }',
    )
    expect(liveStreams.nodes).toMatchObject([{ state: 'LIVE' }])
    const [{ id }] = liveStreams.nodes
    const joined = await ask(
      'fan',
      'mutation ($id: ID!) { joinStream(input: { streamId: $id }) { stream { viewerCount } userErrors { code } } }',
      { id },
    )
    expect(joined.joinStream).toEqual({ stream: { viewerCount: 15 }, userErrors: [] })
    const said = await ask(
      'fan',
      'mutation ($id: ID!) { sendStreamChat(input: { streamId: $id, text: "Hello!" }) { line { sequence } userErrors { code } } }',
      { id },
    )
    expect(said.sendStreamChat).toEqual({ line: { sequence: '8' }, userErrors: [] })
  })
})

/** Services of a process that ends when somebody's money for this purpose came for the `count`th time. */
function crashing(
  payments: PaymentServices,
  name: 'RENEWAL' | 'TIP' | 'CONTENT_PURCHASE' | 'MESSAGE_PURCHASE',
  count: number,
): PaymentServices {
  const purpose = payments.purposes[name] as Purpose
  let left = count
  const paid: Purpose['paid'] = (...given) => {
    if ((left -= 1) === 0) throw new Error('the power is gone')
    return purpose.paid(...given)
  }
  return { ...payments, purposes: { ...payments.purposes, [name]: { ...purpose, paid } } }
}
