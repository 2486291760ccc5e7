import assert from 'node:assert'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Request } from 'autocannon'
import { SECOND_MS, monotonicMs } from '../src/lib/clock.js'
import { authenticate } from '../src/sessions/sessions.js'
import { ROOT, readMetrics, startChild } from './children.js'
import type { Child } from './children.js'
import { combined, load, medianOf } from './load.js'
import type { Round } from './load.js'
import { PROFILE_PAGE } from './page.js'
import { reportLines } from './report.js'
import type { Measured } from './report.js'
import { openWorld } from './world.js'
import type { BenchWorld } from './world.js'

const ROUNDS = 5
const ROUND_SECONDS = 4
/** A server is warm after so many requests, when its code is compiled; it is not waited for longer than four turns. */
const WARM_UP_REQUESTS = 8_000
const WARM_UP_SECONDS = 3
const MAX_WARM_UPS = 4
const SHORT_ROUND_SECONDS = 3
const IDLE_MS = 3_000
const COMPARED_PAGES = 60
const AUTHENTICATIONS = 2_000

/** With `--profile` the API's server writes a V8 profile of the whole run to `.data/bench`. */
const isProfiling = process.argv.includes('--profile')

const children: Child[] = []

const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function run(of: BenchWorld): Promise<void> {
  const api = await start([...(isProfiling ? profiling() : []), join(ROOT, 'dist/main.js')], of)
  await sleep(IDLE_MS)
  const { rssBytes: idleRssBytes } = await readMetrics(api)
  const bare = await start(['--import', 'tsx', join(ROOT, 'bench/bare.ts')], of)
  await compareAnswers(api, bare, of)
  say('measuring …')
  const page = await alternately([
    { origin: api, requests: pageRequests(of) },
    { origin: bare, requests: bareRequests(of) },
  ])
  const [apiPage, barePage] = page
  assert(apiPage && barePage)
  const typename = await alternately(
    [
      { origin: api, requests: typenameRequests(of) },
      { origin: api, requests: strangersRequests(of) },
    ],
    { rounds: 2, seconds: SHORT_ROUND_SECONDS },
  )
  reportLines({
    serverVersion: of.serverVersion,
    idleRssBytes,
    apiPage,
    barePage,
    signedInTypename: typename[0] ?? apiPage,
    strangersTypename: typename[1] ?? apiPage,
    authenticationMs: await timeAuthentication(of),
  }).forEach(say)
}

async function start(args: readonly string[], { env }: BenchWorld): Promise<string> {
  const child = await startChild(args, env)
  children.push(child)
  return child.origin
}

const profiling = (): string[] => ['--cpu-prof', `--cpu-prof-dir=${join(ROOT, '.data/bench')}`]

const graphql = (query: string, variables: Record<string, string>, headers: Record<string, string>): Request => ({
  method: 'POST',
  path: '/graphql',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify({ query, variables }),
})

const bearing = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })

/** Each viewer asks for a page; which one differs, so that nothing is served out of one row. */
const pageRequests = ({ viewers, usernames }: BenchWorld): Request[] =>
  viewers.map(({ accessToken }, index) =>
    graphql(PROFILE_PAGE, { username: nameAt(usernames, index) }, bearing(accessToken)),
  )

const bareRequests = ({ viewers, usernames }: BenchWorld): Request[] =>
  viewers.map(({ sessionId }, index) => ({
    path: `/${nameAt(usernames, index)}`,
    headers: { authorization: sessionId },
  }))

const typenameRequests = ({ viewers }: BenchWorld): Request[] =>
  viewers.map(({ accessToken }) => graphql('{ __typename }', {}, bearing(accessToken)))

/** From as many addresses as there are viewers: each has a budget. */
const strangersRequests = ({ viewers }: BenchWorld): Request[] =>
  viewers.map((_viewer, index) => graphql('{ __typename }', {}, { 'x-forwarded-for': `192.0.2.${String(index)}` }))

const nameAt = (usernames: readonly string[], index: number): string => usernames[index % usernames.length] ?? ''

/** Both must say the same before it is worth knowing who says it faster. */
async function compareAnswers(api: string, bare: string, of: BenchWorld): Promise<void> {
  const [full, plain] = [pageRequests(of), bareRequests(of)]
  for (let index = 0; index < COMPARED_PAGES; index += 1) {
    const [one, other] = await Promise.all([ask(api, full[index]), ask(bare, plain[index])])
    assert.deepStrictEqual(one, other)
    assert((one as { data: { user: unknown } }).data.user, 'the page is there')
  }
}

async function ask(origin: string, { method = 'GET', path = '/', headers, body }: Request = {}): Promise<unknown> {
  const response = await fetch(`${origin}${path}`, { method, headers: { ...headers }, body: body ?? null })
  const { data, errors } = (await response.json()) as { data: unknown; errors?: unknown }
  assert.equal(errors, undefined)
  return { data }
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
const world = await openWorld()
try {
  await run(world)
} finally {
  for (const child of children) await child.stop()
  await world.close()
}
