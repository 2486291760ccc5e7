import { AppError } from './errors.js'

const refused = (path: readonly string[], message: string): AppError =>
  new AppError('INVALID', 'invalid_input', message, { path })

/**
 * Text of several lines, as others will read it: normalised, trimmed, at most `maxLength` characters as PostgreSQL counts
 * them, no control characters.
 * @throws INVALID invalid_input at `path`
 */
export function checkedLongText(unchecked: string, path: readonly string[], maxLength: number, minLength = 0): string {
  const text = unchecked.normalize('NFC').replace(/\r\n?/g, '\n').trim()
  const length = Array.from(text).length
  if (length < minLength || length > maxLength || /[^\n\t\P{Cc}]|\p{Surrogate}/u.test(text))
    throw refused(path, `${lengths(path, minLength, maxLength)}, and no control characters.`)
  return text
}

/** Text of one line, of 1 to `maxLength` characters; white space is folded. @throws INVALID invalid_input at `path` */
export function checkedShortText(unchecked: string, path: readonly string[], maxLength: number): string {
  const text = unchecked.normalize('NFC').replace(/\s+/g, ' ').trim()
  const length = Array.from(text).length
  if (length === 0 || length > maxLength || /\p{Cc}|\p{Surrogate}/u.test(text))
    throw refused(path, `${lengths(path, 1, maxLength)}, and no control characters.`)
  return text
}

const lengths = (path: readonly string[], least: number, most: number): string =>
  `The ${path.at(-1) ?? 'text'} has ${least > 0 ? `${String(least)} to` : 'at most'} ${String(most)} characters`
