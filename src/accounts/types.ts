import type { AccountStatus, AccountType, AgeVerificationStatus, FieldAudience } from '../generated/prisma/enums.js'
import { jobName } from '../lib/jobs.js'
import type { Viewer } from '../lib/viewer.js'

export type { AccountStatus, AccountType, AgeVerificationStatus, FieldAudience }

/** What anybody may know of a person; the row behind `User`. */
export interface UserRow {
  readonly id: string
  readonly username: string
  readonly displayName: string
  readonly accountType: AccountType
  /** As last set: `statusAt` says what it counts as. */
  readonly accountStatus: AccountStatus
  readonly suspendedUntil: Date | null
  /** As last set: `isAgeVerifiedAt` says whether it counts. */
  readonly ageVerified: boolean
  /** When the proof of age ends by itself; null where it has no end. */
  readonly ageVerifiedUntil: Date | null
  readonly subscriptionPriceMinor: bigint | null
  readonly currency: string | null
  readonly createdAt: Date
}

/** What only the person and staff may know of an account. */
export interface AccountRow {
  readonly id: string
  /** Encrypted; null once erased. */
  readonly email: Uint8Array | null
  readonly emailVerifiedAt: Date | null
  readonly statusReason: string | null
  readonly statusChangedAt: Date | null
  readonly suspendedUntil: Date | null
  readonly purgeAfter: Date | null
}

/** An account on another site. */
export interface SocialLink {
  readonly platform: string
  readonly url: string
}

/** The version of a profile that is in force; what is sensitive in it is encrypted. */
export interface ProfileRow {
  readonly id: string
  readonly userId: string
  readonly revision: number
  readonly avatarMediaId: string | null
  readonly bannerMediaId: string | null
  readonly bio: string | null
  readonly website: string | null
  readonly socialLinks: SocialLink[]
  readonly socialLinksAudience: FieldAudience
  readonly categories: string[]
  readonly preferences: unknown
  readonly characteristics: Uint8Array | null
  readonly characteristicsAudience: FieldAudience
  readonly birthDate: Uint8Array | null
  readonly birthDateAudience: FieldAudience
  readonly countryCode: string | null
  readonly region: string | null
  readonly city: Uint8Array | null
  readonly locationAudience: FieldAudience
  readonly createdAt: Date
}

/** The parts of a profile that are stored encrypted. */
export type SealedField =
  'characteristics' | 'demographics' | 'birthDate' | 'legalName' | 'phone' | 'city' | 'preciseLocation'

/** How a viewer stands to a person. */
export interface Relation {
  readonly isSelf: boolean
  readonly isStaff: boolean
  readonly follows: boolean
  readonly subscribes: boolean
}

/** What stands between a viewer and a person, either way. */
export interface Bonds {
  readonly follows: boolean
  readonly subscribes: boolean
  /** Whether the viewer blocks the person. */
  readonly blocks: boolean
  /** Whether the person blocks the viewer, who then must not learn that there is such a person. */
  readonly isBlocked: boolean
  readonly mutes: boolean
}

/** The numbers beside a person. */
export interface UserCounts {
  readonly followerCount: number
  readonly followingCount: number
  readonly subscriberCount: number
}

/** Who may see which part of a profile. */
export interface ProfileAudiences {
  readonly location: FieldAudience
  readonly age: FieldAudience
  readonly characteristics: FieldAudience
  readonly socialLinks: FieldAudience
}

/** A profile as one viewer sees it. What is left of the encrypted parts may be opened for them; null is hidden, or empty. */
export interface ProfileView {
  readonly userId: string
  readonly rowId: string
  readonly avatarMediaId: string | null
  readonly bannerMediaId: string | null
  readonly bio: string | null
  readonly website: string | null
  readonly socialLinks: SocialLink[]
  readonly categories: string[]
  readonly preferences: unknown
  readonly place: {
    readonly countryCode: string | null
    readonly region: string | null
    readonly city: Uint8Array | null
  } | null
  readonly sealedBirthDate: Uint8Array | null
  readonly sealedCharacteristics: Uint8Array | null
  readonly audiences: ProfileAudiences | null
  readonly version: number
  readonly updatedAt: Date
}

/** Parts of a location; the city is opened. */
export interface LocationView {
  readonly countryCode: string | null
  readonly region: string | null
  readonly city: string | null
}

/** An attempt to show that somebody is an adult. */
export interface AgeVerificationRow {
  readonly id: string
  readonly userId: string
  readonly provider: string
  readonly providerReference: string | null
  readonly status: AgeVerificationStatus
  readonly rejectionReason: string | null
  readonly createdAt: Date
  readonly decidedAt: Date | null
  readonly expiresAt: Date | null
}

/** What changed about the signed-in person, by the type of its event. */
export type ViewerChangeKind = 'STATUS' | 'ROLE' | 'SESSIONS' | 'ACCOUNT'

/** An event of a person's stream, as `viewerChanged` shows it. */
export interface ViewerChangeRow {
  readonly eventId: string
  readonly sequence: bigint
  readonly kind: ViewerChangeKind
}

/** What happens to an account, as events on its person's stream are called. */
export const STATUS_CHANGED = 'account.status_changed'
export const ROLE_CHANGED = 'account.role_changed'
export const ACCOUNT_CHANGED = 'account.changed'

/** A decision about somebody's standing, for whoever tells them. */
export interface StatusChanged {
  readonly userId: string
  readonly status: 'ACTIVE' | 'SUSPENDED' | 'BANNED'
  readonly suspendedUntil: string | null
  /** By which the reason is found: words of staff stay where they were written. */
  readonly decidedAt: string
  /** Of the event on the person's stream: makes what is told of it once. */
  readonly sequence: string
}

/** A member of staff's decision about somebody's age, for whoever tells them. */
export interface AgeReviewed {
  readonly userId: string
  readonly ageVerificationId: string
  readonly isApproved: boolean
  readonly sequence: string
}

/** Handled above: tells the person of a decision about their standing. */
export const statusChangedJob = jobName<StatusChanged>('accounts.status_changed')

/**
 * Handled above: takes away or brings back what a person did, by their standing when it runs. Enqueued with every change
 * of standing, under `standing:<userId>`.
 */
export const standingChangedJob = jobName<{ readonly userId: string }>('accounts.standing_changed')

/** Handled above: tells the person how their age verification was decided. */
export const ageReviewedJob = jobName<AgeReviewed>('accounts.age_reviewed')

/** Mails the token that proves an address; makes it first, so that no payload holds it. */
export const mailVerificationJob = jobName<{ readonly userId: string }>('accounts.mail_verification')

/** Mails the token for another address to it, and word of it to the one in force. */
export const mailEmailChangeJob = jobName<{ readonly userId: string }>('accounts.mail_email_change')

/** Mails word of a deletion. */
export const mailDeletionJob = jobName<{ readonly userId: string }>('accounts.mail_deletion')

/** Ends approvals whose time is over. */
export const expireAgeVerificationsJob = jobName<Record<string, never>>('accounts.expire_age_verifications')

/** Erases accounts whose 30 days are over. */
export const eraseAccountsJob = jobName<Record<string, never>>('accounts.erase')

/** Whoever asks: the signed-in person, or nobody. */
export type Asker = Viewer | null
