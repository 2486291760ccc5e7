import DataLoader from 'dataloader'
import { openFields } from '../keys/keys.js'
import type { SealedField } from '../keys/types.js'
import type { Db } from '../lib/db.js'
import { makeIdLoader, makeRowLoader } from '../lib/row-loader.js'
import { listAgeVerifications, listAgeVerificationsById } from './age-queries.js'
import { listBonds } from './bond-queries.js'
import { listProfiles } from './profile-queries.js'
import { listAccountsById, listCounts, listUsersById } from './queries.js'
import type { AccountRow, AgeVerificationRow, Bonds, ProfileRow, UserCounts, UserRow } from './types.js'

/** Attempts shown of one person. */
export const MAX_AGE_VERIFICATIONS = 10

const NO_BONDS: Bonds = { follows: false, subscribes: false, blocks: false, isBlocked: false, mutes: false }
const NO_COUNTS: UserCounts = {
  followerCount: 0,
  followingCount: 0,
  subscriberCount: 0,
}

/** Whose relation to whom. */
export interface RelationKey {
  readonly viewerId: string
  readonly userId: string
}

const relationKeyOf = ({ viewerId, userId }: RelationKey): string => `${viewerId} ${userId}`
/** With the ciphertext itself, so that a field that was written meanwhile is another one. */
const sealedKeyOf = ({ ref, bytes }: SealedField): string =>
  `${ref.table} ${ref.column} ${ref.rowId} ${Buffer.from(bytes).toString('base64')}`

/** What a request reads of people, each once. */
export interface AccountsLoaders {
  /** A person by id, whatever became of them: what others see of it is the resolvers' to decide. */
  readonly user: DataLoader<string, UserRow | null>
  /** The private side of an account by id: for its owner and staff. */
  readonly account: DataLoader<string, AccountRow | null>
  /** The profile in force by its person's id: nothing in it was left out for anybody. */
  readonly profile: DataLoader<string, ProfileRow | null>
  /** What stands between a viewer and somebody: the one place that a request reads it from. */
  readonly relation: DataLoader<RelationKey, Bonds, string>
  /** The numbers beside a person, by their id. */
  readonly counts: DataLoader<string, UserCounts>
  /** The text of an encrypted field. */
  readonly sealed: DataLoader<SealedField, string, string>
  /** A person's newest age verifications, the newest first. */
  readonly ageVerifications: DataLoader<string, AgeVerificationRow[]>
  /** An age verification by id, whoever it belongs to. */
  readonly ageVerification: DataLoader<string, AgeVerificationRow | null>
}

/** Loaders for one request or one event. */
export const makeAccountsLoaders = (db: Db): AccountsLoaders => ({
  user: makeIdLoader((ids) => listUsersById(db, ids)),
  account: makeIdLoader((ids) => listAccountsById(db, ids)),
  profile: makeRowLoader(
    (ids) => listProfiles(db, ids),
    ({ userId }) => userId,
  ),
  relation: new DataLoader((keys) => loadRelations(db, keys), { cacheKeyFn: relationKeyOf }),
  counts: new DataLoader(async (ids) => {
    const counts = new Map((await listCounts(db, ids)).map((row) => [row.id, row]))
    return ids.map((id) => counts.get(id) ?? NO_COUNTS)
  }),
  sealed: new DataLoader<SealedField, string, string>((fields) => openFields(db, fields), { cacheKeyFn: sealedKeyOf }),
  ageVerifications: new DataLoader(async (userIds) => {
    const rows = await listAgeVerifications(db, userIds, MAX_AGE_VERIFICATIONS)
    return userIds.map((id) => rows.filter(({ userId }) => userId === id))
  }),
  ageVerification: makeIdLoader((ids) => listAgeVerificationsById(db, ids)),
})

/** One statement per viewer; a request has one. */
async function loadRelations(db: Db, keys: readonly RelationKey[]): Promise<Bonds[]> {
  const found = new Map<string, Bonds>()
  for (const viewerId of new Set(keys.map((key) => key.viewerId))) {
    const userIds = keys.filter((key) => key.viewerId === viewerId).map(({ userId }) => userId)
    for (const { id, ...bonds } of await listBonds(db, viewerId, userIds))
      found.set(relationKeyOf({ viewerId, userId: id }), bonds)
  }
  return keys.map((key) => found.get(relationKeyOf(key)) ?? NO_BONDS)
}
