import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scaleDemo } from '../../src/demo/scale.js'
import type { Scaled } from '../../src/demo/scale.js'
import { openField, openKeyring, verifyKeys } from '../../src/keys/keys.js'
import { isUuid } from '../../src/lib/ids.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { wrongCounters, wrongPeople } from './invariants.js'

/** More than one batch, and not a whole number of them. */
const USERS = 2_500

let database: TestDatabase
let scaled: Scaled
const lines: string[] = []
beforeAll(async () => {
  openKeyring([{ id: 'test', secret: randomBytes(32) }])
  database = await testDatabase()
  await verifyKeys(database.db)
  scaled = await scaleDemo(database.db, USERS, (line) => lines.push(line))
})
afterAll(() => database.drop())

describe('the scale generator', () => {
  it('makes as many people as asked for, and tells how far it is', async () => {
    expect(await database.db.user.count()).toBe(USERS)
    expect(scaled.users).toBe(USERS)
    expect(lines).toHaveLength(4)
    expect(lines.at(-1)).toContain(`${String(USERS)} of ${String(USERS)}`)
  })

  it('gives everybody a profile, a key and counts that are true', async () => {
    expect(await wrongPeople(database.owner)).toEqual([])
    expect(await wrongCounters(database.owner)).toEqual([])
    const some = await database.db.user.findFirstOrThrow({ orderBy: { id: 'asc' } })
    expect(isUuid(some.id)).toBe(true)
    const ref = { table: 'users', column: 'email', rowId: some.id, userId: some.id } as const
    expect(await openField(database.db, ref, some.email ?? new Uint8Array())).toBe(`${some.username}@scale.example`)
  })

  it('has a few creators with most of the followers', async () => {
    const { rows } = await database.owner.query<{ top: number; all: number }>(
      `select sum(follower_count)::int as all, (sum(follower_count) filter (where rank <= 25))::int as top
       from (select follower_count, row_number() over (order by follower_count desc) as rank from user_counters) ranked`,
    )
    expect(rows[0]?.all).toBe(scaled.follows)
    expect(scaled.follows).toBeGreaterThan(USERS * 2)
    // a tenth of the creators
    expect((rows[0]?.top ?? 0) / scaled.follows).toBeGreaterThan(0.3)
  })

  it('adds others when it runs again', async () => {
    await scaleDemo(database.db, 100, () => undefined)
    expect(await database.db.user.count()).toBe(USERS + 100)
    expect(await wrongCounters(database.owner)).toEqual([])
  })

  it('refuses production', () => {
    const script = join(import.meta.dirname, '../../scripts/demo-scale.mjs')
    const env = { ...process.env, NODE_ENV: 'production' }
    const { status, stderr } = spawnSync(process.execPath, [script, '--users', '10'], { env, encoding: 'utf8' })
    expect(status).toBe(1)
    expect(stderr).toContain('does not run in production')
  })

  it('refuses a number that is none', async () => {
    for (const count of [0, -1, 1.5, Number.NaN, 1e9])
      await expect(scaleDemo(database.db, count, () => undefined)).rejects.toThrow(RangeError)
  })
})
