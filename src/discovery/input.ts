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
