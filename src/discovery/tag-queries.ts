import type { Reading } from '../content/content.js'
import type { Db } from '../lib/db.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import type { TagRow } from './types.js'

/** Tags that are looked through for a prefix: so many of the most used, and so many that begin with it. */
const MAX_CANDIDATES = 5_000
/** Greater than every character: what begins with a prefix lies before the prefix with this behind it. */
const LAST_CHARACTER = '\u{10ffff}'

/** The tags with these ids under which the viewer finds posts, in no order. */
export const listTagsById = (db: Db, ids: readonly string[], reading: Reading): Promise<TagRow[]> => {
  if (reading.isGated && !reading.isAgeVerified) return Promise.resolve([])
  return db.sql<TagRow>`/* discovery.tagsById */
    select t.id::text as id, t.name::text as name, ${countOf(reading)} as "postCount"
    from tags t where t.id = any(${ids}::uuid[]) and ${countOf(reading)} > 0`
}

const countOf = ({ isAgeVerified }: Reading): Fragment =>
  isAgeVerified ? fragment`t.post_count` : fragment`t.open_post_count`

/** A page of tags, those with most posts first, one row more than its limit when others follow. */
export function listTagsByUse(db: Db, prefix: string | null, page: PageRequest, reading: Reading): Promise<TagRow[]> {
  if (reading.isGated && !reading.isAgeVerified) return Promise.resolve([])
  const count = countOf(reading)
  return prefix === null ? listAll(db, count, page) : listBeginning(db, prefix, count, page)
}

const listAll = (db: Db, count: Fragment, page: PageRequest): Promise<TagRow[]> =>
  db.sql<TagRow>`/* discovery.tags */
    select t.id::text as id, t.name::text as name, ${count} as "postCount"
    from tags t
    where ${count} > 0 and ${beyondTag(page, count)}
    order by ${byUse(page, count)}
    limit ${page.limit + 1}::int`

/** However short a prefix is, what it costs is bounded: the two ranges are, and what is left of them is put in order. */
const listBeginning = (db: Db, prefix: string, count: Fragment, page: PageRequest): Promise<TagRow[]> =>
  db.sql<TagRow>`/* discovery.tagsBeginning */
    select t.id::text as id, t.name::text as name, ${count} as "postCount"
    from (
      select id from (
        select t.id, t.name from tags t where ${count} > 0 order by -${count}, t.name limit ${MAX_CANDIDATES}
      ) used
      where ${begins(fragment`used.name`, prefix)}
      union
      (
        select t.id from tags t
        where t.post_count > 0 and ${begins(fragment`t.name`, prefix)}
        order by lower(t.name::text) using ~<~
        limit ${MAX_CANDIDATES}
      )
    ) candidate
    join tags t using (id)
    where ${count} > 0 and ${beyondTag(page, count)}
    order by ${byUse(page, count)}
    limit ${page.limit + 1}::int`

const begins = (name: Fragment, prefix: string): Fragment => fragment`(
  lower(${name}::text) ~>=~ ${prefix}::text and lower(${name}::text) ~<~ ${prefix + LAST_CHARACTER}::text
)`

const beyondTag = ({ cursor, isBackward }: PageRequest, count: Fragment): Fragment => {
  if (!cursor) return fragment`true`
  const [used = '', name = ''] = cursor
  return isBackward
    ? fragment`(-${count}, t.name) < (-${used}::bigint, ${name}::citext)`
    : fragment`(-${count}, t.name) > (-${used}::bigint, ${name}::citext)`
}

const byUse = ({ isBackward }: PageRequest, count: Fragment): Fragment =>
  isBackward ? fragment`-${count} desc, t.name desc` : fragment`-${count} asc, t.name asc`
