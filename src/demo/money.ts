import assert from 'node:assert'
import { HOUR_MS, MINUTE_MS, addMs } from '../lib/clock.js'
import type { SubscriptionType } from '../subscriptions/types.js'
import { later, partedBy } from './bonds.js'
import { demoBroadcasts } from './broadcasts.js'
import { daysAgo, toAmount } from './deeds.js'
import type { Creator, Deed, DeedOf } from './deeds.js'
import { demoLetters } from './letters.js'
import { isCreator, isSeen } from './posts.js'
import type { SeenPost } from './posts.js'
import { DemoRandom } from './random.js'
import type { DemoWorks } from './reactions.js'
import { CANCEL_REASONS, TIP_WORDS } from './words.js'
import type { DemoFollow, DemoPerson } from './world.js'

/** How far back money goes, in months, the first of them in part. */
export const MONEY_MONTHS = 7
const DAYS = 172
/** Nobody does anything so shortly before the world is made: an anonymous tip is shown by then. */
const LATEST_MS = HOUR_MS
/** A card is saved so long before it is first used. */
const CARD_MS = 3 * MINUTE_MS

interface World {
  readonly people: readonly DemoPerson[]
  readonly follows: readonly DemoFollow[]
  readonly works: Pick<DemoWorks, 'posts' | 'grants' | 'blocks'>
}

/** What everybody of the demo world pays, writes and shows until `today`, midnight UTC, in its order. */
export function demoDeeds({ people, follows, works }: World, today: Date): Deed[] {
  const posts = works.posts.filter(isSeen(today)).filter(({ priceMinor }) => priceMinor !== null)
  const circle = circlesOf({ people, follows, works }, today)
  const [cleo, ...others] = earners(people, today)
  const fay = people.find(({ username }) => username === 'fay')
  const ada = people.find(({ username }) => username === 'ada')
  if (!cleo || !fay || !ada) return []
  const paid = [
    ...ofTheSignedIn({ cleo, ada, circle: circle(cleo), posts: of(posts, cleo) }, today),
    ...others.flatMap((creator) => ofAnother({ creator, circle: circle(creator), posts: of(posts, creator) }, today)),
    ...ofFay({ fay, cleo, others, follows, posts }, today),
  ]
  const subscribers = paid.filter((deed) => deed.kind === 'SUBSCRIBE')
  const deeds = [
    ...paid,
    ...demoLetters({ fay, cleo, subscribers }, today),
    ...demoBroadcasts({ cleo, people, follows, blocks: works.blocks }, today),
  ]
  return inOrder([...deeds, ...cardsFor(deeds)])
}

const of = (posts: readonly SeenPost[], { id }: DemoPerson): SeenPost[] =>
  posts.filter((post) => post.creator.id === id)

const inOrder = (deeds: readonly Deed[]): Deed[] =>
  deeds.toSorted((one, other) => one.at.getTime() - other.at.getTime())

/** The creator who can sign in, and of each other currency the first who has earned for a while. */
function earners(people: readonly DemoPerson[], today: Date): Creator[] {
  const all = people
    .filter(isCreator)
    .filter(({ creator, standing }) => creator.priceMinor !== null && standing.status === 'ACTIVE')
  const cleo = all.find(({ isSignIn }) => isSignIn)
  if (!cleo) return []
  const chosen = new Map([[cleo.place.currency, cleo]])
  for (const creator of all)
    if (creator.creator.since < daysAgo(today, 60) && !chosen.has(creator.place.currency))
      chosen.set(creator.place.currency, creator)
  return [...chosen.values()]
}

/** Somebody who may pay a creator, and since when they care. */
interface Supporter {
  readonly fan: DemoPerson
  readonly since: Date
}

/** Takes supporters one after the other, each once: the next who cared at `by` already. */
type Circle = (by: Date) => Supporter | undefined

/** Fans who follow a creator, whom nothing keeps from paying, in an order of their own. */
function circlesOf({ people, follows, works: { blocks } }: World, today: Date): (creator: Creator) => Circle {
  const fans = new Map(
    people
      .filter(
        ({ accountType, standing, isSignIn }) => accountType === 'FAN' && standing.status === 'ACTIVE' && !isSignIn,
      )
      .map((fan) => [fan.id, fan]),
  )
  const kept = partedBy(blocks)
  return (creator) => {
    const supporters = follows.flatMap(({ followerId, followingId, followedAt, unfollowedAt }) => {
      const fan = fans.get(followerId)
      const isOurs = followingId === creator.id && unfollowedAt === null && !kept.has(followerId + followingId)
      return fan && isOurs ? [{ fan, since: later(followedAt, daysAgo(today, DAYS - 7)) }] : []
    })
    const left = new DemoRandom(`money/circle/${creator.username}`).sample(supporters, supporters.length)
    return (by) => {
      const place = left.findIndex(({ since }) => since < by)
      return place < 0 ? undefined : left.splice(place, 1)[0]
    }
  }
}

interface Around {
  readonly creator: Creator
  readonly circle: Circle
  readonly posts: readonly SeenPost[]
}

type Signed = Omit<Around, 'creator'> & { readonly cleo: Creator; readonly ada: DemoPerson }

const OFFER = { yearlyDiscountBasisPoints: 1_500, bundles: [{ months: 3, discountBasisPoints: 500 }] } as const
const LIFETIME_MONTHS = 18n
const MONTHLY_SUBSCRIBERS = 13
const TIPS = 22
const BUYERS = 8

/** Of everything something: those who stay, those who go, and those whose card fails; what comes back; and two payouts. */
function ofTheSignedIn({ cleo, ada, circle, posts }: Signed, today: Date): Deed[] {
  const random = new DemoRandom('money/cleo')
  const monthlyPriceMinor = cleo.creator.priceMinor ?? 0n
  const order = { ...OFFER, monthlyPriceMinor, lifetimePriceMinor: monthlyPriceMinor * LIFETIME_MONTHS }
  const subscribers = subscribersOf(random, { creator: cleo, circle, posts }, today)
  const bought = posts.flatMap((post) => buyersOf(random, { post, circle, count: BUYERS }, today))
  const tips = tipsTo(random, { creator: cleo, fans: fansOf(subscribers), count: TIPS }, today)
  return [
    { kind: 'OFFER', at: daysAgo(today, DAYS), creator: cleo, order },
    ...subscribers,
    ...bought,
    ...tips,
    ...returned({ cleo, circle, bought }, today),
    { kind: 'PAYOUT_ACCOUNT', at: addMs(daysAgo(today, 151), 10 * HOUR_MS), creator: cleo },
    ...[75, 16].map((days, index): Deed => {
      const at = addMs(daysAgo(today, days), 9 * HOUR_MS + index * MINUTE_MS)
      return { kind: 'PAYOUT', at, name: `payout/${String(index)}`, creator: cleo, admin: ada }
    }),
  ]
}

/** One of each fate, and many with none. */
function subscribersOf(random: DemoRandom, { creator, circle }: Around, today: Date): Deed[] {
  const between = (from: number, to: number): Date => random.between(daysAgo(today, from), daysAgo(today, to))
  const begin = (at: Date, type: SubscriptionType = 'MONTHLY'): DeedOf<'SUBSCRIBE'>[] => {
    const supporter = circle(at)
    return supporter ? [toSubscribe(supporter.fan, creator, at, type)] : []
  }
  const leaving = (startsAt: Date, leavesAt: Date): Deed[] =>
    begin(startsAt).flatMap((deed): Deed[] => {
      const reason = random.pick(CANCEL_REASONS)
      return [deed, { kind: 'CANCEL', at: leavesAt, fan: deed.fan, creator, reason }]
    })
  const failing = (startsAt: Date, breaksAt: Date, code: string): Deed[] =>
    begin(startsAt).flatMap((deed): Deed[] => [deed, { kind: 'CARD_BREAKS', at: breaksAt, fan: deed.fan, code }])
  return [
    ...begin(between(150, 100), 'LIFETIME'),
    ...[150, 90, 40].flatMap((days) => begin(between(days, days - 30), 'YEARLY')),
    ...leaving(between(52, 49), between(14, 10)),
    ...leaving(between(121, 119), between(72, 68)),
    // its renewal was refused yesterday, and access goes on for three days
    ...failing(renewedAt(addMs(today, -9 * HOUR_MS)), daysAgo(today, 4), 'expired_card'),
    // refused yesterday too, and tried again tomorrow
    ...failing(renewedAt(addMs(today, -7 * HOUR_MS)), daysAgo(today, 4), 'insufficient_funds'),
    ...failing(between(101, 99), daysAgo(today, 50), 'lost_card'),
    ...failing(between(131, 129), daysAgo(today, 80), 'insufficient_funds'),
    ...Array.from({ length: MONTHLY_SUBSCRIBERS }, (_none, index) => {
      const days = 4 + ((DAYS - 12) * (index + 1)) / MONTHLY_SUBSCRIBERS
      return begin(between(days, days - 8))
    }).flat(),
  ]
}

/** When somebody began whose monthly renewal is due at `at`: so many months ago that the month has such a day. */
function renewedAt(at: Date): Date {
  const start = [2, 3, 4]
    .map((months) => new Date(new Date(at).setUTCMonth(at.getUTCMonth() - months)))
    .find((date) => date.getUTCDate() === at.getUTCDate())
  assert(start, 'of a month’s end there is one within four months')
  return start
}

const toSubscribe = (fan: DemoPerson, creator: Creator, at: Date, type: SubscriptionType): DeedOf<'SUBSCRIBE'> => ({
  kind: 'SUBSCRIBE',
  at,
  name: `subscribe/${fan.username}/${creator.username}`,
  fan,
  creator,
  type,
})

const fansOf = (deeds: readonly Deed[]): Supporter[] =>
  deeds.flatMap((deed) => (deed.kind === 'SUBSCRIBE' ? [{ fan: deed.fan, since: deed.at }] : []))

const UNITS = [2, 3, 3, 5, 5, 8, 10, 15] as const

function tipsTo(
  random: DemoRandom,
  { creator, fans, count }: { readonly creator: Creator; readonly fans: readonly Supporter[]; readonly count: number },
  today: Date,
): DeedOf<'TIP'>[] {
  const [first, ...rest] = fans
  if (!first) return []
  return Array.from({ length: count }, (_none, index): DeedOf<'TIP'> => {
    const { fan, since } = random.pick([first, ...rest])
    return {
      kind: 'TIP',
      at: random.between(since, addMs(today, -LATEST_MS)),
      name: `tip/${creator.username}/${String(index)}`,
      fan,
      creator,
      amount: toAmount(random.pick(UNITS), creator.place.currency),
      message: index % 3 === 0 ? null : random.pick(TIP_WORDS),
      isAnonymous: index % 4 === 1,
    }
  })
}

function buyersOf(
  random: DemoRandom,
  { post, circle, count }: { readonly post: SeenPost; readonly circle: Circle; readonly count: number },
  today: Date,
): DeedOf<'BUY'>[] {
  return Array.from({ length: count }, () => random.between(post.publishAt, addMs(today, -LATEST_MS))).flatMap((at) => {
    const supporter = circle(at)
    return supporter ? [toBuy(supporter.fan, post, at)] : []
  })
}

const toBuy = (fan: DemoPerson, post: SeenPost, at: Date): DeedOf<'BUY'> => ({
  kind: 'BUY',
  at,
  name: `buy/${fan.username}/${post.name}`,
  fan,
  post,
})

/** The first purchase was a mistake, the last but few is disputed, and one tip had a zero too many. */
function returned(
  {
    cleo,
    circle,
    bought,
  }: { readonly cleo: Creator; readonly circle: Circle; readonly bought: readonly DeedOf<'BUY'>[] },
  today: Date,
): Deed[] {
  const [first, ...others] = inOrder(bought) as DeedOf<'BUY'>[]
  const disputed = others.findLast(({ at }) => at < daysAgo(today, 5))
  const generous = circle(daysAgo(today, 41))
  const { currency } = cleo.place
  const tip = generous && {
    ...generous,
    kind: 'TIP' as const,
    at: addMs(daysAgo(today, 40), 19 * HOUR_MS),
    name: 'tip/generous',
    creator: cleo,
    amount: toAmount(50, currency),
    message: 'For the catalogue. Worth every tile!',
    isAnonymous: false,
  }
  const amountMinor = toAmount(45, currency).amountMinor
  return [
    ...(first ? [refund(first, cleo, null, 'Bought by mistake, and told us the same day.')] : []),
    ...(tip ? [tip, refund(tip, cleo, amountMinor, 'One zero too many: five were meant.')] : []),
    ...(disputed
      ? [
          {
            kind: 'DISPUTE' as const,
            at: addMs(daysAgo(today, 3), 7 * HOUR_MS),
            of: disputed.name,
            reason: 'product_not_received',
          },
        ]
      : []),
  ]
}

const refund = (
  { name, at }: DeedOf<'BUY' | 'TIP'>,
  creator: Creator,
  amountMinor: bigint | null,
  reason: string,
): Deed => ({ kind: 'REFUND', at: addMs(at, 20 * HOUR_MS), of: name, creator, amountMinor, reason })

const OTHERS_SUBSCRIBERS = 4
const OTHERS_TIPS = 2
/** They began to earn later. */
const OTHERS_DAYS = 80
const OTHERS_BUYERS = 2

function ofAnother({ creator, circle, posts }: Around, today: Date): Deed[] {
  const random = new DemoRandom(`money/${creator.username}`)
  const since = later(creator.creator.since, daysAgo(today, OTHERS_DAYS))
  const subscribers = Array.from({ length: OTHERS_SUBSCRIBERS }, () =>
    random.between(since, daysAgo(today, 4)),
  ).flatMap((at) => {
    const supporter = circle(at)
    return supporter ? [toSubscribe(supporter.fan, creator, at, 'MONTHLY')] : []
  })
  return [
    ...subscribers,
    ...tipsTo(random, { creator, fans: fansOf(subscribers), count: OTHERS_TIPS }, today),
    ...posts.flatMap((post) => buyersOf(random, { post, circle, count: OTHERS_BUYERS }, today)),
  ]
}

interface Fay {
  readonly fay: DemoPerson
  readonly cleo: Creator
  readonly others: readonly Creator[]
  readonly follows: readonly DemoFollow[]
  readonly posts: readonly SeenPost[]
}

/** The fan who can sign in has done a little of everything; the post of the tour is not hers. */
function ofFay({ fay, cleo, others, follows, posts }: Fay, today: Date): Deed[] {
  const { currency } = cleo.place
  const at = (days: number, hours: number): Date => addMs(daysAgo(today, days), hours * HOUR_MS)
  const tip = { kind: 'TIP', fan: fay, creator: cleo, isAnonymous: false } as const
  const followed = new Set(
    follows.flatMap(({ followerId, followingId }) => (followerId === fay.id ? [followingId] : [])),
  )
  const other = others.find((creator) => followed.has(creator.id) && of(posts, creator).length > 0)
  const post = other && of(posts, other).find(({ publishAt }) => publishAt < daysAgo(today, 1))
  return [
    toSubscribe(fay, cleo, at(72, 20), 'MONTHLY'),
    { kind: 'TOP_UP', at: at(31, 18), name: 'top-up/fay', fan: fay, amount: toAmount(30, currency) },
    {
      ...tip,
      at: at(20, 21),
      name: 'tip/fay/0',
      amount: toAmount(5, currency),
      message: 'The blue one is on my wall now.',
    },
    { ...tip, at: at(9, 8), name: 'tip/fay/1', amount: toAmount(4, currency), message: null, useWallet: true },
    ...(other ? [toSubscribe(fay, other, at(6, 12), 'MONTHLY')] : []),
    ...(post ? [toBuy(fay, post, later(at(15, 22), addMs(post.publishAt, 5 * HOUR_MS)))] : []),
  ]
}

/** All of them always work; which of them somebody has is chance. */
const CARDS = ['pm_card_visa', 'pm_card_visa', 'pm_card_mastercard', 'pm_card_amex'] as const

const PAID_BY_CARD: ReadonlySet<Deed['kind']> = new Set(['SUBSCRIBE', 'TIP', 'BUY', 'BUY_MESSAGE'])

/** Everybody saves a card before they first need one. */
function cardsFor(deeds: readonly Deed[]): Deed[] {
  const first = new Map<string, { readonly fan: DemoPerson; readonly at: Date }>()
  for (const deed of inOrder(deeds))
    if (PAID_BY_CARD.has(deed.kind) && 'fan' in deed && !first.has(deed.fan.id)) first.set(deed.fan.id, deed)
  return [...first.values()].map(({ fan, at }) => ({
    kind: 'SAVE_CARD',
    at: addMs(at, -CARD_MS),
    fan,
    token: fan.isSignIn ? 'pm_card_mastercard' : new DemoRandom(`money/card/${fan.username}`).pick(CARDS),
  }))
}
