import { listComments, listReplies } from '../../src/comments/thread-queries.js'
import { accessTo } from '../../src/content/content.js'
import { listContentById } from '../../src/content/queries.js'
import { globalId, parseGlobalId } from '../../src/lib/ids.js'
import { COMMENT, toComment } from './answers.js'
import type { Answered, BenchPage } from './page.js'

const COMMENTS = 50
const REPLIES = 3

/** A thread: the first comments of a post, each with its first answers. */
export const thread: BenchPage = {
  name: 'thread',
  title: 'comment thread',
  goal: 0.5,
  document: /* GraphQL */ `
    query Thread($id: ID!) {
      content(id: $id) {
        id
        commentCount
        comments(first: ${String(COMMENTS)}) {
          nodes {
            ${COMMENT}
            replies(first: ${String(REPLIES)}) {
              nodes {
                ${COMMENT}
              }
              pageInfo {
                hasNextPage
              }
            }
          }
          pageInfo {
            hasNextPage
          }
        }
      }
    }
  `,
  asked: ({ discussed }, index) => {
    const uuid = discussed[index % discussed.length] ?? ''
    return { id: globalId('Content', uuid) }
  },
  isWhole: ({ content }) => {
    const { comments } = content as { comments: { nodes: { replies: { nodes: unknown[] } }[] } }
    return comments.nodes.length === COMMENTS && comments.nodes.some(({ replies }) => replies.nodes.length > 0)
  },
  bare: async (request, { id = '' }) => {
    const { uuid = '' } = parseGlobalId(id) ?? {}
    const { db, now, viewer, reading } = request
    const [row] = await listContentById(db, [uuid], reading)
    if (!row || !accessTo(row, { viewer, now, config: { ageGate: 'content' } }).isOpen) return { content: null }
    const page = (limit: number) => ({ limit, isBackward: false, cursor: null, filterHash: '' })
    const comments = (await listComments(db, [uuid], page(COMMENTS), reading)).map((owned) => owned.row)
    const shown = comments.slice(0, COMMENTS)
    const ids = shown.map(({ id }) => id)
    const replies = new Map(ids.map((id) => [id, [] as Answered[]]))
    for (const { ownerId, row: reply } of await listReplies(db, ids, page(REPLIES), reading))
      replies.get(ownerId)?.push(toComment(reply, now))
    return {
      content: {
        id,
        commentCount: row.commentCount,
        comments: {
          nodes: shown.map((comment) => {
            const below = replies.get(comment.id) ?? []
            return {
              ...toComment(comment, now),
              replies: { nodes: below.slice(0, REPLIES), pageInfo: { hasNextPage: below.length > REPLIES } },
            }
          }),
          pageInfo: { hasNextPage: comments.length > COMMENTS },
        },
      },
    }
  },
}
