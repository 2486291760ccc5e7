import type { GrantEndReason, GrantSource } from '../generated/prisma/enums.js'
import { DAY_MS, addMs } from '../lib/clock.js'
import { isCreator } from './posts.js'
import type { SeenPost } from './posts.js'
import { DemoRandom, demoId } from './random.js'
import { ADMIN_ID } from './world.js'
import type { DemoFollow, DemoPerson } from './world.js'

/** Somebody's right to open a post, or all that a creator's subscribers see. */
export interface DemoGrant {
  readonly id: string
  readonly userId: string
  readonly creatorId: string
  readonly contentId: string | null
  readonly source: GrantSource
  readonly grantedById: string | null
  readonly note: string
  readonly startsAt: Date
  readonly endsAt: Date | null
  readonly revokedAt: Date | null
  readonly revokedReason: GrantEndReason | null
}

/** One person blocking another. */
export interface DemoBlock {
  readonly id: string
  readonly blockerId: string
  readonly blockedId: string
  readonly reason: string
  readonly createdAt: Date
}

/** Creators who gave access to the fan who can sign in, of those she follows; the last of them no longer. */
const FAY_GRANTS = 5
const FAY_POSTS = 3
/** Of those who follow a creator, so many open what subscribers see. */
const GRANTED_SHARE = 0.12
/** Of those who follow a creator, so many have a post of theirs that is sold. */
const BOUGHT_SHARE = 0.05
const BLOCKS = 14
const BLOCK_REASONS = ['Advertising', 'Rude, twice', 'We know each other from elsewhere', 'Keeps asking for an address']

const isPresent = ({ standing }: DemoPerson): boolean => standing.status === 'ACTIVE'

/** Who may open what, beside what is for everybody and for followers; nothing of it was bought. */
export function demoGrants(
  people: readonly DemoPerson[],
  posts: readonly SeenPost[],
  follows: readonly DemoFollow[],
  today: Date,
): DemoGrant[] {
  const followers = grouped(
    follows.filter(({ unfollowedAt }) => unfollowedAt === null),
    ({ followingId }) => followingId,
  )
  const fay = people.find(({ username }) => username === 'fay')
  const creators = people
    .filter(isCreator)
    .filter((creator) => isPresent(creator) && creator.creator.priceMinor !== null)
  const given = creators.flatMap((creator) => {
    const random = new DemoRandom(`grants/${creator.username}`)
    return (followers.get(creator.id) ?? [])
      .filter(({ followerId }) => followerId !== fay?.id && random.chance(GRANTED_SHARE))
      .map((follow) => giveAll(random, { creator, userId: follow.followerId, since: follow.followedAt }, today))
  })
  const single = posts
    .filter(({ priceMinor, creator }) => priceMinor !== null && isPresent(creator))
    .flatMap((post) => {
      const random = new DemoRandom(`grants/${post.name}`)
      return (followers.get(post.creator.id) ?? [])
        .filter(({ followerId }) => followerId !== fay?.id && random.chance(BOUGHT_SHARE))
        .map(({ followerId }) => giveOne(random, { post, userId: followerId }, today))
    })
  return [...given, ...single, ...(fay ? giveFay(fay, { creators, posts, followers }, today) : [])]
}

interface Given {
  readonly creator: DemoPerson
  readonly userId: string
  readonly since: Date
}

function giveAll(random: DemoRandom, { creator, userId, since }: Given, today: Date): DemoGrant {
  const startsAt = random.between(since, today)
  const isGift = random.chance(0.4)
  const hasEnd = random.chance(0.6)
  const isTakenBack = random.chance(0.08)
  return {
    id: demoId(`grant/${creator.username}/${userId}`),
    userId,
    creatorId: creator.id,
    contentId: null,
    source: isGift ? 'GIFT' : 'PROMOTION',
    grantedById: isGift ? creator.id : null,
    note: isGift ? 'Thank you for being here from the start.' : 'Opening weeks.',
    startsAt,
    endsAt: hasEnd ? addMs(startsAt, random.int(20, 120) * DAY_MS) : null,
    revokedAt: isTakenBack ? random.between(startsAt, today) : null,
    revokedReason: isTakenBack ? 'CANCELLED' : null,
  }
}

const giveOne = (
  random: DemoRandom,
  { post, userId }: { readonly post: SeenPost; readonly userId: string },
  today: Date,
): DemoGrant => ({
  id: demoId(`grant/${post.name}/${userId}`),
  userId,
  creatorId: post.creator.id,
  contentId: post.id,
  source: 'GIFT',
  grantedById: post.creator.id,
  note: 'For helping with the proofs.',
  startsAt: random.between(post.publishAt, today),
  endsAt: null,
  revokedAt: null,
  revokedReason: null,
})

interface Around {
  readonly creators: readonly DemoPerson[]
  readonly posts: readonly SeenPost[]
  readonly followers: ReadonlyMap<string, readonly DemoFollow[]>
}

/** Of those whom the fan follows: some open to her, one did until a week ago, and a few single posts of others do. */
function giveFay(fay: DemoPerson, { creators, posts, followers }: Around, today: Date): DemoGrant[] {
  const random = new DemoRandom('grants/fay')
  const isFollowed = ({ id }: DemoPerson): boolean =>
    followers.get(id)?.some(({ followerId }) => followerId === fay.id) ?? false
  const isOpenable = (creator: DemoPerson): boolean =>
    posts.some((post) => post.creator.id === creator.id && post.visibility === 'SUBSCRIBERS')
  const followed = creators.filter((creator) => isFollowed(creator) && isOpenable(creator))
  const chosen = random.sample(followed, FAY_GRANTS)
  const all = chosen.map((creator, index): DemoGrant => {
    const isOver = index === FAY_GRANTS - 1
    const isByStaff = index === 1
    const grant = giveAll(
      random,
      { creator, userId: fay.id, since: addMs(today, -60 * DAY_MS) },
      addMs(today, -30 * DAY_MS),
    )
    return {
      ...grant,
      source: isByStaff ? 'STAFF' : grant.source,
      grantedById: isByStaff ? ADMIN_ID : grant.grantedById,
      note: isByStaff ? 'Made good for a week without pictures.' : grant.note,
      endsAt: isOver ? addMs(today, -7 * DAY_MS) : index % 2 === 0 ? null : addMs(today, 45 * DAY_MS),
      revokedAt: null,
      revokedReason: null,
    }
  })
  const sold = posts.filter(
    ({ priceMinor, creator }) => priceMinor !== null && isFollowed(creator) && !chosen.includes(creator),
  )
  return [...all, ...random.sample(sold, FAY_POSTS).map((post) => giveOne(random, { post, userId: fay.id }, today))]
}

/** The pairs of ids, in either order, that a block parts. */
export const partedBy = (blocks: readonly DemoBlock[]): ReadonlySet<string> =>
  new Set(blocks.flatMap(({ blockerId, blockedId }) => [blockerId + blockedId, blockedId + blockerId]))

/** Who blocks whom: fans other fans, and both who can sign in somebody; nobody whom they follow. */
export function demoBlocks(people: readonly DemoPerson[], follows: readonly DemoFollow[], today: Date): DemoBlock[] {
  const random = new DemoRandom('blocks')
  const fans = people.filter((person) => person.accountType === 'FAN' && isPresent(person) && !person.isSignIn)
  const blockers = [
    ...people.filter(({ isSignIn, accountType }) => isSignIn && (accountType === 'FAN' || accountType === 'CREATOR')),
    ...random.sample(fans, BLOCKS),
  ]
  const pairs = new Set(follows.map(({ followerId, followingId }) => `${followerId} ${followingId}`))
  return blockers.flatMap((blocker) => {
    const blocked = fans.find(
      ({ id }) => id !== blocker.id && !pairs.has(`${id} ${blocker.id}`) && random.chance(1 / BLOCKS),
    )
    if (!blocked) return []
    const since = new Date(Math.max(blocker.joinedAt.getTime(), blocked.joinedAt.getTime()))
    return [
      {
        id: demoId(`block/${blocker.username}/${blocked.username}`),
        blockerId: blocker.id,
        blockedId: blocked.id,
        reason: random.pick(BLOCK_REASONS as [string, ...string[]]),
        createdAt: random.between(since, today),
      },
    ]
  })
}

/** Who can open a post at `at`, as the access decision would have it; its creator is not among them. */
export function audienceOf(
  post: SeenPost,
  {
    people,
    follows,
    grants,
  }: {
    readonly people: readonly DemoPerson[]
    readonly follows: readonly DemoFollow[]
    readonly grants: readonly DemoGrant[]
  },
): Audience {
  const isOfAge = ({ age }: DemoPerson): boolean => age?.status === 'APPROVED'
  const able = people.filter((person) => person.id !== post.creator.id && (!post.text.isForAdults || isOfAge(person)))
  if (post.visibility === 'PUBLIC' && post.priceMinor === null)
    return able.map((person) => ({ person, since: post.publishAt, until: null }))
  const opening = grants.filter(
    ({ contentId, creatorId }) =>
      contentId === post.id ||
      (contentId === null && creatorId === post.creator.id && (post.priceMinor === null || post.isIncluded)),
  )
  const following =
    post.visibility === 'FOLLOWERS' ? follows.filter(({ followingId }) => followingId === post.creator.id) : []
  const ways = grouped(
    [
      ...opening.map(({ userId, startsAt, endsAt, revokedAt }) => ({
        userId,
        since: startsAt,
        until: revokedAt ?? endsAt,
      })),
      ...following.map(({ followerId, followedAt, unfollowedAt }) => ({
        userId: followerId,
        since: followedAt,
        until: unfollowedAt,
      })),
    ],
    ({ userId }) => userId,
  )
  return able.flatMap((person) => {
    const [way] = ways.get(person.id) ?? []
    return way ? [{ person, since: later(way.since, post.publishAt), until: way.until }] : []
  })
}

/** People who can open something, each from when and until when. */
export type Audience = readonly Reader[]

export interface Reader {
  readonly person: DemoPerson
  readonly since: Date
  readonly until: Date | null
}

export const later = (one: Date, other: Date): Date => (one > other ? one : other)

/** The entries by what `keyOf` says of each. */
function grouped<T>(entries: readonly T[], keyOf: (entry: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const entry of entries) {
    const group = groups.get(keyOf(entry))
    if (group) group.push(entry)
    else groups.set(keyOf(entry), [entry])
  }
  return groups
}
