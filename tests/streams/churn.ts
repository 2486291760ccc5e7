import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { transaction } from '../../src/lib/db.js'
import type { Viewer } from '../../src/lib/viewer.js'
import { parseGlobalId } from '../../src/lib/ids.js'
import { listViewerCounts } from '../../src/streams/queries.js'
import { finishStream } from '../../src/streams/airing.js'
import { beatTogether } from '../../src/streams/beating.js'
import { leaveStream, LEASE_MS, watchStream } from '../../src/streams/watching.js'
import { findStreamForUpdate } from '../../src/streams/write-queries.js'
import { provenCreator } from '../content/posts.js'
import { randomOf } from '../support/random.js'
import { startServer } from '../support/server.js'
import type { TestServer } from '../support/server.js'
import { makeWorld, staySignedIn } from '../support/world.js'
import type { World } from '../support/world.js'
import { goLive, readStream } from './calls.js'

const DEVICES = ['phone', 'tv', 'tab-1', 'tab-2'] as const
const MAX_STEP_MS = 12_000
/** Transactions at once: as many as there are connections. */
const AT_ONCE = 7

/** How many come and go, for how long, and how much of it happens at one instant. */
interface Crowd {
  readonly people: number
  readonly steps: number
  readonly mostAtOnce: number
}

/** What should be so: each device of each person is there from a sign of life until half a minute after it, or until it leaves. */
class Oracle {
  readonly #spans = new Map<string, Map<string, { from: number; to: number }[]>>()

  beat(person: string, device: string, at: number): void {
    const devices = this.#spans.get(person) ?? new Map<string, { from: number; to: number }[]>()
    this.#spans.set(person, devices)
    const spans = devices.get(device) ?? []
    devices.set(device, spans)
    spans.push({ from: at, to: at + LEASE_MS })
  }

  leave(person: string, device: string, at: number): void {
    for (const span of this.#spans.get(person)?.get(device) ?? []) span.to = Math.min(span.to, Math.max(at, span.from))
  }

  /** When somebody was there, whichever device, up to an end. */
  #union(person: string, end: number): { from: number; to: number }[] {
    const all = [...(this.#spans.get(person)?.values() ?? [])]
      .flat()
      .map(({ from, to }) => ({ from, to: Math.min(to, end) }))
      .filter(({ from, to }) => to > from)
      .sort((one, other) => one.from - other.from)
    const union: { from: number; to: number }[] = []
    for (const span of all) {
      const last = union.at(-1)
      if (last && span.from <= last.to) last.to = Math.max(last.to, span.to)
      else union.push({ ...span })
    }
    return union
  }

  countAt(at: number): number {
    return [...this.#spans.keys()].filter((person) =>
      this.#union(person, Infinity).some(({ from, to }) => from <= at && at < to),
    ).length
  }

  sum(end: number): { peak: number; total: number; seconds: number } {
    const unions = [...this.#spans.keys()].map((person) => this.#union(person, end))
    const instants = new Set(unions.flat().map(({ from }) => from))
    const countAt = (at: number): number =>
      unions.filter((union) => union.some(({ from, to }) => from <= at && at < to)).length
    return {
      peak: Math.max(0, ...[...instants].map(countAt)),
      total: unions.filter((union) => union.length > 0).length,
      seconds: Math.floor(unions.flat().reduce((sum, { from, to }) => sum + to - from, 0) / 1_000),
    }
  }
}

const viewerOf = (uuid: string): Viewer => ({
  userId: uuid,
  sessionId: uuid,
  role: 'FAN',
  status: 'ACTIVE',
  isLimited: false,
  hasSecondFactor: false,
  authenticatedAt: new Date(0),
  isAgeVerified: false,
})

/** People with nothing but an account. */
async function makePeople({ database }: TestServer, count: number): Promise<string[]> {
  const { rows } = await database.owner.query<{ id: string }>(
    `insert into users (username, display_name, email, email_index)
     select 'churn.' || n, 'Churn', '\\x00', decode(md5('c' || n) || md5(n::text), 'hex') from generate_series(1, $1::int) n
     returning id::text`,
    [count],
  )
  return rows.map(({ id }) => id)
}

async function runOnce(
  { server, world, people }: { readonly server: TestServer; readonly world: World; readonly people: readonly string[] },
  { steps, mostAtOnce }: Crowd,
  seed: number,
): Promise<void> {
  const random = randomOf(seed)
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T
  // most of those who act come for the first time, until everybody has
  let arrived = 0
  const nextPerson = (): string => {
    if (arrived === people.length || (arrived > 0 && random() < 0.2))
      return people[Math.floor(random() * arrived)] ?? ''
    arrived += 1
    return people[arrived - 1] ?? ''
  }
  const creator = await provenCreator(world)
  const { id, startedAt } = await goLive(creator)
  const streamId = parseGlobalId(id as string)?.uuid ?? ''
  const origin = { db: server.database.db, actorId: null, sessionId: null, requestId: 'churn' }
  const config = { ageGate: 'content' } as const
  const oracle = new Oracle()
  let at = new Date(startedAt as string).getTime() + 1_000
  let togetherCount = 0
  const countNow = async (): Promise<number> =>
    (await listViewerCounts(server.database.db, [streamId], new Date(at)))[0]?.viewers ?? 0

  for (let step = 0; step < steps; step += 1) {
    at += Math.floor(random() * MAX_STEP_MS)
    // what happens at one instant happens at once, some of it to the same person
    const acts = Array.from({ length: 1 + Math.floor(random() * mostAtOnce) }, () => ({
      person: nextPerson(),
      device: pick(DEVICES),
      // most show life; some leave; the others are lost without a word, as when their process ends
      does: random() < 0.8 ? ('beat' as const) : ('leave' as const),
    }))
    const distinct = [...new Map(acts.map((act) => [`${act.person} ${act.device}`, act])).values()]
    // half of those who showed life before do it together, as the sessions of one process that listen
    const together = distinct.filter(({ does }) => does === 'beat' && random() < 0.5)
    const beatAll = async (): Promise<void> => {
      const signs = together.map(({ person, device }) => ({ streamId, userId: person, deviceId: device, endsAt: null }))
      const beaten = await transaction(origin, (tx) => beatTogether(tx, signs, new Date(at)))
      const keys = new Set(beaten.map(({ userId, deviceId }) => `${userId} ${deviceId}`))
      togetherCount += keys.size
      for (const sign of together) if (!keys.has(`${sign.person} ${sign.device}`)) await act(sign)
    }
    const act = ({ person, device, does }: (typeof distinct)[number]): Promise<unknown> =>
      transaction<unknown>(origin, (tx) =>
        does === 'beat'
          ? watchStream(
              tx,
              { viewer: viewerOf(person), config },
              { streamId, deviceId: device, deviceType: 'OTHER', isNew: true },
              new Date(at),
            )
          : leaveStream(tx, { userId: person, streamId, deviceId: device }, new Date(at)),
      )
    const alone = distinct.filter((each) => !together.includes(each))
    const beating = beatAll()
    for (let from = 0; from < alone.length; from += AT_ONCE)
      await Promise.all(alone.slice(from, from + AT_ONCE).map(act))
    await beating
    for (const { person, device, does } of distinct)
      if (does === 'beat') oracle.beat(person, device, at)
      else oracle.leave(person, device, at)
    at += 1
    expect(await countNow(), `seed ${String(seed)}, step ${String(step)}`).toBe(oracle.countAt(at))
  }
  at += Math.floor(random() * LEASE_MS)
  await transaction(origin, async (tx) => {
    const stream = await findStreamForUpdate(tx, streamId)
    if (!stream) throw new Error('the stream is there')
    const end = new Date(at)
    await finishStream(tx, stream, { state: 'ENDED', at: end, reason: 'CREATOR' }, end)
  })
  expect(togetherCount).toBeGreaterThan(0)
  const { peak, total, seconds } = oracle.sum(at)
  await staySignedIn(server, creator)
  const ended = await readStream(creator, id as string, 'statistics { totalViewers watchedSeconds }')
  expect({ peak: ended?.['peakViewerCount'], ...ended?.['statistics'] }, `seed ${String(seed)}, after the end`).toEqual(
    { peak, totalViewers: total, watchedSeconds: String(seconds) },
  )
  await server.drain()
  const { rows } = await server.database.owner.query(
    `select floor(extract(epoch from sum(left_at - joined_at)))::int as seconds, count(*) filter (where left_at is null)::int as open
     from stream_access where stream_id = $1`,
    [streamId],
  )
  expect(rows, `seed ${String(seed)}, once closed`).toEqual([{ seconds, open: 0 }])
}

/** The test of viewers who come, go and are lost, `runs` times with other numbers. */
export function testChurn(crowd: Crowd, runs: number, timeoutMs: number): void {
  let server: TestServer
  beforeAll(async () => (server = await startServer()))
  afterAll(() => server.close())

  it('counts, tops and sums exactly, whatever comes, goes and is lost', { timeout: timeoutMs }, async () => {
    const at = { server, world: makeWorld(server), people: await makePeople(server, crowd.people) }
    const first = Number(process.env['SEED'] ?? randomInt(2 ** 31))
    for (let run = 0; run < runs; run += 1) await runOnce(at, crowd, first + run)
  })
}
