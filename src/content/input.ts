import type { ContentMediaInput, UpdateContentInput } from '../generated/graphql.js'
import { AppError } from '../lib/errors.js'
import { uuidOf } from '../lib/ids.js'
import { checkedLongText, checkedShortText } from '../lib/text.js'
import type { ContentVisibility } from './types.js'

const MAX_TITLE_LENGTH = 200
const MAX_TEASER_LENGTH = 1_000
const MAX_BODY_LENGTH = 20_000
const MAX_WORDS = 10
const MAX_TAGS = 20
const MAX_WORD_LENGTH = 40
const MAX_CATEGORIES = 3
const MAX_MEDIA = 20
const LANGUAGE = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/
const TAG = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}_-]*$/u
const LOCAL_TIME = /^(?!0000)\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/

const refused = (field: string, message: string): AppError =>
  new AppError('INVALID', 'invalid_input', message, { path: ['input', field] })

/** A checked change of a post: undefined is what stays, null what is cleared. */
export interface ContentChange {
  readonly title?: string | null
  readonly teaser?: string | null
  readonly body?: string | null
  readonly language?: string | null
  readonly visibility?: ContentVisibility
  readonly priceMinor?: bigint | null
  readonly includedInSubscription?: boolean
  readonly isAgeRestricted?: boolean
  readonly warnings?: string[]
  readonly tags?: string[]
  readonly categories?: string[]
  readonly media?: ContentFile[]
}

/** A file that is put into a post. */
export interface ContentFile {
  readonly mediaId: string
  readonly isTeaser: boolean
}

type Input = Omit<UpdateContentInput, 'contentId' | 'expectedVersion'>

/** @throws INVALID invalid_input */
export const checkedContent = (input: Input): ContentChange => ({
  ...cleared('title', input.title, checkedTitle),
  ...cleared('teaser', input.teaser, (text) => longText(text, 'teaser', MAX_TEASER_LENGTH)),
  ...cleared('body', input.body, (text) => longText(text, 'body', MAX_BODY_LENGTH)),
  ...cleared('language', input.language, checkedLanguage),
  ...(input.priceMinor !== undefined && { priceMinor: input.priceMinor }),
  ...given('visibility', input.visibility),
  ...given('includedInSubscription', input.includedInSubscription),
  ...given('isAgeRestricted', input.isAgeRestricted),
  ...(input.warnings !== undefined && { warnings: checkedWords(input.warnings ?? [], 'warnings', MAX_WORDS) }),
  ...(input.tags !== undefined && { tags: checkedTags(input.tags ?? []) }),
  ...(input.categories !== undefined && { categories: checkedCategories(input.categories ?? []) }),
  ...(input.media !== undefined && { media: checkedMedia(input.media ?? []) }),
})

/** The title of what is not there without one. @throws INVALID invalid_input */
export const checkedTitle = (title: string): string => shortText(title, 'title', MAX_TITLE_LENGTH)

/** A text that an empty one clears as null does. */
const cleared = <Name extends string>(
  name: Name,
  text: string | null | undefined,
  check: (text: string) => string | null,
): Partial<Record<Name, string | null>> =>
  text === undefined
    ? {}
    : ({ [name]: text === null || text.trim() === '' ? null : check(text) } as Record<Name, string | null>)

/** What can change but not be cleared; null counts as left out. */
const given = <Name extends string, T>(name: Name, value: T | null | undefined): Partial<Record<Name, T>> =>
  value === null || value === undefined ? {} : ({ [name]: value } as Record<Name, T>)

const shortText = (text: string, field: string, maxLength: number): string =>
  checkedShortText(text, ['input', field], maxLength)

const longText = (text: string, field: string, maxLength: number): string | null =>
  checkedLongText(text, ['input', field], maxLength) || null

function checkedLanguage(language: string): string {
  if (!LANGUAGE.test(language)) throw refused('language', 'A language is written as `de` or `pt-BR`.')
  return language
}

function checkedWords(words: readonly string[], field: string, most: number): string[] {
  if (words.length > most) throw refused(field, `At most ${String(most)} ${field}.`)
  return [...new Set(words.map((word) => shortText(word, field, MAX_WORD_LENGTH)))]
}

/** Without regard to case, as they are kept. */
function checkedTags(unchecked: readonly string[]): string[] {
  const tags = checkedWords(unchecked, 'tags', MAX_TAGS).map((tag) => tag.replace(/^#/, '').toLowerCase())
  // a letter may be several when it is small
  if (tags.some((tag) => Array.from(tag).length > MAX_WORD_LENGTH))
    throw refused('tags', `A tag has at most ${String(MAX_WORD_LENGTH)} characters.`)
  if (tags.some((tag) => !TAG.test(tag))) throw refused('tags', 'A tag has letters, digits, dashes and underscores.')
  return [...new Set(tags)]
}

function checkedCategories(slugs: readonly string[]): string[] {
  if (slugs.length > MAX_CATEGORIES) throw refused('categories', `At most ${String(MAX_CATEGORIES)} categories.`)
  return [...new Set(slugs)]
}

function checkedMedia(files: readonly ContentMediaInput[]): ContentFile[] {
  if (files.length > MAX_MEDIA) throw refused('media', `At most ${String(MAX_MEDIA)} files.`)
  const media = files.map(({ mediaId, isTeaser }) => ({
    mediaId: uuidOf('MediaAsset', mediaId, ['input', 'media']),
    isTeaser,
  }))
  if (new Set(media.map(({ mediaId }) => mediaId)).size < media.length) throw refused('media', 'Each file once.')
  return media
}

/** A time on a wall clock, without seconds where they are none. @throws INVALID local_time_invalid */
export function checkedLocalTime(text: string): string {
  const wrong = new AppError('INVALID', 'local_time_invalid', 'A local time is written as 2026-03-29T09:00.', {
    path: ['input', 'localTime'],
  })
  if (!LOCAL_TIME.test(text)) throw wrong
  // `Date` takes the 30th of February for the 2nd of March
  const day = text.slice(0, 'YYYY-MM-DD'.length)
  const time = new Date(`${day}T00:00:00.000Z`)
  if (Number.isNaN(time.getTime()) || !time.toISOString().startsWith(day)) throw wrong
  return text
}
