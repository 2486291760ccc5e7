import { accessTo } from '../content/content.js'
import type { ContentAsking } from '../content/content.js'
import type { ContentRow } from '../content/types.js'
import { checkedPage, toConnection } from '../lib/page.js'
import type { Connection, PageArgs, PageRequest } from '../lib/page.js'
import type { CommentsLoaders } from './loaders.js'
import { COMMENT_KEY, commentKey, toFirstComments } from './thread-queries.js'
import type { CommentRow } from './types.js'

/** Who asks, when, and with which loaders; the API's context is one. */
export interface CommentsAsking extends ContentAsking {
  readonly loaders: ContentAsking['loaders'] & CommentsLoaders
}

type CommentPage = Connection<CommentRow>

/**
 * A page of the comments on top of a post; null where it does not open for the viewer. Answers at once where the post's
 * own statement brought the comments along.
 */
export function commentsOf(
  content: ContentRow,
  args: PageArgs,
  asking: CommentsAsking,
): CommentPage | null | Promise<CommentPage> {
  const page = checkedPage(args, { list: 'content.comments', id: content.id }, COMMENT_KEY)
  if (!accessTo(content, asking).isOpen) return null
  const loaded = broughtAlong(content.id, page, asking.loaders)
  if (loaded) return toConnection(page, loaded, commentKey)
  return asking.loaders.comments
    .load({ ownerId: content.id, page })
    .then((rows) => toConnection(page, rows, commentKey))
}

/** The rows that the page would read, where more or all of them are there already. */
function broughtAlong(
  contentId: string,
  { limit, cursor, isBackward }: PageRequest,
  { firstComments }: CommentsLoaders,
): CommentRow[] | null {
  const loaded = firstComments.get(contentId)
  if (!loaded || cursor || isBackward) return null
  const isAllThere = (loaded.found?.length ?? 0) <= loaded.limit
  if (limit > loaded.limit && !isAllThere) return null
  return toFirstComments(loaded.found?.slice(0, limit + 1) ?? null)
}

/** A page of the answers to a comment. */
export async function repliesOf({ id }: CommentRow, args: PageArgs, { loaders }: CommentsAsking): Promise<CommentPage> {
  const page = checkedPage(args, { list: 'comment.replies', id }, COMMENT_KEY)
  return toConnection(page, await loaders.replies.load({ ownerId: id, page }), commentKey)
}

/** A comment that has a place in its list for the viewer, under a post that opens for them; null for any other. */
export async function findVisibleComment(id: string, asking: CommentsAsking): Promise<CommentRow | null> {
  const comment = await asking.loaders.comment.load(id)
  if (!comment?.isShown) return null
  const content = await asking.loaders.content.load(comment.contentId)
  return content && accessTo(content, asking).isOpen ? comment : null
}

/** Lets the rest of the request read anew what a write has changed. */
export function forget(contentId: string, { loaders }: CommentsAsking): void {
  loaders.content.clear(contentId)
  loaders.comment.clearAll()
  loaders.comments.clearAll()
  loaders.replies.clearAll()
  loaders.commentVersionsOf.clearAll()
  loaders.firstComments.clear()
}
