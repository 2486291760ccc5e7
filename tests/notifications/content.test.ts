import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DAY_MS } from '../../src/lib/clock.js'
import { parseGlobalId } from '../../src/lib/ids.js'
import { done } from '../comments/calls.js'
import { postMutation, prove, provenCreator, publish } from '../content/posts.js'
import { request } from '../support/client.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { follow, inboxOf, textsOf } from './inbox.js'

const CANARY = 'canary-of-a-locked-body'

let server: TestServer
let world: World
let creator: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await provenCreator(world)
})
afterAll(() => server.close())

const sql = (text: string, ...values: unknown[]) => server.database.owner.query(text, values)
const own = () => world.fan({ isEmailVerified: false })
const uuid = (id: unknown): string => parseGlobalId(id as string)?.uuid ?? ''
const follower = async (): Promise<Person> => {
  const person = await own()
  await follow(person, creator)
  await server.drain()
  return person
}
const post = async (input = {}): Promise<Record<string, any>> => {
  const content = await publish(creator, input)
  await server.drain()
  return content
}
const act = (name: string, id: unknown) => creator.do(postMutation(name), { input: { contentId: id } })
const grant = (person: Person, more = '') =>
  sql(
    `insert into entitlement_grants (user_id, creator_id, source, starts_at ${more && ', ends_at'})
     values ($1, $2, 'gift', app_now() - interval '2 days' ${more})`,
    person.uuid,
    creator.uuid,
  )

describe('a new post', () => {
  it('is told to followers and to those with access as subscribers, once each, and not to its creator', async () => {
    const [fan, stranger, subscriber, both, lapsed] = [
      await follower(),
      await own(),
      await own(),
      await follower(),
      await own(),
    ]
    await grant(subscriber)
    await grant(both)
    await grant(both)
    await grant(lapsed, `, app_now() - interval '1 day'`)
    const { id } = await post({ title: 'First light' })
    for (const person of [fan, subscriber, both])
      expect(await inboxOf(person)).toMatchObject({
        nodes: [
          {
            type: 'NEW_CONTENT',
            title: 'New post',
            text: `${creator.username} published “First light”.`,
            actors: [{ username: creator.username }],
            actorCount: 1,
            subject: { __typename: 'Content', id },
          },
        ],
        unread: 1,
      })
    for (const person of [stranger, lapsed]) expect((await inboxOf(person)).nodes).toEqual([])
    expect((await inboxOf(creator)).nodes.filter(({ type }) => type === 'NEW_CONTENT')).toEqual([])
  })

  it('is told to nobody who said no: for this creator, or for all; nor across a block or a mute', async () => {
    const [off, muted, blocking, blocked, none, exception] = [
      await follower(),
      await follower(),
      await follower(),
      await follower(),
      await follower(),
      await follower(),
    ]
    const wish = (person: Person, more: Record<string, unknown>) =>
      person.do(
        'mutation ($input: UpdateFollowPreferencesInput!) { updateFollowPreferences(input: $input) { userErrors { code } } }',
        { input: { userId: creator.id, ...more } },
      )
    await wish(off, { notificationsEnabled: false })
    await sql('insert into mutes (muter_id, muted_id) values ($1, $2)', muted.uuid, creator.uuid)
    await sql('insert into blocks (blocker_id, blocked_id) values ($1, $2)', blocking.uuid, creator.uuid)
    await sql('insert into blocks (blocker_id, blocked_id) values ($2, $1)', blocked.uuid, creator.uuid)
    for (const person of [none, exception])
      await sql(
        `insert into notification_preferences (user_id, type, channel, enabled) values ($1, 'new_content', 'in_app', false)`,
        person.uuid,
      )
    await wish(exception, { preferences: [{ type: 'NEW_CONTENT', channel: 'IN_APP', enabled: true }] })
    await post({ title: 'Not for all' })
    for (const person of [off, muted, blocking, blocked, none])
      expect((await sql('select from notifications where user_id = $1', person.uuid)).rowCount).toBe(0)
    expect((await inboxOf(exception)).nodes).toHaveLength(1)
  })

  it('is told to nobody who follows after it, and to nobody twice, whatever is published again', async () => {
    const early = await follower()
    const content = await publish(creator, { title: 'Once' })
    const late = await follower()
    await server.drain()
    await act('unpublishContent', content['id'])
    await act('publishContent', content['id'])
    await sql(`update outbox_events set dispatched_at = null where type = 'content.published'`)
    await server.drain()
    expect(await textsOf(early)).toEqual([expect.stringContaining('Once')])
    expect(await textsOf(late)).toEqual([])
  })

  it('goes with its post, and comes back with it; nobody else is told of what is taken back meanwhile', async () => {
    const fan = await follower()
    const { id } = await post({ title: 'Here and gone' })
    const hidden = async () => expect(await inboxOf(fan)).toMatchObject({ nodes: [], unread: 0 })
    const shown = async () => expect(await textsOf(fan)).toHaveLength(1)
    await shown()
    await act('unpublishContent', id)
    await hidden()
    await act('publishContent', id)
    await shown()
    await act('deleteContent', id)
    await hidden()
    await act('restoreContent', id)
    await act('publishContent', id)
    await shown()
    await sql('update content set removed_at = app_now() where id = $1', uuid(id))
    await hidden()
    const { id: quick } = await publish(creator, { title: 'Too quick' })
    await act('unpublishContent', quick)
    await server.drain()
    const { rows } = await sql('select from notifications where subject_id = $1', uuid(quick))
    expect(rows).toHaveLength(0)
  })

  it('for adults is there for those of proven age alone', async () => {
    const [adult, unproven] = [await follower(), await follower()]
    await prove(adult)
    await post({ title: 'Adults only', isAgeRestricted: true })
    const ofPosts = { types: ['NEW_CONTENT'] }
    expect(await textsOf(adult, ofPosts)).toEqual([expect.stringContaining('Adults only')])
    expect(await inboxOf(unproven)).toMatchObject({ nodes: [], unread: 0 })
    await prove(unproven)
    expect(await textsOf(unproven, ofPosts)).toEqual([expect.stringContaining('Adults only')])
  })

  it('is there for nobody else where the whole platform asks for a proven age', async () => {
    const gated = await startServer({ database: server.database, config: { ageGate: 'platform' } })
    const [adult, unproven] = [await follower(), await follower()]
    await prove(adult)
    await post({ title: 'For the gated' })
    const seenBy = async ({ token }: Person) => {
      const document = '{ notifications(types: [NEW_CONTENT]) { nodes { text } } viewer { unreadNotificationCount } }'
      return (await request<Record<string, any>, object>(gated.url, document, {}, { authorization: `Bearer ${token}` }))
        .data
    }
    expect((await seenBy(adult))?.['notifications'].nodes).toHaveLength(1)
    expect(await seenBy(unproven)).toEqual({ notifications: { nodes: [] }, viewer: { unreadNotificationCount: 0 } })
    expect(await textsOf(unproven)).toHaveLength(1)
    await gated.close()
  })

  it('that is scheduled is told when it is due', async () => {
    const fan = await follower()
    const { createContent } = await creator.do(postMutation('createContent'), {
      input: { type: 'TEXT', title: 'Tomorrow', body: 'A body' },
    })
    const now = await server.now()
    const localTime = new Date(now.getTime() + DAY_MS / 2).toISOString().slice(0, 16)
    await creator.do(postMutation('scheduleContent'), {
      input: { contentId: createContent.content.id, localTime, timeZone: 'UTC' },
    })
    await server.drain()
    expect(await textsOf(fan)).toEqual([])
    await server.database.setClock(DAY_MS / 2 + 60_000)
    await sql('update graphile_worker._private_jobs set run_at = now()')
    await fan.signIn()
    await server.drain()
    expect(await textsOf(fan)).toEqual([`${creator.username} published “Tomorrow”.`])
    await server.database.setClock(0)
    await creator.signIn()
  })

  it('shows nothing of a body that is locked', async () => {
    const [fan, lapsed] = [await follower(), await follower()]
    await sql(
      `insert into notification_preferences (user_id, type, channel, enabled) values ($1, 'new_content', 'email', true)`,
      fan.uuid,
    )
    await sql('update users set email_verified_at = app_now() where id = $1', fan.uuid)
    await grant(lapsed)
    await post({ title: 'Locked', teaser: 'Come in', body: CANARY, visibility: 'SUBSCRIBERS' })
    await sql('update entitlement_grants set ends_at = app_now() where user_id = $1', lapsed.uuid)
    for (const person of [fan, lapsed]) {
      const { data } = await person.request(`{ notifications { nodes { title text subject {
        ... on Content { title teaser body { __typename ... on UnlockedBody { text } ... on LockedBody { teaser reason } } }
      } } } }`)
      expect(data?.['notifications'].nodes[0]).toMatchObject({
        text: `${creator.username} published “Locked”.`,
        subject: { body: { __typename: 'LockedBody', teaser: 'Come in' } },
      })
      expect(JSON.stringify(data)).not.toContain(CANARY)
    }
    const mail = await server.mails.newestTo(fan.email)
    expect(mail.text).toContain('published “Locked”')
    expect(JSON.stringify(mail)).not.toContain(CANARY)
  })
})

describe('likes', () => {
  const like = (person: Person, id: unknown) => done(person, 'likeContent', { contentId: id })
  const unlike = (person: Person, id: unknown) => done(person, 'unlikeContent', { contentId: id })
  const likesOf = async (id: unknown) =>
    (await inboxOf(creator, { first: 100, types: ['CONTENT_LIKE'] })).nodes.filter(({ subject }) => subject?.id === id)

  it('of one moment are told together, each once, in one chain for each post', async () => {
    const [one, other] = [await post({ title: 'One' }), await post({ title: 'Other' })]
    const likers = [await own(), await own(), await own()]
    await like(likers[0]!, one['id'])
    await server.drain()
    await like(likers[1]!, one['id'])
    await unlike(likers[1]!, one['id'])
    await like(likers[1]!, one['id'])
    for (const liker of likers) await like(liker, other['id'])
    await like(likers[2]!, one['id'])
    await unlike(likers[0]!, other['id'])
    await server.drain()
    expect(await likesOf(one['id'])).toMatchObject([{ actorCount: 3 }])
    expect(await likesOf(other['id'])).toMatchObject([{ actorCount: 2 }])
    const { rows } = await sql(
      `select n.subject_id, n.sequence, n.group_from, n.superseded_by,
         lead(n.sequence) over (partition by n.subject_id order by n.sequence) as next,
         first_value(n.sequence) over (partition by n.subject_id order by n.sequence) as first,
         (select last_sequence from notification_inboxes i where i.user_id = n.user_id) as last
       from notifications n
       where n.type = 'content_like' and n.subject_id = any($1::uuid[]) order by n.sequence`,
      [uuid(one['id']), uuid(other['id'])],
    )
    expect(rows).toHaveLength(5)
    for (const row of rows) expect([row.superseded_by, row.group_from]).toEqual([row.next, row.first])
    expect(rows.at(-1)?.sequence).toBe(rows[0]?.last)
  })

  it('of one post are one notification to its creator; who takes a like back is no longer in it', async () => {
    const { id } = await post({ title: 'Liked' })
    const [ann, bob] = [await world.fan({ displayName: 'Ann' }), await world.fan({ displayName: 'Bob' })]
    await like(ann, id)
    await server.drain()
    expect(await likesOf(id)).toMatchObject([
      { title: 'New like', text: 'Ann likes “Liked”.', actorCount: 1, subject: { __typename: 'Content', id } },
    ])
    await like(bob, id)
    await server.drain()
    expect(await likesOf(id)).toMatchObject([{ title: 'New likes', text: 'Bob and Ann like “Liked”.', actorCount: 2 }])
    await unlike(bob, id)
    expect(await likesOf(id)).toMatchObject([{ text: 'Ann likes “Liked”.' }])
    await unlike(ann, id)
    expect(await likesOf(id)).toEqual([])
  })

  it('are told once per person and post, however often they come and go', async () => {
    const { id } = await post({ title: 'On and off' })
    const fan = await own()
    const { readUpTo } = await inboxOf(creator)
    for (let n = 0; n < 3; n += 1) {
      await like(fan, id)
      await server.drain()
      await unlike(fan, id)
      await server.drain()
    }
    await like(fan, id)
    await server.drain()
    const { rows } = await sql(
      `select count(*)::int as n from notifications where subject_id = $1 and type = 'content_like'`,
      uuid(id),
    )
    expect(rows).toEqual([{ n: 1 }])
    expect(await likesOf(id)).toMatchObject([{ actorCount: 1 }])
    expect((await inboxOf(creator)).readUpTo).toBe(readUpTo)
  })

  it('go with their post, also from its creator’s sight', async () => {
    const { id } = await post({ title: 'Deleted soon' })
    await like(await own(), id)
    await server.drain()
    expect(await likesOf(id)).toHaveLength(1)
    await act('unpublishContent', id)
    expect(await likesOf(id)).toHaveLength(1)
    await act('deleteContent', id)
    expect(await likesOf(id)).toEqual([])
  })
})
