import { AppError } from '../lib/errors.js'

const MAX_PREFIX_LENGTH = 40

/** What tags begin with, as they are written. @throws INVALID invalid_input */
export function checkedPrefix(unchecked: string): string {
  const prefix = unchecked.normalize('NFC').trim().replace(/^#/, '').toLowerCase()
  if (prefix.length > 0 && Array.from(prefix).length <= MAX_PREFIX_LENGTH && !/\p{Cc}|\p{Surrogate}/u.test(prefix))
    return prefix
  throw new AppError('INVALID', 'invalid_input', `The prefix has 1 to ${String(MAX_PREFIX_LENGTH)} characters.`, {
    path: ['prefix'],
  })
}

const MAX_TEXT_LENGTH = 100
/** Words of a search; each is looked up. */
const MAX_WORDS = 10

/** What somebody looks for. @throws INVALID invalid_input */
export function checkedSearchText(unchecked: string, path: readonly string[]): string {
  const text = unchecked.normalize('NFC').replace(/\s+/g, ' ').trim()
  const length = Array.from(text).length
  const isText = length > 0 && length <= MAX_TEXT_LENGTH && !/\p{Cc}|\p{Surrogate}/u.test(text)
  if (isText && text.split(' ').length <= MAX_WORDS) return text
  throw new AppError(
    'INVALID',
    'invalid_input',
    `The text has 1 to ${String(MAX_TEXT_LENGTH)} characters and at most ${String(MAX_WORDS)} words.`,
    { path },
  )
}
