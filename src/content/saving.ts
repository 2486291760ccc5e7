import { holdActor } from '../accounts/accounts.js'
import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { signedIn } from '../lib/viewer.js'
import type { Viewer } from '../lib/viewer.js'
import { noSuchContent } from './authoring.js'
import { listContentById } from './queries.js'
import { accessTo, readingOf } from './reading.js'
import type { ContentAsking } from './reading.js'
import { countSaved, deleteSaved, insertSaved } from './write-queries.js'

/** Posts that one person keeps for later. */
const MAX_SAVED = 10_000

/**
 * Keeps a post for later that the viewer may know of; saving it again changes nothing.
 * @throws NOT_FOUND node_not_found; CONFLICT too_many_saved; FORBIDDEN account_limited
 */
export async function saveContent(
  tx: Tx,
  asking: Pick<ContentAsking, 'viewer' | 'config'>,
  contentId: string,
  now: Date,
): Promise<void> {
  const { userId } = signedIn({ ...asking, now })
  // whoever saves does one thing after the other, and neither past the limit nor past a block
  await holdActor(tx, userId, now)
  const [content] = await listContentById(tx, [contentId], readingOf({ ...asking, now }))
  if (!content || !accessTo(content, { ...asking, now }).isVisible) throw noSuchContent()
  if (content.viewerHasSaved) return
  if ((await countSaved(tx, userId)) >= MAX_SAVED)
    throw new AppError('CONFLICT', 'too_many_saved', `At most ${String(MAX_SAVED)} posts are kept.`, {
      path: ['input', 'contentId'],
    })
  await insertSaved(tx, userId, contentId, now)
}

/** No longer keeps a post for later; also one that can no longer be seen. */
export const unsaveContent = (tx: Tx, { userId }: Viewer, contentId: string): Promise<void> =>
  deleteSaved(tx, userId, contentId)
