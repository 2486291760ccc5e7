import { toFirstComments } from '../../src/comments/thread-queries.js'
import type { CommentRow } from '../../src/comments/types.js'
import { isAgeVerifiedAt } from '../../src/accounts/accounts.js'
import type { UserRow } from '../../src/accounts/types.js'
import { accessTo } from '../../src/content/content.js'
import type { ContentRow } from '../../src/content/types.js'
import type { PostRow } from '../../src/discovery/posts.js'
import { globalId } from '../../src/lib/ids.js'
import type { Answered, BareRequest } from './page.js'

/** Posts as fronts show them in lists, with what the viewer may and did. */
export const POST = /* GraphQL */ `
  id
  type
  title
  teaser
  visibility
  publishedAt
  likeCount
  commentCount
  saveCount
  viewerHasLiked
  viewerHasSaved
  viewerAccess {
    isOpen
    rule
    reason
  }
  creator {
    id
    username
    displayName
    isAgeVerified
  }
  body {
    __typename
    ... on UnlockedBody {
      text
    }
    ... on LockedBody {
      reason
      teaser
      price {
        amountMinor
        currency
      }
    }
  }
`

/** Comments with who says them. */
export const COMMENT = /* GraphQL */ `
  id
  createdAt
  likeCount
  replyCount
  viewerHasLiked
  author {
    id
    username
    displayName
    isAgeVerified
  }
  body {
    __typename
    ... on CommentText {
      text
    }
    ... on CommentTombstone {
      reason
    }
  }
`

export const toPost = (row: ContentRow, { viewer, now }: BareRequest): Answered => {
  const { isOpen, rule, reason } = accessTo(row, { viewer, now, config: { ageGate: 'content' } })
  const { priceMinor, currency } = row
  return {
    id: globalId('Content', row.id),
    type: row.type,
    title: row.title,
    teaser: row.teaser,
    visibility: row.visibility,
    publishedAt: row.publishAt,
    likeCount: row.likeCount,
    commentCount: row.commentCount,
    saveCount: row.saveCount,
    viewerHasLiked: row.viewerHasLiked,
    viewerHasSaved: row.viewerHasSaved,
    viewerAccess: { isOpen, rule, reason },
    creator: toPerson(row.creator, now),
    body: isOpen
      ? { __typename: 'UnlockedBody', text: row.body }
      : {
          __typename: 'LockedBody',
          reason,
          teaser: row.teaser,
          price: priceMinor === null ? null : { amountMinor: String(priceMinor), currency },
        },
  }
}

export const toPerson = (user: UserRow, now: Date): Answered => ({
  id: globalId('User', user.id),
  username: user.username,
  displayName: user.displayName,
  isAgeVerified: isAgeVerifiedAt(user, now),
})

export const toComment = (row: CommentRow, now: Date): Answered => ({
  id: globalId('Comment', row.id),
  createdAt: row.createdAt,
  likeCount: row.likeCount,
  replyCount: row.replyCount,
  viewerHasLiked: row.viewerHasLiked,
  author: row.author && toPerson(row.author, now),
  body:
    row.absence === null
      ? { __typename: 'CommentText', text: row.text }
      : { __typename: 'CommentTombstone', reason: row.absence },
})

/** The comments that a post brought along, where it opens. */
export const commentsOf = (row: PostRow, limit: number, now: Date): Answered => {
  const comments = toFirstComments(row.firstComments ?? null)
  return {
    nodes: comments.slice(0, limit).map((comment) => toComment(comment, now)),
    pageInfo: { hasNextPage: comments.length > limit },
  }
}
