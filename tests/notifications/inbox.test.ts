import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../src/lib/clock.js'
import { globalId } from '../../src/lib/ids.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { follow, inboxOf, markRead, textsOf } from './inbox.js'

let server: TestServer
let world: World
let admin: Person
let [ann, bob, cleo, dan]: Person[] = []
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  admin = await world.admin()
  ;[ann, bob, cleo, dan] = await Promise.all(
    ['Ann', 'Bob', 'Cleo', 'Dan'].map((displayName) => world.fan({ displayName, isEmailVerified: false })),
  )
})
afterAll(() => server.close())

const own = (): Promise<Person> => world.fan({ isEmailVerified: false })
const followed = async (person: Person, ...followers: (Person | undefined)[]): Promise<void> => {
  for (const follower of followers) await follow(follower!, person)
  await server.drain()
}
const announce = async (title: string): Promise<void> => {
  await admin.do('mutation ($input: AnnounceInput!) { announce(input: $input) { userErrors { code } } }', {
    input: { title, body: 'As of Monday.', idempotencyKey: title },
  })
  await server.drain()
}
const sql = (text: string, ...values: unknown[]) => server.database.owner.query(text, values)

describe('what many do alike', () => {
  it('is one notification, with the newest first, in words', async () => {
    const person = await own()
    await followed(person, ann)
    expect(await inboxOf(person)).toMatchObject({
      nodes: [
        {
          type: 'NEW_FOLLOWER',
          title: 'New follower',
          text: 'Ann follows you.',
          actorCount: 1,
          actors: [{ username: ann!.username }],
          subject: { __typename: 'User', username: person.username },
          isRead: false,
        },
      ],
      unread: 1,
    })
    await followed(person, bob)
    expect(await textsOf(person)).toEqual(['Bob and Ann follow you.'])
    await followed(person, cleo)
    // what happened at the same time is told in no certain order
    await followed(person, dan)
    const { nodes, unread } = await inboxOf(person)
    expect(nodes.map(({ text }) => text)).toEqual(['Dan and 3 others follow you.'])
    expect(nodes[0]?.actors).toEqual([dan, cleo, bob].map((someone) => ({ username: someone!.username })))
    expect(unread).toBe(1)
  })

  it('keeps its id when another one joins, is unread again and moves to the front', async () => {
    const person = await own()
    await followed(person, ann)
    const [before] = (await inboxOf(person)).nodes
    await announce('Between')
    await markRead(person, (await inboxOf(person)).nodes[0]!.sequence)
    expect((await inboxOf(person)).unread).toBe(0)
    await followed(person, bob)
    const after = await inboxOf(person)
    expect(after.nodes.map(({ id, isRead }) => [id, isRead])).toEqual([
      [before!.id, false],
      [after.nodes[1]!.id, true],
    ])
    expect(after.unread).toBe(1)
    const { node } = await person.do(
      'query ($id: ID!) { node(id: $id) { id ... on Notification { text actorCount } } }',
      {
        id: before!.id,
      },
    )
    expect(node).toEqual({ id: before!.id, text: 'Bob and Ann follow you.', actorCount: 2 })
  })

  it('begins anew once it was read and a day has passed, and not while it is unread', async () => {
    const person = await own()
    await followed(person, ann)
    const at = async (ms: number): Promise<void> => {
      await server.database.setClock(ms)
      for (const someone of [person, bob!, cleo!, dan!]) await someone.signIn()
    }
    await at(3 * DAY_MS)
    await followed(person, bob)
    expect(await textsOf(person)).toEqual(['Bob and Ann follow you.'])
    await markRead(person, (await inboxOf(person)).nodes[0]!.sequence)
    await at(3 * DAY_MS + 23 * HOUR_MS)
    await followed(person, cleo)
    expect(await textsOf(person)).toEqual(['Cleo and 2 others follow you.'])
    await markRead(person, (await inboxOf(person)).nodes[0]!.sequence)
    await at(5 * DAY_MS)
    await followed(person, dan)
    expect(await textsOf(person)).toEqual(['Dan follows you.', 'Cleo and 2 others follow you.'])
    await at(0)
  })

  it('is told once, though its event comes twice, and not at all where it is no news', async () => {
    const person = await own()
    await followed(person, ann)
    await sql('update outbox_events set dispatched_at = null where stream = $1', `social:${person.uuid}`)
    await server.drain()
    await ann!.do('mutation ($input: UnfollowUserInput!) { unfollowUser(input: $input) { userErrors { code } } }', {
      input: { userId: person.id },
    })
    await followed(person, ann)
    const { rows } = await sql('select count(*)::int as n from notifications where user_id = $1', person.uuid)
    expect(rows).toEqual([{ n: 1 }])
  })

  it('is told of a following that ended before it could be told, once it begins again', async () => {
    const person = await own()
    const unfollow = `mutation ($input: UnfollowUserInput!) { unfollowUser(input: $input) { userErrors { code } } }`
    await follow(ann!, person)
    await ann!.do(unfollow, { input: { userId: person.id } })
    await server.drain()
    expect(await textsOf(person)).toEqual([])
    await followed(person, ann)
    expect(await textsOf(person)).toEqual(['Ann follows you.'])
    await ann!.do(unfollow, { input: { userId: person.id } })
    await followed(person, ann)
    expect(await inboxOf(person)).toMatchObject({ nodes: [{ actorCount: 1 }], unread: 1 })
    const { rows } = await sql('select count(*)::int as n from notifications where user_id = $1', person.uuid)
    expect(rows).toEqual([{ n: 1 }])
  })

  it('is counted to a hundred', async () => {
    const person = await own()
    await sql(
      `with people as (
        insert into users (username, display_name, email, email_index, password_hash)
        select 'crowd.' || n, 'Crowd ' || n, 'x', sha256(n::text::bytea), 'x' from generate_series(1, 120) n returning id
      ), follow as (
        insert into follows (follower_id, following_id) select id, $1::uuid from people returning follower_id as id
      )
      insert into outbox_events (stream, sequence, type, payload)
      select 'social:crowd', row_number() over (), 'social.followed',
        jsonb_build_object('followerId', id, 'followingId', $1::uuid, 'isNews', true, 'newsAt', now())
      from follow`,
      person.uuid,
    )
    await server.drain()
    const { nodes } = await inboxOf(person)
    expect(nodes).toHaveLength(1)
    expect(nodes[0]).toMatchObject({
      actorCount: 100,
      text: expect.stringMatching(/^Crowd \d+ and 99\+ others follow you\.$/),
    })
  })
})

describe('what is not to be seen', () => {
  const hides: Readonly<Record<string, (viewer: Person, actor: Person) => Promise<unknown>>> = {
    'whoever the viewer blocks': (viewer, actor) =>
      sql('insert into blocks (blocker_id, blocked_id) values ($1, $2)', viewer.uuid, actor.uuid),
    'whoever blocks the viewer': (viewer, actor) =>
      sql('insert into blocks (blocker_id, blocked_id) values ($2, $1)', viewer.uuid, actor.uuid),
    'whoever the viewer mutes': (viewer, actor) =>
      sql('insert into mutes (muter_id, muted_id) values ($1, $2)', viewer.uuid, actor.uuid),
    'somebody banned': (_viewer, actor) => sql(`update users set account_status = 'banned' where id = $1`, actor.uuid),
    'somebody suspended': (_viewer, actor) =>
      sql(
        `update users set account_status = 'suspended', suspended_until = app_now() + interval '1 day' where id = $1`,
        actor.uuid,
      ),
    'somebody deleted': (_viewer, actor) =>
      sql(`update users set account_status = 'deleted', deleted_at = app_now() where id = $1`, actor.uuid),
    'who follows no more': (_viewer, actor) =>
      sql('update follows set unfollowed_at = app_now() where follower_id = $1', actor.uuid),
  }
  for (const [whom, hide] of Object.entries(hides))
    it(`is ${whom}: not in texts, names or counts, and nothing is left of them alone`, async () => {
      const [person, actor, alone] = [await own(), await own(), await own()]
      await followed(person, ann, actor)
      await followed(alone, actor)
      expect((await inboxOf(person)).nodes[0]).toMatchObject({ actorCount: 2 })
      const { id } = (await inboxOf(alone)).nodes[0]!
      await hide(person, actor)
      await hide(alone, actor)
      expect((await inboxOf(person)).nodes).toMatchObject([
        { text: 'Ann follows you.', actorCount: 1, actors: [{ username: ann!.username }] },
      ])
      expect(await inboxOf(alone)).toMatchObject({ nodes: [], unread: 0 })
      expect((await alone.do('query ($id: ID!) { node(id: $id) { id } }', { id })).node).toBeNull()
    })

  it('is told of nobody whom a block or a mute parts by the time it would be told', async () => {
    for (const hide of Object.values(hides).slice(0, 3)) {
      const [person, actor] = [await own(), await own()]
      await follow(actor, person)
      await hide(person, actor)
      await server.drain()
      const { rows } = await sql('select from notifications where user_id = $1', person.uuid)
      expect(rows).toHaveLength(0)
    }
  })

  it('is found by nobody else', async () => {
    const person = await own()
    await followed(person, ann)
    const { id } = (await inboxOf(person)).nodes[0]!
    for (const other of [ann!, admin])
      expect((await other.do('query ($id: ID!) { node(id: $id) { id } }', { id })).node).toBeNull()
    expect(
      (await person.do('query ($id: ID!) { node(id: $id) { id } }', { id: globalId('Notification', person.uuid) }))
        .node,
    ).toBeNull()
  })
})

describe('the list', () => {
  it('has notices of the platform in order with the rest, and pages over it from either end', async () => {
    const person = await own()
    const titles: string[] = []
    for (let n = 0; n < 7; n += 1) {
      titles.unshift(`List ${String(n)}`)
      await announce(`List ${String(n)}`)
    }
    await followed(person, ann, bob, cleo)
    const expected = ['New followers', ...titles]
    const seen: string[] = []
    let after: string | null = null
    do {
      const page = await inboxOf(person, { first: 3, after })
      seen.push(...page.nodes.map(({ title }) => title))
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
    } while (after !== null)
    expect(seen).toEqual(expected)
    const last = await inboxOf(person, { last: 3 })
    expect(last.nodes.map(({ title }) => title)).toEqual(expected.slice(-3))
    const before = await inboxOf(person, { last: 3, before: last.pageInfo.startCursor })
    expect(before.nodes.map(({ title }) => title)).toEqual(expected.slice(-6, -3))
    const { viewer } = await person.do('{ viewer { notices(first: 100) { nodes { title } } } }')
    expect(viewer.notices.nodes.map(({ title }: { title: string }) => title)).toEqual(titles)
  })

  it('can be of some types, and of what is unread', async () => {
    const person = await own()
    await followed(person, ann)
    await announce('Typed')
    expect(await textsOf(person, { types: ['NEW_FOLLOWER'] })).toEqual(['Ann follows you.'])
    expect(await textsOf(person, { types: ['TIP'] })).toEqual([])
    expect(await textsOf(person, { types: ['SYSTEM_ANNOUNCEMENT', 'NEW_FOLLOWER', 'NEW_FOLLOWER'] })).toEqual([
      'As of Monday.',
      'Ann follows you.',
    ])
    const [typed, newest] = (await inboxOf(person)).nodes
    await markRead(person, newest!.sequence)
    expect(await textsOf(person, { unreadOnly: true })).toEqual(['As of Monday.'])
    expect(await textsOf(person, { unreadOnly: true, types: ['NEW_FOLLOWER'] })).toEqual([])
    expect(typed!.title).toBe('Typed')
    const { pageInfo } = await inboxOf(person, { first: 1 })
    const { errors } = await person.request(
      'query ($after: String) { notifications(after: $after, types: [TIP]) { nodes { id } } }',
      { after: pageInfo.endCursor },
    )
    expect(errors[0]?.extensions).toMatchObject({ reason: 'cursor_of_another_list' })
  })

  it('counts what is unread to a hundred', async () => {
    const person = await own()
    await sql(
      `insert into notifications (created_at, user_id, sequence, type, payload)
       select app_now(), $1, n, 'account', '{"kind": "age_approved"}' from generate_series(1, 150) n`,
      person.uuid,
    )
    await sql('insert into notification_inboxes (user_id, last_sequence) values ($1, 150)', person.uuid)
    expect((await inboxOf(person)).unread).toBe(100)
    await markRead(person, '60')
    expect((await inboxOf(person)).unread).toBe(90)
  })
})

describe('marking as read', () => {
  it('goes on and never back, and agrees on two devices', async () => {
    const person = await own()
    const other = await person.elsewhere()
    await followed(person, ann)
    await announce('Read one')
    await announce('Read two')
    expect(await markRead(person, '2')).toEqual({
      viewer: { unreadNotificationCount: 1, notificationsReadUpTo: '2' },
      userErrors: [],
    })
    expect(await markRead(other, '1')).toEqual({
      viewer: { unreadNotificationCount: 1, notificationsReadUpTo: '2' },
      userErrors: [],
    })
    await Promise.all([markRead(person, '3'), markRead(other, '2'), markRead(person, '1')])
    expect(await inboxOf(other)).toMatchObject({ unread: 0, readUpTo: '3' })
  })

  it('leaves unread what came meanwhile', async () => {
    const person = await own()
    await followed(person, ann)
    const { sequence } = (await inboxOf(person)).nodes[0]!
    await followed(person, bob)
    await markRead(person, sequence)
    expect(await inboxOf(person)).toMatchObject({ unread: 1, nodes: [{ isRead: false }] })
  })

  it('refuses what has not come', async () => {
    const person = await own()
    const refused = { viewer: null, userErrors: [{ code: 'INVALID_INPUT', path: ['input', 'upTo'] }] }
    expect(await markRead(person, '1')).toEqual(refused)
    expect(await markRead(person, '-1')).toEqual(refused)
    expect((await markRead(person, '0')).userErrors).toEqual([])
    await followed(person, ann)
    expect(await markRead(person, '2')).toEqual(refused)
    expect((await inboxOf(person)).unread).toBe(1)
  })
})
