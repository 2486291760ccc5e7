import { authorIsListed, contentJoins, postIsListed, toContentRow } from '../content/content.js'
import type { Reading } from '../content/content.js'
import type { Db } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import { MAX_FOLLOWS, mutes } from '../social/social.js'
import { postColumns } from './posts.js'
import type { FlatPostRow, PostRow, WantedOfPosts } from './posts.js'

/** Whose posts are in the viewer's feed. */
const sources = ({ viewerId, now }: Reading): Fragment => fragment`
  select creator_id
  from (
    (
      select f.following_id as creator_id
      from follows f
      where f.follower_id = ${viewerId}::uuid and f.unfollowed_at is null and f.withdrawn_at is null
      limit ${MAX_FOLLOWS}
    )
    union
    (
      select g.creator_id
      from entitlement_grants g
      where g.user_id = ${viewerId}::uuid and g.content_id is null and g.message_id is null and g.stream_id is null
        and g.starts_at <= ${now}::timestamptz and (g.ends_at is null or g.ends_at > ${now}::timestamptz)
        and g.revoked_at is null and g.suspended_at is null
      limit ${MAX_FOLLOWS}
    )
  ) every
  where creator_id <> ${viewerId}::uuid and not ${mutes(viewerId, fragment`every.creator_id`, now)}`

/**
 * A page of the viewer's feed, one row more than its limit when others follow. Three steps of one statement: the newest post
 * of each creator; the creators whose newest are among the page's, because only they can have others in it; their posts
 * no older than the last of those. What it reads grows with the creators followed, never with their posts.
 */
export async function listFeed(db: Db, page: PageRequest, reading: Reading, wanted: WantedOfPosts): Promise<PostRow[]> {
  if (reading.isGated && !reading.isAgeVerified) return []
  // who has proven no age sees no restricted post: said apart, for the index that has none of them
  const suits = fragment`
    ${postIsListed(reading)} and c.over_at is null and ${reading.isAgeVerified ? fragment`true` : fragment`not c.is_age_restricted`}
    and ${beyond(page, fragment`c.publish_at, c.id`, timeAndId)}`
  const order = inOrder(page, fragment`c.publish_at`, fragment`c.id`)
  const reach = page.limit + 1
  const rows = await db.sql<FlatPostRow>`/* discovery.feed */
    with heads as materialized (
      select c.creator_id, c.publish_at, c.id
      from (${sources(reading)}) source
      join users u on u.id = source.creator_id and ${authorIsListed(reading)}
      cross join lateral (
        select c.creator_id, c.publish_at, c.id
        from content c
        where c.creator_id = u.id and ${suits}
        order by ${order}
        limit 1
      ) c
      order by ${order}
      limit ${reach}::int
    ), edge as materialized (
      select c.publish_at, c.id from heads c order by ${order} offset ${page.limit}::int limit 1
    ), page as (
      select c.id
      from heads
      join users u on u.id = heads.creator_id
      cross join lateral (
        select c.publish_at, c.id
        from content c
        where c.creator_id = u.id and ${suits} and ${withinReach(page)}
        order by ${order}
        limit ${reach}::int
      ) c
      order by ${order}
      limit ${reach}::int
    )
    select ${postColumns(reading, wanted)}
    from page join content c on c.id = page.id ${contentJoins(reading)}
    order by ${order}`
  return rows.map(toContentRow)
}

/** Whether a post lies within the page as far as the heads tell: beyond the last of as many as it holds there is no place. */
const withinReach = ({ isBackward }: PageRequest): Fragment =>
  isBackward
    ? fragment`(c.publish_at, c.id) <= (
        coalesce((select publish_at from edge), 'infinity'), coalesce((select id from edge), 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      )`
    : fragment`(c.publish_at, c.id) >= (
        coalesce((select publish_at from edge), '-infinity'), coalesce((select id from edge), '00000000-0000-0000-0000-000000000000')
      )`
