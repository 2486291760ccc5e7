import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countStatements } from '../../src/lib/db.js'
import { completeUpload, makePicture, requestUpload, sendUpload, uploadMedia } from '../support/media.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { bytesFrom, fetchFrom, rowsOf, storedBytes, uuidIn } from './reading.js'

let server: TestServer
let world: World
let fan: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
  fan = await world.fan()
})
afterAll(() => server.close())

const IMAGE = `{ url small: url(width: 64) width height thumbhash altText }`
const PROFILE = `query ($username: String!) { user(username: $username) { profile { version avatar ${IMAGE} banner ${IMAGE} } } }`
const profileOf = async (owner: Person, asker: Pick<Person, 'request'> = owner): Promise<Record<string, any> | null> =>
  (await asker.request<{ user: { profile: Record<string, any> } | null }>(PROFILE, { username: owner.username })).data
    ?.user?.profile ?? null
const avatarOf = (person: Person, altText?: string): Promise<string> =>
  makePicture({ width: 400, height: 400 }).then((bytes) =>
    uploadMedia(server, person, bytes, altText === undefined ? {} : { altText }),
  )
const set = (person: Person, picture: 'Avatar' | 'Banner', mediaId: string | null) =>
  person.request<Record<string, { user: object | null; userErrors: object[] }>>(
    `mutation ($id: ID) { set${picture}(input: { mediaId: $id }) {
      user { profile { avatar ${IMAGE} banner ${IMAGE} version } } userErrors { code path } } }`,
    { id: mediaId },
  )
const refusalOf = async (person: Person, mediaId: string | null, picture: 'Avatar' | 'Banner' = 'Avatar') =>
  ((await set(person, picture, mediaId)).data?.[`set${picture}`]?.userErrors ?? []) as {
    code: string
    path: string[]
  }[]
const statusOf = async (url: string): Promise<number> => (await fetchFrom(url)).status

describe('a picture of a profile', () => {
  it('is seen by everybody who sees the profile, at the size they ask for', async () => {
    const person = await world.fan()
    const avatar = await avatarOf(person, 'Me.')
    const banner = await uploadMedia(server, person, await makePicture({ width: 900, height: 300 }), {
      purpose: 'BANNER',
    })
    expect((await set(person, 'Avatar', avatar)).data?.['setAvatar']).toMatchObject({
      user: { profile: { avatar: { width: 400, altText: 'Me.' }, banner: null, version: 2 } },
      userErrors: [],
    })
    await set(person, 'Banner', banner)
    for (const asker of [person, fan, world.stranger()]) {
      const profile = await profileOf(person, asker)
      expect(profile).toMatchObject({ avatar: { width: 400, height: 400 }, banner: { width: 900, height: 300 } })
      const { variants } = await rowsOf(server, avatar)
      const thumbnail = variants.find(({ label }) => label === 'w320')!
      expect(await bytesFrom(profile!['avatar'].small)).toEqual(await storedBytes(server, thumbnail['storage_key']))
      expect(await statusOf(profile!['banner'].url)).toBe(200)
    }
  })

  it('changes the profile as every other change does: a version, kept and audited', async () => {
    const person = await world.fan()
    const [one, two] = [await avatarOf(person), await avatarOf(person)]
    for (const id of [one, one, two]) await set(person, 'Avatar', id)
    const { rows } = await server.database.owner.query(
      'select revision, is_current, avatar_media_id from user_profiles where user_id = $1 order by revision',
      [person.uuid],
    )
    // the same again is no change
    expect(rows).toEqual([
      { revision: 1, is_current: false, avatar_media_id: null },
      { revision: 2, is_current: false, avatar_media_id: uuidIn(one) },
      { revision: 3, is_current: true, avatar_media_id: uuidIn(two) },
    ])
    const audited = await server.database.owner.query(
      `select action, after from audit_logs where user_id = $1 and action = 'profile.updated' order by created_at`,
      [person.uuid],
    )
    expect(audited.rows).toMatchObject([
      { after: { avatarMediaId: uuidIn(one) } },
      { after: { avatarMediaId: uuidIn(two) } },
    ])
  })

  it('can no longer be fetched once it is replaced or taken away', async () => {
    const person = await world.fan()
    const [one, two] = [await avatarOf(person), await avatarOf(person)]
    await set(person, 'Avatar', one)
    const { url } = (await profileOf(person, fan))!['avatar']
    expect(await statusOf(url)).toBe(200)
    await set(person, 'Avatar', two)
    expect(await statusOf(url)).toBe(404)
    const { url: next } = (await profileOf(person, fan))!['avatar']
    await set(person, 'Avatar', null)
    expect(await statusOf(next)).toBe(404)
    expect((await profileOf(person, fan))?.['avatar']).toBeNull()
  })

  it('can no longer be fetched by whom its person blocks, nor of one who is deleted', async () => {
    const person = await world.fan()
    await set(person, 'Avatar', await avatarOf(person))
    const { url } = (await profileOf(person, fan))!['avatar']
    const { url: open } = (await profileOf(person, world.stranger()))!['avatar']
    await person.do(`mutation ($id: ID!) { blockUser(input: { userId: $id }) { userErrors { code } } }`, { id: fan.id })
    expect([await statusOf(url), await statusOf(open)]).toEqual([404, 200])
    await person.do(
      `mutation ($password: String!) { deleteAccount(input: { password: $password }) { userErrors { code } } }`,
      {
        password: person.password,
      },
    )
    expect(await statusOf(open)).toBe(404)
    expect(await profileOf(person, world.stranger())).toBeNull()
  })

  it('is one’s own, for this, and ready', async () => {
    const person = await world.fan()
    const nothing = [{ code: 'NODE_NOT_FOUND', path: ['input', 'mediaId'] }]
    expect(await refusalOf(person, await avatarOf(fan))).toEqual(nothing)
    expect(await refusalOf(person, await avatarOf(person), 'Banner')).toEqual(nothing)
    expect(await refusalOf(person, person.id)).toEqual(nothing)
    expect(await refusalOf(person, 'no id')).toEqual(nothing)
    const bytes = await makePicture()
    const asked = (await requestUpload(person, bytes)).data!.requestMediaUpload.media!.id
    expect(await refusalOf(person, asked)).toEqual(nothing)
    const early = await sendUpload(person, bytes)
    await completeUpload(person, early)
    expect(await refusalOf(person, early)).toEqual([{ code: 'MEDIA_NOT_READY', path: ['input', 'mediaId'] }])
    await server.drain()
    expect(await refusalOf(person, early)).toEqual([])
    const wrong = await sendUpload(person, Buffer.from('no picture at all'))
    await completeUpload(person, wrong)
    expect(await refusalOf(person, wrong)).toEqual([{ code: 'MEDIA_REFUSED', path: ['input', 'mediaId'] }])
    expect((await profileOf(person))?.['avatar']).not.toBeNull()
  })

  it('is not deleted while it is one, and can be afterwards', async () => {
    const person = await world.fan()
    const [one, two] = [await avatarOf(person), await avatarOf(person)]
    const remove = async (id: string) =>
      (
        await person.request<{ deleteMedia: { userErrors: object[] } }>(
          `mutation ($id: ID!) { deleteMedia(input: { mediaId: $id }) { userErrors { code path } } }`,
          { id },
        )
      ).data?.deleteMedia.userErrors
    await set(person, 'Avatar', one)
    expect(await remove(one)).toEqual([{ code: 'MEDIA_IN_USE', path: ['input', 'mediaId'] }])
    await set(person, 'Avatar', two)
    expect(await remove(one)).toEqual([])
    expect((await profileOf(person))?.['avatar']).not.toBeNull()
  })

  it('is put or deleted, not both at once', async () => {
    const person = await world.fan()
    for (let round = 0; round < 5; round += 1) {
      const id = await avatarOf(person)
      const [put, removed] = await Promise.all([
        refusalOf(person, id),
        person.request<{ deleteMedia: { userErrors: { code: string }[] } }>(
          `mutation ($id: ID!) { deleteMedia(input: { mediaId: $id }) { userErrors { code } } }`,
          { id },
        ),
      ])
      const outcome = [put[0]?.code ?? 'ok', removed.data?.deleteMedia.userErrors[0]?.code ?? 'ok'].join()
      expect(['ok,MEDIA_IN_USE', 'NODE_NOT_FOUND,ok']).toContain(outcome)
    }
  })

  it('costs as many statements on a page however many people are on it', async () => {
    const staff = await world.moderator()
    for (let n = 0; n < 6; n += 1) {
      const person = await world.fan()
      await set(person, 'Avatar', await avatarOf(person))
    }
    const statements = async (first: number): Promise<number> => {
      const page = `{ users(first: ${String(first)}) { nodes { profile { avatar { url thumbhash } } } } }`
      const { result, statements: count } = await countStatements(() =>
        server.server.app.inject({
          method: 'POST',
          url: '/graphql',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${staff.token}` },
          payload: { query: page },
        }),
      )
      const nodes = JSON.parse(result.body).data.users.nodes as { profile: { avatar: object | null } }[]
      expect(nodes.filter(({ profile }) => profile.avatar).length).toBeGreaterThanOrEqual(Math.min(first, 6))
      return count
    }
    await statements(1)
    expect(await statements(6)).toBe(await statements(2))
  })
})

describe('what is said of a file', () => {
  it('changes, is cleared, or stays', async () => {
    const id = await avatarOf(fan, 'One.')
    const update = async (input: string) =>
      (
        await fan.do(
          `mutation ($id: ID!) { updateMedia(input: { mediaId: $id ${input} }) { media { altText } userErrors { code } } }`,
          { id },
        )
      ).updateMedia.media.altText
    expect(await update('')).toBe('One.')
    expect(await update('altText: "Two."')).toBe('Two.')
    expect(await update('altText: "  "')).toBeNull()
    expect(await update('altText: "Three."')).toBe('Three.')
    expect(await update('altText: null')).toBeNull()
    const { data } = await fan.request(
      `mutation ($id: ID!, $text: String) { updateMedia(input: { mediaId: $id, altText: $text }) { userErrors { code path } } }`,
      { id, text: 'x'.repeat(1_001) },
    )
    expect(data?.['updateMedia'].userErrors).toEqual([{ code: 'INVALID_INPUT', path: ['input', 'altText'] }])
  })
})
