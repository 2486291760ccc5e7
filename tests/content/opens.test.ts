import { afterAll, beforeAll, expect, it } from 'vitest'
import { accessTo, listed, opens } from '../../src/content/content.js'
import type { Reading } from '../../src/content/content.js'
import { contentColumns, contentJoins, toContentRow } from '../../src/content/content.js'
import type { FlatContentRow } from '../../src/content/content.js'
import { databaseNow } from '../../src/lib/db.js'
import type { Viewer } from '../../src/lib/viewer.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'

/** Everybody who can stand in any way to the creator, and every kind of post. */
let database: TestDatabase
let now: Date
const CREATOR = '00000000-0000-4000-8000-000000000001'
const idOf = (n: string): string => `('00000000-0000-4000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`
beforeAll(async () => {
  database = await testDatabase()
  const { owner } = database
  await owner.query(
    `insert into users (id, username, display_name, email, email_index, age_verified, age_verified_at)
     select ${idOf('n')}, 'person.' || n, 'P', '\\x01', decode(md5(n::text) || md5('x' || n), 'hex'), n % 2 = 0, case when n % 2 = 0 then app_now() end
     from generate_series(1, 241) n`,
  )
  // by their number: proven age, following, a grant for all (none, live, over, taken back, held), one for a post, a block
  await owner.query(
    `insert into follows (follower_id, following_id, withdrawn_at)
     select ${idOf('n')}, '${CREATOR}', case when n % 40 = 7 then app_now() end
     from generate_series(2, 241) n where (n / 2) % 2 = 0`,
  )
  const grant = `insert into entitlement_grants (user_id, creator_id, content_id, source, starts_at, ends_at, revoked_at, revoked_reason, suspended_at)`
  await owner.query(
    `${grant} select ${idOf('n')}, '${CREATOR}', null, 'gift', app_now() - interval '2 days',
       case when (n / 4) % 5 = 2 then app_now() - interval '1 day' end,
       case when (n / 4) % 5 = 3 then app_now() - interval '1 day' end,
       case when (n / 4) % 5 = 3 then 'staff'::grant_end_reason end,
       case when (n / 4) % 5 = 4 then app_now() - interval '1 day' end
     from generate_series(2, 241) n where (n / 4) % 5 > 0`,
  )
  await owner.query(
    `insert into content (id, creator_id, type, title, body, visibility, is_premium, price_minor, currency,
       included_in_subscription, is_age_restricted, publish_at, announced_at)
     select ${idOf('1000 + n')}, '${CREATOR}', 'text', 'T', 'B', (array['public', 'followers', 'subscribers'])[n % 3 + 1]::content_visibility,
       n / 3 % 3 > 0, case when n / 3 % 3 > 0 then 500 end, case when n / 3 % 3 > 0 then 'EUR' end,
       n / 3 % 3 = 2, n / 9 % 2 = 1, app_now() - interval '1 hour', app_now()
     from generate_series(0, 17) n`,
  )
  await owner.query(
    `${grant} select ${idOf('n')}, '${CREATOR}', ${idOf('1000 + p')}, 'purchase', app_now() - interval '2 days',
       case when (n / 20) % 3 = 2 then app_now() - interval '1 day' end, null, null, null
     from generate_series(2, 241) n, generate_series(0, 17) p where (n / 20) % 3 > 0 and (n + p) % 2 = 0`,
  )
  await owner.query(
    `insert into blocks (blocker_id, blocked_id)
     select case when n % 3 = 0 then ${idOf('n')} else '${CREATOR}' end, case when n % 3 = 0 then '${CREATOR}' else ${idOf('n')} end
     from generate_series(2, 241) n where n / 60 = 3`,
  )
  now = await databaseNow(database.db)
}, 60_000)
afterAll(() => database.drop())

it('is in SQL what resolveAccess decides, for every post that a list shows', async () => {
  const { rows: people } = await database.owner.query<{ id: string; isAgeVerified: boolean }>(
    'select id, age_verified as "isAgeVerified" from users order by id',
  )
  const counted = { open: 0, locked: 0 }
  for (const isGated of [false, true])
    for (const { id, isAgeVerified } of [...people, { id: null, isAgeVerified: false }]) {
      const reading: Reading = { viewerId: id, isAgeVerified, isGated, now }
      const viewer = id === null ? null : ({ userId: id, isAgeVerified, isLimited: false } as Viewer)
      const rows = await database.db.sql<FlatContentRow & { isListed: boolean; opens: boolean }>`/* test.opens */
        select ${contentColumns(reading, { withBody: false })}, ${listed(reading)} as "isListed", ${opens(reading)} as opens
        from content c ${contentJoins(reading)}`
      expect(rows).toHaveLength(18)
      for (const row of rows) {
        if (!row.isListed) continue
        const config = { ageGate: isGated ? 'platform' : 'content' } as const
        const { isOpen, isVisible } = accessTo(toContentRow(row), { viewer, config, now })
        expect({ isVisible, isOpen }, `${String(id)}: ${row.id}`).toEqual({ isVisible: true, isOpen: row.opens })
        counted[isOpen ? 'open' : 'locked'] += 1
      }
    }
  expect(counted.open).toBeGreaterThan(1_000)
  expect(counted.locked).toBeGreaterThan(1_000)
})
