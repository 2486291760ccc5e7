import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { getNamedType } from 'graphql'
import { globalId } from '../../src/lib/ids.js'
import { served } from '../../src/served.js'
import { provenCreator, publish } from '../content/posts.js'
import { chargeOf, newKey, runLater, sandboxOf, saveCard, tip } from '../payments/paying.js'
import { selectAll } from '../security/canaries.js'
import { UPDATE_OFFER, offersOf } from '../subscriptions/members.js'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'

/** What a tip left behind, as a creator might have found out its ids. */
interface Traces {
  readonly tip: string
  readonly payment: string
  readonly transaction: string
  readonly giver: Person
  /** The instants at which it was given, as the API would write them. */
  readonly times: readonly string[]
}

let server: TestServer
let world: World
let creator: Person
let post: string
let giver: Person
const names = new Map<Person, string>()

beforeAll(async () => {
  server = await startServer({ config: { costBudget: 10_000_000 } })
  world = makeWorld(server)
  creator = await provenCreator(world)
  post = (await publish(creator, { title: 'Bread' }))['id'] as string
  await creator.do(
    `mutation { createWebhookEndpoint(input: { url: "https://tools.example.org", eventTypes: [] }) { endpoint { id } userErrors { code } } }`,
  )
  await creator.do(
    `mutation ($input: UpdateNotificationPreferencesInput!) { updateNotificationPreferences(input: $input) { userErrors { code } } }`,
    { input: { preferences: [{ type: 'TIP', channel: 'EMAIL', isEnabled: true }] } },
  )
  giver = await aGiver()
})
afterAll(async () => {
  await expectLedger(server.database)
  await server.close()
})

async function aGiver(): Promise<Person> {
  const displayName = `Canary ${String(names.size)}.`
  const person = await world.fan({ displayName })
  names.set(person, displayName)
  await saveCard(person)
  return person
}

const rows = async <Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> =>
  (await server.database.owner.query<Row>(text, values)).rows

/** Gives the creator something, anonymously, for the post. */
async function give(from: Person, amountMinor = '500'): Promise<Traces> {
  const { data } = await tip(from, creator, { amountMinor, isAnonymous: true, message: 'Well done.', contentId: post })
  const id = data?.['sendTip'].tip.id as string
  const [row] = await rows<{ transaction: string; times: Date[] }>(
    `select t.id as transaction, array[p.created_at, p.paid_at, t.occurred_at, i.created_at, i.settled_at] as times
     from tips p join transactions t on t.tip_id = p.id join payment_intents i on i.id = p.payment_intent_id
     where p.sender_id = $1 order by p.created_at desc limit 1`,
    [from.uuid],
  )
  return {
    tip: id,
    payment: data?.['sendTip'].payment.id as string,
    transaction: globalId('Transaction', row!.transaction),
    giver: from,
    times: row!.times.map((time) => time.toISOString()),
  }
}

/** Lets so much time pass that what was given before is shown. */
async function pass(): Promise<void> {
  await server.database.owner.query(`set session_replication_role = replica`)
  for (const change of [
    `transactions set shown_at = shown_at - interval '16 minutes', occurred_at = occurred_at - interval '16 minutes'`,
    `tips set shown_at = shown_at - interval '16 minutes', paid_at = paid_at - interval '16 minutes', created_at = created_at - interval '16 minutes'`,
    `refunds set created_at = created_at - interval '16 minutes'`,
    `ledger_entries set available_at = available_at - interval '16 minutes' where available_at is not null`,
  ])
    await server.database.owner.query(`update ${change}`)
  await server.database.owner.query(`set session_replication_role = origin`)
  await runLater(server)
}

/** What a creator is answered, without the request's own number. */
const asked = async (document: string, variables: Record<string, unknown> = {}): Promise<unknown> => {
  const { data, errors } = await creator.request(document, variables)
  // a question that cannot be asked would be answered alike whatever happened
  const isVain = ({ extensions }: (typeof errors)[number]): boolean =>
    /VALIDATION|PARSE|RATE|BAD|INTERNAL|UNAVAILABLE/.test(String(extensions['code']))
  expect(errors.filter(isVain), document).toEqual([])
  return { data, errors: errors.map(({ message, path, extensions }) => ({ message, path, code: extensions['code'] })) }
}
const everythingOf = (type: string, depth = 2): string => {
  const named = served.schema.getType(type)
  if (!named) throw new Error(`there is no ${type}`)
  return selectAll(served.schema, named, depth, { 'Content.comments': 'first: 2' })
}
const asNode = (type: 'Tip' | 'Transaction' | 'Payment' | 'Refund', id: string): Promise<unknown> =>
  asked(`query ($id: ID!) { node(id: $id) { __typename ... on ${type} ${everythingOf(type)} } }`, { id })
const ofViewer = (field: string, depth = 2): Promise<unknown> => {
  const type = served.schema.getType('Viewer')
  if (!type || !('getFields' in type)) throw new Error('there is no Viewer')
  const of = type.getFields()[/^\w+/.exec(field)?.[0] ?? '']
  if (!of) throw new Error(`Viewer has no ${field}`)
  return asked(`{ viewer { ${field}${selectAll(served.schema, getNamedType(of.type), depth, {})} } }`)
}
const called = (name: string, input: Record<string, unknown>, answer = ''): Promise<unknown> =>
  asked(
    `mutation ($input: ${name.charAt(0).toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { ${answer} userErrors { __typename code message path } } }`,
    { input },
  )
const today = (): string => new Date().toISOString().slice(0, 10)

/** Every way in which a creator might look. None of them changes anything while the tip is not shown. */
const WAYS: Readonly<Record<string, (traces: Traces) => Promise<unknown>>> = {
  'the list of tips': () => ofViewer('tipsReceived(first: 20)'),
  'the list of tips from its end': () => ofViewer('tipsReceived(last: 20)'),
  'the list of tips, whether there are more': () =>
    asked(`{ viewer { tipsReceived(first: 1) { pageInfo { hasNextPage hasPreviousPage } } } }`),
  'the list of tips, one by one': () => ofViewer('tipsReceived(first: 1)'),
  'the tip by its id': ({ tip: id }) => asNode('Tip', id),
  'the tip among others': ({ tip: id }) => asked(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, { ids: [id] }),
  'its payment by its id': ({ payment }) => asNode('Payment', payment),
  'its transaction by its id': ({ transaction }) => asNode('Transaction', transaction),
  'its transaction as such': ({ transaction: id }) =>
    asked(`query ($id: ID!) { transaction(id: $id) ${everythingOf('Transaction')} }`, { id }),
  'the balance': () =>
    asked(
      `{ viewer { earnings { pending { amountMinor } available { amountMinor } reserved { amountMinor } owed { amountMinor } inTransit { amountMinor } } } }`,
    ),
  'what makes up the balance': () => ofViewer('earnings', 4),
  'what makes up the balance, from its end': () =>
    asked(`{ viewer { earnings { transactions(last: 20) { nodes ${everythingOf('Transaction', 2)} } } } }`),
  'income by day': () =>
    asked(
      `query ($day: Date!) { viewer { earnings { revenue(from: $day, to: $day) ${everythingOf('RevenueDay', 2)} } } }`,
      { day: today() },
    ),
  'what a refund of it would do': ({ transaction: id }) =>
    asked(`query ($id: ID!) { previewRefund(transactionId: $id) ${everythingOf('RefundPreview', 2)} }`, { id }),
  'giving it back': ({ transaction: transactionId }) =>
    called('refundTransaction', {
      transactionId,
      reason: 'Too much.',
      amountMinor: '9999999',
      idempotencyKey: newKey(),
    }),
  'giving back something else by its id': ({ tip: transactionId }) =>
    called('refundTransaction', { transactionId, reason: 'Too much.', idempotencyKey: newKey() }),
  'asking who it was, as staff do': ({ tip: tipId }) =>
    called('revealTipSender', { tipId, reason: 'I wonder.' }, 'sender { id }'),
  'a payout of all there is': () => called('requestPayout', { idempotencyKey: newKey() }, 'payout { id }'),
  'the list of payouts': () => ofViewer('payouts(first: 20)'),
  'what is kept back': () => ofViewer('payoutHolds'),
  'what the creator paid': () => ofViewer('transactions(first: 20)'),
  'the creator’s payments': () => ofViewer('payments(first: 20)'),
  'what the creator gave': () => ofViewer('tipsSent(first: 20)'),
  'those who subscribe': () => ofViewer('subscribers(first: 20)'),
  notifications: () =>
    asked(`{ notifications(first: 20) { nodes {
      id type title text actorCount sequence createdAt actors(first: 10) { id username }
      subject { __typename ... on User { id username } ... on Tip ${everythingOf('Tip', 1)} }
    } pageInfo { hasNextPage } } }`),
  'notifications of tips alone': () =>
    asked(`{ notifications(first: 20, types: [TIP]) { nodes { actors(first: 10) { id } actorCount text } } }`),
  'the number of notifications': () => asked(`{ viewer { unreadNotificationCount notificationsReadUpTo } }`),
  'messages to their tools': () =>
    asked(`{ viewer { webhookEndpoints { deliveries(first: 20) { nodes { type payload } } } } }`),
  'their mails': async () =>
    (await server.mails.to(creator.email)).map(({ subject, text, html }) => [subject, text, html]),
  'their own page': () =>
    asked(
      `query ($name: String!) { user(username: $name) { id followerCount followingCount subscriptionPrice { amountMinor } } }`,
      {
        name: creator.username,
      },
    ),
  'the giver’s page': ({ giver: { username } }) =>
    asked(
      `query ($name: String!) { user(username: $name) { username viewerFollows viewerCanFollow { isAllowed } followerCount followingCount } }`,
      { name: username },
    ).then((answer) => JSON.stringify(answer).replaceAll(username, 'them')),
  'the statement of the month': async () =>
    (
      await fetch(`${server.origin}/statements/${today().slice(0, 7)}.csv`, {
        headers: { authorization: `Bearer ${creator.token}` },
      })
    ).text(),
  'income by hours': () =>
    asked(
      `query ($from: DateTime!, $to: DateTime!) { viewer { earnings { income(from: $from, to: $to, by: HOUR) ${everythingOf('Income', 2)} } } }`,
      { from: `${today()}T00:00:00.000Z`, to: `${today()}T23:59:59.999Z` },
    ),
  'disputes of it': () =>
    asked(
      `{ viewer { earnings { disputes(first: 20) { nodes ${everythingOf('Dispute', 2)} pageInfo { hasNextPage } } } } }`,
    ),
  'the post it was for': () =>
    asked(`query ($id: ID!) { content(id: $id) { likeCount saveCount commentCount } }`, { id: post }),
  'the search for people who matter': () => asked(`{ creators(first: 5) { nodes { username } } }`),
  'whom they follow, block and mute': () =>
    asked(`{ viewer { blocks(first: 5) { nodes { id } } mutes(first: 5) { nodes { id } } } }`),
}

async function look(traces: Traces): Promise<Record<string, unknown>> {
  const seen: Record<string, unknown> = {}
  for (const [way, ask] of Object.entries(WAYS)) seen[way] = await ask(traces)
  return seen
}

/** What stands in an answer, also encoded in ids and cursors. */
function legible(answer: unknown): string {
  const text = JSON.stringify(answer)
  const decoded = [...text.matchAll(/[A-Za-z0-9_-]{16,}/g)].map(([word]) =>
    Buffer.from(word, 'base64url').toString('latin1'),
  )
  return [text, ...decoded].join('\n')
}

function expectNobody(answer: unknown, { giver: who, payment, times }: Traces, way: string): void {
  const text = legible(answer)
  const secrets = [who.id, who.uuid, who.username, who.email, names.get(who) ?? '?', payment, 'tok_', ...times]
  for (const secret of secrets) expect(text.includes(secret), `${way} tells ${secret}`).toBe(false)
}

const nowhere = (): Traces => ({
  tip: globalId('Tip', crypto.randomUUID()),
  payment: globalId('Payment', crypto.randomUUID()),
  transaction: globalId('Transaction', crypto.randomUUID()),
  giver,
  times: [],
})

describe('an anonymous tip that is not shown yet', () => {
  it('cannot be told from none, whichever way its creator looks', async () => {
    const before = await look(nowhere())
    const traces = await give(giver)
    await server.drain()
    const after = await look(traces)
    for (const way of Object.keys(WAYS)) expect(after[way], way).toEqual(before[way])
    expect(Object.keys(WAYS).length).toBeGreaterThanOrEqual(30)
  })

  it('cannot be told from none when it goes back, in part, disputed or whole', async () => {
    const admin = await world.admin()
    const before = await look(nowhere())
    const traces = await give(await aGiver(), '700')
    const { refundTransaction } = await admin.do(
      `mutation ($input: RefundTransactionInput!) { refundTransaction(input: $input) { refund { id } userErrors { code message } } }`,
      {
        input: {
          transactionId: traces.transaction,
          amountMinor: '100',
          reason: 'A mistake.',
          idempotencyKey: newKey(),
        },
      },
    )
    const refund = refundTransaction.refund.id as string
    const sameAs = async (step: string): Promise<void> => {
      await server.drain()
      const after = await look(traces)
      for (const way of Object.keys(WAYS)) expect(after[way], `${way}: ${step}`).toEqual(before[way])
      expect(await asNode('Refund', refund), step).toEqual({ data: { node: null }, errors: [] })
    }
    await sameAs('a refund')
    const [charge] = await rows<{ reference: string }>(
      `select processor_reference as reference from payment_intents where payer_id = $1`,
      [traces.giver.uuid],
    )
    const dispute = await sandboxOf(server).openDispute(charge!.reference)
    await sameAs('a dispute')
    await sandboxOf(server).closeDispute(dispute, 'LOST')
    await sameAs('a dispute that was lost')

    await pass()
    const { viewer } = await creator.do(
      `{ viewer { earnings { transactions(first: 20) { nodes { reason net { amountMinor } occurredAt } } } } }`,
    )
    const nodes = viewer.earnings.transactions.nodes as { reason: string | null; net: { amountMinor: string } }[]
    const [one, other, given] = nodes.filter(({ net }) => net.amountMinor !== '400')
    // the newest first: what went back stands after what was given
    expect(given).toMatchObject({ reason: null, net: { amountMinor: '560' } })
    expect([one, other].map((back) => [back?.reason, back?.net.amountMinor]).sort()).toEqual([
      ['DISPUTE', '-480'],
      ['REFUND', '-80'],
    ])
    const shown = (await asNode('Refund', refund)) as { data: { node: { createdAt: string } } }
    const [sale] = await rows<{ at: Date }>(
      `select t.shown_at as at from transactions t join tips p on p.id = t.tip_id
      where p.sender_id = $1 and t.reverses_id is null`,
      [traces.giver.uuid],
    )
    expect(shown.data.node.createdAt).toBe(sale!.at.toISOString())
    expectNobody(shown, traces, 'its refund')
  })
})

describe('an anonymous tip that is shown', () => {
  it('is there, and no way tells who gave it, or when', async () => {
    const traces = await give(await aGiver(), '900')
    await pass()
    const seen = await look(traces)
    expect(JSON.stringify(seen['the list of tips'])).toContain(traces.tip)
    expect(JSON.stringify(seen['messages to their tools'])).toContain('tip.received')
    expect(seen['notifications of tips alone']).toMatchObject({
      data: {
        notifications: { nodes: [{ actors: [], actorCount: 0, text: 'Somebody who stays unnamed gave you a tip.' }] },
      },
    })
    expect(JSON.stringify(seen['their mails'])).toContain('Somebody who stays unnamed gave you a tip.')
    const { rows: kept } = await server.database.owner.query(
      `select n::text as kept from notifications n where type = 'tip' and user_id = $1`,
      [creator.uuid],
    )
    expectNobody(kept, traces, 'the row of its notification')
    expect(JSON.stringify(seen['what makes up the balance, from its end'])).toContain(traces.transaction)
    for (const [way, answer] of Object.entries(seen)) {
      if (way !== 'the giver’s page') expectNobody(answer, traces, way)
    }
  })

  it('reads the same whoever gave it, also when they are blocked, follow, or close their account', async () => {
    const givers = [await aGiver(), await aGiver(), await aGiver(), await aGiver()]
    const tips: Traces[] = []
    for (const person of givers) tips.push(await give(person, '1300'))
    const [follower, blocked, gone] = givers
    await follower!.do(`mutation ($id: ID!) { followUser(input: { userId: $id }) { userErrors { code } } }`, {
      id: creator.id,
    })
    await pass()
    await creator.do(`mutation ($id: ID!) { blockUser(input: { userId: $id }) { userErrors { code } } }`, {
      id: blocked!.id,
    })
    await gone!.do(
      `mutation ($password: String!) { deleteAccount(input: { password: $password }) { userErrors { code } } }`,
      {
        password: gone!.password,
      },
    )
    await server.drain()
    const alike = async (each: Traces): Promise<string[]> => {
      const answers = [await asNode('Tip', each.tip), await asNode('Transaction', each.transaction)]
      for (const answer of answers) expectNobody(answer, each, 'its node')
      return answers.map((answer) => JSON.stringify(answer).replaceAll(/"(id|createdAt|occurredAt)":"[^"]*"/g, '"$1"'))
    }
    const first = await alike(tips[3]!)
    const told = await WAYS['notifications of tips alone']!(tips[3]!)
    for (const each of tips) expectNobody(told, each, 'its notification')
    expect(JSON.stringify(told)).toContain('Somebody who stays unnamed')
    for (const each of tips) expect(await alike(each)).toEqual(first)
  })

  it('can be given back, and neither the refund nor what is told of it names anybody', async () => {
    const traces = await give(await aGiver(), '1100')
    await pass()
    const answer = await called(
      'refundTransaction',
      { transactionId: traces.transaction, amountMinor: '100', reason: 'Too much.', idempotencyKey: newKey() },
      `refund ${everythingOf('Refund')}`,
    )
    expect(JSON.stringify(answer)).toContain('"userErrors":[]')
    expectNobody(answer, traces, 'the refund')
    await server.drain()
    for (const [way, seen] of Object.entries(await look({ ...traces, transaction: traces.tip })))
      if (way !== 'the giver’s page') expectNobody(seen, traces, way)
  })
})

describe('the time of an anonymous tip', () => {
  it('is drawn from two to fifteen minutes later, and its earnings wait from there, with all that goes back of it', async () => {
    const found = await rows<{ delay: string; waits: string }>(
      `select extract(epoch from s.shown_at - p.paid_at) as delay,
         extract(epoch from e.available_at - s.shown_at) / 86400 as waits
       from tips p join transactions s on s.tip_id = p.id and s.reverses_id is null
         join transactions t on t.tip_id = p.id join journal_transactions j on j.transaction_id = t.id
         join ledger_entries e on e.journal_transaction_id = j.id
       where e.available_at is not null`,
    )
    expect(new Set(found.map(({ waits }) => Number(waits)))).toEqual(new Set([7]))
    const delays = found.map(({ delay }) => Number(delay))
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(120)
    expect(Math.max(...delays)).toBeLessThan(900)
    expect(new Set(delays).size).toBeGreaterThan(3)
  })
})

describe('an anonymous gift', () => {
  const GIFT = `mutation ($input: GiftSubscriptionInput!) { giftSubscription(input: $input) { payment { id state } userErrors { code } } }`
  const payerOf = async (who: Person, { transaction: id }: Traces): Promise<unknown> =>
    (await who.do(`query ($id: ID!) { transaction(id: $id) { payer { id } } }`, { id })).transaction.payer

  /** Gives somebody a subscription to the creator, anonymously or not. */
  async function giveSubscription(from: Person, isAnonymous: boolean): Promise<Traces> {
    await creator.do(UPDATE_OFFER, { input: { monthlyPriceMinor: '500' } })
    const [{ id: offerId, price }] = await offersOf(creator)
    const recipientId = (await world.fan()).id
    const input = { offerId, recipientId, expectedPrice: price, isAnonymous, idempotencyKey: newKey() }
    const { giftSubscription } = await from.do(GIFT, { input })
    expect(giftSubscription).toMatchObject({ payment: { state: 'SUCCEEDED' }, userErrors: [] })
    const [row] = await rows<{ id: string }>(`select id from transactions where payer_id = $1`, [from.uuid])
    return {
      ...nowhere(),
      payment: giftSubscription.payment.id as string,
      transaction: globalId('Transaction', row!.id),
      giver: from,
    }
  }

  it('is there, and no way tells its creator who gave it, also when it went back or is disputed', async () => {
    const traces = await giveSubscription(await aGiver(), true)
    const expectUnnamed = async (): Promise<void> => {
      await server.drain()
      const seen = await look({ ...traces, transaction: traces.tip })
      expect(JSON.stringify(seen['what makes up the balance, from its end'])).toContain(traces.transaction)
      seen['its transaction'] = await asNode('Transaction', traces.transaction)
      for (const [way, answer] of Object.entries(seen))
        if (way !== 'the giver’s page') expectNobody(answer, traces, way)
      expect(await payerOf(creator, traces)).toBeNull()
    }
    await expectUnnamed()
    const { transaction: transactionId } = traces
    const answer = await called(
      'refundTransaction',
      { transactionId, amountMinor: '100', reason: 'Too much.', idempotencyKey: newKey() },
      `refund ${everythingOf('Refund')}`,
    )
    expect(JSON.stringify(answer)).toContain('"userErrors":[]')
    expectNobody(answer, traces, 'the refund')
    await expectUnnamed()
    await sandboxOf(server).openDispute(await chargeOf(server, traces.giver))
    await expectUnnamed()
  })

  it('is known to whoever gave it and to staff, and one that is not to its creator', async () => {
    const unnamed = await giveSubscription(await aGiver(), true)
    for (const who of [unnamed.giver, await world.moderator()])
      expect(await payerOf(who, unnamed)).toEqual({ id: unnamed.giver.id })
    const named = await giveSubscription(await aGiver(), false)
    expect(await payerOf(creator, named)).toEqual({ id: named.giver.id })
  })
})

describe('staff', () => {
  const REVEAL = `mutation ($input: RevealTipSenderInput!) { revealTipSender(input: $input) { tip { id sender { id } } sender { id } userErrors { code path } } }`

  it('do not see who gave an anonymous tip, nor whose refused try it was', async () => {
    const poor = await aGiver()
    const traces = await give(poor)
    const failing = await aGiver()
    const paymentMethodId = await saveCard(failing, 'pm_card_chargeCustomerFail')
    await tip(failing, creator, { isAnonymous: true, payWith: { paymentMethodId } })
    const [refused] = await rows<{ id: string }>(
      `select id from transactions where payer_id = $1 and status = 'failed'`,
      [failing.uuid],
    )
    for (const who of [await world.moderator(), await world.admin()])
      for (const [type, id] of [
        ['Tip', traces.tip],
        ['Transaction', traces.transaction],
        ['Transaction', globalId('Transaction', refused!.id)],
        ['Payment', traces.payment],
      ] as const) {
        const answer = await who.do(`query ($id: ID!) { node(id: $id) { id ... on ${type} ${everythingOf(type)} } }`, {
          id,
        })
        expect(answer.node, type).not.toBeNull()
        const text = legible(answer)
        for (const person of [poor, failing])
          for (const secret of [person.id, person.uuid, person.username, person.email, names.get(person) ?? '?'])
            expect(text.includes(secret), `${type} tells ${secret}`).toBe(false)
      }
  })

  it('learn it by asking, each time with a reason that is kept beside who asked, and not beside who gave', async () => {
    const traces = await give(await aGiver())
    const moderator = await world.moderator()
    const input = { tipId: traces.tip, reason: 'A court asks.' }
    const { data } = await moderator.request(REVEAL, { input })
    expect(data?.['revealTipSender']).toEqual({
      tip: { id: traces.tip, sender: null },
      sender: { id: traces.giver.id },
      userErrors: [],
    })
    await moderator.do(REVEAL, { input })
    const trail = await rows<Record<string, unknown>>(
      `select admin_id, user_id, reason, row_to_json(a)::text as everything from audit_logs a where action = 'tip.sender_revealed'`,
    )
    expect(trail).toMatchObject([
      { admin_id: moderator.uuid, user_id: creator.uuid, reason: 'A court asks.' },
      { admin_id: moderator.uuid, reason: 'A court asks.' },
    ])
    expect(JSON.stringify(trail)).not.toContain(traces.giver.uuid)
  })

  it('are refused without a reason, for what is no tip, and for what they were given themselves', async () => {
    const traces = await give(await aGiver())
    const admin = await world.admin()
    const codeOf = async (who: Person, input: Record<string, unknown>): Promise<unknown> =>
      ((await who.request(REVEAL, { input })).data?.['revealTipSender'] as { userErrors: unknown[] }).userErrors[0]
    expect(await codeOf(admin, { tipId: traces.tip, reason: ' ' })).toMatchObject({ code: 'INVALID_INPUT' })
    expect(await codeOf(admin, { tipId: nowhere().tip, reason: 'A court asks.' })).toMatchObject({
      code: 'NODE_NOT_FOUND',
    })
    expect(await codeOf(admin, { tipId: traces.payment, reason: 'A court asks.' })).toMatchObject({
      code: 'NODE_NOT_FOUND',
    })
    await server.database.owner.query(
      `update tips set recipient_id = $1 where id = (select max(id::text)::uuid from tips where sender_id = $2)`,
      [admin.uuid, traces.giver.uuid],
    )
    expect(await codeOf(admin, { tipId: traces.tip, reason: 'I wonder.' })).toMatchObject({ code: 'SELF_ACTION' })
    // what was given to somebody who is staff by now is shown to them as to any creator: not yet
    expect((await admin.do(`query ($id: ID!) { node(id: $id) { id } }`, { id: traces.tip })).node).toBeNull()
    await server.database.owner.query(`update tips set recipient_id = $1 where recipient_id = $2`, [
      creator.uuid,
      admin.uuid,
    ])
  })
})
