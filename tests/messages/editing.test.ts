import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { globalId, parseGlobalId } from '../../src/lib/ids.js'
import { purgeMessagesJob } from '../../src/messages/types.js'
import { block, call, codes, done } from '../comments/calls.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { conversationOf, markRead, messagesOf, send, start } from './calls.js'

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
const sql = async (text: string, ...values: unknown[]): Promise<any[]> =>
  (await server.database.owner.query(text, values)).rows
const uuid = (id: string): string => parseGlobalId(id)!.uuid
const edit = (person: Person, messageId: string, body: string, expectedVersion = 1) =>
  call(
    person,
    'editMessage',
    { messageId, body, expectedVersion },
    'message { version editedAt body { ... on MessageText { text } } }',
  )

describe('editing', () => {
  it('replaces the text, keeps the one before, and counts on from the version that was seen', async () => {
    const { one, id } = await begin()
    const { id: messageId } = await send(one, id, 'First.')
    expect((await edit(one, messageId, 'Second.')).message).toMatchObject({ version: 2, body: { text: 'Second.' } })
    expect((await edit(one, messageId, 'Third.')).userErrors).toMatchObject([{ code: 'VERSION_CONFLICT' }])
    expect((await edit(one, messageId, 'Second.', 2)).message.version).toBe(2)
    expect(await sql('select body from message_versions where message_id = $1', uuid(messageId))).toEqual([
      { body: 'First.' },
    ])
    expect(await messagesOf(creator, id)).toEqual([['1', 'Second.']])
  })

  it('lets one of two editors through', async () => {
    const { one, id } = await begin()
    const { id: messageId } = await send(one, id, 'First.')
    const answers = await Promise.all(['a', 'b', 'c'].map((text) => edit(one, messageId, text)))
    expect(answers.flatMap(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual([
      'VERSION_CONFLICT',
      'VERSION_CONFLICT',
    ])
  })

  it('is for the sender, within an hour, while nothing parts the two', async () => {
    const { one, id } = await begin()
    const { id: messageId } = await send(one, id)
    const input = { messageId, body: 'Other.', expectedVersion: 1 }
    expect(await codes(creator, 'editMessage', input)).toEqual(['NOT_ALLOWED'])
    expect(await codes(await world.fan(), 'editMessage', input)).toEqual(['NODE_NOT_FOUND'])
    expect(await codes(one, 'editMessage', { ...input, messageId: globalId('Message', randomUUID()) })).toEqual([
      'NODE_NOT_FOUND',
    ])
    await block(server, creator, one)
    expect(await codes(one, 'editMessage', input)).toEqual(['MESSAGING_BLOCKED'])
    await sql('delete from blocks where blocked_id = $1', one.uuid)
    const can = async () =>
      (
        await one.do('query ($id: ID!) { node(id: $id) { ... on Message { viewerCanEdit { isAllowed reason } } } }', {
          id: messageId,
        })
      )['node'].viewerCanEdit
    expect(await can()).toEqual({ isAllowed: true, reason: null })
    await sql(`update messages set created_at = created_at - interval '61 minutes' where id = $1`, uuid(messageId))
    expect(await codes(one, 'editMessage', input)).toEqual(['EDIT_WINDOW_OVER'])
    expect(await can()).toEqual({ isAllowed: false, reason: 'EDIT_WINDOW_OVER' })
  })
})

describe('taking back', () => {
  it('leaves a place without words for both sides, and what was unread of it is so no more', async () => {
    const { one, id } = await begin()
    const first = await send(creator, id, 'Stays.')
    const { id: messageId } = await send(creator, id, 'canary-taken-back')
    await send(creator, id, 'Stays, too.')
    expect(await codes(one, 'deleteMessage', { messageId })).toEqual(['NOT_ALLOWED'])
    expect(await codes(await world.fan(), 'deleteMessage', { messageId })).toEqual(['NODE_NOT_FOUND'])
    await Promise.all([1, 2, 3].map(() => done(creator, 'deleteMessage', { messageId })))
    for (const person of [one, creator]) {
      const answer = JSON.stringify(
        await person.do(
          `query ($id: ID!, $message: ID!) { conversation(id: $id) { messages { nodes { body { __typename ... on MessageText { text } ... on MessageTombstone { reason } } } } } node(id: $message) { ... on Message { body { __typename } } } }`,
          { id, message: messageId },
        ),
      )
      expect(answer).toContain('DELETED')
      expect(answer).not.toContain('canary')
    }
    expect(await conversationOf(one, id)).toMatchObject({ unreadCount: 2 })
    expect(await sql('select unread_count from conversation_participants where user_id = $1', one.uuid)).toEqual([
      { unread_count: 2 },
    ])
    // one that was read takes nothing off what is unread
    await markRead(one, id, first.sequence)
    await done(creator, 'deleteMessage', { messageId: first.id })
    expect(await sql('select unread_count from conversation_participants where user_id = $1', one.uuid)).toEqual([
      { unread_count: 1 },
    ])
    expect(await codes(creator, 'editMessage', { messageId, body: 'Back.', expectedVersion: 1 })).toEqual([
      'MESSAGE_DELETED',
    ])
  })

  it('destroys the text after 30 days, with those before it', async () => {
    const { one, id } = await begin()
    const { id: messageId } = await send(one, id, 'First.')
    await edit(one, messageId, 'Second.')
    await done(one, 'deleteMessage', { messageId })
    const purge = async () => {
      await sql('select graphile_worker.add_job($1)', purgeMessagesJob)
      await server.drain()
      return sql(
        'select body from messages where id = $1 union all select body from message_versions where message_id = $1',
        uuid(messageId),
      )
    }
    expect(await purge()).toHaveLength(2)
    await sql(`update messages set purge_after = app_now() where id = $1`, uuid(messageId))
    expect(await purge()).toEqual([{ body: null }])
    expect(await messagesOf(creator, id)).toEqual([['1', null]])
  })

  it('forgets events after 30 days', async () => {
    const { one, id } = await begin()
    await send(one, id)
    await sql(
      `update conversation_events set created_at = created_at - interval '31 days' where conversation_id = $1`,
      uuid(id),
    )
    await sql('select graphile_worker.add_job($1)', purgeMessagesJob)
    await server.drain()
    expect(await sql('select 1 from conversation_events where conversation_id = $1', uuid(id))).toEqual([])
  })
})

describe('an erased person', () => {
  it('leaves the conversation to the other side, without what they wrote', async () => {
    const { one, id } = await begin()
    await send(one, id, 'canary-of-the-erased')
    await send(creator, id, 'Mine.')
    await done(one, 'deleteAccount', { password: one.password })
    expect(await messagesOf(creator, id)).toEqual([
      ['1', 'canary-of-the-erased'],
      ['2', 'Mine.'],
    ])
    await sql(`update users set purge_after = app_now() where id = $1`, one.uuid)
    await sql(`select graphile_worker.add_job('accounts.erase')`)
    await server.drain()
    expect(await sql('select erased_at is not null as gone from users where id = $1', one.uuid)).toEqual([
      { gone: true },
    ])
    expect(await messagesOf(creator, id)).toEqual([
      ['1', null],
      ['2', 'Mine.'],
    ])
    expect(await sql('select 1 from conversation_participants where user_id = $1', one.uuid)).toEqual([])
    expect(await sql(`select 1 from messages where body like 'canary-of-the-erased%'`)).toEqual([])
  })
})
