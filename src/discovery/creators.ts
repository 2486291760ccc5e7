import { holdActor, isAgeVerifiedAt } from '../accounts/accounts.js'
import { record } from '../audit/audit.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { Viewer } from '../lib/viewer.js'
import { listCreatorCategories, listOpenCategories, replaceCreatorCategories } from './creator-queries.js'

/** Subjects that one creator sorts themselves under. */
const MAX_CATEGORIES = 3

const PATH = ['input', 'categories']

/**
 * Puts categories in the place of those a creator had. The same again changes nothing. Audited.
 * @throws INVALID invalid_input, category_unknown; CONFLICT age_verification_required for an adult one; FORBIDDEN
 * account_limited
 */
export async function setCreatorCategories(
  tx: Tx,
  { userId }: Viewer,
  unchecked: readonly string[],
  now: Date,
): Promise<void> {
  const slugs = [...new Set(unchecked)]
  if (slugs.length > MAX_CATEGORIES)
    throw new AppError('INVALID', 'invalid_input', `At most ${String(MAX_CATEGORIES)} categories.`, { path: PATH })
  const person = await holdActor(tx, userId, now)
  const wanted = await listOpenCategories(tx, slugs)
  if (wanted.length !== slugs.length)
    throw new AppError('INVALID', 'category_unknown', 'No such category.', { path: PATH })
  if (wanted.some(({ isAdult }) => isAdult) && !isAgeVerifiedAt(person, now))
    throw new AppError('CONFLICT', 'age_verification_required', 'An adult category needs a verified age.', {
      path: PATH,
    })
  const before = (await listCreatorCategories(tx, [userId])).map(({ slug }) => slug)
  const after = wanted.map(({ slug }) => slug)
  if (before.join() === after.join()) return
  await replaceCreatorCategories(
    tx,
    userId,
    wanted.map(({ id }) => id),
    now,
  )
  await record(
    tx,
    {
      action: 'account.categories_changed',
      category: 'ACCOUNT_CHANGE',
      severity: 'LOW',
      subject: { table: 'users', id: userId },
      before: { categories: before },
      after: { categories: after },
      description: 'Changed what the creator makes.',
    },
    now,
  )
}
