import type { Prisma } from '../generated/prisma/client.js'
import type { Db, Tx } from '../lib/db.js'
import type { ProfileRow, SocialLink } from './types.js'

const profileColumns = {
  id: true,
  userId: true,
  revision: true,
  avatarMediaId: true,
  bannerMediaId: true,
  bio: true,
  website: true,
  socialLinks: true,
  socialLinksAudience: true,
  categories: true,
  preferences: true,
  characteristics: true,
  characteristicsAudience: true,
  birthDate: true,
  birthDateAudience: true,
  countryCode: true,
  region: true,
  city: true,
  locationAudience: true,
  createdAt: true,
} as const satisfies Prisma.UserProfileSelect

/** The profiles in force of these people, in no order. */
export async function listProfiles(db: Db, userIds: readonly string[]): Promise<ProfileRow[]> {
  const rows = await db.userProfile.findMany({
    where: { userId: { in: [...userIds] }, isCurrent: true },
    select: profileColumns,
  })
  return rows.map((row) => ({ ...row, socialLinks: row.socialLinks as unknown as SocialLink[] }))
}

/** A profile as stored, with what nobody is shown. */
export type StoredProfile = Omit<Prisma.UserProfileGetPayload<object>, 'socialLinks' | 'preferences'> & {
  socialLinks: SocialLink[]
  preferences: Record<string, unknown>
}

/** The profile in force; its person must be held. */
export const getCurrentProfile = async (tx: Tx, userId: string): Promise<StoredProfile> =>
  (await tx.userProfile.findFirstOrThrow({ where: { userId, isCurrent: true } })) as unknown as StoredProfile

/** Puts a version in the place of the one in force, which stays as an older one. */
export async function insertProfile(tx: Tx, profile: StoredProfile): Promise<void> {
  await tx.userProfile.updateMany({ where: { userId: profile.userId, isCurrent: true }, data: { isCurrent: false } })
  await tx.userProfile.create({
    data: {
      ...profile,
      isCurrent: true,
      socialLinks: profile.socialLinks as unknown as Prisma.InputJsonValue,
      preferences: profile.preferences as Prisma.InputJsonValue,
    },
    select: { id: true },
  })
}

/** The first version of somebody's profile: empty. */
export async function insertFirstProfile(tx: Tx, userId: string, now: Date): Promise<void> {
  await tx.userProfile.create({ data: { userId, createdAt: now }, select: { id: true } })
}
