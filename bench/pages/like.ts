import { likeContent } from '../../src/comments/likes.js'
import { globalId, parseGlobalId } from '../../src/lib/ids.js'
import { inTransaction } from './in-transaction.js'
import type { BenchPage } from './page.js'

/** A like, never twice the same. */
export const like: BenchPage = {
  name: 'like',
  title: 'likeContent',
  goal: 0.5,
  document: /* GraphQL */ `
    mutation Like($id: ID!) {
      likeContent(input: { contentId: $id }) {
        content {
          id
          likeCount
          viewerHasLiked
        }
        userErrors {
          code
        }
      }
    }
  `,
  isWrite: true,
  asked: ({ likable, viewers }, index) => {
    // of two who like at the same time no two like the same post; in the next round each likes the next
    const uuid = likable[(index + Math.floor(index / viewers.length)) % likable.length] ?? ''
    return { id: globalId('Content', uuid) }
  },
  isWhole: ({ likeContent: { content } }) => (content as { viewerHasLiked: boolean }).viewerHasLiked,
  bare: async (request, { id = '' }) => {
    const { uuid = '' } = parseGlobalId(id) ?? {}
    const content = await inTransaction(request, (tx, now) =>
      likeContent(tx, { viewer: request.viewer, config: { ageGate: 'content' } as never }, uuid, {
        ...request.reading,
        now,
      }),
    )
    const { likeCount, viewerHasLiked } = content
    return { likeContent: { content: { id, likeCount, viewerHasLiked }, userErrors: [] } }
  },
}
