import assert from 'node:assert'
import { isFollowing, isInGoodStanding } from '../accounts/accounts.js'
import type { UserRow } from '../accounts/types.js'
import type { Db } from '../lib/db.js'
import { beyond, inOrder, pageBound, timeAndId } from '../lib/keyset.js'
import type { PageRequest } from '../lib/page.js'
import type { Owned } from '../lib/page-loader.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import { partedFrom, uncounted } from '../social/social.js'
import type { CategoryRow, ContentRow, ContentState, ContentType, ContentVersionRow, LiveGrant } from './types.js'

/** For whom posts are read, and when. */
export interface Reading {
  readonly viewerId: string | null
  readonly isAgeVerified: boolean
  /** Whether every post counts as age restricted. */
  readonly isGated: boolean
  readonly now: Date
}

/**
 * As whom, and when, somebody reads posts now, where there is no request that says it: as a stranger while their account is
 * limited.
 */
export async function findReading(
  db: Db,
  userId: string,
  isGated: boolean,
): Promise<Reading & { readonly ageVerifiedUntil: Date | null }> {
  const [row] = await db.sql<{
    now: Date
    viewerId: string | null
    isAgeVerified: boolean
    ageVerifiedUntil: Date | null
  }>`
    /* content.reading */
    select clock.now, u.id::text as "viewerId", u.age_verified_until as "ageVerifiedUntil",
      coalesce(u.age_verified and (u.age_verified_until is null or u.age_verified_until > clock.now), false) as "isAgeVerified"
    from (select app_now() as now offset 0) clock
    left join users u on u.id = ${userId}::uuid and ${isInGoodStanding(fragment`u`, fragment`clock.now`)}`
  assert(row, 'the time is one row')
  return { ...row, isGated }
}

/** Whether the post `c` fell due while its author `u`, who can be met now, could not: it does not burst out. */
const fellDueInAbsence = fragment`(
  u.status_changed_at is not null and c.announced_at is null
  and c.publish_at <= case when u.account_status = 'active' then u.status_changed_at else u.suspended_until end
)`

/** Whether the account of `u` is open. */
const accountIsOpen = (now: Date): Fragment =>
  fragment`(u.account_status = 'active' or u.account_status = 'suspended' and u.suspended_until <= ${now}::timestamptz)`

/** Whether the author `u` of the post `c` can be met: `isPresent` of access.ts, in SQL. */
export const authorIsPresent = (now: Date): Fragment => fragment`(${accountIsOpen(now)} and not ${fellDueInAbsence})`

/**
 * Whether a list may show the viewer the post `c` of the author `u`: published, its author present, no block between them, and
 * their age proven where it is asked for. The only predicate of its kind; one's own posts pass it as others' do.
 */
export const listed = (reading: Reading): Fragment =>
  fragment`(${authorIsListed(reading)} and ${postIsListed(reading)})`

/**
 * The half of `listed` that hangs on the author `u` alone. A statement that goes through posts author by author asks it of
 * the author: among the conditions on posts it makes the planner expect one post of each, and read and sort them all.
 */
export const authorIsListed = ({ viewerId, now }: Reading): Fragment =>
  fragment`(${accountIsOpen(now)} and u.id not in ${partedFrom(viewerId)})`

/** The other half of `listed`, where the author has passed the first. */
export const postIsListed = (reading: Reading): Fragment => fragment`(
  c.publish_at is not null and c.publish_at <= ${reading.now}::timestamptz
  and c.unpublished_at is null and c.deleted_at is null and c.removed_at is null
  and not ${fellDueInAbsence}
  and ${agePermits(reading)}
)`

/** What an unproven age leaves. */
const agePermits = ({ viewerId, isAgeVerified, isGated }: Reading): Fragment => {
  if (isAgeVerified) return fragment`true`
  return isGated
    ? fragment`c.creator_id = ${viewerId}::uuid`
    : fragment`(not c.is_age_restricted or c.creator_id = ${viewerId}::uuid)`
}

/** The grant that lasts longest of the viewer's live ones of `c`'s creator, for what `target` says. */
const liveGrant = ({ viewerId, now }: Reading, target: Fragment): Fragment => fragment`(
  select g.id::text as id, g.version, g.ends_at
  from entitlement_grants g
  where g.user_id = ${viewerId}::uuid and ${target}
    and g.starts_at <= ${now}::timestamptz and (g.ends_at is null or g.ends_at > ${now}::timestamptz)
    and g.revoked_at is null and g.suspended_at is null
  order by g.ends_at desc nulls first, g.id
  limit 1
)`

/** What of posts a page loads beyond what it always does. */
export interface Wanted {
  readonly withBody: boolean
  readonly withTags?: boolean
  readonly withCategories?: boolean
}

/**
 * All that a `ContentRow` holds of the post `c` and its author `u`, for one viewer; `contentJoins` makes the joins it needs.
 * `offset 0` has each post looked up: without it all that the viewer ever liked or saved may be read for a page.
 */
export const contentColumns = (
  { viewerId }: Reading,
  { withBody, withTags = false, withCategories = false }: Wanted,
): Fragment => fragment`
  c.id::text as id, upper(c.type::text) as type, c.title, c.teaser, c.language, upper(c.visibility::text) as visibility,
  c.is_premium as "isPremium", c.price_minor as "priceMinor", c.currency,
  c.included_in_subscription as "includedInSubscription", c.is_age_restricted as "isAgeRestricted", c.warnings,
  c.publish_at as "publishAt", c.scheduled_local_time as "scheduledLocalTime",
  c.scheduled_time_zone as "scheduledTimeZone", c.announced_at as "announcedAt", c.unpublished_at as "unpublishedAt",
  c.removed_at as "removedAt", c.removed_reason as "removedReason", c.deleted_at as "deletedAt",
  c.purge_after as "purgeAfter", c.comments_closed_at as "commentsClosedAt",
  c.like_count - coalesce((
    select count(*)::int from likes l where l.user_id = any (${uncounted(viewerId)}) and l.content_id = c.id and l.withdrawn_at is null
  ), 0) as "likeCount",
  c.comment_count - coalesce((
    select count(*)::int from comments m where m.author_id = any (${uncounted(viewerId)}) and m.content_id = c.id and m.is_visible
  ), 0) as "commentCount", c.save_count as "saveCount", c.created_at as "createdAt", c.edited_at as "editedAt",
  c.version, ${withBody ? fragment`c.body,` : fragment``}
  ${withTags ? fragment`${tagNames} as "tagNames",` : fragment``}
  ${withCategories ? fragment`${subjects} as subjects,` : fragment``}
  u.id::text as "creatorId", u.username::text as username, u.display_name as "displayName",
  upper(u.account_type::text) as "accountType", upper(u.account_status::text) as "accountStatus",
  u.suspended_until as "suspendedUntil", u.status_changed_at as "authorStatusChangedAt", u.age_verified as "ageVerified",
  u.age_verified_until as "ageVerifiedUntil",
  u.subscription_price as "subscriptionPriceMinor", u.currency as "creatorCurrency", u.created_at as "joinedAt",
  exists (select from likes l where l.user_id = ${viewerId}::uuid and l.content_id = c.id and l.withdrawn_at is null offset 0) as "viewerHasLiked",
  exists (select from saved_content s where s.user_id = ${viewerId}::uuid and s.content_id = c.id offset 0) as "viewerHasSaved",
  ${isFollowing(viewerId, fragment`c.creator_id`)} as follows,
  c.creator_id in ${partedFrom(viewerId)} as "isBlocked",
  creator_grant.id as "creatorGrantId", creator_grant.version as "creatorGrantVersion", creator_grant.ends_at as "creatorGrantEndsAt",
  content_grant.id as "contentGrantId", content_grant.version as "contentGrantVersion", content_grant.ends_at as "contentGrantEndsAt"`

/** The tags of `c`, in alphabetical order. */
const tagNames = fragment`array(
  select t.name::text from content_tags ct join tags t on t.id = ct.tag_id where ct.content_id = c.id order by t.name
)`

/** The subjects of `c`, in their order, as `CategoryRow`s. */
const subjects = fragment`array(
  select jsonb_build_object('id', g.id, 'slug', g.slug, 'name', g.name, 'description', g.description, 'isAdult', g.is_adult)
  from content_categories cc join categories g on g.id = cc.category_id
  where cc.content_id = c.id
  order by g.position, g.slug
)`

/** Joins to `content c` what `contentColumns` reads. */
export const contentJoins = (reading: Reading): Fragment => fragment`
  join users u on u.id = c.creator_id
  ${grantJoins(reading)}`

/** The grants alone, where `u` is joined already. */
const grantJoins = (reading: Reading): Fragment => fragment`
  left join lateral ${liveGrant(
    reading,
    fragment`g.creator_id = c.creator_id and g.content_id is null and g.message_id is null and g.stream_id is null`,
  )} creator_grant on true
  left join lateral ${liveGrant(reading, fragment`g.content_id = c.id`)} content_grant on true`

interface FlatContent extends Omit<ContentRow, 'creator' | 'bonds'> {
  readonly username: string
  readonly displayName: string
  readonly accountType: UserRow['accountType']
  readonly accountStatus: UserRow['accountStatus']
  readonly suspendedUntil: Date | null
  readonly ageVerified: boolean
  readonly ageVerifiedUntil: Date | null
  readonly subscriptionPriceMinor: bigint | null
  readonly creatorCurrency: string | null
  readonly joinedAt: Date
  readonly follows: boolean
  readonly isBlocked: boolean
  readonly creatorGrantId: string | null
  readonly creatorGrantVersion: number
  readonly creatorGrantEndsAt: Date | null
  readonly contentGrantId: string | null
  readonly contentGrantVersion: number
  readonly contentGrantEndsAt: Date | null
}

/** A row that `contentColumns` answered. */
export type FlatContentRow = FlatContent

/**
 * Puts together what `contentColumns` answers as one row: the row itself, which belongs to whoever read it, because a copy of
 * fifty columns takes as long as reading them.
 */
export function toContentRow<Row extends FlatContentRow>(flat: Row): Row & ContentRow {
  const row = flat as Row & { -readonly [Name in 'creator' | 'bonds']: ContentRow[Name] }
  row.creator = {
    id: flat.creatorId,
    username: flat.username,
    displayName: flat.displayName,
    accountType: flat.accountType,
    accountStatus: flat.accountStatus,
    suspendedUntil: flat.suspendedUntil,
    ageVerified: flat.ageVerified,
    ageVerifiedUntil: flat.ageVerifiedUntil,
    subscriptionPriceMinor: flat.subscriptionPriceMinor,
    currency: flat.creatorCurrency,
    createdAt: flat.joinedAt,
  }
  row.bonds = {
    follows: flat.follows,
    isBlocked: flat.isBlocked,
    creatorGrant: toGrant(flat.creatorGrantId, flat.creatorGrantVersion, flat.creatorGrantEndsAt),
    contentGrant: toGrant(flat.contentGrantId, flat.contentGrantVersion, flat.contentGrantEndsAt),
  }
  return row
}

const toGrant = (id: string | null, version: number, endsAt: Date | null): LiveGrant | null =>
  id === null ? null : { id, version, endsAt }

/** Posts by id, whether the viewer may know of them or not: `resolveAccess` decides. In no order. */
export const listContentById = async (db: Db, ids: readonly string[], reading: Reading): Promise<ContentRow[]> =>
  (
    await db.sql<FlatContentRow>`/* content.byId */
      select ${contentColumns(reading, { withBody: true })}
      from content c ${contentJoins(reading)}
      where c.id = any(${ids}::uuid[]) and c.purged_at is null`
  ).map(toContentRow)

/** The texts of posts by id, for those that a page showed without. */
export const listBodies = (db: Db, ids: readonly string[]): Promise<{ id: string; body: string | null }[]> =>
  db.sql`/* content.bodies */ select id::text, body from content where id = any(${ids}::uuid[])`

/** Which of somebody's posts a list holds, and what it shows of them. */
export interface PostsOfCreator extends Wanted {
  readonly type: ContentType | null
}

/** A page of each of these people's posts that the viewer may know of, the newest first. */
export const listContentOf = async (
  db: Db,
  creatorIds: readonly string[],
  { type, ...wanted }: PostsOfCreator,
  page: PageRequest,
  reading: Reading,
): Promise<Owned<ContentRow>[]> =>
  (
    await db.sql<FlatContentRow>`/* content.ofCreators */
      select page.*
      from unnest(${creatorIds}::uuid[]) as owners (id)
      cross join lateral (
        select ${contentColumns(reading, wanted)}
        from (
          select c.* from users u
          cross join lateral (
            select c.* from content c
            where c.creator_id = u.id and ${postIsListed(reading)}
              ${type ? fragment`and c.type = ${type.toLowerCase()}::content_type` : fragment``}
              and ${beyond(page, fragment`c.publish_at, c.id`, timeAndId)}
            order by ${inOrder(page, fragment`c.publish_at`, fragment`c.id`)}
            limit ${page.limit + 1}::int
          ) c
          where u.id = owners.id and ${authorIsListed(reading)}
          ${pageBound}
        ) c ${contentJoins(reading)}
        order by ${inOrder(page, fragment`c.publish_at`, fragment`c.id`)}
      ) page`
  ).map((flat) => ({ ownerId: flat.creatorId, row: toContentRow(flat) }))

/** A page of the viewer's own posts in every state, the newest made first. */
export const listOwnContent = async (
  db: Db,
  creatorId: string,
  state: ContentState | null,
  page: PageRequest,
  reading: Reading,
): Promise<ContentRow[]> =>
  (
    await db.sql<FlatContentRow>`/* content.own */
      select ${contentColumns(reading, { withBody: true })}
      from (
        select * from (
          select c.* from content c
          where c.creator_id = ${creatorId}::uuid and c.purged_at is null
            ${state ? fragment`and ${stateOf(reading.now)} = ${state}::text` : fragment``}
            and ${beyond(page, fragment`c.created_at, c.id`, timeAndId)}
          order by ${inOrder(page, fragment`c.created_at`, fragment`c.id`)}
          ${pageBound}
        ) c
        limit ${page.limit + 1}::int
      ) c ${contentJoins(reading)}
      order by ${inOrder(page, fragment`c.created_at`, fragment`c.id`)}`
  ).map(toContentRow)

/** `stateAt` of access.ts, in SQL. */
const stateOf = (now: Date): Fragment => fragment`case
  when c.removed_at is not null then 'REMOVED'
  when c.deleted_at is not null then 'DELETED'
  when c.publish_at is null then 'DRAFT'
  when c.unpublished_at is not null then 'UNPUBLISHED'
  when c.publish_at > ${now}::timestamptz then 'SCHEDULED'
  else 'PUBLISHED'
end`

/** A saved post, and where it lies among the saved ones. */
export interface SavedRow {
  readonly savedAt: Date
  readonly savedId: string
  readonly content: ContentRow
}

/** A page of what the viewer saved and can still see, the newest saved first. */
export async function listSaved(db: Db, userId: string, page: PageRequest, reading: Reading): Promise<SavedRow[]> {
  const rows = await db.sql<FlatContentRow & { savedAt: Date; savedId: string }>`/* content.saved */
    select ${contentColumns(reading, { withBody: true })}, s.created_at as "savedAt", s.id::text as "savedId"
    from (
      select * from (
        select s.* from saved_content s
        cross join lateral (
          select ${listed(reading)}
            or content_grant.id is not null and c.publish_at <= ${reading.now}::timestamptz and c.removed_at is null as is_shown
          from content c ${contentJoins(reading)}
          where c.id = s.content_id offset 0
        ) decided
        where s.user_id = ${userId}::uuid and decided.is_shown
          and ${beyond(page, fragment`s.created_at, s.id`, timeAndId)}
        order by ${inOrder(page, fragment`s.created_at`, fragment`s.id`)}
        ${pageBound}
      ) s
      limit ${page.limit + 1}::int
    ) s join content c on c.id = s.content_id ${contentJoins(reading)}
    order by ${inOrder(page, fragment`s.created_at`, fragment`s.id`)}`
  return rows.map(({ savedAt, savedId, ...row }) => ({ savedAt, savedId, content: toContentRow(row) }))
}

const versionColumns = fragment`
  id::text as id, content_id::text as "contentId", content_version as version, snapshot, valid_from as "validFrom",
  valid_to as "validTo"`

/** Versions by id, in no order. */
export const listVersionsById = (db: Db, ids: readonly string[]): Promise<ContentVersionRow[]> =>
  db.sql<ContentVersionRow>`/* content.versionsById */
    select ${versionColumns} from content_versions where id = any(${ids}::uuid[])`

/** A page of how each of these posts was before each change, the newest first. */
export const listVersions = async (
  db: Db,
  contentIds: readonly string[],
  page: PageRequest,
): Promise<Owned<ContentVersionRow>[]> => {
  const direction = page.isBackward ? fragment`asc` : fragment`desc`
  const rows = await db.sql<ContentVersionRow>`/* content.versions */
    select page.*
    from unnest(${contentIds}::uuid[]) as posts (id)
    cross join lateral (
      select ${versionColumns}
      from content_versions v
      where v.content_id = posts.id
        and ${beyond(page, fragment`v.content_version`, ([version = '']) => fragment`${version}::bigint`)}
      order by v.content_version ${direction}
      limit ${page.limit + 1}::int
    ) page`
  return rows.map((row) => ({ ownerId: row.contentId, row }))
}

/** The tags of posts, each post's in alphabetical order. */
export const listTags = (db: Db, contentIds: readonly string[]): Promise<{ contentId: string; names: string[] }[]> =>
  db.sql`/* content.tags */
    select ct.content_id::text as "contentId", array_agg(t.name::text order by t.name) as names
    from content_tags ct join tags t on t.id = ct.tag_id
    where ct.content_id = any(${contentIds}::uuid[])
    group by ct.content_id`

/** The subjects of posts, in their order. */
export const listCategoriesOf = (
  db: Db,
  contentIds: readonly string[],
): Promise<(CategoryRow & { contentId: string })[]> =>
  db.sql`/* content.categoriesOf */
    select cc.content_id::text as "contentId", g.id::text, g.slug, g.name, g.description, g.is_adult as "isAdult"
    from content_categories cc join categories g on g.id = cc.category_id
    where cc.content_id = any(${contentIds}::uuid[])
    order by g.position, g.slug`

/** Subjects there may be; migrations make them. */
const MAX_CATEGORIES = 50

/** The subjects that are open, in their order. */
export const listCategories = (db: Db): Promise<CategoryRow[]> =>
  db.sql`/* content.categories */
    select id::text, slug, name, description, is_adult as "isAdult" from categories
    where retired_at is null order by position, slug limit ${MAX_CATEGORIES}`
