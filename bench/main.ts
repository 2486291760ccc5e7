import assert from 'node:assert'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Request } from 'autocannon'
import { SECOND_MS, monotonicMs } from '../src/lib/clock.js'
import { authenticate } from '../src/sessions/sessions.js'
import { ROOT, readMetrics, startChild } from './children.js'
import type { Child } from './children.js'
import { combined, load, medianOf } from './load.js'
import type { Round } from './load.js'
import type { Answered, Asked, BenchPage } from './pages/page.js'
import { PAGES } from './pages/pages.js'
import { reportLines } from './report.js'
import type { Measured, MeasuredPage } from './report.js'
import { measureSockets } from './sockets/sockets.js'
import { openWorld } from './world.js'
import type { BenchWorld } from './world.js'

const ROUNDS = 5
const ROUND_SECONDS = 4
/** A server is warm after so many requests, when its code is compiled; it is not waited for longer than four turns. */
const WARM_UP_REQUESTS = 4_000
const WARM_UP_SECONDS = 3
const MAX_WARM_UPS = 4
const SHORT_ROUND_SECONDS = 3
const IDLE_MS = 3_000
const COMPARED = 60
const AUTHENTICATIONS = 2_000

/**
 * Names measure those pages alone. `--profile` has the API's server write a V8 profile of the whole run to `.data/bench`;
 * `--keep` leaves the world for the next run that says so. `--entries` is how many the ledger begins with.
 */
const { positionals: names, values: flags } = parseArgs({
  allowPositionals: true,
  options: {
    profile: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    entries: { type: 'string', default: '10000' },
  },
})
const pages = names.length > 0 ? PAGES.filter(({ name }) => names.includes(name)) : PAGES
const measuresSockets = names.length === 0 || names.includes('sockets')
assert.equal(
  pages.length + (names.includes('sockets') ? 1 : 0),
  names.length || PAGES.length,
  `there are sockets, and the pages ${PAGES.map(({ name }) => name).join(', ')}`,
)

const children: Child[] = []

const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function run(of: BenchWorld): Promise<void> {
  const api = await start([...(flags.profile ? profiling() : []), join(ROOT, 'dist/main.js')], of)
  await sleep(IDLE_MS)
  const { rssBytes: idleRssBytes } = await readMetrics(api)
  const bare = await start(['--import', 'tsx', join(ROOT, 'bench/bare.ts')], of)
  for (const page of pages) await compareAnswers(page, api, bare, of)
  const measured: MeasuredPage[] = []
  for (const page of pages) {
    say(`measuring ${page.title} …`)
    const [ours, least] = await alternately([
      { origin: api, requests: inTurn((index) => toApi(page, of, index)) },
      { origin: bare, requests: inTurn((index) => toBare(page, of, index)) },
    ])
    assert(ours && least)
    measured.push({ title: page.title, goal: page.goal, ours, least })
  }
  const short = { rounds: 2, seconds: SHORT_ROUND_SECONDS }
  const typename =
    names.length > 0
      ? []
      : await alternately(
          [
            { origin: api, requests: typenameOf(of) },
            { origin: api, requests: strangersTypename(of) },
          ],
          short,
        )
  reportLines({
    serverVersion: of.serverVersion,
    idleRssBytes,
    pages: measured,
    typename,
    authenticationMs: names.length > 0 ? null : await timeAuthentication(of),
  }).forEach(say)
  if (measuresSockets) await measureSockets(of, (args) => start(args, of), say)
}

async function start(args: readonly string[], { env }: BenchWorld): Promise<string> {
  const child = await startChild(args, env)
  children.push(child)
  return child.origin
}

const profiling = (): string[] => ['--cpu-prof', `--cpu-prof-dir=${join(ROOT, '.data/bench')}`]

const graphql = (query: string, variables: Asked, headers: Record<string, string>): Request => ({
  method: 'POST',
  path: '/graphql',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify({ query, variables }),
})

const bearing = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })

const viewerAt = ({ viewers }: BenchWorld, index: number) => {
  const viewer = viewers[index % viewers.length]
  assert(viewer)
  return viewer
}

type ToRequest = (page: BenchPage, of: BenchWorld, index: number) => Request

const toApi: ToRequest = (page, of, index) =>
  graphql(page.document, page.asked(of, index), bearing(viewerAt(of, index).accessToken))

const toBare: ToRequest = (page, of, index) => ({
  path: `/${page.name}?${new URLSearchParams(page.asked(of, index)).toString()}`,
  headers: { authorization: viewerAt(of, index).sessionId },
})

/** Counts up, so that no write is done twice, and no viewer asks more often than the others. */
let turn = 0

/** Each viewer asks in turn; for what differs, so that nothing is served out of one row. */
const inTurn = (next: (index: number) => Request): Request[] => [
  { setupRequest: (request) => ({ ...request, ...next((turn += 1)) }) },
]

const typenameOf = (of: BenchWorld): Request[] =>
  inTurn((index) => graphql('{ __typename }', {}, bearing(viewerAt(of, index).accessToken)))

/** From as many addresses as there are viewers: each has a budget. */
const strangersTypename = ({ viewers }: BenchWorld): Request[] =>
  inTurn((index) => {
    const address = `192.0.${String((index % viewers.length) >> 8)}.${String(index & 255)}`
    return graphql('{ __typename }', {}, { 'x-forwarded-for': address })
  })

/** Both must say the same before it is worth knowing who says it faster. */
async function compareAnswers(page: BenchPage, api: string, bare: string, of: BenchWorld): Promise<void> {
  let whole = 0
  for (let index = 0; index < COMPARED; index += 1) {
    // a write is done once: each does another
    const one = await ask(api, toApi(page, of, page.isWrite ? (turn += 1) : index))
    const other = await ask(bare, toBare(page, of, page.isWrite ? (turn += 1) : index))
    if (!page.isWrite) assert.deepStrictEqual(one, other)
    if (page.isWhole(one) && page.isWhole(other)) whole += 1
  }
  assert(whole > COMPARED / 2, `${page.name}: ${String(whole)} of ${String(COMPARED)} answers are whole`)
}

async function ask(origin: string, { method = 'GET', path = '/', headers, body }: Request): Promise<Answered> {
  const response = await fetch(`${origin}${path}`, { method, headers: { ...headers }, body: body ?? null })
  const text = await response.text()
  assert(response.ok, text)
  const { data, errors } = JSON.parse(text) as { data: Answered; errors?: unknown }
  assert.equal(errors, undefined, text)
  return data
}

interface Target {
  readonly origin: string
  readonly requests: readonly Request[]
}

async function warmUp({ origin, requests }: Target): Promise<void> {
  let answered = 0
  for (let turn = 0; turn < MAX_WARM_UPS && answered < WARM_UP_REQUESTS; turn += 1)
    answered += (await load(origin, requests, WARM_UP_SECONDS)).requests
}

/** Loads the targets in turn, several times over, so that whatever else the machine does meets them alike. */
async function alternately(
  targets: readonly Target[],
  { rounds, seconds } = { rounds: ROUNDS, seconds: ROUND_SECONDS },
): Promise<Measured[]> {
  for (const target of targets) await warmUp(target)
  const taken = targets.map((): Round[] => [])
  const spent = targets.map(() => ({ statements: 0, cpuSeconds: 0 }))
  for (let round = 0; round < rounds; round += 1)
    for (const [index, { origin, requests }] of targets.entries()) {
      const before = await readMetrics(origin)
      taken[index]?.push(await load(origin, requests, seconds))
      const after = await readMetrics(origin)
      spent[index] = {
        statements: (spent[index]?.statements ?? 0) + after.sqlStatements - before.sqlStatements,
        cpuSeconds: (spent[index]?.cpuSeconds ?? 0) + after.cpuSeconds - before.cpuSeconds,
      }
    }
  return await Promise.all(
    targets.map(async ({ origin }, index): Promise<Measured> => {
      const all = combined(taken[index] ?? [])
      return {
        ...all,
        rounds: taken[index] ?? [],
        statements: (spent[index]?.statements ?? Number.NaN) / all.requests,
        cpuMs: ((spent[index]?.cpuSeconds ?? Number.NaN) * SECOND_MS) / all.requests,
        rssBytes: (await readMetrics(origin)).rssBytes,
      }
    }),
  )
}

/** What it takes to know who asks: token, session and account, one after another on an idle pool. */
async function timeAuthentication({ database: { db }, viewers }: BenchWorld): Promise<number> {
  const times: number[] = []
  for (let count = 0; count < AUTHENTICATIONS; count += 1) {
    const startedMs = monotonicMs()
    await authenticate(db, viewers[count % viewers.length]?.accessToken ?? null)
    times.push(monotonicMs() - startedMs)
  }
  return medianOf(times)
}

say('making the world …')
const world = await openWorld({ isKept: flags.keep, entries: Number(flags.entries) })
try {
  await run(world)
} finally {
  for (const child of children) await child.stop()
  await world.close()
}
