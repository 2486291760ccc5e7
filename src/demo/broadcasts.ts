import { HOUR_MS, MINUTE_MS, addMs } from '../lib/clock.js'
import { partedBy } from './bonds.js'
import type { DemoBlock } from './bonds.js'
import { daysAgo, toAmount } from './deeds.js'
import type { Creator, Deed, DeedOf, Visit } from './deeds.js'
import { isCreator } from './posts.js'
import { DemoRandom, demoId } from './random.js'
import type { DemoFollow, DemoPerson } from './world.js'

interface Around {
  readonly cleo: Creator
  readonly people: readonly DemoPerson[]
  readonly follows: readonly DemoFollow[]
  readonly blocks: readonly DemoBlock[]
}

/** What somebody says while a stream is on, so long after it began; the creator where nobody is named. */
interface Said {
  readonly afterMs: number
  readonly by: 'creator' | 'fay' | number
  readonly text: string
}

const says =
  (by: Said['by']) =>
  (minutes: number, text: string): Said => ({ afterMs: minutes * MINUTE_MS, by, text })
const creator = says('creator')
const fay = says('fay')
const viewer = (place: number, minutes: number, text: string): Said => says(place)(minutes, text)

const PRINTING: readonly Said[] = [
  creator(1, 'Good evening! Ink is warm, paper is damp, I am neither.'),
  viewer(0, 3, 'Hello from the kitchen table'),
  fay(4, 'Is that the blue from the second edition?'),
  creator(6, 'It is. One more spoon of white than last time.'),
  viewer(1, 11, 'How long do you let it rest?'),
  creator(12, 'A night, and then another one because I am impatient with everything else.'),
  viewer(2, 21, 'The sound of the roller!!'),
  viewer(3, 34, 'First one is out, what a blue'),
  fay(35, 'Oh, that one.'),
  viewer(0, 47, 'I have to leave, thank you, this was lovely'),
  creator(51, 'That was number twelve. Good night, and mind the wet ones.'),
]

const OPEN_DOOR: readonly Said[] = [
  creator(2, 'The camera stays on while I work. Come and go as you like.'),
  viewer(0, 9, 'This is better than television'),
  viewer(1, 26, 'What are you working on?'),
  creator(28, 'A commission that is late by a week. Do not tell anybody.'),
  viewer(2, 63, 'Back with tea. Did I miss anything?'),
  viewer(0, 64, 'Twenty minutes of silence and a very good sigh'),
  creator(71, 'There will be another sigh at about four.'),
]

const PRINTING_DAYS = 9.2
const PRINTING_MS = 52 * MINUTE_MS
const PRINTING_VIEWERS = 26
/** Nobody comes or leaves so shortly before the world is made. */
const LATEST_MS = HOUR_MS
/** What goes on began so long before today. */
const OPEN_DOOR_MS = 4 * HOUR_MS
const OPEN_DOOR_VIEWERS = 14
/** Who watches now stays: nobody is there to show life for them. */
const STAYS_DAYS = 30

/** Of the creator who can sign in one stream that is over, one that is announced and one that is sold; and one of another that is on air. */
export function demoBroadcasts({ cleo, people, follows, blocks }: Around, today: Date): Deed[] {
  const circle = circleOf({ people, follows, blocks })
  const fay = people.find(({ username }) => username === 'fay')
  const other = fay && openDoor(fay, { cleo, people, follows })
  const announcedAt = daysAgo(today, 1.5)
  const evening = (days: number): Date => addMs(daysAgo(today, -days), 19 * HOUR_MS)
  return [
    ...printing({ cleo, fay, viewers: circle(cleo) }, today),
    announce(cleo, 'questions', { at: announcedAt, startsAt: evening(3), plannedMinutes: 45 }),
    announce(cleo, 'workshop', { at: addMs(announcedAt, 9 * MINUTE_MS), startsAt: evening(12), plannedMinutes: 90 }),
    ...(other ? withOpenDoor(other, circle(other), today) : []),
  ]
}

const TEXTS = {
  printing: { title: 'Printing the blue tile', teaser: 'Twelve prints from an empty rack to a full one.', units: null },
  questions: { title: 'Questions, and the answers I have', teaser: 'Bring the tile that went wrong.', units: null },
  workshop: {
    title: 'Workshop: two colours, one block',
    teaser: 'An hour and a half: you carve along, I look at what you show me. The list of what you need comes with it.',
    units: 12,
  },
  'open-door': { title: 'The door is open', teaser: 'A day of work with the camera on.', units: null },
} as const

const announce = (
  creator: Creator,
  name: keyof typeof TEXTS,
  times: { readonly at: Date; readonly startsAt: Date; readonly plannedMinutes: number },
): DeedOf<'ANNOUNCE'> => {
  const { units, ...text } = TEXTS[name]
  const priceMinor = units === null ? null : toAmount(units, creator.place.currency).amountMinor
  return { kind: 'ANNOUNCE', name: `stream/${name}`, creator, ...text, ...times, priceMinor }
}

/** Fans in good standing who follow a creator and whom no block parts from them, in an order of their own. */
const circleOf =
  ({ people, follows, blocks }: Omit<Around, 'cleo'>) =>
  (creator: Creator): DemoPerson[] => {
    const followers = new Set(
      follows.flatMap(({ followerId, followingId, unfollowedAt }) =>
        followingId === creator.id && unfollowedAt === null ? [followerId] : [],
      ),
    )
    const parted = partedBy(blocks)
    const fans = people.filter(
      ({ id, accountType, standing, isSignIn }) =>
        accountType === 'FAN' &&
        standing.status === 'ACTIVE' &&
        !isSignIn &&
        followers.has(id) &&
        !parted.has(id + creator.id),
    )
    return new DemoRandom(`streams/${creator.username}`).sample(fans, fans.length)
  }

/** Whom the fan who can sign in follows longest of those who write in English; nothing of theirs is for adults. */
function openDoor(fay: DemoPerson, { cleo, people, follows }: Omit<Around, 'blocks'>): Creator | undefined {
  const followed = new Set(
    follows.flatMap(({ followerId, followingId, unfollowedAt }) =>
      followerId === fay.id && unfollowedAt === null ? [followingId] : [],
    ),
  )
  return people
    .filter(isCreator)
    .find(
      ({ id, standing, creator: { studio } }) =>
        id !== cleo.id &&
        followed.has(id) &&
        standing.status === 'ACTIVE' &&
        studio.language === 'en' &&
        studio.posts.every(({ isForAdults }) => !isForAdults),
    )
}

interface Printing {
  readonly cleo: Creator
  readonly fay: DemoPerson | undefined
  readonly viewers: readonly DemoPerson[]
}

function printing({ cleo, fay, viewers }: Printing, today: Date): Deed[] {
  const startsAt = daysAgo(today, PRINTING_DAYS)
  const endsAt = addMs(startsAt, PRINTING_MS)
  const here = viewers.filter(({ joinedAt }) => joinedAt < startsAt).slice(0, PRINTING_VIEWERS)
  const random = new DemoRandom('streams/printing')
  const visits = [...here, ...(fay ? [fay] : [])].map((person, index): Visit => {
    // who speaks is there all the time
    const stays = index < 4 || person === fay
    const joinedAt = stays ? addMs(startsAt, 10_000) : random.between(startsAt, addMs(startsAt, PRINTING_MS / 2))
    return toVisit('printing', person, joinedAt, stays ? endsAt : random.between(addMs(joinedAt, MINUTE_MS), endsAt))
  })
  const stream = 'stream/printing'
  return [
    announce(cleo, 'printing', { at: daysAgo(today, PRINTING_DAYS + 3), startsAt, plannedMinutes: 60 }),
    { kind: 'GO_LIVE', at: startsAt, creator: cleo, stream },
    { kind: 'WATCH', at: addMs(startsAt, 1), stream, visits },
    ...chat({ stream, creator: cleo, fay, viewers: here, lines: PRINTING }, startsAt),
    { kind: 'END_STREAM', at: endsAt, creator: cleo, stream },
  ]
}

/** It goes on: whoever opens the world finds it on air. */
function withOpenDoor(creator: Creator, viewers: readonly DemoPerson[], today: Date): Deed[] {
  const startsAt = addMs(today, -OPEN_DOOR_MS)
  const latest = addMs(today, -LATEST_MS)
  const here = viewers.filter(({ joinedAt }) => joinedAt < startsAt).slice(0, OPEN_DOOR_VIEWERS)
  const random = new DemoRandom('streams/open-door')
  const visits = here.map((person, index) =>
    toVisit(
      'open-door',
      person,
      index < 3 ? addMs(startsAt, 10_000) : random.between(startsAt, latest),
      daysAgo(today, -STAYS_DAYS),
    ),
  )
  const stream = 'stream/open-door'
  return [
    announce(creator, 'open-door', { at: addMs(startsAt, -2 * HOUR_MS), startsAt, plannedMinutes: 480 }),
    { kind: 'GO_LIVE', at: startsAt, creator, stream },
    ...chat({ stream, creator, fay: undefined, viewers: here, lines: OPEN_DOOR }, startsAt),
    { kind: 'WATCH', at: latest, stream, visits },
  ]
}

const toVisit = (stream: string, { id: userId, username }: DemoPerson, joinedAt: Date, until: Date): Visit => ({
  id: demoId(`visit/${stream}/${username}`),
  userId,
  joinedAt,
  until,
})

interface Chatting {
  readonly stream: string
  readonly creator: Creator
  readonly fay: DemoPerson | undefined
  readonly viewers: readonly DemoPerson[]
  readonly lines: readonly Said[]
}

const chat = ({ stream, creator, fay, viewers, lines }: Chatting, startsAt: Date): Deed[] =>
  lines.flatMap(({ afterMs, by, text }, index): Deed[] => {
    const person = by === 'creator' ? creator : by === 'fay' ? fay : viewers[by]
    const name = `${stream}/line/${String(index)}`
    return person ? [{ kind: 'SAY', at: addMs(startsAt, afterMs), name, stream, person, text }] : []
  })
