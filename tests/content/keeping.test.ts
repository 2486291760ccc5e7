import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DAY_MS } from '../../src/lib/clock.js'
import { uuidIn } from '../comments/calls.js'
import { mutate } from '../accounts/calls.js'
import { objectsOf, rowsOf } from '../media/reading.js'
import { makePicture, uploadMedia } from '../support/media.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { draft, postMutation, provenCreator, publish, read } from './posts.js'

let server: TestServer
let world: World
let creator: Person
let holder: Person
let other: Person
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
})
beforeEach(async () => {
  await world.setClock(0)
  creator = await provenCreator(world)
  ;[holder, other] = [await world.fan(), await world.fan()]
})
afterAll(() => server.close())

interface Kept {
  readonly id: string
  readonly mediaId: string
  readonly folder: string
}

/** A sold post with a picture; each has another text. */
async function sold(body: string): Promise<Kept> {
  const mediaId = await uploadMedia(server, creator, await makePicture(), { purpose: 'CONTENT', altText: 'A print' })
  const { id } = await publish(creator, { type: 'IMAGE', body, priceMinor: '500', media: [{ mediaId }] })
  const { asset } = await rowsOf(server, mediaId)
  return { id: id as string, mediaId, folder: asset?.['storage_key'] as string }
}

const give = async (person: Person, contentId: string, days?: number): Promise<string> => {
  const endsAt = days === undefined ? null : new Date((await server.now()).getTime() + days * DAY_MS).toISOString()
  const input = { userId: person.id, contentId, endsAt, reason: 'Bought, as it were.' }
  return (await mutate(creator, 'grantAccess', input, 'grant { id }')).payload.grant.id
}
const act = (name: string, contentId: string) => creator.do(postMutation(name), { input: { contentId } })

/** Moves the clock to so many days from now, and does what is done every day. */
async function pass(days: number): Promise<void> {
  await world.setClock(days * DAY_MS)
  for (const job of ['accounts.erase', 'content.purge_deleted', 'media.sweep']) {
    await server.database.owner.query(`select graphile_worker.add_job($1, '{}'::json)`, [job])
    await server.drain()
  }
  for (const person of [holder, other]) await person.signIn()
}

const OPEN = `query ($id: ID!) { content(id: $id) { creator { displayName } body { ... on UnlockedBody { text media { url } } } } }`
/** What opens of a post to somebody: its text, and what its file's address answers; null where there is no post for them. */
async function opened(person: Person, id: string): Promise<{ text: string; status: number; creator: string } | null> {
  const { content } = await person.do(OPEN, { id })
  if (!content) return null
  const [file] = content.body.media as { url: string }[]
  const status = file ? (await fetch(file.url)).status : 0
  return { text: content.body.text as string, status, creator: content.creator.displayName as string }
}
const addressFor = async (person: Person, id: string): Promise<string> =>
  (await person.do(OPEN, { id })).content.body.media[0].url as string

/** The words that the database still has of a post, older versions included. */
async function wordsOf(id: string): Promise<unknown[]> {
  const { rows } = await server.database.owner.query<{ body: string }>(
    `select body from content where id = $1 and body is not null
     union select snapshot->>'body' from content_versions where content_id = $1 and snapshot->>'body' is not null`,
    [uuidIn(id)],
  )
  return rows.map(({ body }) => body)
}

const grantAs = async (person: Person, id: string): Promise<unknown> =>
  (
    await person.do(
      `query ($id: ID!) { node(id: $id) { ... on EntitlementGrant { isLive content { id } creator { displayName } } } }`,
      { id },
    )
  ).node

describe('a post that was given to somebody', () => {
  it.each(['unpublishContent', 'deleteContent'])('stays with them alone, text and files, after %s', async (name) => {
    const { id } = await sold('Kept')
    await give(holder, id)
    await other.do(postMutation('saveContent'), { input: { contentId: id } })
    await act(name, id)
    expect(await opened(holder, id)).toMatchObject({ text: 'Kept', status: 200 })
    expect(await read(other, id)).toBeNull()
    const lists = `query ($u: String!) { user(username: $u) { contents { nodes { id } } } viewer { savedContents { nodes { id } } } }`
    for (const person of [holder, other])
      expect(await person.do(lists, { u: creator.username })).toEqual({
        user: { contents: { nodes: [] } },
        viewer: { savedContents: { nodes: [] } },
      })
  })

  it('is kept for as long as a grant lasts, and destroyed when the last one ends', async () => {
    const { id, mediaId, folder } = await sold('For sixty days')
    const grantId = await give(holder, id, 60)
    await act('deleteContent', id)
    await pass(31)
    expect(await opened(holder, id)).toMatchObject({ text: 'For sixty days', status: 200 })
    const url = await addressFor(holder, id)
    await world.setClock(60 * DAY_MS)
    expect((await fetch(url)).status).toBe(404)
    await pass(61)
    expect(await read(holder, id)).toBeNull()
    expect(await wordsOf(id)).toEqual([])
    // what was held leaves its mark, and nothing of itself
    expect(await grantAs(holder, grantId)).toEqual({
      isLive: false,
      content: null,
      creator: { displayName: creator.username },
    })
    await pass(93)
    expect(await objectsOf(server, folder)).toEqual([])
    expect((await rowsOf(server, mediaId)).asset).toBeUndefined()
  })

  it('closes at once when moderation takes it down: text, files and what was said under it', async () => {
    const { id } = await sold('Illegal')
    await give(holder, id)
    await mutate(holder, 'addComment', { contentId: id, body: 'Lovely.' })
    await mutate(holder, 'saveContent', { contentId: id })
    const url = await addressFor(holder, id)
    expect((await fetch(url)).status).toBe(200)
    await server.database.owner.query(
      `update content set removed_at = app_now(), removed_reason = 'Illegal.' where id = $1`,
      [uuidIn(id)],
    )
    expect((await fetch(url)).status).toBe(404)
    expect(await read(holder, id)).toBeNull()
    const said = `query ($id: ID!) { node(id: $id) { id } viewer { savedContents { nodes { id } } } }`
    expect(await holder.do(said, { id })).toEqual({ node: null, viewer: { savedContents: { nodes: [] } } })
    expect((await mutate(holder, 'addComment', { contentId: id, body: 'Still?' })).codes).toEqual(['NODE_NOT_FOUND'])
  })
})

describe('the posts of a creator who leaves', () => {
  const leave = () => mutate(creator, 'deleteAccount', { password: creator.password })

  it('stay with those who hold them while the account can come back, and come back with it', async () => {
    const [{ id }, { id: unsold }] = [await sold('Held'), await sold('Unsold')]
    await give(holder, id)
    await leave()
    await server.drain()
    expect(await opened(holder, id)).toEqual({ text: 'Held', status: 200, creator: '[deleted]' })
    expect(await read(other, id)).toBeNull()
    expect(await read(holder, unsold)).toBeNull()
    await mutate(creator, 'restoreAccount', {})
    await server.drain()
    expect(await read(other, unsold)).toMatchObject({ state: 'PUBLISHED', body: { reason: 'PURCHASE_REQUIRED' } })
    expect(await opened(holder, id)).toMatchObject({ text: 'Held', status: 200, creator: creator.username })
  })

  it('are destroyed with the account, but for what somebody holds, and that when they hold it no more', async () => {
    const [held, unsold] = [await sold('Held'), await sold('Unsold')]
    const taken = await sold('Taken down')
    const { id: draftId } = await draft(creator, { body: 'Never shown' })
    await give(holder, held.id, 70)
    await server.database.owner.query(`update content set removed_at = app_now() where id = $1`, [uuidIn(taken.id)])
    await leave()
    await pass(31)
    for (const id of [unsold.id, draftId]) expect(await wordsOf(id)).toEqual([])
    expect(await opened(holder, held.id)).toEqual({ text: 'Held', status: 200, creator: '[deleted]' })
    expect(await read(other, held.id)).toBeNull()
    // what moderation took down is kept for its records
    expect(await wordsOf(taken.id)).toContain('Taken down')
    await pass(32)
    expect(await objectsOf(server, unsold.folder)).toEqual([])
    expect(await objectsOf(server, held.folder)).not.toEqual([])
    await pass(71)
    expect(await read(holder, held.id)).toBeNull()
    expect(await wordsOf(held.id)).toEqual([])
    await pass(103)
    expect(await objectsOf(server, held.folder)).toEqual([])
  })

  it('are not kept for those who were erased themselves, nor is what these saved', async () => {
    const { id } = await sold('Held by nobody')
    await give(holder, id)
    const { id: free } = await publish(await world.creator())
    await mutate(holder, 'saveContent', { contentId: free })
    expect(await read(other, free)).toMatchObject({ saveCount: 1 })
    await mutate(holder, 'deleteAccount', { password: holder.password })
    await leave()
    await world.setClock(31 * DAY_MS)
    for (const job of ['accounts.erase', 'content.purge_deleted']) {
      await server.database.owner.query(`select graphile_worker.add_job($1, '{}'::json)`, [job])
      await server.drain()
    }
    expect(await wordsOf(id)).toEqual([])
    await other.signIn()
    expect(await read(other, free)).toMatchObject({ saveCount: 0 })
  })
})
