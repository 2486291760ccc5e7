import { accessTo, findVisibleContent, readingOf } from '../content/content.js'
import type { CommentResolvers, ContentResolvers, MutationResolvers } from '../generated/graphql.js'
import { MINUTE_MS, SECOND_MS } from '../lib/clock.js'
import { transaction } from '../lib/db.js'
import { globalId, uuidOf } from '../lib/ids.js'
import { checkedPage, toConnection } from '../lib/page.js'
import type { RateLimit } from '../lib/rate.js'
import { signedIn } from '../lib/viewer.js'
import { likeContent, unlikeContent } from './likes.js'
import { commentsOf, findVisibleComment, repliesOf } from './reading.js'
import type { CommentsAsking } from './reading.js'
import type { CommentRow } from './types.js'

/** Likes given and taken back, of one person. Counted where it costs no statement: it guards nothing but patience. */
const LIKES: RateLimit = { name: 'likes', points: 120, windowSeconds: MINUTE_MS / SECOND_MS, store: 'process' }

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
} satisfies Partial<MutationResolvers>

export const Content = {
  comments: commentsOf,
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
  replies: repliesOf,
} satisfies Partial<CommentResolvers>

/** A comment as `node` finds it. */
export const findCommentNode = (id: string, asking: CommentsAsking): Promise<CommentRow | null> =>
  findVisibleComment(id, asking)
