import fc from 'fast-check'
import type { AccessFacts } from '../../src/content/access.js'
import type { ContentVisibility, LiveGrant } from '../../src/content/types.js'
import type { TestDatabase } from '../support/database.js'

/** Two people and a post, and what stands between them: the model of what the database holds. */
export interface Model {
  visibility: ContentVisibility
  isPremium: boolean
  includedInSubscription: boolean
  isAgeRestricted: boolean
  publishAt: Date | null
  unpublishedAt: Date | null
  deletedAt: Date | null
  removedAt: Date | null
  follows: boolean
  blocks: boolean
  isBlocked: boolean
  isAgeVerified: boolean
  author: {
    accountStatus: 'ACTIVE' | 'SUSPENDED' | 'BANNED'
    suspendedUntil: Date | null
    statusChangedAt: Date | null
  }
  viewerIsBanned: boolean
  grants: {
    id: string
    version: number
    isForPost: boolean
    endsAt: Date | null
    isRevoked: boolean
    isHeld: boolean
  }[]
}

export const newModel = (): Model => ({
  visibility: 'PUBLIC',
  isPremium: false,
  includedInSubscription: false,
  isAgeRestricted: false,
  publishAt: null,
  unpublishedAt: null,
  deletedAt: null,
  removedAt: null,
  follows: false,
  blocks: false,
  isBlocked: false,
  isAgeVerified: false,
  author: { accountStatus: 'ACTIVE', suspendedUntil: null, statusChangedAt: null },
  viewerIsBanned: false,
  grants: [],
})

/** Whom and what a history is about. */
export interface Cast {
  readonly database: TestDatabase
  readonly authorId: string
  readonly viewerId: string
  readonly contentId: string
}

/** What the decision must be made from, for the viewer or, where they were let in as one, a stranger. */
export function factsOf(model: Model, { authorId, viewerId }: Cast, at: Date): AccessFacts {
  const isStranger = model.viewerIsBanned
  const longest = (isForPost: boolean): LiveGrant | null => {
    const live = model.grants.filter(
      (grant) =>
        grant.isForPost === isForPost && !grant.isRevoked && !grant.isHeld && (!grant.endsAt || grant.endsAt > at),
    )
    const lasting = ({ endsAt }: { endsAt: Date | null }): number => endsAt?.getTime() ?? Number.MAX_SAFE_INTEGER
    live.sort((one, other) => lasting(other) - lasting(one) || (one.id < other.id ? -1 : 1))
    const [best] = live
    return best ? { id: best.id, version: best.version, endsAt: best.endsAt } : null
  }
  return {
    content: { creatorId: authorId, announcedAt: null, ...model },
    author: model.author,
    viewer: isStranger ? null : { userId: viewerId, isAgeVerified: model.isAgeVerified },
    bonds: isStranger
      ? { follows: false, isBlocked: false, creatorGrant: null, contentGrant: null }
      : {
          follows: model.follows,
          isBlocked: model.blocks || model.isBlocked,
          creatorGrant: longest(false),
          contentGrant: longest(true),
        },
    isGated: false,
  }
}

/** One thing that happens: to the model and, past every verb, to the database. */
export interface Step {
  readonly name: string
  readonly run: (model: Model, cast: Cast, now: Date) => Promise<void>
}

const MINUTE_MS = 60_000
const soon = (now: Date, minutes: number): Date => new Date(now.getTime() + minutes * MINUTE_MS)

const step = (name: string, run: Step['run']): Step => ({ name, run })

const setContent = (name: string, change: (model: Model, now: Date) => Partial<Model>): Step =>
  step(name, async (model, { database, contentId }, now) => {
    Object.assign(model, change(model, now))
    const { visibility, isPremium, includedInSubscription, isAgeRestricted } = model
    await database.owner.query(
      `update content set visibility = $2::content_visibility, is_premium = $3, price_minor = case when $3 then 500 end,
         currency = case when $3 then 'EUR' end, included_in_subscription = $4, is_age_restricted = $5, publish_at = $6,
         unpublished_at = $7, deleted_at = $8, removed_at = $9
       where id = $1`,
      [
        contentId,
        visibility.toLowerCase(),
        isPremium,
        includedInSubscription,
        isAgeRestricted,
        model.publishAt,
        model.unpublishedAt,
        model.deletedAt,
        model.removedAt,
      ],
    )
  })

const setBlock = (isByViewer: boolean, isWanted: boolean): Step =>
  step(`${isByViewer ? 'viewer' : 'author'} ${isWanted ? 'blocks' : 'unblocks'}`, async (model, cast) => {
    if (isByViewer) model.blocks = isWanted
    else model.isBlocked = isWanted
    const pair = isByViewer ? [cast.viewerId, cast.authorId] : [cast.authorId, cast.viewerId]
    await cast.database.owner.query(
      isWanted
        ? `insert into blocks (blocker_id, blocked_id) values ($1, $2) on conflict do nothing`
        : `delete from blocks where blocker_id = $1 and blocked_id = $2`,
      pair,
    )
  })

const setFollow = (isWanted: boolean): Step =>
  step(isWanted ? 'follows' : 'unfollows', async (model, { database, viewerId, authorId }) => {
    model.follows = isWanted
    await database.owner.query(
      isWanted
        ? `insert into follows (follower_id, following_id) values ($1, $2)
           on conflict (follower_id, following_id) do update set unfollowed_at = null, followed_at = app_now()`
        : `update follows set unfollowed_at = app_now() where follower_id = $1 and following_id = $2 and unfollowed_at is null`,
      [viewerId, authorId],
    )
  })

const give = (isForPost: boolean, minutes: number | null): Step =>
  step(
    `a grant for ${isForPost ? 'the post' : 'all'}, ${minutes === null ? 'always' : `${String(minutes)} min`}`,
    async (model, cast, now) => {
      const endsAt = minutes === null ? null : soon(now, minutes)
      const { rows } = await cast.database.owner.query<{ id: string }>(
        `insert into entitlement_grants (user_id, creator_id, content_id, source, starts_at, ends_at)
       values ($1, $2, $3, 'gift', $4, $5) returning id`,
        [cast.viewerId, cast.authorId, isForPost ? cast.contentId : null, now, endsAt],
      )
      model.grants.push({ id: rows[0]?.id ?? '', version: 1, isForPost, endsAt, isRevoked: false, isHeld: false })
    },
  )

const changeGrant = (name: string, pick: number, set: string, change: (grant: Model['grants'][number]) => void): Step =>
  step(name, async (model, { database }) => {
    const grant = model.grants[pick % Math.max(model.grants.length, 1)]
    if (!grant || grant.isRevoked) return
    change(grant)
    await database.owner.query(`update entitlement_grants set ${set} where id = $1`, [grant.id])
  })

const setAuthor = (name: string, change: (now: Date) => Model['author']): Step =>
  step(name, async (model, { database, authorId }, now) => {
    model.author = change(now)
    await database.owner.query(
      `update users set account_status = $2::account_status, suspended_until = $3, status_changed_at = $4 where id = $1`,
      [authorId, model.author.accountStatus.toLowerCase(), model.author.suspendedUntil, model.author.statusChangedAt],
    )
  })

const setViewer = (name: string, change: Partial<Pick<Model, 'isAgeVerified' | 'viewerIsBanned'>>): Step =>
  step(name, async (model, { database, viewerId }) => {
    Object.assign(model, change)
    await database.owner.query(
      `update users set age_verified = $2, age_verified_at = case when $2 then app_now() end,
         account_status = case when $3 then 'banned' else 'active' end::account_status
       where id = $1`,
      [viewerId, model.isAgeVerified, model.viewerIsBanned],
    )
  })

const minutes = fc.integer({ min: 1, max: 300 })

/** Anything that can happen between two people and a post. */
export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc
    .constantFrom<ContentVisibility>('PUBLIC', 'FOLLOWERS', 'SUBSCRIBERS')
    .map((visibility) => setContent(`for ${visibility}`, () => ({ visibility }))),
  fc.boolean().map((isPremium) => setContent(isPremium ? 'sold' : 'not sold', () => ({ isPremium }))),
  fc.boolean().map((is) => setContent(is ? 'included' : 'not included', () => ({ includedInSubscription: is }))),
  fc.boolean().map((is) => setContent(is ? 'for adults' : 'for all ages', () => ({ isAgeRestricted: is }))),
  fc.constant(setContent('published', (_model, now) => ({ publishAt: now, unpublishedAt: null }))),
  minutes.map((ahead) => setContent(`due in ${String(ahead)} min`, (_model, now) => ({ publishAt: soon(now, ahead) }))),
  fc.constant(setContent('taken back', (_model, now) => ({ unpublishedAt: now }))),
  fc.constant(setContent('deleted', (_model, now) => ({ deletedAt: now }))),
  fc.constant(setContent('restored', () => ({ deletedAt: null, removedAt: null }))),
  fc.constant(setContent('removed', (_model, now) => ({ removedAt: now }))),
  fc.tuple(fc.boolean(), fc.boolean()).map(([isByViewer, isWanted]) => setBlock(isByViewer, isWanted)),
  fc.boolean().map(setFollow),
  fc.tuple(fc.boolean(), fc.option(minutes)).map(([isForPost, ends]) => give(isForPost, ends)),
  fc.nat(20).map((pick) =>
    changeGrant('revoked', pick, `revoked_at = app_now(), revoked_reason = 'staff', version = version + 1`, (grant) => {
      grant.isRevoked = true
      grant.version += 1
    }),
  ),
  fc.nat(20).map((pick) => changeGrant('held', pick, `suspended_at = app_now()`, (grant) => (grant.isHeld = true))),
  fc.nat(20).map((pick) => changeGrant('let go', pick, `suspended_at = null`, (grant) => (grant.isHeld = false))),
  minutes.map((length) =>
    setAuthor('author suspended', (now) => ({
      accountStatus: 'SUSPENDED',
      suspendedUntil: soon(now, length),
      statusChangedAt: now,
    })),
  ),
  fc.constant(
    setAuthor('author banned', (now) => ({ accountStatus: 'BANNED', suspendedUntil: null, statusChangedAt: now })),
  ),
  fc.constant(
    setAuthor('author reinstated', (now) => ({ accountStatus: 'ACTIVE', suspendedUntil: null, statusChangedAt: now })),
  ),
  fc
    .boolean()
    .map((isAgeVerified) => setViewer(isAgeVerified ? 'age proven' : 'age no longer proven', { isAgeVerified })),
  fc.boolean().map((viewerIsBanned) => setViewer(viewerIsBanned ? 'viewer banned' : 'viewer back', { viewerIsBanned })),
)
