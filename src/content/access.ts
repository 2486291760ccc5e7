import { statusAt } from '../accounts/accounts.js'
import type { AccessOfferKind, AccessRule, LockReason } from '../generated/graphql.js'
import type { AuthorStanding, ContentState, ContentTerms, ContentTimes, LiveGrant, ViewerBonds } from './types.js'

/** Who wants to open something, as far as it decides. */
export interface Opener {
  readonly userId: string
  readonly isAgeVerified: boolean
}

/** All that a decision hangs on; whoever has these facts of any instant gets that instant's decision. */
export interface AccessFacts {
  readonly content: ContentTimes & ContentTerms
  readonly author: AuthorStanding
  readonly viewer: Opener | null
  readonly bonds: ViewerBonds
  /** Whether every post counts as age restricted. */
  readonly isGated: boolean
}

/** What was decided: whether a viewer may know of a post, whether its body opens, and by which rule. */
export interface Access {
  readonly isVisible: boolean
  readonly isOpen: boolean
  readonly rule: AccessRule
  readonly reason: LockReason | null
  readonly grant: LiveGrant | null
  /** What would open it, the simplest first. */
  readonly offers: readonly AccessOfferKind[]
}

const opened = (rule: AccessRule, grant: LiveGrant | null = null): Access => ({
  isVisible: true,
  isOpen: true,
  rule,
  reason: null,
  grant,
  offers: [],
})

const HIDDEN: Access = { isVisible: false, isOpen: false, rule: 'HIDDEN', reason: null, grant: null, offers: [] }

const locked = (reason: LockReason, offers: readonly AccessOfferKind[]): Access => ({
  isVisible: true,
  isOpen: false,
  rule: 'LOCKED',
  reason,
  grant: null,
  offers,
})

/**
 * Decides who may know of a post and who may open it, at `at`; the only place that does. Pure: the same facts give the same
 * answer, now and in a replay.
 */
export function resolveAccess(facts: AccessFacts, at: Date): Access {
  const { content, viewer, bonds } = facts
  if (viewer?.userId === content.creatorId) return opened('OWNER')
  if (!isKnown(facts, at)) return HIDDEN
  if ((content.isAgeRestricted || facts.isGated) && !viewer?.isAgeVerified)
    return locked('AGE_VERIFICATION_REQUIRED', [viewer ? 'VERIFY_AGE' : 'SIGN_IN'])
  if (bonds.contentGrant) return opened('CONTENT_GRANT', bonds.contentGrant)
  return content.isPremium ? ofSold(facts) : ofAudience(facts)
}

/** Whether the viewer may know that there is such a post; what was bought or given stays in sight. */
function isKnown({ content, author, bonds }: AccessFacts, at: Date): boolean {
  if (content.removedAt || content.publishAt === null || content.publishAt > at) return false
  if (bonds.contentGrant) return true
  if (
    content.unpublishedAt ||
    content.deletedAt ||
    !isPresent(author, { publishAt: content.publishAt, announcedAt: content.announcedAt }, at)
  )
    return false
  return !bonds.isBlocked || bonds.creatorGrant !== null
}

function ofSold({ content, viewer, bonds }: AccessFacts): Access {
  const { includedInSubscription } = content
  if (includedInSubscription && bonds.creatorGrant) return opened('CREATOR_GRANT', bonds.creatorGrant)
  const offers: AccessOfferKind[] = includedInSubscription ? ['BUY', 'SUBSCRIBE'] : ['BUY']
  return locked('PURCHASE_REQUIRED', viewer ? offers : ['SIGN_IN', ...offers])
}

function ofAudience({ content, viewer, bonds }: AccessFacts): Access {
  const { visibility } = content
  if (visibility === 'PUBLIC') return opened('PUBLIC')
  if (bonds.creatorGrant) return opened('CREATOR_GRANT', bonds.creatorGrant)
  if (visibility === 'FOLLOWERS' && bonds.follows) return opened('FOLLOWER')
  const offers: AccessOfferKind[] = visibility === 'FOLLOWERS' ? ['FOLLOW', 'SUBSCRIBE'] : ['SUBSCRIBE']
  return locked(
    visibility === 'FOLLOWERS' ? 'FOLLOWERS_ONLY' : 'SUBSCRIBERS_ONLY',
    viewer ? offers : ['SIGN_IN', ...offers],
  )
}

/**
 * Whether an author's post can be met: an account that is closed shows nothing, and what fell due while it was closed does
 * not burst out when it is open again.
 */
export function isPresent(
  author: AuthorStanding,
  { publishAt, announcedAt }: { readonly publishAt: Date; readonly announcedAt: Date | null },
  at: Date,
): boolean {
  if (statusAt(author, at) !== 'ACTIVE') return false
  const { accountStatus, statusChangedAt, suspendedUntil } = author
  // one suspension may have followed another: only what was announced is known to have been seen before
  const backSince = accountStatus === 'ACTIVE' ? statusChangedAt : suspendedUntil
  return statusChangedAt === null || backSince === null || announcedAt !== null || publishAt > backSince
}

/** How far a post is at `at`. */
export function stateAt(content: ContentTimes, at: Date): ContentState {
  if (content.removedAt) return 'REMOVED'
  if (content.deletedAt) return 'DELETED'
  if (content.publishAt === null) return 'DRAFT'
  if (content.unpublishedAt) return 'UNPUBLISHED'
  return content.publishAt > at ? 'SCHEDULED' : 'PUBLISHED'
}

/** Whether even title and teaser are kept from a viewer, whose age is not proven. */
export const isVeiled = ({ reason }: Access): boolean => reason === 'AGE_VERIFICATION_REQUIRED'
