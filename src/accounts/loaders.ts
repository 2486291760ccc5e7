import DataLoader from 'dataloader'
import { openFields } from '../keys/keys.js'
import type { FieldRef } from '../keys/types.js'
import type { Db } from '../lib/db.js'
import { listAgeVerifications, listAgeVerificationsById } from './age-queries.js'
import { listProfiles } from './profile-queries.js'
import { listAccountsById, listRelations, listUsersById } from './queries.js'
import type { AccountRow, AgeVerificationRow, ProfileRow, Relation, UserRow } from './types.js'

/** Attempts shown of one person. */
export const MAX_AGE_VERIFICATIONS = 10

/** An encrypted field and its bytes. */
export interface SealedKey {
  readonly ref: FieldRef
  readonly bytes: Uint8Array
}

/** Whose relation to whom. */
export interface RelationKey {
  readonly viewerId: string
  readonly userId: string
}

const cacheKeyOf = ({ viewerId, userId }: RelationKey): string => `${viewerId} ${userId}`
const sealedKeyOf = ({ ref }: SealedKey): string => `${ref.table} ${ref.column} ${ref.rowId}`

/** Loaders for one request or one event. */
export const makeAccountsLoaders = (db: Db) => ({
  /** A person by id, whatever became of them: what others see of it is the resolvers' to decide. */
  user: new DataLoader<string, UserRow | null>((ids) => inOrder(ids, listUsersById(db, ids), ({ id }) => id)),
  /** The private side of an account by id: for its owner and staff. */
  account: new DataLoader<string, AccountRow | null>((ids) => inOrder(ids, listAccountsById(db, ids), ({ id }) => id)),
  /** The profile in force by its person's id: nothing in it was left out for anybody. */
  profile: new DataLoader<string, ProfileRow | null>((ids) => inOrder(ids, listProfiles(db, ids), ({ userId }) => userId)),
  /** Whether a viewer follows somebody, and has a live subscription to them. */
  relation: new DataLoader<RelationKey, Pick<Relation, 'follows' | 'subscribes'>, string>((keys) => loadRelations(db, keys), {
    cacheKeyFn: cacheKeyOf,
  }),
  /** The text of an encrypted field. */
  sealed: new DataLoader<SealedKey, string, string>(
    (keys) => openFields(db, keys),
    { cacheKeyFn: sealedKeyOf },
  ),
  /** A person's newest age verifications, the newest first. */
  ageVerifications: new DataLoader<string, AgeVerificationRow[]>(async (userIds) => {
    const rows = await listAgeVerifications(db, userIds, MAX_AGE_VERIFICATIONS)
    return userIds.map((id) => rows.filter(({ userId }) => userId === id))
  }),
  /** An age verification by id, whoever it belongs to. */
  ageVerification: new DataLoader<string, AgeVerificationRow | null>((ids) =>
    inOrder(ids, listAgeVerificationsById(db, ids), ({ id }) => id),
  ),
})

export type AccountsLoaders = ReturnType<typeof makeAccountsLoaders>

async function inOrder<Row>(ids: readonly string[], found: Promise<Row[]>, idOf: (row: Row) => string): Promise<(Row | null)[]> {
  const rows = new Map((await found).map((row) => [idOf(row), row]))
  return ids.map((id) => rows.get(id) ?? null)
}

/** One statement per viewer; a request has one. */
async function loadRelations(db: Db, keys: readonly RelationKey[]): Promise<Pick<Relation, 'follows' | 'subscribes'>[]> {
  const found = new Map<string, Pick<Relation, 'follows' | 'subscribes'>>()
  for (const viewerId of new Set(keys.map((key) => key.viewerId))) {
    const userIds = keys.filter((key) => key.viewerId === viewerId).map(({ userId }) => userId)
    for (const { id, ...relation } of await listRelations(db, viewerId, userIds)) found.set(cacheKeyOf({ viewerId, userId: id }), relation)
  }
  return keys.map((key) => found.get(cacheKeyOf(key)) ?? { follows: false, subscribes: false })
}
