import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startProcess } from '../server/process.js'
import type { ServerProcess } from '../server/process.js'
import { publish } from '../content/posts.js'
import { startServer, TEST_KEYS } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { until } from '../support/until.js'
import { makeWorld } from '../support/world.js'
import type { Person } from '../support/world.js'

/** The tests of a post that `followers` people are told of by workers that are killed `kills` times between batches. */
export function testKilledFanout({ followers, kills }: { readonly followers: number; readonly kills: number }): void {
  const folder = mkdtempSync(join(tmpdir(), 'fanout-'))
  let server: TestServer
  let creator: Person
  let worker: ServerProcess | undefined
  beforeAll(async () => {
    server = await startServer()
    creator = await makeWorld(server).creator({ isEmailVerified: false })
    for (let made = 0; made < followers; made += 20_000)
      await server.database.owner.query(
        `with people as (
          insert into users (username, display_name, email, email_index, password_hash)
          select 'crowd.' || n, 'Crowd', 'x', sha256(n::text::bytea), 'x' from generate_series($2::int + 1, $3::int) n returning id
        )
        insert into follows (follower_id, following_id) select id, $1 from people`,
        [creator.uuid, made, Math.min(made + 20_000, followers)],
      )
    await server.database.owner.query('analyze users; analyze follows')
  }, 300_000)
  afterAll(async () => {
    await worker?.stop('SIGKILL')
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const startWorker = async (): Promise<void> => {
    // what was locked by the one before is free: the half minute that a worker is given has passed
    await server.database.owner.query(`update worker_heartbeats set beat_at = beat_at - interval '31 seconds'`)
    await server.database.owner.query(
      `update graphile_worker._private_jobs set locked_at = locked_at - interval '31 seconds' where locked_at is not null`,
    )
    worker = startProcess(
      {
        DATABASE_URL: server.database.ownerUrl,
        DATABASE_APP_URL: server.database.appUrl,
        DATA_DIR: folder,
        ...TEST_KEYS,
      },
      '--worker',
    )
    await until(() => worker!.output().includes('ready to run jobs'), 60_000)
  }
  const fanout = async (): Promise<{ told: number; isFinished: boolean }> =>
    (
      await server.database.owner.query<{ told: number; isFinished: boolean }>(
        'select coalesce(max(told_count), 0) as told, coalesce(bool_and(finished_at is not null), false) as "isFinished" from notification_fanouts',
      )
    ).rows[0]!

  it(
    `${String(followers)} followers are told once each, though workers are killed ${String(kills)} times`,
    { timeout: 600_000 },
    async () => {
      const before = performance.now()
      await publish(creator, { title: 'For everybody' })
      expect(performance.now() - before).toBeLessThan(2_000)
      let killed = 0
      let told = 0
      while (killed < kills) {
        await startWorker()
        const next = told + (followers - told) / (kills - killed + 1) / 2
        await until(async () => (await fanout()).told > next || (await fanout()).isFinished, 120_000)
        await worker?.stop('SIGKILL')
        const state = await fanout()
        if (state.isFinished) break
        killed += 1
        ;({ told } = state)
        // what a batch wrote and what its mark says came together
        const { rows } = await server.database.owner.query<{ n: number }>(
          `select count(*)::int as n from notifications where type = 'new_content'`,
        )
        expect(rows[0]?.n).toBe(told)
      }
      expect(killed).toBeGreaterThan(0)
      const startedMs = performance.now()
      await startWorker()
      await until(async () => (await fanout()).isFinished, 300_000)
      console.log(
        `told ${String(followers)} followers; killed ${String(killed)} times, the last at ${String(told)}; the rest took ${String(Math.trunc(performance.now() - startedMs))} ms with the start of a process`,
      )
      const { rows } = await server.database.owner.query(
        `select count(*)::int as rows, count(distinct user_id)::int as people, max(sequence)::int as sequence
         from notifications where type = 'new_content'`,
      )
      expect(rows).toEqual([{ rows: followers, people: followers, sequence: 1 }])
      expect((await fanout()).told).toBe(followers)
    },
  )
}
