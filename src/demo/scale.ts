import { randomUUID } from 'node:crypto'
import { record } from '../audit/audit.js'
import { blindIndexes, blindIndexVersion, newUserKeys, normaliseEmail } from '../keys/keys.js'
import type { NewUserKey } from '../keys/keys.js'
import { SECOND_MS, monotonicMs } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Db, Origin } from '../lib/db.js'
import { insertScaleAccounts, insertScaleFollows, insertScaleUsers, scaleId } from './scale-queries.js'
import type { ScaleUser, Slice } from './scale-queries.js'
import { FAMILY_NAMES, GIVEN_NAMES } from './words.js'

/** People one transaction writes, so that every statement stays far below its timeout. */
const BATCH = 2_000
const MAX_USERS = 5_000_000
const RUN_LENGTH = 6

/** What was made, and how long it took. */
export interface Scaled {
  readonly users: number
  readonly follows: number
  readonly seconds: number
}

/**
 * Adds `count` people to a database, for measurements: every tenth a creator, each with a profile and an address that is
 * encrypted under a key of their own, and with follows that a few creators have most of. None of them can sign in. A second
 * run adds others. Needs the keys to be verified. What a crash leaves is sound: every batch is a transaction.
 * @throws RangeError when `count` is not a whole number from 1 to 5,000,000
 */
export async function scaleDemo(db: Db, count: number, tell: (line: string) => void): Promise<Scaled> {
  if (!Number.isInteger(count) || count < 1 || count > MAX_USERS)
    throw new RangeError(`--users takes a whole number from 1 to ${MAX_USERS.toLocaleString('en')}`)
  const origin = { db, actorId: null, sessionId: null, requestId: 'demo-scale' }
  const run = randomUUID().slice(0, RUN_LENGTH)
  const slices = toSlices(run, count)
  const startedMs = monotonicMs()
  const seconds = (): number => (monotonicMs() - startedMs) / SECOND_MS
  const report = (what: string, { to }: Slice): void => {
    tell(`${what} ${String(to).padStart(9)} of ${String(count)}  ${seconds().toFixed(1)} s`)
  }
  for (const slice of slices) {
    await makePeople(origin, slice)
    report('people with profiles', slice)
  }
  let follows = 0
  for (const slice of slices) {
    follows += await transaction(origin, (tx, now) => insertScaleFollows(tx, slice, count, now))
    report('follows of people   ', slice)
  }
  await recordScaling(origin, { users: count, follows, firstId: scaleId(run, 0) })
  return { users: count, follows, seconds: seconds() }
}

const toSlices = (run: string, count: number): Slice[] =>
  Array.from({ length: Math.ceil(count / BATCH) }, (_none, index) => ({
    run,
    from: index * BATCH,
    to: Math.min(count, (index + 1) * BATCH),
  }))

async function makePeople(origin: Origin, slice: Slice): Promise<void> {
  const numbers = Array.from({ length: slice.to - slice.from }, (_none, index) => slice.from + index)
  const ids = numbers.map((number) => scaleId(slice.run, number))
  const keys = newUserKeys(ids)
  const people = ids.map((id, index) => toPerson(id, slice.run, slice.from + index, keys.of(id)))
  await transaction(origin, async (tx, now) => {
    await insertScaleUsers(tx, slice, people, blindIndexVersion(), now)
    await keys.store(tx)
    await insertScaleAccounts(tx, ids)
  })
}

function toPerson(id: string, run: string, number: number, key: NewUserKey): ScaleUser {
  const username = `${run}_${number.toString(36)}`
  const email = `${username}@scale.example`
  const [emailIndex] = blindIndexes('users.email', normaliseEmail(email))
  return {
    id,
    username,
    displayName: `${GIVEN_NAMES[number % GIVEN_NAMES.length] ?? ''} ${FAMILY_NAMES[number % FAMILY_NAMES.length] ?? ''}`,
    email: key.seal({ table: 'users', column: 'email', rowId: id }, email),
    emailIndex: emailIndex ?? new Uint8Array(),
    emailKeyId: key.id,
  }
}

/** What is made up was not done by anybody: one row tells of all of it. */
const recordScaling = (
  origin: Origin,
  { users, follows, firstId }: { users: number; follows: number; firstId: string },
): Promise<void> =>
  transaction(origin, (tx, now) =>
    record(
      tx,
      {
        action: 'demo.scaled',
        category: 'ADMINISTRATIVE',
        severity: 'MEDIUM',
        subject: { table: 'users', id: firstId },
        after: { users, follows },
        description: 'Added made-up people for measurements.',
      },
      now,
    ),
  )
