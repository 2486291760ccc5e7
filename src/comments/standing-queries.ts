import type { Tx } from '../lib/db.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'

/** Rows that one transaction looks at. */
export const STANDING_BATCH = 500

/** What likes are of, and the column that says of which. */
export const LIKED: Readonly<Record<'posts' | 'comments', Fragment>> = {
  posts: fragment`l.content_id`,
  comments: fragment`l.comment_id`,
}

/** The next likes of somebody, in the order of what they like. */
export const listNextLikes = (
  tx: Tx,
  userId: string,
  liked: Fragment,
  after: string | null,
): Promise<{ readonly id: string; readonly likedId: string }[]> =>
  tx.sql`/* comments.nextLikes */
    select l.id::text as id, ${liked}::text as "likedId" from likes l
    where l.user_id = ${userId}::uuid and ${liked} is not null
      and ${liked} > coalesce(${after}::uuid, '00000000-0000-0000-0000-000000000000')
    order by ${liked} limit ${STANDING_BATCH}`

/**
 * Withdraws these likes of somebody who is deleted or banned, or brings them back with anybody else. They are held before the
 * standing is read: of two walks that meet, the later one sees what the other did, and a standing at least as new.
 */
export async function settleLikes(tx: Tx, userId: string, ids: readonly string[], now: Date): Promise<void> {
  await tx.sql`/* comments.holdLikes */
    select l.id::text as id from likes l where l.id = any (${ids}::uuid[]) order by l.id for no key update`
  await tx.sql`/* comments.settleLikes */
    update likes l set withdrawn_at = case when ${isPresent} then null else ${now}::timestamptz end
    from users u
    where u.id = ${userId}::uuid and l.id = any (${ids}::uuid[]) and l.user_id = u.id
      and (l.withdrawn_at is null) <> ${isPresent}`
}

const isPresent = fragment`(u.account_status not in ('deleted', 'banned'))`

/** Where a walk over somebody's comments stands: the sort key of the last one looked at. */
export interface Mark {
  readonly createdAt: Date
  readonly id: string
}

/** The next comments of somebody, the newest first. */
export const listNextComments = (
  tx: Tx,
  authorId: string,
  mark: Mark | null,
): Promise<(Mark & { readonly contentId: string })[]> =>
  tx.sql`/* comments.nextComments */
    select m.id::text as id, m.created_at as "createdAt", m.content_id::text as "contentId" from comments m
    where m.author_id = ${authorId}::uuid and (m.created_at, m.id) < (
      coalesce(${mark?.createdAt ?? null}::timestamptz, 'infinity'),
      coalesce(${mark?.id ?? null}::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
    order by m.created_at desc, m.id desc limit ${STANDING_BATCH}`

/** As `settleLikes`, for comments. Their posts are held first, as by whoever writes under them. */
export async function settleComments(
  tx: Tx,
  authorId: string,
  comments: readonly { readonly id: string; readonly contentId: string }[],
  now: Date,
): Promise<void> {
  const ids = comments.map(({ id }) => id)
  await holdPosts(tx, [...new Set(comments.map(({ contentId }) => contentId))])
  await tx.sql`/* comments.holdComments */
    select m.id::text as id from comments m where m.id = any (${ids}::uuid[]) order by m.id for no key update`
  await tx.sql`/* comments.settleComments */
    update comments m set withdrawn_at = case when ${isPresent} then null else ${now}::timestamptz end
    from users u
    where u.id = ${authorId}::uuid and m.id = any (${ids}::uuid[]) and m.author_id = u.id
      and (m.withdrawn_at is null) <> ${isPresent}`
}

async function holdPosts(tx: Tx, contentIds: readonly string[]): Promise<void> {
  await tx.sql`/* comments.holdPosts */
    select c.id::text as id from content c where c.id = any (${contentIds}::uuid[]) order by c.id for no key update`
}

/**
 * Destroys, up to a batch of each, what an erased person said, deletes what they liked and how they wanted comments; of anybody
 * else, nothing. Answers whether something was left.
 */
export async function forgetSaid(tx: Tx, userId: string, now: Date): Promise<boolean> {
  const isErased = fragment`exists (select from users u where u.id = ${userId}::uuid and u.erased_at is not null)`
  const likes = await tx.sql`/* comments.forgetLikes */
    delete from likes where id in (
      select l.id from likes l where l.user_id = ${userId}::uuid and ${isErased} limit ${STANDING_BATCH}
    )
    returning 1`
  const comments = await tx.sql<{ id: string }>`/* comments.unforgotten */
    select m.id::text as id from comments m
    where m.author_id = ${userId}::uuid and m.purged_at is null and ${isErased}
    limit ${STANDING_BATCH}`
  await purgeComments(
    tx,
    comments.map(({ id }) => id),
    now,
  )
  await tx.sql`/* comments.forgetSettings */
    delete from comment_settings s where s.creator_id = ${userId}::uuid and ${isErased}`
  return Math.max(likes.length, comments.length) === STANDING_BATCH
}

/** Destroys the texts of comments, and what they said before edits; the rows stay for what hangs on them. */
export async function purgeComments(tx: Tx, ids: readonly string[], now: Date): Promise<void> {
  await tx.comment.updateMany({
    where: { id: { in: [...ids] } },
    data: { body: '', purgedAt: now, purgeAfter: null, updatedAt: now },
  })
  await tx.commentVersion.deleteMany({ where: { commentId: { in: [...ids] } } })
}

/** Comments that were deleted so long ago that their text is to go; held, and passed over by other processes. */
export const claimPurgeable = (tx: Tx, now: Date, limit: number): Promise<{ readonly id: string }[]> =>
  tx.sql`/* comments.claimPurgeable */
    select m.id::text as id from comments m where m.purge_after <= ${now}::timestamptz
    order by m.purge_after limit ${limit}::int
    for no key update skip locked`

/** Comments under a post whose text is still there. */
export const listUnpurged = (tx: Tx, contentId: string, limit: number): Promise<{ readonly id: string }[]> =>
  tx.sql`/* comments.unpurged */
    select m.id::text as id from comments m where m.content_id = ${contentId}::uuid and m.purged_at is null
    limit ${limit}::int`
