import { setTimeout } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { sqlState, transaction } from '../../src/lib/db.js'
import type { Origin } from '../../src/lib/db.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'

/** What the libraries below us got wrong once, or still do; run again whenever one of them is upgraded. */
let database: TestDatabase
let origin: Origin
beforeAll(async () => {
  database = await testDatabase({ poolSize: 4 })
  origin = { db: database.db, actorId: null, sessionId: null, requestId: 'trap' }
})
afterAll(() => database.drop())

const nothing = undefined as unknown as string
const stream = (name: string) => ({ data: { stream: `trap:${name}` } })

describe('an undefined in a call', () => {
  it('matches nothing and writes nothing, however deep it stands', async () => {
    await transaction(origin, (tx) => tx.eventStream.create(stream('kept')))
    const calls = [
      () => database.db.eventStream.deleteMany({ where: { stream: nothing } }),
      () => database.db.eventStream.updateMany({ where: { stream: nothing }, data: { lastSequence: 7n } }),
      () => database.db.eventStream.findMany({ where: { OR: [{ stream: nothing }] } }),
      () => database.db.eventStream.findMany({ where: { stream: { in: [nothing] } } }),
      () => database.db.eventStream.findMany({ where: { AND: { NOT: { stream: { equals: nothing } } } } }),
      () => database.db.user.findFirst({ where: { userSessions: { some: { id: nothing } } } }),
      () =>
        database.db.eventStream.updateMany({
          where: { stream: 'trap:kept' },
          data: { lastSequence: nothing as never },
        }),
    ]
    for (const call of calls) await expect(call(), call.toString()).rejects.toThrow(/undefined/i)
    const { rows } = await database.owner.query(
      `select last_sequence::int as n from event_streams where stream = 'trap:kept'`,
    )
    expect(rows).toEqual([{ n: 0 }])
  })
})

describe('a transaction that fails', () => {
  afterEach(async () => {
    const { rows } = await database.owner.query(
      `select query from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`,
    )
    expect(rows, 'left open').toEqual([])
    expect(database.pool.totalCount).toBeLessThanOrEqual(4)
    expect(database.pool.idleCount, 'not given back').toBe(database.pool.totalCount)
  })

  it('at its commit, is refused and not reported as done', async () => {
    const write = transaction(
      origin,
      (tx) => tx.sql`/* trap.deferred */
      select app_post_journal('adjustment', 'trap:1', null, null, app_now(), 'EUR', false,
        '{platform_fees}'::ledger_account_kind[], '{null}'::uuid[], '{1}'::bigint[], '{null}'::timestamptz[])::text`,
    )
    const error: unknown = await write.catch((caught: unknown) => caught)
    expect(sqlState(error) ?? String(error)).toMatch(/^23514$|does not sum to zero/)
    const { rows } = await database.owner.query(`select from journal_transactions where reference = 'trap:1'`)
    expect(rows).toEqual([])
  })

  it('gives its connection back clean, and nobody gets another one’s answers', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 300 }, async (_, n) => {
        if (n % 10 === 0) {
          await transaction(origin, async (tx) => {
            await tx.eventStream.create(stream(`failed-${String(n)}`))
            // several at once in one transaction, one of which breaks it
            await Promise.all([
              tx.sql`/* trap.divide */ select 1 / ${0}::int as n`,
              tx.sql`/* trap.other */ select ${n}::int as n`,
            ])
          })
          return
        }
        const [row] = await database.db.sql<{ n: number }>`/* trap.mine */ select ${n}::int as n`
        return row?.n === n
      }),
    )
    const failed = outcomes.filter(({ status }) => status === 'rejected')
    expect(failed).toHaveLength(30)
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value !== true)).toEqual([])
    const { rows } = await database.owner.query(`select stream from event_streams where stream like 'trap:failed-%'`)
    expect(rows).toEqual([])
  })

  it('when its connection is cut, lets the next ones through', async () => {
    const cut = transaction(origin, async (tx) => {
      await tx.eventStream.create(stream('cut'))
      await tx.sql`/* trap.cut */ select pg_terminate_backend(pg_backend_pid())`
    })
    await expect(cut).rejects.toThrow()
    for (let n = 0; n < 8; n += 1) expect(await database.db.sql`/* trap.after */ select 1 as n`).toEqual([{ n: 1 }])
  })

  it('when it takes too long for a statement, is cancelled by the server', async () => {
    const slow = transaction(origin, (tx) => tx.sql`/* trap.slow */ select pg_sleep(20)`)
    const startedMs = performance.now()
    await expect(slow).rejects.toThrow()
    expect(performance.now() - startedMs).toBeLessThan(6_500)
    await setTimeout(50)
  })
})

describe('settings of a transaction', () => {
  it('end with it, also when it is rolled back', async () => {
    const actorId = '22222222-2222-4222-8222-222222222222'
    await transaction({ ...origin, actorId }, () => Promise.reject(new Error('no'))).catch(() => undefined)
    const seen = await Promise.all(
      Array.from(
        { length: 12 },
        () => database.db.sql<{ actor: string | null }>`/* trap.actor */ select app_actor_id()::text as actor`,
      ),
    )
    expect(new Set(seen.map(([row]) => row?.actor))).toEqual(new Set([null]))
  })

  it('are the writer’s own among many at once, errors among them', async () => {
    const people = Array.from({ length: 20 }, (_, n) => `33333333-3333-4333-8333-${String(n).padStart(12, '0')}`)
    const mixed: string[] = []
    const one = async (n: number): Promise<void> => {
      const actorId = people[n % people.length] ?? ''
      const work = transaction({ ...origin, actorId, requestId: `r${String(n)}` }, async (tx) => {
        const [row] = await tx.sql<{ actor: string; request: string }>`/* trap.whoami */
          select app_actor_id()::text as actor, app_request_id() as request`
        if (row?.actor !== actorId || row.request !== `r${String(n)}`)
          mixed.push(`${String(n)}: ${JSON.stringify(row)}`)
        if (n % 10 === 0) throw new Error('injected')
      })
      await work.catch((error: unknown) => {
        if (!(error instanceof Error) || error.message !== 'injected') throw error
      })
    }
    for (let start = 0; start < 600; start += 100)
      await Promise.all(Array.from({ length: 100 }, (_, offset) => one(start + offset)))
    expect(mixed).toEqual([])
  })
})

describe('the pool', () => {
  it('tells whoever waits too long, instead of keeping them for ever', async () => {
    const busy = await Promise.all(Array.from({ length: 4 }, () => database.pool.connect()))
    const startedMs = performance.now()
    await expect(database.db.sql`/* trap.waiting */ select 1`).rejects.toThrow(/timeout/)
    await expect(transaction(origin, () => Promise.resolve())).rejects.toThrow()
    expect(performance.now() - startedMs).toBeLessThan(5_000)
    for (const client of busy) client.release()
    expect(await database.db.sql`/* trap.free */ select 1 as n`).toEqual([{ n: 1 }])
  })
})
