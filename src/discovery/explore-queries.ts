import { contentJoins, listed, toContentRow } from '../content/content.js'
import type { Reading } from '../content/content.js'
import type { ContentType } from '../content/types.js'
import type { Db } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import { postColumns } from './posts.js'
import type { FlatPostRow, PostRow, WantedOfPosts } from './posts.js'
import { notMuted, numberAndId, together } from './ranges.js'
import { EVERYTHING } from './types.js'

/** Which posts to look around in, and in which order. */
export interface Exploring {
  readonly type: ContentType | null
  /** Slug of a subject; not together with `tag`. */
  readonly category: string | null
  readonly tag: string | null
  readonly sort: 'NEW' | 'POPULAR'
}

/** A post and how far up it stands among the popular. */
export interface ExploredRow extends PostRow {
  readonly score: bigint
}

/**
 * A page of what there is to look around in, one row more than its limit when others follow. What is restricted by age is a
 * range of an index apart from what is not: a page of each is read in order, and the two are put together.
 */
export async function listExplored(
  db: Db,
  exploring: Exploring,
  page: PageRequest,
  reading: Reading,
  wanted: WantedOfPosts,
): Promise<ExploredRow[]> {
  if (reading.isGated && !reading.isAgeVerified) return []
  const order = inOrder(
    page,
    exploring.sort === 'NEW' ? fragment`e.publish_at` : fragment`e.score`,
    fragment`e.content_id`,
  )
  const ages = reading.isAgeVerified ? [false, true] : [false]
  const rows = await db.sql<FlatPostRow & { readonly score: bigint }>`/* discovery.explore */
    select ${postColumns(reading, wanted)}, e.score
    from (
      select e.content_id, e.publish_at, e.score
      from (${together(ages.map((isRestricted) => listings(exploring, isRestricted, page, reading)))}) e
      order by ${order}
      limit ${page.limit + 1}::int
    ) e
    join content c on c.id = e.content_id ${contentJoins(reading)}
    order by ${order}`
  return rows.map(toContentRow)
}

function listings(exploring: Exploring, isRestricted: boolean, page: PageRequest, reading: Reading): Fragment {
  const { type, sort } = exploring
  const isNew = sort === 'NEW'
  const key = isNew ? fragment`e.publish_at` : fragment`e.score`
  // of the popular, what is not due lies at the end, without a score; a condition on its time would draw the other index
  return fragment`(
    select e.content_id, e.publish_at, e.score
    from explore_posts e
    join content c on c.id = e.content_id
    join users u on u.id = c.creator_id
    where e.scope_id = ${scopeOf(exploring)} and e.is_age_restricted = ${isRestricted}::boolean
      and ${type === null ? fragment`true` : fragment`e.type = ${type.toLowerCase()}::content_type`}
      and ${isNew ? fragment`e.publish_at <= ${reading.now}::timestamptz` : fragment`true`}
      and ${beyond(page, fragment`${key}, e.content_id`, isNew ? timeAndId : numberAndId)}
      and ${listed(reading)} and ${notMuted(reading, fragment`c.creator_id`)}
    order by ${inOrder(page, key, fragment`e.content_id`)}
    limit ${page.limit + 1}::int
  )`
}

function scopeOf({ category, tag }: Exploring): Fragment {
  if (category !== null) return fragment`(select id from categories where slug = ${category})`
  if (tag !== null) return fragment`(select id from tags where name = ${tag}::citext)`
  return fragment`${EVERYTHING}::uuid`
}
