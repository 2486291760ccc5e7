import { randomBytes, randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { MINUTE_MS } from '../lib/clock.js'
import type { Db } from '../lib/db.js'
import { KEY_BYTES } from '../lib/key-file.js'
import { SealError } from './envelope.js'
import { findMasterKey, newestMasterKey, unwrap, wrap } from './keyring.js'
import { findActiveKey, listKeys } from './queries.js'
import type { UserKeyRow } from './queries.js'

/** How long another process may still read what was erased here. */
export const CACHE_MS = MINUTE_MS
const MAX_CACHED = 10_000

/** A person's data key, unwrapped. */
export interface DataKey {
  readonly id: string
  readonly userId: string
  readonly key: Buffer
}

const byId = new LRUCache<string, DataKey>({ max: MAX_CACHED, ttl: CACHE_MS })
const activeByUser = new LRUCache<string, DataKey>({ max: MAX_CACHED, ttl: CACHE_MS })

/** Forgets every unwrapped key, as when the ring changes. */
export function clearCache(): void {
  byId.clear()
  activeByUser.clear()
}

/** Forgets one person's keys. */
export function forgetUser(userId: string, keyIds: readonly string[]): void {
  activeByUser.delete(userId)
  for (const id of keyIds) byId.delete(id)
}

/** Makes a data key in memory, and the row that keeps it. */
export function makeDataKey(userId: string): { dataKey: DataKey; row: Omit<UserKeyRow, 'generation'> } {
  const dataKey = { id: randomUUID(), userId, key: randomBytes(KEY_BYTES) }
  return { dataKey, row: { id: dataKey.id, userId, ...rewrapped(dataKey) } }
}

/** The data key as the newest master key wraps it. */
export function rewrapped(dataKey: DataKey): { wrappedKey: Buffer; masterKeyId: string } {
  const master = newestMasterKey()
  return { wrappedKey: wrap(master, dataKey.id, placeOf(dataKey.userId), dataKey.key), masterKeyId: master.id }
}

/** @throws SealError destroyed, unknown_key, broken */
export function unwrapped(row: UserKeyRow): DataKey {
  if (row.wrappedKey === null) throw new SealError('destroyed', `The data key ${row.id} was destroyed.`)
  const master = findMasterKey(row.masterKeyId)
  if (!master)
    throw new SealError(
      'unknown_key',
      `The data key ${row.id} needs the master key ${row.masterKeyId}, which is not configured.`,
    )
  return { id: row.id, userId: row.userId, key: unwrap(master, placeOf(row.userId), row.wrappedKey) }
}

const placeOf = (userId: string): readonly string[] => ['user_keys', userId]

/**
 * The key that encrypts a person's fields now.
 * @throws SealError destroyed when the person has none any more
 */
export async function activeKey(db: Db, userId: string): Promise<DataKey> {
  const known = activeByUser.get(userId)
  if (known) return known
  const row = await findActiveKey(db, userId)
  if (!row) throw new SealError('destroyed', `${userId} has no data key.`)
  const dataKey = unwrapped(row)
  // a transaction may see a key that is never committed
  if (!('origin' in db)) {
    activeByUser.set(userId, dataKey)
    byId.set(dataKey.id, dataKey)
  }
  return dataKey
}

/** The keys with these ids, by id, in one statement at most; what cannot be unwrapped is there as its error. */
export async function keysById(db: Db, ids: readonly string[]): Promise<Map<string, DataKey | SealError>> {
  const found = new Map<string, DataKey | SealError>()
  for (const id of ids) found.set(id, byId.get(id) ?? new SealError('unknown_key', `There is no data key ${id}.`))
  const missing = [...found].flatMap(([id, key]) => (key instanceof SealError ? [id] : []))
  if (missing.length === 0) return found
  for (const row of await listKeys(db, missing)) {
    const dataKey = attempt(() => unwrapped(row))
    if (!(dataKey instanceof SealError)) byId.set(row.id, dataKey)
    found.set(row.id, dataKey)
  }
  return found
}

/** What `work` answers, or the SealError it throws. */
export function attempt<T>(work: () => T): T | SealError {
  try {
    return work()
  } catch (error) {
    if (error instanceof SealError) return error
    throw error
  }
}
