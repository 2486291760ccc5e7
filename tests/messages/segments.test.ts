import { afterAll, beforeAll, expect, it } from 'vitest'
import { databaseNow } from '../../src/lib/db.js'
import { countSegment, listNextRecipients } from '../../src/messages/mass-queries.js'
import type { MassMessageRow } from '../../src/messages/types.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { explainRead } from '../support/explain.js'

const PEOPLE = 30_000
const FANS = 6_000
const BATCH = 500
const STAR = '00000000-0000-4000-8000-000000000001'
const LIST = '30000000-0000-4000-8000-000000000001'
const MIDDLE = '00000000-0000-4000-8000-000000000bb8'

let database: TestDatabase
let now: Date
beforeAll(async () => {
  database = await testDatabase()
  const idOf = (n: string): string => `('00000000-0000-4000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`
  // one creator whom everybody follows, subscribes to and tips, and fifty who share as many people among them
  const creatorOf = (n: string): string => idOf(`case when k = 0 then 1 else 2 + ${n} % 50 end`)
  for (const sql of [
    `insert into users (id, username, display_name, email, email_index)
     select ${idOf('n')}, 'plan.' || n, 'P', '\\x01', decode(md5(n::text) || md5('x' || n), 'hex') from generate_series(1, ${String(PEOPLE)}) n`,
    `insert into follows (follower_id, following_id)
     select ${idOf('n')}, ${creatorOf('n')} from generate_series(100, ${String(FANS)}) n, generate_series(0, 1) k`,
    `insert into subscriptions (subscriber_id, creator_id, type, amount_minor, currency, status, started_at, entitled_until)
     select ${idOf('n')}, ${creatorOf('n')}, 'monthly', 500, 'EUR', 'active', app_now() - interval '40 days',
       app_now() + make_interval(days => case when n % 2 = 0 then 10 else -10 end)
     from generate_series(100, ${String(FANS)}) n, generate_series(0, 1) k`,
    `insert into transactions (type, status, payer_id, creator_id, gross_amount, platform_fee, net_amount, currency, occurred_at)
     select 'subscription', 'succeeded', ${idOf('n')}, ${creatorOf('n')}, 500 * (1 + n % 3), 0, 500 * (1 + n % 3), 'EUR', app_now()
     from generate_series(100, ${String(FANS)}) n, generate_series(0, 1) k`,
    `insert into tips (sender_id, recipient_id, amount_minor, currency, is_anonymous, state, paid_at)
     select ${idOf('n')}, ${creatorOf('n')}, 500, 'EUR', n % 9 = 0, 'paid', app_now()
     from generate_series(100, ${String(FANS)}) n, generate_series(0, 1) k`,
    `with offer as (
       insert into price_versions (creator_id, type, months, amount_minor, currency, valid_from)
       values ('${STAR}', 'monthly', 1, 500, 'EUR', app_now()) returning id
     )
     insert into gifts (giver_id, creator_id, claim_hash, price_version_id, amount_minor, currency, is_anonymous, expires_at)
     select ${idOf('n')}, '${STAR}', decode(md5(n::text) || md5('x' || n), 'hex'), offer.id, 500, 'EUR', n % 9 = 0, app_now()
     from generate_series(100, ${String(FANS)}) n, offer`,
    `insert into fan_lists (id, creator_id, name, member_count) values ('${LIST}', '${STAR}', 'All', ${String(FANS)})`,
    `insert into fan_list_members (list_id, user_id) select '${LIST}', ${idOf('n')} from generate_series(100, ${String(FANS)}) n`,
    `insert into blocks (blocker_id, blocked_id)
     select ${idOf('n')}, ${idOf('n + 1')} from generate_series(100, ${String(FANS)}) n`,
    'analyze',
  ])
    await database.owner.query(sql)
  now = await databaseNow(database.db)
}, 120_000)
afterAll(() => database.drop())

const massTo = (segment: MassMessageRow['segment']): MassMessageRow =>
  ({
    creatorId: STAR,
    segment,
    listId: segment === 'LIST' ? LIST : null,
    spentOverMinor: segment === 'SPENT_OVER' ? 700n : null,
    currency: 'EUR',
  }) as MassMessageRow

it.each([
  ['FOLLOWERS', FANS - 99, 1],
  ['ALL_SUBSCRIBERS', FANS - 99, 1],
  ['ACTIVE_SUBSCRIBERS', (FANS - 98) / 2, 2],
  ['LAPSED_SUBSCRIBERS', (FANS - 100) / 2, 2],
  ['LIST', FANS - 99, 1],
  ['SPENT_OVER', 3_934, 2],
] as const)(
  'goes through %s in order of id by an index, and reads no more than its turn',
  async (segment, size, share) => {
    const mass = massTo(segment)
    expect(await countSegment(database.db, mass, FANS, now)).toBe(size)
    for (const mark of [null, MIDDLE]) {
      const { scanned, nodes } = await explainRead(database, (db) =>
        listNextRecipients(db as never, mass, mark, BATCH, now),
      )
      expect(scanned).toEqual([])
      for (const node of nodes)
        expect(node['Actual Rows'] ?? 0, node['Node Type']).toBeLessThanOrEqual(BATCH * share + 2)
    }
  },
)
