import type { UpdateProfileInput } from '../generated/graphql.js'
import { AppError } from '../lib/errors.js'
import { checkedLongText, checkedShortText } from '../lib/text.js'
import { checkedHttps } from '../lib/urls.js'
import { checkedDisplayName, checkedUsername } from './names.js'
import { yearsSince } from './profile-view.js'
import type { StoredProfile } from './profile-queries.js'
import type { SealedField, SocialLink } from './types.js'

const MAX_BIO_LENGTH = 2_000
const MAX_WEBSITE_LENGTH = 500
const MAX_LINKS = 10
const MAX_CATEGORIES = 10
const MAX_CATEGORY_LENGTH = 30
const MAX_JSON_BYTES = 4_096
const MAX_PLACE_LENGTH = 80
const MAX_LEGAL_NAME_LENGTH = 120
const MIN_AGE = 13
const MAX_AGE = 130
const PLATFORM = /^[a-z0-9][a-z0-9._-]{1,29}$/
const PHONE = /^\+[1-9]\d{6,14}$/

/** A checked change of a profile: undefined is what stays, null what is cleared. */
export interface ProfileChange {
  readonly expectedVersion: number | null
  readonly username: string | null
  readonly displayName: string | null
  readonly plain: Partial<StoredProfile>
  readonly sealed: Readonly<Partial<Record<SealedField, string | null>>>
}

const refused = (field: string, message: string): AppError =>
  new AppError('INVALID', 'invalid_input', message, { path: ['input', field] })

/** @throws INVALID invalid_input, username_invalid, username_reserved */
export function checkedProfileChange(input: UpdateProfileInput, now: Date): ProfileChange {
  return {
    expectedVersion: input.expectedVersion ?? null,
    username: notCleared(input.username, 'username', checkedUsername),
    displayName: notCleared(input.displayName, 'displayName', checkedDisplayName),
    plain: { ...plainParts(input), ...location(input), ...audiences(input) },
    sealed: sealedParts(input, now),
  }
}

/** A name can change, but not be cleared. */
function notCleared(text: string | null | undefined, field: string, check: (text: string) => string): string | null {
  if (text === null) throw refused(field, `The ${field} cannot be cleared.`)
  return text === undefined ? null : check(text)
}

const plainParts = ({
  bio,
  website,
  socialLinks,
  categories,
  preferences,
}: UpdateProfileInput): Partial<StoredProfile> => ({
  ...(bio !== undefined && { bio: bio === null ? null : longText(bio, 'bio', MAX_BIO_LENGTH) }),
  ...(website !== undefined && {
    website:
      website === null ? null : checkedHttps(shortText(website, 'website', MAX_WEBSITE_LENGTH), ['input', 'website']),
  }),
  ...(socialLinks !== undefined && { socialLinks: checkedLinks(socialLinks ?? []) }),
  ...(categories !== undefined && { categories: checkedCategories(categories ?? []) }),
  ...(preferences !== undefined && {
    preferences: preferences === null ? {} : checkedObject(preferences, 'preferences'),
  }),
})

const location = ({ location: place }: UpdateProfileInput): Partial<StoredProfile> =>
  place === undefined
    ? {}
    : {
        countryCode: place?.countryCode ?? null,
        region: place?.region ? shortText(place.region, 'location', MAX_PLACE_LENGTH) : null,
      }

const audiences = ({ audiences: wanted }: UpdateProfileInput): Partial<StoredProfile> => ({
  ...(wanted?.location && { locationAudience: wanted.location }),
  ...(wanted?.age && { birthDateAudience: wanted.age }),
  ...(wanted?.characteristics && { characteristicsAudience: wanted.characteristics }),
  ...(wanted?.socialLinks && { socialLinksAudience: wanted.socialLinks }),
})

function sealedParts(input: UpdateProfileInput, now: Date): ProfileChange['sealed'] {
  const { characteristics, birthDate, legalName, phone, location: place } = input
  return {
    ...(characteristics !== undefined && {
      characteristics:
        characteristics === null ? null : JSON.stringify(checkedObject(characteristics, 'characteristics')),
    }),
    ...(birthDate !== undefined && { birthDate: birthDate === null ? null : checkedBirthDate(birthDate, now) }),
    ...(legalName !== undefined && {
      legalName: legalName ? shortText(legalName, 'legalName', MAX_LEGAL_NAME_LENGTH) : null,
    }),
    ...(phone !== undefined && { phone: phone === null ? null : checkedPhone(phone) }),
    ...(place !== undefined && { city: place?.city ? shortText(place.city, 'location', MAX_PLACE_LENGTH) : null }),
  }
}

const longText = (text: string, field: string, maxLength: number): string =>
  checkedLongText(text, ['input', field], maxLength)

const shortText = (text: string, field: string, maxLength: number): string =>
  checkedShortText(text, ['input', field], maxLength)

function checkedLinks(links: readonly SocialLink[]): SocialLink[] {
  if (links.length > MAX_LINKS) throw refused('socialLinks', `At most ${String(MAX_LINKS)} links.`)
  return links.map(({ platform, url }) => {
    if (!PLATFORM.test(platform))
      throw refused('socialLinks', 'A platform has 2 to 30 letters in lower case, digits, dots, dashes.')
    return { platform, url: checkedHttps(url, ['input', 'socialLinks']) }
  })
}

function checkedCategories(words: readonly string[]): string[] {
  if (words.length > MAX_CATEGORIES) throw refused('categories', `At most ${String(MAX_CATEGORIES)} categories.`)
  return [...new Set(words.map((word) => shortText(word, 'categories', MAX_CATEGORY_LENGTH)))]
}

/** A JSON object of a few fields; anything else would not fit what reads it. */
function checkedObject(value: unknown, field: string): Record<string, unknown> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isObject || Buffer.byteLength(JSON.stringify(value)) > MAX_JSON_BYTES)
    throw refused(field, `${field} is an object of at most ${String(MAX_JSON_BYTES)} bytes.`)
  return value as Record<string, unknown>
}

/** `YYYY-MM-DD` of somebody who may have an account. */
export function checkedBirthDate(date: string, now: Date): string {
  const years = yearsSince(date, now)
  if (years < MIN_AGE || years > MAX_AGE) throw refused('birthDate', 'Nobody with an account was born on this date.')
  return date
}

function checkedPhone(text: string): string {
  const phone = text.replace(/[\s()-]/g, '')
  if (!PHONE.test(phone)) throw refused('phone', 'A phone number is written as +4915112345678.')
  return phone
}
