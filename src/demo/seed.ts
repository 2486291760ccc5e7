import { setTimeout as sleep } from 'node:timers/promises'
import { record } from '../audit/audit.js'
import { newUserKeys } from '../keys/keys.js'
import { DAY_MS, MINUTE_MS, monotonicMs } from '../lib/clock.js'
import { transaction, violatesUnique } from '../lib/db.js'
import type { Db, Tx } from '../lib/db.js'
import { hashPassword } from '../sessions/sessions.js'
import type { Password } from '../sessions/types.js'
import { NOTICE_MONTHS, toNoticeRows } from './notices.js'
import {
  hasUser,
  insertAccounts,
  insertFollows,
  insertNotices,
  insertUsers,
  lockSeeding,
  makePastPartitions,
} from './queries.js'
import { toPeopleRows } from './rows.js'
import { ADMIN_ID, SIGN_INS, demoFollows, demoPeople } from './world.js'

/** The password of everybody in the demo world. */
export const DEMO_PASSWORD = 'demo-Passw0rd!'

/** Who can sign in, as the start prints it. */
export const DEMO_SIGN_INS = SIGN_INS.map(({ email, accountType }) => ({ email, accountType }))

/** How long a process waits for another that is seeding. */
const WAIT_MS = MINUTE_MS
const RETRY_MS = 100

/**
 * Fills a database with the demo world, once: people, whom they follow and what they were told, the same on every machine
 * but for the day it is made. One transaction, so a crash leaves nothing behind and the next start begins again; of
 * processes that start at once, one does it and the others wait. Needs the keys to be verified.
 * Answers whether it was done now.
 * @throws Error when another process holds the seeding for over a minute, or somebody else has one of the names
 */
export async function seedDemo(db: Db): Promise<boolean> {
  if (await hasUser(db, ADMIN_ID)) return false
  // taken as checked: the list of leaked ones, which the check reads, would stay in the server's memory
  const passwordHash = await hashPassword(DEMO_PASSWORD as Password)
  const origin = { db, actorId: null, sessionId: null, requestId: 'demo-seed' }
  const deadlineMs = monotonicMs() + WAIT_MS
  while (monotonicMs() < deadlineMs) {
    const outcome = await transaction(origin, (tx, now) => seedOnce(tx, passwordHash, now))
    if (outcome !== 'busy') return outcome === 'seeded'
    await sleep(RETRY_MS)
  }
  throw new Error('The demo world is being made by another process, which does not finish.')
}

async function seedOnce(tx: Tx, passwordHash: string, now: Date): Promise<'busy' | 'seeded' | 'known'> {
  if (!(await lockSeeding(tx))) return 'busy'
  if (await hasUser(tx, ADMIN_ID)) return 'known'
  const today = new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS)
  await makePastPartitions(tx, NOTICE_MONTHS)
  const people = demoPeople(today)
  const keys = newUserKeys(people.map(({ id }) => id))
  const rows = toPeopleRows(people, keys, passwordHash)
  await insertUsers(tx, rows).catch(refuseNamesakes)
  await keys.store(tx)
  await insertAccounts(tx, rows)
  await insertFollows(tx, demoFollows(people, today))
  await insertNotices(tx, toNoticeRows(people, today))
  await recordSeeding(tx, people.length, now)
  return 'seeded'
}

function refuseNamesakes(error: unknown): never {
  if (!violatesUnique(error, 'idx_users_username') && !violatesUnique(error, 'idx_users_email')) throw error
  throw new Error(
    'DEMO: somebody in this database is called like one of the demo world. Turn DEMO off, or use another database.',
  )
}

/** The world is given, not changed: one row tells of all of it. */
const recordSeeding = (tx: Tx, people: number, now: Date): Promise<void> =>
  record(
    tx,
    {
      action: 'demo.seeded',
      category: 'ADMINISTRATIVE',
      severity: 'MEDIUM',
      subject: { table: 'users', id: ADMIN_ID },
      after: { people },
      description: 'Filled the database with the demo world.',
    },
    now,
  )
