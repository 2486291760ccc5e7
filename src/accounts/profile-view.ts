import type { FieldAudience, ProfileAudiences, ProfileRow, ProfileView, Relation, UserRow } from './types.js'

/** Whether whoever stands so to a person may see a part of the profile that is for `audience`. */
export function canSee(relation: Relation, audience: FieldAudience): boolean {
  if (relation.isSelf) return true
  switch (audience) {
    case 'PUBLIC':
      return true
    case 'FOLLOWERS':
      // whoever pays is at least as close as whoever follows
      return relation.follows || relation.subscribes
    case 'SUBSCRIBERS':
      return relation.subscribes
    case 'STAFF':
      return relation.isStaff
    case 'SELF':
      return false
  }
}

/** The audiences that a profile's owner has set. */
export const audiencesOf = (row: ProfileRow): ProfileAudiences => ({
  location: row.locationAudience,
  age: row.birthDateAudience,
  characteristics: row.characteristicsAudience,
  socialLinks: row.socialLinksAudience,
})

/** A profile as one viewer may see it; what they may not is left out here, before anything is decrypted. */
export function toProfileView(row: ProfileRow, relation: Relation): ProfileView {
  const audiences = audiencesOf(row)
  const sees = (part: keyof ProfileAudiences): boolean => canSee(relation, audiences[part])
  return {
    userId: row.userId,
    rowId: row.id,
    avatarMediaId: row.avatarMediaId,
    bannerMediaId: row.bannerMediaId,
    bio: row.bio,
    website: row.website,
    socialLinks: sees('socialLinks') ? row.socialLinks : [],
    categories: row.categories,
    preferences: relation.isSelf ? row.preferences : null,
    place: sees('location') ? { countryCode: row.countryCode, region: row.region, city: row.city } : null,
    sealedBirthDate: sees('age') ? row.birthDate : null,
    sealedCharacteristics: sees('characteristics') ? row.characteristics : null,
    audiences: relation.isSelf ? audiences : null,
    version: row.revision,
    updatedAt: row.createdAt,
  }
}

/** The profile of somebody of whom nothing is shown. */
export const emptyProfile = ({ id, createdAt }: UserRow): ProfileView => ({
  userId: id,
  rowId: id,
  avatarMediaId: null,
  bannerMediaId: null,
  bio: null,
  website: null,
  socialLinks: [],
  categories: [],
  preferences: null,
  place: null,
  sealedBirthDate: null,
  sealedCharacteristics: null,
  audiences: null,
  version: 0,
  updatedAt: createdAt,
})

/** The age that opens adult content and earning. */
export const ADULT_YEARS = 18

/** Whole years from a birth date (`YYYY-MM-DD`) to an instant, by the calendar in UTC; February 29 counts from March 1. */
export function yearsSince(birthDate: string, now: Date): number {
  const [year = 0, month = 0, day = 0] = birthDate.split('-').map(Number)
  const isBeforeBirthday = now.getUTCMonth() + 1 < month || (now.getUTCMonth() + 1 === month && now.getUTCDate() < day)
  return now.getUTCFullYear() - year - (isBeforeBirthday ? 1 : 0)
}
