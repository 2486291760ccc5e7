import { afterAll, beforeEach, expect, it, vi } from 'vitest'
import { keyedHash, KeysRefused, openKeyring, verifyKeys } from '../../src/keys/keys.js'
import { testDatabase } from '../support/database.js'
import type { TestDatabase } from '../support/database.js'
import { masterKey } from './person.js'

const open: TestDatabase[] = []
let database: TestDatabase
beforeEach(async () => {
  database = await testDatabase()
  open.push(database)
})
afterAll(async () => {
  for (const each of open) await each.drop()
})

const start = async (...keys: Parameters<typeof openKeyring>[0]) => {
  openKeyring(keys)
  await verifyKeys(database.db)
}

it('accepts the keys that a database was written under, again and again', async () => {
  const key = masterKey('one')
  await start(key)
  const hash = keyedHash('ip', '192.0.2.1')
  await start(key)
  expect(keyedHash('ip', '192.0.2.1')).toEqual(hash)
  expect(keyedHash('username', '192.0.2.1')).not.toEqual(hash)
})

it('refuses another key, whatever its name, and says which is wrong', async () => {
  await start(masterKey('one'))
  await expect(start(masterKey('two'))).rejects.toThrow(/written under other keys \(one\)/)
  await expect(start(masterKey('one'))).rejects.toThrow(/"one" is not the one of that name/)
})

it('takes a new key beside the old one, and then does not let the old one go', async () => {
  const [one, two] = [masterKey('one'), masterKey('two')]
  await start(one)
  await start(two, one)
  await expect(start(two)).rejects.toThrow(/"one" is missing/)
  await expect(start(one)).rejects.toThrow(/"two" is missing/)
})

it('lets one of several processes with different keys win, and refuses the others', async () => {
  const processes = []
  for (const id of ['a', 'b', 'c', 'd']) {
    // a keyring is one per process: a fresh copy of the module stands for another process
    vi.resetModules()
    const keys = await import('../../src/keys/keys.js')
    keys.openKeyring([masterKey(id)])
    processes.push(keys)
  }
  const outcomes = await Promise.allSettled(processes.map((keys) => keys.verifyKeys(database.db)))
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  const { rows } = await database.owner.query('select key_id from key_checks order by key_id')
  expect(rows).toEqual([{ key_id: 'hash:1' }, { key_id: expect.stringMatching(/^master:[abcd]$/) as string }])
})

it('refuses a database with people and no check', async () => {
  await start(masterKey('one'))
  const { person } = await import('./person.js')
  await person({ db: database.db, actorId: null, sessionId: null, requestId: 'request-1' }, 'somebody@example.com')
  await database.owner.query('delete from key_checks')
  await expect(start(masterKey('two'))).rejects.toBeInstanceOf(KeysRefused)
})
