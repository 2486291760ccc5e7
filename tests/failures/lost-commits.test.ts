import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/lib/db.js'
import type { Database } from '../../src/lib/db.js'
import { done } from '../comments/calls.js'
import { provenCreator, publish } from '../content/posts.js'
import { ageSales, buy, newKey, runLater, saveCard, tip, topUp } from '../payments/paying.js'
import { openChaosProxy } from '../support/chaos-proxy.js'
import type { ChaosProxy } from '../support/chaos-proxy.js'
import type { Answer } from '../support/client.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'

/** No call here commits more often. */
const MOST_COMMITS = 12

let own: TestDatabase
let proxy: ChaosProxy
let proxied: Database
let server: TestServer
let world: World
let creator: Person
beforeAll(async () => {
  own = await testDatabase()
  proxy = await openChaosProxy(own.appUrl)
  proxied = openDatabase(proxy.through(own.appUrl))
  server = await startServer({
    database: { ...own, db: proxied.db, pool: proxied.pool },
    config: { costBudget: 10_000_000 },
  })
  world = makeWorld(server)
  creator = await provenCreator(world)
  await done(creator, 'addPayoutAccount', {
    countryCode: 'DE',
    returnUrl: 'https://app.example.com/back',
    idempotencyKey: newKey(),
  })
})
afterAll(async () => {
  await expectLedger(server.database)
  await server.close()
  await proxied.close()
  await own.drop()
  await proxy.close()
})

const count = async (sql: string, ...values: unknown[]): Promise<number> =>
  Number((await own.owner.query<{ n: string }>(`select count(*) as n from ${sql}`, values)).rows[0]!.n)

/** Something that moves money: how it is asked for, and how often it happened. */
interface Movement {
  readonly ask: (fan: Person, idempotencyKey: string) => Promise<Answer<any>>
  readonly happened: (fan: Person) => Promise<number>
}

const PAYOUT = `mutation ($input: RequestPayoutInput!) { requestPayout(input: $input) { payout { id } userErrors { code } } }`
const movements: Record<string, Movement> = {
  'a tip by card': {
    ask: (fan, idempotencyKey) => tip(fan, creator, { amountMinor: '700', idempotencyKey }),
    happened: ({ uuid }) => count(`transactions where payer_id = $1 and type = 'tip' and status = 'succeeded'`, uuid),
  },
  'a tip out of the wallet': {
    ask: (fan, idempotencyKey) =>
      tip(fan, creator, { amountMinor: '700', payWith: { useWallet: true }, idempotencyKey }),
    happened: ({ uuid }) => count(`transactions where payer_id = $1 and type = 'tip' and status = 'succeeded'`, uuid),
  },
  'money for the wallet': {
    ask: (fan, idempotencyKey) => topUp(fan, '1500', 'EUR', { idempotencyKey }),
    happened: ({ uuid }) =>
      count(`payment_intents where payer_id = $1 and purpose = 'wallet_top_up' and state = 'succeeded'`, uuid),
  },
  'a payout': {
    ask: (_fan, idempotencyKey) => creator.request(PAYOUT, { input: { amountMinor: '1000', idempotencyKey } }),
    happened: () =>
      count(`transactions where creator_id = $1 and type = 'payout' and status = 'succeeded'`, creator.uuid),
  },
}

describe.each(Object.entries(movements))('%s', (_what, { ask, happened }) => {
  it.each(['before', 'after'] as const)(
    'whose connection is lost %s any COMMIT happens once, also when it is asked for again',
    { timeout: 120_000 },
    async (when) => {
      const fan = await world.fan()
      await saveCard(fan)
      await topUp(fan, '20000')
      await tip(fan, creator, { amountMinor: '100000', payWith: {} })
      await ageSales(server, 8)
      await runLater(server)
      const [before, charges] = [await happened(fan), await chargesOf(fan)]
      let calls = 0
      for (let isLost = true; isLost && calls < MOST_COMMITS; calls += 1) {
        const key = newKey()
        proxy.loseCommit(when, calls)
        await ask(fan, key)
        isLost = proxy.lostCommit()
        const again = await ask(fan, key)
        expect(again.errors).toEqual([])
        expect(Object.values(again.data ?? {})[0]).toMatchObject({ userErrors: [] })
        await runLater(server)
      }
      // the last one lost nothing: every COMMIT before was lost once
      expect(calls).toBeGreaterThan(1)
      expect(calls).toBeLessThan(MOST_COMMITS)
      expect(await happened(fan)).toBe(before + calls)
      expect([charges, charges + calls]).toContain(await chargesOf(fan))
    },
  )
})

/** What the processor took of somebody. */
const chargesOf = ({ uuid }: Person): Promise<number> =>
  count(
    `sandbox_objects o join payment_intents p on p.id::text = o.data ->> 'intentId'
     where o.kind = 'charge' and o.state = 'SUCCEEDED' and p.payer_id = $1`,
    uuid,
  )

describe('a commit that loses against another one', () => {
  it.each([
    ['is tried again, and moves money once', 3],
    ['more often than it is tried is carried out by a job, once', 6],
  ])('%s', async (_what, conflicts) => {
    const fan = await world.fan()
    await saveCard(fan)
    const { id } = await publish(creator, { priceMinor: '999' })
    await own.owner.query(`
      create sequence lost_commits;
      create function lose_commit() returns trigger language plpgsql security definer as $$
      begin
        if nextval('public.lost_commits') <= ${String(conflicts)} then
          raise exception 'another transaction won' using errcode = '40001';
        end if;
        return null;
      end $$;
      create constraint trigger lost_commits after insert on transactions deferrable initially deferred
        for each row execute function lose_commit()`)
    const key = newKey()
    const first = await buy(fan, id as string, { amountMinor: '999', currency: 'EUR' }, { idempotencyKey: key })
    expect(first.data?.['purchaseContent']?.payment.state ?? null).toBe(conflicts > 5 ? null : 'SUCCEEDED')
    await runLater(server)
    const again = await buy(fan, id as string, { amountMinor: '999', currency: 'EUR' }, { idempotencyKey: key })
    expect(again.data?.['purchaseContent']).toMatchObject({ replayed: true, payment: { state: 'SUCCEEDED' } })
    await own.owner.query(`
      drop trigger lost_commits on transactions; drop function lose_commit; drop sequence lost_commits`)
    expect(await count(`transactions where payer_id = $1 and status = 'succeeded'`, fan.uuid)).toBe(1)
    expect(await chargesOf(fan)).toBe(1)
  })
})
