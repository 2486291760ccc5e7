import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Db } from '../../src/lib/db.js'
import type { PageRequest } from '../../src/lib/page.js'
import {
  countUnread,
  listEvents,
  listGroups,
  listNotifications,
  listNotificationsById,
} from '../../src/notifications/inbox-queries.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { explainRead, pagesOf } from '../support/explain.js'

const PEOPLE = 1_000
/** Rows that joined in one notification. */
const GROUP = 500
const STAR = '00000000-0000-4000-8000-000000000001'
const idOf = (n: string): string => `('00000000-0000-4000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`

/** The tests of how the lists are read where there are `rows` notifications, half of them one person's. */
export function testPlans(rows: number): void {
  let database: TestDatabase
  let now: Date
  beforeAll(async () => {
    database = await testDatabase()
    const { owner } = database
    await owner.query('select app_make_partitions(3, 6)')
    now = (await owner.query<{ now: Date }>('select app_now() as now')).rows[0]!.now
    await owner.query(
      `insert into users (id, username, display_name, email, email_index)
       select ${idOf('n')}, 'p' || lpad(n::text, 5, '0'), 'P', '\\x01', decode(md5(n::text) || md5('x' || n), 'hex')
       from generate_series(1, ${String(PEOPLE)}) n`,
    )
    await owner.query(
      `insert into follows (follower_id, following_id) select ${idOf('n')}, ${idOf('1')} from generate_series(2, ${String(PEOPLE)}) n`,
    )
    await owner.query(
      `insert into content (id, creator_id, type, title, body, publish_at, announced_at)
       select ${idOf('n')}, ${idOf('n')}, 'text', 'A title', 'A body', app_now() - interval '1 day', app_now()
       from generate_series(2, ${String(PEOPLE)}) n`,
    )
    await owner.query(
      `insert into blocks (blocker_id, blocked_id) select ${idOf('1')}, ${idOf('n')} from generate_series(100, ${String(PEOPLE)}, 100) n`,
    )
    // of others, so that no table is too small for its index
    for (const table of ['blocks (blocker_id, blocked_id)', 'mutes (muter_id, muted_id)'])
      await owner.query(
        `insert into ${table} select ${idOf('n')}, ${idOf('n + k')} from generate_series(2, 900) n, generate_series(1, 5) k`,
      )
    await owner.query(
      `insert into likes (user_id, content_id) select ${idOf('n')}, ${idOf('n + k')} from generate_series(2, 900) n, generate_series(1, 5) k`,
    )
    await owner.query(
      `insert into announcements (author_id, title, body) select ${idOf('1')}, 'T', 'B' from generate_series(1, 2000) n`,
    )
    await owner.query(
      `insert into notification_inboxes (user_id) select ${idOf('n')} from generate_series(2, ${String(PEOPLE)}) n`,
    )
    // by turns: a group of followers, notices, posts; over half a year
    const per = Math.trunc(rows / 2)
    for (let from = 1; from <= per; from += 100_000)
      await owner.query(
        `insert into notifications (
           id, created_at, user_id, sequence, type, actor_id, subject_type, subject_id, payload, once_key,
           group_key, group_id, group_from, group_since, superseded_by)
         select id, at, user_id, sequence, (array['new_follower', 'account', 'new_content'])[kind + 1]::notification_type,
           case when kind <> 1 then actor end,
           (array['users', null, 'content'])[kind + 1], (array[user_id, null, actor])[kind + 1],
           case when kind = 1 then '{"kind": "age_approved"}' else '{}' end::jsonb, 'once:' || n,
           case kind when 0 then 'followers:' || n / ${String(GROUP)} when 2 then 'content:' || n end,
           case kind when 0 then md5('group' || user_id || n / ${String(GROUP)})::uuid when 2 then id end,
           case kind when 0 then first when 2 then sequence end,
           case kind when 0 then $1::timestamptz - make_interval(secs => (${String(per)} - first + 1) * 15e6 / ${String(per)}) when 2 then at end,
           case when kind = 0 and n % ${String(GROUP)} <> ${String(GROUP - 1)} then sequence + 1 end
         from (
           select n, sequence, user_id, (n / ${String(GROUP)}) % 3 as kind, md5(user_id || '.' || n)::uuid as id,
             (case when user_id = ${idOf('1')} then n - n % ${String(GROUP)} + 1 else sequence end) as first,
             $1::timestamptz - make_interval(secs => (${String(per)} - n) * 15e6 / ${String(per)}) as at,
             ${idOf(`2 + n % ${String(PEOPLE - 1)}`)} as actor
           from generate_series(${String(from)} - 1, least(${String(from)} + 99999, ${String(per)}) - 1) n
           cross join lateral (values (${idOf('1')}, n + 1), (${idOf(`2 + n % ${String(PEOPLE - 1)}`)}, 1 + n / ${String(PEOPLE - 1)})) who (user_id, sequence)
         ) made
         where user_id = ${idOf('1')} or kind = 1`,
        [now],
      )
    await owner.query(
      `insert into notification_inboxes (user_id, last_sequence, read_sequence) values (${idOf('1')}, $1::bigint, $1::bigint - 5000)`,
      [per],
    )
    await owner.query('vacuum analyze')
  }, 600_000)
  afterAll(() => database.drop())

  const sight = () => ({ viewerId: STAR, isAgeVerified: true, isGated: false, now })
  const all = { unreadOnly: false, types: null }
  const pages = pagesOf([String(Math.trunc(rows / 4))])
  type Explained = Awaited<ReturnType<typeof explainRead>>
  /** Tables that were read from end to end: not those of months without a row, for which no index is asked. */
  const scannedIn = ({ nodes }: Explained) =>
    nodes
      .filter((node) => node['Node Type'] === 'Seq Scan' && (node['Actual Rows'] ?? 0) > 0)
      .map((node) => node['Relation Name'])
  const sortedIn = ({ nodes }: Explained) =>
    nodes
      .filter((node) => /Sort/.test(node['Node Type']) && (node['Actual Rows'] ?? 0) > 0)
      .map((node) => node['Node Type'])
  /** Rows that a node gives in one go, at most. */
  const mostIn = ({ nodes }: Explained) => Math.max(...nodes.map((node) => node['Actual Rows'] ?? 0))

  it(`is asked where there are many`, async () => {
    const { rows: counted } = await database.owner.query<{ n: number }>('select count(*)::int as n from notifications')
    expect(counted[0]!.n).toBeGreaterThan(rows * 0.6)
  })

  describe.each(Object.entries(pages))('%s', (_page, page) => {
    it('of all is read by an index, in its order, without the rows that joined', async () => {
      const how = await explainRead(database, (db) => listNotifications(db, sight(), all, page))
      expect([scannedIn(how), sortedIn(how)]).toEqual([[], []])
      expect(mostIn(how)).toBeLessThanOrEqual(page.limit * 2)
    })

    it('of some types sorts no more than a page of each', async () => {
      const filter = { unreadOnly: false, types: ['NEW_FOLLOWER', 'TIP', 'NEW_CONTENT'] as const }
      const how = await explainRead(database, (db) => listNotifications(db, sight(), filter, page))
      expect(scannedIn(how)).toEqual([])
      expect(mostIn(how)).toBeLessThanOrEqual((page.limit + 1) * filter.types.length)
    })
  })

  const first: PageRequest = { limit: 20, isBackward: false, cursor: null, filterHash: '' }

  it('counts and lists what is unread by the index, no further than a hundred', async () => {
    for (const read of [
      (db: Db) => countUnread(db, sight()),
      (db: Db) => listNotifications(db, sight(), { unreadOnly: true, types: null }, first),
    ]) {
      const how = await explainRead(database, read)
      expect([scannedIn(how), sortedIn(how)]).toEqual([[], []])
      expect(mostIn(how)).toBeLessThanOrEqual(200)
    }
  })

  it('resumes, finds by id and looks into groups by indexes alone', async () => {
    const events = await explainRead(database, (db) => listEvents(db, sight(), BigInt(Math.trunc(rows / 4))))
    expect([scannedIn(events), sortedIn(events)]).toEqual([[], []])
    expect(mostIn(events)).toBeLessThanOrEqual(300)
    const heads = await listNotifications(database.db, sight(), { unreadOnly: false, types: ['NEW_FOLLOWER'] }, first)
    expect(heads).toHaveLength(21)
    const groups = await explainRead(database, (db) => listGroups(db, sight(), heads))
    expect(scannedIn(groups)).toEqual([])
    expect(mostIn(groups)).toBeLessThanOrEqual(200)
    const ids = heads.map(({ id }) => id)
    const byId = await explainRead(database, (db) => listNotificationsById(db, sight(), ids))
    expect(scannedIn(byId)).toEqual([])
  })

  it('is quick', async () => {
    const times: number[] = []
    for (let n = 0; n < 20; n += 1) {
      const startedMs = performance.now()
      const heads = await listNotifications(database.db, sight(), all, first)
      await listGroups(database.db, sight(), heads)
      times.push(performance.now() - startedMs)
    }
    const median = times.sort((a, b) => a - b)[10]!
    console.log(`a page of notifications with its groups, of ${String(rows)}: ${median.toFixed(1)} ms`)
    // as many as the machine is busy; sorting what somebody has takes a hundred times as long as this
    expect(median).toBeLessThan(100)
  })
}
