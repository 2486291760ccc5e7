import { listed } from '../content/content.js'
import type { Tx } from '../lib/db.js'
import type { NotificationType } from './types.js'

/** What a fan-out tells of. */
export type FanoutType = Extract<NotificationType, 'NEW_CONTENT' | 'STREAM'>

/** A post that a creator's followers and subscribers are being told of. */
export interface Fanout {
  readonly id: string
  readonly eventId: bigint
  readonly type: FanoutType
  readonly contentId: string
  readonly creatorId: string
  readonly happenedAt: Date
  readonly toldUpToId: string | null
  readonly finishedAt: Date | null
}

/** Makes the row of a fan-out; null when its event has one. */
export async function insertFanout(
  tx: Tx,
  fanout: Pick<Fanout, 'eventId' | 'type' | 'contentId' | 'creatorId' | 'happenedAt'>,
): Promise<string | null> {
  const [row] = await tx.sql<{ id: string }>`/* notifications.insertFanout */
    insert into notification_fanouts (event_id, type, content_id, creator_id, happened_at)
    select ${fanout.eventId}::bigint, lower(${fanout.type})::notification_type, c.id, c.creator_id, ${fanout.happenedAt}::timestamptz
    from content c where c.id = ${fanout.contentId}::uuid and c.creator_id = ${fanout.creatorId}::uuid
    on conflict (event_id) do nothing
    returning id::text`
  return row?.id ?? null
}

/** Holds a fan-out, so that two runs of it take turns. */
export async function getFanoutForUpdate(tx: Tx, id: string): Promise<Fanout | undefined> {
  const [row] = await tx.sql<Fanout>`/* notifications.holdFanout */
    select id::text, event_id as "eventId", upper(type::text) as type, content_id::text as "contentId", creator_id::text as "creatorId",
      happened_at as "happenedAt", told_up_to_id::text as "toldUpToId", finished_at as "finishedAt"
    from notification_fanouts where id = ${id}::uuid for update`
  return row
}

/** Whether others can still meet the post. */
export async function isStillNews(tx: Tx, { contentId, creatorId }: Fanout, now: Date): Promise<boolean> {
  const reading = { viewerId: creatorId, isAgeVerified: true, isGated: false, now }
  const rows = await tx.sql`/* notifications.isStillNews */
    select 1 as found from content c join users u on u.id = c.creator_id
    where c.id = ${contentId}::uuid and ${listed(reading)}`
  return rows.length > 0
}

const BEFORE_ALL = '00000000-0000-0000-0000-000000000000'

/**
 * The next people whom a fan-out reaches, in order of id: who followed, or had a live grant for all that subscribers see,
 * when it was published, and still do. Each side is read in its own order as far as a batch goes, and the two are merged.
 */
export async function listReach(tx: Tx, fanout: Fanout, batch: number, now: Date): Promise<string[]> {
  const { creatorId, happenedAt, toldUpToId } = fanout
  const mark = toldUpToId ?? BEFORE_ALL
  const rows = await tx.sql<{ userId: string }>`/* notifications.reach */
    select user_id::text as "userId" from (
      (
        select f.follower_id as user_id from follows f
        where f.following_id = ${creatorId}::uuid and f.follower_id > ${mark}::uuid
          and f.unfollowed_at is null and f.withdrawn_at is null and f.followed_at <= ${happenedAt}::timestamptz
        order by f.follower_id limit ${batch}::int
      )
      union
      (
        select distinct g.user_id from entitlement_grants g
        where g.creator_id = ${creatorId}::uuid and g.user_id > ${mark}::uuid
          and g.content_id is null and g.message_id is null and g.stream_id is null
          and g.revoked_at is null and g.suspended_at is null
          and g.starts_at <= ${happenedAt}::timestamptz and (g.ends_at is null or g.ends_at > ${now}::timestamptz)
        order by g.user_id limit ${batch}::int
      )
    ) reached
    order by reached.user_id limit ${batch}::int`
  return rows.map(({ userId }) => userId)
}

/** Moves the mark with those who were told. */
export const advanceFanout = (tx: Tx, id: string, toldUpToId: string, told: number): Promise<unknown> =>
  tx.notificationFanout.update({ where: { id }, data: { toldUpToId, toldCount: { increment: told } } })

export const finishFanout = (tx: Tx, id: string, now: Date): Promise<unknown> =>
  tx.notificationFanout.update({ where: { id }, data: { finishedAt: now } })
