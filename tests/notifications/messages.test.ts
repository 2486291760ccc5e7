import { afterAll, beforeAll, expect, it } from 'vitest'
import { block, done } from '../comments/calls.js'
import { markRead, send, start } from '../messages/calls.js'
import { newKey } from '../payments/paying.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { follow, inboxOf, textsOf } from './inbox.js'

let server: TestServer
let world: World
let creator: Person
beforeAll(async () => {
  server = await startServer({ config: { costBudget: 1_000_000 } })
  world = makeWorld(server)
  creator = await world.creator({ displayName: 'Star', isEmailVerified: false })
})
afterAll(() => server.close())

const begin = async (): Promise<{ one: Person; id: string }> => {
  const one = await world.fan({ isEmailVerified: false })
  return { one, id: await start(one, creator) }
}

it('tells the other side alone, once for a conversation, and nothing of what was written', async () => {
  const { one, id } = await begin()
  for (let n = 0; n < 3; n += 1) await send(creator, id, `canary-${String(n)}`)
  await server.drain()
  const { nodes, unread } = await inboxOf(one)
  expect(unread).toBe(1)
  expect(nodes).toMatchObject([
    {
      type: 'MESSAGE',
      title: 'New message',
      text: 'Star wrote to you.',
      actorCount: 1,
      subject: { __typename: 'Message' },
    },
  ])
  expect(JSON.stringify(nodes)).not.toContain('canary')
  expect(await textsOf(creator)).not.toContain('Star wrote to you.')
})

it('tells nothing of what is muted, read already, taken back, or parted by a block', async () => {
  const [muted, read, taken, parted] = [await begin(), await begin(), await begin(), await begin()] as const
  await done(muted.one, 'muteConversation', { conversationId: muted.id })
  for (const { id } of [muted, read, parted]) await send(creator, id)
  await markRead(read.one, read.id, '1')
  const { id: messageId } = await send(creator, taken.id)
  await server.drain()
  expect(await textsOf(taken.one)).toEqual(['Star wrote to you.'])
  await done(creator, 'deleteMessage', { messageId })
  expect(await textsOf(parted.one)).toEqual(['Star wrote to you.'])
  await block(server, parted.one, creator)
  for (const { one } of [muted, read, taken, parted]) {
    expect(await textsOf(one)).toEqual([])
    expect((await inboxOf(one)).unread).toBe(0)
  }
  await done(muted.one, 'muteConversation', { conversationId: muted.id, muted: false })
  await send(creator, muted.id)
  await server.drain()
  expect(await textsOf(muted.one)).toEqual(['Star wrote to you.'])
})

it('tells each of a mass message once, but for those who muted the conversation', async () => {
  const [one, muted] = [await begin(), await begin()]
  for (const { one: person } of [one, muted]) await follow(person, creator)
  await done(muted.one, 'muteConversation', { conversationId: muted.id })
  await done(creator, 'sendMassMessage', { segment: 'FOLLOWERS', body: 'To all.', idempotencyKey: newKey() })
  await server.drain()
  await server.drain()
  expect(await textsOf(one.one)).toEqual(['Star wrote to you.'])
  expect(await textsOf(muted.one)).toEqual([])
})
