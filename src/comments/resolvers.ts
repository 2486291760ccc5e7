import { isActingStaff } from '../accounts/accounts.js'
import { accessTo, findVisibleContent, readingOf, setCommentsClosed } from '../content/content.js'
import type {
  CommentResolvers,
  CommentVersionResolvers,
  ContentResolvers,
  MutationResolvers,
  ViewerResolvers,
} from '../generated/graphql.js'
import { MINUTE_MS, SECOND_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import type { Origin, Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { globalId, uuidOf } from '../lib/ids.js'
import { checkedPage, toConnection } from '../lib/page.js'
import type { RateLimit } from '../lib/rate.js'
import { toPermission } from '../lib/rules.js'
import { checkedLongText } from '../lib/text.js'
import { signedIn } from '../lib/viewer.js'
import { likeComment, likeContent, unlikeComment, unlikeContent } from './likes.js'
import { addComment, deleteComment, editComment } from './commenting.js'
import { approveComment, hideComment, pinComment } from './moderating.js'
import { commentsOf, findVisibleComment, forget, repliesOf } from './reading.js'
import type { CommentsAsking } from './reading.js'
import { canSeeVersions, refusalToComment, refusalToDelete, refusalToEdit } from './rules.js'
import { checkedSettings, updateSettings } from './settings.js'
import { listHeldComments } from './thread-queries.js'
import type { CommentRow, CommentVersionRow } from './types.js'

/** Likes given and taken back, of one person. Counted where it costs no statement: it guards nothing but patience. */
const LIKES: RateLimit = { name: 'likes', points: 120, windowSeconds: MINUTE_MS / SECOND_MS, store: 'process' }

/** Comments said and edited, of one person. */
const COMMENTS: RateLimit = { name: 'comments', points: 20, windowSeconds: MINUTE_MS / SECOND_MS }

const MAX_LENGTH = 5_000

const contentIdOf = ({ contentId }: { readonly contentId: string }): string =>
  uuidOf('Content', contentId, ['input', 'contentId'])

export const Mutation = {
  likeContent: async (_parent, { input }, context) => {
    const id = contentIdOf(input)
    await context.limiter.spend(LIKES, signedIn(context).userId)
    const { viewer, config } = context
    const content = await transaction(context, (tx, now) =>
      likeContent(tx, context, id, readingOf({ viewer, config, now })),
    )
    context.loaders.content.clear(id)
    return { content, userErrors: [] }
  },

  unlikeContent: async (_parent, { input }, context) => {
    const id = contentIdOf(input)
    const { userId } = signedIn(context)
    await context.limiter.spend(LIKES, userId)
    await transaction(context, (tx) => unlikeContent(tx, userId, id))
    context.loaders.content.clear(id)
    return { content: await findVisibleContent(id, context), userErrors: [] }
  },

  likeComment: async (_parent, { input }, context) => {
    const id = commentIdOf(input)
    await context.limiter.spend(LIKES, signedIn(context).userId)
    const comment = await writing(context, (tx, reading) => likeComment(tx, context, id, reading))
    context.loaders.comment.clear(id)
    return { comment, userErrors: [] }
  },

  unlikeComment: async (_parent, { input }, context) => {
    const id = commentIdOf(input)
    const { userId } = signedIn(context)
    await context.limiter.spend(LIKES, userId)
    await transaction(context, (tx) => unlikeComment(tx, userId, id))
    context.loaders.comment.clear(id)
    return { comment: await findVisibleComment(id, context), userErrors: [] }
  },

  addComment: async (_parent, { input }, context) => {
    const order = {
      contentId: contentIdOf(input),
      parentId: input.parentId ? uuidOf('Comment', input.parentId, ['input', 'parentId']) : null,
      text: checkedText(input.body),
      idempotencyKey: input.idempotencyKey ?? null,
    }
    await context.limiter.spend(COMMENTS, signedIn(context).userId)
    const { answer, replayed } = await writing(context, (tx, reading) => addComment(tx, context, order, reading))
    return { comment: await reloaded(answer.commentId, context), replayed, userErrors: [] }
  },

  editComment: async (_parent, { input }, context) => {
    const { expectedVersion } = input
    const order = { commentId: commentIdOf(input), text: checkedText(input.body), expectedVersion }
    await context.limiter.spend(COMMENTS, signedIn(context).userId)
    await writing(context, (tx, reading) => editComment(tx, context, order, reading))
    return { comment: await reloaded(order.commentId, context), userErrors: [] }
  },

  deleteComment: async (_parent, { input }, context) => {
    const id = commentIdOf(input)
    await writing(context, (tx, reading) => deleteComment(tx, context, id, reading))
    return { deletedCommentId: input.commentId, comment: await reloaded(id, context), userErrors: [] }
  },

  pinComment: async (_parent, { input }, context) => {
    const order = { commentId: commentIdOf(input), pinned: input.pinned }
    await writing(context, (tx, reading) => pinComment(tx, context, order, reading))
    return { comment: await reloaded(order.commentId, context), userErrors: [] }
  },

  hideComment: async (_parent, { input }, context) => {
    const order = { commentId: commentIdOf(input), hidden: input.hidden }
    await writing(context, (tx, reading) => hideComment(tx, context, order, reading))
    return { comment: await reloaded(order.commentId, context), userErrors: [] }
  },

  approveComment: async (_parent, { input }, context) => {
    const id = commentIdOf(input)
    await writing(context, (tx, reading) => approveComment(tx, context, id, reading))
    return { comment: await reloaded(id, context), userErrors: [] }
  },

  updateCommentSettings: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const change = checkedSettings(input)
    await transaction(context, (tx, now) => updateSettings(tx, viewer, change, now))
    context.loaders.commentSettings.clear(viewer.userId)
    return { settings: await context.loaders.commentSettings.load(viewer.userId), userErrors: [] }
  },

  setCommentsClosed: async (_parent, { input }, context) => {
    const order = { contentId: contentIdOf(input), closed: input.closed }
    await transaction(context, (tx, now) => setCommentsClosed(tx, signedIn(context), order, now))
    context.loaders.content.clear(order.contentId)
    return { content: await findVisibleContent(order.contentId, context), userErrors: [] }
  },
} satisfies Partial<MutationResolvers>

const commentIdOf = ({ commentId }: { readonly commentId: string }): string =>
  uuidOf('Comment', commentId, ['input', 'commentId'])

/** Runs a verb in a transaction, with what the viewer may read at its time. */
const writing = <T>(
  context: Origin & Pick<CommentsAsking, 'viewer' | 'config'>,
  verb: (tx: Tx, reading: ReturnType<typeof readingOf>) => Promise<T>,
): Promise<T> => {
  const { viewer, config } = context
  return transaction(context, (tx, now) => verb(tx, readingOf({ viewer, config, now })))
}

/** @throws INVALID comment_length */
function checkedText(body: string): string {
  const path = ['input', 'body']
  try {
    return checkedLongText(body, path, MAX_LENGTH, 1)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new AppError('INVALID', 'comment_length', error.message, { path })
  }
}

/** A comment as a mutation left it, where the viewer still sees it: what was loaded before is forgotten. */
async function reloaded(id: string, context: CommentsAsking): Promise<CommentRow | null> {
  context.loaders.comment.clear(id)
  const comment = await context.loaders.comment.load(id)
  if (comment) forget(comment.contentId, context)
  return await findVisibleComment(id, context)
}

export const Content = {
  comments: commentsOf,
  viewerCanComment: async (row, _args, context) => {
    const settings = await context.loaders.commentSettings.load(row.creatorId)
    const access = accessTo(row, context)
    return toPermission(refusalToComment(context.viewer, row, { access, settings, now: context.now }))
  },
  likers: async (row, args, context) => {
    const page = checkedPage(args, { list: 'content.likers', id: row.id }, ['time', 'uuid'])
    if (!accessTo(row, context).isOpen) return null
    const rows = await context.loaders.likers.load({ ownerId: row.id, page })
    return toConnection(page, rows, ({ likedAt, likeId }) => [likedAt.toISOString(), likeId])
  },
} satisfies Partial<ContentResolvers>

export const Comment = {
  id: ({ id }) => globalId('Comment', id),
  content: ({ contentId }, _args, context) => findVisibleContent(contentId, context),
  parent: ({ parentId }, _args, { loaders }) => (parentId === null ? null : loaders.comment.load(parentId)),
  body: ({ absence, text }) =>
    absence === null
      ? { __typename: 'CommentText', text: text ?? '' }
      : { __typename: 'CommentTombstone', reason: absence },
  viewerCanEdit: async (row, _args, { viewer, now, loaders }) => {
    const content = await loaders.content.load(row.contentId)
    return toPermission(content && refusalToEdit(viewer, judged(row), content, now))
  },
  viewerCanDelete: (row, _args, { viewer }) => toPermission(refusalToDelete(viewer, judged(row))),
  replies: repliesOf,
  versions: async (row, args, { viewer, loaders }) => {
    const page = checkedPage(args, { list: 'comment.versions', id: row.id }, ['time', 'uuid'])
    if (!canSeeVersions(viewer, isActingStaff(viewer), row)) return null
    const versions = await loaders.commentVersionsOf.load({ ownerId: row.id, page })
    return toConnection(page, versions, ({ validFrom, id }) => [validFrom.toISOString(), id])
  },
} satisfies Partial<CommentResolvers>

export const CommentVersion = {
  id: ({ id }) => globalId('CommentVersion', id),
} satisfies Partial<CommentVersionResolvers>

const judged = ({ author, creatorId, createdAt, absence, isHidden }: CommentRow) => ({
  authorId: author?.id ?? null,
  creatorId,
  createdAt,
  isDeleted: absence === 'DELETED',
  isHidden,
})

export const Viewer = {
  commentSettings: ({ userId, role }, _args, { loaders }) =>
    role === 'CREATOR' ? loaders.commentSettings.load(userId) : null,
  heldComments: async ({ userId }, args, context) => {
    const page = checkedPage(args, { list: 'viewer.heldComments', userId }, ['time', 'uuid'])
    const rows = await listHeldComments(context.db, userId, page, readingOf(context))
    return toConnection(page, rows, ({ createdAt, id }) => [createdAt.toISOString(), id])
  },
} satisfies Partial<ViewerResolvers>

/** A comment as `node` finds it. */
export const findCommentNode = (id: string, asking: CommentsAsking): Promise<CommentRow | null> =>
  findVisibleComment(id, asking)

/** A version as `node` finds it: for whoever may see those of its comment. */
export async function findCommentVersionNode(id: string, asking: CommentsAsking): Promise<CommentVersionRow | null> {
  const { viewer, loaders } = asking
  const version = await loaders.commentVersion.load(id)
  const comment = version && (await findVisibleComment(version.commentId, asking))
  return comment && canSeeVersions(viewer, isActingStaff(viewer), comment) ? version : null
}
