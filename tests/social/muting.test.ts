import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { mutate, query } from '../accounts/calls.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { block, mute, nodeOf, pageOf, unmute } from './calls.js'

const HOUR_MS = 3_600_000
const plain = { isEmailVerified: false }

let server: TestServer
let world: World
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
})
afterEach(() => world.setClock(0))
afterAll(() => server.close())

const two = async (): Promise<[Person, Person]> => [await world.fan(plain), await world.fan(plain)]
const mutesOf = async (person: Person) =>
  (await query(person, 'viewer { mutes { nodes { id userId mutedAt expiresAt user { username } } } }')).viewer.mutes
    .nodes
const inHours = async (hours: number): Promise<string> =>
  new Date((await server.now()).getTime() + hours * HOUR_MS).toISOString()

it('is a state that the other does not learn of', async () => {
  const [one, other] = await two()
  for (let n = 0; n < 2; n += 1) expect(await mute(one, other)).toEqual([])
  expect(await pageOf(one, other, 'viewerMutes')).toEqual({ viewerMutes: true })
  expect(await nodeOf(other, one, 'username viewerMutes')).toEqual({ username: one.username, viewerMutes: false })
  expect(await mutesOf(one)).toMatchObject([{ userId: other.id, expiresAt: null, user: { username: other.username } }])
  for (let n = 0; n < 2; n += 1) expect(await unmute(one, other)).toEqual([])
  expect(await pageOf(one, other, 'viewerMutes')).toEqual({ viewerMutes: false })
  expect(await mutesOf(one)).toEqual([])
})

it('ends by itself at the instant, without a job; again sets a new end', async () => {
  const [one, other] = await two()
  const until = await inHours(1)
  expect(await mute(one, other, { expiresAt: until })).toEqual([])
  const [before] = await mutesOf(one)
  expect(before).toMatchObject({ expiresAt: until })
  await mute(one, other, { expiresAt: await inHours(2) })
  expect((await mutesOf(one))[0]).toMatchObject({ mutedAt: before?.mutedAt })
  await mute(one, other)
  expect((await mutesOf(one))[0]).toMatchObject({ expiresAt: null })
  await mute(one, other, { expiresAt: until })
  await world.setClock(HOUR_MS)
  await one.signIn()
  expect(await pageOf(one, other, 'viewerMutes')).toEqual({ viewerMutes: false })
  expect(await nodeOf(one, other, 'viewerMutes')).toEqual({ viewerMutes: false })
  expect(await mutesOf(one)).toEqual([])
  const found = await one.request('query ($id: ID!) { node(id: $id) { id } }', { id: before?.id })
  expect(found.data).toEqual({ node: null })
  // one that had ended begins anew
  await mute(one, other)
  expect((await mutesOf(one))[0]?.mutedAt).not.toBe(before?.mutedAt)
})

it('refuses oneself, nobody, an end in the past or past ten years, and more than 5,000', async () => {
  const [one, other] = await two()
  expect(await mute(one, one)).toEqual(['SELF_ACTION'])
  expect(await unmute(one, one)).toEqual(['SELF_ACTION'])
  for (const hours of [-1, 0, 24 * 3_660])
    expect(await mute(one, other, { expiresAt: await inHours(hours) })).toEqual(['MUTE_END_INVALID'])
  const blocker = await world.fan(plain)
  await block(blocker, one)
  expect(await mute(one, blocker)).toEqual(['NODE_NOT_FOUND'])
  await mutate(blocker, 'deleteAccount', { password: blocker.password })
  expect(await mute(other, blocker)).toEqual(['NODE_NOT_FOUND'])
  await server.database.owner.query(
    `with people as (
       insert into users (username, display_name, email, email_index)
       select 'muted.' || n, 'M', '\\x01', decode(md5('muted' || n) || md5(n::text), 'hex') from generate_series(1, 5000) n
       returning id
     )
     insert into mutes (muter_id, muted_id, expires_at) select $1, id, app_now() + interval '1 hour' from people`,
    [one.uuid],
  )
  expect(await mute(one, other)).toEqual(['MUTE_LIMIT_REACHED'])
  await world.setClock(HOUR_MS)
  await one.signIn()
  expect(await mute(one, other)).toEqual([])
})

it('is nobody else’s to find', async () => {
  const [one, other] = await two()
  await mute(one, other)
  const [{ id } = { id: '' }] = await mutesOf(one)
  for (const [asker, seen] of [
    [one, { userId: other.id }],
    [other, null],
    [world.stranger(), null],
  ] as const)
    expect((await asker.request('query ($id: ID!) { node(id: $id) { ... on Mute { userId } } }', { id })).data).toEqual(
      {
        node: seen,
      },
    )
})
