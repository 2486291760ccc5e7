import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePicture, sendUpload, uploadMedia } from '../support/media.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { draft, postMutation, provenCreator, publish, read, refusals } from './posts.js'

let server: TestServer
let world: World
let creator: Person
let fan: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  creator = await provenCreator(world)
  fan = await world.fan()
})
afterAll(() => server.close())

const FILES = `query ($id: ID!) { content(id: $id) {
  teaserMedia { url altText image { width } }
  body {
    ... on UnlockedBody { media { kind url altText image { url width thumbhash } } }
    ... on LockedBody { mediaCount previews { url width altText } }
  }
  authorView { media { isTeaser asset { id state } } }
} }`
const filesOf = async (person: Pick<Person, 'request'>, id: string): Promise<Record<string, any>> =>
  (await person.request<{ content: Record<string, any> }>(FILES, { id })).data?.content ?? {}
const picture = (options: Record<string, unknown> = {}): Promise<string> =>
  makePicture({ width: 400, height: 300 }).then((bytes) =>
    uploadMedia(server, creator, bytes, { purpose: 'CONTENT', ...options }),
  )
const statusOf = async (url: string): Promise<number> => (await fetch(url)).status
const give = async (contentId: string): Promise<string> =>
  (
    await creator.do(
      `mutation ($input: GrantAccessInput!) { grantAccess(input: $input) { grant { id } userErrors { code } } }`,
      { input: { userId: fan.id, contentId, reason: 'A gift.' } },
    )
  )['grantAccess'].grant.id as string

describe('the files of a post', () => {
  it('are shown in their order to whoever opens it, and fetched at their addresses', async () => {
    const [one, two] = [await picture({ altText: 'One' }), await picture({ altText: 'Two' })]
    const { id } = await publish(creator, { type: 'IMAGE', media: [{ mediaId: two }, { mediaId: one }] })
    const { body, authorView } = await filesOf(fan, id)
    expect(body.media.map(({ altText }: { altText: string }) => altText)).toEqual(['Two', 'One'])
    expect(body.media[0]).toMatchObject({ kind: 'IMAGE', image: { width: 400 } })
    expect(authorView).toBeNull()
    for (const { url, image } of body.media as { url: string; image: { url: string } }[])
      expect([await statusOf(url), await statusOf(image.url)]).toEqual([200, 200])
    expect((await filesOf(creator, id))['authorView'].media).toEqual([
      { isTeaser: false, asset: { id: two, state: 'READY' } },
      { isTeaser: false, asset: { id: one, state: 'READY' } },
    ])
  })

  it('are a hint while it is locked, but for those that everybody may see', async () => {
    const [cover, inside] = [await picture({ altText: 'Cover' }), await picture({ altText: 'Inside-canary' })]
    const media = [{ mediaId: cover, isTeaser: true }, { mediaId: inside }]
    const { id } = await publish(creator, { type: 'IMAGE', priceMinor: '500', media })
    const seen = await filesOf(fan, id)
    expect(seen).toMatchObject({ teaserMedia: [{ altText: 'Cover' }], body: { mediaCount: 2 } })
    expect(seen['body'].previews).toHaveLength(2)
    expect(seen['body'].previews[1].width).toBeLessThanOrEqual(32)
    expect(JSON.stringify(seen)).not.toContain('canary')
    expect(await statusOf(seen['teaserMedia'][0].url)).toBe(200)
    expect(await statusOf(seen['body'].previews[1].url)).toBe(200)
  })

  it('are no longer fetched from a cover that they were taken off', async () => {
    const mediaId = await picture()
    const { id } = await publish(creator, { type: 'IMAGE', priceMinor: '500', media: [{ mediaId, isTeaser: true }] })
    const { teaserMedia, body } = await filesOf(fan, id)
    expect(await statusOf(teaserMedia[0].url)).toBe(200)
    await creator.do(postMutation('updateContent'), {
      input: { contentId: id, expectedVersion: 2, media: [{ mediaId, isTeaser: false }] },
    })
    expect(await statusOf(teaserMedia[0].url)).toBe(404)
    expect(await statusOf(body.previews[0].url)).toBe(200)
  })

  it('can no longer be fetched once what opened them is gone', async () => {
    const mediaId = await picture()
    const { id } = await publish(creator, { type: 'IMAGE', priceMinor: '500', media: [{ mediaId }] })
    const grantId = await give(id)
    const { url } = (await filesOf(fan, id))['body'].media[0]
    expect(await statusOf(url)).toBe(200)
    await creator.do(`mutation ($input: RevokeGrantInput!) { revokeGrant(input: $input) { userErrors { code } } }`, {
      input: { grantId, reason: 'Over.' },
    })
    expect(await statusOf(url)).not.toBe(200)
    // a new grant opens it by another address, not by the old one
    await give(id)
    const { url: other } = (await filesOf(fan, id))['body'].media[0]
    expect([await statusOf(other), await statusOf(url)]).toEqual([200, expect.any(Number)])
    expect(await statusOf(url)).not.toBe(200)
  })

  it.each([
    ['taken back', () => postMutation('unpublishContent')],
    ['deleted', () => postMutation('deleteContent')],
  ])('can no longer be fetched once it is %s', async (_how, mutation) => {
    const mediaId = await picture()
    const { id } = await publish(creator, { type: 'IMAGE', media: [{ mediaId }] })
    const { url } = (await filesOf(fan, id))['body'].media[0]
    expect(await statusOf(url)).toBe(200)
    await creator.do(mutation(), { input: { contentId: id } })
    expect(await statusOf(url)).not.toBe(200)
  })

  it('can not be fetched while their owner is suspended, and again at the instant that it ends', async () => {
    const owner = await provenCreator(world)
    const mediaId = await uploadMedia(server, owner, await makePicture(), { purpose: 'CONTENT' })
    const { id } = await publish(owner, { type: 'IMAGE', media: [{ mediaId }] })
    const { url } = (await filesOf(fan, id))['body'].media[0]
    expect(await statusOf(url)).toBe(200)
    const staff = await world.moderator()
    const suspendedUntil = new Date((await server.now()).getTime() + 200_000)
    await staff.do(
      `mutation ($input: SetAccountStatusInput!) { setAccountStatus(input: $input) { userErrors { code } } }`,
      { input: { userId: owner.id, status: 'SUSPENDED', reason: 'For minutes.', suspendedUntil } },
    )
    expect(await statusOf(url)).toBe(404)
    await world.setClock(150_000)
    expect(await statusOf(url)).toBe(404)
    await world.setClock(200_000)
    expect(await statusOf(url)).toBe(200)
    await world.setClock(0)
  })

  it('can no longer be fetched by whom a block parts from their owner', async () => {
    const mediaId = await picture()
    const { id } = await publish(creator, { type: 'IMAGE', media: [{ mediaId }] })
    const { url } = (await filesOf(fan, id))['body'].media[0]
    const act = (name: string) =>
      creator.do(
        `mutation ($input: ${name === 'blockUser' ? 'BlockUserInput' : 'UnblockUserInput'}!) { ${name}(input: $input) { userErrors { code } } }`,
        { input: { userId: fan.id } },
      )
    await act('blockUser')
    expect(await statusOf(url)).not.toBe(200)
    await act('unblockUser')
    expect(await statusOf(url)).toBe(200)
  })

  it('must be one’s own, ready, of the right kind and each once', async () => {
    const other = await provenCreator(world)
    const theirs = await uploadMedia(server, other, await makePicture(), { purpose: 'CONTENT' })
    const avatar = await uploadMedia(server, creator, await makePicture(), { purpose: 'AVATAR' })
    for (const mediaId of [theirs, avatar])
      expect(await refusals(creator, 'createContent', { type: 'IMAGE', media: [{ mediaId }] })).toMatchObject([
        { code: 'NODE_NOT_FOUND', path: ['input', 'media'] },
      ])
    const mine = await picture()
    expect(
      await refusals(creator, 'createContent', { type: 'IMAGE', media: [{ mediaId: mine }, { mediaId: mine }] }),
    ).toMatchObject([{ code: 'INVALID_INPUT' }])
    const film = await draft(creator, { type: 'VIDEO', media: [{ mediaId: mine }] })
    expect(await refusals(creator, 'publishContent', { contentId: film['id'] })).toMatchObject([
      { code: 'NOTHING_TO_PUBLISH' },
    ])
    const early = await sendUpload(creator, await makePicture(), { purpose: 'CONTENT' })
    expect(await refusals(creator, 'createContent', { type: 'IMAGE', media: [{ mediaId: early }] })).toMatchObject([
      { code: 'NODE_NOT_FOUND' },
    ])
    await creator.do(
      `mutation ($input: CompleteMediaUploadInput!) { completeMediaUpload(input: $input) { userErrors { code } } }`,
      { input: { mediaId: early } },
    )
    const waiting = await draft(creator, { type: 'IMAGE', media: [{ mediaId: early }] })
    expect(await refusals(creator, 'publishContent', { contentId: waiting['id'] })).toMatchObject([
      { code: 'MEDIA_NOT_READY' },
    ])
    await server.drain()
    expect(await refusals(creator, 'publishContent', { contentId: waiting['id'] })).toEqual([])
    expect(await read(fan, waiting['id'])).toMatchObject({ state: 'PUBLISHED' })
  })
})
