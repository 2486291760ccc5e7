import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isUsername } from '../../src/accounts/names.js'
import { checkedContent } from '../../src/content/input.js'
import { demoFiles } from '../../src/demo/files.js'
import { makeFiles } from '../../src/demo/pictures/making.js'
import { demoWorks } from '../../src/demo/reactions.js'
import { SIGN_INS, demoFollows, demoPeople } from '../../src/demo/world.js'
import { DEMO_PASSWORD, seedDemo } from '../../src/demo/seed.js'
import { DAY_MS, machineNow } from '../../src/lib/clock.js'
import { openField, openKeyring, verifyKeys } from '../../src/keys/keys.js'
import { checkedPassword } from '../../src/sessions/sessions.js'
import { openMedia } from '../../src/media/media.js'
import type { MediaStorage } from '../../src/media/media.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import {
  impossibleDeeds,
  wrongCommentCounters,
  wrongContentCounters,
  wrongCounters,
  wrongMedia,
  wrongPeople,
  wrongThreads,
} from './invariants.js'

let database: TestDatabase
let other: TestDatabase
let storage: MediaStorage
const secret = randomBytes(32)
const folder = mkdtempSync(join(tmpdir(), 'demo-'))
/** So small that drawing takes little; the worlds are the same otherwise. */
const pictureWidth = 48
beforeAll(async () => {
  openKeyring([{ id: 'test', secret }])
  ;[database, other] = await Promise.all([testDatabase(), testDatabase()])
  await verifyKeys(database.db)
  ;({ storage } = await openMedia({
    dataDir: folder,
    publicUrl: 'http://demo.test',
    tokenKeys: [{ id: 'test', secret }],
    s3: null,
    ffmpegPath: null,
  }))
  await seedDemo(database, { storage, pictureWidth })
}, 120_000)
afterAll(async () => {
  await Promise.all([database.drop(), other.drop()])
  rmSync(folder, { recursive: true, force: true })
})

/** Seeds in a process of its own; answers what it printed. */
async function seedInProcess(url: string): Promise<string> {
  const script = join(import.meta.dirname, 'seed-process.ts')
  const env = { ...process.env, SEED_URL: url, SEED_KEY: secret.toString('base64') }
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script], { env })
  return stdout.trim()
}

/** What everybody may see, and what decides who sees what; nothing that is encrypted. */
const publicData = async ({ owner }: TestDatabase): Promise<unknown[]> => {
  const users = `select id, username, display_name, account_type, account_status, status_reason, suspended_until, age_verified,
    creator_since, subscription_price, currency, created_at, updated_at from users order by id`
  const profiles = `select id, user_id, bio, website, social_links, categories, languages, pronouns, preferences, country_code,
    region, location_audience, birth_date_audience, characteristics_audience from user_profiles order by id`
  const follows = 'select id, follower_id, following_id, followed_at, unfollowed_at from follows order by id'
  const told = `select user_id, sequence, type, created_at, subject_id, payload from notifications order by user_id, sequence`
  const content = `select id, creator_id, type, title, teaser, body, language, visibility, price_minor, currency, is_age_restricted, publish_at,
    unpublished_at, deleted_at, edited_at, pinned_at, like_count, comment_count, save_count, version from content order by id`
  const comments = `select id, content_id, author_id, parent_id, root_id, depth, body, pinned_at, held_at, hidden_at, deleted_at, withdrawn_at,
    created_at, like_count, descendant_count from comments order by id`
  const likes = 'select id, user_id, content_id, comment_id, created_at, withdrawn_at from likes order by id'
  const saves = 'select id, user_id, content_id, created_at from saved_content order by id'
  const grants =
    'select id, user_id, creator_id, content_id, source, starts_at, ends_at, revoked_at from entitlement_grants order by id'
  const tags = 'select content_id, tags.name from content_tags join tags on tags.id = tag_id order by 1, 2'
  const tables: unknown[] = []
  for (const sql of [users, profiles, follows, told, content, comments, likes, saves, grants, tags])
    tables.push((await owner.query(sql)).rows)
  return tables
}

describe('the demo world', () => {
  it('is made once by two processes that start at once, and not again', async () => {
    const outcomes = await Promise.all([seedInProcess(other.appUrl), seedInProcess(other.appUrl)])
    expect(outcomes.sort()).toEqual(['false', 'true'])
    expect(await seedDemo(other)).toBe(false)
    expect(await other.db.auditLog.count()).toBe(1)
  })

  it('leaves a database alone where one of its names is somebody’s', async () => {
    const taken = await testDatabase()
    await taken.owner.query(
      `insert into users (username, display_name, email, email_index) values ('Ada', 'Another', '\\x00', decode(repeat('00', 32), 'hex'))`,
    )
    await verifyKeys(taken.db)
    await expect(seedDemo(taken)).rejects.toThrow(/DEMO: somebody/)
    expect(await taken.db.user.count()).toBe(1)
    await taken.drop()
  })

  it('leaves no rows behind when its files cannot be stored', async () => {
    const fresh = await testDatabase()
    await verifyKeys(fresh.db)
    const full = { ...storage, write: () => Promise.reject(new Error('the disk is full')) }
    await expect(seedDemo(fresh, { storage: full, pictureWidth })).rejects.toThrow('the disk is full')
    expect(await fresh.db.user.count()).toBe(0)
    await fresh.drop()
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
    const { owner } = database
    expect(await wrongPeople(owner)).toEqual([])
    expect(await wrongCounters(owner)).toEqual([])
    expect(await wrongContentCounters(owner)).toEqual([])
    expect(await wrongCommentCounters(owner)).toEqual([])
  })

  it('has people do what they can, and discuss in threads that fit together', async () => {
    expect(await impossibleDeeds(database.owner)).toEqual([])
    expect(await wrongThreads(database.owner)).toEqual([])
  })

  it('has hundreds of posts of every kind, in several languages, and lively threads', async () => {
    const { rows } = await database.owner.query<Record<string, number>>(
      `select count(*)::int as posts, count(distinct creator_id)::int as creators, count(distinct language)::int as languages,
         (count(*) filter (where type = 'text'))::int as texts, (count(*) filter (where type = 'audio'))::int as sounds,
         (count(*) filter (where visibility = 'followers'))::int as followers, (count(*) filter (where visibility = 'subscribers'))::int as subscribers,
         (count(*) filter (where is_premium))::int as sold, (count(*) filter (where is_age_restricted))::int as adult,
         (count(*) filter (where version > 1))::int as edited, (count(*) filter (where publish_at is null))::int as drafts,
         (count(*) filter (where scheduled_local_time is not null))::int as scheduled,
         (select count(*)::int from comments where is_visible) as comments, (select count(*)::int from comments where pinned_at is not null) as pinned,
         (select count(*)::int from comments where deleted_at is not null and is_listed) as tombstones,
         (select count(*)::int from comments where held_at is not null) as held
       from content`,
    )
    const counts = rows[0] ?? {}
    expect(counts['creators']).toBe(57)
    const least = {
      posts: 250,
      languages: 8,
      texts: 80,
      sounds: 20,
      followers: 25,
      subscribers: 25,
      sold: 25,
      adult: 2,
      edited: 5,
      drafts: 2,
      scheduled: 2,
    }
    for (const [what, count] of Object.entries({ ...least, comments: 1_000, pinned: 20, tombstones: 5, held: 2 }))
      expect(counts[what], what).toBeGreaterThanOrEqual(count)
  })

  it('has its creators and posts stand where their followers and likes put them, before any job has run', async () => {
    const { rows } = await database.owner.query<{ rising: number; wrong: number; scored: number }>(
      `select (select count(*)::int from explore_creators where rising > 0) as rising,
        (select count(*)::int from explore_creators e join user_counters c on c.user_id = e.user_id
          where e.follower_count <> c.follower_count) as wrong,
        (select count(*)::int from explore_posts e join content c on c.id = e.content_id
          where e.is_due and c.publish_at > app_now() - interval '29 days'
            and e.score <> app_explore_score(c.like_count, c.comment_count, c.save_count, c.publish_at)) as scored`,
    )
    expect(rows[0]?.rising).toBeGreaterThan(2)
    expect(rows).toMatchObject([{ wrong: 0, scored: 0 }])
  })

  it('gives nobody who earns an unproven age', async () => {
    const { rows } = await database.owner.query(
      `select c.id from content c join users u on u.id = c.creator_id
       where (c.is_premium or c.visibility = 'subscribers' or c.is_age_restricted) and not u.age_verified
       union all
       select c.id from content c join content_categories cc on cc.content_id = c.id join categories k on k.id = cc.category_id
       where k.is_adult and not c.is_age_restricted
       union all
       select id from content where teaser is not null and is_age_restricted and not is_premium and visibility = 'public'`,
    )
    expect(rows).toEqual([])
  })

  it('keeps the words of the platform’s rules for tags, titles and texts', async () => {
    const posts = await database.db.content.findMany({ include: { contentTags: { include: { tag: true } } } })
    for (const { title, teaser, body, warnings, language, contentTags } of posts) {
      const tags = contentTags.map(({ tag }) => tag.name)
      const input = { title, teaser, body, warnings, language, tags }
      expect(checkedContent(input)).toEqual(input)
    }
  })

  it('has a file for every picture and sound, ready and in the store, no two of a kind alike', async () => {
    expect(await wrongMedia(database.owner)).toEqual([])
    const assets = await database.db.mediaAsset.findMany({ include: { mediaVariants: true } })
    for (const purpose of ['AVATAR', 'BANNER', 'CONTENT'] as const) {
      const ofPurpose = assets.filter((asset) => asset.purpose === purpose)
      expect(new Set(ofPurpose.map(({ sha256 }) => Buffer.from(sha256 ?? []).toString('hex'))).size).toBe(
        ofPurpose.length,
      )
    }
    expect(assets.filter(({ purpose }) => purpose === 'AVATAR').length).toBeGreaterThan(100)
    for (const { storageKey, sizeBytes } of assets.flatMap(({ mediaVariants }) => mediaVariants))
      expect(await storage.sizeOf(storageKey)).toBe(Number(sizeBytes))
  })

  it('draws the same picture every time', async () => {
    const { owner } = database
    const hashed = async (): Promise<string> => {
      const { rows } = await owner.query(
        `select encode(sha256, 'hex') as hash, encode(thumbhash, 'hex') as hint from media_assets order by id`,
      )
      return createHash('sha256').update(JSON.stringify(rows)).digest('hex')
    }
    const today = new Date(Math.floor(machineNow().getTime() / DAY_MS) * DAY_MS)
    const people = demoPeople(today)
    const works = demoWorks(people, demoFollows(people, today), today)
    const files = demoFiles(people, works.posts, pictureWidth).filter((_file, index) => index % 40 === 0)
    const before = await hashed()
    for (const { id, sha256, thumbhash } of await makeFiles(files, storage, () => undefined)) {
      const row = await database.db.mediaAsset.findUniqueOrThrow({ where: { id } })
      expect(Buffer.from(row.sha256 ?? [])).toEqual(Buffer.from(sha256))
      expect(Buffer.from(row.thumbhash ?? [])).toEqual(Buffer.from(thumbhash ?? []))
    }
    expect(await hashed()).toBe(before)
  }, 60_000)

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
