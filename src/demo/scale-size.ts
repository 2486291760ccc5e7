import { DemoRandom } from './random.js'

/** How many of everything there are to be. */
export interface ScaleSize {
  readonly users: number
  readonly posts: number
  readonly likes: number
  readonly comments: number
}

/** One person in so many is a creator. */
export const CREATOR_EVERY = 10
/** What belongs to one person where nothing else is asked for. */
const PER_USER = { posts: 4, likes: 20, comments: 10 } as const
const MAX_USERS = 5_000_000
const MAX_ROWS = 50_000_000
/** Nobody's post is liked by more than this share of all people. */
const MAX_LIKED = 0.4
/** How fast numbers fall with the rank: the n-th has the share of n to the power of minus this. */
const FALL = { posts: 0.5, likes: 0.8, comments: 0.7 } as const

/**
 * How many of everything there are to be; what is not said goes by the number of people.
 * @throws RangeError when something is no whole number, or there are not people enough to like so much
 */
export function scaleSize(asked: Partial<ScaleSize> & Pick<ScaleSize, 'users'>): ScaleSize {
  const users = checked('--users', asked.users, 1, MAX_USERS)
  const posts = checked('--posts', asked.posts ?? users * PER_USER.posts, 0, MAX_ROWS)
  const most = posts * mostLikes(users)
  const likes = checked('--likes', asked.likes ?? Math.min(most, users * PER_USER.likes), 0, MAX_ROWS)
  const comments = checked('--comments', asked.comments ?? (posts > 0 ? users * PER_USER.comments : 0), 0, MAX_ROWS)
  if (likes > most)
    throw new RangeError(`--likes: ${String(users)} people like ${String(posts)} posts ${String(most)} times`)
  if (comments > 0 && posts === 0) throw new RangeError('--comments need posts')
  return { users, posts, likes, comments }
}

function checked(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new RangeError(`${name} takes a whole number from ${String(least)} to ${most.toLocaleString('en')}`)
}

const mostLikes = (users: number): number => Math.floor(users * MAX_LIKED)

export const creatorCount = (users: number): number => Math.ceil(users / CREATOR_EVERY)

/** What every post has, by its number; posts are numbered in the order they were published in. */
export interface PostPlan {
  /** The rank of its creator. */
  readonly creators: Int32Array
  readonly likes: Int32Array
  readonly comments: Int32Array
}

/** Who publishes what, and how many like and discuss it: the favourites publish more, and more comes to what is theirs. */
export function planPosts({ users, posts, likes, comments }: ScaleSize): PostPlan {
  const random = new DemoRandom('scale/posts')
  const creators = new Int32Array(posts)
  let filled = 0
  for (const [rank, count] of shares(posts, creatorCount(users), FALL.posts).entries()) {
    creators.fill(rank, filled, filled + count)
    filled += count
  }
  shuffle(creators, random)
  const order = byInterest(creators, random)
  return {
    creators,
    likes: inOrder(order, shares(likes, posts, FALL.likes, mostLikes(users))),
    comments: inOrder(order, shares(comments, posts, FALL.comments)),
  }
}

/**
 * Deals `total` out among `count`, fewer to each than to the one before and to nobody more than `most`; what a limit leaves
 * over goes to the next.
 */
export function shares(total: number, count: number, fall: number, most = Infinity): Int32Array {
  const dealt = new Int32Array(count)
  if (count === 0) return dealt
  let weight = 0
  for (let rank = 1; rank <= count; rank += 1) weight += rank ** -fall
  let left = total
  for (let index = 0; index < count; index += 1) {
    const share = (index + 1) ** -fall
    const fair = weight > 0 ? Math.floor((left * share) / weight + 0.5) : left
    dealt[index] = Math.min(fair, most, left)
    left -= dealt[index] ?? 0
    weight -= share
  }
  for (let index = 0; left > 0; index = (index + 1) % count) {
    const room = Math.min(left, most - (dealt[index] ?? 0))
    dealt[index] = (dealt[index] ?? 0) + room
    left -= room
  }
  return dealt
}

function shuffle(list: Int32Array, random: DemoRandom): void {
  for (let index = list.length - 1; index > 0; index -= 1) {
    const other = random.int(0, index)
    const value = list[index] ?? 0
    list[index] = list[other] ?? 0
    list[other] = value
  }
}

/** The numbers of the posts, the most interesting first: that hangs on who publishes it, and on luck. */
function byInterest(creators: Int32Array, random: DemoRandom): Uint32Array {
  const dullness = Float64Array.from(creators, (rank) => (rank + 1) ** 0.7 * (random.next() ** 2 + 0.01))
  return Uint32Array.from(creators, (_rank, post) => post).sort(
    (one, other) => (dullness[one] ?? 0) - (dullness[other] ?? 0),
  )
}

function inOrder(order: Uint32Array, dealt: Int32Array): Int32Array {
  const values = new Int32Array(order.length)
  for (const [rank, post] of order.entries()) values[post] = dealt[rank] ?? 0
  return values
}

/** Numbers from `from` up to but without `to`. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** Cuts the numbers into spans of at most `most` numbers and rows, where number n brings `rowsOf(n)`; never less than one. */
export function spans(count: number, most: number, rowsOf: (number: number) => number = () => 1): Span[] {
  const cut: Span[] = []
  let from = 0
  let rows = 0
  for (let number = 0; number < count; number += 1) {
    const more = rowsOf(number)
    if (number > from && (rows + more > most || number - from >= most)) {
      cut.push({ from, to: number })
      from = number
      rows = 0
    }
    rows += more
  }
  if (from < count) cut.push({ from, to: count })
  return cut
}
