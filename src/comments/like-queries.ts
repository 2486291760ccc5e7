import { isInGoodStanding, userRowColumns } from '../accounts/accounts.js'
import { contentColumns, contentJoins, toContentRow } from '../content/content.js'
import type { FlatContentRow, Reading } from '../content/content.js'
import type { ContentRow } from '../content/types.js'
import type { Db, Tx } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { PageRequest } from '../lib/page.js'
import type { Owned } from '../lib/page-loader.js'
import { fragment } from '../lib/sql.js'
import { partedFrom } from '../social/social.js'
import type { LikerRow } from './types.js'

/** What a like met. */
export interface LikedContent {
  readonly content: ContentRow
  /** Whether the account of whoever likes is in good standing; without it nothing was written. */
  readonly isActive: boolean
  readonly isNew: boolean
}

/**
 * Likes a post, and reads it as it was before for whoever decides whether that may stand: one statement. Holds the account of
 * whoever likes, so that a change of its standing comes before or after. Null when there is no such post.
 */
export async function insertContentLike(tx: Tx, contentId: string, reading: Reading): Promise<LikedContent | null> {
  const { viewerId, now } = reading
  const [row] = await tx.sql<FlatContentRow & { isActive: boolean; isNew: boolean }>`/* comments.likeContent */
    with actor as materialized (
      select u.id from users u
      where u.id = ${viewerId}::uuid and ${isInGoodStanding(fragment`u`, now)}
      for share
    ), made as (
      insert into likes (user_id, content_id, created_at)
      select actor.id, c.id, ${now}::timestamptz
      from actor, content c where c.id = ${contentId}::uuid and c.purged_at is null
      on conflict (user_id, content_id) do update set withdrawn_at = null where likes.withdrawn_at is not null
      returning 1
    )
    select ${contentColumns(reading, { withBody: false })},
      exists (select from actor) as "isActive", exists (select from made) as "isNew"
    from content c ${contentJoins(reading)}
    where c.id = ${contentId}::uuid and c.purged_at is null`
  return row ? { content: toContentRow(row), isActive: row.isActive, isNew: row.isNew } : null
}

export async function deleteContentLike(tx: Tx, userId: string, contentId: string): Promise<void> {
  await tx.like.deleteMany({ where: { userId, contentId } })
}

/**
 * Likes a comment that can be seen. Holds the account of whoever likes, as above.
 */
export async function insertCommentLike(
  tx: Tx,
  commentId: string,
  { viewerId, now }: Reading,
): Promise<{ readonly isActive: boolean; readonly isNew: boolean }> {
  const [row] = await tx.sql<{ isActive: boolean; isNew: boolean }>`/* comments.likeComment */
    with actor as materialized (
      select u.id from users u
      where u.id = ${viewerId}::uuid and ${isInGoodStanding(fragment`u`, now)}
      for share
    ), made as (
      insert into likes (user_id, comment_id, created_at)
      select actor.id, m.id, ${now}::timestamptz
      from actor, comments m where m.id = ${commentId}::uuid and m.is_visible
      on conflict (user_id, comment_id) do update set withdrawn_at = null where likes.withdrawn_at is not null
      returning 1
    )
    select exists (select from actor) as "isActive", exists (select from made) as "isNew"`
  return row ?? { isActive: false, isNew: false }
}

export async function deleteCommentLike(tx: Tx, userId: string, commentId: string): Promise<void> {
  await tx.like.deleteMany({ where: { userId, commentId } })
}

/** A page of those who like each of these posts, whom the viewer may meet; the newest likes first. */
export const listLikers = async (
  db: Db,
  contentIds: readonly string[],
  page: PageRequest,
  { viewerId }: Reading,
): Promise<Owned<LikerRow>[]> => {
  const rows = await db.sql<LikerRow & { ownerId: string }>`/* comments.likers */
    select posts.id::text as "ownerId", people.*
    from unnest(${contentIds}::uuid[]) as posts (id)
    cross join lateral (
      select ${userRowColumns(fragment`u`)}, l.id::text as "likeId", l.created_at as "likedAt"
      from likes l join users u on u.id = l.user_id
      where l.content_id = posts.id and l.withdrawn_at is null and u.account_status not in ('deleted', 'banned')
        and l.user_id not in ${partedFrom(viewerId)} and ${beyond(page, fragment`l.created_at, l.id`, timeAndId)}
      order by ${inOrder(page, fragment`l.created_at`, fragment`l.id`)}
      limit ${page.limit + 1}::int
    ) people`
  return rows.map(({ ownerId, ...row }) => ({ ownerId, row }))
}
