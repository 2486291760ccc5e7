import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startServer, TEST_KEYS } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { until } from '../support/until.js'
import { makeWorld } from '../support/world.js'
import type { Person } from '../support/world.js'
import { startProcess } from '../server/process.js'
import type { ServerProcess } from '../server/process.js'

/** Workers of a server, each a process of its own, to be killed. */
export interface Workers {
  start(server: TestServer): Promise<void>
  kill(): Promise<void>
  /** Lets the half minute pass that a worker is given which says nothing. */
  giveUp(server: TestServer): Promise<void>
}

/** Has a test file start workers and kill them. */
export function killedWorkers(): Workers {
  const folder = mkdtempSync(join(tmpdir(), 'workers-'))
  let worker: ServerProcess | undefined
  const kill = async (): Promise<void> => {
    await worker?.stop('SIGKILL')
  }
  afterAll(async () => {
    await kill()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    kill,
    start: async ({ database }) => {
      const started = startProcess(
        { DATABASE_URL: database.ownerUrl, DATABASE_APP_URL: database.appUrl, DATA_DIR: folder, ...TEST_KEYS },
        '--worker',
      )
      worker = started
      await until(() => started.output().includes('ready to run jobs'), 60_000)
    },
    giveUp: async ({ database: { owner } }) => {
      await owner.query(`update worker_heartbeats set beat_at = beat_at - interval '31 seconds'`)
      await owner.query(
        `update graphile_worker._private_jobs set locked_at = locked_at - interval '31 seconds' where locked_at is not null`,
      )
    },
  }
}

/** The tests of workers that are killed while they tell `people` people of `announcements` things, `kills` times. */
export function testKilledWorkers(options: {
  kills: number
  people: number
  announcements: number
  waitsForReal: boolean
}): void {
  const { kills, people, announcements, waitsForReal } = options
  const workers = killedWorkers()
  let server: TestServer
  let admin: Person
  beforeAll(async () => {
    server = await startServer()
    admin = await makeWorld(server).admin({ isEmailVerified: false })
    // people in numbers: nobody signs in as them
    await server.database.owner.query(
      `insert into users (username, display_name, email, email_index, password_hash)
       select 'crowd.' || n, 'Crowd', 'x', sha256(n::text::bytea), 'x' from generate_series(1, $1::int) n`,
      [people],
    )
  }, 60_000)
  afterAll(async () => {
    await workers.kill()
    await server.close()
  })

  const number = async (sql: string): Promise<number> =>
    Number((await server.database.owner.query<{ n: string }>(`select count(*)::text as n ${sql}`)).rows[0]?.n)

  it(
    `each is told once, though workers are killed ${String(kills)} times`,
    { timeout: 120_000 + kills * 90_000 },
    async () => {
      for (let n = 0; n < announcements; n += 1)
        await admin.do('mutation ($input: AnnounceInput!) { announce(input: $input) { userErrors { code } } }', {
          input: {
            title: `Announcement ${String(n)}`,
            body: 'Once to everybody.',
            idempotencyKey: `announcement-${String(n)}`,
          },
        })
      const told = 'from notifications where subject_id in (select id from announcements)'
      const wanted = announcements * (people + 1)
      for (let kill = 1; kill <= kills && (await number(told)) < wanted; kill += 1) {
        await workers.start(server)
        const before = await number(told)
        await until(async () => (await number(told)) > before, 90_000).catch(() => undefined)
        await setTimeout(40 * kill)
        await workers.kill()
      }
      if (!waitsForReal) await workers.giveUp(server)
      await workers.start(server)
      const startedMs = performance.now()
      await until(
        async () =>
          (await number(told)) >= wanted &&
          (await number('from graphile_worker.jobs where attempts < max_attempts and run_at <= now()')) === 0,
        90_000,
      )
      expect(performance.now() - startedMs).toBeLessThan(60_000)
      expect(await number(told)).toBe(wanted)
      expect(
        await number(
          `from (select user_id, subject_id ${told} group by user_id, subject_id having count(*) <> 1) twice`,
        ),
      ).toBe(0)
      expect(await number(`from announcements where delivered_at is null`)).toBe(0)
    },
  )
}
