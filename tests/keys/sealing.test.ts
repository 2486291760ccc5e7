import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  blindIndexes,
  destroyUserKeys,
  newUserKey,
  normaliseEmail,
  openField,
  openKeyring,
  sealField,
  verifyKeys,
  whenTampered,
} from '../../src/keys/keys.js'
import type { FieldRef } from '../../src/keys/types.js'
import { countStatements, transaction } from '../../src/lib/db.js'
import type { Origin } from '../../src/lib/db.js'
import { configureLog } from '../../src/lib/log.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { masterKey, person } from './person.js'

let database: TestDatabase
let origin: Origin
const reports: FieldRef[] = []
beforeAll(async () => {
  configureLog('critical')
  database = await testDatabase()
  origin = { db: database.db, actorId: null, sessionId: null, requestId: 'request-1' }
  openKeyring([masterKey('one')])
  await verifyKeys(database.db)
  whenTampered((ref) => {
    reports.push(ref)
    return Promise.resolve()
  })
})
afterAll(() => database.drop())

const emailOf = (userId: string): FieldRef => ({ table: 'users', column: 'email', userId, rowId: userId })
const storedEmail = async (userId: string): Promise<Uint8Array> => {
  const { email } = await database.db.user.findUniqueOrThrow({ where: { id: userId }, select: { email: true } })
  return email ?? new Uint8Array()
}

it('gives back what was encrypted, and never the same bytes twice', async () => {
  const userId = await person(origin, 'Änne@example.com')
  expect(await openField(database.db, emailOf(userId), await storedEmail(userId))).toBe('Änne@example.com')
  const [one, two] = await Promise.all([
    sealField(database.db, emailOf(userId), 'a'),
    sealField(database.db, emailOf(userId), 'a'),
  ])
  expect(Buffer.from(one).equals(two)).toBe(false)
})

it('uses one statement for a key, and none while it is cached', async () => {
  const userId = await person(origin, 'cached@example.com')
  const sealed = await storedEmail(userId)
  const first = await countStatements(() => openField(database.db, emailOf(userId), sealed))
  const second = await countStatements(() => openField(database.db, emailOf(userId), sealed))
  expect([first.statements, second.statements]).toEqual([1, 0])
})

it('refuses every altered byte, and reports it', async () => {
  const userId = await person(origin, 'whole@example.com')
  const sealed = Buffer.from(await storedEmail(userId))
  for (let at = 0; at < sealed.length; at += 1) {
    const altered = Buffer.from(sealed)
    altered[at] = (altered[at] ?? 0) ^ 1
    reports.length = 0
    await expect(openField(database.db, emailOf(userId), altered)).rejects.toMatchObject({ name: 'SealError' })
    expect(reports).toEqual([emailOf(userId)])
  }
})

it("refuses another person's ciphertext, another row's and another column's", async () => {
  const [ann, bob] = [await person(origin, 'ann@example.com'), await person(origin, 'bob@example.com')]
  await expect(openField(database.db, emailOf(ann), await storedEmail(bob))).rejects.toMatchObject({ kind: 'broken' })
  const phone = (rowId: string) => ({ table: 'user_profiles', column: 'phone', userId: ann, rowId }) as const
  const sealed = await sealField(database.db, phone(ann), '+491')
  await expect(openField(database.db, phone(bob), sealed)).rejects.toMatchObject({ kind: 'broken' })
  await expect(openField(database.db, { ...phone(ann), column: 'legal_name' }, sealed)).rejects.toMatchObject({
    kind: 'broken',
  })
})

it('repeats no nonce in 100,000 encryptions under one key', () => {
  const key = newUserKey('00000000-0000-4000-8000-000000000001')
  const nonces = new Set<string>()
  for (let n = 0; n < 100_000; n += 1)
    nonces.add(Buffer.from(key.seal({ table: 'users', column: 'email', rowId: 'x' }, 'a')).toString('latin1', 17, 29))
  expect(nonces.size).toBe(100_000)
})

it('reads nothing any more once the keys are destroyed', async () => {
  const userId = await person(origin, 'gone@example.com')
  const sealed = await storedEmail(userId)
  await openField(database.db, emailOf(userId), sealed)
  await transaction(origin, (tx, now) => destroyUserKeys(tx, userId, now))
  await expect(openField(database.db, emailOf(userId), sealed)).rejects.toMatchObject({ kind: 'destroyed' })
  await expect(sealField(database.db, emailOf(userId), 'again')).rejects.toMatchObject({ kind: 'destroyed' })
})

it('finds the same address however it is typed, and keeps tags apart', () => {
  const index = (text: string) =>
    Buffer.from(blindIndexes('users.email', normaliseEmail(text))[0] ?? []).toString('hex')
  expect(index(' Ann@EXAMPLE.com ')).toBe(index('ann@example.com'))
  expect(index('ann@ＥＸＡＭＰＬＥ.com')).toBe(index('ann@example.com'))
  expect(normaliseEmail('Ann@Bücher.example')).toBe('ann@xn--bcher-kva.example')
  expect(index('ann+shop@example.com')).not.toBe(index('ann@example.com'))
  expect(index('ann@example.com')).not.toBe(createHash('sha256').update('ann@example.com').digest('hex'))
})
