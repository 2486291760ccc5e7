import assert from 'node:assert'
import { createHmac, hkdfSync } from 'node:crypto'
import type { KeyMaterial } from '../lib/key-file.js'
import { KEY_BYTES } from '../lib/key-file.js'
import { open, seal } from './envelope.js'

/** Master keys have names, envelopes want 16 bytes: the id bound into what a master key wraps is the wrapped row's own. */
export interface MasterKey {
  readonly id: string
  readonly wrappingKey: Buffer
  /** Tells index keys apart in `email_index_version`: 15 bits, never 0. */
  readonly indexVersion: number
  readonly secret: Buffer
}

let ring: readonly MasterKey[] = []
let hashKey: Buffer | null = null

/** Replaces the ring. The hash key has to be loaded again: it belongs to a database. */
export function setRing(masterKeys: readonly KeyMaterial[]): void {
  assert(masterKeys.length > 0, 'a keyring needs a master key')
  ring = masterKeys.map(toMasterKey)
  hashKey = null
  assert(new Set(ring.map(({ id }) => id)).size === ring.length, 'two master keys have one id')
  if (new Set(ring.map(({ indexVersion }) => indexVersion)).size < ring.length)
    throw new Error(
      'MASTER_KEYS: two of the keys cannot stand in one ring (their index versions are equal): make another',
    )
}

/** All master keys, the newest first. */
export function masterKeys(): readonly MasterKey[] {
  assert(ring.length > 0, 'the keyring is not open: call openKeyring first')
  return ring
}

/** The key that encrypts from now on. */
export function newestMasterKey(): MasterKey {
  const [newest] = masterKeys()
  assert(newest)
  return newest
}

/** The master key with this id, or undefined when it is not configured. */
export const findMasterKey = (id: string): MasterKey | undefined => masterKeys().find((key) => key.id === id)

/** Encrypts a key under a master key, bound to the row it stands in. */
export const wrap = (
  master: MasterKey,
  rowId: string,
  place: readonly string[],
  key: Uint8Array,
): Buffer<ArrayBuffer> => seal(master.wrappingKey, rowId, ['master', master.id, ...place], key)

/** @throws SealError broken when it was wrapped under another key, or altered */
export const unwrap = (master: MasterKey, place: readonly string[], wrapped: Uint8Array): Buffer =>
  open(master.wrappingKey, ['master', master.id, ...place], wrapped)

/** A key that serves one purpose only, from a master key's secret (HKDF-SHA-256, RFC 5869). */
export const derive = (secret: Uint8Array, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', `creator-platform/1/${purpose}`, KEY_BYTES))

export const setHashKey = (key: Buffer): void => {
  hashKey = key
}

/** The key of hashes that must outlive rotations; one per database, itself wrapped by a master key. */
export function currentHashKey(): Buffer {
  assert(hashKey, 'the keys were not compared with the database: call verifyKeys first')
  return hashKey
}

/** HMAC-SHA-256 of `text`. */
export const hmac = (key: Uint8Array, text: string): Buffer<ArrayBuffer> =>
  createHmac('sha256', key).update(text).digest()

const MAX_INDEX_VERSION = 0x7fff

function toMasterKey({ id, secret }: KeyMaterial): MasterKey {
  assert(secret.length === KEY_BYTES, `master key ${id} has not ${String(KEY_BYTES)} bytes`)
  const indexVersion = (derive(secret, 'index-version').readUInt16BE() % MAX_INDEX_VERSION) + 1
  return { id, secret, indexVersion, wrappingKey: derive(secret, 'wrap') }
}
