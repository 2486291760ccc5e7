import assert from 'node:assert'
import type { AccountStatus, AccountType, AgeVerificationStatus, FieldAudience } from '../generated/prisma/enums.js'
import { DAY_MS, HOUR_MS, addMs } from '../lib/clock.js'
import { currencyDigits } from '../lib/money.js'
import { DemoRandom, demoId } from './random.js'
import type { Studio } from './studios/studio.js'
import { assignStudios } from './studios/studios.js'
import {
  BAN_REASONS,
  DEVICES,
  FAMILY_NAMES,
  FAN_LINES,
  GIVEN_NAMES,
  HAIR,
  INTERESTS,
  LANGUAGES,
  NETWORKS,
  PLACES,
  PRONOUNS,
  REJECTION_REASONS,
  SUSPENSION_REASONS,
} from './words.js'
import type { DemoDevice, Place } from './words.js'

/** Somebody of the demo world in clear text; `rows.ts` encrypts what is personal. */
export interface DemoPerson {
  readonly id: string
  readonly username: string
  readonly displayName: string
  readonly email: string
  readonly isSignIn: boolean
  readonly accountType: AccountType
  readonly joinedAt: Date
  readonly isEmailVerified: boolean
  readonly place: Place
  readonly standing: DemoStanding
  readonly age: DemoAgeCheck | null
  readonly creator: DemoCreator | null
  readonly profile: DemoProfile
  readonly sessions: readonly DemoSession[]
}

export interface DemoCreator {
  readonly since: Date
  readonly priceMinor: bigint | null
  readonly studio: Studio
}

export interface DemoStanding {
  readonly status: AccountStatus
  readonly reason: string | null
  readonly changedAt: Date | null
  readonly suspendedUntil: Date | null
}

export interface DemoAgeCheck {
  readonly status: AgeVerificationStatus
  readonly submittedAt: Date
  /** Null while it is pending. */
  readonly decidedAt: Date | null
  readonly isByStaff: boolean
  readonly rejectionReason: string | null
}

export interface DemoProfile {
  readonly bio: string | null
  readonly website: string | null
  readonly socialLinks: readonly { readonly platform: string; readonly url: string }[]
  readonly categories: readonly string[]
  readonly languages: readonly string[]
  readonly pronouns: string | null
  readonly preferences: Readonly<Record<string, string | boolean>>
  readonly characteristics: Readonly<Record<string, string | number>> | null
  readonly birthDate: string
  readonly legalName: string | null
  readonly phone: string | null
  readonly audiences: {
    readonly location: FieldAudience
    readonly age: FieldAudience
    readonly characteristics: FieldAudience
  }
}

export interface DemoSession {
  readonly id: string
  readonly device: DemoDevice
  readonly ip: string
  readonly countryCode: string
  readonly createdAt: Date
  readonly lastUsedAt: Date
  readonly hasLoggedOut: boolean
}

/** One person following another, since when, and until when where it has ended. */
export interface DemoFollow {
  readonly id: string
  readonly followerId: string
  readonly followingId: string
  readonly followedAt: Date
  readonly unfollowedAt: Date | null
}

const CREATORS = 56
const FANS = 340
/** How far back the first people joined. */
const HISTORY_MS = 14 * 30 * DAY_MS
const MAX_FOLLOWS = 24

/** Who can sign in, all under one password; see the README. */
export const SIGN_INS = [
  { username: 'fay', displayName: 'Fay Okonkwo', email: 'fan@example.com', accountType: 'FAN' },
  { username: 'cleo', displayName: 'Cleo Marchetti', email: 'creator@example.com', accountType: 'CREATOR' },
  { username: 'milo', displayName: 'Milo Lindqvist', email: 'moderator@example.com', accountType: 'MODERATOR' },
  { username: 'ada', displayName: 'Ada Winther', email: 'admin@example.com', accountType: 'ADMIN' },
] as const

export const MODERATOR_ID = demoId('person/milo')
export const ADMIN_ID = demoId('person/ada')

/** Everybody of the demo world as of `today`, midnight UTC: the same people every day, with times that move along. */
export function demoPeople(today: Date): DemoPerson[] {
  const names = freeNames()
  const others = (count: number, accountType: AccountType): Sketch[] =>
    Array.from({ length: count }, () => {
      const name = names.pop()
      assert(name, 'there are names for everybody')
      return makePerson({ ...name, email: `${name.username}@people.example`, accountType, isSignIn: false }, today)
    })
  return withStudios([
    ...SIGN_INS.map((signIn) => makePerson({ ...signIn, isSignIn: true }, today)),
    ...others(1, 'MODERATOR'),
    ...others(CREATORS, 'CREATOR'),
    ...others(FANS, 'FAN'),
  ])
}

/** Gives every creator a studio of their own, and says on their profile what they do there. */
function withStudios(people: readonly Sketch[]): DemoPerson[] {
  const studios = assignStudios(
    people
      .filter(({ accountType }) => accountType === 'CREATOR')
      .map(({ username, place: { locale }, age }) => ({ username, locale, isOfAge: age?.status === 'APPROVED' })),
  )
  return people.map((person) => {
    const studio = studios.get(person.username)
    if (!person.creator || !studio) return { ...person, creator: null }
    const { bio, crafts } = studio
    const languages = [studio.language, ...person.profile.languages].filter(isFirst)
    const profile = { ...person.profile, bio: `${bio} ${person.place.city}.`, categories: crafts, languages }
    return { ...person, profile, creator: { ...person.creator, studio } }
  })
}

interface Name {
  readonly username: string
  readonly displayName: string
}

/** Names for everybody else, each once. */
function freeNames(): Name[] {
  const random = new DemoRandom('names')
  const taken = new Set<string>(SIGN_INS.map(({ username }) => username))
  const names: Name[] = []
  while (names.length < CREATORS + FANS + 1) {
    const given = random.pick(GIVEN_NAMES as readonly [string, ...string[]])
    const family = random.pick(FAMILY_NAMES as readonly [string, ...string[]])
    const username = [`${given}.${family}`, `${given}_${family}`, `${given}${family}${String(random.int(1, 99))}`]
      .map(toHandle)
      .find((handle) => handle.length <= 30 && !taken.has(handle))
    if (username === undefined) continue
    taken.add(username)
    names.push({ username, displayName: random.chance(0.8) ? `${given} ${family}` : given })
  }
  return names
}

const SPELLINGS: Readonly<Record<string, string>> = { ø: 'o', ł: 'l', ı: 'i', '’': '' }

const toHandle = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[øłı’]/g, (letter) => SPELLINGS[letter] ?? '')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')

/** Somebody whose studio is not found yet. */
type Sketch = Omit<DemoPerson, 'creator'> & { readonly creator: Omit<DemoCreator, 'studio'> | null }

type Who = Name & Pick<DemoPerson, 'email' | 'accountType' | 'isSignIn'>

function makePerson(who: Who, today: Date): Sketch {
  const random = new DemoRandom(`person/${who.username}`)
  const isStaff = who.accountType === 'MODERATOR' || who.accountType === 'ADMIN'
  const place = random.pick(PLACES)
  const isOld = who.isSignIn || isStaff
  const joinedAt = isOld ? addMs(today, -HISTORY_MS) : joinTime(random, today)
  const standing = isOld ? GOOD : makeStanding(random, joinedAt, today)
  const age = makeAgeCheck(random, who, joinedAt, today)
  return {
    ...who,
    id: demoId(`person/${who.username}`),
    joinedAt,
    isEmailVerified: isOld || age?.status === 'APPROVED' || random.chance(0.85),
    place,
    standing,
    age,
    creator: who.accountType === 'CREATOR' ? makeCreator(random, place, age, joinedAt, today) : null,
    profile: makeProfile(random, who, place),
    sessions: standing.status === 'ACTIVE' ? makeSessions(random, who, place, [joinedAt, today]) : [],
  }
}

/** More people join as time goes on. */
function joinTime(random: DemoRandom, today: Date): Date {
  return addMs(today, -Math.floor(HISTORY_MS * (1 - Math.sqrt(random.next()))) - HOUR_MS)
}

const GOOD: DemoStanding = { status: 'ACTIVE', reason: null, changedAt: null, suspendedUntil: null }

function makeStanding(random: DemoRandom, joinedAt: Date, today: Date): DemoStanding {
  const changedAt = random.between(new Date(Math.max(joinedAt.getTime(), today.getTime() - 25 * DAY_MS)), today)
  const fate = random.next()
  if (fate < 0.02) {
    const reason = random.pick(SUSPENSION_REASONS)
    // some are over by now, and count as active again without anybody's doing
    return { status: 'SUSPENDED', reason, changedAt, suspendedUntil: addMs(changedAt, random.int(1, 60) * DAY_MS) }
  }
  if (fate < 0.035) return { status: 'BANNED', reason: random.pick(BAN_REASONS), changedAt, suspendedUntil: null }
  if (fate < 0.055) return { status: 'DELETED', reason: null, changedAt, suspendedUntil: null }
  return GOOD
}

function makeAgeCheck(
  random: DemoRandom,
  { accountType, isSignIn }: Who,
  joinedAt: Date,
  today: Date,
): DemoAgeCheck | null {
  const submittedAt = random.between(joinedAt, new Date(Math.min(today.getTime(), joinedAt.getTime() + 20 * DAY_MS)))
  const decidedAt = new Date(Math.min(today.getTime(), submittedAt.getTime() + random.int(1, 90) * 60_000))
  const [approved, pending, rejected] = accountType === 'CREATOR' ? [0.8, 0.9, 0.96] : [0.4, 0.45, 0.48]
  const fate = isSignIn ? 0 : random.next()
  const isByStaff = random.chance(0.3)
  if (fate < approved) return { status: 'APPROVED', submittedAt, decidedAt, isByStaff, rejectionReason: null }
  if (fate < pending)
    return { status: 'PENDING', submittedAt, decidedAt: null, isByStaff: false, rejectionReason: null }
  if (fate >= rejected) return null
  return {
    status: 'REJECTED',
    submittedAt,
    decidedAt,
    isByStaff: true,
    rejectionReason: random.pick(REJECTION_REASONS),
  }
}

function makeCreator(
  random: DemoRandom,
  { currency }: Place,
  age: DemoAgeCheck | null,
  joinedAt: Date,
  today: Date,
): Omit<DemoCreator, 'studio'> {
  const since = random.between(joinedAt, new Date(Math.min(today.getTime(), joinedAt.getTime() + 10 * DAY_MS)))
  const minorUnits = 10 ** currencyDigits(currency)
  const price = minorUnits === 1 ? random.int(3, 20) * 100 : random.int(2, 25) * minorUnits - random.int(0, 1)
  // nobody earns before the age is verified
  return { since, priceMinor: age?.status === 'APPROVED' ? BigInt(price) : null }
}

function makeProfile(
  random: DemoRandom,
  { username, displayName, accountType, isSignIn }: Who,
  place: Place,
): DemoProfile {
  const isCreator = accountType === 'CREATOR'
  const line = random.pick(FAN_LINES)
  const has = (share: number): boolean => random.chance(isCreator ? Math.min(1, share * 2) : share)
  return {
    bio: isSignIn || random.chance(0.6) ? `${line}${random.chance(0.4) ? ` ${place.city}.` : ''}` : null,
    website: has(0.2) ? `https://${username.replace(/[._]/g, '-')}.example` : null,
    socialLinks: random.sample(NETWORKS, isCreator ? random.int(1, 4) : random.int(0, 2)).map((platform) => ({
      platform,
      url: `https://${platform}.example/${username}`,
    })),
    categories: random.sample(INTERESTS, random.int(0, 3)),
    languages: [place.locale, ...random.sample(LANGUAGES, random.int(0, 2))].filter(isFirst),
    pronouns: has(0.3) ? random.pick(PRONOUNS) : null,
    preferences: { theme: random.chance(0.5) ? 'dark' : 'light', autoplay: random.chance(0.7) },
    characteristics: has(0.25) ? { heightCm: random.int(150, 198), hair: random.pick(HAIR) } : null,
    birthDate: `${String(random.int(1961, 2006))}-${twoDigits(random.int(1, 12))}-${twoDigits(random.int(1, 28))}`,
    legalName: has(0.3) ? displayName : null,
    phone: has(0.25) ? `${place.phonePrefix}${String(random.int(1_000, 9_999))}` : null,
    audiences: {
      location: random.pick(['PUBLIC', 'FOLLOWERS', 'SELF', 'SELF']),
      age: random.pick(['PUBLIC', 'FOLLOWERS', 'SELF', 'SELF', 'STAFF']),
      characteristics: random.pick(['PUBLIC', 'FOLLOWERS', 'SUBSCRIBERS', 'SELF']),
    },
  }
}

const isFirst = <T>(value: T, index: number, all: readonly T[]): boolean => all.indexOf(value) === index
const twoDigits = (value: number): string => String(value).padStart(2, '0')

/** Addresses are of RFC 5737's blocks for documentation. */
function makeSessions(
  random: DemoRandom,
  { username, isSignIn }: Who,
  place: Place,
  [joinedAt, today]: readonly [Date, Date],
): DemoSession[] {
  const recently = new Date(Math.max(joinedAt.getTime(), today.getTime() - 20 * DAY_MS))
  return random.sample(DEVICES, random.int(isSignIn ? 2 : 0, 3)).map((device, index) => {
    const createdAt = random.between(recently, today)
    return {
      id: demoId(`session/${username}/${String(index)}`),
      device,
      ip: `${random.pick(['192.0.2', '198.51.100', '203.0.113'])}.${String(random.int(1, 254))}`,
      countryCode: place.countryCode,
      createdAt,
      lastUsedAt: random.between(createdAt, today),
      hasLoggedOut: random.chance(0.25),
    }
  })
}

/** Who follows whom: a few creators are followed by most, most by a few. Nobody follows or is followed who is gone. */
export function demoFollows(people: readonly DemoPerson[], today: Date): DemoFollow[] {
  const present = people.filter(({ standing: { status } }) => status === 'ACTIVE' || status === 'SUSPENDED')
  const creators = present.filter(({ accountType }) => accountType === 'CREATOR')
  return present.flatMap((follower) => {
    const random = new DemoRandom(`follows/${follower.username}`)
    const chosen = new Map<string, DemoPerson>()
    for (let left = follower.isSignIn ? MAX_FOLLOWS : random.int(0, MAX_FOLLOWS); left > 0; left -= 1) {
      const creator = creators[Math.floor(creators.length * random.next() ** 2.5)]
      if (creator && creator.id !== follower.id) chosen.set(creator.id, creator)
    }
    return [...chosen.values()].map((creator) => makeFollow(random, follower, creator, today))
  })
}

function makeFollow(random: DemoRandom, follower: DemoPerson, creator: DemoPerson, today: Date): DemoFollow {
  const since = new Date(Math.max(follower.joinedAt.getTime(), creator.creator?.since.getTime() ?? 0))
  const followedAt = random.between(since, today)
  return {
    id: demoId(`follow/${follower.username}/${creator.username}`),
    followerId: follower.id,
    followingId: creator.id,
    followedAt,
    unfollowedAt: random.chance(0.06) ? random.between(followedAt, today) : null,
  }
}
