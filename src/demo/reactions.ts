import { addMs } from '../lib/clock.js'
import { audienceOf, demoBlocks, demoGrants, later } from './bonds.js'
import type { Audience, DemoBlock, DemoGrant } from './bonds.js'
import { demoPosts, isCreator, isSeen } from './posts.js'
import type { DemoPost, SeenPost } from './posts.js'
import { DemoRandom, demoId } from './random.js'
import { shares } from './scale-size.js'
import { commentsOn, isThere, spamOn } from './talk.js'
import type { DemoComment, Talk } from './talk.js'
import type { DemoFollow, DemoPerson } from './world.js'

/** Somebody liking a post or a comment. */
export interface DemoLike {
  readonly id: string
  readonly userId: string
  readonly contentId: string | null
  readonly commentId: string | null
  readonly createdAt: Date
  readonly withdrawnAt: Date | null
}

/** Somebody keeping a post for later. */
export interface DemoSave {
  readonly id: string
  readonly userId: string
  readonly contentId: string
  readonly createdAt: Date
}

/** How a creator wants comments under their posts. */
export interface DemoCommentSettings {
  readonly creatorId: string
  readonly holdFirst: boolean
  readonly slowModeSeconds: number
  readonly forbiddenWords: readonly string[]
  readonly updatedAt: Date
}

/** What people of the demo world publish, and all that came of it. */
export interface DemoWorks {
  readonly posts: readonly DemoPost[]
  readonly grants: readonly DemoGrant[]
  readonly blocks: readonly DemoBlock[]
  readonly comments: readonly DemoComment[]
  readonly likes: readonly DemoLike[]
  readonly saves: readonly DemoSave[]
  readonly settings: readonly DemoCommentSettings[]
}

const LIKES = 9_000
const TALKS = 1_200
const SAVES = 700
/** The n-th most interesting post has the share of n to the power of minus this. */
const FALL = 0.6
/** Of those who can open a post, no more like it. */
const MOST_LIKED = 0.7
const MOST_TALKS = 14
const MAX_COMMENT_LIKES = 14
/** The fan who can sign in keeps so many posts. */
const FAY_SAVES = 12

/** Posts of everybody, who may open them, and what people said and liked. */
export function demoWorks(people: readonly DemoPerson[], follows: readonly DemoFollow[], today: Date): DemoWorks {
  const posts = demoPosts(people, today)
  const seen = byInterest(posts.filter(isSeen(today)), follows)
  const grants = demoGrants(people, seen, follows, today)
  const audiences = new Map(seen.map((post) => [post.id, audienceOf(post, { people, follows, grants })]))
  const audience = (post: SeenPost): Audience => audiences.get(post.id) ?? []
  const talks = shares(TALKS, seen.length, FALL, MOST_TALKS)
  const talked = new Map<string, Set<Talk>>()
  const held = ({ id }: DemoPerson): Set<Talk> => talked.get(id) ?? talked.set(id, new Set()).get(id) ?? new Set()
  const own = seen.filter(({ creator }) => creator.isSignIn)
  const comments = [
    ...seen.flatMap((post, index) =>
      commentsOn(post, audience(post), { count: talks[index] ?? 0, held: held(post.creator), today }),
    ),
    ...spamOn(own, people, today),
  ]
  const postsById = new Map(seen.map((post) => [post.id, post]))
  return {
    posts,
    grants,
    blocks: demoBlocks(people, follows, today),
    comments,
    likes: [
      ...likesOf(seen, audience, follows, today),
      ...comments.flatMap((comment) => {
        const post = postsById.get(comment.contentId)
        return post ? likesOfComment(comment, audience(post), today) : []
      }),
    ],
    saves: savesOf(seen, audience, today),
    settings: settingsOf(people),
  }
}

/** The most interesting first: that hangs on who publishes it, and on luck. */
function byInterest(posts: readonly SeenPost[], follows: readonly DemoFollow[]): SeenPost[] {
  const followers = new Map<string, number>()
  for (const { followingId } of follows) followers.set(followingId, (followers.get(followingId) ?? 0) + 1)
  const interest = new Map(
    posts.map(({ id, name, creator }) => [
      id,
      ((followers.get(creator.id) ?? 0) + 4) ** 0.7 * (0.15 + new DemoRandom(`interest/${name}`).next()),
    ]),
  )
  return posts.toSorted((one, other) => (interest.get(other.id) ?? 0) - (interest.get(one.id) ?? 0))
}

/** Sooner rather than later, and never before somebody could. */
const reactsAt = (random: DemoRandom, from: Date, today: Date): Date =>
  addMs(from, 1 + Math.floor((today.getTime() - from.getTime()) * random.next() ** 3))

function likesOf(
  posts: readonly SeenPost[],
  audience: (post: SeenPost) => Audience,
  follows: readonly DemoFollow[],
  today: Date,
): DemoLike[] {
  const counts = shares(LIKES, posts.length, FALL)
  const pairs = new Set(follows.map(({ followerId, followingId }) => `${followerId} ${followingId}`))
  return posts.flatMap((post, index) => {
    const random = new DemoRandom(`likes/${post.name}`)
    const readers = audience(post)
      .map((reader) => ({
        reader,
        at: reactsAt(random, later(reader.since, reader.person.joinedAt), today),
        luck: random.next(),
      }))
      .filter(({ reader, at }) => isThere(reader, at))
      .map(({ reader: { person }, at, luck }) => {
        const isFollower = pairs.has(`${person.id} ${post.creator.id}`)
        return { person, at, rank: isFollower ? luck * 0.4 : luck }
      })
      .toSorted((one, other) => one.rank - other.rank)
    const count = Math.min(counts[index] ?? 0, Math.ceil(readers.length * MOST_LIKED))
    return readers
      .slice(0, count)
      .map(({ person, at }) => toLike(person, at, { contentId: post.id, commentId: null, name: post.name }))
  })
}

function likesOfComment(comment: DemoComment, audience: Audience, today: Date): DemoLike[] {
  if (comment.deletedAt || comment.hiddenAt || comment.heldAt || comment.withdrawnAt) return []
  const random = new DemoRandom(`likes/${comment.id}`)
  const count = Math.floor(random.next() ** 3 * MAX_COMMENT_LIKES)
  return random.sample(audience, count).flatMap((reader) => {
    const at = reactsAt(random, later(later(reader.since, reader.person.joinedAt), comment.createdAt), today)
    if (reader.person.id === comment.author.id || !isThere(reader, at)) return []
    return [toLike(reader.person, at, { contentId: null, commentId: comment.id, name: comment.id })]
  })
}

function toLike(
  { id: userId, standing: { status, changedAt } }: DemoPerson,
  createdAt: Date,
  { name, ...liked }: Pick<DemoLike, 'contentId' | 'commentId'> & { readonly name: string },
): DemoLike {
  const withdrawnAt = status === 'BANNED' || status === 'DELETED' ? changedAt : null
  return { id: demoId(`like/${name}/${userId}`), userId, ...liked, createdAt, withdrawnAt }
}

function savesOf(posts: readonly SeenPost[], audience: (post: SeenPost) => Audience, today: Date): DemoSave[] {
  const counts = shares(SAVES, posts.length, FALL)
  const fayKeeps = new Set(new DemoRandom('saves/fay').sample(posts.slice(0, 60), FAY_SAVES))
  return posts.flatMap((post, index) => {
    const random = new DemoRandom(`saves/${post.name}`)
    const readers = audience(post)
    const fay = fayKeeps.has(post) ? readers.filter(({ person: { username } }) => username === 'fay') : []
    const others = readers.filter(({ person: { username } }) => username !== 'fay')
    return [...fay, ...random.sample(others, counts[index] ?? 0)].flatMap((reader) => {
      const at = reactsAt(random, later(reader.since, reader.person.joinedAt), today)
      if (!isThere(reader, at)) return []
      return [
        {
          id: demoId(`save/${post.name}/${reader.person.username}`),
          userId: reader.person.id,
          contentId: post.id,
          createdAt: at,
        },
      ]
    })
  })
}

/** The creator who can sign in has advertising held; a few others slow discussions down, or hold what newcomers say. */
const settingsOf = (people: readonly DemoPerson[]): DemoCommentSettings[] =>
  people.filter(isCreator).flatMap(({ id, isSignIn, username, creator: { since } }) => {
    const random = new DemoRandom(`settings/${username}`)
    const wishes = { creatorId: id, holdFirst: false, slowModeSeconds: 0, forbiddenWords: [], updatedAt: since }
    if (isSignIn) return [{ ...wishes, forbiddenWords: ['easy money', 'crypto', 'giveaway'] }]
    if (random.chance(0.1)) return [{ ...wishes, slowModeSeconds: 30 }]
    return random.chance(0.06) ? [{ ...wishes, holdFirst: true }] : []
  })
