import { contentJoins, listed, toContentRow } from '../content/content.js'
import type { Reading } from '../content/content.js'
import type { ContentType } from '../content/types.js'
import type { Db } from '../lib/db.js'
import { beyond } from '../lib/keyset.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import { postColumns } from './posts.js'
import type { FlatPostRow, PostRow, WantedOfPosts } from './posts.js'

/** Posts that are put in order by how well they match; what more than so many have is common. */
const MAX_RANKED = 2_000
/** Of what is common, the newest posts are gone through, so many for a page. */
const MAX_WALKED = 10_000
/** In place of a rank for what is common: nothing but the time puts it in order. */
const COMMON = 9

/** Posts that were found. */
export interface FoundPosts {
  readonly rows: FoundPost[]
  /** The key of the last post that was gone through, where others follow and the page is not full. */
  readonly stoppedAt: readonly string[] | null
}

/** A post that was found, and how well it matches: by its title, its teaser, or its text. */
export interface FoundPost extends PostRow {
  readonly rank: number
}

/** What to look for. */
export interface PostsAsked {
  /** As `websearch_to_tsquery` reads it: words, "phrases", or, -not. */
  readonly text: string
  readonly type: ContentType | null
}

/**
 * A page of posts that everybody may read these words of, one row more than its limit when others follow. What few posts say is
 * put in order by where they say it, and then by time. What many say would take reading all of them: there the newest are
 * gone through until the page is full, or `MAX_WALKED` of them were; the next page goes on from there. A cursor goes on the
 * way that its page was found.
 */
export async function searchPosts(
  db: Db,
  { text, type }: PostsAsked,
  page: PageRequest,
  reading: Reading,
  wanted: WantedOfPosts,
): Promise<FoundPosts> {
  if (reading.isGated && !reading.isAgeVerified) return { rows: [], stoppedAt: null }
  const direction = page.isBackward ? fragment`asc` : fragment`desc`
  const order = fragment`f.rank ${direction}, f.publish_at ${direction}, f.id ${direction}`
  const candidate = isCandidate(reading)
  const suits = fragment`
    c.shadow_banned_at is null and ${reading.isAgeVerified ? fragment`true` : fragment`not c.is_age_restricted`}
    and ${type === null ? fragment`true` : fragment`c.type = ${type.toLowerCase()}::content_type`}`
  const rows = await db.sql<FlatPostRow & { rank: number }>`/* discovery.searchPosts */
    with ${wayOf(text, page, candidate)}, page as (
      select f.id, f.publish_at, f.rank
      from (
        (
          select c.id, c.publish_at, c.rank
          from (
            select c.*, case
              when ts_filter(c.search, '{a}') @@ (select query from asked) then 3
              when ts_filter(c.search, '{a,b}') @@ (select query from asked) then 2
              else 1
            end as rank
            from content c
            where (select not is_common from way) and c.search @@ (select query from asked) and ${candidate} and ${suits}
            limit ${MAX_RANKED}
          ) c
          join users u on u.id = c.creator_id
          where ${listed(reading)}
        )
        union all
        (
          select c.id, c.publish_at, ${COMMON}::int
          from (
            select c.* from content c
            where (select is_common from way) and ${candidate} and ${beyondTime(page)}
            order by c.publish_at ${direction}, c.id ${direction}
            limit ${MAX_WALKED}
          ) c
          join users u on u.id = c.creator_id
          where c.search @@ (select query from asked) and ${suits} and ${listed(reading)}
          order by c.publish_at ${direction}, c.id ${direction}
          limit ${page.limit + 1}::int
        )
      ) f
      where ${beyond(page, fragment`f.rank, f.publish_at, f.id`, rankTimeAndId)}
      order by ${order}
      limit ${page.limit + 1}::int
    )
    select ${postColumns(reading, wanted)}, f.rank
    from page f join content c on c.id = f.id ${contentJoins(reading)}
    order by ${order}`
  const isFull = rows.length > page.limit || rows.some(({ rank }) => rank < COMMON)
  return { rows: rows.map(toContentRow), stoppedAt: isFull ? null : await endOfWalk(db, text, page, reading) }
}

/** Whether `c` is a post that anybody could find. */
const isCandidate = ({ now }: Reading): Fragment => fragment`
  c.publish_at is not null and c.publish_at <= ${now}::timestamptz
  and c.unpublished_at is null and c.deleted_at is null and c.removed_at is null`

/** What is asked, and on which way it is found: as the cursor says, or as many posts as have it. */
const wayOf = (text: string, { cursor }: PageRequest, candidate: Fragment): Fragment => fragment`
  asked as materialized (
    select query, querytree(query) not in ('', 'T') as is_askable
    from websearch_to_tsquery('simple', app_folded(${text})) query
  ), way as materialized (
    select is_askable, coalesce(
      ${cursor ? Number(cursor[0]) === COMMON : null}::boolean,
      app_estimated_posts(query) > ${MAX_RANKED} or ${MAX_RANKED} < (
        select count(*) from (select from content c where c.search @@ query and ${candidate} limit ${MAX_RANKED + 1}) few
      )
    ) as is_common
    from asked where is_askable
  )`

/** The key at which going through the newest ended before all had been; null where it did not. */
async function endOfWalk(db: Db, text: string, page: PageRequest, reading: Reading): Promise<readonly string[] | null> {
  const candidate = isCandidate(reading)
  const direction = page.isBackward ? fragment`asc` : fragment`desc`
  const [last] = await db.sql<{ publishAt: Date; id: string }>`/* discovery.endOfWalk */
    with ${wayOf(text, page, candidate)}
    select c.publish_at as "publishAt", c.id::text as id
    from content c
    where (select is_common from way) and ${candidate} and ${beyondTime(page)}
    order by c.publish_at ${direction}, c.id ${direction}
    offset ${MAX_WALKED - 1} limit 1`
  return last ? [String(COMMON), last.publishAt.toISOString(), last.id] : null
}

const rankTimeAndId = ([rank = '', time = '', id = '']: readonly string[]): Fragment =>
  fragment`${rank}::bigint, ${time}::timestamptz, ${id}::uuid`

/** The part of the cursor that the walk begins at. */
const beyondTime = (page: PageRequest): Fragment =>
  beyond(page, fragment`c.publish_at, c.id`, ([, time = '', id = '']) => fragment`${time}::timestamptz, ${id}::uuid`)
