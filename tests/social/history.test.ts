import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findPastBlock, findPastFollow, findPastUser, listPastGrants } from '../../src/content/explaining-queries.js'
import { databaseNow, transaction } from '../../src/lib/db.js'
import { blockUser, followUser, isBlockedEitherWay, unblockUser, unfollowUser } from '../../src/social/social.js'
import { followStanding } from '../../src/flows/follow-standing.js'
import type { Viewer } from '../../src/lib/viewer.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'

const idOf = (n: number): string => `00000000-0000-4000-8000-00000000000${String(n)}`
const PEOPLE = [idOf(1), idOf(2), idOf(3)]

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
  await database.owner.query(
    `insert into users (id, username, display_name, email, email_index, account_type, currency, creator_since)
     select id, 'p.' || n, 'P', '\\x01', decode(md5(n::text) || md5('x' || n), 'hex'), 'creator', 'EUR', app_now()
     from unnest($1::uuid[]) with ordinality as people (id, n)`,
    [PEOPLE],
  )
})
afterAll(() => database.drop())

const origin = () => ({ db: database.db, actorId: null, sessionId: null, requestId: 'test' })
const as = (userId: string): Viewer => ({
  userId,
  sessionId: userId,
  role: 'FAN',
  status: 'ACTIVE',
  isLimited: false,
  hasSecondFactor: false,
  authenticatedAt: new Date(0),
  isAgeVerified: false,
})

interface BondsThen {
  readonly follows: boolean
  readonly blocks: boolean
}
interface StandingThen {
  readonly status: string
  readonly suspendedUntil: Date | null
  readonly isAgeVerified: boolean
}
interface Moment {
  readonly bonds: Readonly<Record<string, BondsThen>>
  readonly standings: Readonly<Record<string, StandingThen>>
}

/** How all stand to each other, read from the rows as they are. */
async function present(): Promise<Moment> {
  const { rows } = await database.owner.query<BondsThen & { a: string; b: string }>(
    `select a, b,
       exists (select from follows where follower_id = a and following_id = b and unfollowed_at is null and withdrawn_at is null) as follows,
       exists (select from blocks where blocker_id = a and blocked_id = b) as blocks
     from unnest($1::uuid[]) a, unnest($1::uuid[]) b where a <> b`,
    [PEOPLE],
  )
  const people = await database.owner.query<StandingThen & { id: string }>(
    `select id, account_status::text as status, suspended_until as "suspendedUntil", age_verified as "isAgeVerified" from users`,
  )
  return {
    bonds: Object.fromEntries(rows.map(({ a, b, ...bonds }) => [`${a} ${b}`, bonds])),
    standings: Object.fromEntries(people.rows.map(({ id, ...standing }) => [id, standing])),
  }
}

/** The same as it is read of an instant in the past. */
async function past(at: Date): Promise<Moment> {
  const { db } = database
  const bonds: Record<string, BondsThen> = {}
  const standings: Record<string, StandingThen> = {}
  for (const a of PEOPLE) {
    const { account_status: status, suspended_until, age_verified: isAgeVerified } = (await findPastUser(db, a, at))!
    const suspendedUntil = suspended_until === null ? null : new Date(suspended_until)
    standings[a] = { status, suspendedUntil, isAgeVerified }
    for (const b of PEOPLE)
      if (a !== b)
        bonds[`${a} ${b}`] = { follows: await findPastFollow(db, a, b, at), blocks: await findPastBlock(db, a, b, at) }
  }
  return { bonds, standings }
}

describe('the past', () => {
  it('is, at every instant of a random history, what it was', async () => {
    const seed = 7
    let state = seed
    const random = (below: number): number => {
      state = (state * 48_271) % 2_147_483_647
      return state % below
    }
    const write = (work: Parameters<typeof transaction<unknown>>[1]): Promise<unknown> =>
      // what is not allowed is no part of history
      transaction(origin(), work).catch(() => undefined)
    const setStatus = async (id: string, change: string): Promise<void> => {
      await database.owner.query(`update users set ${change} where id = $1`, [id])
      await followStanding(origin(), id)
    }
    const acts: ((a: string, b: string) => Promise<unknown>)[] = [
      (a, b) => write((tx, now) => followUser(tx, as(a), b, now)),
      (a, b) => write((tx, now) => followUser(tx, as(a), b, now)),
      (a, b) => write((tx, now) => unfollowUser(tx, as(a), b, now)),
      (a, b) => write((tx, now) => blockUser(tx, as(a), { userId: b, note: null }, now)),
      (a, b) => write((tx, now) => unblockUser(tx, as(a), b, now)),
      (a) => setStatus(a, `account_status = 'banned', suspended_until = null`),
      (a) => setStatus(a, `account_status = 'active', suspended_until = null`),
      (a) => setStatus(a, `account_status = 'suspended', suspended_until = app_now() + interval '1 day'`),
      (a) =>
        setStatus(
          a,
          `age_verified = not age_verified, age_verified_at = case when age_verified then null else app_now() end`,
        ),
    ]
    const moments: { at: Date; was: Moment }[] = []
    for (let step = 0; step < 150; step += 1) {
      const a = random(3)
      await acts[random(acts.length)]!(PEOPLE[a]!, PEOPLE[(a + 1 + random(2)) % 3]!)
      await sleep(2)
      moments.push({ at: await databaseNow(database.db), was: await present() })
      await sleep(2)
    }
    const { rows } = await database.owner.query<{ table: string; entries: number }>(
      `select source_table as table, count(*)::int as entries from access_history group by 1 order by 1`,
    )
    expect(rows.map(({ table }) => table)).toEqual(['blocks', 'follows', 'users'])
    for (const { at, was } of moments) expect(await past(at), at.toISOString()).toEqual(was)
  }, 120_000)

  it('knows nobody before they had an account', async () => {
    const now = await databaseNow(database.db)
    expect(await findPastUser(database.db, idOf(1), new Date('2020-01-01'))).toBeNull()
    expect(await findPastUser(database.db, idOf(9), now)).toBeNull()
    expect(await findPastFollow(database.db, idOf(1), idOf(2), new Date('2020-01-01'))).toBe(false)
    expect(await findPastBlock(database.db, idOf(1), idOf(2), new Date('2020-01-01'))).toBe(false)
  })

  it('has the rows of grants as they were, whatever changed of them', async () => {
    const wait = async (): Promise<Date> => {
      await sleep(3)
      const at = await databaseNow(database.db)
      await sleep(3)
      return at
    }
    const before = await wait()
    await database.owner.query(
      `insert into entitlement_grants (user_id, creator_id, source, starts_at) values ($1, $2, 'gift', app_now())`,
      [idOf(1), idOf(2)],
    )
    const given = await wait()
    await database.owner.query(`update entitlement_grants set note = 'of no matter'`)
    await database.owner.query(`update entitlement_grants set suspended_at = app_now()`)
    const held = await wait()
    await database.owner.query(`update entitlement_grants set suspended_at = null, ends_at = '2030-01-01'`)
    const limited = await wait()
    await database.owner.query('delete from entitlement_grants')
    const deleted = await wait()
    const states = []
    for (const at of [before, given, held, limited, deleted])
      states.push(
        (await listPastGrants(database.db, idOf(1), idOf(2), at)).map((grant) => [
          grant.suspended_at !== null,
          grant.ends_at !== null,
        ]),
      )
    expect(states).toEqual([[], [[false, false]], [[true, false]], [[false, true]], []])
    const entries = await database.owner.query(
      `select op::text, snapshot ? 'note' as note from access_history where source_table = 'entitlement_grants' order by id`,
    )
    expect(entries.rows).toEqual([
      { op: 'update', note: false },
      { op: 'update', note: false },
      { op: 'delete', note: false },
    ])
  })

  it('never runs backwards within a row, when who began earlier writes later', async () => {
    const [a, b] = [idOf(1), idOf(2)]
    await database.owner.query(`update users set account_status = 'active', suspended_until = null`)
    await database.owner.query('delete from blocks')
    await transaction(origin(), (tx, now) => followUser(tx, as(a), b, now))
    let go = (): void => undefined
    const gate = new Promise<void>((resolve) => (go = resolve))
    const early = transaction(origin(), async (tx) => {
      await gate
      await tx.sql`/* test.early */ update follows set followed_at = followed_at - interval '1 day' where follower_id = ${a}::uuid and following_id = ${b}::uuid`
    })
    await sleep(5)
    await transaction(origin(), (tx, now) => unfollowUser(tx, as(a), b, now))
    go()
    await early
    const { rows } = await database.owner.query<{ ended: Date[] }>(
      `select array_agg(ended_at order by id) as ended from access_history where source_table = 'follows' group by row_id`,
    )
    for (const { ended } of rows) expect(ended.map(Number)).toEqual(ended.map(Number).sort((one, other) => one - other))
  })

  it('cannot be rewritten, and is not written by what access does not depend on', async () => {
    const count = async (): Promise<number> =>
      (await database.owner.query<{ n: number }>('select count(*)::int as n from access_history')).rows[0]?.n ?? 0
    const before = await count()
    await database.owner.query(`update users set display_name = 'Q'`)
    await database.owner.query(
      `update follows set notifications_enabled = not notifications_enabled, notified_at = app_now()`,
    )
    await database.owner.query(`update users set account_status = account_status`)
    expect(await count()).toBe(before)
    for (const sql of [
      'delete from access_history',
      `update access_history set snapshot = '{}'`,
      'truncate access_history',
    ])
      for (const client of [database.owner, database.pool])
        await expect(client.query(sql), sql).rejects.toThrow(/append-only|permission denied/)
  })

  it('agrees about now with what is asked now', async () => {
    const now = await databaseNow(database.db)
    for (const a of PEOPLE)
      for (const b of PEOPLE) {
        if (a === b) continue
        const was = [await findPastBlock(database.db, a, b, now), await findPastBlock(database.db, b, a, now)]
        expect(await isBlockedEitherWay(database.db, a, b)).toBe(was.includes(true))
      }
  })
})
