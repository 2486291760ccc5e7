import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keptOf, unused } from '../../src/subscriptions/changing.js'
import { globalId } from '../../src/lib/ids.js'
import { ERRORS, chargeOf, newKey, sandboxOf } from '../payments/paying.js'
import type { Person } from '../support/world.js'
import { DAY, FACTS, age, factsOf, makeSubscriber, offersOf } from './members.js'
import { creator, openSetting, server, world } from './setting.js'

const PREVIEW = `mutation ($input: PreviewSubscriptionInput!) { previewSubscription(input: $input) {
  preview { id dueNow { amountMinor } lines { kind amount { amountMinor } } } ${ERRORS}
} }`
const CHANGE = `mutation ($input: ChangeSubscriptionInput!) {
  changeSubscription(input: $input) { subscription { ${FACTS} } payment { state } ${ERRORS} }
}`

const REFUND_PREVIEW = `query ($id: ID!) { previewRefund(transactionId: $id) { revokesAccess } }`
const REFUND = `mutation ($input: RefundTransactionInput!) {
  refundTransaction(input: $input) { refund { revokesAccess } ${ERRORS} }
}`

openSetting()

const preview = async (fan: Person, type: string): Promise<any> => {
  const offer = (await offersOf(creator)).find((one) => one.type === type)
  return (await fan.do(PREVIEW, { input: { offerId: offer.id } })).previewSubscription.preview
}
const take = async (fan: Person, { id }: { readonly id: string }): Promise<any> =>
  (await fan.request(CHANGE, { input: { previewId: id, idempotencyKey: newKey() } })).data?.['changeSubscription']
const change = async (fan: Person, type: string): Promise<any> => take(fan, await preview(fan, type))
const codesOf = ({ userErrors }: any): string[] => userErrors.map(({ code }: any) => code)
const unusedIn = ({ lines }: any): number =>
  Math.abs(Number(lines.find(({ kind }: any) => kind === 'UNUSED')?.amount.amountMinor ?? 0))

/** What came of somebody, less what went back. */
async function netPaid(fan: Person): Promise<number> {
  const { rows } = await server.database.owner.query<{ net: string }>(
    `select coalesce(sum(captured_minor - refunded_minor - disputed_minor), 0)::text as net from payment_intents where payer_id = $1`,
    [fan.uuid],
  )
  return Number(rows[0]!.net)
}

/** Somebody who subscribed for a month and went over to a year at once, and the charge of the month. */
async function upgraded(): Promise<{ fan: Person; month: string }> {
  const { fan } = await makeSubscriber(world, creator)
  const month = await chargeOf(server, fan)
  await change(fan, 'YEARLY')
  return { fan, month }
}

describe('what is credited for what is unused', () => {
  it('has what was credited before in it: two changes at once cost what the last offer does', async () => {
    const { fan } = await upgraded()
    const shown = await preview(fan, 'LIFETIME')
    expect(unusedIn(shown)).toBeGreaterThanOrEqual(4_799)
    expect((await take(fan, shown)).payment.state).toBe('SUCCEEDED')
    expect(await factsOf(fan)).toMatchObject({ type: 'LIFETIME' })
    // a part of a minor unit may pass between two changes
    expect(await netPaid(fan)).toBeGreaterThanOrEqual(30_000)
    expect(await netPaid(fan)).toBeLessThanOrEqual(30_002)
  })

  it('is in proportion to time of all that the period was worth', async () => {
    const { fan } = await upgraded()
    const { currentPeriod } = await factsOf(fan)
    await age(server, fan, (Date.parse(currentPeriod.endsAt) - Date.parse(currentPeriod.startsAt)) / 2)
    expect(unusedIn(await preview(fan, 'LIFETIME'))).toBe(2_400)
  })

  it('has nothing in it of an earlier payment that went back', async () => {
    const { fan, month } = await upgraded()
    await sandboxOf(server).refundAtProcessor(month, 200n)
    await server.drain()
    const some = unusedIn(await preview(fan, 'LIFETIME'))
    expect(some).toBeGreaterThanOrEqual(4_599)
    expect(some).toBeLessThanOrEqual(4_600)
    await sandboxOf(server).refundAtProcessor(month, 300n)
    await server.drain()
    expect(await factsOf(fan)).toMatchObject({ status: 'ACTIVE', type: 'YEARLY' })
    const rest = unusedIn(await preview(fan, 'LIFETIME'))
    expect(rest).toBeGreaterThanOrEqual(4_299)
    expect(rest).toBeLessThanOrEqual(4_300)
    await change(fan, 'LIFETIME')
    expect(await netPaid(fan)).toBeGreaterThanOrEqual(30_000)
  })

  it('has nothing in it of an earlier payment while it is disputed, and has it again once that is won', async () => {
    const { fan, month } = await upgraded()
    const dispute = await sandboxOf(server).openDispute(month)
    await server.drain()
    expect(unusedIn(await preview(fan, 'LIFETIME'))).toBeLessThanOrEqual(4_300)
    await sandboxOf(server).closeDispute(dispute, 'WON')
    await server.drain()
    expect(unusedIn(await preview(fan, 'LIFETIME'))).toBeGreaterThanOrEqual(4_799)
  })

  it('is not what a preview said once a part of the current period went back, or is disputed', async () => {
    const { fan } = await makeSubscriber(world, creator)
    const charge = await chargeOf(server, fan)
    const before = await preview(fan, 'YEARLY')
    await sandboxOf(server).refundAtProcessor(charge, 200n)
    await server.drain()
    expect(codesOf(await take(fan, before))).toEqual(['PREVIEW_OUTDATED'])
    const after = await preview(fan, 'YEARLY')
    expect(unusedIn(after)).toBeLessThanOrEqual(300)
    await sandboxOf(server).openDispute(charge)
    await server.drain()
    expect(codesOf(await take(fan, after))).toEqual(['PREVIEW_OUTDATED'])
    expect(unusedIn(await preview(fan, 'YEARLY'))).toBe(0)
  })

  it('can be given back all the same, which closes nothing, as its preview says', async () => {
    const { fan } = await upgraded()
    const { rows } = await server.database.owner.query<{ id: string }>(
      `select id::text as id from transactions where payer_id = $1 order by occurred_at`,
      [fan.uuid],
    )
    const [month, year] = rows.map(({ id }) => globalId('Transaction', id))
    const closes = async (id?: string): Promise<boolean> =>
      (await creator.do(REFUND_PREVIEW, { id })).previewRefund.revokesAccess as boolean
    const refund = async (transactionId?: string): Promise<any> =>
      (
        await creator.do(REFUND, {
          input: { transactionId, reason: 'For a test.', idempotencyKey: newKey() },
        })
      ).refundTransaction
    expect([await closes(month), await closes(year)]).toEqual([false, true])
    expect(await refund(month)).toMatchObject({ refund: { revokesAccess: false }, userErrors: [] })
    expect(await factsOf(fan)).toMatchObject({ status: 'ACTIVE', type: 'YEARLY', willRenew: true })
    expect(await refund(year)).toMatchObject({ refund: { revokesAccess: true }, userErrors: [] })
    const over = await factsOf(fan)
    expect(over).toMatchObject({ status: 'EXPIRED', endedReason: 'REFUNDED' })
    expect(Date.parse(over.entitledUntil)).toBeLessThanOrEqual(Date.parse(over.endedAt))
  })

  it('opens again what it came from where what took its place was given back, and says until when', async () => {
    const { fan, subscription } = await makeSubscriber(world, creator)
    await change(fan, 'YEARLY')
    const year = await chargeOf(server, fan)
    await change(fan, 'LIFETIME')
    await sandboxOf(server).refundAtProcessor(year, 4_300n)
    await server.drain()
    expect(await factsOf(fan)).toMatchObject({ status: 'ACTIVE', type: 'LIFETIME', entitledUntil: null })
    const { rows } = await server.database.owner.query<{ paid: string }>(
      `select captured_minor::text as paid from payment_intents where processor_reference = $1`,
      [await chargeOf(server, fan)],
    )
    await sandboxOf(server).refundAtProcessor(await chargeOf(server, fan), BigInt(rows[0]!.paid))
    await server.drain()
    expect(await factsOf(fan)).toMatchObject({
      status: 'EXPIRED',
      endedReason: 'REFUNDED',
      entitledUntil: subscription.currentPeriod.endsAt,
    })
  })

  it('is what is left of a chain at most, whatever goes back of it and whenever it is changed', () => {
    const step = fc.record({
      price: fc.integer({ min: 1, max: 50_000 }),
      lengthDays: fc.integer({ min: 28, max: 366 }),
      passedDays: fc.integer({ min: 0, max: 400 }),
      returns: fc.array(fc.record({ of: fc.nat(), part: fc.integer({ min: 0, max: 100 }) }), { maxLength: 3 }),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => {
        const chain: { leftMinor: bigint; creditedMinor: bigint }[] = []
        let creditedMinor = 0n
        let used = 0n
        for (const { price, lengthDays, passedDays, returns } of steps) {
          // a change that nothing is left to pay for does not begin at once
          if (BigInt(price) <= creditedMinor) break
          chain.push({ leftMinor: BigInt(price) - creditedMinor, creditedMinor })
          const whole = keptOf(chain)
          const paid = chain.reduce((sum, { leftMinor }) => sum + leftMinor, 0n)
          // nothing that was paid is lost by a change, and nothing is credited that was not
          expect(whole).toBeLessThanOrEqual(paid)
          expect(paid - whole).toBeLessThanOrEqual(used)
          expect(whole).toBeLessThanOrEqual(BigInt(price))
          for (const { of, part } of returns) {
            const link = chain[of % chain.length]!
            link.leftMinor -= (link.leftMinor * BigInt(part)) / 100n
          }
          const span = { startsAt: new Date(0), endsAt: new Date(lengthDays * DAY) }
          const kept = keptOf(chain)
          creditedMinor = unused(kept, span, new Date(passedDays * DAY))
          used += kept - creditedMinor
          expect(creditedMinor).toBeLessThanOrEqual(chain.reduce((sum, { leftMinor }) => sum + leftMinor, 0n))
        }
      }),
    )
  })
})
