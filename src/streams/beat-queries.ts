import { isInGoodStanding } from '../accounts/accounts.js'
import { isOnAir } from '../content/content.js'
import type { Tx } from '../lib/db.js'
import { fragment } from '../lib/sql.js'
import { isInForce } from './watch-queries.js'
import type { Device } from './watch-queries.js'

/** A device that shows life, and until when it is present for it. */
export interface Sign extends Device {
  readonly until: Date
}

/** Holds those of these people who are in good standing and whom nobody else holds, in order of id. */
export const holdAtHand = async (tx: Tx, userIds: readonly string[], now: Date): Promise<ReadonlySet<string>> => {
  const rows = await tx.sql<{ id: string }>`/* streams.holdAtHand */
    select u.id::text as id from users u
    where u.id = any(${userIds}::uuid[]) and ${isInGoodStanding(fragment`u`, now)}
    order by u.id for no key update skip locked`
  return new Set(rows.map(({ id }) => id))
}

/** Those of these streams that are on air, which cannot end until the transaction does. */
export const holdOnAir = async (tx: Tx, streamIds: readonly string[], now: Date): Promise<ReadonlySet<string>> => {
  const rows = await tx.sql<{ id: string }>`/* streams.holdOnAir */
    select s.id::text as id from live_streams s
    where s.id = any(${streamIds}::uuid[]) and s.ended_at is null and ${isOnAir(now)}
    order by s.id for key share`
  return new Set(rows.map(({ id }) => id))
}

/**
 * Extends the presence of devices whose lease and interval last, and that are not banned; whose they are, and the streams, are
 * held. Answers which.
 */
export const extendTogether = (tx: Tx, signs: readonly Sign[], now: Date): Promise<Device[]> =>
  tx.sql<Device>`/* streams.extendTogether */
    with sign as (
      select sign.*
      from unnest(
        ${signs.map(({ streamId }) => streamId)}::uuid[],
        ${signs.map(({ userId }) => userId)}::uuid[],
        ${signs.map(({ deviceId }) => deviceId)}::text[],
        ${signs.map(({ until }) => until)}::timestamptz[]
      ) as sign (stream_id, user_id, device_id, until)
      join stream_viewer_leases l using (stream_id, user_id, device_id)
      join live_streams s on s.id = sign.stream_id
      where l.expires_at > ${now}::timestamptz and not exists (
        select from stream_sanctions c
        where c.creator_id = s.creator_id and c.user_id = sign.user_id and (c.stream_id is null or c.stream_id = s.id)
          and c.kind = 'ban' and ${isInForce(now)}
      )
    ), interval as (
      update stream_access a set present_until = greatest(a.present_until, longest.until)
      from (select stream_id, user_id, max(until) as until from sign group by stream_id, user_id) longest
      where a.stream_id = longest.stream_id and a.user_id = longest.user_id and a.left_at is null
        and a.present_until > ${now}::timestamptz
      returning a.id, a.stream_id, a.user_id
    )
    update stream_viewer_leases l
    set access_id = interval.id, beat_at = ${now}::timestamptz, expires_at = sign.until
    from sign join interval using (stream_id, user_id)
    where l.stream_id = sign.stream_id and l.user_id = sign.user_id and l.device_id = sign.device_id
    returning l.stream_id::text as "streamId", l.user_id::text as "userId", l.device_id as "deviceId"`
