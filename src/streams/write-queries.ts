import assert from 'node:assert'
import { isInGoodStanding } from '../accounts/accounts.js'
import { markOver } from '../content/content.js'
import type { ContentTimes } from '../content/types.js'
import type { Tx } from '../lib/db.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import { streamColumns } from './queries.js'
import { NO_SHOW_MS } from './standing.js'
import type { ChatSettings, StreamEndReason, StreamKeyRow, StreamRow } from './types.js'

/** A stream that is held, with the times of its post. */
export interface HeldStream extends StreamRow {
  readonly content: ContentTimes
}

interface FlatStream extends StreamRow, ContentTimes {}

/** Holds one stream against whoever begins, ends, watches or settles it; null where there is none. */
async function hold(tx: Tx, which: Fragment): Promise<HeldStream | null> {
  const [row] = await tx.sql<FlatStream>`/* streams.hold */
    select ${streamColumns}, c.publish_at as "publishAt", c.announced_at as "announcedAt", c.unpublished_at as "unpublishedAt",
      c.deleted_at as "deletedAt", c.removed_at as "removedAt"
    from live_streams s join content c on c.id = s.content_id
    where ${which} for update of s`
  if (!row) return null
  const { publishAt, announcedAt, unpublishedAt, deletedAt, removedAt, ...stream } = row
  return { ...stream, content: { publishAt, announcedAt, unpublishedAt, deletedAt, removedAt } }
}

export const findStreamForUpdate = (tx: Tx, id: string): Promise<HeldStream | null> =>
  hold(tx, fragment`s.id = ${id}::uuid`)

/** The stream behind a post that its creator deleted. */
export const findStreamOfDeletedPost = (tx: Tx, contentId: string): Promise<HeldStream | null> =>
  hold(tx, fragment`c.id = ${contentId}::uuid and c.deleted_at is not null`)

/** The stream of a creator that is on air, or waits for its encoder. */
export const findOnAirForUpdate = (tx: Tx, creatorId: string): Promise<HeldStream | null> =>
  hold(tx, fragment`s.creator_id = ${creatorId}::uuid and s.state in ('live', 'interrupted')`)

/** A stream of a creator whose account is closed that is on air, or announced: one at a time. */
export const findOnAirOfAbsent = (tx: Tx, creatorId: string, now: Date): Promise<HeldStream | null> =>
  hold(
    tx,
    fragment`s.id = (
    select open.id from users u join live_streams open on open.creator_id = u.id
    where u.id = ${creatorId}::uuid and not ${isInGoodStanding(fragment`u`, now)}
      and (open.state in ('live', 'interrupted') or open.state = 'scheduled' and u.account_status in ('banned', 'deleted'))
    order by open.id limit 1
  )`,
  )

/** Streams of a creator that are announced and can still begin. */
export async function countScheduled(tx: Tx, creatorId: string, noShowBefore: Date): Promise<number> {
  const [row] = await tx.sql<{ count: number }>`/* streams.countScheduled */
    select count(*)::int as count from live_streams
    where creator_id = ${creatorId}::uuid and state = 'scheduled' and scheduled_at > ${noShowBefore}::timestamptz`
  return row?.count ?? 0
}

/** Writes the broadcast behind a post; its price is the post's. */
export async function insertStream(
  tx: Tx,
  stream: {
    readonly contentId: string
    readonly scheduledAt: Date
    readonly plannedMinutes: number | null
    readonly chat: ChatSettings
  },
  now: Date,
): Promise<{ readonly id: string; readonly isPremium: boolean }> {
  const { chatEnabled, chatSubscribersOnly, slowModeSeconds } = stream.chat
  const [row] = await tx.sql<{ id: string; isPremium: boolean }>`/* streams.insert */
    insert into live_streams (
      content_id, creator_id, is_premium, price_minor, currency, scheduled_at, planned_minutes, chat_enabled,
      chat_subscribers_only, slow_mode_seconds, created_at, updated_at)
    select c.id, c.creator_id, c.is_premium, c.price_minor, c.currency, ${stream.scheduledAt}::timestamptz,
      ${stream.plannedMinutes}::smallint, ${chatEnabled}::boolean, ${chatSubscribersOnly}::boolean, ${slowModeSeconds}::int,
      ${now}::timestamptz, ${now}::timestamptz
    from content c where c.id = ${stream.contentId}::uuid
    returning id::text as id, is_premium as "isPremium"`
  assert(row, 'the post is there')
  return row
}

/** Puts a stream on air, now for the first time or again. */
export async function setLive(tx: Tx, id: string, now: Date): Promise<void> {
  await tx.sql`/* streams.setLive */
    update live_streams
    set state = 'live', started_at = coalesce(started_at, ${now}::timestamptz), interrupted_at = null, reconnect_until = null,
      version = version + 1
    where id = ${id}::uuid`
}

/** A stream's encoder is away from `at`, and may come until `until`. */
export async function setInterrupted(tx: Tx, id: string, at: Date, until: Date): Promise<void> {
  await tx.sql`/* streams.setInterrupted */
    update live_streams
    set state = 'interrupted', interrupted_at = ${at}::timestamptz, reconnect_until = ${until}::timestamptz,
      version = version + 1
    where id = ${id}::uuid`
}

/** How a stream ends. */
export interface StreamEnd {
  readonly state: 'ENDED' | 'CANCELLED'
  readonly at: Date
  readonly reason: StreamEndReason
}

/**
 * Ends a stream that is held, and counts it out: the time on air from its encoder's connections, and from everybody's
 * intervals of presence, cut at the end, the most at one time, how many they were and how long all watched.
 */
export async function setEnded(tx: Tx, { id, contentId }: StreamRow, { state, at, reason }: StreamEnd): Promise<void> {
  await tx.sql`/* streams.setEnded */
    with present as materialized (
      select user_id, joined_at, least(coalesce(left_at, present_until), ${at}::timestamptz) as gone_at
      from stream_access where stream_id = ${id}::uuid and joined_at < ${at}::timestamptz
    ), curve as (
      -- who leaves at the instant that somebody comes has gone before
      select sum(step) over (order by at, step rows unbounded preceding) as viewers
      from (
        select joined_at as at, 1 as step from present
        union all
        select gone_at, -1 from present
      ) steps
    ), connected as (
      select sum(coalesce(ended_at, ${at}::timestamptz) - started_at) as time
      from stream_ingests where stream_id = ${id}::uuid
    )
    update live_streams
    set state = lower(${state})::stream_state, ended_at = ${at}::timestamptz, end_reason = lower(${reason})::stream_end_reason,
      reconnect_until = null, current_viewers = 0, count_sequence = count_sequence + (current_viewers > 0)::int,
      delivered_seconds = coalesce((select floor(extract(epoch from time)) from connected), 0),
      peak_viewers = coalesce((select max(viewers) from curve), 0),
      total_viewers = (select count(distinct user_id) from present),
      watch_seconds = coalesce((select floor(extract(epoch from sum(gone_at - joined_at))) from present), 0),
      version = version + 1
    where id = ${id}::uuid`
  await markOver(tx, contentId, at)
}

/** A connection of an encoder, or where none is asked for the creator's word, which begins now. */
export async function insertIngest(
  tx: Tx,
  ingest: { readonly streamId: string; readonly keyId: string | null; readonly connectionId: string },
  now: Date,
): Promise<void> {
  await tx.sql`/* streams.insertIngest */
    insert into stream_ingests (stream_id, key_id, connection_id, started_at)
    values (${ingest.streamId}::uuid, ${ingest.keyId}::uuid, ${ingest.connectionId}, ${now}::timestamptz)`
}

/** Closes the connection that a stream is broadcast by, if there is one. */
export async function closeIngest(tx: Tx, streamId: string, at: Date, reason: string): Promise<void> {
  await tx.sql`/* streams.closeIngest */
    update stream_ingests set ended_at = greatest(started_at, ${at}::timestamptz), end_reason = ${reason}
    where stream_id = ${streamId}::uuid and ended_at is null`
}

/** Intervals that are closed by one statement. */
const CLOSE_BATCH = 5_000

/** Closes intervals of presence in a stream that is over; answers whether there may be more. */
export async function closeSomeAccess(tx: Tx, streamId: string, endedAt: Date): Promise<boolean> {
  const rows = await tx.sql`/* streams.closeAccess */
    update stream_access a
    set left_at = closed.left_at, duration_seconds = floor(extract(epoch from closed.left_at - a.joined_at))
    from (
      select id, greatest(joined_at, least(present_until, ${endedAt}::timestamptz)) as left_at
      from stream_access where stream_id = ${streamId}::uuid and left_at is null
      order by id limit ${CLOSE_BATCH}::int for no key update
    ) closed
    where a.id = closed.id
    returning 1`
  return rows.length === CLOSE_BATCH
}

/** Streams that are over by their time, or whose post moderation took down, and not written down as such. */
export const listOverdue = (tx: Tx, now: Date, limit: number): Promise<{ readonly id: string }[]> =>
  tx.sql`/* streams.overdue */
    (
      select id::text as id from live_streams
      where state in ('scheduled', 'interrupted') and coalesce(reconnect_until, scheduled_at) <= ${now}::timestamptz
        and (state = 'interrupted' or scheduled_at <= ${new Date(now.getTime() - NO_SHOW_MS)}::timestamptz)
      order by coalesce(reconnect_until, scheduled_at) limit ${limit}::int
    )
    union
    (
      select s.id::text from live_streams s join content c on c.id = s.content_id
      where s.state in ('scheduled', 'live', 'interrupted') and c.removed_at is not null
      limit ${limit}::int
    )
    limit ${limit}::int`

/** Ends keys of a creator that work: the newest at `newestEndsAt`, those before it now. */
export async function expireKeys(tx: Tx, creatorId: string, newestEndsAt: Date, now: Date): Promise<void> {
  await tx.sql`/* streams.expireKeys */
    update stream_keys set expires_at = case when expires_at is null then ${newestEndsAt}::timestamptz else ${now}::timestamptz end
    where creator_id = ${creatorId}::uuid and revoked_at is null
      and (expires_at is null or expires_at > ${now}::timestamptz)`
}

export async function insertKey(
  tx: Tx,
  key: { readonly creatorId: string; readonly prefix: string; readonly keyHash: Uint8Array },
  now: Date,
): Promise<string> {
  const [row] = await tx.sql<{ id: string }>`/* streams.insertKey */
    insert into stream_keys (creator_id, prefix, key_hash, created_at)
    values (${key.creatorId}::uuid, ${key.prefix}, ${key.keyHash}::bytea, ${now}::timestamptz)
    returning id::text as id`
  assert(row, 'what was inserted is returned')
  return row.id
}

/** Revokes a key of somebody's; null where there is none, false where it was revoked before. */
export async function revokeKeyRow(tx: Tx, creatorId: string, id: string, now: Date): Promise<boolean | null> {
  const [row] = await tx.sql<Pick<StreamKeyRow, 'revokedAt'>>`/* streams.holdKey */
    select revoked_at as "revokedAt" from stream_keys
    where id = ${id}::uuid and creator_id = ${creatorId}::uuid for no key update`
  if (!row) return null
  if (row.revokedAt) return false
  await tx.sql`/* streams.revokeKey */
    update stream_keys set revoked_at = ${now}::timestamptz where id = ${id}::uuid`
  return true
}

/** The stream that is broadcast with a key now. */
export async function findStreamByKey(tx: Tx, keyId: string): Promise<string | null> {
  const [row] = await tx.sql<{ streamId: string }>`/* streams.ofKey */
    select stream_id::text as "streamId" from stream_ingests where key_id = ${keyId}::uuid and ended_at is null`
  return row?.streamId ?? null
}
