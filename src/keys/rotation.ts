import { addMs, MINUTE_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { enqueue } from '../lib/jobs.js'
import { normaliseEmail } from './blind-index.js'
import { attempt, makeDataKey, rewrapped, unwrapped } from './data-keys.js'
import type { DataKey } from './data-keys.js'
import { keyIdOf } from './envelope.js'
import { openFields, sealUnder } from './fields.js'
import { derive, hmac, newestMasterKey } from './keyring.js'
import {
  advanceRotation,
  deleteKeyCheck,
  destroyRetiredKeys,
  findActiveKey,
  finishRotation,
  insertUserKey,
  isLeavingMasterKey,
  listHoldersOfOldKeys,
  listKeyChecks,
  listKeyHolders,
  listKeysUnderMaster,
  listMasterKeyIds,
  listOpenRotationIds,
  listSealedFields,
  listStaleEmailIndexes,
  lockOpenRotation,
  openRotation,
  replaceSealedField,
  updateEmailIndexes,
  updateWrapping,
} from './queries.js'
import type { RotationRow } from './queries.js'
import { ROTATE_KEYS, SEALED_COLUMNS } from './types.js'
import type { SealedField } from './types.js'
import { checkIdOf, namesIn, rewrapHashKey } from './verify.js'

const KEYS_PER_BATCH = 500
const INDEXES_PER_BATCH = 200
const PEOPLE_PER_BATCH = 10
/** Longer than another process can go on encrypting under a key that it has cached. */
const RETIREMENT_MS = 5 * MINUTE_MS
const FIRST = '00000000-0000-0000-0000-000000000000'

/** How far a rotation has come: kept with it, and written in the transaction of each batch. */
interface Progress {
  readonly pass: number
  readonly afterId: string
  /** Rows changed in this pass; a pass that changes none is the last. */
  readonly changed: number
  readonly notBefore?: string
}

const START: Progress = { pass: 1, afterId: FIRST, changed: 0 }

interface Batch {
  readonly done: number
  /** Null when the rotation is done. */
  readonly progress: Progress | null
}

/** Opens the rotations that the ring calls for, and enqueues every open one. Idempotent. */
export async function resumeOpenRotations(origin: Origin): Promise<void> {
  await transaction(origin, async (tx, now) => {
    const newest = newestMasterKey().id
    const checked = namesIn((await listKeyChecks(tx)).map(({ keyId }) => keyId))
    const old = new Set([...checked, ...(await listMasterKeyIds(tx))].filter((id) => id !== newest))
    for (const id of old) {
      await openRotation(tx, 'MASTER', id, newest, now)
      await openRotation(tx, 'BLIND_INDEX', id, newest, now)
    }
    for (const rotationId of await listOpenRotationIds(tx)) await enqueueRotation(tx, rotationId)
  })
}

/** Gives everybody a new data key and encrypts every field again; returns at once, a job does it. */
export async function startDataRotation(tx: Tx, now: Date): Promise<void> {
  await openRotation(tx, 'DATA', 'data', 'data', now)
  for (const rotationId of await listOpenRotationIds(tx)) await enqueueRotation(tx, rotationId)
}

const enqueueRotation = (tx: Tx, rotationId: string, runAt?: Date): Promise<void> =>
  enqueue(tx, ROTATE_KEYS, { rotationId }, { key: `keys:${rotationId}`, ...(runAt && { runAt }) })

/** Carries a rotation to its end, or to where it has to wait; every batch is one transaction, so a crash loses none. */
export async function runRotation(origin: Origin, rotationId: string): Promise<void> {
  while (await transaction(origin, (tx, now) => rotateBatch(tx, rotationId, now)));
}

/** Answers whether more can be done now. */
async function rotateBatch(tx: Tx, rotationId: string, now: Date): Promise<boolean> {
  const rotation = await lockOpenRotation(tx, rotationId)
  if (!rotation) return false
  const progress = rotation.cursor === null ? START : (JSON.parse(rotation.cursor) as Progress)
  if (progress.notBefore && now < new Date(progress.notBefore)) {
    await enqueueRotation(tx, rotationId, new Date(progress.notBefore))
    return false
  }
  const batch = await runBatch[rotation.kind](tx, rotation, progress, now)
  if (batch.progress) await advanceRotation(tx, rotation.id, JSON.stringify(batch.progress), batch.done)
  else await finish(tx, rotation, now)
  return batch.progress !== null
}

async function finish(tx: Tx, rotation: RotationRow, now: Date): Promise<void> {
  await finishRotation(tx, rotation.id, now)
  if (rotation.kind === 'MASTER') await rewrapHashKey(tx)
  // from now on the database opens without the old master key
  if (rotation.kind !== 'DATA' && !(await isLeavingMasterKey(tx, rotation.fromKey)))
    await deleteKeyCheck(tx, checkIdOf(rotation.fromKey))
}

const runBatch = { MASTER: rewrapBatch, BLIND_INDEX: reindexBatch, DATA: reencryptBatch } as const

/** The predicate is the progress: a row that is done no longer names the old key. */
async function rewrapBatch(tx: Tx, { fromKey }: RotationRow, progress: Progress): Promise<Batch> {
  const rows = await listKeysUnderMaster(tx, fromKey, KEYS_PER_BATCH)
  if (rows.length === 0) return { done: 0, progress: null }
  await updateWrapping(
    tx,
    rows.map((row) => ({ id: row.id, ...rewrapped(unwrapped(row)) })),
  )
  return { done: rows.length, progress }
}

async function reindexBatch(tx: Tx, _rotation: RotationRow, progress: Progress): Promise<Batch> {
  const { indexVersion, secret } = newestMasterKey()
  const rows = await listStaleEmailIndexes(tx, indexVersion, progress.afterId, INDEXES_PER_BATCH)
  const last = rows.at(-1)
  if (!last) return { done: 0, progress: nextPass(progress) }
  const key = derive(secret, 'index:users.email')
  const fields = rows.map(({ id, email }): SealedField => ({
    ref: { table: 'users', column: 'email', userId: id, rowId: id },
    bytes: email,
  }))
  const texts = await openFields(tx, fields)
  const renewed = fields.flatMap(({ ref }, index) => {
    const text = texts[index]
    return typeof text === 'string' ? [{ id: ref.userId, index: hmac(key, normaliseEmail(text)) }] : []
  })
  await updateEmailIndexes(tx, renewed, indexVersion)
  return {
    done: renewed.length,
    progress: { ...progress, afterId: last.id, changed: progress.changed + renewed.length },
  }
}

/** Passes repeat until one finds nothing: a process with the old ring may have written behind the first. */
const nextPass = ({ pass, changed }: Progress): Progress | null => (changed > 0 ? { ...START, pass: pass + 1 } : null)

/**
 * The first pass gives everybody a new key and encrypts under it; the second, when nobody can have the old ones cached any
 * more, encrypts what was still written under them and destroys them.
 */
async function reencryptBatch(tx: Tx, rotation: RotationRow, progress: Progress, now: Date): Promise<Batch> {
  const userIds = await listKeyHolders(tx, progress.afterId, PEOPLE_PER_BATCH)
  const lastId = userIds.at(-1)
  if (lastId === undefined)
    return {
      done: 0,
      progress: progress.pass > 1 ? null : { ...START, pass: 2, notBefore: addMs(now, RETIREMENT_MS).toISOString() },
    }
  for (const userId of await listHoldersOfOldKeys(tx, userIds, rotation.startedAt))
    await insertUserKey(tx, makeDataKey(userId).row)
  const { done, failedIds } = await reencrypt(tx, userIds)
  const destroyable = userIds.filter((id) => !failedIds.has(id))
  if (progress.pass > 1) await destroyRetiredKeys(tx, destroyable, addMs(now, -RETIREMENT_MS), now)
  return { done, progress: { pass: progress.pass, afterId: lastId, changed: progress.changed + done } }
}

/** Encrypts again whatever of these people is not under their active key. */
async function reencrypt(tx: Tx, userIds: readonly string[]): Promise<{ done: number; failedIds: Set<string> }> {
  const keys = await activeKeys(tx, userIds)
  const failedIds = new Set<string>()
  let done = 0
  for (const column of SEALED_COLUMNS) {
    const stale = (await listSealedFields(tx, column, userIds)).filter(
      ({ ref, bytes }) => attempt(() => keyIdOf(bytes)) !== keys.get(ref.userId)?.id,
    )
    const texts = await openFields(tx, stale)
    for (const [index, field] of stale.entries()) {
      const text = texts[index]
      const key = keys.get(field.ref.userId)
      if (typeof text !== 'string' || !key) failedIds.add(field.ref.userId)
      else await replaceSealedField(tx, field, sealUnder(key, field.ref, text))
    }
    done += stale.length
  }
  return { done, failedIds }
}

/** Read past the cache, which must not learn of keys that are not committed yet. */
async function activeKeys(tx: Tx, userIds: readonly string[]): Promise<Map<string, DataKey>> {
  const keys = new Map<string, DataKey>()
  for (const userId of userIds) {
    const row = await findActiveKey(tx, userId)
    if (row) keys.set(userId, unwrapped(row))
  }
  return keys
}
