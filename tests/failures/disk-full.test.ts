import { execFileSync } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chooseAccount } from '../../src/lib/postgres/account.js'
import { request } from '../support/client.js'
import type { Answer } from '../support/client.js'
import { TEST_KEYS } from '../support/server.js'
import { until } from '../support/until.js'
import { PASSWORD } from '../support/world.js'
import { startProcess } from '../server/process.js'
import type { ServerProcess } from '../server/process.js'
import { openCluster } from './clusters.js'
import type { Cluster } from './clusters.js'

const DISK_MB = 96
/** Nobody may change a profile more than sixty times an hour. */
const WRITES_EACH = 40
const PEOPLE = 12
const REFUSALS_WANTED = 30

const folder = mkdtempSync(join(tmpdir(), 'disk-full-'))
const disk = join(folder, 'disk')

function mount(): void {
  mkdirSync(disk, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${String(DISK_MB)}m,mode=0755`, 'tmpfs', disk], { stdio: 'ignore' })
}
const unmount = (): unknown => execFileSync('umount', ['--lazy', disk], { stdio: 'ignore' })

function canMount(): boolean {
  try {
    mount()
    unmount()
    return true
  } catch {
    return false
  }
}

const isPossible = canMount()
if (!isPossible) {
  console.warn('skipped: a disk that is full (run as root where tmpfs may be mounted: mount -t tmpfs tmpfs /mnt)')
  rmSync(folder, { recursive: true, force: true })
}

const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { accessToken userErrors { code } } }'
const UPDATE =
  'mutation ($bio: String!) { updateProfile(input: { bio: $bio }) { user { profile { bio } } userErrors { code } } }'

interface Someone {
  readonly email: string
  readonly token: string
}

describe.skipIf(!isPossible)('a disk that is full', { timeout: 120_000 }, () => {
  let cluster: Cluster
  let owner: pg.Client
  let server: ServerProcess
  let url: string
  const people: Someone[] = []
  const acknowledged: string[] = []
  beforeAll(async () => {
    cluster = await openCluster()
    mount()
    await makeDatabaseOnDisk()
    server = startProcess({
      DATABASE_URL: cluster.url('creator_platform'),
      DATA_DIR: join(folder, 'data'),
      DEMO: 'off',
      TRUSTED_PROXIES: '127.0.0.1',
      ...TEST_KEYS,
    })
    url = await server.ready()
    owner = new pg.Client({ connectionString: cluster.url('creator_platform') })
    await owner.connect()
    for (let n = 0; n < PEOPLE; n += 1) people.push(await register(n))
  }, 120_000)
  afterAll(async () => {
    await server.stop('SIGKILL')
    await owner.end()
    await cluster.remove()
    unmount()
    rmSync(folder, { recursive: true, force: true })
  })

  async function makeDatabaseOnDisk(): Promise<void> {
    const space = join(disk, 'space')
    mkdirSync(space, { mode: 0o700 })
    const { user } = await chooseAccount()
    if (user) chownSync(space, user.uid, user.gid)
    const admin = new pg.Client({ connectionString: cluster.url('postgres') })
    await admin.connect()
    await admin.query(`create tablespace small location '${space}'`)
    await admin.query('create database creator_platform tablespace small')
    await admin.end()
  }

  async function register(n: number): Promise<Someone> {
    const username = `disk.${String(n)}`
    const email = `${username}@example.org`
    const headers = { 'x-forwarded-for': `10.46.0.${String(n)}` }
    const input = { username, email, password: PASSWORD }
    const { data, errors } = await request<any, unknown>(url, REGISTER, { input }, headers)
    const token = data?.register.accessToken as string | undefined
    if (!token) throw new Error(JSON.stringify({ data, errors }))
    return { email, token }
  }

  const ask = ({ token }: Someone, document: string, variables: object = {}): Promise<Answer<any>> =>
    request<any, unknown>(url, document, variables, { authorization: `Bearer ${token}` })
  const status = async (path: string): Promise<number> => (await fetch(new URL(path, url))).status

  /** A profile's next version: a row of some two pages, and what tells of it. True when it is written. */
  async function write(someone: Someone): Promise<boolean> {
    const bio = `${String(performance.now())} ${'x'.repeat(900)}`
    const answer = await ask(someone, UPDATE, { bio })
    if (answer.status === 200 && answer.errors.length === 0) {
      acknowledged.push(bio)
      return true
    }
    expect(answer, JSON.stringify(answer)).toMatchObject({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] })
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('1')
    return false
  }

  const ballast = join(disk, 'ballast')
  function fill(): void {
    const chunk = Buffer.alloc(65_536)
    try {
      for (;;) writeFileSync(ballast, chunk, { flag: 'a' })
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' })
    }
  }

  it('refuses what it cannot write, says so, and goes on reading', async () => {
    // so that each of them is due to have its time of last use written
    await owner.query(`update user_sessions set last_used_at = last_used_at - interval '5 minutes'`)
    fill()
    let refused = 0
    for (let round = 0; round < WRITES_EACH && refused < REFUSALS_WANTED; round += 1)
      for (const someone of people) {
        if (!(await write(someone))) refused += 1
        const { data, errors } = await ask(someone, '{ viewer { email user { profile { version } } } }')
        expect(errors).toEqual([])
        expect(data.viewer.email).toBe(someone.email)
      }
    expect(refused).toBeGreaterThanOrEqual(REFUSALS_WANTED)
    expect([await status('/health/live'), await status('/health/ready')]).toEqual([200, 200])
    expect(server.child.exitCode).toBeNull()
  })

  it('writes again once there is room, and has lost and doubled nothing', async () => {
    rmSync(ballast)
    await until(() => write(people[0] as Someone), 5_000)
    for (const someone of people) expect(await write(someone)).toBe(true)
    const { rows } = await owner.query<{ bio: string }>('select bio from user_profiles where bio is not null')
    expect(rows.map(({ bio }) => bio).sort()).toEqual([...acknowledged].sort())
    await owner.query('create extension amcheck')
    await owner.query(
      `select bt_index_check(c.oid, true) from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
       where a.amname = 'btree' and c.relkind = 'i'`,
    )
    // and its jobs run: somebody who signs up now is written to
    const { email } = await register(PEOPLE)
    await until(async () => {
      const { rowCount } = await owner.query(
        `select from one_time_tokens t join users u on u.id = t.user_id where u.username = $1`,
        [email.split('@')[0]],
      )
      return (rowCount ?? 0) > 0
    }, 20_000)
  })
})
