import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isUsername } from '../../src/accounts/names.js'
import { SIGN_INS, demoPeople } from '../../src/demo/world.js'
import { DEMO_PASSWORD, seedDemo } from '../../src/demo/seed.js'
import { openField, openKeyring, verifyKeys } from '../../src/keys/keys.js'
import { checkedPassword } from '../../src/sessions/sessions.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { wrongCounters, wrongPeople } from './invariants.js'

let database: TestDatabase
let other: TestDatabase
const secret = randomBytes(32)
beforeAll(async () => {
  openKeyring([{ id: 'test', secret }])
  ;[database, other] = await Promise.all([testDatabase(), testDatabase()])
  await verifyKeys(database.db)
  await seedDemo(database.db)
})
afterAll(() => Promise.all([database.drop(), other.drop()]))

/** Seeds in a process of its own; answers what it printed. */
async function seedInProcess(url: string): Promise<string> {
  const script = join(import.meta.dirname, 'seed-process.ts')
  const env = { ...process.env, SEED_URL: url, SEED_KEY: secret.toString('base64') }
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script], { env })
  return stdout.trim()
}

/** What everybody may see, and what decides who sees what; nothing that is encrypted. */
const publicData = async ({ owner }: TestDatabase): Promise<unknown> => {
  const users = `select id, username, display_name, account_type, account_status, status_reason, suspended_until, age_verified,
    creator_since, subscription_price, currency, created_at, updated_at from users order by id`
  const profiles = `select id, user_id, bio, website, social_links, categories, languages, pronouns, preferences, country_code,
    region, location_audience, birth_date_audience, characteristics_audience from user_profiles order by id`
  const follows = 'select id, follower_id, following_id, followed_at, unfollowed_at from follows order by id'
  const told = `select user_id, sequence, type, created_at, subject_id, payload from notifications order by user_id, sequence`
  const tables: unknown[] = []
  for (const sql of [users, profiles, follows, told]) tables.push((await owner.query(sql)).rows)
  return tables
}

describe('the demo world', () => {
  it('is made once by two processes that start at once, and not again', async () => {
    const outcomes = await Promise.all([seedInProcess(other.appUrl), seedInProcess(other.appUrl)])
    expect(outcomes.sort()).toEqual(['false', 'true'])
    expect(await seedDemo(other.db)).toBe(false)
    expect(await other.db.auditLog.count()).toBe(1)
  })

  it('leaves a database alone where one of its names is somebody’s', async () => {
    const taken = await testDatabase()
    await taken.owner.query(
      `insert into users (username, display_name, email, email_index) values ('Ada', 'Another', '\\x00', decode(repeat('00', 32), 'hex'))`,
    )
    await verifyKeys(taken.db)
    await expect(seedDemo(taken.db)).rejects.toThrow(/DEMO: somebody/)
    expect(await taken.db.user.count()).toBe(1)
    await taken.drop()
  })

  it('is the same in two databases', async () => {
    expect(await publicData(other)).toEqual(await publicData(database))
  })

  it('has people of every kind and standing', async () => {
    const { rows } = await database.owner.query<{ kind: string; count: number }>(
      `select account_type::text as kind, count(*)::int as count from users group by 1
       union all select account_status::text, count(*)::int from users group by 1
       union all select status::text, count(*)::int from age_verifications group by 1`,
    )
    const counts = new Map(rows.map(({ kind, count }) => [kind, count]))
    expect(counts.get('creator')).toBeGreaterThanOrEqual(36)
    expect(counts.get('fan')).toBeGreaterThanOrEqual(300)
    for (const kind of ['moderator', 'admin', 'suspended', 'banned', 'deleted', 'approved', 'pending', 'rejected'])
      expect(counts.get(kind), kind).toBeGreaterThan(0)
  })

  it('gives everybody a profile, a key and counts that are true', async () => {
    expect(await wrongPeople(database.owner)).toEqual([])
    expect(await wrongCounters(database.owner)).toEqual([])
  })

  it('numbers what everybody was told without gaps', async () => {
    const { rows } = await database.owner.query(
      `select user_id from notifications group by user_id
       having max(sequence) <> count(*) or min(sequence) <> 1
         or max(sequence) <> (select last_sequence from notification_inboxes i where i.user_id = notifications.user_id)
       union all
       select id from announcements a where delivered_count <> (select count(*) from notifications where subject_id = a.id)`,
    )
    expect(rows).toEqual([])
  })

  it('encrypts personal data under everybody’s own key, found again by its blind index', async () => {
    const person = demoPeople(new Date())[100]
    const row = await database.db.user.findUniqueOrThrow({ where: { id: person?.id ?? '' } })
    const ref = { table: 'users', column: 'email', rowId: row.id, userId: row.id } as const
    expect(await openField(database.db, ref, row.email ?? new Uint8Array())).toBe(person?.email)
    const { rows } = await database.owner.query(`select id from users where position('example'::bytea in email) > 0`)
    expect(rows).toEqual([])
  })

  it('names people as the rules for names would let them', () => {
    for (const { username, displayName } of demoPeople(new Date())) {
      expect(isUsername(username), username).toBe(true)
      expect(displayName.length).toBeLessThanOrEqual(50)
    }
  })

  it('puts nothing into the default partitions', async () => {
    const { rows } = await database.owner.query(`select count(*)::int as strays from notifications_default`)
    expect(rows).toEqual([{ strays: 0 }])
  })

  it('marks those who can sign in, and has a password that the rules allow', async () => {
    const marked = await database.db.user.findMany({ where: { isDemo: true }, select: { username: true } })
    expect(marked.map(({ username }) => username).sort()).toEqual(SIGN_INS.map(({ username }) => username).sort())
    for (const { username, email } of SIGN_INS)
      expect(checkedPassword(DEMO_PASSWORD, { username, email })).toBe(DEMO_PASSWORD)
  })
})
