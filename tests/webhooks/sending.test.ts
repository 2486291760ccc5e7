import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventHandlers } from '../../src/event-handlers.js'
import { transaction } from '../../src/lib/db.js'
import { listEventsAfter } from '../../src/lib/events.js'
import { globalId } from '../../src/lib/ids.js'
import { jobOrigin } from '../../src/lib/jobs.js'
import { relayOpenEvents } from '../../src/lib/relay.js'
import { makeDeliveries } from '../../src/webhooks/deliveries.js'
import { claimDue } from '../../src/webhooks/delivery-queries.js'
import { sendDue } from '../../src/webhooks/sending.js'
import { block, done, say, uuidIn } from '../comments/calls.js'
import { provenCreator, publish } from '../content/posts.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { until } from '../support/until.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { answer, deliveriesOf, endpointOf, listen, sendAll, startReceiver, test, verify } from './receiver.js'
import type { Endpoint, Receiver } from './receiver.js'

let server: TestServer
let world: World
let creator: Person
let receiver: Receiver
let endpoint: Endpoint
beforeAll(async () => {
  server = await startServer({ config: { costBudget: 1_000_000 } })
  world = makeWorld(server)
})
afterAll(() => server.close())

beforeEach(async () => {
  await server.database.setClock(0)
  creator = await provenCreator(world)
  receiver = await startReceiver()
  endpoint = await listen(creator, receiver.url)
})
afterEach(async () => {
  await server.database.owner.query('delete from webhook_endpoints')
  await receiver.close()
})

const sql = async <Row extends object>(text: string, ...values: unknown[]): Promise<Row[]> =>
  (await server.database.owner.query<Row>(text, values)).rows

interface Stored {
  readonly state: string
  readonly attempt_count: number
  readonly next_attempt_at: Date | null
}
const stored = async (): Promise<Stored> =>
  (
    await sql<Stored>(`select state, attempt_count, next_attempt_at from webhook_deliveries order by event_id limit 1`)
  )[0]!

/** Moves the clock to where the first message is due again, and has it sent. */
async function whenDue(): Promise<void> {
  const { next_attempt_at: at } = await stored()
  await server.database.setClock((at?.getTime() ?? 0) - Date.now() + 500)
  await sendAll(server)
}

/** Another message of the same object as an address's newest. */
const followUp = (type: string): Promise<unknown> =>
  sql(
    `insert into webhook_deliveries (endpoint_id, event_id, object_id, type, payload, next_attempt_at)
     select endpoint_id, event_id + 1000000, object_id, $1::text, jsonb_build_object('type', $1::text), app_now()
     from webhook_deliveries order by event_id desc limit 1`,
    type,
  )

describe('what happened', () => {
  it('arrives once, signed as the specification says, with ids as the API gives them', async () => {
    const post = await publish(creator)
    await server.drain()
    expect(receiver.received).toHaveLength(1)
    const [received] = receiver.received
    expect(verify(endpoint.secret, received!)).toEqual({
      type: 'content.published',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: { contentId: post['id'] },
    })
    expect(received?.headers).toMatchObject({ 'content-type': 'application/json' })
    const [delivery] = await deliveriesOf(creator, endpoint.id)
    expect(delivery).toMatchObject({
      id: received?.headers['webhook-id'],
      state: 'DELIVERED',
      attemptCount: 1,
      responseStatus: 204,
      nextAttemptAt: null,
      lastError: null,
      payload: received?.message,
    })
    await sendAll(server)
    expect(receiver.received).toHaveLength(1)
  })

  it('is refused by a tool when a byte of it is another', async () => {
    await publish(creator)
    await server.drain()
    const [received] = receiver.received
    expect(() => verify(endpoint.secret, { ...received!, body: received!.body.replace('data', 'Data') })).toThrow()
  })

  it('tells of followers and comments, but of nobody whom a block parts from the creator, and not of the creator’s own', async () => {
    const [fan, blocked] = [await world.fan(), await world.fan()]
    const post = await publish(creator)
    await done(fan, 'followUser', { userId: creator.id })
    await done(blocked, 'followUser', { userId: creator.id })
    const { comment } = await done(fan, 'addComment', { contentId: post['id'], body: 'Said.' }, 'comment { id }')
    await done(blocked, 'addComment', { contentId: post['id'], body: 'Said.' })
    await done(creator, 'addComment', { contentId: post['id'], body: 'Mine.' })
    await block(server, creator, blocked)
    await server.drain()
    const told = receiver.received.map(({ message: { type, data } }) => ({ type, data }))
    expect(told).toHaveLength(3)
    expect(told).toEqual(
      expect.arrayContaining([
        { type: 'content.published', data: { contentId: post['id'] } },
        { type: 'follower.gained', data: { followerId: fan.id } },
        {
          type: 'comment.added',
          data: { commentId: comment.id, contentId: post['id'], parentId: null, authorId: fan.id },
        },
      ]),
    )
    expect(JSON.stringify(receiver.received)).not.toContain(blocked.id)
  })

  it('goes to those addresses that want it', async () => {
    const others = await startReceiver()
    await listen(creator, others.url, ['FOLLOWER_GAINED'])
    await publish(creator)
    await server.drain()
    expect([receiver.received.length, others.received.length]).toEqual([1, 0])
    await others.close()
  })

  it('loses none of a hundred events to three addresses', async () => {
    const more = [await startReceiver(), await startReceiver()]
    for (const { url } of more) await listen(creator, url)
    const contentId = uuidIn((await publish(creator))['id'] as string)
    const fan = await world.fan()
    for (let count = 0; count < 100; count += 1) {
      const commentId = await say(server, { contentId, authorId: fan.uuid })
      await sql(
        `insert into outbox_events (stream, sequence, type, payload)
         values ('content:' || $1::text, 100 + $2, 'comment.added', jsonb_build_object('commentId', $3::text, 'contentId', $1::text,
           'authorId', $4::text, 'parentId', null, 'creatorId', $5::text))`,
        contentId,
        count,
        commentId,
        fan.uuid,
        creator.uuid,
      )
    }
    const known = new Set<unknown>()
    // every third message fails at first
    const flaky: Receiver['respond'] = ({ headers }, response) => {
      const isFirst = !known.has(headers['webhook-id'])
      known.add(headers['webhook-id'])
      response.writeHead(isFirst && known.size % 3 === 0 ? 503 : 200).end('{}')
    }
    for (const each of [receiver, ...more]) each.respond = flaky
    await server.drain()
    for (let round = 1; round <= 60; round += 1) {
      const [open] = await sql(`select from webhook_deliveries where state in ('pending', 'failed') limit 1`)
      if (!open) break
      await server.database.setClock(round * 600_000)
      await sendAll(server)
    }
    for (const each of [receiver, ...more]) {
      const comments = each.received.filter(({ message }) => message.type === 'comment.added')
      expect(new Set(comments.map(({ message }) => message.data['commentId'])).size).toBe(100)
      expect(each.mostAtOnce).toBe(1)
    }
    expect(await sql(`select state, count(*)::int as count from webhook_deliveries group by state`)).toEqual([
      { state: 'delivered', count: 303 },
    ])
    for (const each of more) await each.close()
  }, 120_000)
})

describe('events of one object', () => {
  it('arrive in order, in whichever order their jobs come', async () => {
    const contentId = uuidIn((await publish(creator))['id'] as string)
    await server.drain()
    for (const sequence of [101, 102, 103])
      await sql(
        `insert into outbox_events (stream, sequence, type, payload, created_at)
         values ('content:' || $1::text, $2::int, 'content.published', jsonb_build_object('contentId', $1::text, 'creatorId', $3::text),
           '2026-01-01T00:00:00Z'::timestamptz + $2::int * interval '1 second')`,
        contentId,
        sequence,
        creator.uuid,
      )
    await relayOpenEvents(server.database.db, eventHandlers)
    const events = await listEventsAfter(server.database.db, `content:${contentId}`, 100n)
    // the second's job comes first
    await transaction(jobOrigin(server.jobs, 'test'), (tx, now) => makeDeliveries(tx, events[1]!, now))
    expect(await sql(`select from webhook_deliveries where state = 'pending'`)).toHaveLength(2)
    await server.drain()
    expect(receiver.received.slice(1).map(({ message }) => message.timestamp.slice(14, 19))).toEqual([
      '01:41',
      '01:42',
      '01:43',
    ])
  })
})

describe('a message that fails', () => {
  it('is tried again under the same id, later and later', async () => {
    receiver.respond = answer(500)
    await publish(creator)
    await server.drain()
    const waits: number[] = []
    for (let round = 0; round < 3; round += 1) {
      const { next_attempt_at: at } = await stored()
      waits.push(((at?.getTime() ?? 0) - (await server.now()).getTime()) / 1_000)
      await whenDue()
    }
    expect(waits[0]).toBeLessThan(7)
    expect(waits[1]).toBeGreaterThan(290)
    expect(waits[1]).toBeLessThan(331)
    expect(waits[2]).toBeGreaterThan(1_780)
    receiver.respond = answer(200)
    await whenDue()
    expect(receiver.received).toHaveLength(5)
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    for (const received of receiver.received) verify(endpoint.secret, received)
    expect(await stored()).toMatchObject({ state: 'delivered', attempt_count: 5 })
  })

  it('comes back of itself after some seconds', async () => {
    receiver.respond = answer(500)
    await publish(creator)
    await server.drain()
    const jobs = await sql<{ run_at: Date }>(
      `select run_at from graphile_worker.jobs where key = 'webhooks.send_later'`,
    )
    expect(jobs).toHaveLength(1)
    const inMs = jobs[0]!.run_at.getTime() - Date.now()
    expect(inMs).toBeGreaterThan(2_000)
    expect(inMs).toBeLessThan(7_000)
  })

  it('is dead after ten tries, and can be sent again under its id', async () => {
    receiver.respond = answer(500)
    await publish(creator)
    await server.drain()
    for (let round = 1; round < 10; round += 1) await whenDue()
    expect(await stored()).toEqual({ state: 'dead', attempt_count: 10, next_attempt_at: null })
    expect(receiver.received).toHaveLength(10)
    await sendAll(server)
    expect(receiver.received).toHaveLength(10)
    const spentHours = ((await server.now()).getTime() - Date.now()) / 3_600_000
    expect(spentHours).toBeGreaterThan(75)
    expect(spentHours).toBeLessThan(84)

    await creator.signIn()
    receiver.respond = answer(200)
    const [dead] = await deliveriesOf(creator, endpoint.id)
    expect(dead).toMatchObject({ state: 'DEAD', lastError: 'the answer was 500', responseStatus: 500 })
    await done(creator, 'redeliverWebhook', { deliveryId: dead?.['id'] })
    await server.drain()
    expect(receiver.received).toHaveLength(11)
    expect(receiver.received[10]?.headers['webhook-id']).toBe(dead?.['id'])
    expect(await stored()).toMatchObject({ state: 'delivered', attempt_count: 1 })
  })

  it('keeps what comes later of its object waiting, and nothing else', async () => {
    receiver.respond = ({ message }, response) => {
      response.writeHead(message.type === 'content.published' ? 500 : 200).end()
    }
    await publish(creator)
    await server.drain()
    await followUp('content.changed')
    await test(creator, endpoint.id)
    await server.database.setClock(2_000)
    await sendAll(server)
    expect(receiver.received.map(({ message }) => message.type)).toEqual(['content.published', 'webhook.test'])
    receiver.respond = answer(200)
    await whenDue()
    expect(receiver.received.map(({ message }) => message.type)).toEqual([
      'content.published',
      'webhook.test',
      'content.published',
      'content.changed',
    ])
  })

  it('lets what comes later of its object go once it is dead', async () => {
    receiver.respond = answer(410)
    await publish(creator)
    await server.drain()
    await followUp('content.changed')
    receiver.respond = answer(200)
    await done(creator, 'updateWebhookEndpoint', { endpointId: endpoint.id, state: 'ENABLED' })
    await server.drain()
    expect(receiver.received.map(({ message }) => message.type)).toEqual(['content.published', 'content.changed'])
  })

  it('disables the address at once when that says it is gone, and tells its owner', async () => {
    receiver.respond = answer(410)
    await publish(creator)
    await server.drain()
    expect(await endpointOf(creator, endpoint.id)).toMatchObject({
      state: 'DISABLED',
      disabledReason: 'The address answered 410: it is gone.',
    })
    expect((await server.mails.newestTo(creator.email)).text).toContain(receiver.url)
    expect(
      await sql(
        `select actor_id from audit_logs where action = 'webhook_endpoint.disabled' and user_id = $1`,
        creator.uuid,
      ),
    ).toEqual([{ actor_id: null }])
    await publish(creator)
    await server.drain()
    expect(receiver.received).toHaveLength(1)
    expect((await deliveriesOf(creator, endpoint.id)).map(({ state }) => state as string)).toEqual(['DEAD'])
  })

  it('disables an address that only failed for five days', async () => {
    receiver.respond = answer(500)
    await publish(creator)
    await server.drain()
    for (let day = 1; day <= 6; day += 1) {
      await server.database.setClock(day * 86_400_000)
      if (day === 4)
        await sql(`update webhook_deliveries set state = 'pending', attempt_count = 0, next_attempt_at = app_now()`)
      await sendAll(server)
      const [{ disabled_at: at } = { disabled_at: null }] = await sql<{ disabled_at: Date | null }>(
        'select disabled_at from webhook_endpoints',
      )
      expect([day, at !== null]).toEqual([day, day >= 5])
    }
    await creator.signIn()
    expect((await endpointOf(creator, endpoint.id))?.['disabledReason']).toBe('Every message failed for five days.')
    expect((await server.mails.newestTo(creator.email)).subject).toBe('An address for webhooks was disabled')
  })
})

describe('a call', () => {
  it('follows no redirect', async () => {
    const elsewhere = await startReceiver()
    receiver.respond = answer(307, { location: elsewhere.url })
    await publish(creator)
    await server.drain()
    expect(elsewhere.received).toHaveLength(0)
    const [delivery] = await deliveriesOf(creator, endpoint.id)
    expect(delivery).toMatchObject({ state: 'FAILED', responseStatus: 307, lastError: 'redirects are not followed' })
    await elsewhere.close()
  })

  it('is cut after ten seconds, and holds up nobody else meanwhile', async () => {
    const others = await provenCreator(world)
    const quick = await startReceiver()
    await listen(others, quick.url)
    const working = await startServer({ database: server.database, runsJobs: true })
    receiver.respond = () => undefined
    const started = performance.now()
    await publish(creator)
    await until(() => receiver.received.length === 1)
    await publish(others)
    await until(() => quick.received.length === 1, 5_000)
    expect(performance.now() - started).toBeLessThan(9_000)
    const newest = async () => (await deliveriesOf(creator, endpoint.id))[0]
    await until(async () => (await newest())?.['state'] === 'FAILED', 15_000)
    expect(performance.now() - started).toBeGreaterThan(9_500)
    expect(await newest()).toMatchObject({ responseStatus: null, lastError: 'no answer came in time' })
    // and it comes back without anybody’s doing
    receiver.respond = answer(200)
    await until(async () => (await newest())?.['state'] === 'DELIVERED', 15_000)
    await quick.close()
    await working.close()
  }, 60_000)

  it('reads no more of an answer than it must, and takes its status for it', async () => {
    let written = 0
    receiver.respond = async (_received, response) => {
      response.writeHead(200)
      for (; !response.destroyed && written < 50_000_000; written += 65_536) {
        response.write(Buffer.alloc(65_536))
        await sleep(1)
      }
    }
    await publish(creator)
    await server.drain()
    expect(await stored()).toMatchObject({ state: 'delivered', attempt_count: 1 })
    expect(written).toBeLessThan(10_000_000)
  })

  it('is made again when its process ended before the answer was noted', async () => {
    receiver.respond = answer(503)
    const post = await publish(creator)
    await server.drain()
    await server.database.setClock(10_000)
    const claimed = await transaction(jobOrigin(server.jobs, 'gone'), (tx, now) =>
      claimDue(tx, { limit: 10, busyUntil: new Date(now.getTime() + 30_000) }, now),
    )
    expect(claimed).toHaveLength(1)
    receiver.respond = answer(200)
    await sendAll(server)
    expect(receiver.received).toHaveLength(1)
    await server.database.setClock(45_000)
    await sendAll(server)
    expect(receiver.received).toHaveLength(2)
    expect(receiver.received[1]).toMatchObject({
      message: { data: { contentId: post['id'] } },
      headers: { 'webhook-id': globalId('WebhookDelivery', claimed[0]!.id) },
    })
    expect(await stored()).toMatchObject({ state: 'delivered', attempt_count: 3 })
  })

  it('is made by one of two senders that look at once, one at a time', async () => {
    receiver.respond = async (_received, response) => {
      await sleep(20)
      response.writeHead(200).end()
    }
    await publish(creator)
    await server.drain()
    for (let count = 0; count < 10; count += 1) await test(creator, endpoint.id)
    const origin = jobOrigin(server.jobs, 'test')
    await Promise.all([1, 2, 3].map(() => sendDue(origin, { isLocalAllowed: true })))
    expect(receiver.received).toHaveLength(11)
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(11)
    expect(receiver.mostAtOnce).toBe(1)
  })
})
