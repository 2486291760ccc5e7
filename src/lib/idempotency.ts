import assert from 'node:assert'
import { createHash } from 'node:crypto'
import { DAY_MS, addMs, machineNow } from './clock.js'
import { databaseNow, isInPast } from './db.js'
import type { Db, Tx } from './db.js'
import { AppError } from './errors.js'

/** How long an answer is kept for a retry. */
export const IDEMPOTENCY_KEEP_MS = 7 * DAY_MS
const MAX_KEY_LENGTH = 200

/** Ids from which a payload can be made again; no secret and no personal datum. */
export type Answer = Readonly<Record<string, string | number | boolean | null>>

/** What one call is: who, which mutation, under which key, asking what. */
export interface IdempotentCall {
  /** The person's id, or for strangers a hash of what identifies them. */
  readonly scope: string
  readonly mutation: string
  /** From the client; without one nothing is remembered. */
  readonly key: string | null | undefined
  /** The input without the key; secrets in it only as keyed hashes. */
  readonly request: unknown
}

/** A verb's answer, and whether it was given before. */
export interface Remembered<A extends Answer> {
  readonly answer: A
  readonly replayed: boolean
}

/**
 * Runs `work` once per scope, mutation and key, in its transaction: a retry gets the stored answer, a second call at
 * the same time waits for the first. Nothing is stored when `work` fails.
 * @throws CONFLICT idempotency_mismatch when the key was used for another request
 */
export async function idempotently<A extends Answer>(
  tx: Tx,
  call: IdempotentCall,
  now: Date,
  work: () => Promise<A>,
): Promise<Remembered<A>> {
  if (call.key === null || call.key === undefined) return { answer: await work(), replayed: false }
  checkedKey(call.key)
  const requestHash = hashOf(call)
  const id = await claim(tx, call, requestHash, now)
  if (id === null) return { answer: await storedAnswer<A>(tx, call, requestHash), replayed: true }
  const answer = await work()
  await tx.sql`/* idempotency.finish */
    update idempotency_records set state = 'done', answer = ${{ json: answer }}::jsonb, finished_at = ${now}::timestamptz where id = ${id}::uuid`
  return { answer, replayed: false }
}

/**
 * What a call under this key was answered before; null where there was none. For verbs that ask somebody outside before their
 * transaction.
 * @throws INVALID invalid_input; CONFLICT idempotency_mismatch when the key was used for another request
 */
export async function rememberedAnswer<A extends Answer>(
  db: Db,
  call: IdempotentCall & { readonly key: string },
): Promise<A | null> {
  checkedKey(call.key)
  const record = await findRecord<A>(db, call)
  if (!record || record.expiresAt <= (await databaseNow(db))) return null
  return answerOf(record, hashOf(call))
}

/** A key as a client may choose it. @throws INVALID invalid_input */
export function checkedKey(key: string): string {
  if (key.length > 0 && key.length <= MAX_KEY_LENGTH) return key
  throw new AppError('INVALID', 'invalid_input', `An idempotency key has 1 to ${String(MAX_KEY_LENGTH)} characters.`, {
    path: ['input', 'idempotencyKey'],
  })
}

/** Inserts the record, or takes over an expired one; waits for a concurrent holder. Null when it is somebody's already. */
async function claim(tx: Tx, call: IdempotentCall, requestHash: Buffer, now: Date): Promise<string | null> {
  // a past that is played may have to be played on after a crash
  const expiresAt = addMs(isInPast(tx) ? machineNow() : now, IDEMPOTENCY_KEEP_MS)
  const [row] = await tx.sql<{ id: string }>`/* idempotency.claim */
    insert into idempotency_records (scope, mutation, key, request_hash, state, created_at, expires_at)
    values (${call.scope}, ${call.mutation}, ${call.key ?? null}, ${requestHash}, 'in_flight', ${now}::timestamptz, ${expiresAt}::timestamptz)
    on conflict (scope, mutation, key) do update
      set request_hash = excluded.request_hash, state = 'in_flight', answer = null, finished_at = null,
        created_at = excluded.created_at, expires_at = excluded.expires_at
      where idempotency_records.expires_at <= ${now}::timestamptz
    returning id::text`
  return row?.id ?? null
}

async function storedAnswer<A extends Answer>(tx: Tx, call: IdempotentCall, requestHash: Buffer): Promise<A> {
  const record = await findRecord<A>(tx, call)
  assert(record, 'the conflicting record is there')
  return answerOf(record, requestHash)
}

interface StoredRecord<A extends Answer> {
  readonly requestHash: Uint8Array
  readonly answer: A | null
  readonly expiresAt: Date
}

async function findRecord<A extends Answer>(db: Db, call: IdempotentCall): Promise<StoredRecord<A> | undefined> {
  const [row] = await db.sql<StoredRecord<A>>`/* idempotency.stored */
    select request_hash as "requestHash", answer, expires_at as "expiresAt" from idempotency_records
    where scope = ${call.scope} and mutation = ${call.mutation} and key = ${call.key ?? null}`
  return row
}

function answerOf<A extends Answer>(record: StoredRecord<A>, requestHash: Buffer): A {
  if (!requestHash.equals(record.requestHash))
    throw new AppError('CONFLICT', 'idempotency_mismatch', 'This idempotency key was used for another request.', {
      path: ['input', 'idempotencyKey'],
    })
  if (!record.answer) throw new AppError('CONFLICT', 'in_progress', 'The first call under this key is still running.')
  return record.answer
}

const hashOf = ({ request }: IdempotentCall): Buffer => createHash('sha256').update(canonical(request)).digest()

/** JSON with sorted keys, so that equal requests hash alike. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === 'bigint') return inner.toString()
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
