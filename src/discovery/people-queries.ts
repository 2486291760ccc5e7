import { isInGoodStanding, userRowColumns } from '../accounts/accounts.js'
import type { UserRow } from '../accounts/types.js'
import type { Reading } from '../content/content.js'
import type { Db } from '../lib/db.js'
import { beyond, inOrder } from '../lib/keyset.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import { partedFrom } from '../social/social.js'
import { numberAndId } from './ranges.js'
import { EVERYTHING } from './types.js'

/** People that are looked at for each way a name can match. */
const MAX_CANDIDATES = 1_000
/** Shorter texts are looked for at the beginning of names only: too many names are alike to them. */
const MIN_SIMILAR_LENGTH = 3

/** Somebody who was found, and how well they match. */
export interface FoundPerson extends UserRow {
  readonly score: number
}

/** The text as names are compared with it, for `candidates`; a list of CTEs begins with it. */
export const askedName = (text: string): Fragment => fragment`
  asked as materialized (
    select folded as text, folded || chr(1114111) as beyond, char_length(folded) >= ${MIN_SIMILAR_LENGTH} as is_long
    from (select app_folded(${text}) as folded) once
  )`

const isLong = fragment`(select is_long from asked)`
const text = fragment`(select text from asked)`
const username = fragment`lower(u.username::text)`
const displayName = fragment`app_folded(u.display_name)`

const begins = (name: Fragment): Fragment => fragment`(${name} ~>=~ ${text} and ${name} ~<~ (select beyond from asked))`

const beginning = (name: Fragment): Fragment => fragment`(
  select u.id from users u where ${begins(name)} order by ${name} using ~<~ limit ${MAX_CANDIDATES}
)`

/** Of the few letters that many names begin with, the best known creators first: read by their ids, for so many begin so. */
const wellKnown = (isAdult: boolean): Fragment => fragment`(
  select u.id
  from (
    select u.*
    from (
      select user_id from explore_creators
      where scope_id = ${EVERYTHING}::uuid and is_adult = ${isAdult}::boolean
      order by follower_count desc, user_id desc
      limit ${MAX_CANDIDATES}
    ) known
    cross join lateral (select id, username, display_name from users where id = known.user_id offset 0) u
    offset 0
  ) u
  where not ${isLong} and (${begins(username)} or ${begins(displayName)})
)`

/** Ids of people whose names begin with what was asked, or look like it; however short that is, their number is bounded. */
export const candidates = fragment`
  ${beginning(username)}
  union ${beginning(displayName)}
  union ${wellKnown(false)}
  union ${wellKnown(true)}
  union (select u.id from users u where ${isLong} and ${username} % ${text} limit ${MAX_CANDIDATES})
  union (select u.id from users u where ${isLong} and ${text} <% ${displayName} limit ${MAX_CANDIDATES})`

/** How well somebody matches: a name itself, then one that begins so, those with more followers first, then one like it. */
const score = fragment`case
  when ${username} = ${text} then 50000
  when ${displayName} = ${text} then 40000 + known.popularity
  when ${begins(username)} or ${begins(displayName)} then 30000 + known.popularity
  when position(' ' || ${text} in ${displayName}) > 0 then 20000 + known.popularity
  else 10000 + round(1000 * greatest(similarity(${username}, ${text}), word_similarity(${text}, ${displayName})))
end::int`

/** A page of people who are called so, one row more than its limit when others follow. */
export const searchPeople = (db: Db, asked: string, page: PageRequest, reading: Reading): Promise<FoundPerson[]> =>
  db.sql<FoundPerson>`/* discovery.searchPeople */
    with ${askedName(asked)}
    select ${userRowColumns(fragment`u`)}, found.score
    from (
      select u.id, ${score} as score
      from (${candidates}) candidate
      join users u on u.id = candidate.id
      cross join lateral (
        select coalesce((
          select least(999, floor(100 * log((1 + c.follower_count)::float8))) from user_counters c where c.user_id = u.id
        ), 0) as popularity
      ) known
      where ${isInGoodStanding(fragment`u`, reading.now)} and u.id not in ${partedFrom(reading.viewerId)}
    ) found
    join users u on u.id = found.id
    where ${beyond(page, fragment`found.score, found.id`, numberAndId)}
    order by ${inOrder(page, fragment`found.score`, fragment`found.id`)}
    limit ${page.limit + 1}::int`
