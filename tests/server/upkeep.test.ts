import { afterAll, beforeAll, expect, it } from 'vitest'
import { DAY_MS } from '../../src/lib/clock.js'
import type { JobServices } from '../../src/lib/jobs.js'
import { enqueueUpkeep, upkeepJobs } from '../../src/lib/upkeep.js'
import { runDueJobs } from '../../src/lib/worker.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'

let database: TestDatabase
let services: JobServices
beforeAll(async () => {
  database = await testDatabase()
  services = { db: database.db, mailer: { send: () => Promise.resolve(), close: () => undefined } }
})
afterAll(async () => {
  await database.drop()
})

async function upkeep(): Promise<void> {
  await enqueueUpkeep(services)
  await runDueJobs(database, upkeepJobs, services)
}

const count = async (table: string): Promise<number> =>
  Number((await database.owner.query<{ count: string }>(`select count(*) from ${table}`)).rows[0]?.count)

const partitions = async (): Promise<string[]> =>
  (
    await database.owner.query<{ name: string }>(`select inhrelid::regclass::text as name from pg_inherits order by 1`)
  ).rows.map(({ name }) => name)

it('makes the partitions of the months to come, as the application role, and moves with the time', async () => {
  const before = await partitions()
  await upkeep()
  expect(await partitions()).toEqual(before)
  await database.setClock(120 * DAY_MS)
  await upkeep()
  const made = (await partitions()).filter((name) => !before.includes(name))
  await database.setClock(0)
  for (const table of ['audit_logs', 'system_logs', 'notifications'])
    expect(made.filter((name) => name.startsWith(table)).length).toBeGreaterThanOrEqual(3)
})

it('deletes answers after 7 days, events after 30, ended limits and old signs of life, and nothing younger', async () => {
  await database.owner.query(`
    insert into idempotency_records (scope, mutation, key, request_hash, state, expires_at)
      select 's', 'm', n::text, sha256('x'), 'in_flight', app_now() + interval '7 days' from generate_series(1, 5) n;
    insert into outbox_events (stream, sequence, type, dispatched_at)
      select 's', n, 't', app_now() from generate_series(1, 5) n;
    insert into outbox_events (stream, sequence, type) values ('open', 1, 't');
    insert into rate_limits (key, points, expire) values
      ('ended', 1, extract(epoch from now() - interval '1 minute') * 1000),
      ('running', 1, extract(epoch from now() + interval '1 hour') * 1000);
    insert into worker_heartbeats (worker_id, host, process_id, beat_at) values
      ('old', 'h', 1, clock_timestamp() - interval '2 days'), ('young', 'h', 1, clock_timestamp());`)
  await upkeep()
  expect([await count('idempotency_records'), await count('outbox_events')]).toEqual([5, 6])
  expect((await database.owner.query('select key from rate_limits')).rows).toEqual([{ key: 'running' }])
  expect((await database.owner.query('select worker_id from worker_heartbeats')).rows).toEqual([{ worker_id: 'young' }])
  await database.setClock(8 * DAY_MS)
  await upkeep()
  expect([await count('idempotency_records'), await count('outbox_events')]).toEqual([0, 6])
  await database.setClock(31 * DAY_MS)
  await upkeep()
  // what nobody relayed is kept
  expect((await database.owner.query('select stream from outbox_events')).rows).toEqual([{ stream: 'open' }])
  await database.setClock(0)
})

it('deletes more than one transaction takes', async () => {
  await database.owner.query(`delete from outbox_events;
    insert into outbox_events (stream, sequence, type, created_at, dispatched_at)
    select 'many', n, 't', app_now() - interval '31 days', app_now() from generate_series(1, 5000) n`)
  await upkeep()
  expect(await count('outbox_events')).toBe(0)
})
