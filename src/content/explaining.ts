import { statusAt } from '../accounts/accounts.js'
import type { Db } from '../lib/db.js'
import type { Viewer } from '../lib/viewer.js'
import { resolveAccess, stateAt } from './access.js'
import type { Access } from './access.js'
import {
  findPastBlock,
  findPastContent,
  findPastFollow,
  findPastUser,
  isKnown,
  listPastGrants,
} from './explaining-queries.js'
import type { PastContent, PastGrant, PastUser } from './explaining-queries.js'
import { canExplain } from './rules.js'
import type { AuthorStanding, ContentState, ContentTerms, ContentTimes, LiveGrant, ViewerBonds } from './types.js'

/** Whose access to what, and when. */
export interface PastQuestion {
  readonly contentId: string
  /** Null for a stranger. */
  readonly userId: string | null
  readonly asOf: Date
}

/** How access was decided, and from which facts. */
export interface Explanation extends Pick<Access, 'isVisible' | 'isOpen' | 'rule' | 'reason'> {
  readonly asOf: Date
  readonly grantId: string | null
  readonly contentVersion: number | null
  readonly state: ContentState | null
  readonly followed: boolean
  readonly blocked: boolean
  readonly ageVerified: boolean
}

/** Who asks, and how the platform is configured. */
export interface ExplainAsking {
  readonly db: Db
  readonly viewer: Viewer | null
  readonly config: { readonly ageGate: 'content' | 'platform' }
}

/**
 * How access to a post was decided at an instant of the past: the facts of then, replayed through the same decision.
 * Null when there is no such post, or it is neither the viewer's own nor the viewer staff; and for the creator of anybody whom
 * they know nothing of: who neither follows them nor was ever given access, or blocks them. Blocks of others that are over are
 * only told to staff.
 */
export async function explainAccess(
  { db, viewer, config }: ExplainAsking,
  { contentId, userId, asOf }: PastQuestion,
  isStaff: boolean,
): Promise<Explanation | null> {
  const post = await findPastContent(db, contentId, asOf)
  if (!post || !canExplain(viewer, isStaff, post.creatorId)) return null
  const { creatorId } = post
  if (!isStaff && userId !== null && userId !== creatorId && !(await isKnown(db, userId, creatorId))) return null
  const author = await findPastUser(db, creatorId, asOf)
  const person = userId === null ? null : await findPastUser(db, userId, asOf)
  // a closed account was let in as a stranger
  const who = userId !== null && person && statusAt(standingOf(person), asOf) === 'ACTIVE' ? userId : null
  const bonds = who === null ? NO_BONDS : await findPastBonds(db, { userId: who, creatorId, contentId, asOf }, isStaff)
  const ageVerified = person !== null && wasAgeVerified(person, asOf)
  const facts = { followed: bonds.follows, blocked: bonds.isBlocked, ageVerified, asOf }
  if (!post.existed || !author)
    return {
      ...facts,
      isVisible: false,
      isOpen: false,
      rule: 'HIDDEN',
      reason: null,
      grantId: null,
      contentVersion: null,
      state: null,
    }
  const content = { creatorId, ...termsOf(post), ...timesOf(post) }
  const { isVisible, isOpen, rule, reason, grant } = resolveAccess(
    {
      content,
      author: standingOf(author),
      viewer: who === null ? null : { userId: who, isAgeVerified: ageVerified },
      bonds,
      isGated: config.ageGate === 'platform',
    },
    asOf,
  )
  return {
    ...facts,
    isVisible,
    isOpen,
    rule,
    reason,
    grantId: grant?.id ?? null,
    contentVersion: post.version,
    state: stateAt(content, asOf),
  }
}

const NO_BONDS: ViewerBonds = { follows: false, isBlocked: false, creatorGrant: null, contentGrant: null }

async function findPastBonds(
  db: Db,
  { userId, creatorId, contentId, asOf }: { userId: string; creatorId: string; contentId: string; asOf: Date },
  isStaff: boolean,
): Promise<ViewerBonds> {
  const grants = (await listPastGrants(db, userId, creatorId, asOf)).filter((grant) => wasLive(grant, asOf))
  return {
    follows: await findPastFollow(db, userId, creatorId, asOf),
    // not even afterwards is a creator told that somebody blocked them
    isBlocked:
      (await findPastBlock(db, creatorId, userId, asOf)) ||
      (isStaff && (await findPastBlock(db, userId, creatorId, asOf))),
    creatorGrant: longest(
      grants.filter((grant) => grant.content_id === null && grant.message_id === null && grant.stream_id === null),
    ),
    contentGrant: longest(grants.filter((grant) => grant.content_id === contentId)),
  }
}

const timeOf = (text: string | null): Date | null => (text === null ? null : new Date(text))

const wasLive = ({ starts_at, ends_at, revoked_at, suspended_at }: PastGrant, at: Date): boolean =>
  new Date(starts_at) <= at &&
  (ends_at === null || new Date(ends_at) > at) &&
  revoked_at === null &&
  suspended_at === null

/** The one that lasts longest, one without an end before all others; of two that last alike the first by id. */
function longest(grants: readonly PastGrant[]): LiveGrant | null {
  const lasting = ({ endsAt }: LiveGrant): number => endsAt?.getTime() ?? Number.MAX_SAFE_INTEGER
  const [best] = grants
    .map(({ id, version, ends_at }): LiveGrant => ({ id, version, endsAt: timeOf(ends_at) }))
    .sort((one, other) => lasting(other) - lasting(one) || (one.id < other.id ? -1 : 1))
  return best ?? null
}

const standingOf = ({ account_status, suspended_until, status_changed_at }: PastUser): AuthorStanding => ({
  accountStatus: account_status.toUpperCase() as Uppercase<typeof account_status>,
  suspendedUntil: timeOf(suspended_until),
  statusChangedAt: timeOf(status_changed_at),
})

const wasAgeVerified = ({ age_verified, age_verified_until = null }: PastUser, at: Date): boolean =>
  age_verified && (age_verified_until === null || new Date(age_verified_until) > at)

const termsOf = ({ snapshot }: PastContent): Omit<ContentTerms, 'creatorId'> => ({
  visibility: snapshot.visibility.toUpperCase() as Uppercase<typeof snapshot.visibility>,
  isPremium: snapshot.isPremium,
  includedInSubscription: snapshot.includedInSubscription,
  isAgeRestricted: snapshot.isAgeRestricted,
})

const timesOf = ({ snapshot, announcedAt }: PastContent): ContentTimes => ({
  announcedAt,
  publishAt: timeOf(snapshot.publishAt),
  unpublishedAt: timeOf(snapshot.unpublishedAt),
  deletedAt: timeOf(snapshot.deletedAt),
  removedAt: timeOf(snapshot.removedAt),
})
