import { findProfilePage } from '../../src/accounts/queries.js'
import { listContentOf } from '../../src/content/queries.js'
import { globalId } from '../../src/lib/ids.js'
import { POST, toPerson, toPost } from './answers.js'
import type { BenchPage } from './page.js'

const POSTS = 20

/** A creator and their first posts. */
export const creator: BenchPage = {
  name: 'creator',
  title: 'creator page',
  goal: 0.5,
  document: /* GraphQL */ `
    query CreatorPage($username: String!) {
      user(username: $username) {
        id
        username
        displayName
        isAgeVerified
        createdAt
        followerCount
        viewerFollows
        profile {
          bio
          categories
          socialLinks {
            platform
            url
          }
        }
        contents(first: ${String(POSTS)}) {
          nodes {
            ${POST}
          }
          pageInfo {
            hasNextPage
          }
        }
      }
    }
  `,
  asked: ({ productive }, index) => ({ username: productive[index % productive.length] ?? '' }),
  isWhole: ({ user }) => (user as { contents: { nodes: unknown[] } }).contents.nodes.length === POSTS,
  bare: async (request, { username = '' }) => {
    const { db, now, viewerId, reading } = request
    const page = await findProfilePage(db, username, viewerId, now)
    if (!page) return { user: null }
    const { user, profile, relation, counts } = page
    const list = { limit: POSTS, isBackward: false, cursor: null, filterHash: '' }
    const wanted = { type: null, withBody: true, withTags: false, withCategories: false }
    const found = await listContentOf(db, [user.id], wanted, list, reading)
    const rows = found.map(({ row }) => row)
    return {
      user: {
        ...toPerson(user, now),
        id: globalId('User', user.id),
        createdAt: user.createdAt,
        followerCount: counts.followerCount,
        viewerFollows: relation.follows,
        profile: {
          bio: profile.bio,
          categories: profile.categories,
          socialLinks: profile.socialLinksAudience === 'PUBLIC' || relation.follows ? profile.socialLinks : [],
        },
        contents: {
          nodes: rows.slice(0, POSTS).map((row) => toPost(row, request)),
          pageInfo: { hasNextPage: rows.length > POSTS },
        },
      },
    }
  },
}
