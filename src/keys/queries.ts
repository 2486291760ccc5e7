import type { Db, Tx } from '../lib/db.js'
import { keyIdOf } from './envelope.js'
import type { SEALED_COLUMNS, FieldRef, RotationKind, SealedField } from './types.js'

/** A data key as stored. */
export interface UserKeyRow {
  readonly id: string
  readonly userId: string
  readonly generation: number
  readonly wrappedKey: Uint8Array | null
  readonly masterKeyId: string
}

/** A key check as stored. */
export interface KeyCheckRow {
  readonly keyId: string
  readonly probe: Uint8Array
}

/** The key that encrypts a person's fields now; null when there is none, or it is destroyed. */
export async function findActiveKey(db: Db, userId: string): Promise<UserKeyRow | null> {
  const [row] = await db.sql<UserKeyRow>`/* keys.active */
    select id::text, user_id::text as "userId", generation, wrapped_key as "wrappedKey", master_key_id as "masterKeyId"
    from user_keys
    where user_id = ${userId}::uuid and retired_at is null and destroyed_at is null`
  return row ?? null
}

/** The keys with these ids, whatever their state; those that do not exist are absent. */
export const listKeys = (db: Db, ids: readonly string[]): Promise<UserKeyRow[]> =>
  db.sql<UserKeyRow>`/* keys.byId */
    select id::text, user_id::text as "userId", generation, wrapped_key as "wrappedKey", master_key_id as "masterKeyId"
    from user_keys
    where id = any(${ids}::uuid[])`

/** Writes a person's next key and retires the one before it. */
export async function insertUserKey(tx: Tx, key: Omit<UserKeyRow, 'generation'>): Promise<void> {
  await tx.sql`/* keys.retire */
    update user_keys set retired_at = app_now()
    where user_id = ${key.userId}::uuid and retired_at is null and destroyed_at is null`
  await tx.sql`/* keys.insert */
    insert into user_keys (id, user_id, generation, wrapped_key, master_key_id)
    select ${key.id}::uuid, ${key.userId}::uuid, coalesce(max(generation), 0) + 1, ${key.wrappedKey}::bytea, ${key.masterKeyId}
    from user_keys
    where user_id = ${key.userId}::uuid`
}

/** Writes the first keys of people who have none. */
export async function insertFirstKeys(tx: Tx, keys: readonly Omit<UserKeyRow, 'generation'>[]): Promise<void> {
  await tx.sql`/* keys.insertFirst */
    insert into user_keys (id, user_id, generation, wrapped_key, master_key_id)
    select new.id, new.user_id, 1, new.wrapped_key, new.master_key_id
    from unnest(
      ${keys.map(({ id }) => id)}::uuid[],
      ${keys.map(({ userId }) => userId)}::uuid[],
      ${keys.map(({ wrappedKey }) => wrappedKey)}::bytea[],
      ${keys.map(({ masterKeyId }) => masterKeyId)}::text[]
    ) as new (id, user_id, wrapped_key, master_key_id)`
}

/** Destroys all keys of a person; returns their ids. Nothing encrypted under them can be read again. */
export const destroyKeys = (tx: Tx, userId: string, now: Date): Promise<{ id: string }[]> =>
  tx.sql<{ id: string }>`/* keys.destroy */
    update user_keys set wrapped_key = null, destroyed_at = ${now}::timestamptz
    where user_id = ${userId}::uuid and destroyed_at is null
    returning id::text`

/** Holds every process that compares keys with this database until the transaction ends. */
export async function lockKeyChecks(tx: Tx): Promise<void> {
  await tx.sql`/* keys.lock */ select pg_advisory_xact_lock(hashtext('key_checks'))::text`
}

export const listKeyChecks = (db: Db): Promise<KeyCheckRow[]> =>
  db.sql<KeyCheckRow>`/* keys.checks */ select key_id as "keyId", probe from key_checks`

export async function insertKeyCheck(tx: Tx, { keyId, probe }: KeyCheckRow): Promise<void> {
  await tx.sql`/* keys.insertCheck */ insert into key_checks (key_id, probe) values (${keyId}, ${probe}::bytea)`
}

export async function updateKeyCheck(tx: Tx, { keyId, probe }: KeyCheckRow): Promise<void> {
  await tx.sql`/* keys.updateCheck */ update key_checks set probe = ${probe}::bytea where key_id = ${keyId}`
}

export async function deleteKeyCheck(tx: Tx, keyId: string): Promise<void> {
  await tx.sql`/* keys.deleteCheck */ delete from key_checks where key_id = ${keyId}`
}

/** Whether the database was ever written to by people: then an empty set of checks means that it is not ours. */
export async function hasUserKeys(db: Db): Promise<boolean> {
  const [row] = await db.sql<{ has: boolean }>`/* keys.any */ select exists (select from user_keys) as has`
  return row?.has ?? false
}

/** The master keys that wrap at least one data key. */
export async function listMasterKeyIds(db: Db): Promise<string[]> {
  const rows = await db.sql<{ id: string }>`/* keys.mastersInUse */
    with recursive used as (
      (select master_key_id from user_keys where wrapped_key is not null order by master_key_id limit 1)
      union all
      select (
        select k.master_key_id from user_keys k
        where k.wrapped_key is not null and k.master_key_id > used.master_key_id
        order by k.master_key_id limit 1
      )
      from used
      where used.master_key_id is not null
    )
    select master_key_id as id from used where master_key_id is not null`
  return rows.map(({ id }) => id)
}

/** A rotation as stored. */
export interface RotationRow {
  readonly id: string
  readonly kind: RotationKind
  readonly fromKey: string
  readonly toKey: string
  readonly cursor: string | null
  readonly startedAt: Date
}

/** Begins a rotation, or opens a finished one again; one that is under way stays as it is. */
export async function openRotation(
  tx: Tx,
  kind: RotationKind,
  fromKey: string,
  toKey: string,
  now: Date,
): Promise<void> {
  await tx.sql`/* keys.openRotation */
    insert into key_rotations (kind, from_key, to_key, started_at)
    values (${kind.toLowerCase()}::key_rotation_kind, ${fromKey}, ${toKey}, ${now}::timestamptz)
    on conflict (kind, from_key, to_key) do update
      set started_at = excluded.started_at, finished_at = null, cursor = null, done_count = 0
      where key_rotations.finished_at is not null`
}

export async function listOpenRotationIds(db: Db): Promise<string[]> {
  const rows = await db.sql<{ id: string }>`/* keys.openRotations */
    select id::text from key_rotations where finished_at is null order by started_at, id`
  return rows.map(({ id }) => id)
}

/** The rotation, locked against a second worker; null when it is finished. */
export async function lockOpenRotation(tx: Tx, id: string): Promise<RotationRow | null> {
  const [row] = await tx.sql<RotationRow>`/* keys.lockRotation */
    select id::text, upper(kind::text) as kind, from_key as "fromKey", to_key as "toKey", cursor, started_at as "startedAt"
    from key_rotations where id = ${id}::uuid and finished_at is null for update`
  return row ?? null
}

export async function advanceRotation(tx: Tx, id: string, cursor: string, done: number): Promise<void> {
  await tx.sql`/* keys.advance */
    update key_rotations set cursor = ${cursor}, done_count = done_count + ${done}::int where id = ${id}::uuid`
}

export async function finishRotation(tx: Tx, id: string, now: Date): Promise<void> {
  await tx.sql`/* keys.finish */ update key_rotations set finished_at = ${now}::timestamptz where id = ${id}::uuid`
}

/** Whether a rotation away from this master key is still under way. */
export async function isLeavingMasterKey(db: Db, masterKeyId: string): Promise<boolean> {
  const [row] = await db.sql<{ is: boolean }>`/* keys.leaving */
    select exists (
      select from key_rotations
      where from_key = ${masterKeyId} and kind in ('master', 'blind_index') and finished_at is null
    ) as is`
  return row?.is ?? false
}

/** Data keys that a master key wraps, locked, in order of id. */
export const listKeysUnderMaster = (tx: Tx, masterKeyId: string, limit: number): Promise<UserKeyRow[]> =>
  tx.sql<UserKeyRow>`/* keys.underMaster */
    select id::text, user_id::text as "userId", generation, wrapped_key as "wrappedKey", master_key_id as "masterKeyId"
    from user_keys
    where master_key_id = ${masterKeyId} and wrapped_key is not null
    order by id limit ${limit}
    for update`

export async function updateWrapping(
  tx: Tx,
  rows: readonly Omit<UserKeyRow, 'generation' | 'userId'>[],
): Promise<void> {
  await tx.sql`/* keys.rewrap */
    update user_keys set wrapped_key = new.wrapped_key, master_key_id = new.master_key_id
    from unnest(
      ${rows.map(({ id }) => id)}::uuid[],
      ${rows.map(({ wrappedKey }) => wrappedKey)}::bytea[],
      ${rows.map(({ masterKeyId }) => masterKeyId)}::text[]
    ) as new (id, wrapped_key, master_key_id)
    where user_keys.id = new.id`
}

/** An account whose blind index is under another key than the newest. */
export interface IndexedEmail {
  readonly id: string
  readonly email: Uint8Array
}

export const listStaleEmailIndexes = (
  tx: Tx,
  version: number,
  afterId: string,
  limit: number,
): Promise<IndexedEmail[]> =>
  tx.sql<IndexedEmail>`/* keys.staleIndexes */
    select id::text, email from users
    where id > ${afterId}::uuid and email_index_version <> ${version}::int and email is not null
    order by id limit ${limit}
    for update`

export async function updateEmailIndexes(
  tx: Tx,
  rows: readonly { id: string; index: Uint8Array }[],
  version: number,
): Promise<void> {
  await tx.sql`/* keys.reindex */
    update users set email_index = new.email_index, email_index_version = ${version}::int
    from unnest(${rows.map(({ id }) => id)}::uuid[], ${rows.map(({ index }) => index)}::bytea[]) as new (id, email_index)
    where users.id = new.id`
}

/** People who have data keys, in order of id. */
export async function listKeyHolders(db: Db, afterId: string, limit: number): Promise<string[]> {
  const rows = await db.sql<{ id: string }>`/* keys.holders */
    select distinct user_id::text as id, user_id from user_keys
    where user_id > ${afterId}::uuid and destroyed_at is null
    order by user_id limit ${limit}`
  return rows.map(({ id }) => id)
}

/** Of these people, those whose active key is older than `before`. */
export async function listHoldersOfOldKeys(tx: Tx, userIds: readonly string[], before: Date): Promise<string[]> {
  const rows = await tx.sql<{ id: string }>`/* keys.oldHolders */
    select user_id::text as id from user_keys
    where user_id = any(${userIds}::uuid[]) and retired_at is null and destroyed_at is null and created_at < ${before}::timestamptz
    order by user_id
    for update`
  return rows.map(({ id }) => id)
}

/** Destroys what was retired before `before`. */
export async function destroyRetiredKeys(tx: Tx, userIds: readonly string[], before: Date, now: Date): Promise<void> {
  await tx.sql`/* keys.destroyRetired */
    update user_keys set wrapped_key = null, destroyed_at = ${now}::timestamptz
    where user_id = any(${userIds}::uuid[]) and destroyed_at is null and retired_at < ${before}::timestamptz`
}

interface Rewritable {
  findMany(args: object): Promise<Record<string, unknown>[]>
  updateMany(args: object): Promise<{ count: number }>
}

/** The Prisma model of each table that has encrypted columns. */
const modelsOf = (tx: Tx) =>
  ({
    users: tx.user,
    user_profiles: tx.userProfile,
    user_sessions: tx.userSession,
    one_time_tokens: tx.oneTimeToken,
    totp_credentials: tx.totpCredential,
    payout_accounts: tx.payoutAccount,
    webhook_endpoints: tx.webhookEndpoint,
    gifts: tx.gift,
  }) as unknown as Record<FieldRef['table'], Rewritable>

const camel = (column: string): string => column.replace(/_(.)/g, (_all, letter: string) => letter.toUpperCase())

/** Every encrypted field of these people in one column. */
export async function listSealedFields(
  tx: Tx,
  { table, column, owner }: (typeof SEALED_COLUMNS)[number],
  userIds: readonly string[],
): Promise<SealedField[]> {
  const field = camel(column)
  const rows = await modelsOf(tx)[table].findMany({
    where: { [camel(owner)]: { in: userIds } },
    select: { id: true, [camel(owner)]: true, [field]: true },
  })
  return rows.flatMap((row) => {
    const ref = { table, column, userId: row[camel(owner)], rowId: row['id'] } as FieldRef
    const bytes = row[field]
    return bytes instanceof Uint8Array ? [{ ref, bytes }] : []
  })
}

/** Replaces a ciphertext, unless somebody has written another one meanwhile. */
export async function replaceSealedField(tx: Tx, { ref, bytes }: SealedField, sealed: Uint8Array): Promise<void> {
  const field = camel(ref.column)
  const keyId = ref.table === 'users' ? { emailKeyId: keyIdOf(sealed) } : {}
  await modelsOf(tx)[ref.table].updateMany({
    where: { id: ref.rowId, [field]: bytes },
    data: { [field]: sealed, ...keyId },
  })
}
