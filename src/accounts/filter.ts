import type { UsersFilter } from '../generated/graphql.js'
import { AppError } from '../lib/errors.js'
import type { PeopleFilter } from './queries.js'

const MAX_TEXT_LENGTH = 50

/** @throws INVALID invalid_input */
export function checkedFilter(filter: UsersFilter | null | undefined): PeopleFilter {
  const text = filter?.text?.normalize('NFC').trim().toLowerCase() ?? null
  if (text !== null && (text.length === 0 || Array.from(text).length > MAX_TEXT_LENGTH || /\p{Cc}/u.test(text)))
    throw new AppError('INVALID', 'invalid_input', `The text has 1 to ${String(MAX_TEXT_LENGTH)} characters.`, {
      path: ['filter', 'text'],
    })
  return { accountType: filter?.accountType ?? null, status: filter?.status ?? null, text }
}
