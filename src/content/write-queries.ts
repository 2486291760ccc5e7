import type { Prisma } from '../generated/prisma/client.js'
import type { Tx } from '../lib/db.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import { authorIsPresent } from './queries.js'
import type { ContentTerms, ContentTimes, ContentType, GrantSource } from './types.js'

/** A post that somebody is about to change, held against others. */
export interface HeldContent extends ContentTimes, ContentTerms {
  readonly id: string
  readonly type: ContentType
  readonly title: string | null
  readonly teaser: string | null
  readonly body: string | null
  readonly language: string | null
  readonly warnings: string[]
  readonly priceMinor: bigint | null
  readonly currency: string | null
  readonly purgeAfter: Date | null
  readonly purgedAt: Date | null
  readonly scheduledLocalTime: string | null
  readonly scheduledTimeZone: string | null
  readonly commentsClosedAt: Date | null
  readonly version: number
}

/** Holds a post and reads it as it then is; null when there is none. */
export async function findContentForUpdate(tx: Tx, id: string): Promise<HeldContent | null> {
  await tx.sql`/* content.hold */ select id::text from content where id = ${id}::uuid for no key update`
  return await tx.content.findUnique({
    where: { id },
    select: {
      id: true,
      creatorId: true,
      type: true,
      title: true,
      teaser: true,
      body: true,
      language: true,
      warnings: true,
      visibility: true,
      isPremium: true,
      priceMinor: true,
      currency: true,
      includedInSubscription: true,
      isAgeRestricted: true,
      publishAt: true,
      scheduledLocalTime: true,
      scheduledTimeZone: true,
      announcedAt: true,
      unpublishedAt: true,
      removedAt: true,
      deletedAt: true,
      purgeAfter: true,
      purgedAt: true,
      commentsClosedAt: true,
      version: true,
    },
  })
}

/** A new post; answers its id. */
export const insertContent = (tx: Tx, content: Prisma.ContentUncheckedCreateInput): Promise<{ id: string }> =>
  tx.content.create({ data: content, select: { id: true } })

/** What a change writes; the database keeps the version before, and the time that this one begins is `updatedAt`. */
export async function updateContentRow(tx: Tx, id: string, data: Prisma.ContentUncheckedUpdateInput): Promise<void> {
  await tx.content.update({ where: { id }, data, select: { id: true } })
}

/** Puts these tags in the place of a post's; words that are new become tags. */
export async function replaceTags(tx: Tx, contentId: string, names: readonly string[], now: Date): Promise<void> {
  await tx.sql`/* content.removeTags */
    delete from content_tags ct using tags t
    where ct.content_id = ${contentId}::uuid and t.id = ct.tag_id and t.name <> all (${names}::citext[])`
  await tx.sql`/* content.makeTags */
    insert into tags (name, created_at) select name, ${now}::timestamptz from unnest(${names}::citext[]) name order by name
    on conflict (name) do nothing`
  await tx.sql`/* content.addTags */
    insert into content_tags (content_id, tag_id, created_at)
    select ${contentId}::uuid, id, ${now}::timestamptz from tags where name = any (${names}::citext[])
    on conflict do nothing`
}

/** Puts these subjects in the place of a post's; answers how many of them there are. */
export async function replaceCategories(
  tx: Tx,
  contentId: string,
  slugs: readonly string[],
  now: Date,
): Promise<{ readonly found: number; readonly isAdult: boolean }> {
  await tx.contentCategory.deleteMany({ where: { contentId } })
  const categories = await tx.category.findMany({ where: { slug: { in: [...slugs] }, retiredAt: null } })
  await tx.contentCategory.createMany({
    data: categories.map(({ id: categoryId }) => ({ contentId, categoryId, createdAt: now })),
  })
  return { found: categories.length, isAdult: categories.some(({ isAdult }) => isAdult) }
}

/** What belongs to a post beside its row: its tags and the slugs of its subjects, each in alphabetical order, and its files. */
export interface Parts {
  readonly tags: readonly string[]
  readonly categories: readonly string[]
  readonly media: readonly string[]
  /** Those of its files that everybody may see. */
  readonly teaserMedia: readonly string[]
}

/** The parts of a post as they are kept. */
export async function getParts(tx: Tx, id: string): Promise<Parts> {
  const [row] = await tx.sql<Parts>`/* content.parts */
    select
      array(
        select t.name::text from content_tags ct join tags t on t.id = ct.tag_id where ct.content_id = ${id}::uuid order by 1
      ) as tags,
      array(
        select g.slug from content_categories cc join categories g on g.id = cc.category_id
        where cc.content_id = ${id}::uuid order by 1
      ) as categories,
      array(select m.media_id::text from content_media m where m.content_id = ${id}::uuid order by m.position) as media,
      array(
        select m.media_id::text from content_media m where m.content_id = ${id}::uuid and m.is_teaser order by m.position
      ) as "teaserMedia"`
  if (!row) throw new Error('a select without from answers one row')
  return row
}

/** Whether one of a post's subjects is for adults. */
export async function isInAdultCategory(tx: Tx, contentId: string): Promise<boolean> {
  return (await tx.contentCategory.count({ where: { contentId, category: { isAdult: true } } })) > 0
}

/** The instant that a zone's wall clock shows a time; PostgreSQL's zone data decides. */
export async function findInstant(tx: Tx, localTime: string, timeZone: string): Promise<Date> {
  const [row] = await tx.sql<{ at: Date }>`/* content.instant */
    select ${localTime}::timestamp at time zone ${timeZone}::text as at`
  if (!row) throw new Error('a select without from answers one row')
  return row.at
}

/** What a post has that is not scheduled. */
export const NO_SCHEDULE = { scheduledLocalTime: null, scheduledTimeZone: null }

/** A post that fell due. */
export interface DueContent {
  readonly id: string
  readonly creatorId: string
  readonly publishAt: Date
  /** Whether its author can be met. */
  readonly isPresent: boolean
}

/** Claims posts whose time has come and whose side effects were not done; other processes pass them over. */
export const claimDue = (tx: Tx, now: Date, limit: number): Promise<DueContent[]> =>
  tx.sql<DueContent>`/* content.claimDue */
    select c.id::text as id, c.creator_id::text as "creatorId", c.publish_at as "publishAt",
      ${authorIsPresent(now)} as "isPresent"
    from content c join users u on u.id = c.creator_id
    where c.publish_at <= ${now}::timestamptz and c.announced_at is null and c.deleted_at is null
      and c.unpublished_at is null and c.removed_at is null
    order by c.publish_at
    limit ${limit}::int
    for no key update of c skip locked`

/** Whether a stream `s` goes on, with or without its encoder. */
export const isOnAir = (now: Date): Fragment =>
  fragment`(s.state = 'live' or s.state = 'interrupted' and s.reconnect_until > ${now}::timestamptz)`

/** Whether a post is a stream that is on air. */
export async function hasStreamOnAir(tx: Tx, contentId: string, now: Date): Promise<boolean> {
  const rows = await tx.sql`/* content.streamOnAir */
    select 1 as found from live_streams s where s.content_id = ${contentId}::uuid and ${isOnAir(now)}`
  return rows.length > 0
}

/** Whether a post is a stream of which nobody has said how long it will last. */
export async function hasUnplannedStream(tx: Tx, contentId: string): Promise<boolean> {
  const rows = await tx.sql`/* content.unplannedStream */
    select 1 as found from live_streams where content_id = ${contentId}::uuid and planned_minutes is null`
  return rows.length > 0
}

/** Writes that a post is no news any more: it leaves feeds and what there is to look around in, and stays where it is. */
export async function markOver(tx: Tx, id: string, at: Date): Promise<void> {
  await tx.sql`/* content.markOver */ update content set over_at = ${at}::timestamptz where id = ${id}::uuid`
}

export async function markAnnounced(tx: Tx, ids: readonly string[], now: Date): Promise<void> {
  await tx.content.updateMany({ where: { id: { in: [...ids] } }, data: { announcedAt: now } })
}

/** Makes drafts again of posts that fell due while nobody could see their author. */
export async function returnToDraft(tx: Tx, ids: readonly string[], now: Date): Promise<void> {
  const data = { publishAt: null, ...NO_SCHEDULE, updatedAt: now }
  await tx.content.updateMany({ where: { id: { in: [...ids] } }, data })
}

/** Holds posts that somebody in good standing had scheduled for a time when they were not, and that nobody was told of. */
export const holdOverdue = (tx: Tx, creatorId: string, limit: number): Promise<Omit<DueContent, 'isPresent'>[]> =>
  tx.sql`/* content.holdOverdue */
    select c.id::text as id, c.creator_id::text as "creatorId", c.publish_at as "publishAt"
    from content c join users u on u.id = c.creator_id
    where u.id = ${creatorId}::uuid and u.account_status = 'active'
      and c.announced_at is null and c.publish_at <= u.status_changed_at
    order by c.id limit ${limit}::int
    for no key update of c`

/**
 * Computes again when what is scheduled falls due, by the zone data of now: 9:00 stays 9:00. What is scheduled by a zone that
 * this database does not know, stays where it is. Answers what moved.
 */
export const recomputeSchedules = (tx: Tx, now: Date): Promise<Rescheduled[]> =>
  tx.sql<Rescheduled>`/* content.reschedule */
    with waiting as materialized (
      select id, publish_at, scheduled_local_time, scheduled_time_zone as zone
      from content
      where publish_at > ${now}::timestamptz and announced_at is null and deleted_at is null
        and scheduled_local_time is not null
    ), zones as materialized (
      select wanted.zone
      from (select distinct zone from waiting) wanted
      join pg_timezone_names known on lower(known.name) = lower(wanted.zone)
    ), computed as materialized (
      select waiting.id, waiting.publish_at, instant.at
      from zones join waiting using (zone)
      cross join lateral (select waiting.scheduled_local_time::timestamp at time zone zones.zone as at offset 0) instant
    )
    update content set publish_at = computed.at, updated_at = ${now}::timestamptz
    from computed
    where content.id = computed.id and computed.at <> computed.publish_at
    returning content.id::text as id, content.creator_id::text as "creatorId", computed.publish_at as before,
      content.publish_at as after`

/** A post that falls due at another instant than it did. */
export interface Rescheduled {
  readonly id: string
  readonly creatorId: string
  readonly before: Date
  readonly after: Date
}

/**
 * Deletes for good posts of a creator who was erased: each is destroyed once no live grant keeps it. What moderation took down
 * stays for its records. Answers which.
 */
export async function surrenderPostsOfErased(tx: Tx, creatorId: string, limit: number, now: Date): Promise<string[]> {
  const rows = await tx.sql<{ id: string }>`/* content.surrender */
    update content set deleted_at = coalesce(deleted_at, ${now}::timestamptz), purge_after = ${now}::timestamptz,
      updated_at = ${now}::timestamptz
    where id in (
      select c.id from users u join content c on c.creator_id = u.id
      where u.id = ${creatorId}::uuid and u.erased_at is not null and c.purged_at is null and c.removed_at is null
        and (c.purge_after is null or c.purge_after > ${now}::timestamptz)
      order by c.id
      limit ${limit}::int for no key update of c
    )
    returning id::text as id`
  return rows.map(({ id }) => id)
}

/** Whether the post `c` was deleted so long ago that it cannot come back, and no live grant keeps it for anybody. */
const isPurgeable = (now: Date): Fragment => fragment`(
  c.purge_after <= ${now}::timestamptz
  and not exists (
    select from entitlement_grants g join users holder on holder.id = g.user_id
    where g.content_id = c.id and g.revoked_at is null and (g.ends_at is null or g.ends_at > ${now}::timestamptz)
      and holder.erased_at is null
  )
)`

/** Posts to be destroyed, the longest due first. */
export const listPurgeable = (tx: Tx, now: Date, limit: number): Promise<{ id: string; creatorId: string }[]> =>
  tx.sql`/* content.purgeable */
    select c.id::text as id, c.creator_id::text as "creatorId" from content c
    where ${isPurgeable(now)} order by c.purge_after, c.id limit ${limit}::int`

/** Holds a post that is to be destroyed; answers whether it still is. */
export async function holdPurgeable(tx: Tx, id: string, now: Date): Promise<boolean> {
  const rows = await tx.sql`/* content.holdPurgeable */
    select 1 as found from content c where c.id = ${id}::uuid and ${isPurgeable(now)} for no key update of c`
  return rows.length > 0
}

/** No longer keeps a post for those who saved it, so many of them; answers how many. */
export async function deleteSomeSaved(tx: Tx, contentId: string, limit: number): Promise<number> {
  const rows = await tx.sql`/* content.unsaveSome */
    delete from saved_content
    where id in (select id from saved_content where content_id = ${contentId}::uuid limit ${limit}::int)
    returning 1`
  return rows.length
}

/**
 * Destroys the texts of a post and of its versions, its tags and the places of its files; the row stays for what hangs on
 * it, and the versions with the terms and times that decided who could open it.
 */
export async function purgeContentRow(tx: Tx, id: string, now: Date): Promise<void> {
  await tx.content.update({
    where: { id },
    data: { title: null, teaser: null, body: null, warnings: [], purgeAfter: null, purgedAt: now, updatedAt: now },
    select: { id: true },
  })
  await tx.sql`/* content.blankVersions */
    update content_versions
    set snapshot = snapshot
      || '{"title": null, "teaser": null, "body": null, "warnings": [], "tags": [], "categories": [], "media": []}'
    where content_id = ${id}::uuid`
  await tx.contentMedia.deleteMany({ where: { contentId: id } })
  await tx.contentTag.deleteMany({ where: { contentId: id } })
  await tx.contentCategory.deleteMany({ where: { contentId: id } })
}

/** Saves a post for somebody; once. */
export async function insertSaved(tx: Tx, userId: string, contentId: string, now: Date): Promise<void> {
  await tx.savedContent.createMany({ data: [{ userId, contentId, createdAt: now }], skipDuplicates: true })
}

export async function deleteSaved(tx: Tx, userId: string, contentId: string): Promise<void> {
  await tx.savedContent.deleteMany({ where: { userId, contentId } })
}

/** Deletes what somebody saved, who was erased. */
export async function deleteSavedOfErased(tx: Tx, userId: string): Promise<void> {
  await tx.savedContent.deleteMany({ where: { user: { id: userId, erasedAt: { not: null } } } })
}

export const countSaved = (tx: Tx, userId: string): Promise<number> => tx.savedContent.count({ where: { userId } })

/** What a grant opens, to whom and how long. */
export interface NewGrant {
  readonly userId: string
  readonly creatorId: string
  readonly contentId: string | null
  readonly source: GrantSource
  readonly startsAt: Date
  readonly endsAt: Date | null
  readonly grantedById: string | null
  readonly note: string | null
}

export const insertGrant = (tx: Tx, grant: NewGrant): Promise<{ id: string }> =>
  tx.entitlementGrant.create({ data: { ...grant, createdAt: grant.startsAt }, select: { id: true } })

/** Ends a grant; its version grows, and what was bound to the one before no longer opens. */
export async function endGrant(tx: Tx, id: string, reason: 'STAFF' | 'CANCELLED', now: Date): Promise<void> {
  await tx.entitlementGrant.update({
    where: { id },
    data: { revokedAt: now, revokedReason: reason, version: { increment: 1 } },
    select: { id: true },
  })
}
