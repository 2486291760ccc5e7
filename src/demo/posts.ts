import type { ContentVisibility } from '../generated/prisma/enums.js'
import { DAY_MS, HOUR_MS, MINUTE_MS, addMs } from '../lib/clock.js'
import { currencyDigits } from '../lib/money.js'
import { DRAFTS } from './desk.js'
import { DemoRandom, demoId } from './random.js'
import type { StudioPost } from './studios/studio.js'
import type { DemoCreator, DemoPerson } from './world.js'

/** A post of the demo world. */
export interface DemoPost {
  readonly id: string
  /** Theirs among all; names the pictures. */
  readonly name: string
  readonly creator: DemoPerson & { readonly creator: DemoCreator }
  readonly text: StudioPost
  readonly language: string
  readonly visibility: ContentVisibility
  readonly priceMinor: bigint | null
  readonly isIncluded: boolean
  readonly createdAt: Date
  /** Null for a draft; later than today for a scheduled one. */
  readonly publishAt: Date | null
  readonly schedule: { readonly localTime: string; readonly timeZone: string } | null
  readonly unpublishedAt: Date | null
  readonly deletedAt: Date | null
  /** When a few words were added below the text. */
  readonly editedAt: Date | null
  readonly pinnedAt: Date | null
}

/** The text that a post was edited with, below what it said before. */
export const POSTSCRIPT = 'P.S. Thank you for all the questions; the answers are in the thread.'

/** A post that others can see today. */
export interface SeenPost extends DemoPost {
  readonly publishAt: Date
}

/** Longest that somebody's posts go back. */
const MAX_DAYS = 150
/** Nobody's last post is older. */
const FRESH_DAYS = 9
/** Somebody new has one post for each of so many days. */
const DAYS_PER_POST = 2
const EDITED_SHARE = 0.2
const PINNED_SHARE = 0.4

type Creator = DemoPost['creator']

export const isCreator = (person: DemoPerson): person is Creator => person.creator !== null

export const isSeen =
  (today: Date) =>
  (post: DemoPost): post is SeenPost =>
    post.publishAt !== null && post.publishAt <= today && post.deletedAt === null && post.unpublishedAt === null

/** Everybody's posts, the oldest of each first, and what lies on the desk of the creator who can sign in. */
export const demoPosts = (people: readonly DemoPerson[], today: Date): DemoPost[] =>
  people
    .filter(isCreator)
    .flatMap((creator) => [...postsOf(creator, today), ...(creator.isSignIn ? deskOf(creator, today) : [])])

function postsOf(creator: Creator, today: Date): DemoPost[] {
  const { studio, since } = creator.creator
  const random = new DemoRandom(`posts/${studio.name}`)
  const until = creator.standing.changedAt ?? today
  const days = Math.max(0, (until.getTime() - since.getTime()) / DAY_MS)
  const count = Math.min(studio.posts.length, 1 + Math.floor(days / DAYS_PER_POST))
  const times = publishTimes(random, { count, days: Math.min(days, MAX_DAYS) }, until)
  const pinned = random.chance(PINNED_SHARE) ? random.int(0, count - 1) : null
  return studio.posts.slice(0, count).map((text, index) => {
    const publishAt = times[index] ?? until
    const isEdited = text.type === 'TEXT' && studio.language === 'en' && random.chance(EDITED_SHARE)
    return {
      ...toPost(creator, text, `${studio.name}/${String(index)}`),
      createdAt: addMs(publishAt, -random.int(5, 600) * MINUTE_MS),
      publishAt,
      editedAt: isEdited ? random.between(publishAt, today) : null,
      pinnedAt: index === pinned ? publishAt : null,
    }
  })
}

/** When posts were published: about evenly, the last of them not long ago, by day rather than by night. */
function publishTimes(random: DemoRandom, { count, days }: { count: number; days: number }, until: Date): Date[] {
  const last = random.next() * Math.min(days, FRESH_DAYS)
  const step = (days - last) / Math.max(1, count)
  return Array.from({ length: count }, (_none, index) => {
    const daysAgo = last + step * (count - 1 - index + (index === count - 1 ? 0 : random.next() * 0.8))
    return addMs(until, -Math.floor(daysAgo * DAY_MS) - random.int(0, 59) * MINUTE_MS)
  })
}

function toPost(creator: Creator, text: StudioPost, name: string): DemoPost {
  return {
    id: demoId(`post/${name}`),
    name,
    creator,
    text,
    language: creator.creator.studio.language,
    ...termsOf(creator, text),
    createdAt: creator.creator.since,
    publishAt: null,
    schedule: null,
    unpublishedAt: null,
    deletedAt: null,
    editedAt: null,
    pinnedAt: null,
  }
}

/** Nobody earns before their age is verified: what they would sell or keep for subscribers is for followers. */
function termsOf(
  { age, place: { currency } }: Creator,
  { gate }: StudioPost,
): Pick<DemoPost, 'visibility' | 'priceMinor' | 'isIncluded'> {
  const open = { visibility: 'PUBLIC', priceMinor: null, isIncluded: false } as const
  if (!gate) return open
  if (gate.kind === 'followers' || age?.status !== 'APPROVED') return { ...open, visibility: 'FOLLOWERS' }
  if (gate.kind === 'subscribers') return { ...open, visibility: 'SUBSCRIBERS' }
  // a hundredth is what one unit of a currency without smaller ones is worth
  const minorUnits = 10 ** (currencyDigits(currency) || 2)
  return { ...open, priceMinor: BigInt(gate.price * minorUnits), isIncluded: gate.isIncluded }
}

/** What others do not see: drafts, what is scheduled, what was taken back or deleted. */
function deskOf(creator: Creator, today: Date): DemoPost[] {
  const { timeZone } = creator.place
  return DRAFTS.map(({ text, state, days }, index) => {
    const post = toPost(creator, text, `${creator.creator.studio.name}/desk-${String(index)}`)
    const at = addMs(today, days * DAY_MS)
    switch (state) {
      case 'draft':
        return { ...post, createdAt: at }
      case 'scheduled': {
        const localTime = `${at.toISOString().slice(0, 'YYYY-MM-DD'.length)}T09:00`
        return { ...post, createdAt: addMs(today, -HOUR_MS), schedule: { localTime, timeZone } }
      }
      case 'unpublished':
        return { ...post, createdAt: addMs(at, -HOUR_MS), publishAt: at, unpublishedAt: addMs(at, 5 * HOUR_MS) }
      case 'deleted':
        return { ...post, createdAt: addMs(at, -HOUR_MS), publishAt: at, deletedAt: addMs(today, -2 * DAY_MS) }
    }
  })
}
