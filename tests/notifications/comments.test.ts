import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseGlobalId } from '../../src/lib/ids.js'
import { block, done, give } from '../comments/calls.js'
import { provenCreator, publish } from '../content/posts.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { inboxOf } from './inbox.js'
import type { Shown } from './inbox.js'

const CANARY = 'canary-of-what-was-said'

let server: TestServer
let world: World
let creator: Person
let [ann, bob, cleo]: Person[] = []
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await provenCreator(world)
  ;[ann, bob, cleo] = await Promise.all(
    ['Ann', 'Bob', 'Cleo'].map((displayName) => world.fan({ displayName, isEmailVerified: false })),
  )
})
afterAll(() => server.close())

const sql = (text: string, ...values: unknown[]) => server.database.owner.query(text, values)
const uuid = (id: unknown): string => parseGlobalId(id as string)?.uuid ?? ''
const post = async (input = {}): Promise<string> =>
  (await publish(creator, { title: 'A walk', ...input }))['id'] as string
const say = async (person: Person, contentId: string, parentId?: string): Promise<string> => {
  const input = { contentId, body: CANARY, ...(parentId ? { parentId } : {}) }
  const { comment } = await done(person, 'addComment', input, 'comment { id }')
  await server.drain()
  return comment.id as string
}
const told = async (person: Person, types = ['CONTENT_COMMENT', 'CONTENT_LIKE']): Promise<Shown[]> =>
  (await inboxOf(person, { types })).nodes
const READ = `{ notifications(types: [CONTENT_COMMENT, CONTENT_LIKE]) { nodes { title text actors { username } subject {
  __typename ... on Comment { id body { __typename ... on CommentText { text } } }
} } } }`

describe('comments', () => {
  it('on one post are one notification to its creator, about the newest', async () => {
    const id = await post()
    await say(ann!, id)
    const second = await say(bob!, id)
    expect(await told(creator)).toMatchObject([
      {
        title: 'New comment',
        text: 'Bob and Ann commented on “A walk”.',
        actorCount: 2,
        subject: { __typename: 'Comment' },
      },
    ])
    const newest = await say(ann!, id)
    expect(await told(creator)).toMatchObject([{ text: 'Ann and Bob commented on “A walk”.', actorCount: 2 }])
    const { notifications } = await creator.do(READ)
    expect(notifications.nodes[0].subject).toEqual({
      __typename: 'Comment',
      id: newest,
      body: { __typename: 'CommentText', text: CANARY },
    })
    // what is deleted is not what it is about, and whose comments are all gone is not in it
    await done(ann!, 'deleteComment', { commentId: newest })
    expect((await creator.do(READ)).notifications.nodes[0].subject.id).toBe(second)
    await done(bob!, 'deleteComment', { commentId: second })
    expect(await told(creator)).toMatchObject([{ text: 'Ann commented on “A walk”.', actorCount: 1 }])
  })

  it('of the creator’s own are told to nobody but whom they answer, and answers to the creator once', async () => {
    const id = await post()
    const before = (await told(creator)).length
    const own = await say(creator, id)
    expect(await told(creator)).toHaveLength(before)
    await say(ann!, id, own)
    const [newest, ...rest] = await told(creator)
    expect(newest).toMatchObject({ title: 'New answer', text: 'Ann answered your comment on “A walk”.' })
    expect(rest).toHaveLength(before)
  })

  it('that answer somebody are told to them, and to the creator', async () => {
    const id = await post({ title: 'Answered' })
    const asked = await say(cleo!, id)
    await say(ann!, id, asked)
    await say(bob!, id, asked)
    expect(await told(cleo!)).toMatchObject([
      { text: 'Bob and Ann answered your comment on “Answered”.', actorCount: 2 },
    ])
    expect((await told(creator))[0]).toMatchObject({ text: 'Bob and 2 others commented on “Answered”.' })
    const { rows } = await sql(`select count(*)::int as n from notifications where user_id = $1`, ann!.uuid)
    expect(rows).toEqual([{ n: 0 }])
  })

  it('are once each, though their event comes twice', async () => {
    const id = await post({ title: 'Twice' })
    await say(ann!, id)
    await sql(`update outbox_events set dispatched_at = null where stream = $1`, `content:${uuid(id)}`)
    await server.drain()
    const { rows } = await sql(
      `select count(*)::int as n from notifications where user_id = $1 and group_key = $2`,
      creator.uuid,
      `comments:${uuid(id)}`,
    )
    expect(rows).toEqual([{ n: 1 }])
  })

  it('that wait for approval are told to the creator at once, to others when they are approved', async () => {
    const id = await post({ title: 'Held' })
    const [asker, newcomer] = [await world.fan(), await world.fan()]
    const asked = await say(asker, id)
    await done(creator, 'updateCommentSettings', { holdFirst: true })
    const held = await say(newcomer, id, asked)
    expect(await told(asker)).toEqual([])
    expect((await told(creator))[0]).toMatchObject({ subject: { __typename: 'Comment' }, actorCount: 2 })
    const before = await told(creator)
    await done(creator, 'approveComment', { commentId: held })
    await server.drain()
    expect(await told(asker)).toHaveLength(1)
    expect(await told(creator)).toEqual(before)
    await done(creator, 'hideComment', { commentId: held })
    expect(await told(asker)).toEqual([])
    await done(creator, 'hideComment', { commentId: held, hidden: false })
    expect(await told(asker)).toHaveLength(1)
    await done(creator, 'updateCommentSettings', { holdFirst: false })
  })

  it('go with whoever said them', async () => {
    const id = await post({ title: 'Gone' })
    const [asker, speaker] = [await world.fan(), await world.fan()]
    await say(speaker, id, await say(asker, id))
    expect(await told(asker)).toHaveLength(1)
    await block(server, asker, speaker)
    expect(await told(asker)).toEqual([])
  })
})

describe('likes of a comment', () => {
  it('are one notification to whoever said it', async () => {
    const id = await post({ title: 'Liked' })
    const speaker = await world.fan()
    const comment = await say(speaker, id)
    await done(ann!, 'likeComment', { commentId: comment })
    // what is told at once is in no order
    await server.drain()
    await done(creator, 'likeComment', { commentId: comment })
    await server.drain()
    const likes = await told(speaker)
    expect(likes).toMatchObject([
      { type: 'CONTENT_LIKE', title: 'New likes', actorCount: 2, subject: { __typename: 'Comment' } },
    ])
    expect(likes[0]?.text).toBe(`${creator.username} and Ann like your comment.`)
    await done(ann!, 'unlikeComment', { commentId: comment })
    expect((await told(speaker))[0]?.text).toBe(`${creator.username} likes your comment.`)
    await done(speaker, 'deleteComment', { commentId: comment })
    expect(await told(speaker)).toEqual([])
  })
})

describe('what was said under a post that is closed to its reader by now', () => {
  it('is not there: no text, no name, no count, not by its id, not by mail', async () => {
    const id = await post({ title: 'For subscribers', visibility: 'SUBSCRIBERS' })
    const [asker, speaker] = [await world.fan(), await world.fan({ displayName: 'Canary Speaker' })]
    for (const person of [asker, speaker]) await give(creator, person)
    const asked = await say(asker, id)
    const answer = await say(speaker, id, asked)
    await done(speaker, 'likeComment', { commentId: asked })
    await server.drain()
    const open = await asker.do(READ)
    expect(open.notifications.nodes).toHaveLength(2)
    expect(JSON.stringify(open)).toContain(CANARY)
    const ids = (await told(asker)).map((notification) => notification.id)
    await asker.do(
      `mutation { updateNotificationPreferences(input: { preferences: [{ type: CONTENT_COMMENT, channel: EMAIL, isEnabled: true }] }) { userErrors { code } } }`,
    )
    const mailsBefore = (await server.mails.to(asker.email)).length
    await sql('update entitlement_grants set ends_at = app_now() where user_id = $1', asker.uuid)
    // and one that comes only now
    await say(speaker, id, asked)
    const { data, errors } = await asker.request(
      `query ($ids: [ID!]!, $answer: ID!) {
        ${READ.slice(1, -1)} nodes(ids: $ids) { id } node(id: $answer) { id } viewer { unreadNotificationCount }
      }`,
      { ids, answer },
    )
    expect(errors).toEqual([])
    expect(data).toMatchObject({
      notifications: { nodes: [] },
      nodes: [null, null],
      node: null,
      viewer: { unreadNotificationCount: 0 },
    })
    expect(JSON.stringify(data)).not.toMatch(/canary/i)
    expect(await server.mails.to(asker.email)).toHaveLength(mailsBefore)
    const received = await asker.watch(`subscription { notificationReceived(after: "0") { notification { text } } }`)
    await say(ann!, await post({ title: 'Another' })).catch(() => undefined)
    expect(received.events).toEqual([])
    await received.stop()
    await give(creator, asker)
    expect((await asker.do(READ)).notifications.nodes.length).toBeGreaterThanOrEqual(2)
  })
})
