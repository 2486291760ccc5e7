import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import type { Viewer } from '../lib/viewer.js'
import { countSaved, deleteSaved, insertSaved } from './write-queries.js'

/** Posts that one person keeps for later. */
const MAX_SAVED = 10_000

/**
 * Keeps a post for later; saving it again changes nothing. That the viewer may know of it is the caller's to have checked.
 * @throws CONFLICT too_many_saved
 */
export async function saveContent(tx: Tx, { userId }: Viewer, contentId: string, now: Date): Promise<void> {
  if ((await countSaved(tx, userId)) >= MAX_SAVED)
    throw new AppError('CONFLICT', 'too_many_saved', `At most ${String(MAX_SAVED)} posts are kept.`, {
      path: ['input', 'contentId'],
    })
  await insertSaved(tx, userId, contentId, now)
}

/** No longer keeps a post for later; also one that can no longer be seen. */
export const unsaveContent = (tx: Tx, { userId }: Viewer, contentId: string): Promise<void> =>
  deleteSaved(tx, userId, contentId)
