import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { request } from '../support/client.js'
import type { Answer } from '../support/client.js'
import { TEST_KEYS } from '../support/server.js'
import { until } from '../support/until.js'
import { PASSWORD } from '../support/world.js'
import { startProcess } from '../server/process.js'
import type { ServerProcess } from '../server/process.js'
import { openCluster } from './clusters.js'
import type { Cluster } from './clusters.js'

/** Between two requests of one client: nobody may change a profile more than sixty times an hour. */
const PAUSE_MS = 80
const POOL_SIZE = 10
const RETRY_MS = 1_000

const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { accessToken userErrors { code } } }'
const UPDATE =
  'mutation ($bio: String!) { updateProfile(input: { bio: $bio }) { user { profile { version bio } } userErrors { code } } }'
const READ = '{ viewer { email user { profile { bio version } } } }'

interface Client {
  readonly email: string
  readonly token: string
  /** The writes that were answered with success, and those whose fate nobody was told. */
  readonly acknowledged: string[]
  readonly unknown: Set<string>
}

async function timed(work: Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await work
  return performance.now() - startedMs
}

/** The tests of a database that goes away under load, `rounds` times each way. */
export function testRestarts(rounds: number, clients: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'restarts-'))
  let cluster: Cluster
  let server: ServerProcess
  let url: string
  const people: Client[] = []
  beforeAll(async () => {
    cluster = await openCluster()
    server = startProcess({
      DATABASE_URL: cluster.url('creator_platform'),
      DATA_DIR: folder,
      DEMO: 'off',
      DATABASE_POOL_SIZE: String(POOL_SIZE),
      TRUSTED_PROXIES: '127.0.0.1',
      ...TEST_KEYS,
    })
    url = await server.ready()
  }, 120_000)
  afterAll(async () => {
    await server.stop('SIGKILL')
    await cluster.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  async function makeClient(n: number): Promise<Client> {
    const username = `restarts.${String(n)}`
    const email = `${username}@example.org`
    const headers = { 'x-forwarded-for': `10.44.${String(n >> 8)}.${String(n & 255)}` }
    const input = { username, email, password: PASSWORD, idempotencyKey: username }
    for (;;) {
      const { data, errors } = await request<any, unknown>(url, REGISTER, { input }, headers)
      const token = data?.register.accessToken as string | undefined
      if (token) return { email, token, acknowledged: [], unknown: new Set() }
      // a machine that is busy with other things has somebody wait
      if (errors[0]?.extensions['code'] !== 'UNAVAILABLE') throw new Error(JSON.stringify({ data, errors }))
      await setTimeout(RETRY_MS)
    }
  }

  const ask = (client: Client, document: string, variables: object = {}): Promise<Answer<any>> =>
    request<any, unknown>(url, document, variables, { authorization: `Bearer ${client.token}` })

  /** Reads and writes until told to stop; anything but an answer or a refusal that says "later" is written down. */
  async function work(client: Client, isOver: () => boolean, wrong: string[]): Promise<void> {
    for (let n = 0; !isOver(); n += 1) {
      const bio = `${client.email} ${String(performance.now())} ${String(n)}`
      const answer = await ask(client, n % 2 === 0 ? UPDATE : READ, { bio })
      if (answer.data && answer.errors.length === 0) {
        const profile = answer.data.updateProfile?.user?.profile ?? answer.data.viewer?.user.profile
        if (answer.data.updateProfile) client.acknowledged.push(bio)
        if (profile?.bio !== null && !profile?.bio.startsWith(client.email))
          wrong.push(`${client.email} reads ${JSON.stringify(answer.data)}`)
        await setTimeout(PAUSE_MS)
        continue
      }
      if (n % 2 === 0) client.unknown.add(bio)
      const codes = answer.errors.map(({ extensions }) => extensions['code'])
      // 200 where only a part of the answer is missing
      const isRetryable = codes.every((code) => code === 'UNAVAILABLE') && answer.status === (answer.data ? 200 : 503)
      if (!isRetryable) wrong.push(`${String(answer.status)} ${JSON.stringify(answer.errors)}`)
      await setTimeout(PAUSE_MS)
    }
  }

  /** What the server says was written is there, and nothing that nobody asked for. */
  async function checkWrites(): Promise<void> {
    const owner = new pg.Client({ connectionString: cluster.url('creator_platform') })
    await owner.connect()
    const { rows } = await owner.query<{ bio: string }>('select bio from user_profiles where bio is not null')
    const { rows: doubled } = await owner.query(
      'select bio from user_profiles where bio is not null group by bio having count(*) > 1',
    )
    const { rows: current } = await owner.query(
      'select user_id from user_profiles where is_current group by user_id having count(*) <> 1',
    )
    await owner.end()
    const stored = new Set(rows.map(({ bio }) => bio))
    const lost = people.flatMap(({ acknowledged }) => acknowledged.filter((bio) => !stored.has(bio)))
    const asked = new Set(people.flatMap(({ acknowledged, unknown }) => [...acknowledged, ...unknown]))
    expect(lost, 'acknowledged and lost').toEqual([])
    expect(
      [...stored].filter((bio) => !asked.has(bio)),
      'written by nobody',
    ).toEqual([])
    expect([doubled, current], 'half or twice').toEqual([[], []])
  }

  async function breaking(how: 'stop' | 'kill', downMs: number, recoverWithinMs: number): Promise<void> {
    const wrong: string[] = []
    let isOver = false
    const round = await Promise.all(Array.from({ length: clients }, (_, n) => makeClient(people.length + n)))
    people.push(...round)
    const working = Promise.all(round.map((client) => work(client, () => isOver, wrong)))
    try {
      await breakAndRecover(how, round, downMs, recoverWithinMs)
    } finally {
      isOver = true
      await working
    }
    expect([...new Set(wrong)]).toEqual([])
    expect(server.child.exitCode).toBeNull()
    await checkWrites()
  }

  async function breakAndRecover(
    how: 'stop' | 'kill',
    round: readonly Client[],
    downMs: number,
    recoverWithinMs: number,
  ): Promise<void> {
    const acknowledged = (): number => round.reduce((sum, client) => sum + client.acknowledged.length, 0)
    await setTimeout(700)
    const reading = (): Promise<unknown> =>
      Promise.all(round.map((client) => until(async () => (await ask(client, READ)).data !== null, 60_000)))
    // a machine that is busy with other things is slow without any break, too
    const calmMs = await timed(reading())
    const before = acknowledged()
    if (how === 'stop') await cluster.stop()
    else cluster.kill()
    await setTimeout(downMs)
    expect((await fetch(new URL('/health/live', url))).status).toBe(200)
    await until(async () => (await fetch(new URL('/health/ready', url))).status === 503, 5_000)
    await cluster.start()
    const upMs = performance.now()
    await until(async () => (await fetch(new URL('/health/ready', url))).status === 200, recoverWithinMs)
    await reading()
    expect(performance.now() - upMs).toBeLessThan(recoverWithinMs + 3 * calmMs)
    await until(() => acknowledged() > before)
    await setTimeout(700)
  }

  for (let round = 1; round <= rounds; round += 1) {
    it(`outlives a restart of the database under load (${String(round)})`, { timeout: 90_000 }, () =>
      breaking('stop', 500, 5_000),
    )
    it(`outlives a crash of the database under load (${String(round)})`, { timeout: 90_000 }, () =>
      breaking('kill', 500, 10_000),
    )
  }

  it('still does its jobs: none that is due is left', { timeout: 90_000 }, async () => {
    const owner = new pg.Client({ connectionString: cluster.url('creator_platform') })
    await owner.connect()
    const due = 'select from graphile_worker.jobs where attempts < max_attempts and run_at <= now()'
    await until(async () => (await owner.query(due)).rowCount === 0, 60_000)
    const { rows } = await owner.query<{ open: number }>(
      `select count(*)::int as open from pg_stat_activity where application_name = 'creator-platform'`,
    )
    await owner.end()
    // what was broken is not held beside what took its place
    expect(rows[0]?.open).toBeLessThanOrEqual(POOL_SIZE)
  })

  it('still tells people of what happens to them: the bus is back', { timeout: 30_000 }, async () => {
    const owner = new pg.Client({ connectionString: cluster.url('creator_platform') })
    await owner.connect()
    await until(async () => {
      const { rowCount } = await owner.query(
        `select from pg_stat_activity where application_name = 'bus' and state = 'idle'`,
      )
      return (rowCount ?? 0) > 0
    })
    await owner.end()
  })
}
