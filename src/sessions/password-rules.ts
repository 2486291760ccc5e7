import { createRequire } from 'node:module'
import type * as Dictionaries from '@zxcvbn-ts/language-common'
import { AppError } from '../lib/errors.js'
import type { Password } from './types.js'

const MIN_LENGTH = 10
const MAX_LENGTH = 128
const MIN_DISTINCT = 4
/** A leaked word stays one with this many digits or signs after it: `sunshine2024`. */
const MAX_TAIL_LENGTH = 4
/** A password is too close to a name when this little is left of it without the name. */
const MIN_BESIDE_NAME = 5
const MIN_NAME_LENGTH = 4

/** Whose password it is; one that resembles these is the first to be guessed. */
export interface PasswordOwner {
  readonly username: string
  readonly email: string
}

/**
 * Refuses what is too short, too long, leaked, or too close to its owner's name. Length counts code points; nothing is
 * asked of the composition, and nothing is normalised: what was typed is what is compared.
 * @throws INVALID password_too_short, password_too_long, password_breached, invalid_input
 */
export function checkedPassword(
  text: string,
  owner: PasswordOwner,
  path: readonly string[] = ['input', 'password'],
): Password {
  // lone surrogates all encode to the same replacement character: such passwords would stand for each other
  if (/\p{Surrogate}/u.test(text)) throw new AppError('INVALID', 'invalid_input', 'This is not text.', { path })
  const length = Array.from(text).length
  if (length < MIN_LENGTH)
    throw new AppError('INVALID', 'password_too_short', `A password has at least ${String(MIN_LENGTH)} characters.`, {
      path,
    })
  if (length > MAX_LENGTH)
    throw new AppError('INVALID', 'password_too_long', `A password has at most ${String(MAX_LENGTH)} characters.`, {
      path,
    })
  if (isGuessable(text.toLowerCase(), owner))
    throw new AppError('INVALID', 'password_breached', 'This password is known or easily guessed: choose another.', {
      path,
    })
  return text as Password
}

const isGuessable = (text: string, { username, email }: PasswordOwner): boolean =>
  new Set(text).size < MIN_DISTINCT ||
  isLeaked(text) ||
  [username, email, email.slice(0, email.lastIndexOf('@'))].some((name) => resembles(text, name.toLowerCase()))

function isLeaked(text: string): boolean {
  const words = (leaked ??= new Set(readLeaked()))
  const [stem = '', tail = ''] = /^(.*?)([^\p{L}]*)$/su.exec(text)?.slice(1) ?? []
  return words.has(text) || (tail.length <= MAX_TAIL_LENGTH && words.has(stem))
}

let leaked: ReadonlySet<string> | null = null

/** Read when the first password is chosen: 49,000 words, most common first. */
const readLeaked = (): readonly string[] =>
  (createRequire(import.meta.url)('@zxcvbn-ts/language-common') as typeof Dictionaries).dictionary['passwords-common']

function resembles(text: string, name: string): boolean {
  const [plain, word] = [lettersOf(text), lettersOf(name)]
  return word.length >= MIN_NAME_LENGTH && plain.includes(word) && plain.length - word.length < MIN_BESIDE_NAME
}

const lettersOf = (text: string): string => text.replace(/[^\p{L}\p{N}]/gu, '')
