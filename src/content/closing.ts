import { holdActor } from '../accounts/accounts.js'
import type { Tx } from '../lib/db.js'
import type { Viewer } from '../lib/viewer.js'
import { stateAt } from './access.js'
import { getOwn, recordContent, wrongState } from './authoring.js'
import { updateContentRow } from './write-queries.js'

/**
 * Closes a post to new comments, or opens it again. Closing what is closed changes nothing. For its creator; audited.
 * @throws NOT_FOUND node_not_found; CONFLICT content_state; FORBIDDEN account_limited
 */
export async function setCommentsClosed(
  tx: Tx,
  viewer: Viewer,
  { contentId, closed }: { readonly contentId: string; readonly closed: boolean },
  now: Date,
): Promise<void> {
  await holdActor(tx, viewer.userId, now)
  const post = await getOwn(tx, viewer, contentId)
  const state = stateAt(post, now)
  if (state === 'DELETED' || state === 'REMOVED') throw wrongState('A post that is deleted or removed does not change.')
  if ((post.commentsClosedAt !== null) === closed) return
  await updateContentRow(tx, contentId, { commentsClosedAt: closed ? now : null })
  const entry = {
    before: { isClosed: !closed },
    after: { isClosed: closed },
    description: closed ? 'Closed a post to comments.' : 'Opened a post to comments.',
  }
  await recordContent(tx, closed ? 'content.comments_closed' : 'content.comments_opened', post, entry, now)
}
