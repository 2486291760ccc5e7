import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inboxOf } from '../notifications/inbox.js'
import { runLater, sandboxOf } from '../payments/paying.js'
import type { ChargeOrder, Processor } from '../../src/processors/types.js'
import { renewDue } from '../../src/subscriptions/subscriptions.js'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { DAY, age, factsOf, makeSubscriber, memberCreator, paidPeriods, passPeriod, renew, tokenOf } from './members.js'

/** What befalls a renewal: an answer that is lost, a call that never arrives, a worker that dies before or after it. */
type Mishap = 'none' | 'timeout' | 'refuse' | 'dies before' | 'dies after'
const MISHAPS: readonly Mishap[] = ['none', 'timeout', 'refuse', 'dies before', 'dies after']
/** Runs that failed once. */
const KEPT: [Mishap[]][] = [[['dies before', 'dies after', 'timeout']]]

let server: TestServer
let world: World
let creator: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await memberCreator(world)
})
afterAll(async () => {
  await expectLedger(server.database)
  await server.close()
})

/** The processor of a worker that dies when it charges. */
const dying = (processor: Processor, isAsked: boolean): Processor =>
  new Proxy(processor, {
    get: (target, name) => {
      if (name === 'charge')
        return async (order: ChargeOrder) => {
          if (isAsked) await target.charge(order)
          throw new Error('killed')
        }
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })

async function renewWith(fan: Person, mishap: Mishap): Promise<void> {
  const { currentPeriod } = await factsOf(fan)
  await age(server, fan, new Date(currentPeriod.endsAt).getTime() - Date.now() + 1_000)
  if (mishap === 'timeout' || mishap === 'refuse') sandboxOf(server).faults.next('charge', mishap)
  if (mishap === 'dies before' || mishap === 'dies after') {
    const { payments } = server.services
    const services = { ...payments, processor: dying(payments.processor, mishap === 'dies after') }
    const origin = { db: server.database.db, actorId: null, sessionId: null, requestId: 'test' }
    await expect(renewDue(origin, services)).rejects.toThrow()
  }
  await renew(server)
  await runLater(server)
}

const chargesOf = async (fan: Person): Promise<number> =>
  (
    await server.database.owner.query(
      `select count(*)::int as count from sandbox_objects o
       where o.kind = 'charge' and upper(o.state) = 'SUCCEEDED' and o.idempotency_key in (select processor_key::text from payment_intents where payer_id = $1)`,
      [fan.uuid],
    )
  ).rows[0].count as number

describe('renewals', () => {
  it('are charged exactly once per period, whatever befalls the worker and the processor', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...MISHAPS), { minLength: 2, maxLength: 4 }), async (mishaps) => {
        const { fan } = await makeSubscriber(world, creator)
        for (const [done, mishap] of mishaps.entries()) {
          await renewWith(fan, mishap)
          expect(await factsOf(fan)).toMatchObject({ status: 'ACTIVE', currentPeriod: { number: done + 2 } })
          expect([await paidPeriods(server, fan), await chargesOf(fan)]).toEqual([done + 2, done + 2])
        }
      }),
      { numRuns: 5, examples: KEPT },
    )
  }, 120_000)

  it.each([
    ['insufficient_funds', 'RETRYING'],
    ['processing_error', 'RETRYING'],
    ['authentication_required', 'GRACE'],
    ['expired_card', 'GRACE'],
    ['stolen_card', 'GRACE'],
    ['do_not_try_again', 'GRACE'],
  ] as const)('refused for %s are %s: tried again only where that may help', async (code, health) => {
    const { fan } = await makeSubscriber(world, creator)
    await sandboxOf(server).breakMethod(await tokenOf(server, fan), code)
    await passPeriod(server, fan)
    expect(await factsOf(fan)).toMatchObject({ status: 'ACTIVE', paymentHealth: health })
    await sandboxOf(server).mendMethod(await tokenOf(server, fan))
    await age(server, fan, 1.5 * DAY)
    await renew(server)
    expect(await paidPeriods(server, fan)).toBe(health === 'RETRYING' ? 2 : 1)
    await age(server, fan, 2 * DAY)
    await renew(server)
    expect(await factsOf(fan)).toMatchObject(
      health === 'RETRYING' ? { status: 'ACTIVE' } : { status: 'EXPIRED', endedReason: 'PAYMENT_FAILED' },
    )
  })

  it('that succeed late keep the anchor, and end when they would have', async () => {
    const { fan } = await makeSubscriber(world, creator)
    await sandboxOf(server).breakMethod(await tokenOf(server, fan), 'insufficient_funds')
    await passPeriod(server, fan)
    await sandboxOf(server).mendMethod(await tokenOf(server, fan))
    await age(server, fan, 1.5 * DAY)
    await renew(server)
    const { currentPeriod } = await factsOf(fan)
    const [startsAt, endsAt] = [new Date(currentPeriod.startsAt).getTime(), new Date(currentPeriod.endsAt).getTime()]
    expect(currentPeriod.number).toBe(2)
    expect(startsAt).toBeLessThan(Date.now() - DAY)
    expect((endsAt - startsAt) / DAY).toBeGreaterThanOrEqual(28)
    expect((endsAt - startsAt) / DAY).toBeLessThanOrEqual(31)
  })
})

describe('news', () => {
  it('of a new subscriber reaches the creator, and of a refused renewal the subscriber', async () => {
    const other = await memberCreator(world)
    const { fan } = await makeSubscriber(world, other)
    await server.drain()
    expect((await inboxOf(other)).nodes[0]).toMatchObject({
      type: 'NEW_SUBSCRIBER',
      title: 'New subscriber',
      actors: [{ username: fan.username }],
    })
    await sandboxOf(server).breakMethod(await tokenOf(server, fan), 'insufficient_funds')
    await passPeriod(server, fan)
    await server.drain()
    expect((await inboxOf(fan)).nodes[0]).toMatchObject({
      type: 'PAYMENT',
      title: 'Payment refused',
      subject: { __typename: 'User', username: other.username },
    })
  })
})
