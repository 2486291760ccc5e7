import type { Db } from '../lib/db.js'
import { authorIsListed, postIsListed } from '../content/content.js'
import type { Reading } from '../content/content.js'
import { beyond, inOrder, pageBound, timeAndId } from '../lib/keyset.js'
import type { Owned } from '../lib/page-loader.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { StreamKeyRow, StreamRow } from './types.js'

export const streamColumns = fragment`
  s.id::text as id, s.content_id::text as "contentId", s.creator_id::text as "creatorId", upper(s.state::text) as state,
  s.playback_id::text as "playbackId", s.is_premium as "isPremium", s.scheduled_at as "scheduledAt",
  s.planned_minutes::int as "plannedMinutes", s.started_at as "startedAt", s.interrupted_at as "interruptedAt",
  s.reconnect_until as "reconnectUntil", s.ended_at as "endedAt", upper(s.end_reason::text) as "endReason",
  s.delivered_seconds as "deliveredSeconds", s.peak_viewers as "peakViewers", s.total_viewers as "totalViewers",
  s.watch_seconds as "watchSeconds", s.chat_enabled as "chatEnabled", s.chat_subscribers_only as "chatSubscribersOnly",
  s.slow_mode_seconds as "slowModeSeconds", s.created_at as "createdAt", s.version`

/** Streams by id, in no order. */
export const listStreamsById = (db: Db, ids: readonly string[]): Promise<StreamRow[]> =>
  db.sql<StreamRow>`/* streams.byId */
    select ${streamColumns} from live_streams s where s.id = any(${ids}::uuid[])`

/** The streams behind posts, in no order. */
export const listStreamsOfPosts = (db: Db, contentIds: readonly string[]): Promise<StreamRow[]> =>
  db.sql<StreamRow>`/* streams.ofPosts */
    select ${streamColumns} from live_streams s where s.content_id = any(${contentIds}::uuid[])`

/** A page of what is on air and may be listed to the viewer; those that began last come first. */
export const listOnAir = (db: Db, page: PageRequest, reading: Reading): Promise<StreamRow[]> =>
  db.sql<StreamRow>`/* streams.onAir */
    select * from (
      select ${streamColumns} from live_streams s
      cross join lateral (
        select ${authorIsListed(reading)} and ${postIsListed(reading)} as is_listed
        from content c join users u on u.id = c.creator_id
        where c.id = s.content_id offset 0
      ) decided
      where s.state in ('live', 'interrupted') and s.started_at is not null
        and (s.state = 'live' or s.reconnect_until > ${reading.now}::timestamptz)
        and decided.is_listed and ${beyond(page, fragment`s.started_at, s.id`, timeAndId)}
      order by ${inOrder(page, fragment`s.started_at`, fragment`s.id`)}
      ${pageBound}
    ) found
    limit ${page.limit + 1}::int`

/** A page of each of these creators' streams that may be listed to the viewer, the newest made first. */
export const listStreamsOf = async (
  db: Db,
  creatorIds: readonly string[],
  page: PageRequest,
  reading: Reading,
): Promise<Owned<StreamRow>[]> => {
  const rows = await db.sql<StreamRow>`/* streams.ofCreators */
    select found.*
    from unnest(${creatorIds}::uuid[]) as owners (id)
    join users u on u.id = owners.id
    cross join lateral (
      select * from (
        select ${streamColumns} from live_streams s
        cross join lateral (
          select ${postIsListed(reading)} as is_listed from content c where c.id = s.content_id offset 0
        ) decided
        where s.creator_id = owners.id and decided.is_listed
          and ${beyond(page, fragment`s.created_at, s.id`, timeAndId)}
        order by ${inOrder(page, fragment`s.created_at`, fragment`s.id`)}
        ${pageBound}
      ) listed
      limit ${page.limit + 1}::int
    ) found
    where ${authorIsListed(reading)}`
  return rows.map((row) => ({ ownerId: row.creatorId, row }))
}

/** How many distinct people watch each of these streams at an instant. */
export const listViewerCounts = (
  db: Db,
  streamIds: readonly string[],
  now: Date,
): Promise<{ readonly streamId: string; readonly viewers: number }[]> =>
  db.sql`/* streams.viewerCounts */
    select a.stream_id::text as "streamId", count(*)::int as viewers from stream_access a
    where a.stream_id = any(${streamIds}::uuid[]) and a.left_at is null and a.present_until > ${now}::timestamptz
    group by a.stream_id`

/** What a stream came to. */
export interface StatisticsRow {
  readonly streamId: string
  readonly deliveredSeconds: number
  readonly totalViewers: number
  readonly watchedSeconds: bigint
}

/** What each of these streams, which are not over, came to up to an instant, gaps taken off. */
export const listStatistics = (db: Db, streamIds: readonly string[], now: Date): Promise<StatisticsRow[]> =>
  db.sql<StatisticsRow>`/* streams.statistics */
    select s.id::text as "streamId", on_air.seconds as "deliveredSeconds", present.viewers as "totalViewers",
      present.seconds as "watchedSeconds"
    from unnest(${streamIds}::uuid[]) as s (id)
    cross join lateral (
      select coalesce(floor(extract(epoch from sum(coalesce(i.ended_at, ${now}::timestamptz) - i.started_at))), 0)::int as seconds
      from stream_ingests i where i.stream_id = s.id
    ) on_air
    cross join lateral (
      select count(distinct a.user_id)::int as viewers,
        coalesce(
          floor(extract(epoch from sum(least(a.left_at, a.present_until, ${now}::timestamptz) - a.joined_at))), 0
        )::bigint as seconds
      from stream_access a where a.stream_id = s.id and a.joined_at < ${now}::timestamptz
    ) present`

const keyColumns = fragment`
  k.id::text as id, k.creator_id::text as "creatorId", k.prefix, k.created_at as "createdAt", k.expires_at as "expiresAt",
  k.revoked_at as "revokedAt", k.last_used_at as "lastUsedAt"`

/** Keys that one list shows. */
const MAX_KEYS = 20

/** Somebody's keys, the newest first. */
export const listKeysOf = (db: Db, creatorId: string): Promise<StreamKeyRow[]> =>
  db.sql<StreamKeyRow>`/* streams.keys */
    select ${keyColumns} from stream_keys k
    where k.creator_id = ${creatorId}::uuid order by k.created_at desc, k.id desc limit ${MAX_KEYS}`

/** Those of these keys that are somebody's, in no order. */
export const listKeysById = (db: Db, creatorId: string, ids: readonly string[]): Promise<StreamKeyRow[]> =>
  db.sql<StreamKeyRow>`/* streams.keysById */
    select ${keyColumns} from stream_keys k where k.id = any(${ids}::uuid[]) and k.creator_id = ${creatorId}::uuid`
