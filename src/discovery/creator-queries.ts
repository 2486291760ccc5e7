import { isInGoodStanding, userRowColumns } from '../accounts/accounts.js'
import type { UserRow } from '../accounts/types.js'
import type { Reading } from '../content/content.js'
import type { CategoryRow } from '../content/types.js'
import type { Db, Tx } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import { partedFrom } from '../social/social.js'
import { askedName, candidates } from './people-queries.js'
import { notMuted, numberAndId, together } from './ranges.js'
import { EVERYTHING } from './types.js'

/** Which creators, and in which order. */
export interface CreatorsAsked {
  /** Slug of a subject. */
  readonly category: string | null
  readonly sort: 'NEW' | 'RISING' | 'POPULAR'
  /** What they are called. */
  readonly text: string | null
}

/** A creator and where they stand in each order. */
export interface CreatorRow extends UserRow {
  readonly creatorSince: Date
  readonly listedFollowerCount: number
  readonly rising: number
}

const KEYS: Readonly<Record<CreatorsAsked['sort'], Fragment>> = {
  NEW: fragment`e.creator_since`,
  RISING: fragment`e.rising`,
  POPULAR: fragment`e.follower_count`,
}

/** A page of creators that the viewer may meet, one row more than its limit when others follow; read as what is explored is. */
export async function listCreators(
  db: Db,
  asked: CreatorsAsked,
  page: PageRequest,
  reading: Reading,
): Promise<CreatorRow[]> {
  const order = inOrder(page, KEYS[asked.sort], fragment`e.user_id`)
  const kinds = reading.isAgeVerified ? [false, true] : [false]
  return await db.sql<CreatorRow>`/* discovery.creators */
    ${asked.text === null ? fragment`` : fragment`with ${askedName(asked.text)}, named as materialized (${candidates})`}
    select ${userRowColumns(fragment`u`)}, e.creator_since as "creatorSince", e.follower_count as "listedFollowerCount", e.rising
    from (
      select e.user_id, e.creator_since, e.follower_count, e.rising
      from (${together(kinds.map((isAdult) => listings(asked, isAdult, page, reading)))}) e
      order by ${order}
      limit ${page.limit + 1}::int
    ) e
    join users u on u.id = e.user_id
    order by ${order}`
}

function listings(
  { category, sort, text }: CreatorsAsked,
  isAdult: boolean,
  page: PageRequest,
  reading: Reading,
): Fragment {
  const { viewerId, now } = reading
  const key = KEYS[sort]
  const scope =
    category === null ? fragment`${EVERYTHING}::uuid` : fragment`(select id from categories where slug = ${category})`
  return fragment`(
    select e.user_id, e.creator_since, e.follower_count, e.rising
    from explore_creators e
    join users u on u.id = e.user_id
    where e.scope_id = ${scope} and e.is_adult = ${isAdult}::boolean
      and ${sort === 'RISING' ? fragment`e.rising > 0` : fragment`true`}
      and ${text === null ? fragment`true` : fragment`e.user_id in (select id from named)`}
      and ${beyond(page, fragment`${key}, e.user_id`, sort === 'NEW' ? timeAndId : numberAndId)}
      and u.account_type = 'creator' and ${isInGoodStanding(fragment`u`, now)}
      and u.id not in ${partedFrom(viewerId)} and ${notMuted(reading, fragment`u.id`)}
    order by ${inOrder(page, key, fragment`e.user_id`)}
    limit ${page.limit + 1}::int
  )`
}

/** What these people say they make, each person's in the order of subjects. */
export const listCreatorCategories = (
  db: Db,
  userIds: readonly string[],
): Promise<(CategoryRow & { readonly userId: string })[]> =>
  db.sql`/* discovery.creatorCategories */
    select k.user_id::text as "userId", g.id::text, g.slug, g.name, g.description, g.is_adult as "isAdult"
    from creator_categories k join categories g on g.id = k.category_id
    where k.user_id = any(${userIds}::uuid[])
    order by g.position, g.slug`

/** The subjects with these slugs that are open. */
export const listOpenCategories = (tx: Tx, slugs: readonly string[]): Promise<CategoryRow[]> =>
  tx.sql`/* discovery.openCategories */
    select id::text, slug, name, description, is_adult as "isAdult" from categories
    where slug = any(${slugs}::text[]) and retired_at is null order by position, slug`

/** Puts these subjects in the place of a creator's; leaves those that stay as they are. */
export async function replaceCreatorCategories(
  tx: Tx,
  userId: string,
  categoryIds: readonly string[],
  now: Date,
): Promise<void> {
  await tx.sql`/* discovery.removeCreatorCategories */
    delete from creator_categories where user_id = ${userId}::uuid and category_id <> all (${categoryIds}::uuid[])`
  await tx.sql`/* discovery.addCreatorCategories */
    insert into creator_categories (user_id, category_id, created_at)
    select ${userId}::uuid, id, ${now}::timestamptz from unnest(${categoryIds}::uuid[]) id
    on conflict do nothing`
}
