import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countStatements, transaction } from '../../src/lib/db.js'
import { parseGlobalId } from '../../src/lib/ids.js'
import { beatTogether } from '../../src/streams/beating.js'
import { LEASE_MS } from '../../src/streams/watching.js'
import { provenCreator } from '../content/posts.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { until } from '../support/until.js'
import { makeWorld } from '../support/world.js'
import type { Person, World } from '../support/world.js'
import { errorsOf, goLive, join, readStream, streamMutation } from './calls.js'

let server: TestServer
let world: World
beforeAll(async () => {
  server = await startServer()
  world = makeWorld(server)
})
afterAll(() => server.close())

const uuidOf = (id: unknown): string => parseGlobalId(id as string)?.uuid ?? ''
const DEVICE = 'phone'
/** Lets these show life together, so long after now; answers whose presence it extended. */
async function beat(
  streamId: string,
  people: readonly Person[],
  { afterMs = 5_000, endsAt = null as Date | null } = {},
) {
  const signs = people.map(({ uuid }) => ({ streamId: uuidOf(streamId), userId: uuid, deviceId: DEVICE, endsAt }))
  const origin = { db: server.database.db, actorId: null, sessionId: null, requestId: 'beats' }
  const at = new Date((await server.now()).getTime() + afterMs)
  const { result, statements } = await countStatements(() => transaction(origin, (tx) => beatTogether(tx, signs, at)))
  return { at, statements, who: result.map(({ userId }) => userId).sort() }
}
const presence = async ({ uuid }: Person) =>
  (
    await server.database.owner.query<{ present: Date; lease: Date }>(
      `select a.present_until as present, l.expires_at as lease from stream_access a
       join stream_viewer_leases l on l.access_id = a.id where a.user_id = $1 and a.left_at is null`,
      [uuid],
    )
  ).rows[0]

describe('sessions that show life together', () => {
  it('take as many statements for many as for one, and are there half a minute longer', async () => {
    const { id } = await goLive(await provenCreator(world))
    const people = await Promise.all(Array.from({ length: 12 }, () => world.fan({ isEmailVerified: false })))
    for (const person of people) await join(person, id as string, DEVICE)
    const [first] = people as [Person]
    const one = await beat(id as string, [first])
    const all = await beat(id as string, people)
    expect(all.who).toEqual(people.map(({ uuid }) => uuid).sort())
    expect(all.statements).toBe(one.statements)
    const end = new Date(all.at.getTime() + LEASE_MS)
    for (const person of people) expect(await presence(person)).toEqual({ present: end, lease: end })
  })

  it('leave to themselves who is banned, has left, ran out, never came, is limited, or is held', async () => {
    const creator = await provenCreator(world)
    const { id } = await goLive(creator)
    const [there, banned, left, never, limited, held, everywhere] = (await Promise.all(
      Array.from({ length: 7 }, () => world.fan({ isEmailVerified: false })),
    )) as [Person, Person, Person, Person, Person, Person, Person]
    const people = [there, banned, left, never, limited, held, everywhere]
    for (const person of people) if (person !== never) await join(person, id as string, DEVICE)
    await errorsOf(creator, 'banInStream', { streamId: id, userId: banned.id })
    await errorsOf(creator, 'banInStream', { streamId: id, userId: everywhere.id, isEverywhere: true })
    await errorsOf(left, 'leaveStream', { streamId: id, deviceId: DEVICE })
    const { owner } = server.database
    await owner.query(`update users set account_status = 'banned', status_reason = 'x' where id = $1`, [limited.uuid])
    await owner.query('begin')
    await owner.query('select from users where id = $1 for update', [held.uuid])
    expect((await beat(id as string, people)).who).toEqual([there.uuid])
    await owner.query('rollback')
    expect((await beat(id as string, people)).who).toEqual([there.uuid, held.uuid].sort())
    // half a minute after the last sign of life
    expect((await beat(id as string, people, { afterMs: 6_000 + LEASE_MS })).who).toEqual([])
    await creator.do(streamMutation('endStream'), { input: { streamId: id } })
    expect((await beat(id as string, [there])).who).toEqual([])
  })

  it('are there no longer than what opens the stream to them', async () => {
    const { id } = await goLive(await provenCreator(world))
    const fan = await world.fan()
    await join(fan, id as string, DEVICE)
    const endsAt = new Date((await server.now()).getTime() + 20_000)
    const before = (await presence(fan))?.present ?? new Date(0)
    expect((await beat(id as string, [fan], { endsAt })).who).toEqual([fan.uuid])
    expect(await presence(fan)).toEqual({ present: before, lease: endsAt })
    expect((await beat(id as string, [fan], { afterMs: 20_000, endsAt })).who).toEqual([])
  })

  it('go on while one of several subscriptions of a session does', async () => {
    const creator = await provenCreator(world)
    const { id } = await goLive(creator)
    const fan = await world.fan()
    await join(fan, id as string)
    const COUNT = 'subscription ($id: ID!) { streamViewerCount(streamId: $id) { viewerCount } }'
    const [one, other] = await Promise.all([fan.watch(COUNT, { id }), fan.watch(COUNT, { id })])
    await Promise.all([one.next(), other.next()])
    await one.stop()
    const leased = async (): Promise<number> => (await presence(fan))?.lease.getTime() ?? 0
    for (let beats = 0; beats < 2; beats += 1) {
      const last = await leased()
      await until(async () => (await leased()) > last, 15_000)
    }
    expect((await readStream(creator, id as string))!['viewerCount']).toBe(1)
    expect(await errorsOf(creator, 'banInStream', { streamId: id, userId: fan.id })).toEqual([])
    await other.ended
    expect((await readStream(creator, id as string))!['viewerCount']).toBe(0)
  }, 60_000)
})
