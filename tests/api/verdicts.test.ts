import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import pg from 'pg'
import { mutate } from '../accounts/calls.js'
import { provenCreator, publish } from '../content/posts.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { until } from '../support/until.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'

let server: TestServer
let world: World
let creator: Person
let other: Person
let fan: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  ;[creator, other] = [await provenCreator(world), await provenCreator(world)]
  fan = await world.fan()
})
afterAll(() => server.close())

describe('of several objects in one list, each', () => {
  it('has a verdict of its own, in whichever order they stand', async () => {
    const [mine, theirs, locked] = [
      await publish(creator),
      await publish(other),
      await publish(other, { visibility: 'SUBSCRIBERS' }),
    ].map(({ id }) => id as string)
    const document = `query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Content {
      authorView { version } viewerCanEdit { isAllowed reason } viewerAccess { rule } body { __typename }
    } } }`
    const own = { authorView: { version: 2 }, viewerCanEdit: { isAllowed: true }, viewerAccess: { rule: 'OWNER' } }
    const notOwn = { authorView: null, viewerCanEdit: { isAllowed: false } }
    const expected: Record<string, object> = {
      [mine!]: own,
      [theirs!]: { ...notOwn, viewerAccess: { rule: 'PUBLIC' } },
      [locked!]: { ...notOwn, viewerAccess: { rule: 'LOCKED' }, body: { __typename: 'LockedBody' } },
    }
    for (const ids of [
      [mine, theirs, locked],
      [locked, mine, theirs, mine],
      [theirs, locked, mine],
    ])
      expect((await creator.do(document, { ids }))['nodes']).toMatchObject(ids.map((id) => expected[id!]))
    const asOther = (await other.do(document, { ids: [mine, theirs, mine, locked] }))['nodes'] as unknown
    expect(asOther).toMatchObject([notOwn, own, notOwn, own])
  })

  it('is found or not by whose it is: grants, sessions and proofs of others beside one’s own', async () => {
    const grantFor = async (person: Person): Promise<string> =>
      (
        await mutate(
          creator,
          'grantAccess',
          { userId: person.id, creatorId: creator.id, reason: 'A gift.' },
          'grant { id }',
        )
      ).payload.grant.id
    const sessionOf = async (person: Person): Promise<string> =>
      (await person.do('{ viewer { session { id } } }'))['viewer'].session.id as string
    const ids = [await grantFor(fan), await grantFor(other), await sessionOf(fan), await sessionOf(other)]
    const found = async (person: Person): Promise<boolean[]> =>
      (
        (await person.do('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids }))['nodes'] as (object | null)[]
      ).map((node) => node !== null)
    expect(await found(fan)).toEqual([true, false, true, false])
    expect(await found(other)).toEqual([false, true, false, true])
    expect(await found(creator)).toEqual([true, true, false, false])
  })
})

describe('what an earlier field of a document did', () => {
  it('decides about the later ones: a role that is gained, an access that comes and goes', async () => {
    const novice = await world.fan()
    const becoming = `mutation ($post: CreateContentInput!, $become: BecomeCreatorInput!) {
      becomeCreator(input: $become) { user { accountType } userErrors { code } }
      late: createContent(input: $post) { content { title viewerAccess { rule } } userErrors { code } }
    }`
    const post = { type: 'TEXT', title: 'A first one', body: 'Hello.' }
    expect((await mutate(novice, 'createContent', post)).reason).toBe('role_required')
    expect(await novice.do(becoming, { post, become: { currency: 'EUR' } })).toMatchObject({
      becomeCreator: { user: { accountType: 'CREATOR' } },
      late: { content: { title: 'A first one', viewerAccess: { rule: 'OWNER' } } },
    })

    const { id: contentId } = await publish(creator, { visibility: 'FOLLOWERS', body: 'For followers' })
    const READ =
      'content { viewerAccess { isOpen rule } viewerHasSaved body { ... on UnlockedBody { text } ... on LockedBody { reason } } }'
    const coming = `mutation ($it: SaveContentInput!, $off: UnsaveContentInput!, $follow: FollowUserInput!, $leave: UnfollowUserInput!) {
      before: saveContent(input: $it) { ${READ} }
      followUser(input: $follow) { user { viewerFollows } }
      during: unsaveContent(input: $off) { ${READ} }
      unfollowUser(input: $leave) { user { viewerFollows } }
      after: saveContent(input: $it) { ${READ} }
    }`
    const [it, userId] = [{ contentId }, { userId: creator.id }]
    const locked = { viewerAccess: { isOpen: false, rule: 'LOCKED' }, body: { reason: 'FOLLOWERS_ONLY' } }
    expect(await novice.do(coming, { it, off: it, follow: userId, leave: userId })).toMatchObject({
      before: { content: { ...locked, viewerHasSaved: true } },
      during: {
        content: { viewerAccess: { isOpen: true }, viewerHasSaved: false, body: { text: 'For followers' } },
      },
      after: { content: { ...locked, viewerHasSaved: true } },
    })
  })
})

describe('a role that is taken away while a request is under way', () => {
  it('counts for what the request has not done yet', async () => {
    const [admin, moderator] = [await world.admin(), await world.moderator()]
    // both are held in the order of ids: whoever comes first is waited for without holding the moderator
    let victim = await world.fan({ isEmailVerified: false })
    while (victim.uuid > moderator.uuid) victim = await world.fan({ isEmailVerified: false })
    const holder = new pg.Client({ connectionString: server.database.ownerUrl })
    await holder.connect()
    try {
      await holder.query('begin')
      await holder.query('select from users where id = $1 for update', [victim.uuid])
      const under = moderator.request(
        `mutation ($one: SetAccountStatusInput!, $two: SetAccountStatusInput!) {
          one: setAccountStatus(input: $one) { userErrors { code } }
          two: setAccountStatus(input: $two) { userErrors { code } }
        }`,
        {
          one: { userId: victim.id, status: 'BANNED', reason: 'Broke the rules.' },
          two: { userId: fan.id, status: 'BANNED', reason: 'Broke the rules.' },
        },
      )
      await until(async () => {
        const { rowCount } = await server.database.owner.query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
        return rowCount === 1
      })
      const demotion = { userId: moderator.id, accountType: 'FAN', reason: 'Left the team.' }
      expect((await mutate(admin, 'setAccountType', demotion)).codes).toEqual([])
      await holder.query('commit')
      const { data, errors } = await under
      // the first is refused, and with it the rest of the document
      expect(data).toBeNull()
      expect(errors).toMatchObject([{ path: ['one'], extensions: { code: 'FORBIDDEN', reason: 'role_required' } }])
    } finally {
      await holder.end()
    }
    const { rows } = await server.database.owner.query(
      `select account_status as status from users where id = any($1::uuid[])`,
      [[victim.uuid, fan.uuid]],
    )
    expect(rows).toEqual([{ status: 'active' }, { status: 'active' }])
  })
})
