import type { UserRow } from '../accounts/types.js'
import type { AccessOfferKind, LockReason } from '../generated/graphql.js'
import type { ContentType, ContentVisibility, GrantSource } from '../generated/prisma/enums.js'
import { jobName } from '../lib/jobs.js'
import type { Money } from '../lib/money.js'

export type { ContentType, ContentVisibility, GrantSource }

/** How far a post is. */
export type ContentState = 'DRAFT' | 'SCHEDULED' | 'PUBLISHED' | 'UNPUBLISHED' | 'DELETED' | 'REMOVED'

/** A grant that opens something at the instant it was read for. */
export interface LiveGrant {
  readonly id: string
  readonly version: number
  readonly endsAt: Date | null
}

/** When others may know of a post. */
export interface ContentTimes {
  readonly publishAt: Date | null
  /** When what publishing brings with it was done. */
  readonly announcedAt: Date | null
  readonly unpublishedAt: Date | null
  readonly deletedAt: Date | null
  readonly removedAt: Date | null
}

/** What a post asks of whoever wants to open it. */
export interface ContentTerms {
  readonly creatorId: string
  readonly visibility: ContentVisibility
  readonly isPremium: boolean
  readonly includedInSubscription: boolean
  readonly isAgeRestricted: boolean
}

/** Whether the author of posts can be met, for `isPresent`. */
export interface AuthorStanding {
  readonly accountStatus: UserRow['accountStatus']
  readonly suspendedUntil: Date | null
  readonly statusChangedAt: Date | null
}

/** How one viewer stands to a post and its creator, at one instant. */
export interface ViewerBonds {
  readonly follows: boolean
  readonly isBlocked: boolean
  /** The grant that lasts longest of those that open all that subscribers see. */
  readonly creatorGrant: LiveGrant | null
  /** The one that lasts longest of those for this post. */
  readonly contentGrant: LiveGrant | null
}

/** A post as one viewer's request read it: the row, its creator, and how the viewer stands to both. */
export interface ContentRow extends ContentTimes, ContentTerms {
  readonly id: string
  readonly type: ContentType
  readonly title: string | null
  readonly teaser: string | null
  readonly language: string | null
  readonly priceMinor: bigint | null
  readonly currency: string | null
  readonly warnings: string[]
  readonly scheduledLocalTime: string | null
  readonly scheduledTimeZone: string | null
  readonly removedReason: string | null
  readonly purgeAfter: Date | null
  readonly commentsClosedAt: Date | null
  readonly likeCount: number
  readonly commentCount: number
  readonly saveCount: number
  readonly createdAt: Date
  readonly editedAt: Date | null
  readonly version: number
  readonly creator: UserRow
  readonly authorStatusChangedAt: Date | null
  readonly bonds: ViewerBonds
  readonly viewerHasLiked: boolean
  readonly viewerHasSaved: boolean
  /** The text; undefined where the page did not load it, and so are the next two. */
  readonly body?: string | null
  readonly tagNames?: string[]
  readonly subjects?: CategoryRow[]
}

/** The body of a post that opens for the viewer, by this grant or without one. */
export interface OpenedBody {
  readonly content: ContentRow
  readonly grant: LiveGrant | null
}

/** In place of a body that does not open: nothing of it. */
export interface LockedBodyRow {
  readonly contentId: string
  readonly type: ContentType
  /** Whether not even hints of its pictures are shown. */
  readonly isVeiled: boolean
  readonly reason: LockReason
  readonly teaser: string | null
  readonly price: Money | null
  readonly offers: { readonly kind: AccessOfferKind; readonly price: Money | null }[]
}

/** A post as it was before a change. */
export interface ContentVersionRow {
  readonly id: string
  readonly contentId: string
  readonly version: number
  readonly snapshot: ContentSnapshot
  readonly validFrom: Date
  readonly validTo: Date
}

/** What `app_content_snapshot` keeps of a post. */
export interface ContentSnapshot {
  readonly title: string | null
  readonly teaser: string | null
  readonly body: string | null
  readonly visibility: Lowercase<ContentVisibility>
  readonly isPremium: boolean
  readonly priceMinor: string | null
  readonly currency: string | null
  readonly includedInSubscription: boolean
  readonly isAgeRestricted: boolean
  readonly publishAt: string | null
  readonly unpublishedAt: string | null
  readonly deletedAt: string | null
  readonly removedAt: string | null
  /** In alphabetical order; missing in versions older than their keeping, as are the others below. */
  readonly tags?: readonly string[]
  /** The slugs of its subjects. */
  readonly categories?: readonly string[]
  readonly media?: readonly { readonly id: string; readonly isTeaser: boolean }[]
}

/** A subject. */
export interface CategoryRow {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly description: string | null
  readonly isAdult: boolean
}

/** A grant's row, whatever became of it. */
export interface GrantRow {
  readonly id: string
  readonly userId: string
  readonly creatorId: string
  readonly contentId: string | null
  readonly source: GrantSource
  readonly startsAt: Date
  readonly endsAt: Date | null
  readonly revokedAt: Date | null
  readonly suspendedAt: Date | null
  readonly version: number
  readonly createdAt: Date
}

/** The stream on which a post's events are. */
export const contentStream = (contentId: string): string => `content:${contentId}`

/** Others can see a post from now on; once per post. Payload: contentId, creatorId. */
export const CONTENT_PUBLISHED = 'content.published'
/** What a post says, costs or to whom it opens changed. Payload: contentId, creatorId. */
export const CONTENT_CHANGED = 'content.changed'
export const CONTENT_UNPUBLISHED = 'content.unpublished'
export const CONTENT_DELETED = 'content.deleted'
export const CONTENT_RESTORED = 'content.restored'
/** A post's text and files were destroyed for good. Payload: contentId, creatorId. */
export const CONTENT_PURGED = 'content.purged'
/** Somebody may open something from now on, or no longer. Payload: grantId, userId, creatorId, contentId. */
export const GRANT_CHANGED = 'grant.changed'

/** Does what publishing brings with it, for the posts that are due. */
export const announceDueJob = jobName<Record<string, never>>('content.announce_due')

/** Destroys for good what was deleted 30 days ago. */
export const purgeDeletedJob = jobName<Record<string, never>>('content.purge_deleted')
