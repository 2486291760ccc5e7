import { toUserRowOf, userRowValue } from '../accounts/accounts.js'
import type { UserRowValue } from '../accounts/accounts.js'
import type { Reading } from '../content/content.js'
import type { CommentAbsence } from '../generated/graphql.js'
import type { Db } from '../lib/db.js'
import { beyond, inOrder, pageBound, timeAndId } from '../lib/keyset.js'
import type { PageRequest } from '../lib/page.js'
import type { Owned } from '../lib/page-loader.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import { partedFrom, uncounted } from '../social/social.js'
import type { CommentRow, FoundComment } from './types.js'

/** Whom the viewer mutes; worked out once per statement. */
const muted = ({ viewerId, now }: Reading): Fragment => fragment`coalesce((
  select array_agg(mu.muted_id) from mutes mu
  where mu.muter_id = ${viewerId}::uuid and (mu.expires_at is null or mu.expires_at > ${now}::timestamptz)
), '{}')`

/** Whether `m` waits for approval. */
export const isHeld = fragment`(m.held_at is not null and m.approved_at is null)`

/** Why the viewer sees neither text nor author of the comment `m` of the author `a`, under the post `c`; null where they do. */
export const absence = (reading: Reading): Fragment => fragment`case
  when m.deleted_at is not null then 'DELETED'
  when m.withdrawn_at is not null or a.account_status in ('deleted', 'banned') or m.author_id in ${partedFrom(reading.viewerId)}
    then 'AUTHOR_UNAVAILABLE'
  when (m.hidden_at is not null or ${isHeld})
    and m.author_id is distinct from ${reading.viewerId}::uuid and c.creator_id is distinct from ${reading.viewerId}::uuid
    then 'HIDDEN'
  when m.author_id = any (${muted(reading)}) then 'MUTED'
end`

/** Whether the viewer sees the comment `m` of the author `a`, under the post `c`, should that open for them. */
export const isCommentSeen = (reading: Reading): Fragment => fragment`(${absence(reading)} is null)`

/** Whether `m` has a place in its list for the viewer: they see it, or something below it. */
export const isShown = (reading: Reading): Fragment => fragment`case
  when ${absence(reading)} is null then true
  else m.descendant_count > 0 and m.descendant_count > (
    select count(*) from comments below
    where below.author_id = any (${uncounted(reading.viewerId)} || ${muted(reading)})
      and below.content_id = m.content_id and below.is_visible and m.id = any (below.ancestor_ids)
  )
end`

/**
 * All that a `CommentRow` holds of the comment `m` of the author `a`, under the post `c`, as one value of JSON: rows of their
 * own and rows within the row of a post are read alike.
 */
const commentValue = (reading: Reading): Fragment => {
  const { viewerId } = reading
  return fragment`json_build_array(
    m.id, m.content_id, c.creator_id, m.parent_id, m.depth, m.rank, m.is_by_creator, m.pinned_at is not null, ${isHeld},
    m.hidden_at is not null, m.created_at, m.edited_at, m.version,
    case when m.like_count = 0 then 0 else m.like_count - (
      select count(*)::int from likes l where l.user_id = any (${uncounted(viewerId)}) and l.comment_id = m.id and l.withdrawn_at is null
    ) end,
    case when m.reply_count = 0 then 0 else m.reply_count - (
      select count(*)::int from comments reply
      where reply.author_id = any (${uncounted(viewerId)}) and reply.content_id = m.content_id and reply.parent_id = m.id
        and reply.is_visible
    ) end,
    exists (select from likes l where l.user_id = ${viewerId}::uuid and l.comment_id = m.id and l.withdrawn_at is null offset 0),
    ${absence(reading)}, m.body, ${userRowValue(fragment`a`)}
  )`
}

type CommentValue = readonly [
  id: string,
  contentId: string,
  creatorId: string,
  parentId: string | null,
  depth: number,
  rank: number,
  isByCreator: boolean,
  isPinned: boolean,
  isHeld: boolean,
  isHidden: boolean,
  createdAt: string,
  editedAt: string | null,
  version: number,
  likeCount: number,
  replyCount: number,
  viewerHasLiked: boolean,
  absence: CommentAbsence | null,
  body: string,
  author: UserRowValue,
]

/** The row of what `commentValue` answered; what the viewer must not see is left behind here. */
const toCommentRow = ([
  id,
  contentId,
  creatorId,
  parentId,
  depth,
  rank,
  isByCreator,
  isPinned,
  isHeld,
  isHidden,
  createdAt,
  editedAt,
  version,
  likeCount,
  replyCount,
  viewerHasLiked,
  absence,
  body,
  author,
]: CommentValue): CommentRow => ({
  id,
  contentId,
  creatorId,
  parentId,
  depth,
  rank,
  isByCreator,
  isPinned,
  isHeld,
  isHidden,
  createdAt: new Date(createdAt),
  editedAt: editedAt === null ? null : new Date(editedAt),
  version,
  likeCount,
  replyCount,
  viewerHasLiked,
  absence,
  text: absence === null ? body : null,
  author: absence === null ? toUserRowOf(author) : null,
})

/** The sort key of a comment in its list. */
export const commentKey = ({ rank, createdAt, id }: CommentRow): readonly string[] => [
  String(rank),
  createdAt.toISOString(),
  id,
]

/** What the parts of that key are. */
export const COMMENT_KEY = ['number', 'time', 'uuid'] as const

/**
 * A page of the comments that `list` says, in their order and one row more than its limit where others follow. Authors are
 * looked up one by one, which `offset` holds the planner to: comments are then cheapest read in their order, up to the
 * limit, however many there are.
 */
const pageOf = (reading: Reading, list: Fragment, page: PageRequest): Fragment => fragment`
  select ${commentValue(reading)} as comment
  from comments m cross join lateral (select u.* from users u where u.id = m.author_id offset 0) a
  where ${list} and m.is_listed and ${isShown(reading)} and ${beyondPlace(page)}
  order by ${inPlaces(page)}
  limit ${page.limit + 1}::int`

const beyondPlace = ({ cursor, isBackward }: PageRequest): Fragment => {
  if (!cursor) return fragment`true`
  const [rank = null, time = null, id = null] = cursor
  return isBackward
    ? fragment`(m.rank, m.created_at, m.id) < (${rank}::bigint, ${time}::timestamptz, ${id}::uuid)`
    : fragment`(m.rank, m.created_at, m.id) > (${rank}::bigint, ${time}::timestamptz, ${id}::uuid)`
}

const inPlaces = ({ isBackward }: PageRequest): Fragment =>
  isBackward ? fragment`m.rank desc, m.created_at desc, m.id desc` : fragment`m.rank, m.created_at, m.id`

/** The comments on top of the post `c`. */
const ofPost = fragment`m.content_id = c.id and m.parent_id is null`

interface OwnedComment {
  readonly ownerId: string
  readonly comment: CommentValue
}

const toOwned = ({ ownerId, comment }: OwnedComment): Owned<CommentRow> => ({ ownerId, row: toCommentRow(comment) })

/** A page of the comments on top of each of these posts. */
export const listComments = async (
  db: Db,
  contentIds: readonly string[],
  page: PageRequest,
  reading: Reading,
): Promise<Owned<CommentRow>[]> =>
  (
    await db.sql<OwnedComment>`/* comments.ofPosts */
      select c.id::text as "ownerId", thread.comment
      from unnest(${contentIds}::uuid[]) as posts (id) join content c on c.id = posts.id
      cross join lateral (${pageOf(reading, ofPost, page)}) thread`
  ).map(toOwned)

/** A page of the answers to each of these comments. */
export const listReplies = async (
  db: Db,
  parentIds: readonly string[],
  page: PageRequest,
  reading: Reading,
): Promise<Owned<CommentRow>[]> =>
  (
    await db.sql<OwnedComment>`/* comments.ofComments */
      select parent.id::text as "ownerId", thread.comment
      from unnest(${parentIds}::uuid[]) as parents (id) join comments parent on parent.id = parents.id
      join content c on c.id = parent.content_id
      cross join lateral (
        ${pageOf(reading, fragment`m.parent_id = parent.id and m.parent_id is not null`, page)}
      ) thread`
  ).map(toOwned)

/** A page of what waits for a creator's approval, the newest first, one row more than its limit when others follow. */
export const listHeldComments = async (
  db: Db,
  creatorId: string,
  page: PageRequest,
  reading: Reading,
): Promise<CommentRow[]> =>
  (
    await db.sql<{ comment: CommentValue }>`/* comments.waiting */
      select comment from (
        select m.created_at, m.id, ${commentValue(reading)} as comment
        from comments m join content c on c.id = m.content_id
        -- one by one: a hash of them would read everybody
        cross join lateral (select * from users where id = m.author_id offset 0) a
        where m.held_for_id = ${creatorId}::uuid and c.deleted_at is null
          and ${isHeld} and m.deleted_at is null and m.withdrawn_at is null and m.hidden_at is null
          and ${isCommentSeen(reading)} and ${beyond(page, fragment`m.created_at, m.id`, timeAndId)}
        order by ${inOrder(page, fragment`m.created_at`, fragment`m.id`)}
        ${pageBound}
      ) m
      order by ${inOrder(page, fragment`m.created_at`, fragment`m.id`)}
      limit ${page.limit + 1}::int`
  ).map(({ comment }) => toCommentRow(comment))

/** Comments by id, whether they have a place in their list for the viewer or not; whether their post opens is asked elsewhere. */
export const listCommentsById = async (db: Db, ids: readonly string[], reading: Reading): Promise<FoundComment[]> =>
  (
    await db.sql<{ comment: CommentValue; isShown: boolean }>`/* comments.byId */
      select ${commentValue(reading)} as comment, ${isShown(reading)} as "isShown"
      from comments m join users a on a.id = m.author_id join content c on c.id = m.content_id
      where m.id = any (${ids}::uuid[])`
  ).map(({ comment, isShown }) => ({ ...toCommentRow(comment), isShown }))

/**
 * The first `limit` comments on top of the post `c` of the surrounding statement, and one more where others follow, for
 * `loaders.firstComments`: a value for its list of columns. It asks for nothing but `c`; whoever shows it asks whether the
 * post opens.
 */
export const firstComments = (reading: Reading, limit: number): Fragment => fragment`(
  select json_agg(first.comment)
  from (${pageOf(reading, ofPost, { limit, isBackward: false, cursor: null, filterHash: '' })}) first
)`

/** What `firstComments` answers for one post; null for none. */
export type FirstComments = readonly CommentValue[] | null

/** The rows of what `firstComments` answered, as a page would have read them. */
export const toFirstComments = (found: FirstComments): CommentRow[] => (found ?? []).map(toCommentRow)
