import { listFeed } from '../../src/discovery/feed-queries.js'
import { checkedPage, toConnection } from '../../src/lib/page.js'
import { COMMENT, commentsOf, POST, toPost } from './answers.js'
import type { BenchPage } from './page.js'

const POSTS = 20
const COMMENTS = 3

/** The home feed: posts with creator, counts, what the viewer may and did, and their first comments. */
export const feed: BenchPage = {
  name: 'feed',
  title: 'home feed',
  goal: 0.6,
  document: /* GraphQL */ `
    query HomeFeed {
      feed(first: ${String(POSTS)}) {
        nodes {
          ${POST}
          comments(first: ${String(COMMENTS)}) {
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
          endCursor
        }
      }
    }
  `,
  asked: () => ({}),
  isWhole: ({ feed: { nodes } }) => {
    const posts = nodes as { comments: { nodes: unknown[] } | null }[]
    return posts.length === POSTS && posts.some(({ comments }) => comments?.nodes.length === COMMENTS)
  },
  bare: async (request) => {
    const { db, now, reading, viewerId } = request
    const page = checkedPage({ first: POSTS }, { list: 'feed', userId: viewerId }, ['time', 'uuid'])
    const rows = await listFeed(db, page, reading, { withBody: true, comments: COMMENTS })
    const { nodes, pageInfo } = toConnection(page, rows, ({ publishAt, id }) => [publishAt?.toISOString() ?? '', id])
    return {
      feed: {
        nodes: nodes.map((row) => {
          const post = toPost(row, request)
          return {
            ...post,
            comments: (post['viewerAccess'] as { isOpen: boolean }).isOpen ? commentsOf(row, COMMENTS, now) : null,
          }
        }),
        pageInfo: { hasNextPage: pageInfo.hasNextPage, endCursor: pageInfo.endCursor },
      },
    }
  },
}
