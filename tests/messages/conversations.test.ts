import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { globalId } from '../../src/lib/ids.js'
import { block, call, codes, done } from '../comments/calls.js'
import { newKey } from '../payments/paying.js'
import { follow } from '../notifications/inbox.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { statementsOf } from '../support/statements.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { conversationOf, listOf, markRead, messagesOf, send, start, trySend } from './calls.js'

let server: TestServer
let world: World
let creator: Person
let stranger: Person
const plain = { isEmailVerified: false }
const fan = () => world.fan(plain)
beforeAll(async () => {
  server = await startServer({ config: { costBudget: 1_000_000 } })
  world = makeWorld(server)
  creator = await world.creator(plain)
  stranger = await fan()
})
afterAll(() => server.close())

const begin = async (): Promise<{ one: Person; id: string }> => {
  const one = await fan()
  return { one, id: await start(one, creator) }
}

describe('who may begin', () => {
  it('lets anybody begin one with a creator, and finds the same however many ask, from either side', async () => {
    const one = await fan()
    const ids = await Promise.all([1, 2, 3, 4].map(() => start(one, creator)))
    expect(new Set(ids).size).toBe(1)
    expect(await start(creator, one)).toBe(ids[0])
    expect(await conversationOf(one, ids[0]!)).toMatchObject({
      viewerRole: 'FAN',
      other: { username: creator.username },
      lastSequence: '0',
      lastMessage: null,
      unreadCount: 0,
      viewerCanSend: { isAllowed: true, reason: null },
    })
    expect(await conversationOf(creator, ids[0]!)).toMatchObject({
      viewerRole: 'CREATOR',
      other: { username: one.username },
    })
  })

  it('lets a creator begin one with whoever follows them, and with nobody else', async () => {
    const one = await fan()
    expect(await codes(creator, 'startConversation', { userId: one.id })).toEqual(['NOT_A_FAN'])
    await follow(one, creator)
    expect(await conversationOf(creator, await start(creator, one))).toMatchObject({ viewerRole: 'CREATOR' })
  })

  it('takes the one who is asked for the creator where both are, and keeps one conversation of the two', async () => {
    const [one, other] = [await world.creator(plain), await world.creator(plain)]
    const ids = await Promise.all([start(one, other), start(other, one)])
    expect(ids[0]).toBe(ids[1])
    const { rows } = await server.database.owner.query(
      `select count(*)::int as n from conversations where creator_id = any($1) and fan_id = any($1)`,
      [[one.uuid, other.uuid]],
    )
    expect(rows).toEqual([{ n: 1 }])
  })

  it('refuses two fans, oneself, and whoever cannot be seen', async () => {
    const one = await fan()
    expect(await codes(one, 'startConversation', { userId: stranger.id })).toEqual(['NO_CREATOR'])
    expect(await codes(one, 'startConversation', { userId: one.id })).toEqual(['SELF_ACTION'])
    expect(await codes(one, 'startConversation', { userId: globalId('User', randomUUID()) })).toEqual([
      'NODE_NOT_FOUND',
    ])
    const [hider, hidden] = [await world.creator(plain), await world.creator(plain)]
    await block(server, hider, one)
    await block(server, one, hidden)
    expect(await codes(one, 'startConversation', { userId: hider.id })).toEqual(['NODE_NOT_FOUND'])
    expect(await codes(one, 'startConversation', { userId: hidden.id })).toEqual(['MESSAGING_BLOCKED'])
    await server.database.owner.query(`update users set account_status = 'banned' where id = $1`, [hidden.uuid])
    expect(await codes(await fan(), 'startConversation', { userId: hidden.id })).toEqual(['NODE_NOT_FOUND'])
  })
})

describe('what is said', () => {
  it('is numbered, is the newest of its conversation, and unread for the other side alone', async () => {
    const { one, id } = await begin()
    expect(await listOf(creator)).not.toContain(id)
    const first = await send(one, id, 'One.')
    const second = await send(creator, id, 'Two.', { replyToId: first.id })
    await send(one, id, 'Three.')
    expect([first.sequence, second.sequence]).toEqual(['1', '2'])
    expect(await messagesOf(creator, id)).toEqual([
      ['1', 'One.'],
      ['2', 'Two.'],
      ['3', 'Three.'],
    ])
    expect(await conversationOf(creator, id)).toMatchObject({
      unreadCount: 2,
      lastSequence: '3',
      lastMessage: { body: { text: 'Three.' } },
    })
    expect(await conversationOf(one, id)).toMatchObject({ unreadCount: 1 })
    const { node } = await one.do(
      `query ($id: ID!) { node(id: $id) { ... on Message { isOwn sequence sender { username } replyTo { sequence } conversation { id } } } }`,
      { id: second.id },
    )
    expect(node).toEqual({
      isOwn: false,
      sequence: '2',
      sender: { username: creator.username },
      replyTo: { sequence: '1' },
      conversation: { id },
    })
  })

  it('is said once under a key, and another under it is refused', async () => {
    const { one, id } = await begin()
    const idempotencyKey = newKey()
    const say = (body: string) =>
      call(one, 'sendMessage', { conversationId: id, body, idempotencyKey }, 'message { sequence } replayed')
    const answers = await Promise.all([say('Once.'), say('Once.'), say('Once.')])
    expect(answers.map(({ message }) => message.sequence)).toEqual(['1', '1', '1'])
    expect(answers.map(({ replayed }) => replayed).sort()).toEqual([false, true, true])
    expect((await say('Twice.')).userErrors).toMatchObject([{ code: 'IDEMPOTENCY_MISMATCH' }])
    expect(await messagesOf(one, id)).toEqual([['1', 'Once.']])
  })

  it('is refused empty, too long, and as an answer to what is elsewhere', async () => {
    const { one, id } = await begin()
    const elsewhere = await begin()
    const there = await send(elsewhere.one, elsewhere.id)
    for (const [more, code] of [
      [{ body: ' \n ' }, 'INVALID_INPUT'],
      [{ body: 'x'.repeat(10_001) }, 'INVALID_INPUT'],
      [{ replyToId: there.id }, 'PARENT_OF_ANOTHER_CONVERSATION'],
      [{ replyToId: globalId('Message', randomUUID()) }, 'PARENT_OF_ANOTHER_CONVERSATION'],
    ] as const)
      expect(await trySend(one, id, more)).toEqual([code])
    expect(await messagesOf(one, id)).toEqual([])
  })
})

describe('a foreign conversation', () => {
  it('is there for nobody but the two, by whatever way', async () => {
    const { one, id } = await begin()
    const { id: messageId } = await send(one, id, 'canary-of-two')
    const staff = await world.admin()
    const [foreign, missing] = [id, globalId('Conversation', randomUUID())]
    const shown = async (asker: Person, conversationId: string, about: string) => {
      const answers: unknown[] = [
        await asker.request(
          `query ($id: ID!, $message: ID!) { conversation(id: $id) { id } nodes(ids: [$id, $message]) { id } viewer { conversations { nodes { id } } } }`,
          { id: conversationId, message: about },
        ),
      ]
      for (const [name, input] of [
        ['sendMessage', { body: 'Mine.', idempotencyKey: newKey() }],
        ['markConversationRead', { upTo: '1' }],
        ['archiveConversation', {}],
        ['muteConversation', {}],
        ['pinConversation', {}],
        ['setReadReceipts', { enabled: false }],
      ] as const)
        answers.push(await call(asker, name, { conversationId, ...input }))
      return answers.map((answer) =>
        JSON.stringify(answer, (key, value: unknown) => (/^(headers|extensions)$/.test(key) ? null : value)),
      )
    }
    for (const asker of [stranger, staff, await world.creator(plain)]) {
      const theirs = await shown(asker, foreign, messageId)
      expect(theirs).toEqual(await shown(asker, missing, globalId('Message', randomUUID())))
      expect(theirs.join()).not.toContain('canary-of-two')
      expect(theirs.slice(1).every((answer) => answer.includes('NODE_NOT_FOUND'))).toBe(true)
    }
    expect(await messagesOf(one, id)).toEqual([['1', 'canary-of-two']])
  })

  it('is there for nobody who is suspended, until they are not', async () => {
    const { one, id } = await begin()
    await send(one, id)
    await server.database.owner.query(
      `update users set account_status = 'suspended', suspended_until = app_now() + interval '1 day' where id = $1`,
      [one.uuid],
    )
    expect(await trySend(creator, id)).toEqual(['RECIPIENT_UNAVAILABLE'])
    expect((await conversationOf(creator, id))?.['viewerCanSend']).toEqual({
      isAllowed: false,
      reason: 'RECIPIENT_UNAVAILABLE',
    })
    const { data, errors } = await one.request('query ($id: ID!) { conversation(id: $id) { id } }', { id })
    expect(data?.['conversation'] ?? null).toBeNull()
    expect(errors.map(({ extensions }) => extensions['reason'])).toEqual(['account_limited'])
    await server.database.owner.query(
      `update users set suspended_until = app_now() - interval '1 second' where id = $1`,
      [one.uuid],
    )
    await send(creator, id)
  })
})

describe('a block', () => {
  it.each(['fan', 'creator'] as const)(
    'by the %s stops both at once, and takes it off lists and counts',
    async (who) => {
      const { one, id } = await begin()
      await send(one, id, 'Before.')
      await send(creator, id, 'Before, too.')
      const [blocker, blocked] = who === 'fan' ? [one, creator] : [creator, one]
      await done(blocker, 'blockUser', { userId: blocked.id })
      for (const person of [one, creator]) {
        expect(await trySend(person, id)).toEqual(['MESSAGING_BLOCKED'])
        expect(await listOf(person)).not.toContain(id)
        expect(await listOf(person, 'unreadOnly: true')).not.toContain(id)
        expect(await conversationOf(person, id)).toMatchObject({
          unreadCount: 0,
          viewerCanSend: { isAllowed: false, reason: 'MESSAGING_BLOCKED' },
        })
        expect(await messagesOf(person, id)).toHaveLength(2)
      }
      expect((await conversationOf(blocked, id))?.['other']).toBeNull()
      expect((await one.do('{ viewer { conversationCounts { unread } } }'))['viewer'].conversationCounts).toEqual({
        unread: 0,
      })
      await done(blocker, 'unblockUser', { userId: blocked.id })
      expect(await conversationOf(one, id)).toMatchObject({ unreadCount: 1 })
      expect((await send(one, id)).sequence).toBe('3')
    },
  )

  it('lets nothing through that is sent while it comes', async () => {
    const { one, id } = await begin()
    const [sent] = await Promise.all([
      Promise.all(Array.from({ length: 12 }, () => trySend(one, id))),
      done(creator, 'blockUser', { userId: one.id }),
    ])
    const went = sent.filter((refused) => refused.length === 0).length
    expect(sent.flat().every((code) => code === 'MESSAGING_BLOCKED')).toBe(true)
    expect(await messagesOf(one, id)).toHaveLength(went)
    expect(await trySend(one, id)).toEqual(['MESSAGING_BLOCKED'])
  })
})

describe('lists', () => {
  const SET = {
    archiveConversation: ['archived', 'isArchived'],
    pinConversation: ['pinned', 'isPinned'],
    muteConversation: ['muted', 'isMuted'],
  } as const

  it.each(Object.entries(SET))(
    '%s can be set and unset, twice alike, for its own side alone',
    async (name, [flag, field]) => {
      const { one, id } = await begin()
      await send(one, id)
      for (const state of [true, true, false, false]) {
        const { conversation } = await done(
          one,
          name,
          { conversationId: id, [flag]: state },
          `conversation { ${field} }`,
        )
        expect(conversation[field]).toBe(state)
        expect((await conversationOf(creator, id))?.[field]).toBe(false)
      }
    },
  )

  it('are put away once, however many ask at once, and brought back by what is said meanwhile', async () => {
    const { one, id } = await begin()
    await send(one, id)
    const archive = () => done(one, 'archiveConversation', { conversationId: id }, 'conversation { isArchived }')
    const answers = await Promise.all([archive(), archive(), archive()])
    expect(answers.map(({ conversation }) => conversation.isArchived)).toEqual([true, true, true])
    expect(await listOf(one, 'archived: true')).toEqual([id])
    expect(await listOf(one)).toEqual([])
    await Promise.all([archive(), send(creator, id), archive()])
    await send(creator, id)
    expect(await conversationOf(one, id)).toMatchObject({ isArchived: false, unreadCount: 2, lastSequence: '3' })
  })

  it('have the newest first, and what their filters say', async () => {
    const one = await fan()
    const creators = [await world.creator(plain), await world.creator(plain), await world.creator(plain)] as const
    const ids: string[] = []
    for (const each of creators) {
      ids.push(await start(one, each))
      await send(one, ids.at(-1)!)
    }
    const [first, second, third] = ids as [string, string, string]
    expect(await listOf(one)).toEqual([third, second, first])
    await send(creators[0], first)
    expect(await listOf(one)).toEqual([first, third, second])
    await done(one, 'archiveConversation', { conversationId: third })
    await done(one, 'pinConversation', { conversationId: second })
    expect(await listOf(one)).toEqual([first, second])
    expect(await listOf(one, 'archived: true')).toEqual([third])
    expect(await listOf(one, 'pinnedOnly: true')).toEqual([second])
    expect(await listOf(one, 'unreadOnly: true')).toEqual([first])
    const { viewer } = await one.do('{ viewer { conversationCounts { unread archived pinned } } }')
    expect(viewer.conversationCounts).toEqual({ unread: 1, archived: 1, pinned: 1 })
  })

  it('bring back what was put away when something is written, unless it is muted', async () => {
    const { one, id } = await begin()
    await send(one, id)
    await done(one, 'archiveConversation', { conversationId: id })
    await send(creator, id)
    expect(await conversationOf(one, id)).toMatchObject({ isArchived: false })
    await done(one, 'archiveConversation', { conversationId: id })
    await done(one, 'muteConversation', { conversationId: id })
    await send(creator, id)
    expect(await conversationOf(one, id)).toMatchObject({ isArchived: true, isMuted: true, mutedUntil: null })
    await send(one, id)
    expect(await conversationOf(one, id)).toMatchObject({ isArchived: false, isMuted: true })
  })

  it('are muted until an instant that lies ahead', async () => {
    const { one, id } = await begin()
    const now = await server.now()
    const [past, ahead] = [-1_000, 60_000].map((ms) => new Date(now.getTime() + ms).toISOString()) as [string, string]
    expect(await codes(one, 'muteConversation', { conversationId: id, until: past })).toEqual(['INVALID_INPUT'])
    await done(one, 'muteConversation', { conversationId: id, until: ahead })
    expect(await conversationOf(one, id)).toMatchObject({ isMuted: true, mutedUntil: ahead })
    await server.database.owner.query(
      `update conversation_participants set muted_until = app_now() where user_id = $1`,
      [one.uuid],
    )
    expect(await conversationOf(one, id)).toMatchObject({ isMuted: false, mutedUntil: null })
  })

  it('pin at most 20', async () => {
    const { one, id } = await begin()
    await server.database.owner.query(
      `with people as (
         insert into users (username, display_name, email, email_index)
         select 'pinned.' || n, 'Pinned', '\\x00', decode(md5('p' || n) || md5(n::text), 'hex') from generate_series(1, 20) n
         returning id
       ), made as (
         insert into conversations (creator_id, fan_id) select id, $1 from people returning id
       )
       insert into conversation_participants (conversation_id, user_id, role, pinned_at) select id, $1, 'fan', app_now() from made`,
      [one.uuid],
    )
    expect(await codes(one, 'pinConversation', { conversationId: id })).toEqual(['TOO_MANY_PINNED'])
    expect(await conversationOf(one, id)).toMatchObject({ isPinned: false })
  })

  it('take as many statements for many as for one', async () => {
    const one = await fan()
    const document = `{ viewer { conversations(first: 20) { nodes { unreadCount otherReadUpTo other { username } lastMessage { sender { username } body { ... on MessageText { text } } } messages(first: 3) { nodes { sequence } } } } } }`
    const add = async () => send(one, await start(one, await world.creator(plain)))
    await add()
    const few = await statementsOf(one, document)
    for (let n = 0; n < 4; n += 1) await add()
    expect(await listOf(one)).toHaveLength(5)
    expect(await statementsOf(one, document)).toBe(few)
  })
})

describe('read receipts', () => {
  it('tell the other side only while both let each other know', async () => {
    const { one, id } = await begin()
    await send(one, id)
    await send(one, id)
    await markRead(creator, id, '1')
    expect((await conversationOf(one, id))?.['otherReadUpTo']).toBe('1')
    for (const person of [one, creator]) {
      await done(person, 'setReadReceipts', { conversationId: id, enabled: false })
      expect((await conversationOf(one, id))?.['otherReadUpTo']).toBeNull()
      expect((await conversationOf(creator, id))?.['otherReadUpTo']).toBeNull()
      await done(person, 'setReadReceipts', { conversationId: id, enabled: true })
    }
    expect((await conversationOf(one, id))?.['otherReadUpTo']).toBe('1')
  })
})
