import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { record } from '../audit/audit.js'
import { keyedHash, openField, sealField } from '../keys/keys.js'
import type { FieldRef } from '../keys/types.js'
import type { Tx } from '../lib/db.js'
import { DAY_MS, HOUR_MS, SECOND_MS } from '../lib/clock.js'
import { AppError } from '../lib/errors.js'
import type { RateLimit } from '../lib/rate.js'
import type { Viewer } from '../lib/viewer.js'
import { emitChange, holdActor } from './changes.js'
import { foldedUsername, usernameTaken } from './names.js'
import type { ProfileChange } from './profile-input.js'
import { ADULT_YEARS, yearsSince } from './profile-view.js'
import { getCurrentProfile, insertProfile } from './profile-queries.js'
import type { StoredProfile } from './profile-queries.js'
import { isUsernameReserved, reserveUsername, updateUser } from './queries.js'
import type { HeldUser } from './queries.js'
import { isAgeVerifiedAt } from './standing.js'
import { ACCOUNT_CHANGED } from './types.js'
import type { SealedField } from './types.js'

/** Every change is a version that is kept. */
export const PROFILE_CHANGES: RateLimit = { name: 'profile.account', points: 60, windowSeconds: HOUR_MS / SECOND_MS }
/** Every name given up stays nobody's. */
export const RENAMES: RateLimit = { name: 'rename.account', points: 5, windowSeconds: (30 * DAY_MS) / SECOND_MS }

/** The columns of a profile that are encrypted, and so must be encrypted again in every version. */
const COLUMNS = {
  characteristics: 'characteristics',
  demographics: 'demographics',
  birthDate: 'birth_date',
  legalName: 'legal_name',
  phone: 'phone',
  city: 'city',
  preciseLocation: 'precise_location',
} as const satisfies Record<SealedField, string>
const SEALED = Object.keys(COLUMNS) as SealedField[]

/**
 * Puts a new version of the person's profile, and of their names, in force; the version before is kept. What `change`
 * does not name stays. A change that changes nothing makes no version. Audited, without its text.
 * @throws CONFLICT version_conflict with `currentVersion`, username_taken; INVALID underage of somebody who was verified to be
 * an adult
 */
export async function updateProfile(tx: Tx, { userId }: Viewer, change: ProfileChange, now: Date): Promise<void> {
  const user = await holdActor(tx, userId, now)
  const current = await getCurrentProfile(tx, userId)
  checkVersion(change, current)
  checkAge(user, change, now)
  const next = await withChange(tx, current, change)
  const names = changedNames(user, change)
  const fields = changedFields(current, next)
  if (fields.length === 0 && Object.keys(names).length === 0) return
  if (names.username !== undefined) await moveUsername(tx, user, names.username)
  await updateUser(tx, userId, names)
  await insertProfile(tx, {
    ...next.row,
    id: next.id,
    revision: current.revision + 1,
    changedById: userId,
    createdAt: now,
  })
  await recordUpdate(tx, { user, current, next, names, fields }, now)
  await emitChange(tx, userId, ACCOUNT_CHANGED, now)
}

/** The pictures of a profile. */
export type ProfilePicture = 'avatar' | 'banner'

/**
 * Puts a picture, or none, on the person's profile, as a version like every other change; answers the one that it replaces.
 * The file must be theirs and held. Audited.
 * @throws FORBIDDEN account_limited
 */
export async function setProfilePicture(
  tx: Tx,
  viewer: Viewer,
  { picture, mediaId }: { readonly picture: ProfilePicture; readonly mediaId: string | null },
  now: Date,
): Promise<string | null> {
  await holdActor(tx, viewer.userId, now)
  const { avatarMediaId, bannerMediaId } = await getCurrentProfile(tx, viewer.userId)
  const plain = picture === 'avatar' ? { avatarMediaId: mediaId } : { bannerMediaId: mediaId }
  await updateProfile(tx, viewer, { expectedVersion: null, username: null, displayName: null, plain, sealed: {} }, now)
  return picture === 'avatar' ? avatarMediaId : bannerMediaId
}

function checkVersion({ expectedVersion }: ProfileChange, { revision }: StoredProfile): void {
  if (expectedVersion === null || expectedVersion === revision) return
  throw new AppError('CONFLICT', 'version_conflict', 'The profile has changed: read it again.', {
    path: ['input', 'expectedVersion'],
    currentVersion: revision,
  })
}

/** Whoever was shown to be an adult was not born yesterday. */
function checkAge(user: HeldUser, { sealed: { birthDate } }: ProfileChange, now: Date): void {
  if (!isAgeVerifiedAt(user, now) || !birthDate || yearsSince(birthDate, now) >= ADULT_YEARS) return
  throw new AppError('INVALID', 'underage', 'You were verified to be an adult.', { path: ['input', 'birthDate'] })
}

/** A version that is about to be written: its encrypted fields are bound to its own id. */
interface NextProfile {
  readonly id: string
  readonly row: StoredProfile
  readonly texts: Readonly<Record<SealedField, string | null>>
  readonly before: Readonly<Record<SealedField, string | null>>
}

async function withChange(tx: Tx, current: StoredProfile, { plain, sealed }: ProfileChange): Promise<NextProfile> {
  const id = randomUUID()
  const before = {} as Record<SealedField, string | null>
  const texts = {} as Record<SealedField, string | null>
  const bytes: Partial<Record<SealedField, Uint8Array<ArrayBuffer> | null>> = {}
  for (const field of SEALED) {
    const ref = (rowId: string) =>
      ({ table: 'user_profiles', column: COLUMNS[field], userId: current.userId, rowId }) as FieldRef
    const old = current[field]
    before[field] = old ? await openField(tx, ref(current.id), old) : null
    texts[field] = sealed[field] === undefined ? before[field] : sealed[field]
    bytes[field] = texts[field] === null ? null : await sealField(tx, ref(id), texts[field])
  }
  return { id, row: { ...current, ...plain, ...bytes }, texts, before }
}

const VERSIONED = new Set(['id', 'revision', 'isCurrent', 'createdAt', 'changedById'])

/** The names of what differs; encrypted fields are compared as texts, because no two ciphertexts are alike. */
function changedFields(current: StoredProfile, { row, texts, before }: NextProfile): string[] {
  const isSealed = (field: string): field is SealedField => Object.hasOwn(COLUMNS, field)
  return Object.keys(row).filter((field) => {
    if (VERSIONED.has(field)) return false
    if (isSealed(field)) return texts[field] !== before[field]
    return !isDeepStrictEqual(row[field as keyof StoredProfile], current[field as keyof StoredProfile])
  })
}

type Names = Readonly<Partial<Record<'username' | 'displayName', string>>>

const changedNames = (user: HeldUser, { username, displayName }: ProfileChange): Names => ({
  ...(username !== null && username !== user.username && { username }),
  ...(displayName !== null && displayName !== user.displayName && { displayName }),
})

/** The name given up stays nobody's, so that links to it lead to nobody else. */
async function moveUsername(tx: Tx, user: HeldUser, username: string): Promise<void> {
  if (foldedUsername(username) === foldedUsername(user.username)) return
  if (await isUsernameReserved(tx, keyedHash('username', foldedUsername(username)))) throw usernameTaken()
  await reserveUsername(tx, keyedHash('username', foldedUsername(user.username)))
}

interface Update {
  readonly user: HeldUser
  readonly current: StoredProfile
  readonly next: NextProfile
  readonly names: Names
  readonly fields: readonly string[]
}

const recordUpdate = (tx: Tx, { user, current, next, names, fields }: Update, now: Date): Promise<void> => {
  const valuesOf = (row: StoredProfile, texts: NextProfile['texts']) =>
    Object.fromEntries(fields.map((field) => [field, ({ ...row, ...texts } as Record<string, unknown>)[field]]))
  const namesBefore = Object.fromEntries(Object.keys(names).map((name) => [name, user[name as keyof HeldUser]]))
  return record(
    tx,
    {
      action: 'profile.updated',
      category: 'ACCOUNT_CHANGE',
      severity: 'LOW',
      subject: { table: 'user_profiles', id: next.id },
      userId: user.id,
      before: { ...valuesOf(current, next.before), ...namesBefore },
      after: { ...valuesOf(next.row, next.texts), ...names },
      description: 'Changed their profile.',
    },
    now,
  )
}
