import { isPresent, stateAt } from '../../src/content/access.js'
import { resolveAccess } from '../../src/content/content.js'
import type { Access } from '../../src/content/access.js'
import type { Reading } from '../../src/content/content.js'
import type { ContentType, ContentVisibility, LiveGrant } from '../../src/content/types.js'
import { DemoRandom, demoId } from '../../src/demo/random.js'
import type { TestDatabase } from '../support/database.js'

const MINUTE_MS = 60_000
const DAY_MS = 1_440 * MINUTE_MS
const TYPES = ['IMAGE', 'VIDEO', 'AUDIO', 'TEXT', 'LIVE_STREAM'] as const
const VISIBILITIES = ['PUBLIC', 'FOLLOWERS', 'SUBSCRIBERS'] as const
export const TAGS = ['night', 'nightfall', 'stars', 'sea', 'secret'] as const
export const SUBJECTS = ['photography', 'music', 'adult'] as const

/** Somebody of a random world. */
export interface Somebody {
  readonly id: string
  readonly username: string
  readonly isCreator: boolean
  readonly isAgeVerified: boolean
  readonly accountStatus: 'ACTIVE' | 'SUSPENDED' | 'BANNED' | 'DELETED'
  readonly suspendedUntil: Date | null
  readonly statusChangedAt: Date | null
  readonly subjects: readonly string[]
}

/** A post of a random world. */
export interface Post {
  readonly id: string
  readonly creator: Somebody
  readonly creatorId: string
  readonly type: ContentType
  readonly visibility: ContentVisibility
  readonly isPremium: boolean
  readonly includedInSubscription: boolean
  readonly isAgeRestricted: boolean
  readonly publishAt: Date | null
  readonly unpublishedAt: Date | null
  readonly deletedAt: Date | null
  readonly removedAt: Date | null
  readonly shadowBannedAt: Date | null
  readonly announcedAt: Date | null
  readonly tags: readonly string[]
  readonly subjects: readonly string[]
}

interface Grant {
  readonly userId: string
  readonly creatorId: string
  readonly contentId: string | null
  readonly live: boolean
}

/** People, posts and what stands between them, drawn by lot; `of` says what the pure decision makes of it. */
export interface RandomWorld {
  readonly now: Date
  readonly people: readonly Somebody[]
  readonly posts: readonly Post[]
  readonly follows: ReadonlySet<string>
  readonly mutes: ReadonlySet<string>
  readonly blocks: ReadonlySet<string>
  readonly grants: readonly Grant[]
}

const pair = (one: string, other: string): string => `${one} ${other}`

/** Draws a world and writes it past the verbs, which would not let half of it happen at once. */
export async function drawWorld({ owner }: TestDatabase, seed: number, now: Date): Promise<RandomWorld> {
  const lot = new DemoRandom(`discovery/${String(seed)}`)
  const ago = (days: number): Date => new Date(now.getTime() - Math.floor(days * DAY_MS))
  // few instants, so that many posts share one
  const instants = Array.from({ length: 12 }, () => ago(lot.next() * 10))
  const sometimes = (share: number): Date | null => (lot.chance(share) ? ago(lot.next()) : null)

  const people = Array.from({ length: 14 }, (_none, index): Somebody => {
    const accountStatus = lot.chance(0.65)
      ? 'ACTIVE'
      : lot.pick(['SUSPENDED', 'SUSPENDED', 'BANNED', 'DELETED'] as const)
    const isCreator = index < 9
    const isVerified = lot.chance(0.5)
    return {
      id: demoId(`person/${String(seed)}/${String(index)}`),
      username: `p${String(seed)}_${String(index)}`,
      isCreator,
      isAgeVerified: isVerified,
      accountStatus,
      // over, ending this instant, or to come
      suspendedUntil:
        accountStatus === 'SUSPENDED' ? lot.pick([ago(1), ago(3), now, new Date(now.getTime() + DAY_MS)]) : null,
      // who is back in good standing was away before
      statusChangedAt: accountStatus === 'ACTIVE' && lot.chance(0.7) ? null : ago(5),
      subjects: isCreator ? lot.sample(SUBJECTS, lot.int(0, 2)) : [],
    }
  })
  const creators = people.slice(0, 9) as [Somebody, ...Somebody[]]
  const posts = Array.from({ length: 160 }, (_none, index): Post => {
    const creator = lot.pick(creators)
    const isPremium = lot.chance(0.2)
    const publishAt = lot.chance(0.1)
      ? null
      : lot.chance(0.08)
        ? lot.pick([now, new Date(now.getTime() + 1), new Date(now.getTime() + DAY_MS)])
        : lot.pick(instants as [Date, ...Date[]])
    return {
      id: demoId(`post/${String(seed)}/${String(index)}`),
      creator,
      creatorId: creator.id,
      type: lot.pick(TYPES),
      visibility: lot.pick(VISIBILITIES),
      isPremium,
      includedInSubscription: isPremium && lot.chance(0.5),
      isAgeRestricted: lot.chance(0.25),
      publishAt,
      announcedAt: publishAt && publishAt <= now && lot.chance(0.8) ? publishAt : null,
      unpublishedAt: sometimes(0.05),
      deletedAt: sometimes(0.05),
      removedAt: sometimes(0.05),
      shadowBannedAt: sometimes(0.08),
      tags: lot.sample(TAGS, lot.int(0, 3)),
      subjects: lot.sample(SUBJECTS, lot.int(0, 2)),
    }
  })
  const pairs = people.flatMap((one) => people.filter((other) => other !== one).map((other) => [one, other] as const))
  const drawn = <T>(share: number, make: (one: Somebody, other: Somebody) => T): T[] =>
    pairs.filter(() => lot.chance(share)).map(([one, other]) => make(one, other))

  const follows = drawn(0.5, (one, other) => ({ one, other, isOver: lot.chance(0.15), isWithdrawn: lot.chance(0.1) }))
  const blocks = drawn(0.05, (one, other) => ({ one, other }))
  const mutes = drawn(0.1, (one, other) => ({
    one,
    other,
    until: lot.pick([null, now, ago(1), new Date(now.getTime() + 1)]),
  }))
  const grants = Array.from({ length: 40 }, (_none, index) => {
    const post = lot.pick(posts as [Post, ...Post[]])
    const user = lot.pick(people.filter(({ id }) => id !== post.creatorId) as [Somebody, ...Somebody[]])
    const isOver = lot.chance(0.2)
    const isAhead = !isOver && lot.chance(0.1)
    return {
      id: demoId(`grant/${String(seed)}/${String(index)}`),
      userId: user.id,
      creatorId: post.creatorId,
      contentId: lot.chance(0.5) ? post.id : null,
      startsAt: isAhead ? new Date(now.getTime() + 1) : ago(2),
      endsAt: isOver ? lot.pick([now, ago(1)]) : lot.pick([null, new Date(now.getTime() + DAY_MS)]),
      revokedAt: sometimes(0.1),
      suspendedAt: sometimes(0.1),
    }
  })

  for (const person of people)
    await owner.query(
      `insert into users (id, username, display_name, email, email_index, account_type, creator_since, currency, account_status,
         suspended_until, status_changed_at, deleted_at, age_verified, age_verified_at)
       values ($1, $2::text, $2::text, '\\x00', decode(md5($2::text) || md5($2::text), 'hex'), $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        person.id,
        person.username,
        person.isCreator ? 'creator' : 'fan',
        person.isCreator ? ago(lot.int(1, 5)) : null,
        person.isCreator ? 'EUR' : null,
        person.accountStatus.toLowerCase(),
        person.suspendedUntil,
        person.statusChangedAt,
        person.accountStatus === 'DELETED' ? ago(5) : null,
        person.isAgeVerified,
        person.isAgeVerified ? ago(20) : null,
      ],
    )
  for (const { id, subjects } of people)
    for (const slug of subjects)
      await owner.query(
        `insert into creator_categories (user_id, category_id) select $1, id from categories where slug = $2`,
        [id, slug],
      )
  for (const post of posts) {
    await owner.query(
      `insert into content (id, creator_id, type, title, teaser, body, visibility, is_premium, price_minor, currency,
         included_in_subscription, is_age_restricted, publish_at, unpublished_at, deleted_at, removed_at, shadow_banned_at, announced_at)
       values ($1, $2, $3, $4, 'a teaser', 'a body', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
      [
        post.id,
        post.creatorId,
        post.type.toLowerCase(),
        `post of ${post.creator.username}`,
        post.visibility.toLowerCase(),
        post.isPremium,
        post.isPremium ? 500 : null,
        post.isPremium ? 'EUR' : null,
        post.includedInSubscription,
        post.isAgeRestricted,
        post.publishAt,
        post.unpublishedAt,
        post.deletedAt,
        post.removedAt,
        post.shadowBannedAt,
        post.announcedAt,
      ],
    )
    for (const tag of post.tags)
      await owner.query(
        `with tag as (insert into tags (name) values ($2) on conflict (name) do update set name = tags.name returning id)
         insert into content_tags (content_id, tag_id) select $1, id from tag`,
        [post.id, tag],
      )
    for (const slug of post.subjects)
      await owner.query(
        `insert into content_categories (content_id, category_id) select $1, id from categories where slug = $2`,
        [post.id, slug],
      )
  }
  for (const { one, other, isOver, isWithdrawn } of follows)
    await owner.query(
      `insert into follows (follower_id, following_id, followed_at, unfollowed_at, withdrawn_at) values ($1, $2, $3, $4, $5)`,
      [one.id, other.id, ago(3), isOver ? ago(1) : null, isWithdrawn ? ago(1) : null],
    )
  for (const { one, other } of blocks)
    await owner.query(`insert into blocks (blocker_id, blocked_id) values ($1, $2)`, [one.id, other.id])
  for (const { one, other, until } of mutes)
    await owner.query(`insert into mutes (muter_id, muted_id, expires_at) values ($1, $2, $3)`, [
      one.id,
      other.id,
      until,
    ])
  for (const grant of grants)
    await owner.query(
      `insert into entitlement_grants (id, user_id, creator_id, content_id, source, starts_at, ends_at, revoked_at,
         revoked_reason, suspended_at) values ($1, $2, $3, $4, 'gift', $5, $6, $7, $8, $9)`,
      [
        grant.id,
        grant.userId,
        grant.creatorId,
        grant.contentId,
        grant.startsAt,
        grant.endsAt,
        grant.revokedAt,
        grant.revokedAt ? 'cancelled' : null,
        grant.suspendedAt,
      ],
    )
  return {
    now,
    people,
    posts,
    follows: new Set(
      follows
        .filter(({ isOver, isWithdrawn }) => !isOver && !isWithdrawn)
        .map(({ one, other }) => pair(one.id, other.id)),
    ),
    blocks: new Set(blocks.flatMap(({ one, other }) => [pair(one.id, other.id), pair(other.id, one.id)])),
    mutes: new Set(
      mutes.filter(({ until }) => until === null || until > now).map(({ one, other }) => pair(one.id, other.id)),
    ),
    grants: grants.map(({ userId, creatorId, contentId, startsAt, endsAt, revokedAt, suspendedAt }) => ({
      userId,
      creatorId,
      contentId,
      live: startsAt <= now && (endsAt === null || endsAt > now) && !revokedAt && !suspendedAt,
    })),
  }
}

/** Somebody who looks at lists, or a stranger; and whether every post counts as age restricted. */
export interface Onlooker {
  readonly person: Somebody | null
  readonly isGated: boolean
}

export const readingOf = ({ person, isGated }: Onlooker, now: Date): Reading => ({
  viewerId: person?.id ?? null,
  isAgeVerified: person?.isAgeVerified ?? false,
  isGated,
  now,
})

/** Everybody in good standing, and a stranger. */
export const onlookers = ({ people }: RandomWorld): Onlooker[] =>
  [null, ...people.filter(({ accountStatus }) => accountStatus === 'ACTIVE')].map((person) => ({
    person,
    isGated: false,
  }))

const A_GRANT: LiveGrant = { id: 'grant', version: 1, endsAt: null }

/** The pure decision on a post. */
export function accessOf(world: RandomWorld, { person, isGated }: Onlooker, post: Post): Access {
  const held = world.grants.filter(({ userId, live }) => live && userId === person?.id)
  const isCreatorWide = held.some(({ creatorId, contentId }) => creatorId === post.creatorId && contentId === null)
  return resolveAccess(
    {
      content: post,
      author: post.creator,
      viewer: person && { userId: person.id, isAgeVerified: person.isAgeVerified },
      bonds: {
        follows: person !== null && world.follows.has(pair(person.id, post.creatorId)),
        isBlocked: isParted(world, person, post.creator),
        creatorGrant: isCreatorWide ? A_GRANT : null,
        contentGrant: held.some(({ contentId }) => contentId === post.id) ? A_GRANT : null,
      },
      isGated,
    },
    world.now,
  )
}

export const isParted = ({ blocks }: RandomWorld, person: Somebody | null, other: Somebody): boolean =>
  person !== null && blocks.has(pair(person.id, other.id))

export const isMuting = ({ mutes }: RandomWorld, person: Somebody | null, other: Somebody): boolean =>
  person !== null && mutes.has(pair(person.id, other.id))

/** What any list may show: what can be known of, is published, and whose author can be met without an unproven age. */
export function isListed(world: RandomWorld, onlooker: Onlooker, post: Post): boolean {
  const { person, isGated } = onlooker
  const isOwn = person?.id === post.creatorId
  const suits = isOwn || person?.isAgeVerified === true || !(post.isAgeRestricted || isGated)
  return (
    accessOf(world, onlooker, post).isVisible &&
    stateAt(post, world.now) === 'PUBLISHED' &&
    post.publishAt !== null &&
    isPresent(post.creator, { publishAt: post.publishAt, announcedAt: post.announcedAt }, world.now) &&
    !isParted(world, person, post.creator) &&
    suits
  )
}

/** Whether somebody's feed is made of this creator's posts, among others. */
export const isSource = ({ follows, mutes, grants }: RandomWorld, person: Somebody, creator: Somebody): boolean =>
  person !== creator &&
  !mutes.has(pair(person.id, creator.id)) &&
  (follows.has(pair(person.id, creator.id)) ||
    grants.some(
      ({ userId, creatorId, contentId, live }) =>
        live && userId === person.id && creatorId === creator.id && contentId === null,
    ))

/** The newest first; of one instant the greatest id. */
export const newestFirst = (one: Post, other: Post): number =>
  (other.publishAt?.getTime() ?? 0) - (one.publishAt?.getTime() ?? 0) || (one.id < other.id ? 1 : -1)

/** Listings that are missing, too many or wrong, and counts that are not what the listings say; none in a sound database. */
export async function wrongListings({ owner }: Pick<TestDatabase, 'owner'>): Promise<unknown[]> {
  const { rows } = await owner.query<Record<string, unknown>>(
    `with listed as (
       select c.* from content c join users u on u.id = c.creator_id
       where c.publish_at is not null and c.unpublished_at is null and c.deleted_at is null and c.removed_at is null
         and c.shadow_banned_at is null and u.account_status in ('active', 'suspended')
     ), wanted as (
       select id, '00000000-0000-0000-0000-000000000000'::uuid as scope_id from listed
       union all select id, tag_id from listed join content_tags on content_id = id
       union all select id, category_id from listed join content_categories on content_id = id
     ), counted as (
       select scope_id as id, count(*)::int as n, count(*) filter (where not is_age_restricted)::int as open_n
       from explore_posts where is_due group by 1
     )
     select 'listing' as what, coalesce(wanted.id, e.content_id)::text as id
     from wanted full join explore_posts e on e.content_id = wanted.id and e.scope_id = wanted.scope_id
     left join content c on c.id = e.content_id
     where (e.type, e.is_age_restricted, e.publish_at) is distinct from (c.type, c.is_age_restricted, c.publish_at)
       or wanted.id is null or e.content_id is null
     union all
     select 'count', tags.name::text from tags left join counted using (id)
     where (post_count, open_post_count) is distinct from (coalesce(n, 0), coalesce(open_n, 0))`,
  )
  return rows
}
