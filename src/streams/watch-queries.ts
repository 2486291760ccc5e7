import type { Db, Tx } from '../lib/db.js'
import type { DeviceType } from '../generated/prisma/enums.js'
import { fragment } from '../lib/sql.js'
import type { Fragment } from '../lib/sql.js'
import { streamColumns } from './queries.js'
import type { StreamRow } from './types.js'

/** The stream that is played under a name. */
export async function findByPlaybackId(db: Db, playbackId: string): Promise<StreamRow | null> {
  const [row] = await db.sql<StreamRow>`/* streams.byPlaybackId */
    select ${streamColumns} from live_streams s where s.playback_id = ${playbackId}::uuid`
  return row ?? null
}

/** Somebody in good standing, as far as it decides what opens. */
export async function findPlayer(
  db: Db,
  userId: string,
  now: Date,
): Promise<{ readonly userId: string; readonly isAgeVerified: boolean } | null> {
  const [row] = await db.sql<{ userId: string; isAgeVerified: boolean }>`/* streams.player */
    select id::text as "userId",
      age_verified and (age_verified_until is null or age_verified_until > ${now}::timestamptz) as "isAgeVerified"
    from users
    where id = ${userId}::uuid
      and (account_status = 'active' or account_status = 'suspended' and suspended_until <= ${now}::timestamptz)`
  return row ?? null
}

/** Whether a sanction `c` holds. */
export const isInForce = (now: Date): Fragment =>
  fragment`(c.lifted_at is null and (c.expires_at is null or c.expires_at > ${now}::timestamptz))`

/** Whether somebody is banned from a stream, or from all of its creator's. */
export async function isBanned(
  db: Db,
  { id, creatorId }: Pick<StreamRow, 'id' | 'creatorId'>,
  userId: string,
  now: Date,
): Promise<boolean> {
  const rows = await db.sql`/* streams.isBanned */
    select 1 as found from stream_sanctions c
    where c.creator_id = ${creatorId}::uuid and c.user_id = ${userId}::uuid and (c.stream_id is null or c.stream_id = ${id}::uuid)
      and c.kind = 'ban' and ${isInForce(now)}
    limit 1`
  return rows.length > 0
}

/** Reads a stream that cannot end until the transaction does. */
export async function findStreamForShare(tx: Tx, id: string): Promise<StreamRow | null> {
  const [row] = await tx.sql<StreamRow>`/* streams.holdToWatch */
    select ${streamColumns} from live_streams s where s.id = ${id}::uuid for key share`
  return row ?? null
}

/** One device of one person at one stream. */
export interface Device {
  readonly streamId: string
  readonly userId: string
  readonly deviceId: string
}

/** Devices of a person that watch a stream now, this one aside; those that are gone are forgotten. */
export async function countOtherDevices(tx: Tx, { streamId, userId, deviceId }: Device, now: Date): Promise<number> {
  const [row] = await tx.sql<{ count: number }>`/* streams.otherDevices */
    with gone as (
      delete from stream_viewer_leases
      where stream_id = ${streamId}::uuid and user_id = ${userId}::uuid and device_id <> ${deviceId}
        and expires_at <= ${now}::timestamptz
    )
    select count(*)::int as count from stream_viewer_leases
    where stream_id = ${streamId}::uuid and user_id = ${userId}::uuid and device_id <> ${deviceId}
      and expires_at > ${now}::timestamptz`
  return row?.count ?? 0
}

/** Whether a device has joined a stream before. */
export async function hasJoined(db: Db, { streamId, userId, deviceId }: Device): Promise<boolean> {
  const rows = await db.sql`/* streams.hasJoined */
    select 1 as found from stream_viewer_leases
    where stream_id = ${streamId}::uuid and user_id = ${userId}::uuid and device_id = ${deviceId}`
  return rows.length > 0
}

/** By which right and until when somebody is present. */
export interface Presence extends Device {
  readonly grantId: string | null
  readonly deviceType: DeviceType
  readonly until: Date
}

/**
 * Extends somebody's presence, who is held: the interval that lasts, or a new one where it has run out, and the lease of the
 * device. An interval that has run out ended when its last lease did.
 */
export async function extendPresence(tx: Tx, presence: Presence, now: Date): Promise<void> {
  const { streamId, userId, deviceId, grantId, deviceType, until } = presence
  await tx.sql`/* streams.closeRunOut */
    update stream_access
    set left_at = present_until, duration_seconds = floor(extract(epoch from present_until - joined_at))
    where stream_id = ${streamId}::uuid and user_id = ${userId}::uuid and left_at is null
      and present_until <= ${now}::timestamptz`
  await tx.sql`/* streams.extendPresence */
    with interval as (
      insert into stream_access (
        stream_id, user_id, grant_id, joined_at, present_until, device_type, created_at, updated_at)
      values (
        ${streamId}::uuid, ${userId}::uuid, ${grantId}::uuid, ${now}::timestamptz, ${until}::timestamptz,
        lower(${deviceType})::device_type, ${now}::timestamptz, ${now}::timestamptz)
      on conflict (stream_id, user_id) where left_at is null
      do update set present_until = greatest(stream_access.present_until, excluded.present_until)
      returning id
    )
    insert into stream_viewer_leases as l (stream_id, user_id, device_id, access_id, started_at, beat_at, expires_at)
    select ${streamId}::uuid, ${userId}::uuid, ${deviceId}, id, ${now}::timestamptz, ${now}::timestamptz, ${until}::timestamptz
    from interval
    on conflict (stream_id, user_id, device_id)
    do update set access_id = excluded.access_id, beat_at = excluded.beat_at, expires_at = excluded.expires_at`
}

/** Ends the lease of a device, or of all of a person's; presence lasts as long as what is left of them. */
export async function shortenPresence(
  tx: Tx,
  { streamId, userId, deviceId }: Omit<Device, 'deviceId'> & { readonly deviceId: string | null },
  now: Date,
): Promise<void> {
  await tx.sql`/* streams.endLease */
    delete from stream_viewer_leases
    where stream_id = ${streamId}::uuid and user_id = ${userId}::uuid
      and (${deviceId}::text is null or device_id = ${deviceId})`
  await tx.sql`/* streams.shortenPresence */
    update stream_access a
    set present_until = greatest(a.joined_at, coalesce(left_over.until, ${now}::timestamptz))
    from (
      select max(expires_at) as until from stream_viewer_leases
      where stream_id = ${streamId}::uuid and user_id = ${userId}::uuid and expires_at >= ${now}::timestamptz
    ) left_over
    where a.stream_id = ${streamId}::uuid and a.user_id = ${userId}::uuid and a.left_at is null
      and a.present_until > ${now}::timestamptz`
}

/** The streams of a creator at which somebody is present now. */
export const listPresent = (tx: Tx, creatorId: string, userId: string): Promise<{ readonly streamId: string }[]> =>
  tx.sql`/* streams.presentAt */
    select a.stream_id::text as "streamId" from stream_access a join live_streams s on s.id = a.stream_id
    where a.user_id = ${userId}::uuid and a.left_at is null and s.creator_id = ${creatorId}::uuid
    order by a.stream_id`

/** How many watch a stream, as it was last written down, and now. */
export interface ViewerCount {
  readonly sequence: bigint
  readonly written: number
  readonly viewers: number
  readonly peakViewers: number
  readonly isOver: boolean
}

/** Counts the distinct people who watch a stream now. */
export async function findViewerCount(db: Db, streamId: string): Promise<ViewerCount | null> {
  const [row] = await db.sql<ViewerCount>`/* streams.viewerCount */
    select s.count_sequence as sequence, s.current_viewers as written, s.peak_viewers as "peakViewers",
      s.ended_at is not null as "isOver",
      case when s.ended_at is null then (
        select count(*)::int from stream_access a
        where a.stream_id = s.id and a.left_at is null and a.present_until > app_now()
      ) else 0 end as viewers
    from live_streams s where s.id = ${streamId}::uuid`
  return row ?? null
}

/** Writes a count down, where it is another; whoever else does so too comes after, and writes nothing. */
export async function writeViewerCount(tx: Tx, streamId: string, viewers: number): Promise<void> {
  await tx.sql`/* streams.writeViewerCount */
    update live_streams
    set current_viewers = ${viewers}::int, count_sequence = count_sequence + 1,
      peak_viewers = greatest(peak_viewers, ${viewers}::int)
    where id = ${streamId}::uuid and current_viewers <> ${viewers}::int and ended_at is null`
}

/** Leases that ran out a day ago are of no use. */
export async function deleteSomeLeases(tx: Tx, before: Date, limit: number): Promise<number> {
  const rows = await tx.sql`/* streams.deleteLeases */
    delete from stream_viewer_leases
    where id in (
      select id from stream_viewer_leases where expires_at < ${before}::timestamptz
      order by expires_at limit ${limit}::int for update skip locked
    )
    returning 1`
  return rows.length
}
