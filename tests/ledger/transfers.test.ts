import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { insertPosting } from '../../src/ledger/queries.js'
import type { Line } from '../../src/ledger/types.js'
import { transaction, violatesCheck } from '../../src/lib/db.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { ledgerProblems } from '../support/ledger.js'

const ACCOUNTS = 10
const WORKERS = 16
const TRANSFERS = 500
const START = 1_000n

let database: TestDatabase
let owners: string[]
let posted = 0
beforeAll(async () => {
  database = await testDatabase({ poolSize: WORKERS })
  const { rows } = await database.owner.query<{ id: string }>(
    `insert into users (username, display_name, email, email_index)
     select 'payee.' || n, 'Payee', '\\x00', decode(md5(n::text) || md5(n::text), 'hex') from generate_series(1, $1::int) n
     returning id`,
    [ACCOUNTS],
  )
  owners = rows.map(({ id }) => id)
  for (const ownerId of owners)
    await post([
      { kind: 'CREATOR_AVAILABLE', ownerId, amountMinor: START },
      { kind: 'PROCESSOR_CLEARING', ownerId: null, amountMinor: -START },
    ])
})
afterAll(() => database.drop())

const post = (lines: Line[]): Promise<void> =>
  transaction({ db: database.db, actorId: null, sessionId: null, requestId: 'test' }, (tx, now) =>
    insertPosting(
      tx,
      { kind: 'ADJUSTMENT', reference: `test:${String((posted += 1))}`, transactionId: null, currency: 'EUR', lines },
      now,
    ),
  )

/** Moves something from one to one or two others; false where it was not there to move. */
async function moveSome(): Promise<boolean> {
  const amount = BigInt(randomInt(1, 700))
  const [from, ...to] = [...owners].sort(() => randomInt(3) - 1).slice(0, randomInt(2, 4))
  const share = amount / BigInt(to.length)
  const lines: Line[] = to.map((ownerId) => ({ kind: 'CREATOR_AVAILABLE', ownerId, amountMinor: share }))
  const total = share * BigInt(to.length)
  if (total === 0n) return true
  try {
    await post([...lines, { kind: 'CREATOR_AVAILABLE', ownerId: from!, amountMinor: -total }])
    return true
  } catch (error) {
    if (violatesCheck(error, 'ledger_accounts_not_overdrawn')) return false
    throw error
  }
}

const deadlocks = async (): Promise<number> => {
  const { rows } = await database.owner.query<{ n: string }>(
    `select deadlocks as n from pg_stat_database where datname = current_database()`,
  )
  return Number(rows[0]!.n)
}

describe('five hundred transfers among ten accounts by sixteen at once', () => {
  it('wait for each other in one order, lose nothing, and overdraw nobody', async () => {
    const before = await deadlocks()
    let left = TRANSFERS
    const outcomes: boolean[] = []
    const work = async (): Promise<void> => {
      while (left > 0) {
        left -= 1
        outcomes.push(await moveSome())
      }
    }
    await Promise.all(Array.from({ length: WORKERS }, work))
    expect(outcomes).toHaveLength(TRANSFERS)
    expect(outcomes.filter(Boolean).length).toBeGreaterThan(TRANSFERS / 4)
    expect(await deadlocks()).toBe(before)
    const { rows } = await database.owner.query<{ sum: string; least: string }>(
      `select sum(balance_minor) as sum, min(balance_minor) as least from ledger_accounts where kind = 'creator_available'`,
    )
    expect(BigInt(rows[0]!.sum)).toBe(START * BigInt(ACCOUNTS))
    expect(BigInt(rows[0]!.least)).toBeGreaterThanOrEqual(0n)
    expect(await ledgerProblems(database)).toEqual([])
  })
})
