import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countStatements, isSerializationFailure, transaction, violatesUnique } from '../../src/lib/db.js'
import type { Origin, Tx } from '../../src/lib/db.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'

let database: TestDatabase
let origin: Origin
beforeAll(async () => {
  database = await testDatabase()
  origin = { db: database.db, actorId: null, sessionId: null, requestId: 'request-1' }
})
afterAll(() => database.drop())

describe('transaction', () => {
  it('sets actor, session, request and reason for triggers and policies, and clears them with its end', async () => {
    const actorId = '11111111-1111-4111-8111-111111111111'
    const seen = await transaction(
      { ...origin, actorId, reason: 'because' },
      (tx) =>
        tx.sql<{ actor: string; request: string; reason: string }>`/* test.settings */
        select app_actor_id()::text as actor, app_request_id() as request, app_reason() as reason`,
    )
    expect(seen).toEqual([{ actor: actorId, request: 'request-1', reason: 'because' }])
    const after = await database.db.sql`/* test.settingsAfter */ select app_actor_id()::text as actor`
    expect(after).toEqual([{ actor: null }])
  })

  it('reads the time once, from the database, offset included', async () => {
    await database.setClock(3_600_000)
    const now = await transaction(origin, (_tx, time) => Promise.resolve(time))
    await database.setClock(0)
    expect(Math.abs(now.getTime() - Date.now() - 3_600_000)).toBeLessThan(60_000)
  })

  it('rolls everything back when the work fails', async () => {
    await expect(
      transaction(origin, async (tx) => {
        await tx.eventStream.create({ data: { stream: 'test:rollback' } })
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    expect(await database.db.eventStream.count({ where: { stream: 'test:rollback' } })).toBe(0)
  })

  it('runs again after a serialization failure in each of its three shapes, and not after other errors', async () => {
    const shapes = [
      { code: 'P2034' },
      { code: '40001' },
      { name: 'DriverAdapterError', cause: { kind: 'TransactionWriteConflict' } },
      { code: '40P01' },
    ]
    for (const shape of shapes) expect(isSerializationFailure(shape)).toBe(true)
    for (const other of [{ code: 'P2002' }, new Error('x'), null, 'P2034', { code: '57014' }])
      expect(isSerializationFailure(other)).toBe(false)
    let runs = 0
    const answer = await transaction(origin, (tx) => {
      runs += 1
      if (runs < 3) throw Object.assign(new Error('conflict'), { code: 'P2034' })
      return tx.sql`/* test.again */ select 1 as one`
    })
    expect([runs, answer]).toEqual([3, [{ one: 1 }]])
  })

  it('takes nothing any more once it has ended, however it did, whoever still writes', async () => {
    const write = (tx: Tx) => tx.sql`/* test.late */ insert into event_streams (stream) values ('test:late')`
    const ended: Tx[] = []
    await transaction(origin, async (tx) => {
      ended.push(tx)
      await tx.sql`/* test.inTime */ select 1`
    })
    let writing: Promise<PromiseSettledResult<unknown>[]> | undefined
    await expect(
      transaction(origin, async (tx) => {
        ended.push(tx)
        // still on its way when the first has failed
        writing = Promise.allSettled([1, 100].map((ms) => setTimeout(ms).then(() => write(tx))))
        await tx.sql`/* test.broken */ select 1 / 0`
      }),
    ).rejects.toThrow('division by zero')
    expect((await writing)?.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    for (const tx of ended) await expect(write(tx)).rejects.toMatchObject({ code: 'P2028' })
    expect(await database.db.eventStream.count({ where: { stream: 'test:late' } })).toBe(0)
  })

  it('survives a real deadlock: both writers succeed', async () => {
    await database.owner.query(`insert into event_streams (stream) values ('test:a'), ('test:b')`)
    const both = (first: string, second: string) =>
      transaction(origin, async (tx) => {
        for (const stream of [first, second]) {
          await tx.sql`/* test.lock */ update event_streams set last_sequence = last_sequence + 1 where stream = ${stream}`
          await setTimeout(100)
        }
      })
    await Promise.all([both('test:a', 'test:b'), both('test:b', 'test:a')])
    const { rows } = await database.owner.query<{ n: string }>(
      `select sum(last_sequence)::text as n from event_streams where stream in ('test:a', 'test:b')`,
    )
    expect(rows).toEqual([{ n: '4' }])
  })
})

describe('the handle', () => {
  it('refuses an undefined in a filter instead of matching every row', async () => {
    const id = undefined as unknown as string
    await expect(database.db.outboxEvent.deleteMany({ where: { stream: id } })).rejects.toThrow(/undefined/)
  })

  it('stores instants in UTC, as a second reader sees them', async () => {
    const beatAt = new Date('2026-07-01T12:00:00.123Z')
    await transaction(origin, (tx) =>
      tx.workerHeartbeat.create({ data: { workerId: 'test:utc', host: 'test', processId: 1, beatAt } }),
    )
    const { rows } = await database.owner.query<{ t: string }>(
      `select to_char(beat_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS') as t from worker_heartbeats where worker_id = 'test:utc'`,
    )
    expect(rows).toEqual([{ t: '2026-07-01T12:00:00.123' }])
  })

  it('reads instants as the driver does, whatever they look like', async () => {
    const { rows } = await database.pool.query<{ at: string; driver: Date }>(
      `select at::text as at, at as driver from unnest($1::timestamptz[]) at`,
      [
        [
          '2026-03-01T09:30:00Z',
          '2026-03-01T09:30:00.1Z',
          '2026-12-31T23:59:59.999Z',
          '1969-12-31T23:59:59.5Z',
          '0099-01-01T00:00:00Z',
          '0044-03-15T12:00:00Z BC',
          '12026-01-01T00:00:00Z',
          'infinity',
        ],
      ],
    )
    for (const { at, driver } of rows) {
      const [read] = await database.db.sql<{ at: Date }>`/* test.instant */ select ${at}::timestamptz as at`
      expect(read?.at, at).toEqual(driver)
    }
  })

  it('names the constraint that a write broke', async () => {
    const write = () => transaction(origin, (tx) => tx.eventStream.create({ data: { stream: 'test:twice' } }))
    await write()
    const error: unknown = await write().catch((caught: unknown) => caught)
    expect(violatesUnique(error, 'event_streams_pkey')).toBe(true)
    expect(violatesUnique(error, 'users_pkey')).toBe(false)
  })

  it('counts the statements that a piece of work sends, apart from what runs beside it', async () => {
    const [one, two] = await Promise.all([
      countStatements(() => database.db.sql`/* test.one */ select 1`),
      countStatements(async () => {
        await database.db.sql`/* test.two */ select 2`
        await database.db.sql`/* test.three */ select 3`
      }),
    ])
    expect([one.statements, two.statements]).toEqual([1, 2])
  })

  it('works as a role that cannot change the schema, skip policies or move the clock', async () => {
    const [role] = await database.db.sql`/* test.role */
      select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user`
    expect(role).toEqual({ rolsuper: false, rolbypassrls: false, rolcreaterole: false, rolcreatedb: false })
    for (const sql of [
      'create table x (id int)',
      'update app_clock set offset_ms = 1',
      'delete from _prisma_migrations',
    ])
      await expect(database.pool.query(sql)).rejects.toThrow(/permission denied/)
  })
})
