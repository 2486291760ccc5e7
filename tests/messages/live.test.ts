import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { call, done } from '../comments/calls.js'
import { openChaosProxy } from '../support/chaos-proxy.js'
import type { ChaosProxy } from '../support/chaos-proxy.js'
import { watch } from '../support/client.js'
import type { Watch } from '../support/client.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { until } from '../support/until.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { conversationOf, markRead, send, start } from './calls.js'

/** Two servers of one database: people write on the one, and listen to the other, whose bus goes through a proxy. */
let database: TestDatabase
let proxy: ChaosProxy
let server: TestServer
let other: TestServer
let world: World
let creator: Person
let admin: Person
beforeAll(async () => {
  database = await testDatabase()
  proxy = await openChaosProxy(database.appUrl)
  server = await startServer({ database, config: { costBudget: 1_000_000 } })
  other = await startServer({ database, busUrl: proxy.through(database.appUrl), config: { costBudget: 1_000_000 } })
  world = makeWorld(server)
  creator = await world.creator({ isEmailVerified: false })
  admin = await world.admin({ isEmailVerified: false })
})
afterAll(async () => {
  await other.close()
  await server.close()
  await proxy.close()
  await database.drop()
})

const begin = async (): Promise<{ one: Person; id: string }> => {
  const one = await world.fan({ isEmailVerified: false })
  return { one, id: await start(one, creator) }
}
const listen = async (
  person: Person,
  field: string,
  variables: Record<string, unknown> = {},
): Promise<Watch<Record<string, any>>> => {
  const types: Record<string, string> = { id: 'ID!', after: 'BigInt' }
  const names = Object.keys(variables)
  const head = names.length > 0 ? `(${names.map((name) => `$${name}: ${types[name]!}`).join(', ')})` : ''
  return watch<Record<string, any>, Record<string, unknown>>(other.url, `subscription ${head} { ${field} }`, {
    token: person.token,
    variables,
  })
}
const RECEIVED =
  'messageReceived(conversationId: $id) { eventId sequence kind message { sequence isOwn body { __typename ... on MessageText { text } } } }'
const received = (person: Person, id: string, after?: string) =>
  listen(person, after === undefined ? RECEIVED : RECEIVED.replace('$id', '$id, after: $after'), {
    id,
    ...(after !== undefined && { after }),
  })
const sequences = ({ events }: Watch<Record<string, any>>): number[] =>
  events.map(({ messageReceived }) => Number(messageReceived.sequence))
const reasonsOf = ({ errors }: Watch<Record<string, any>>): unknown[] =>
  (errors as { extensions: { reason?: string } }[]).map(({ extensions }) => extensions.reason)
const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index)

it('tells both sides what is said, edited and taken back, on another server, in order', async () => {
  const { one, id } = await begin()
  const both = [await received(one, id), await received(creator, id)] as const
  const { id: messageId } = await send(one, id, 'First.')
  await done(one, 'editMessage', { messageId, body: 'Second.', expectedVersion: 1 })
  await done(one, 'deleteMessage', { messageId })
  await send(creator, id, 'Last.')
  for (const [index, watching] of both.entries()) {
    await until(() => watching.events.length === 4)
    expect(watching.events.map(({ messageReceived }) => [messageReceived.sequence, messageReceived.kind])).toEqual([
      ['1', 'CREATED'],
      ['2', 'EDITED'],
      ['3', 'DELETED'],
      ['4', 'CREATED'],
    ])
    expect(watching.events[3]!['messageReceived'].message).toEqual({
      sequence: '2',
      isOwn: index === 1,
      body: { __typename: 'MessageText', text: 'Last.' },
    })
    expect(new Set(watching.events.map(({ messageReceived }) => messageReceived.eventId)).size).toBe(4)
    await watching.stop()
  }
  expect(await conversationOf(creator, id)).toMatchObject({ unreadCount: 0, lastSequence: '2' })
})

it('goes on where a dropped socket ended: nothing is lost, nothing comes twice', async () => {
  const { one, id } = await begin()
  const first = await received(creator, id)
  for (let n = 0; n < 3; n += 1) await send(one, id)
  await until(() => first.events.length === 3)
  await first.stop()
  for (let n = 0; n < 3; n += 1) await send(one, id)
  const second = await received(creator, id, '3')
  await until(() => second.events.length === 3)
  await send(one, id)
  await until(() => second.events.length === 4)
  expect([...sequences(first), ...sequences(second)]).toEqual(upTo(1, 7))
  await second.stop()
})

it('loses nothing while the bus between the servers is broken, nor repeats anything', { timeout: 60_000 }, async () => {
  const { one, id } = await begin()
  const watching = await received(creator, id)
  await send(one, id)
  await until(() => watching.events.length === 1)
  proxy.refuse()
  for (let n = 0; n < 3; n += 1) await send(one, id)
  await setTimeout(300)
  expect(watching.events).toHaveLength(1)
  proxy.heal()
  await until(() => watching.events.length === 4, 15_000)
  await send(one, id)
  await until(() => watching.events.length === 5)
  expect(sequences(watching)).toEqual(upTo(1, 5))
  await watching.stop()
})

it('shows a gap as one: what is not kept any more, and what lies in the future', async () => {
  const { one, id } = await begin()
  for (let n = 0; n < 4; n += 1) await send(one, id)
  await database.owner.query(
    `delete from conversation_events e using conversations c where c.id = e.conversation_id and c.fan_id = $1 and e.sequence <= 2`,
    [one.uuid],
  )
  for (const wrong of ['0', '1', '5', '-1']) {
    const watching = await received(creator, id, wrong)
    await watching.ended
    expect([watching.events, reasonsOf(watching)], wrong).toEqual([[], ['invalid_cursor']])
  }
  const right = await received(creator, id, '2')
  await until(() => right.events.length === 2)
  expect(sequences(right)).toEqual([3, 4])
  await right.stop()
})

it('is refused to everybody else, and says of a foreign conversation what it says of none', async () => {
  const { id } = await begin()
  const [stranger, theirs] = [await world.fan({ isEmailVerified: false }), id]
  for (const asker of [stranger, admin])
    for (const field of [
      RECEIVED,
      'typing(conversationId: $id) { isTyping }',
      'presence(conversationId: $id) { status }',
    ]) {
      const watching = await listen(asker, field, { id: theirs })
      await watching.ended
      expect([watching.events, reasonsOf(watching)]).toEqual([[], ['node_not_found']])
    }
})

it('ends every stream of a conversation with a reason when one blocks the other', async () => {
  for (const blocker of ['fan', 'creator'] as const) {
    const { one, id } = await begin()
    const streams = []
    for (const person of [one, creator])
      for (const field of [
        RECEIVED,
        'typing(conversationId: $id) { isTyping }',
        'presence(conversationId: $id) { status }',
      ])
        streams.push(await listen(person, field, { id }))
    const [actor, target] = blocker === 'fan' ? [one, creator] : [creator, one]
    await done(actor, 'blockUser', { userId: target.id })
    await Promise.all(streams.map(({ ended }) => ended))
    for (const stream of streams) expect(reasonsOf(stream)).toEqual(['messaging_blocked'])
    const again = await received(one, id)
    await again.ended
    expect(reasonsOf(again)).toEqual(['messaging_blocked'])
  }
})

it('ends with the session, and with the account’s good standing', async () => {
  const out = await begin()
  const banned = await begin()
  const [first, second] = [await received(out.one, out.id), await received(banned.one, banned.id)]
  await out.one.do('mutation { logout(input: {}) { userErrors { code } } }')
  await admin.do(
    'mutation ($input: SetAccountStatusInput!) { setAccountStatus(input: $input) { userErrors { code } } }',
    {
      input: { userId: banned.one.id, status: 'BANNED', reason: 'Broke the rules.' },
    },
  )
  await Promise.all([Promise.race([first.ended, first.closed]), Promise.race([second.ended, second.closed])])
  await send(creator, out.id)
  await call(creator, 'sendMessage', { conversationId: banned.id, body: 'Late.', idempotencyKey: `late${banned.id}` })
  await setTimeout(200)
  expect([first.events, second.events]).toEqual([[], []])
})

it('tells of every conversation what changed in it, each state once', async () => {
  const [here, there] = [await begin(), await begin()]
  const UPDATED =
    'conversationUpdated { id unreadCount lastSequence readUpTo otherReadUpTo isArchived isPinned lastMessage { sequence } }'
  const watching = await listen(creator, UPDATED)
  const next = async () => (await watching.next())['conversationUpdated'] as Record<string, unknown>
  await send(here.one, here.id)
  expect(await next()).toMatchObject({ id: here.id, unreadCount: 1, lastSequence: '1', lastMessage: { sequence: '1' } })
  await send(there.one, there.id)
  expect(await next()).toMatchObject({ id: there.id, unreadCount: 1 })
  await markRead(creator, here.id, '1')
  expect(await next()).toMatchObject({ id: here.id, unreadCount: 0, readUpTo: '1' })
  await send(creator, here.id)
  expect(await next()).toMatchObject({ id: here.id, lastSequence: '2', otherReadUpTo: '0' })
  await markRead(here.one, here.id, '2')
  expect(await next()).toMatchObject({ id: here.id, otherReadUpTo: '2' })
  await done(creator, 'pinConversation', { conversationId: there.id })
  expect(await next()).toMatchObject({ id: there.id, isPinned: true })
  // what nothing changed is not told, nor what another has to themselves
  await markRead(creator, here.id, '1')
  await done(here.one, 'archiveConversation', { conversationId: here.id })
  await send(there.one, there.id)
  expect(await next()).toMatchObject({ id: there.id, unreadCount: 2 })
  expect(watching.events).toHaveLength(7)
  await watching.stop()
})

it('tells the other side, and nobody else, who writes; that ends by itself', { timeout: 30_000 }, async () => {
  const { one, id } = await begin()
  const [theirs, own] = [
    await listen(creator, 'typing(conversationId: $id) { isTyping user { username } }', { id }),
    await listen(one, 'typing(conversationId: $id) { isTyping }', { id }),
  ]
  const type = (typing: boolean) => done(one, 'setTyping', { conversationId: id, typing })
  await type(true)
  await type(true)
  expect((await theirs.next())['typing']).toEqual({ isTyping: true, user: { username: one.username } })
  await type(false)
  expect((await theirs.next())['typing']).toMatchObject({ isTyping: false })
  await type(true)
  expect((await theirs.next())['typing']).toMatchObject({ isTyping: true })
  expect((await theirs.next(10_000))['typing']).toMatchObject({ isTyping: false })
  // a broken bus is no sign of life
  proxy.refuse()
  await setTimeout(200)
  proxy.heal()
  await setTimeout(1_500)
  await type(true)
  expect((await theirs.next())['typing']).toMatchObject({ isTyping: true })
  expect([theirs.events.length, own.events.length]).toEqual([5, 0])
  await theirs.stop()
  await own.stop()
})

it('tells who is there only of those who let it be known', async () => {
  const { one, id } = await begin()
  const watching = await listen(creator, 'presence(conversationId: $id) { status user { username } }', { id })
  const next = async (): Promise<unknown> => (await watching.next(15_000))['presence'].status
  expect(await next()).toBeNull()
  const open = await listen(one, 'conversationUpdated { id }')
  const share = (sharesPresence: boolean) => done(one, 'updateMessagingSettings', { sharesPresence })
  const seen = async () =>
    (await database.owner.query('select seen_at from messaging_settings where user_id = $1', [one.uuid])).rows
  expect(await seen()).toEqual([])
  await share(true)
  expect(await next()).toBe('AWAY')
  const again = await listen(one, 'conversationUpdated { id }')
  expect(await next()).toBe('ONLINE')
  await open.stop()
  await again.stop()
  await database.owner.query(
    `update messaging_settings set seen_at = seen_at - interval '1 minute' where user_id = $1`,
    [one.uuid],
  )
  expect(await next()).toBe('AWAY')
  await share(false)
  expect(await next()).toBeNull()
  expect(await seen()).toEqual([{ seen_at: null }])
  await watching.stop()
})
