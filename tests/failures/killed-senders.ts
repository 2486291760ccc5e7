import { afterAll, beforeAll, expect, it } from 'vitest'
import { transaction } from '../../src/lib/db.js'
import { globalId } from '../../src/lib/ids.js'
import { jobOrigin } from '../../src/lib/jobs.js'
import { wakeSender } from '../../src/webhooks/sending.js'
import { uuidIn } from '../comments/calls.js'
import { provenCreator, publish } from '../content/posts.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { until } from '../support/until.js'
import { makeWorld } from '../support/world.js'
import type { Person } from '../support/world.js'
import { listen, startReceiver } from '../webhooks/receiver.js'
import type { Receiver } from '../webhooks/receiver.js'
import { killedWorkers } from './killed-workers.js'

/** The tests of workers that are killed while they send `events` events to a creator's own tool, `kills` times. */
export function testKilledSenders({ kills, events, hangs }: { kills: number; events: number; hangs: number }): void {
  const workers = killedWorkers()
  let server: TestServer
  let creator: Person
  let receiver: Receiver
  beforeAll(async () => {
    server = await startServer()
    creator = await provenCreator(makeWorld(server))
    receiver = await startReceiver()
    await listen(creator, receiver.url)
  })
  afterAll(async () => {
    await workers.kill()
    await receiver.close()
    await server.close()
  })

  it(
    `loses none of ${String(events)} events, each under one id, though senders are killed ${String(kills)} times and the tool fails and hangs`,
    { timeout: 120_000 + kills * 60_000 },
    async () => {
      const { owner } = server.database
      const contentId = uuidIn((await publish(creator))['id'] as string)
      await server.drain()
      await owner.query(
        `insert into outbox_events (stream, sequence, type, payload)
         select 'content:' || $1::text, 100 + n, 'content.published', jsonb_build_object('contentId', $1::text, 'creatorId', $2::text)
         from generate_series(1, $3::int) n`,
        [contentId, creator.uuid, events],
      )
      const known = new Set<unknown>()
      // every fifth message fails at first, and some are never answered
      receiver.respond = ({ headers }, response) => {
        const isFirst = !known.has(headers['webhook-id'])
        known.add(headers['webhook-id'])
        if (isFirst && known.size <= hangs) return
        response.writeHead(isFirst && known.size % 5 === 0 ? 500 : 204).end()
      }
      const isDone = async (): Promise<boolean> => {
        const { rows } = await owner.query<{ n: number }>(
          `select count(*)::int as n from webhook_deliveries where state = 'delivered'`,
        )
        return rows[0]?.n === events + 1
      }
      // what failed is due again, and nobody waits any more for whoever claimed something and is gone
      const later = async (): Promise<void> => {
        await owner.query(
          `update webhook_deliveries set next_attempt_at = app_now() where state <> 'delivered' and next_attempt_at is not null`,
        )
        await owner.query(`update webhook_endpoints set busy_until = app_now(), paused_until = null`)
        await transaction(jobOrigin(server.jobs, 'test'), (tx) => wakeSender(tx))
      }
      for (let kill = 1; kill <= kills; kill += 1) {
        const before = receiver.received.length
        await workers.start(server)
        await until(
          async () => receiver.received.length > before + events / (kills + 2) || (await isDone()),
          60_000,
        ).catch(() => undefined)
        await workers.kill()
        await workers.giveUp(server)
        await later()
      }
      await workers.start(server)
      for (let looks = 0; !(await isDone()) && looks < 100; looks += 1) {
        await until(async () => !(await isWaiting()) || (await isDone()), 30_000).catch(() => undefined)
        await later()
      }
      expect(await isDone()).toBe(true)
      const { rows } = await owner.query<{ id: string }>('select id::text as id from webhook_deliveries')
      const ids = new Set(receiver.received.map(({ headers }) => headers['webhook-id']))
      expect(ids).toEqual(new Set(rows.map(({ id }) => globalId('WebhookDelivery', id))))
      expect(
        new Set(receiver.received.map(({ headers, body }) => `${String(headers['webhook-id'])} ${body}`)).size,
      ).toBe(events + 1)
    },
  )

  /** Whether a sender is at work, or about to be. */
  async function isWaiting(): Promise<boolean> {
    const { rows } = await server.database.owner.query<{ is: boolean }>(
      `select exists (select from graphile_worker.jobs where task_identifier like 'webhooks.send%' and run_at <= now())
         or exists (select from outbox_events where dispatched_at is null) as is`,
    )
    return rows[0]?.is === true
  }
}
