import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openChaosProxy } from '../support/chaos-proxy.js'
import type { ChaosProxy } from '../support/chaos-proxy.js'
import type { Watch } from '../support/client.js'
import { watch } from '../support/client.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { until } from '../support/until.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { follow, inboxOf } from './inbox.js'

/** Two servers of one database: people write on the one, and listen to the other, whose bus goes through a proxy. */
let database: TestDatabase
let proxy: ChaosProxy
let server: TestServer
let other: TestServer
let world: World
let admin: Person
let ann: Person
beforeAll(async () => {
  database = await testDatabase()
  proxy = await openChaosProxy(database.appUrl)
  server = await startServer({ database, runsJobs: true })
  other = await startServer({ database, busUrl: proxy.through(database.appUrl) })
  world = makeWorld(server)
  admin = await world.admin({ isEmailVerified: false })
  ann = await world.fan({ displayName: 'Ann', isEmailVerified: false })
})
afterAll(async () => {
  await other.close()
  await server.close()
  await proxy.close()
  await database.drop()
})

interface Data extends Record<string, unknown> {
  notificationReceived: {
    eventId: string
    sequence: string
    notification: { id: string; type: string; text: string; title: string; actorCount: number; isRead: boolean }
  }
}
const RECEIVED = `subscription ($after: BigInt) { notificationReceived(after: $after) {
  eventId sequence notification { id type text title actorCount isRead }
} }`
const listen = (person: Person, after?: string): Promise<Watch<Data>> =>
  watch<Data, Record<string, unknown>>(other.url, RECEIVED, {
    token: person.token,
    variables: after === undefined ? {} : { after },
  })
const own = () => world.fan({ isEmailVerified: false })
let announced = 0
const announce = async (): Promise<string> => {
  const title = `Announcement ${String((announced += 1))}`
  await admin.do('mutation ($input: AnnounceInput!) { announce(input: $input) { userErrors { code } } }', {
    input: { title, body: 'As of Monday.', idempotencyKey: title },
  })
  return title
}
/** Tells somebody `count` things that join nothing. */
const tellMany = (person: Person, count: number) =>
  database.owner.query(
    `with inbox as (
      insert into notification_inboxes (user_id, last_sequence) values ($1, $2)
      on conflict (user_id) do update set last_sequence = notification_inboxes.last_sequence + $2
      returning last_sequence - $2 as before
    ), told as (
      insert into notifications (created_at, user_id, sequence, type, payload)
      select app_now(), $1, before + n, 'account', '{"kind": "age_approved"}' from inbox, generate_series(1, $2) n
    )
    select pg_notify('signals', 'notifications ' || $1::text)`,
    [person.uuid, count],
  )
const sequencesOf = ({ events }: Watch<Data>): number[] =>
  events.map(({ notificationReceived }) => Number(notificationReceived.sequence))
const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index)

it('tells on one server what happened on the other, within a second', async () => {
  const person = await own()
  const received = await listen(person)
  const before = performance.now()
  await follow(ann, person)
  const { notificationReceived } = await received.next()
  expect(performance.now() - before).toBeLessThan(1_000)
  expect(notificationReceived).toEqual({
    eventId: expect.any(String),
    sequence: '1',
    notification: {
      id: (await inboxOf(person)).nodes[0]!.id,
      type: 'NEW_FOLLOWER',
      title: 'New follower',
      text: 'Ann follows you.',
      actorCount: 1,
      isRead: false,
    },
  })
  const title = await announce()
  expect((await received.next()).notificationReceived).toMatchObject({ sequence: '2', notification: { title } })
  await received.stop()
})

it('resumes behind a sequence: first what was missed, then what comes, each once and in order', async () => {
  const person = await own()
  await tellMany(person, 450)
  const received = await listen(person, '10')
  await until(() => received.events.length >= 300)
  for (let n = 0; n < 5; n += 1) await tellMany(person, 3)
  await until(() => received.events.length === 455)
  await setTimeout(200)
  expect(sequencesOf(received)).toEqual(upTo(11, 465))
  await received.stop()
})

it('leaves out what joined a later one while nobody listened', async () => {
  const person = await own()
  await follow(ann, person)
  await until(async () => (await inboxOf(person)).nodes.length === 1)
  const bob = await world.fan({ displayName: 'Bob', isEmailVerified: false })
  await follow(bob, person)
  await until(async () => (await inboxOf(person)).nodes[0]?.actorCount === 2)
  const received = await listen(person, '0')
  expect((await received.next()).notificationReceived).toMatchObject({
    sequence: '2',
    notification: { text: 'Bob and Ann follow you.' },
  })
  await tellMany(person, 1)
  expect((await received.next()).notificationReceived.sequence).toBe('3')
  await received.stop()
})

it('refuses to go on behind what is not kept any more, and from the future', async () => {
  const person = await own()
  await tellMany(person, 5)
  await database.owner.query('delete from notifications where user_id = $1 and sequence <= 2', [person.uuid])
  for (const wrong of ['0', '1', '6', '-1']) {
    const received = await listen(person, wrong)
    await received.ended
    expect(received.events, wrong).toEqual([])
    expect(received.errors[0], wrong).toMatchObject({ extensions: { reason: 'invalid_cursor' } })
  }
  for (const right of ['2', '5']) {
    const received = await listen(person, right)
    if (right === '2') await until(() => received.events.length === 3)
    else await setTimeout(200)
    expect(received.errors, right).toEqual([])
    expect(sequencesOf(received), right).toEqual(right === '2' ? [3, 4, 5] : [])
    await received.stop()
  }
})

it('loses nothing while the bus between the servers is broken, nor repeats anything', { timeout: 60_000 }, async () => {
  const person = await own()
  const received = await listen(person)
  await tellMany(person, 2)
  await until(() => received.events.length === 2)
  try {
    proxy.refuse()
    await tellMany(person, 3)
    await setTimeout(500)
  } finally {
    proxy.heal()
  }
  await until(() => received.events.length === 5, 15_000)
  // as when the other machine is gone without a word
  proxy.abandon()
  await tellMany(person, 250)
  await until(() => received.events.length === 255, 15_000)
  await tellMany(person, 1)
  await until(() => received.events.length === 256)
  expect(sequencesOf(received)).toEqual(upTo(1, 256))
  await received.stop()
})

it('decides about each event when it is sent', async () => {
  const person = await own()
  const [stranger, friend] = [await own(), await own()]
  const received = await listen(person)
  await follow(stranger, person)
  await received.next()
  await database.owner.query('insert into blocks (blocker_id, blocked_id) values ($1, $2)', [
    person.uuid,
    stranger.uuid,
  ])
  await follow(friend, person)
  expect((await received.next()).notificationReceived).toMatchObject({ sequence: '2', notification: { actorCount: 1 } })
  // on the way through the queue when the block comes
  const late = await own()
  await follow(late, person)
  await database.owner.query('insert into blocks (blocker_id, blocked_id) values ($1, $2)', [person.uuid, late.uuid])
  await setTimeout(500)
  await tellMany(person, 1)
  await until(() => received.events.length >= 3)
  await setTimeout(200)
  const last = received.events.at(-1)!.notificationReceived
  expect(last.notification.type).toBe('ACCOUNT')
  expect(JSON.stringify(received.events.slice(2))).not.toContain(late.username)
  await received.stop()
})

it('ends within a second when the session does, and when the account is closed', async () => {
  const [loggedOut, banned] = [await own(), await own()]
  const [one, two] = [await listen(loggedOut), await listen(banned)]
  await loggedOut.do('mutation { logout(input: {}) { userErrors { code } } }')
  const outMs = performance.now()
  await Promise.race([one.ended, one.closed])
  expect(performance.now() - outMs).toBeLessThan(1_000)
  await admin.do(
    'mutation ($input: SetAccountStatusInput!) { setAccountStatus(input: $input) { userErrors { code } } }',
    {
      input: { userId: banned.id, status: 'BANNED', reason: 'Broke the rules.' },
    },
  )
  const bannedMs = performance.now()
  await Promise.race([two.ended, two.closed])
  expect(performance.now() - bannedMs).toBeLessThan(1_000)
  expect([...one.events, ...two.events]).toEqual([])
})

it('tells nobody of somebody else', async () => {
  const [person, neighbour] = [await own(), await own()]
  const received = await listen(person)
  await follow(ann, neighbour)
  await until(async () => (await inboxOf(neighbour)).nodes.length === 1)
  await tellMany(person, 1)
  expect((await received.next()).notificationReceived.notification.type).toBe('ACCOUNT')
  expect(received.events).toHaveLength(1)
  await received.stop()
})
