import { randomBytes } from 'node:crypto'
import type { Prisma } from '../generated/prisma/client.js'
import { APPROVAL_MS } from '../accounts/accounts.js'
import { blindIndexes, blindIndexVersion, keyedHash, normaliseEmail } from '../keys/keys.js'
import type { NewUserKey, NewUserKeys } from '../keys/keys.js'
import { DAY_MS, addMs } from '../lib/clock.js'
import { demoId } from './random.js'
import { ADMIN_ID, MODERATOR_ID } from './world.js'
import type { DemoAgeCheck, DemoPerson, DemoSession } from './world.js'

/** As sessions have it: ended by disuse, and whatever happens. */
const IDLE_MS = 30 * DAY_MS
const ABSOLUTE_MS = 90 * DAY_MS
const COMES_BACK_MS = 30 * DAY_MS
const HASH_BYTES = 32

/** The tables of people, each with its rows. */
export interface PeopleRows {
  readonly users: Prisma.UserCreateManyInput[]
  readonly profiles: Prisma.UserProfileCreateManyInput[]
  readonly sessions: Prisma.UserSessionCreateManyInput[]
  readonly refreshTokens: Prisma.RefreshTokenCreateManyInput[]
  readonly ageVerifications: Prisma.AgeVerificationCreateManyInput[]
}

/** The pictures of somebody's profile, by their ids. */
export interface ProfilePictures {
  readonly avatarMediaId: string | null
  readonly bannerMediaId: string | null
}

const NO_PICTURES: ProfilePictures = { avatarMediaId: null, bannerMediaId: null }

/** Everybody's rows, personal data encrypted under their keys; all sign in with one password. */
export const toPeopleRows = (
  people: readonly DemoPerson[],
  keys: NewUserKeys,
  passwordHash: string,
  pictures: ReadonlyMap<string, ProfilePictures>,
): PeopleRows => ({
  users: people.map((person) => toUser(person, keys.of(person.id), passwordHash)),
  profiles: people.map((person) => toProfile(person, keys.of(person.id), pictures.get(person.id) ?? NO_PICTURES)),
  sessions: people.flatMap((person) =>
    person.sessions.map((session) => toSession(person, session, keys.of(person.id))),
  ),
  refreshTokens: people.flatMap(({ sessions }) => sessions.map(toRefreshToken)),
  ageVerifications: people.flatMap((person) => (person.age ? [toAgeVerification(person, person.age)] : [])),
})

function toUser(person: DemoPerson, key: NewUserKey, passwordHash: string): Prisma.UserCreateManyInput {
  const { id, email, joinedAt, age, creator, place, standing } = person
  const normalised = normaliseEmail(email)
  const ageVerifiedAt = age?.status === 'APPROVED' ? age.decidedAt : null
  const isByStaff = standing.status === 'SUSPENDED' || standing.status === 'BANNED'
  const deletedAt = standing.status === 'DELETED' ? standing.changedAt : null
  return {
    id,
    username: person.username,
    displayName: person.displayName,
    email: key.seal({ table: 'users', column: 'email', rowId: id }, email),
    emailIndex: blindIndexes('users.email', normalised)[0] ?? null,
    emailIndexVersion: blindIndexVersion(),
    emailKeyId: key.id,
    emailVerifiedAt: person.isEmailVerified ? joinedAt : null,
    passwordHash,
    passwordChangedAt: joinedAt,
    accountType: person.accountType,
    accountStatus: standing.status,
    suspendedUntil: standing.suspendedUntil,
    statusReason: standing.reason,
    statusChangedAt: standing.changedAt,
    statusChangedById: isByStaff ? MODERATOR_ID : deletedAt && id,
    deletedAt,
    purgeAfter: deletedAt && addMs(deletedAt, COMES_BACK_MS),
    ageVerified: ageVerifiedAt !== null,
    ageVerifiedAt,
    ageVerifiedUntil: ageVerifiedAt && addMs(ageVerifiedAt, APPROVAL_MS),
    isDemo: person.isSignIn,
    creatorSince: creator?.since ?? null,
    subscriptionPriceMinor: creator?.priceMinor ?? null,
    currency: creator ? place.currency : null,
    locale: place.locale,
    timeZone: place.timeZone,
    createdAt: joinedAt,
    updatedAt: standing.changedAt ?? joinedAt,
  }
}

function toProfile(
  { id: userId, username, joinedAt, place, profile }: DemoPerson,
  key: NewUserKey,
  pictures: ProfilePictures,
): Prisma.UserProfileCreateManyInput {
  const id = demoId(`profile/${username}`)
  const sealed = (column: 'city' | 'birth_date' | 'legal_name' | 'phone' | 'characteristics', text: string | null) =>
    text === null ? null : key.seal({ table: 'user_profiles', column, rowId: id }, text)
  return {
    id,
    userId,
    bio: profile.bio,
    website: profile.website,
    socialLinks: [...profile.socialLinks],
    categories: [...profile.categories],
    languages: [...profile.languages],
    pronouns: profile.pronouns,
    ...pictures,
    preferences: profile.preferences,
    characteristics: sealed('characteristics', profile.characteristics && JSON.stringify(profile.characteristics)),
    characteristicsAudience: profile.audiences.characteristics,
    birthDate: sealed('birth_date', profile.birthDate),
    birthDateAudience: profile.audiences.age,
    legalName: sealed('legal_name', profile.legalName),
    phone: sealed('phone', profile.phone),
    countryCode: place.countryCode,
    region: place.region,
    city: sealed('city', place.city),
    locationAudience: profile.audiences.location,
    createdAt: joinedAt,
  }
}

function toSession(
  { id: userId }: DemoPerson,
  session: DemoSession,
  key: NewUserKey,
): Prisma.UserSessionCreateManyInput {
  const { id, device, createdAt, lastUsedAt } = session
  return {
    id,
    userId,
    deviceLabel: device.label,
    userAgent: device.userAgent,
    browser: device.browser,
    os: device.os,
    deviceType: device.deviceType,
    ip: key.seal({ table: 'user_sessions', column: 'ip', rowId: id }, session.ip),
    countryCode: session.countryCode,
    createdAt,
    lastUsedAt,
    authenticatedAt: createdAt,
    expiresAt: addMs(lastUsedAt, IDLE_MS),
    absoluteExpiresAt: addMs(createdAt, ABSOLUTE_MS),
    revokedAt: session.hasLoggedOut ? lastUsedAt : null,
    revokedReason: session.hasLoggedOut ? 'LOGOUT' : null,
  }
}

/** The newest of the session's family; nobody has the token itself. */
const toRefreshToken = ({ id: sessionId, lastUsedAt }: DemoSession): Prisma.RefreshTokenCreateManyInput => ({
  sessionId,
  tokenHash: randomBytes(HASH_BYTES),
  createdAt: lastUsedAt,
  expiresAt: addMs(lastUsedAt, IDLE_MS),
})

function toAgeVerification(
  { id: userId, username, place }: DemoPerson,
  age: DemoAgeCheck,
): Prisma.AgeVerificationCreateManyInput {
  const reference = `demo-${username}`
  const isDecided = age.decidedAt !== null
  const reviewedById = userId === MODERATOR_ID ? ADMIN_ID : MODERATOR_ID
  return {
    id: demoId(`age/${username}`),
    userId,
    provider: 'sandbox',
    providerReference: reference,
    status: age.status,
    method: 'document',
    isOfAge: isDecided ? age.status === 'APPROVED' : null,
    countryCode: place.countryCode,
    proofHash: isDecided ? keyedHash('proof', reference) : null,
    reviewedById: age.isByStaff ? reviewedById : null,
    reviewedAt: age.isByStaff ? age.decidedAt : null,
    rejectionReason: age.rejectionReason,
    createdAt: age.submittedAt,
    decidedAt: age.decidedAt,
    expiresAt: age.status === 'APPROVED' && age.decidedAt ? addMs(age.decidedAt, APPROVAL_MS) : null,
  }
}
