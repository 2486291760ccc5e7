import assert from 'node:assert'
import type { Tx } from '../lib/db.js'
import type { KeyMaterial } from '../lib/key-file.js'
import { clearCache, forgetUser, makeDataKey } from './data-keys.js'
import { sealUnder } from './fields.js'
import { currentHashKey, derive, hmac, setRing } from './keyring.js'
import { destroyKeys, insertFirstKeys, insertUserKey } from './queries.js'
import type { FieldPlace, HashPurpose } from './types.js'

export { blindIndexes, blindIndexVersion, normaliseEmail } from './blind-index.js'
export { keyIdOf, SealError } from './envelope.js'
export { openField, openFields, sealField, whenTampered } from './fields.js'
export { startDataRotation } from './rotation.js'
export { KeysRefused, verifyKeys } from './verify.js'

/**
 * Opens the process's keyring: the first key encrypts, all decrypt. Every process must know a key before it becomes the
 * first of any. Opening it again replaces it, and `verifyKeys` is due again.
 */
export function openKeyring(masterKeys: readonly KeyMaterial[]): void {
  setRing(masterKeys)
  clearCache()
}

/** A data key that is not stored yet: it encrypts the fields of a row that must exist before the key may. */
export interface NewUserKey {
  readonly id: string
  seal(place: FieldPlace, text: string): Uint8Array<ArrayBuffer>
  /** Stores the key, once the person's row is there; one they had only decrypts from now on. */
  store(tx: Tx): Promise<void>
}

/** Makes a person's data key in memory. */
export const newUserKey = (userId: string): NewUserKey => toNewKey(makeDataKey(userId))

const toNewKey = ({ dataKey, row }: ReturnType<typeof makeDataKey>): NewUserKey => ({
  id: dataKey.id,
  seal: (place, text) => sealUnder(dataKey, place, text),
  store: (tx) => insertUserKey(tx, row),
})

/** Data keys of many people, made in memory. */
export interface NewUserKeys {
  /** @throws Error when the person is not one of them */
  of(userId: string): NewUserKey
  /** Stores all of them by one statement, once the people's rows are there; none of them may have had a key. */
  store(tx: Tx): Promise<void>
}

/** Makes data keys for people who are written many at once. */
export function newUserKeys(userIds: readonly string[]): NewUserKeys {
  const made = new Map(userIds.map((userId) => [userId, makeDataKey(userId)]))
  return {
    of: (userId) => {
      const found = made.get(userId)
      assert(found, `no key was made for ${userId}`)
      return toNewKey(found)
    },
    store: (tx) =>
      insertFirstKeys(
        tx,
        [...made.values()].map(({ row }) => row),
      ),
  }
}

/**
 * Destroys a person's data keys: what is encrypted under them can never be read again. Other processes may read what they
 * have cached for another minute. Idempotent.
 */
export async function destroyUserKeys(tx: Tx, userId: string, now: Date): Promise<void> {
  const destroyed = await destroyKeys(tx, userId, now)
  forgetUser(
    userId,
    destroyed.map(({ id }) => id),
  )
}

/**
 * A keyed hash that stays the same through rotations, for what is compared but never read: addresses, names given up.
 * `verifyKeys` must have run.
 */
export const keyedHash = (purpose: HashPurpose, text: string): Uint8Array<ArrayBuffer> =>
  hmac(derive(currentHashKey(), purpose), text)
