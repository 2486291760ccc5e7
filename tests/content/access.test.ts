import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { block } from '../social/calls.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { postMutation, prove, provenCreator, publish, read } from './posts.js'
import type { PostInput } from './posts.js'

let server: TestServer
let world: World
let creator: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await provenCreator(world)
})
afterAll(() => server.close())

const GRANT = `mutation ($input: GrantAccessInput!) { grantAccess(input: $input) { grant { id isLive source endsAt } userErrors { code message path } } }`
const REVOKE = `mutation ($input: RevokeGrantInput!) { revokeGrant(input: $input) { grant { isLive revokedAt } userErrors { code message } } }`
const give = async (giver: Person, input: Record<string, unknown>): Promise<string> =>
  (await giver.do(GRANT, { input: { reason: 'A gift.', ...input } }))['grantAccess'].grant.id as string
const act = (person: Person, name: string, userId: string): Promise<unknown> =>
  person.do(
    `mutation ($input: ${name.charAt(0).toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { userErrors { code message } } }`,
    { input: { userId } },
  )

describe('a locked post', () => {
  const cases: [string, PostInput, Record<string, unknown>][] = [
    [
      'for followers',
      { visibility: 'FOLLOWERS' },
      { reason: 'FOLLOWERS_ONLY', offers: [{ kind: 'FOLLOW' }, { kind: 'SUBSCRIBE', price: { amountMinor: '900' } }] },
    ],
    [
      'for subscribers',
      { visibility: 'SUBSCRIBERS' },
      { reason: 'SUBSCRIBERS_ONLY', offers: [{ kind: 'SUBSCRIBE', price: { amountMinor: '900' } }] },
    ],
    [
      'sold singly',
      { priceMinor: '500' },
      {
        reason: 'PURCHASE_REQUIRED',
        price: { amountMinor: '500' },
        offers: [{ kind: 'BUY', price: { amountMinor: '500' } }],
      },
    ],
    [
      'sold singly or included',
      { priceMinor: '500', includedInSubscription: true },
      { reason: 'PURCHASE_REQUIRED', offers: [{ kind: 'BUY' }, { kind: 'SUBSCRIBE', price: { amountMinor: '900' } }] },
    ],
  ]
  beforeAll(async () => {
    await creator.do(
      `mutation ($input: BecomeCreatorInput!) { becomeCreator(input: $input) { userErrors { code } } }`,
      {
        input: { currency: 'EUR', subscriptionPriceMinor: '900' },
      },
    )
  })

  it.each(cases)(
    '%s says why, what it costs and what would open it, and nothing of itself',
    async (_name, input, body) => {
      const fan = await world.fan()
      const { id } = await publish(creator, { ...input, body: 'secret-canary' })
      const seen = await read(fan, id)
      expect(seen).toMatchObject({
        title: 'A title',
        teaser: 'A teaser',
        viewerAccess: { isOpen: false, rule: 'LOCKED' },
      })
      expect(seen?.['body']).toMatchObject({ __typename: 'LockedBody', teaser: 'A teaser', ...body })
      expect(JSON.stringify(seen)).not.toContain('secret-canary')
      const stranger = await read(world.stranger(), id)
      expect(stranger?.['body'].offers[0]).toMatchObject({ kind: 'SIGN_IN' })
      expect(JSON.stringify(stranger)).not.toContain('secret-canary')
    },
  )

  it('opens to whoever was given it, until the very instant that it ends or is taken back', async () => {
    const fan = await world.fan()
    const { id } = await publish(creator, { priceMinor: '500', body: 'Given' })
    const { id: other } = await publish(creator, { visibility: 'SUBSCRIBERS', body: 'For subscribers' })
    const endsAt = new Date((await server.now()).getTime() + 60_000).toISOString()
    await give(creator, { userId: fan.id, contentId: id, endsAt })
    expect(await read(fan, id)).toMatchObject({
      body: { text: 'Given' },
      viewerAccess: { rule: 'CONTENT_GRANT', until: endsAt },
    })
    expect(await read(fan, other)).toMatchObject({ body: { reason: 'SUBSCRIBERS_ONLY' } })
    await server.database.setClock(59_000)
    expect(await read(fan, id)).toMatchObject({ body: { text: 'Given' } })
    await server.database.setClock(60_000)
    expect(await read(fan, id)).toMatchObject({ body: { reason: 'PURCHASE_REQUIRED' } })
    await server.database.setClock(0)
    const grantId = await give(creator, { userId: fan.id, creatorId: creator.id })
    expect(await read(fan, other)).toMatchObject({
      body: { text: 'For subscribers' },
      viewerAccess: { rule: 'CREATOR_GRANT' },
    })
    await creator.do(REVOKE, { input: { grantId, reason: 'Over.' } })
    expect(await read(fan, other)).toMatchObject({ body: { reason: 'SUBSCRIBERS_ONLY' } })
  })

  it('opens by staff, who say why, and is nobody else’s to give', async () => {
    const [fan, stranger, staff] = [await world.fan(), await provenCreator(world), await world.moderator()]
    const { id } = await publish(creator, { priceMinor: '500' })
    const refused = await stranger.request(GRANT, { input: { userId: fan.id, contentId: id, reason: 'Mine.' } })
    expect(refused.data?.['grantAccess'].userErrors).toMatchObject([{ code: 'NODE_NOT_FOUND' }])
    const self = await creator.request(GRANT, { input: { userId: creator.id, contentId: id, reason: 'Mine.' } })
    expect(self.data?.['grantAccess'].userErrors).toMatchObject([{ code: 'SELF_ACTION' }])
    await give(staff, { userId: fan.id, contentId: id, reason: 'A complaint, settled.' })
    expect(await read(fan, id)).toMatchObject({ body: { __typename: 'UnlockedBody' } })
    const { rows } = await server.database.owner.query(
      `select category, reason from audit_logs where action = 'grant.given' and admin_id = $1`,
      [staff.uuid],
    )
    expect(rows).toEqual([{ category: 'administrative', reason: 'A complaint, settled.' }])
  })

  it('is granted, and of whoever holds it no more is seen through it than elsewhere', async () => {
    const holder = await world.fan()
    const grantId = await give(creator, { userId: holder.id, creatorId: creator.id })
    const ask = `query ($id: ID!) { node(id: $id) { ... on EntitlementGrant { id user { username } creator { username } } } }`
    const shown = {
      node: { id: grantId, user: { username: holder.username }, creator: { username: creator.username } },
    }
    for (const asker of [creator, holder]) expect(await asker.do(ask, { id: grantId })).toEqual(shown)
    expect(await (await world.fan()).do(ask, { id: grantId })).toEqual({ node: null })
    await block(holder, creator)
    expect(await creator.do(ask, { id: grantId })).toEqual({ node: null })
    const revoked = await creator.do(REVOKE, { input: { grantId, reason: 'Over.' } })
    expect(revoked['revokeGrant']).toEqual({ grant: null, userErrors: [] })
  })

  it('stays with whoever holds a grant for it when it is taken back, or one blocks the other; not when it is removed', async () => {
    const fan = await world.fan()
    const { id } = await publish(creator, { priceMinor: '500', body: 'Bought' })
    await give(creator, { userId: fan.id, contentId: id })
    await creator.do(postMutation('unpublishContent'), { input: { contentId: id } })
    expect(await read(fan, id)).toMatchObject({ body: { text: 'Bought' } })
    await creator.do(postMutation('publishContent'), { input: { contentId: id } })
    await act(creator, 'blockUser', fan.id)
    expect(await read(fan, id)).toMatchObject({ body: { text: 'Bought' } })
    const { id: free } = await publish(creator)
    expect(await read(fan, free)).toBeNull()
    // who made it is named, and no more of them is told than elsewhere
    await creator.do(
      `mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { userErrors { code } } }`,
      {
        input: { bio: 'canary' },
      },
    )
    const ofMaker = `query ($id: ID!) { content(id: $id) { creator { username profile { bio } } } }`
    expect(await fan.do(ofMaker, { id })).toEqual({
      content: { creator: { username: creator.username, profile: { bio: null } } },
    })
    await act(creator, 'unblockUser', fan.id)
    expect(await fan.do(ofMaker, { id })).toMatchObject({ content: { creator: { profile: { bio: 'canary' } } } })
    expect(await read(fan, free)).toMatchObject({ body: { __typename: 'UnlockedBody' } })
    await server.database.owner.query(
      `update content set removed_at = app_now(), removed_reason = 'Illegal.' where creator_id = $1 and body = 'Bought'`,
      [creator.uuid],
    )
    expect(await read(fan, id)).toBeNull()
    expect(await read(creator, id)).toMatchObject({ state: 'REMOVED' })
  })
})

describe('a platform for people of proven age alone', () => {
  it('closes every post to everybody else, whatever its kind', async () => {
    const gated = await startServer({
      database: server.database,
      config: { ageGate: 'platform' },
    })
    const elsewhere = makeWorld(gated)
    const { id } = await publish(creator)
    expect(await read(elsewhere.stranger(), id)).toMatchObject({
      title: null,
      body: { reason: 'AGE_VERIFICATION_REQUIRED' },
    })
    const fan = await elsewhere.fan()
    const list = `query ($username: String!) { user(username: $username) { contents { nodes { id } } } }`
    const listed = async () => (await fan.do(list, { username: creator.username }))['user'].contents.nodes as unknown[]
    expect(await listed()).toEqual([])
    await prove(fan)
    expect(await read(fan, id)).toMatchObject({ body: { text: 'A body' } })
    expect((await listed()).length).toBeGreaterThan(0)
    await gated.close()
  })
})
