import { spawn } from 'node:child_process'
import { randomInt, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  blindIndexes,
  blindIndexVersion,
  newUserKey,
  normaliseEmail,
  openFields,
  openKeyring,
  startDataRotation,
  verifyKeys,
} from '../../src/keys/keys.js'
import { jobs } from '../../src/keys/jobs.js'
import { RESUME_ROTATIONS } from '../../src/keys/types.js'
import { transaction } from '../../src/lib/db.js'
import type { Origin } from '../../src/lib/db.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { masterKey } from './person.js'

const PEOPLE = 1_000
const one = masterKey('one')
const two = masterKey('two')
let database: TestDatabase
let origin: Origin
const userIds = Array.from({ length: PEOPLE }, () => randomUUID())
const addressOf = (n: number) => `person${String(n)}@example.com`

beforeAll(async () => {
  database = await testDatabase()
  origin = { db: database.db, actorId: null, sessionId: null, requestId: 'request-1' }
  openKeyring([one])
  await verifyKeys(database.db)
  for (let from = 0; from < PEOPLE; from += 100)
    await transaction(origin, async (tx) => {
      for (const [at, id] of userIds.slice(from, from + 100).entries()) {
        const key = newUserKey(id)
        const address = addressOf(from + at)
        const [emailIndex = new Uint8Array()] = blindIndexes('users.email', normaliseEmail(address))
        const email = key.seal({ table: 'users', column: 'email', rowId: id }, address)
        const emailIndexVersion = blindIndexVersion()
        await tx.user.create({
          data: { id, username: `p${id.slice(0, 8)}`, displayName: 'P', email, emailIndex, emailIndexVersion },
        })
        await key.store(tx)
      }
    })
})
afterAll(() => database.drop())

async function checkEverybody(): Promise<void> {
  for (let from = 0; from < PEOPLE; from += 500) {
    const indexes = userIds
      .slice(from, from + 500)
      .flatMap((_id, at) => blindIndexes('users.email', normaliseEmail(addressOf(from + at))))
    const rows = await database.db.user.findMany({
      where: { emailIndex: { in: indexes } },
      select: { id: true, email: true },
    })
    const texts = await openFields(
      database.db,
      rows.map(({ id, email }) => ({
        ref: { table: 'users', column: 'email', userId: id, rowId: id },
        bytes: email ?? new Uint8Array(),
      })),
    )
    const found = new Map(rows.map(({ id }, at) => [id, texts[at]]))
    for (const [at, id] of userIds.slice(from, from + 500).entries()) expect(found.get(id)).toBe(addressOf(from + at))
  }
}

const openRotations = async () =>
  (
    await database.owner.query<{ id: string }>('select id from key_rotations where finished_at is null order by kind')
  ).rows.map(({ id }) => id)

/** Runs a process over the open rotations and kills it; answers whether it was done before. */
async function rotateAndKill(afterMs: number): Promise<boolean> {
  const keys = [two, one].map(({ id, secret }) => `${id}:${secret.toString('base64')}`).join(',')
  const file = join(import.meta.dirname, 'rotating-child.ts')
  const rotationIds = (await openRotations()).join(',')
  const child = spawn(process.execPath, ['--import', 'tsx', file, database.appUrl, keys, rotationIds], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  await Promise.race([once(child.stdout, 'data'), exited])
  await Promise.race([setTimeout(afterMs), exited])
  if (child.exitCode !== null) return true
  child.kill('SIGKILL')
  await exited
  return false
}

it('loses nobody to a process that is killed in the middle of a rotation, again and again', async () => {
  openKeyring([two, one])
  await verifyKeys(database.db)
  await jobs
    .find(({ name }) => name === RESUME_ROTATIONS)
    ?.run({}, { db: database.db, mailer: { send: () => Promise.resolve(), close: () => undefined } }, '1')
  await transaction(origin, (tx, now) => startDataRotation(tx, now))
  let kills = 0
  while (!(await rotateAndKill(randomInt(50, 3_000)))) {
    kills += 1
    await checkEverybody()
  }
  console.log(`killed ${String(kills)} times`)
  expect(kills).toBeGreaterThan(0)
  await database.setClock(10 * 60_000)
  while (!(await rotateAndKill(randomInt(50, 3_000)))) await checkEverybody()
  expect(await openRotations()).toEqual([])
  openKeyring([two])
  await verifyKeys(database.db)
  await checkEverybody()
})
