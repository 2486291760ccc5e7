import { randomBytes } from 'node:crypto'
import { transaction } from '../lib/db.js'
import type { Db, Tx } from '../lib/db.js'
import { KEY_BYTES } from '../lib/key-file.js'
import { SealError } from './envelope.js'
import { masterKeys, newestMasterKey, setHashKey, unwrap, wrap } from './keyring.js'
import type { MasterKey } from './keyring.js'
import {
  hasUserKeys,
  insertKeyCheck,
  listKeyChecks,
  listMasterKeyIds,
  lockKeyChecks,
  updateKeyCheck,
} from './queries.js'

/** The configured keys are not those that the database was written under. */
export class KeysRefused extends Error {
  override readonly name = 'KeysRefused'
}

/** Checks are wrapped like data keys; they stand under an id of their own instead of a key's. */
const NIL = '00000000-0000-0000-0000-000000000000'
const PREFIX = 'master:'
const HASH_KEY = 'hash:1'

/** The name of a master key's check. */
export const checkIdOf = (masterKeyId: string): string => `${PREFIX}${masterKeyId}`

/**
 * Compares the configured master keys with the database, and loads the key of its hashes. The first process to come writes
 * the check; of several with different keys, one wins and the others are refused.
 * @throws KeysRefused when a key is another one under the same name, when none of them wrote this database, or when one that is still needed is missing
 */
export async function verifyKeys(db: Db): Promise<void> {
  const origin = { db, actorId: null, sessionId: null, requestId: 'verify-keys' }
  setHashKey(
    await transaction(origin, async (tx) => {
      await lockKeyChecks(tx)
      const checks = new Map((await listKeyChecks(tx)).map(({ keyId, probe }) => [keyId, probe]))
      await verifyMasterKeys(tx, checks)
      return await hashKeyOf(tx, checks)
    }),
  )
}

async function verifyMasterKeys(tx: Tx, checks: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const ring = masterKeys()
  const known = ring.filter(({ id }) => checks.has(checkIdOf(id)))
  const impostor = known.find((key) => !isProven(key, checks))
  if (impostor)
    throw new KeysRefused(
      `MASTER_KEYS: the key "${impostor.id}" is not the one of that name which this database was written under.`,
    )
  if (known.length === 0 && (checks.size > 0 || (await hasUserKeys(tx))))
    throw new KeysRefused(`MASTER_KEYS: this database was written under other keys (${namesOf(checks)}).`)
  const needed = [...namesIn(checks.keys()), ...(await listMasterKeyIds(tx))]
  const missing = needed.find((id) => !ring.some((key) => key.id === id))
  if (missing !== undefined)
    throw new KeysRefused(
      `MASTER_KEYS: the key "${missing}" is missing; it is needed until the rotation away from it is done.`,
    )
  await writeCheck(tx, checks)
}

/** Only the newest key encrypts, so only it needs a check: an old one without it left nothing behind. */
async function writeCheck(tx: Tx, checks: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const newest = newestMasterKey()
  const keyId = checkIdOf(newest.id)
  if (!checks.has(keyId)) await insertKeyCheck(tx, { keyId, probe: wrap(newest, NIL, [keyId], Buffer.from(keyId)) })
}

const isProven = (key: MasterKey, checks: ReadonlyMap<string, Uint8Array>): boolean =>
  unwrapCheck(key, checkIdOf(key.id), checks) !== null

function unwrapCheck(key: MasterKey, keyId: string, checks: ReadonlyMap<string, Uint8Array>): Buffer | null {
  const probe = checks.get(keyId)
  if (!probe) return null
  try {
    return unwrap(key, [keyId], probe)
  } catch (error) {
    if (error instanceof SealError) return null
    throw error
  }
}

/** The master keys that have checks, by their ids. */
export const namesIn = (keyIds: Iterable<string>): string[] =>
  [...keyIds].filter((keyId) => keyId.startsWith(PREFIX)).map((keyId) => keyId.slice(PREFIX.length))

const namesOf = (checks: ReadonlyMap<string, Uint8Array>): string =>
  namesIn(checks.keys()).join(', ') || 'their names are lost'

/** The key of hashes: made with the database, and kept for as long as it lives, because what it hashed is gone. */
async function hashKeyOf(tx: Tx, checks: ReadonlyMap<string, Uint8Array>): Promise<Buffer> {
  if (checks.has(HASH_KEY)) return openHashKey(checks)
  const key = randomBytes(KEY_BYTES)
  await insertKeyCheck(tx, { keyId: HASH_KEY, probe: wrap(newestMasterKey(), NIL, [HASH_KEY], key) })
  return key
}

function openHashKey(checks: ReadonlyMap<string, Uint8Array>): Buffer {
  for (const master of masterKeys()) {
    const key = unwrapCheck(master, HASH_KEY, checks)
    if (key) return key
  }
  throw new KeysRefused('MASTER_KEYS: none of the keys opens the key of hashes in key_checks.')
}

/** Wraps the key of hashes with the newest master key. */
export async function rewrapHashKey(tx: Tx): Promise<void> {
  const checks = new Map((await listKeyChecks(tx)).map(({ keyId, probe }) => [keyId, probe]))
  await updateKeyCheck(tx, { keyId: HASH_KEY, probe: wrap(newestMasterKey(), NIL, [HASH_KEY], openHashKey(checks)) })
}
