import { describe, expect, it } from 'vitest'
import { parseGlobalId } from '../../src/lib/ids.js'
import { done } from '../comments/calls.js'
import { provenCreator, publish } from '../content/posts.js'
import { send, start } from '../messages/calls.js'
import { ERRORS, ageSales, buy, chargeOf, newKey, runLater, sandboxOf, tip } from '../payments/paying.js'
import { DAY, age, factsOf, makeSubscriber, passPeriod, trySubscribe } from '../subscriptions/members.js'
import { creator, openSetting, payer, server, world } from '../subscriptions/setting.js'
import type { Person } from '../support/world.js'
import { inboxOf, textsOf } from './inbox.js'
import type { Shown } from './inbox.js'

openSetting()

const newest = async (person: Person): Promise<Shown> => {
  await server.drain()
  return (await inboxOf(person)).nodes[0]!
}
const countOf = async (person: Person, title: string): Promise<number> =>
  (await inboxOf(person)).nodes.filter((one) => one.title === title).length

describe('a creator is told', () => {
  it('of a tip, with who gave it, and of several as one', async () => {
    const [one, other] = [await payer(), await payer()]
    await tip(one, creator)
    expect(await newest(creator)).toMatchObject({
      type: 'TIP',
      title: 'New tip',
      actors: [{ username: one.username }],
      actorCount: 1,
      subject: { __typename: 'Tip' },
    })
    await tip(other, creator)
    expect(await newest(creator)).toMatchObject({ title: 'New tips', actorCount: 2 })
  })

  it('of a sale, with what was bought', async () => {
    const fan = await payer()
    const { id } = await publish(creator, { title: 'Bread', priceMinor: '700' })
    await buy(fan, id as string, { amountMinor: '700', currency: 'EUR' })
    expect(await newest(creator)).toMatchObject({
      type: 'PAYMENT',
      title: 'Sale',
      text: expect.stringMatching(/ bought “Bread”\.$/),
      actors: [{ username: fan.username }],
      subject: { __typename: 'Content', id },
    })
  })

  it('of a message that was sold, once, with who bought it and nothing of what it says', async () => {
    const fan = await payer()
    const { id: messageId } = await send(creator, await start(fan, creator), 'canary-sold', { priceMinor: '700' })
    const purchase = {
      messageId,
      expectedPrice: { amountMinor: '700', currency: 'EUR' },
      idempotencyKey: newKey(),
    }
    for (let time = 0; time < 2; time += 1) await done(fan, 'purchaseMessage', purchase)
    const told = await newest(creator)
    expect(told).toMatchObject({
      type: 'PAYMENT',
      title: 'Sale',
      text: expect.stringMatching(/ bought a message of yours\.$/),
      actors: [{ username: fan.username }],
      actorCount: 1,
      subject: { __typename: 'Message' },
    })
    expect(JSON.stringify(told)).not.toContain('canary')
    const { rows } = await server.database.owner.query(
      `select count(*)::int as told from notifications where user_id = $1 and subject_id = $2`,
      [creator.uuid, parseGlobalId(messageId)!.uuid],
    )
    expect(rows).toEqual([{ told: 1 }])
  })

  it('of a dispute of a tip by nobody once they see the tip, and then of how it was decided', async () => {
    const [fan, other] = [await payer(), await payer()]
    const [recipient, loser] = [await provenCreator(world), await provenCreator(world)]
    await tip(fan, recipient, { amountMinor: '900', isAnonymous: true })
    await tip(other, loser, { amountMinor: '800', isAnonymous: true })
    const dispute = await sandboxOf(server).openDispute(await chargeOf(server, fan))
    const lost = await sandboxOf(server).openDispute(await chargeOf(server, other))
    await server.drain()
    await sandboxOf(server).closeDispute(lost, 'LOST')
    await server.drain()
    const titlesOf = async (person: Person): Promise<string[]> =>
      (await inboxOf(person, { types: ['TIP', 'PAYMENT'] })).nodes.map(({ title }) => title).sort()
    for (const person of [recipient, loser]) expect(await titlesOf(person)).toEqual([])
    await showTips()
    expect(await titlesOf(recipient)).toEqual(['Payment disputed', 'Tip'])
    expect(await titlesOf(loser)).toEqual(['Dispute lost', 'Tip'])
    await sandboxOf(server).closeDispute(dispute, 'WON')
    expect(await newest(recipient)).toMatchObject({ title: 'Dispute won', text: expect.stringContaining('9.00 EUR') })
    for (const person of [recipient, loser]) {
      const told = JSON.stringify(await inboxOf(person))
      for (const giver of [fan, other]) for (const name of [giver.username, giver.id]) expect(told).not.toContain(name)
    }
  })

  it('of a payout that arrived, of one that came back, and of one that was refused', async () => {
    const [fan, admin] = [await payer(), await world.admin()]
    const earner = await provenCreator(world)
    await done(earner, 'addPayoutAccount', {
      countryCode: 'DE',
      returnUrl: 'https://app.example.com/back',
      idempotencyKey: newKey(),
    })
    await tip(fan, earner, { amountMinor: '200000' })
    await tip(fan, earner, { amountMinor: '5000' })
    // what is told at once is in no order
    await server.drain()
    await ageSales(server, 8)
    const request = async (amountMinor: string): Promise<string> => {
      const input = { amountMinor, idempotencyKey: newKey() }
      return (await done(earner, 'requestPayout', input, 'payout { id }'))['payout'].id as string
    }
    const payoutId = parseGlobalId(await request('4000'))!.uuid
    expect(await newest(earner)).toMatchObject({
      type: 'PAYMENT',
      title: 'Payout',
      text: '40.00 EUR were paid out to you.',
      actors: [],
    })
    const { rows } = await server.database.owner.query<{ reference: string }>(
      `select processor_reference as reference from payouts where id = $1`,
      [payoutId],
    )
    await sandboxOf(server).failPayout(rows[0]!.reference)
    expect(await newest(earner)).toMatchObject({
      title: 'Payout failed',
      text: '40.00 EUR could not be paid out, and are available again.',
    })
    const large = await request('150000')
    await server.drain()
    await done(admin, 'decidePayout', { payoutId: large, isApproved: false, reason: 'Not like this.' })
    expect(await newest(earner)).toMatchObject({
      title: 'Payout refused',
      text: 'A payout of 1500.00 EUR was refused; the money is available again.',
    })
    expect((await inboxOf(earner)).nodes.filter(({ title }) => title.startsWith('Payout'))).toHaveLength(3)
  })

  it('of a dispute, and how it was decided', async () => {
    const fan = await payer()
    await tip(fan, creator, { amountMinor: '900' })
    const dispute = await sandboxOf(server).openDispute(await chargeOf(server, fan))
    expect(await newest(creator)).toMatchObject({
      type: 'PAYMENT',
      title: 'Payment disputed',
      text: expect.stringContaining('9.00 EUR'),
      actors: [],
      actorCount: 0,
    })
    await sandboxOf(server).closeDispute(dispute, 'WON')
    expect(await newest(creator)).toMatchObject({ title: 'Dispute won' })
    expect(await textsOf(fan)).toEqual([])
  })
})

describe('a fan is told', () => {
  it('of a payment that was under way and failed in the end, once', async () => {
    const fan = await payer('pm_card_processing')
    const { data } = await tip(fan, creator, { amountMinor: '1234' })
    expect(data?.['sendTip'].payment.state).toBe('PROCESSING')
    await server.database.owner.query(
      `update sandbox_objects set state = 'FAILED', settles_at = null, data = data || '{"declineCode": "generic_decline"}'
       where id = $1`,
      [await chargeOf(server, fan)],
    )
    for (let time = 0; time < 2; time += 1) await runLater(server)
    expect(await newest(fan)).toMatchObject({
      type: 'PAYMENT',
      title: 'Payment failed',
      text: 'Your payment of 12.34 EUR did not go through: nothing was charged.',
      actors: [],
    })
    expect(await countOf(fan, 'Payment failed')).toBe(1)
  })

  it('of a payment whose refusal was not heard of while they waited, and of none that they were answered', async () => {
    const [fan, answered] = [await payer(), await payer('pm_card_chargeCustomerFail')]
    for (const fault of ['timeout', 'decline'] as const) sandboxOf(server).faults.next('charge', fault)
    const { payment } = await trySubscribe(fan, creator)
    expect(payment.state).toBe('PROCESSING')
    expect((await trySubscribe(answered, creator)).userErrors).toMatchObject([{ code: 'PAYMENT_DECLINED' }])
    await passMinute(fan, answered)
    await runLater(server)
    expect(await textsOf(fan)).toEqual(['Your payment of 5.00 EUR did not go through: nothing was charged.'])
    expect(await textsOf(answered)).toEqual([])
  })

  it('of a refused renewal as that alone, whenever the refusal is heard of', async () => {
    const { fan } = await makeSubscriber(world, creator)
    await server.drain()
    for (const fault of ['timeout', 'decline'] as const) sandboxOf(server).faults.next('charge', fault)
    sandboxOf(server).faults.next('event', 'drop')
    await passPeriod(server, fan)
    await passMinute(fan)
    await runLater(server)
    expect(await countOf(fan, 'Payment refused')).toBe(1)
    expect(await countOf(fan, 'Payment failed')).toBe(0)
  })

  it('of money that goes back to them, once', async () => {
    const fan = await payer()
    await tip(fan, creator, { amountMinor: '1234' })
    const { viewer } = await creator.do(`{ viewer { earnings { transactions(first: 1) { nodes { id } } } } }`)
    const input = {
      transactionId: viewer.earnings.transactions.nodes[0].id,
      amountMinor: '234',
      reason: 'Too much.',
      idempotencyKey: newKey(),
    }
    const REFUND = `mutation ($input: RefundTransactionInput!) { refundTransaction(input: $input) { refund { id } ${ERRORS} } }`
    await creator.do(REFUND, { input })
    await creator.do(REFUND, { input })
    expect(await newest(fan)).toMatchObject({
      type: 'PAYMENT',
      title: 'Refund',
      text: '2.34 EUR that you paid goes back to you.',
    })
    expect(await countOf(fan, 'Refund')).toBe(1)
  })

  it('of a refund that did not arrive, once, beside the one that was on its way', async () => {
    const fan = await payer('pm_card_refundFail')
    await tip(fan, creator, { amountMinor: '1234' })
    const { viewer } = await creator.do(`{ viewer { earnings { transactions(first: 1) { nodes { id } } } } }`)
    const transactionId = viewer.earnings.transactions.nodes[0].id as string
    await done(creator, 'refundTransaction', { transactionId, reason: 'Too much.', idempotencyKey: newKey() })
    for (let time = 0; time < 2; time += 1) await runLater(server)
    const told = (await inboxOf(fan, { types: ['PAYMENT'] })).nodes.map(({ title, text }) => [title, text]).sort()
    expect(told).toEqual([
      ['Refund failed', '12.34 EUR that was to go back to you did not arrive.'],
      ['Refund', '12.34 EUR that you paid goes back to you.'],
    ])
    const { rows } = await server.database.owner.query(`select from finance_cases where payer_id = $1`, [fan.uuid])
    expect(rows).toEqual([])
  })

  it('of a renewal three days before it, with what it will charge, once however often it is looked for', async () => {
    const { fan } = await makeSubscriber(world, creator)
    await announce(3)
    expect(await countOf(fan, 'Renewal ahead')).toBe(0)
    await bringRenewalTo(fan, 2.9)
    await announce(3)
    const { nextChargeAt } = await factsOf(fan)
    expect(await newest(fan)).toMatchObject({
      type: 'PAYMENT',
      text: expect.stringContaining(`is renewed on ${nextChargeAt.slice(0, 10)} for 5.00 EUR.`),
      subject: { __typename: 'User', username: creator.username },
    })
    await announce(3)
    expect(await countOf(fan, 'Renewal ahead')).toBe(1)
    await passPeriod(server, fan)
    await bringRenewalTo(fan, 2.9)
    await announce(1)
    // joins the one before, which was of the same subscription
    expect((await inboxOf(fan)).nodes.filter(({ title }) => title === 'Renewal ahead')).toHaveLength(1)
    const { rows } = await server.database.owner.query(
      `select count(*)::int as told from notifications where user_id = $1 and group_key like 'renewal_ahead:%'`,
      [fan.uuid],
    )
    expect(rows).toEqual([{ told: 2 }])
  })

  it('of a year’s renewal a week before it, and of none that will not be', async () => {
    const [fan, leaver] = [await payer(), await payer()]
    await trySubscribe(fan, creator, 'YEARLY')
    const { subscription } = await trySubscribe(leaver, creator)
    await leaver.do(
      `mutation ($id: ID!) { cancelSubscription(input: { subscriptionId: $id }) { subscription { id } ${ERRORS} } }`,
      { id: subscription.id },
    )
    await bringRenewalTo(fan, 6.9)
    await bringRenewalTo(leaver, 1)
    await announce(1)
    expect(await newest(fan)).toMatchObject({ title: 'Renewal ahead', text: expect.stringContaining('for 48.00 EUR') })
    expect(await countOf(leaver, 'Renewal ahead')).toBe(0)
  })

  it('only by the ways that they want', async () => {
    const fan = await payer()
    await creator.do(
      `mutation ($input: UpdateNotificationPreferencesInput!) { updateNotificationPreferences(input: $input) { userErrors { code } } }`,
      {
        input: {
          preferences: [
            { type: 'TIP', channel: 'IN_APP', isEnabled: false },
            { type: 'TIP', channel: 'EMAIL', isEnabled: true },
          ],
        },
      },
    )
    const before = await inboxOf(creator)
    await tip(fan, creator)
    await server.drain()
    expect((await inboxOf(creator)).nodes).toEqual(before.nodes)
    expect((await server.mails.to(creator.email)).at(-1)).toMatchObject({ subject: expect.stringContaining('New tip') })
  })
})

/** Has everything that is under way of people be a minute old. */
async function passMinute(...people: readonly Person[]): Promise<void> {
  await server.database.owner.query(
    `update payment_intents set created_at = created_at - interval '1 minute' where payer_id = any($1)`,
    [people.map(({ uuid }) => uuid)],
  )
}

/** Has the time come at which tips by nobody are shown. */
async function showTips(): Promise<void> {
  await server.database.owner.query(`
    begin;
    set local session_replication_role = replica;
    update tips set shown_at = app_now() where shown_at > app_now();
    update transactions set shown_at = app_now() where shown_at > app_now();
    commit`)
  await runLater(server)
}

/** Has somebody's subscription be so old that it is renewed in so many days. */
async function bringRenewalTo(fan: Person, days: number): Promise<void> {
  const { currentPeriod } = await factsOf(fan)
  await age(server, fan, new Date(currentPeriod.endsAt).getTime() - Date.now() - days * DAY)
}

/** Looks for renewals that are ahead, `times` at once. */
async function announce(times: number): Promise<void> {
  await server.database.owner.query(
    `select graphile_worker.add_job('subscriptions.announce_renewals', '{}') from generate_series(1, $1)`,
    [times],
  )
  await server.drain()
}
