import { afterAll, beforeAll, expect, it } from 'vitest'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { mutate } from './calls.js'

let server: TestServer
let world: World
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
})
afterAll(() => server.close())

interface Data extends Record<string, unknown> {
  viewerChanged: {
    eventId: string
    sequence: string
    kind: string
    viewer: { status: string; user: { accountType: string; profile: { bio: string | null } } }
  }
}
const CHANGED = `subscription ($after: BigInt) { viewerChanged(after: $after) { eventId sequence kind viewer { status user { accountType profile { bio } } } } }`
const watch = (person: Person, after?: string) => person.watch<Data>(CHANGED, after === undefined ? {} : { after })
const lastSequence = async ({ uuid }: Person) =>
  (
    await server.database.owner.query<{ last: string }>(
      'select last_sequence as last from event_streams where stream = $1',
      [`user:${uuid}`],
    )
  ).rows[0]?.last ?? '0'

it('tells of the profile, the role and new sessions as they happen, with the person as of then', async () => {
  const person = await world.fan()
  const admin = await world.admin()
  const changes = await watch(person, await lastSequence(person))
  await mutate(person, 'updateProfile', { bio: 'new' })
  expect((await changes.next()).viewerChanged).toMatchObject({
    kind: 'ACCOUNT',
    viewer: { user: { profile: { bio: 'new' } } },
  })
  await mutate(admin, 'setAccountType', { userId: person.id, accountType: 'MODERATOR', reason: 'New duties.' })
  expect((await changes.next()).viewerChanged).toMatchObject({
    kind: 'ROLE',
    viewer: { user: { accountType: 'MODERATOR' } },
  })
  await person.elsewhere()
  expect((await changes.next()).viewerChanged.kind).toBe('SESSIONS')
  const sequences = changes.events.map(({ viewerChanged }) => Number(viewerChanged.sequence))
  expect(sequences).toEqual([sequences[0], (sequences[0] ?? 0) + 1, (sequences[0] ?? 0) + 2])
  await changes.stop()
})

it('delivers first what came while nobody listened', async () => {
  const person = await world.fan()
  const after = await lastSequence(person)
  for (const bio of ['one', 'two', 'three']) await mutate(person, 'updateProfile', { bio })
  const changes = await watch(person, after)
  const missed = [await changes.next(), await changes.next(), await changes.next()]
  expect(missed.map(({ viewerChanged }) => Number(viewerChanged.sequence) - Number(after))).toEqual([1, 2, 3])
  await mutate(person, 'updateProfile', { bio: 'live' })
  expect((await changes.next()).viewerChanged.viewer.user.profile.bio).toBe('live')
  await changes.stop()
})

it('refuses to go on behind events that are not kept any more, and from the future', async () => {
  const person = await world.fan()
  const after = await lastSequence(person)
  for (const bio of ['one', 'two']) await mutate(person, 'updateProfile', { bio })
  await server.database.owner.query('delete from outbox_events where stream = $1 and sequence <= $2', [
    `user:${person.uuid}`,
    Number(after) + 1,
  ])
  for (const wrong of [after, '999999', '-1']) {
    const changes = await watch(person, wrong)
    await changes.ended
    expect(changes.events).toEqual([])
    expect(changes.errors[0]).toMatchObject({ extensions: { reason: 'invalid_cursor' } })
  }
})

it('ends within a second when the account is closed', async () => {
  const person = await world.fan()
  const changes = await watch(person, await lastSequence(person))
  const before = performance.now()
  await mutate(await world.moderator(), 'setAccountStatus', {
    userId: person.id,
    status: 'BANNED',
    reason: 'Broke the rules.',
  })
  const decidedMs = performance.now()
  await Promise.race([changes.ended, changes.closed])
  expect(performance.now() - decidedMs).toBeLessThan(1_000)
  expect(before).toBeLessThan(decidedMs)
})

it('tells nobody of somebody else', async () => {
  const [person, other] = [await world.fan(), await world.fan()]
  const changes = await watch(person, await lastSequence(person))
  await mutate(other, 'updateProfile', { bio: 'not yours' })
  await mutate(person, 'updateProfile', { bio: 'mine' })
  expect((await changes.next()).viewerChanged.viewer.user.profile.bio).toBe('mine')
  await changes.stop()
})
