import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  blindIndexes,
  normaliseEmail,
  openField,
  openKeyring,
  sealField,
  startDataRotation,
  verifyKeys,
} from '../../src/keys/keys.js'
import { jobs } from '../../src/keys/jobs.js'
import { RESUME_ROTATIONS, ROTATE_KEYS } from '../../src/keys/types.js'
import { transaction } from '../../src/lib/db.js'
import type { Db, Origin } from '../../src/lib/db.js'
import type { JobServices } from '../../src/lib/jobs.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { masterKey, person } from './person.js'

const PEOPLE = 30
const one = masterKey('one')
const two = masterKey('two')
let database: TestDatabase
let origin: Origin
let services: JobServices
const userIds: string[] = []
beforeAll(async () => {
  database = await testDatabase()
  origin = { db: database.db, actorId: null, sessionId: null, requestId: 'request-1' }
  services = { db: database.db, mailer: { send: () => Promise.resolve(), close: () => undefined } }
  openKeyring([one])
  await verifyKeys(database.db)
  for (let n = 0; n < PEOPLE; n += 1) userIds.push(await person(origin, `person${String(n)}@example.com`))
})
afterAll(() => database.drop())

const perform = (name: string, payload: object, over: JobServices = services) =>
  jobs.find((job) => job.name === name)?.run(payload, over, '1')
const openRotations = async () =>
  (await database.owner.query<{ id: string }>('select id from key_rotations where finished_at is null order by kind'))
    .rows
const performAll = async (over: JobServices = services) => {
  for (const { id } of await openRotations()) await perform(ROTATE_KEYS, { rotationId: id }, over)
}

async function readAll(): Promise<void> {
  for (const [n, userId] of userIds.entries()) {
    const address = `person${String(n)}@example.com`
    const indexes = blindIndexes('users.email', normaliseEmail(address))
    const [row] = await database.db.sql<{ id: string; email: Uint8Array }>`/* test.find */
      select id::text, email from users where email_index = any(${indexes.map((index) => Buffer.from(index))}::bytea[])`
    expect(row?.id).toBe(userId)
    const ref = { table: 'users', column: 'email', userId, rowId: userId } as const
    expect(await openField(database.db, ref, row?.email ?? new Uint8Array())).toBe(address)
  }
}

/** Ends as a killed process would: in the middle of a transaction, which is rolled back. */
function dyingAfter(batches: number): JobServices {
  let begun = 0
  const transact: Db['transact'] = (work, options) =>
    database.db.transact!(async (client) => {
      const result = await work(client)
      begun += 1
      if (begun > batches) throw new Error('killed')
      return result
    }, options)
  const db = Object.create(database.db, { transact: { value: transact } }) as Db
  return { ...services, db }
}

it('moves everything to a new master key while everybody reads, and lets the old one go', async () => {
  openKeyring([two, one])
  await verifyKeys(database.db)
  await readAll()
  await perform(RESUME_ROTATIONS, {})
  for (const { id } of await openRotations()) {
    await expect(perform(ROTATE_KEYS, { rotationId: id }, dyingAfter(0))).rejects.toThrow('killed')
    await readAll()
    await expect(perform(ROTATE_KEYS, { rotationId: id }, dyingAfter(1))).rejects.toThrow('killed')
    await readAll()
  }
  await performAll()
  expect(await openRotations()).toEqual([])
  openKeyring([two])
  await verifyKeys(database.db)
  await readAll()
})

it('starts nothing when nothing is to be done', async () => {
  await perform(RESUME_ROTATIONS, {})
  expect(await openRotations()).toEqual([])
})

it('gives everybody a new data key, and destroys the old ones once nobody can hold them', async () => {
  const [userId = ''] = userIds
  const late = {
    table: 'user_profiles',
    column: 'phone',
    userId,
    rowId: '00000000-0000-4000-8000-00000000000a',
  } as const
  await transaction(origin, (tx) =>
    tx.userProfile.create({ data: { id: late.rowId, userId, revision: 1, phone: null } }).then(() => undefined),
  )
  await sealField(database.db, late, 'warms the cache')
  await transaction(origin, (tx, now) => startDataRotation(tx, now))
  const [rotation = { id: '' }] = await openRotations()
  await expect(perform(ROTATE_KEYS, { rotationId: rotation.id }, dyingAfter(1))).rejects.toThrow('killed')
  await perform(ROTATE_KEYS, { rotationId: rotation.id })
  await readAll()
  const retired = () =>
    database.owner.query('select from user_keys where retired_at is not null and destroyed_at is null')
  expect((await retired()).rowCount).toBe(PEOPLE)

  // a process that cached the old key goes on encrypting under it for a while
  await database.db.userProfile.update({
    where: { id: late.rowId },
    data: { phone: await sealField(database.db, late, '+4915112345678') },
  })

  await database.setClock(6 * 60_000)
  await perform(ROTATE_KEYS, { rotationId: rotation.id })
  expect(await openRotations()).toEqual([])
  expect((await retired()).rowCount).toBe(0)
  openKeyring([two])
  await verifyKeys(database.db)
  await readAll()
  const { phone } = await database.db.userProfile.findUniqueOrThrow({ where: { id: late.rowId } })
  expect(await openField(database.db, late, phone ?? new Uint8Array())).toBe('+4915112345678')
})
