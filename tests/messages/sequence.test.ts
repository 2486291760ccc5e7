import { afterAll, beforeAll, expect, it } from 'vitest'
import { transaction } from '../../src/lib/db.js'
import { parseGlobalId } from '../../src/lib/ids.js'
import type { Viewer } from '../../src/lib/viewer.js'
import { sendMessage } from '../../src/messages/sending.js'
import { codes } from '../comments/calls.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { until } from '../support/until.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { conversationOf, markRead, messagesOf, send, start, trySend } from './calls.js'

let server: TestServer
let world: World
let creator: Person
beforeAll(async () => {
  server = await startServer({ config: { costBudget: 1_000_000 } })
  world = makeWorld(server)
  creator = await world.creator({ isEmailVerified: false })
})
afterAll(() => server.close())

const begin = async (): Promise<{ one: Person; id: string }> => {
  const one = await world.fan({ isEmailVerified: false })
  return { one, id: await start(one, creator) }
}
const upTo = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index + 1))

/** What the caches of unread messages say otherwise than the messages do. */
const drift = async (): Promise<unknown[]> => {
  const { rows } = await server.database.owner.query(
    `select p.id, p.unread_count, count(m.id)::int as found
     from conversation_participants p
     left join messages m on m.conversation_id = p.conversation_id and m.sequence > p.read_sequence
       and m.sender_id <> p.user_id and m.deleted_at is null
     group by p.id having p.unread_count <> count(m.id)`,
  )
  return rows
}

it('keeps one sequence without gaps or twins, however many write at once', { timeout: 60_000 }, async () => {
  const { one, id } = await begin()
  await Promise.all(Array.from({ length: 50 }, (_, n) => send(n % 2 === 0 ? one : creator, id, `Number ${String(n)}`)))
  const messages = await messagesOf(one, id)
  expect(messages.map(([sequence]) => sequence)).toEqual(upTo(50))
  expect(new Set(messages.map(([, text]) => text)).size).toBe(50)
  expect(await conversationOf(one, id)).toMatchObject({
    lastSequence: '50',
    unreadCount: 25,
    lastMessage: { sequence: '50' },
  })
  const { rows } = await server.database.owner.query<{ sequence: string }>(
    `select sequence::text from conversation_events e join conversations c on c.id = e.conversation_id
     where c.fan_id = $1 order by e.sequence`,
    [one.uuid],
  )
  expect(rows.map(({ sequence }) => sequence)).toEqual(upTo(50))
  expect(await drift()).toEqual([])
})

it('numbers a thousand messages of two writers, and tells each once and in order', { timeout: 120_000 }, async () => {
  const { one, id } = await begin()
  const watching = await one.watch<{ messageReceived: { sequence: string; message: { sequence: string } } }>(
    'subscription ($id: ID!) { messageReceived(conversationId: $id, after: "0") { sequence message { sequence } } }',
    { id },
  )
  // past the limit of a minute, which is no part of this
  const order = {
    conversationId: parseGlobalId(id)!.uuid,
    replyToId: null,
    teaser: null,
    priceMinor: null,
    media: [],
    isAgeRestricted: false,
  }
  const write = async ({ uuid }: Person): Promise<void> => {
    const viewer = { userId: uuid } as Viewer
    const origin = { db: server.database.db, actorId: uuid, sessionId: null, requestId: 'writer' }
    for (let n = 0; n < 500; n += 1)
      await transaction(origin, (tx, now) =>
        sendMessage(tx, viewer, { ...order, body: String(n), idempotencyKey: `number-${String(n)}` }, now),
      )
  }
  await Promise.all([write(one), write(creator)])
  await until(() => watching.events.length >= 1_000, 60_000)
  expect(watching.events.map(({ messageReceived }) => messageReceived.sequence)).toEqual(upTo(1_000))
  expect(watching.events.map(({ messageReceived }) => messageReceived.message.sequence)).toEqual(upTo(1_000))
  await watching.stop()
  expect(await drift()).toEqual([])
})

it('leaves no gap where one of them is refused', async () => {
  const { one, id } = await begin()
  await Promise.all([send(one, id), trySend(one, id, { replyToId: 'TWVzc2FnZTo' }), send(creator, id), send(one, id)])
  expect((await messagesOf(one, id)).map(([sequence]) => sequence)).toEqual(upTo(3))
})

it('counts what is unread right while both write and read', { timeout: 60_000 }, async () => {
  const { one, id } = await begin()
  const seen: string[] = []
  const writing = Array.from({ length: 20 }, async () => {
    seen.push((await send(creator, id)).sequence)
  })
  const reading = Array.from({ length: 15 }, async (_, n) => {
    const at = (await conversationOf(one, id))!['lastSequence'] as string
    const { readUpTo } = await markRead(one, id, at)
    expect(BigInt(readUpTo)).toBeGreaterThanOrEqual(BigInt(at))
    if (n % 3 === 0) await send(one, id)
  })
  await Promise.all([...writing, ...reading])
  expect(await drift()).toEqual([])
  const after = (await conversationOf(one, id))!
  const mine = await server.database.owner.query<{ n: number }>(
    `select count(*)::int as n from messages m where m.sender_id = $1 and m.sequence > $2
     and m.conversation_id = (select id from conversations where fan_id = $3)`,
    [creator.uuid, after['readUpTo'], one.uuid],
  )
  expect(after['unreadCount']).toBe(mine.rows[0]!.n)
})

it('reads up to what was named, never back and never ahead, on two devices alike', async () => {
  const { one, id } = await begin()
  const other = await one.elsewhere()
  for (let n = 0; n < 4; n += 1) await send(creator, id)
  expect(await markRead(one, id, '3')).toMatchObject({ readUpTo: '3', unreadCount: 1 })
  expect(await markRead(other, id, '2')).toMatchObject({ readUpTo: '3', unreadCount: 1 })
  for (const ahead of ['5', '-1', '99999999999999999999'])
    expect(await codes(one, 'markConversationRead', { conversationId: id, upTo: ahead }), ahead).toEqual(
      ahead.length > 18 ? [expect.any(String)] : ['INVALID_INPUT'],
    )
  await send(creator, id)
  expect(await markRead(other, id, '4')).toMatchObject({ readUpTo: '4', unreadCount: 1 })
})

it('mends what is counted when it is read', async () => {
  const { one, id } = await begin()
  await send(creator, id)
  await send(creator, id)
  await server.database.owner.query(`update conversation_participants set unread_count = 40 where user_id = $1`, [
    one.uuid,
  ])
  expect(await conversationOf(one, id)).toMatchObject({ unreadCount: 2 })
  await markRead(one, id, '1')
  expect(await drift()).toEqual([])
})
