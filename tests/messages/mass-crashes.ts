import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseGlobalId } from '../../src/lib/ids.js'
import { jobOrigin } from '../../src/lib/jobs.js'
import { runMassMessage } from '../../src/messages/mass.js'
import { done } from '../comments/calls.js'
import { newKey } from '../payments/paying.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'

/** The test of a mass message to `people` followers whose connection is broken in the middle, `breaks` times. */
export function testMassCrashes(people: number, breaks: number, timeoutMs: number): void {
  let server: TestServer
  beforeAll(async () => (server = await startServer()))
  afterAll(() => server.close())

  const sql = async (text: string, ...values: unknown[]): Promise<any[]> =>
    (await server.database.owner.query(text, values)).rows

  /** Breaks the connections on which batches are written, until it has done so often enough. */
  async function breakConnections(signal: AbortSignal): Promise<number> {
    let broken = 0
    while (!signal.aborted && broken < breaks) {
      const rows = await sql(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'
           and query like '%messages.insertMassBatch%'`,
      )
      broken += rows.length
    }
    return broken
  }

  it(
    'is sent to each once, whatever is killed in the middle, and however many run it',
    { timeout: timeoutMs },
    async () => {
      const star = await makeWorld(server).creator({ isEmailVerified: false })
      await sql(
        `with people as (
         insert into users (username, display_name, email, email_index)
         select 'many.' || n, 'Many', '\\x00', decode(md5('m' || n) || md5(n::text), 'hex') from generate_series(1, $2::int) n
         returning id
       ) insert into follows (follower_id, following_id) select id, $1 from people`,
        star.uuid,
        people,
      )
      const { massMessage } = await done(
        star,
        'sendMassMessage',
        { segment: 'FOLLOWERS', body: 'To all.', idempotencyKey: newKey() },
        'massMessage { id recipientCount }',
      )
      expect(massMessage.recipientCount).toBe(people)
      const id = parseGlobalId(massMessage.id as string)!.uuid
      const over = new AbortController()
      const breaking = breakConnections(over.signal)
      const run = () => runMassMessage(jobOrigin(server.jobs, randomUUID()), id)
      let failures = 0
      const startedMs = performance.now()
      for (;;) {
        const outcomes = await Promise.allSettled([run(), run()])
        failures += outcomes.filter(({ status }) => status === 'rejected').length
        if (outcomes.every(({ status }) => status === 'fulfilled')) break
      }
      const tookMs = performance.now() - startedMs
      over.abort()
      expect(await breaking).toBeGreaterThan(0)
      expect(failures).toBeGreaterThan(0)
      expect(await sql('select state::text, sent_count, skipped_count from mass_messages where id = $1', id)).toEqual([
        { state: 'sent', sent_count: people, skipped_count: 0 },
      ])
      expect(
        await sql(
          `select count(*)::int as messages, count(distinct conversation_id)::int as people from messages where mass_message_id = $1`,
          id,
        ),
      ).toEqual([{ messages: people, people }])
      process.stdout.write(
        `${String(people)} people, ${String(failures)} runs broken off: ${(tookMs / 1_000).toFixed(1)} s, ${String(Math.round((people * 1_000) / tookMs))} a second\n`,
      )
    },
  )
}
