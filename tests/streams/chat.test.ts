import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseGlobalId } from '../../src/lib/ids.js'
import { done } from '../comments/calls.js'
import { prove, provenCreator } from '../content/posts.js'
import { runLater, saveCard, newKey } from '../payments/paying.js'
import { expectLedger } from '../support/ledger.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { errorsOf, goLive, join, readStream, say, streamMutation } from './calls.js'

let server: TestServer
let world: World
let creator: Person
let streamId: string
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await provenCreator(world)
  streamId = (await goLive(creator))['id'] as string
})
afterAll(async () => {
  await expectLedger(server.database)
  await server.close()
})

interface ChatEvent {
  readonly streamChat: {
    sequence: string
    kind: string
    line: { id: string; text: string | null; author: unknown; tip: unknown }
  }
}
const CHAT = `subscription ($id: ID!, $after: BigInt) {
  streamChat(streamId: $id, after: $after) { eventId sequence kind line { id sequence text author { username } tip { amountMinor } } }
}`
const LINES =
  'chatLines(first: 20) { nodes { text author { username isCreator } tip { amountMinor } } } viewerCanChat { isAllowed reason }'
const reasonOf = (errors: unknown[]): unknown => (errors[0] as { extensions?: { reason?: string } }).extensions?.reason
const textsOf = async (person: Person, id = streamId): Promise<(string | null)[]> =>
  ((await readStream(person, id, LINES))!['chatLines'].nodes as { text: string | null }[]).map(({ text }) => text)

describe('the chat of a stream', () => {
  it('tells every line once, in the order of its numbers, to whoever was there and whoever comes back', async () => {
    const fans = await Promise.all([world.fan(), world.fan(), world.fan()])
    const chat = await fans[0].watch<ChatEvent>(CHAT, { id: streamId })
    await Promise.all(
      fans.flatMap((fan, index) => [0, 1, 2, 3].map((n) => say(fan, streamId, `${String(index)}-${String(n)}`))),
    )
    const sequences: bigint[] = []
    for (let n = 0; n < 12; n += 1) sequences.push(BigInt((await chat.next()).streamChat.sequence))
    expect(sequences).toEqual(Array.from({ length: 12 }, (_, index) => (sequences[0] ?? 0n) + BigInt(index)))
    const again = await fans[1].watch<ChatEvent>(CHAT, { id: streamId, after: String(sequences[6]) })
    for (const sequence of sequences.slice(7)) expect((await again.next()).streamChat.sequence).toBe(String(sequence))
    const lost = await fans[1].watch(CHAT, { id: streamId, after: '10000' })
    await lost.ended
    expect(reasonOf(lost.errors)).toBe('invalid_cursor')
    expect(await textsOf(fans[2])).toHaveLength(12)
    await chat.stop()
    await again.stop()
  })

  it('says a thing once under a key', async () => {
    const fan = await world.fan()
    const one = await say(fan, streamId, 'Once.', { idempotencyKey: 'once' })
    const two = await say(fan, streamId, 'Once.', { idempotencyKey: 'once' })
    expect([one['replayed'], two['replayed'], two['line'].id]).toEqual([false, true, one['line'].id])
  })

  it('takes a line down for whoever wrote it and the creator, and tells that its text is gone', async () => {
    const [fan, other] = [await world.fan(), await world.fan()]
    const { line } = await say(fan, streamId, 'Rude.')
    const chat = await other.watch<ChatEvent>(CHAT, { id: streamId })
    expect(await errorsOf(other, 'deleteStreamChat', { lineId: line.id })).toEqual(['NODE_NOT_FOUND'])
    expect(await errorsOf(creator, 'deleteStreamChat', { lineId: line.id })).toEqual([])
    expect(await errorsOf(fan, 'deleteStreamChat', { lineId: line.id })).toEqual([])
    expect((await chat.next()).streamChat).toMatchObject({ kind: 'DELETED', line: { id: line.id, text: null } })
    expect(await textsOf(other)).not.toContain('Rude.')
    const { node } = await other.do(`{ node(id: "${line.id as string}") { ... on StreamChatLine { text } } }`)
    expect(node.text).toBeNull()
    await chat.stop()
  })

  it('goes slowly, for subscribers, or not at all, as its creator wants it', async () => {
    const artist = await provenCreator(world)
    const { id } = await goLive(artist, { chat: { slowModeSeconds: 60 } })
    const fan = await world.fan()
    const answers = await Promise.all(
      [1, 2, 3].map(() => errorsOf(fan, 'sendStreamChat', { streamId: id, text: 'Hi.' })),
    )
    expect(answers.flat().sort()).toEqual(['slow_mode', 'slow_mode'])
    await say(artist, id as string)
    await say(artist, id as string)
    const set = (chat: Record<string, unknown>) =>
      artist.do(streamMutation('updateStreamChat'), { input: { streamId: id, chat } })
    await set({ subscribersOnly: true })
    expect(await errorsOf(fan, 'sendStreamChat', { streamId: id, text: 'Hi.' })).toEqual(['CHAT_SUBSCRIBERS_ONLY'])
    expect(await readStream(fan, id as string, LINES)).toMatchObject({
      viewerCanChat: { isAllowed: false, reason: 'CHAT_SUBSCRIBERS_ONLY' },
    })
    await artist.do(
      `mutation ($input: GrantAccessInput!) { grantAccess(input: $input) { grant { id } userErrors { code } } }`,
      { input: { userId: fan.id, creatorId: artist.id, reason: 'A gift.' } },
    )
    expect(await errorsOf(fan, 'sendStreamChat', { streamId: id, text: 'Hi.' })).toEqual([])
    await set({ isEnabled: false })
    expect(await errorsOf(fan, 'sendStreamChat', { streamId: id, text: 'Hi.' })).toEqual(['CHAT_OFF'])
    expect(await errorsOf(artist, 'sendStreamChat', { streamId: id, text: 'Quiet, please.' })).toEqual([])
    await artist.do(streamMutation('endStream'), { input: { streamId: id } })
    expect(await errorsOf(artist, 'sendStreamChat', { streamId: id, text: 'Bye.' })).toEqual(['STREAM_STATE'])
    expect(await errorsOf(artist, 'updateStreamChat', { streamId: id, chat: {} })).toEqual(['STREAM_STATE'])
  })

  it('goes slowly whatever else somebody has said elsewhere', async () => {
    const artist = await provenCreator(world)
    const { id } = await goLive(artist, { chat: { slowModeSeconds: 600 } })
    const fan = await world.fan()
    await say(fan, id as string)
    for (let n = 0; n < 20; n += 1) await say(fan, streamId, String(n))
    expect(await errorsOf(fan, 'sendStreamChat', { streamId: id, text: 'Again.' })).toEqual(['slow_mode'])
    await server.database.owner.query(
      `update stream_chat_messages set created_at = created_at - interval '10 minutes' where stream_id = $1`,
      [parseGlobalId(id as string)?.uuid],
    )
    expect(await errorsOf(fan, 'sendStreamChat', { streamId: id, text: 'Again.' })).toEqual([])
  })

  it.each([
    ['blocked', (one: Person, other: Person) => ({ blocker: one, blocked: other })],
    ['is blocked by', (one: Person, other: Person) => ({ blocker: other, blocked: one })],
  ])('hides from a person the lines of whom that person %s, in its list and on open sockets', async (_who, roles) => {
    const [fan, rude, third] = [await world.fan(), await world.fan(), await world.fan()]
    const { blocker, blocked } = roles(fan, rude)
    const chats = await Promise.all([fan, third].map((person) => person.watch<ChatEvent>(CHAT, { id: streamId })))
    const next = () => Promise.all(chats.map(async (chat) => (await chat.next()).streamChat.line.text))
    await say(rude, streamId, 'Before.')
    expect(await next()).toEqual(['Before.', 'Before.'])
    await done(blocker, 'blockUser', { userId: blocked.id }, 'user { id }')
    await say(rude, streamId, 'Between.')
    expect((await chats[1]?.next())?.streamChat.line.text).toBe('Between.')
    await say(third, streamId, 'From a third.')
    expect(await next()).toEqual(['From a third.', 'From a third.'])
    const { chatLines } = (await readStream(fan, streamId, LINES))!
    const authors = (chatLines.nodes as { author: { username: string } }[]).map(({ author }) => author.username)
    expect([authors.includes(rude.username), authors.includes(third.username)]).toEqual([false, true])
    expect(await textsOf(third)).toContain('Between.')
    const sequence = String(BigInt(chats[0]?.events.at(-1)?.streamChat.sequence ?? 0) - 3n)
    const again = await fan.watch<ChatEvent>(CHAT, { id: streamId, after: sequence })
    expect((await again.next()).streamChat.line.text).toBe('From a third.')
    await done(blocker, 'unblockUser', { userId: blocked.id }, 'user { id }')
    await say(rude, streamId, 'After.')
    expect(await next()).toEqual(['After.', 'After.'])
    expect((await again.next()).streamChat.line.text).toBe('After.')
    for (const chat of [...chats, again]) await chat.stop()
  })
})

describe('who is kept away', () => {
  it('is muted for a time: reads, and does not write', async () => {
    const fan = await world.fan()
    expect(await errorsOf(creator, 'muteInStream', { streamId, userId: fan.id, minutes: 5 })).toEqual([])
    expect(await errorsOf(fan, 'sendStreamChat', { streamId, text: 'Hi.' })).toEqual(['MUTED_IN_STREAM'])
    expect(await errorsOf(fan, 'joinStream', { streamId })).toEqual([])
    await server.database.owner.query(`update stream_sanctions set expires_at = app_now() where user_id = $1`, [
      fan.uuid,
    ])
    expect(await errorsOf(fan, 'sendStreamChat', { streamId, text: 'Hi.' })).toEqual([])
    await errorsOf(creator, 'muteInStream', { streamId, userId: fan.id })
    expect(await errorsOf(fan, 'sendStreamChat', { streamId, text: 'Hi.' })).toEqual(['MUTED_IN_STREAM'])
    expect(await errorsOf(creator, 'unmuteInStream', { streamId, userId: fan.id })).toEqual([])
    expect(await errorsOf(fan, 'sendStreamChat', { streamId, text: 'Hi.' })).toEqual([])
    await errorsOf(fan, 'leaveStream', { streamId })
  })

  it('is gone at once when banned, from the chat, the news, the count and the player', async () => {
    const artist = await provenCreator(world)
    const { id } = await goLive(artist)
    const fan = await world.fan()
    await join(fan, id as string)
    const chat = await fan.watch(CHAT, { id })
    const count = await fan.watch(`subscription ($id: ID!) { streamViewerCount(streamId: $id) { viewerCount } }`, {
      id,
    })
    await count.next()
    expect((await readStream(artist, id as string))!['viewerCount']).toBe(1)
    expect(await errorsOf(artist, 'banInStream', { streamId: id, userId: fan.id, reason: 'Rude.' })).toEqual([])
    await Promise.all([chat.ended, count.ended])
    expect([reasonOf(chat.errors), reasonOf(count.errors)]).toEqual(['banned_in_stream', 'banned_in_stream'])
    expect((await readStream(artist, id as string))!['viewerCount']).toBe(0)
    for (const name of ['joinStream', 'heartbeatStream'])
      expect(await errorsOf(fan, name, { streamId: id })).toEqual(['BANNED_IN_STREAM'])
    expect(await errorsOf(fan, 'sendStreamChat', { streamId: id, text: 'Hi.' })).toEqual(['BANNED_IN_STREAM'])
    expect(await readStream(fan, id as string, LINES)).toMatchObject({ chatLines: null })
    expect(await errorsOf(artist, 'unbanInStream', { streamId: id, userId: fan.id })).toEqual([])
    expect(await errorsOf(fan, 'joinStream', { streamId: id })).toEqual([])
  })

  it('is banned once by two bans at once, and by the last of bans that follow each other', async () => {
    const artist = await provenCreator(world)
    const { id } = await goLive(artist)
    const fan = await world.fan()
    await join(fan, id as string)
    const ban = (minutes: number) => errorsOf(artist, 'banInStream', { streamId: id, userId: fan.id, minutes })
    expect(await Promise.all([ban(5), ban(5), ban(5)])).toEqual([[], [], []])
    const standing = async (): Promise<{ minutes: number }[]> =>
      (
        await server.database.owner.query<{ minutes: number }>(
          `select round(extract(epoch from expires_at - created_at) / 60)::int as minutes from stream_sanctions
           where user_id = $1 and lifted_at is null`,
          [fan.uuid],
        )
      ).rows
    expect(await standing()).toEqual([{ minutes: 5 }])
    await ban(60)
    expect(await standing()).toEqual([{ minutes: 60 }])
    const letBack = () => errorsOf(artist, 'unbanInStream', { streamId: id, userId: fan.id })
    expect(await Promise.all([letBack(), letBack()])).toEqual([[], []])
    expect(await standing()).toEqual([])
    expect(await errorsOf(fan, 'joinStream', { streamId: id })).toEqual([])
    const { rows } = await server.database.owner.query<{ action: string }>(
      `select action from audit_logs where subject_id = $1 and action like 'stream.%ban%' order by action`,
      [parseGlobalId(id as string)?.uuid],
    )
    expect(rows.map(({ action }) => action)).toEqual([
      'stream.ban_lifted',
      ...Array.from({ length: 4 }, () => 'stream.viewer_banned'),
    ])
  })

  it('is kept from all of a creator’s streams where it says so, and is never oneself or nobody', async () => {
    const artist = await provenCreator(world)
    const { id: first } = await goLive(artist)
    const fan = await world.fan()
    await errorsOf(artist, 'banInStream', { streamId: first, userId: fan.id, isEverywhere: true })
    await artist.do(streamMutation('endStream'), { input: { streamId: first } })
    const { id: second } = await goLive(artist)
    expect(await errorsOf(fan, 'joinStream', { streamId: second })).toEqual(['BANNED_IN_STREAM'])
    expect(await errorsOf(artist, 'banInStream', { streamId: second, userId: artist.id })).toEqual(['SELF_ACTION'])
    const nobody = Buffer.from(`User:${crypto.randomUUID()}`).toString('base64url')
    expect(await errorsOf(artist, 'banInStream', { streamId: second, userId: nobody })).toEqual(['NODE_NOT_FOUND'])
    expect(await errorsOf(creator, 'banInStream', { streamId: second, userId: fan.id })).toEqual(['NODE_NOT_FOUND'])
  })

  const SANCTIONS = `query ($first: Int, $after: String, $last: Int, $before: String) {
    viewer { streamSanctions(first: $first, after: $after, last: $last, before: $before) {
      nodes { id kind userId user { username } isEverywhere stream { id } reason expiresAt liftedAt }
      pageInfo { hasNextPage endCursor hasPreviousPage startCursor }
    } } }`
  const LIFT = `mutation ($input: LiftStreamSanctionInput!) {
    liftStreamSanction(input: $input) { sanction { id liftedAt } userErrors { code } } }`

  it('is listed for the creator alone, the newest first, until it is lifted or its time is over', async () => {
    const [artist, other] = [await provenCreator(world), await provenCreator(world)]
    const { id } = await goLive(artist)
    const fans = [await world.fan(), await world.fan(), await world.fan()]
    const [one, two, three] = fans as [Person, Person, Person]
    await errorsOf(artist, 'muteInStream', { streamId: id, userId: one.id, reason: 'Shouting.' })
    await errorsOf(artist, 'banInStream', { streamId: id, userId: two.id, isEverywhere: true, minutes: 60 })
    await errorsOf(artist, 'muteInStream', { streamId: id, userId: three.id, minutes: 5 })
    // in the place of the first
    await errorsOf(artist, 'muteInStream', { streamId: id, userId: one.id, reason: 'Still shouting.' })
    const listed = async (page = {}) => (await artist.do(SANCTIONS, page)).viewer.streamSanctions
    const { nodes } = await listed()
    expect(nodes).toMatchObject([
      { kind: 'MUTE', userId: one.id, isEverywhere: false, stream: { id }, reason: 'Still shouting.', expiresAt: null },
      { kind: 'MUTE', userId: three.id, user: { username: three.username }, reason: null },
      { kind: 'BAN', userId: two.id, isEverywhere: true, stream: null, liftedAt: null },
    ])
    const ids = (page: any) => page.nodes.map((node: { id: string }) => node.id)
    const first = await listed({ first: 2 })
    expect(first.pageInfo).toMatchObject({ hasNextPage: true })
    expect(ids(await listed({ first: 2, after: first.pageInfo.endCursor }))).toEqual([nodes[2].id])
    expect(ids(await listed({ last: 2, before: first.pageInfo.endCursor }))).toEqual([nodes[0].id])
    for (const person of [other, two]) expect((await person.do(SANCTIONS)).viewer.streamSanctions.nodes).toEqual([])
    const seen = await Promise.all(
      [artist, other, two].map((person) => person.do('query ($id: ID!) { node(id: $id) { id } }', { id: nodes[0].id })),
    )
    expect(seen.map(({ node }) => node)).toEqual([{ id: nodes[0].id }, null, null])
    await server.database.owner.query(`update stream_sanctions set expires_at = app_now() where user_id = $1`, [
      three.uuid,
    ])
    expect(ids(await listed())).toEqual([nodes[0].id, nodes[2].id])
  })

  it('is let back by what the list shows, wherever it was, once, and by nobody else', async () => {
    const [artist, other] = [await provenCreator(world), await provenCreator(world)]
    const { id } = await goLive(artist)
    const fan = await world.fan()
    await errorsOf(artist, 'banInStream', { streamId: id, userId: fan.id, isEverywhere: true })
    const [{ id: sanctionId }] = (await artist.do(SANCTIONS)).viewer.streamSanctions.nodes
    const lift = async (person: Person) =>
      (await person.request<any>(LIFT, { input: { sanctionId } })).data?.liftStreamSanction
    expect(await lift(other)).toEqual({ sanction: null, userErrors: [{ code: 'NODE_NOT_FOUND' }] })
    expect(await errorsOf(fan, 'joinStream', { streamId: id })).toEqual(['BANNED_IN_STREAM'])
    const [once, twice] = await Promise.all([lift(artist), lift(artist)])
    expect(once).toEqual(twice)
    expect(once).toMatchObject({ sanction: { id: sanctionId, liftedAt: expect.any(String) as string }, userErrors: [] })
    expect(await lift(artist)).toEqual(once)
    expect(await errorsOf(fan, 'joinStream', { streamId: id })).toEqual([])
    expect((await artist.do(SANCTIONS)).viewer.streamSanctions.nodes).toEqual([])
    const { rows } = await server.database.owner.query<{ subject: string; after: object }>(
      `select subject_id as subject, after from audit_logs where actor_id = $1 and action = 'stream.ban_lifted'`,
      [artist.uuid],
    )
    expect(rows).toEqual([{ subject: artist.uuid, after: { userId: fan.uuid, isEverywhere: true } }])
  })

  it('is not let back by what has ended by its time, and nothing is written of it', async () => {
    const artist = await provenCreator(world)
    const { id } = await goLive(artist)
    const fan = await world.fan()
    await errorsOf(artist, 'banInStream', { streamId: id, userId: fan.id, minutes: 5 })
    const [{ id: sanctionId }] = (await artist.do(SANCTIONS)).viewer.streamSanctions.nodes
    await server.database.owner.query(`update stream_sanctions set expires_at = app_now() where user_id = $1`, [
      fan.uuid,
    ])
    const { liftStreamSanction } = await artist.do(LIFT, { input: { sanctionId } })
    expect(liftStreamSanction).toEqual({ sanction: { id: sanctionId, liftedAt: null }, userErrors: [] })
    const { rows } = await server.database.owner.query(
      `select from audit_logs where actor_id = $1 and action = 'stream.ban_lifted'`,
      [artist.uuid],
    )
    expect(rows).toEqual([])
  })

  it('ends with a reason when what opened the stream is taken back, or its time is over', async () => {
    const artist = await provenCreator(world)
    const { id, content } = await goLive(artist, { visibility: 'SUBSCRIBERS' })
    const give = async (endsAt?: string): Promise<[Person, string]> => {
      const fan = await world.fan()
      const { grantAccess } = await artist.do(
        `mutation ($input: GrantAccessInput!) { grantAccess(input: $input) { grant { id } userErrors { code } } }`,
        { input: { userId: fan.id, contentId: content.id, reason: 'A gift.', ...(endsAt && { endsAt }) } },
      )
      return [fan, grantAccess.grant.id as string]
    }
    const [one, grantId] = await give()
    const [two] = await give(new Date(Date.now() + 3_000).toISOString())
    const chats = await Promise.all([one, two].map((fan) => fan.watch(CHAT, { id })))
    const { presentUntil } = await join(two, id as string)
    expect(new Date(presentUntil as string).getTime()).toBeLessThan(Date.now() + 10_000)
    await artist.do(`mutation ($input: RevokeGrantInput!) { revokeGrant(input: $input) { userErrors { code } } }`, {
      input: { grantId, reason: 'Over.' },
    })
    await Promise.all(chats.map(({ ended }) => ended))
    expect(chats.map(({ errors }) => reasonOf(errors))).toEqual(['content_locked', 'content_locked'])
  })
})

describe('a stream that asks for a proof of age', () => {
  it('is closed to whoever has none, and ends on open sockets when the proof does', async () => {
    const artist = await provenCreator(world)
    const { id } = await goLive(artist, { isAgeRestricted: true })
    const [brief, lasting, unproven] = [await world.fan(), await world.fan(), await world.fan()]
    for (const person of [brief, lasting]) await prove(person)
    expect(await errorsOf(unproven, 'joinStream', { streamId: id })).toEqual(['CONTENT_LOCKED'])
    const closed = await unproven.watch(CHAT, { id })
    await closed.ended
    await server.database.owner.query(
      `update users set age_verified_until = app_now() + interval '6 seconds' where id = $1`,
      [brief.uuid],
    )
    const chats = await Promise.all([brief, lasting].map((person) => person.watch<ChatEvent>(CHAT, { id })))
    await say(artist, id as string, 'For adults.')
    for (const chat of chats) expect((await chat.next()).streamChat.line.text).toBe('For adults.')
    await chats[0]?.ended
    expect([closed, chats[0]].map((chat) => reasonOf(chat?.errors ?? []))).toEqual(['content_locked', 'content_locked'])
    expect(await errorsOf(brief, 'joinStream', { streamId: id })).toEqual(['CONTENT_LOCKED'])
    await say(artist, id as string, 'Still.')
    expect((await chats[1]?.next())?.streamChat.line.text).toBe('Still.')
    await chats[1]?.stop()
  })
})

describe('a tip in a stream', () => {
  const give = async (fan: Person, input: Record<string, unknown>) => {
    const { data } = await fan.request(
      `mutation ($input: SendTipInput!) { sendTip(input: $input) { tip { id context { kind subjectId title } } userErrors { code } } }`,
      {
        input: {
          creatorId: creator.id,
          amountMinor: '500',
          currency: 'EUR',
          idempotencyKey: newKey(),
          streamId,
          ...input,
        },
      },
    )
    return data?.['sendTip'] as { tip: { context: Record<string, unknown> } | null; userErrors: { code: string }[] }
  }

  it('appears in the chat with its words, and counts for whoever gave it; an anonymous one tells nobody who', async () => {
    const [fan, shy] = [await world.fan(), await world.fan()]
    for (const person of [fan, shy]) {
      await saveCard(person)
      await join(person, streamId)
    }
    const chat = await creator.watch<ChatEvent>(CHAT, { id: streamId })
    const { tip } = await give(fan, { message: 'For the band!' })
    expect(tip?.context).toMatchObject({ kind: 'STREAM', subjectId: streamId, title: 'Tonight' })
    await give(fan, {})
    await give(shy, { message: 'From afar.', isAnonymous: true })
    await server.drain()
    expect((await chat.next()).streamChat.line).toMatchObject({
      text: 'For the band!',
      author: { username: fan.username },
      tip: { amountMinor: '500' },
    })
    expect(await textsOf(creator)).not.toContain('From afar.')
    await world.setClock(16 * 60_000)
    await runLater(server)
    await world.setClock(0)
    expect((await chat.next()).streamChat.line).toMatchObject({
      text: 'From afar.',
      author: null,
      tip: { amountMinor: '500' },
    })
    await chat.stop()
    const { rows } = await server.database.owner.query(
      `select count(*)::int as lines from stream_chat_messages where tip_id is not null`,
    )
    expect(rows).toEqual([{ lines: 2 }])
  })

  it('does not speak for whom its creator keeps silent, unless nobody is to know who gave it, nor where nobody speaks', async () => {
    const artist = await provenCreator(world)
    const id = (await goLive(artist))['id'] as string
    const fans = [await world.fan(), await world.fan(), await world.fan(), await world.fan()] as const
    const [muted, banned, shy, fine] = fans
    for (const fan of fans) await saveCard(fan)
    for (const { id: userId } of [muted, shy]) await errorsOf(artist, 'muteInStream', { streamId: id, userId })
    await errorsOf(artist, 'banInStream', { streamId: id, userId: banned.id })
    const order = { creatorId: artist.id, streamId: id }
    await give(muted, { ...order, message: 'Muted.' })
    await give(banned, { ...order, message: 'Banned.' })
    await give(shy, { ...order, message: 'From afar.', isAnonymous: true })
    await give(fine, { ...order, message: 'Fine.' })
    await server.drain()
    await world.setClock(16 * 60_000)
    await runLater(server)
    await world.setClock(0)
    expect((await textsOf(artist, id)).sort()).toEqual(['Fine.', 'From afar.'])
    await artist.do(streamMutation('updateStreamChat'), { input: { streamId: id, chat: { isEnabled: false } } })
    await give(fine, { ...order, message: 'Loud.' })
    await server.drain()
    expect(await textsOf(artist, id)).not.toContain('Loud.')
  })

  it('is for a stream of this creator’s that the giver may see, and for one thing', async () => {
    const fan = await world.fan()
    await saveCard(fan)
    const other = await provenCreator(world)
    const { id, content } = await goLive(other)
    expect((await give(fan, { streamId: id })).userErrors).toMatchObject([{ code: 'NODE_NOT_FOUND' }])
    expect((await give(fan, { contentId: content.id })).userErrors).toMatchObject([{ code: 'INVALID_INPUT' }])
  })

  it('is kept with lines and likes on the interval of whoever was there', async () => {
    const artist = await provenCreator(world)
    const { id, content } = await goLive(artist)
    const fan = await world.fan()
    await saveCard(fan)
    await join(fan, id as string)
    await say(fan, id as string, 'One.')
    await say(fan, id as string, 'Two.')
    await fan.do(`mutation ($input: LikeContentInput!) { likeContent(input: $input) { userErrors { code } } }`, {
      input: { contentId: content.id },
    })
    await give(fan, { creatorId: artist.id, streamId: id })
    await artist.do(streamMutation('endStream'), { input: { streamId: id } })
    await server.drain()
    const { rows } = await server.database.owner.query(
      `select chat_count as chat, like_count as likes, tip_count as tips, tip_minor::int as minor from stream_access where stream_id = $1`,
      [parseGlobalId(id as string)?.uuid],
    )
    expect(rows).toEqual([{ chat: 2, likes: 1, tips: 1, minor: 500 }])
  })
})
