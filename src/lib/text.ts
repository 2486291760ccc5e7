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

/**
 * Text of one line, of 1 to `maxLength` characters, none of them hidden and not all of them blank; white space is folded.
 * @throws INVALID invalid_input at `path`
 */
export function checkedShortText(unchecked: string, path: readonly string[], maxLength: number): string {
  const text = unchecked.normalize('NFC').replace(/\s+/g, ' ').trim()
  // joiners make one sign of several (families, flags); every other invisible one hides something
  const signs = text.replace(/[\u200c\u200d]/g, '')
  if (
    Array.from(text).length > maxLength ||
    /\p{C}/u.test(signs) ||
    !/[^\p{Z}\p{M}\u115f\u1160\u2800\u3164\uffa0]/u.test(signs)
  )
    throw refused(path, `${lengths(path, 1, maxLength)}, all of them visible.`)
  return text
}

const lengths = (path: readonly string[], least: number, most: number): string =>
  `In ${path.at(-1) ?? 'text'}: ${least > 0 ? `${String(least)} to` : 'at most'} ${String(most)} characters`

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as it stands in HTML, in an attribute too. */
export const escapedHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign)
