import type { AccountType } from '../generated/prisma/enums.js'
import type { Db, Tx } from '../lib/db.js'
import type { AnnouncementRow, NewNotice, NoticeRow } from './types.js'

/** People one statement tells: it holds their inboxes' locks until its transaction ends. */
export const DELIVERY_BATCH = 1_000

export const insertAnnouncement = (
  tx: Tx,
  announcement: { authorId: string; title: string; body: string; audience: AccountType | null },
  now: Date,
): Promise<{ id: string }> =>
  tx.announcement.create({ data: { ...announcement, publishAt: now, createdAt: now }, select: { id: true } })

/** Holds the announcement, so that two runs of its delivery take turns. */
export async function getAnnouncementForUpdate(
  tx: Tx,
  id: string,
): Promise<{ deliveredAt: Date | null; deliveredUpToId: string | null } | undefined> {
  const [row] = await tx.sql<{
    deliveredAt: Date | null
    deliveredUpToId: string | null
  }>`/* notifications.lockAnnouncement */
    select delivered_at as "deliveredAt", delivered_up_to_id::text as "deliveredUpToId"
    from announcements where id = ${id}::uuid for update`
  return row
}

/**
 * Tells the next people, in order of id, who had an account when it was announced, and moves the mark with them.
 * Answers whom.
 */
export async function deliverBatch(tx: Tx, announcementId: string, now: Date): Promise<string[]> {
  const [row] = await tx.sql<{ told: string[] | null }>`/* notifications.deliver */
    with announcement as (
      select id, audience, created_at, coalesce(delivered_up_to_id, '00000000-0000-0000-0000-000000000000') as mark
      from announcements where id = ${announcementId}::uuid
    ), batch as (
      select users.id from users, announcement
      where users.id > announcement.mark and users.created_at <= announcement.created_at and users.erased_at is null
        and (announcement.audience is null or users.account_type = announcement.audience)
      order by users.id limit ${DELIVERY_BATCH}
    ), inboxes as (
      insert into notification_inboxes (user_id, last_sequence) select id, 1 from batch
      on conflict (user_id) do update set last_sequence = notification_inboxes.last_sequence + 1
      returning user_id, last_sequence
    ), told as (
      insert into notifications (created_at, user_id, sequence, type, subject_type, subject_id, once_key)
      select ${now}::timestamptz, user_id, last_sequence, 'system_announcement', 'announcements', ${announcementId}::uuid,
        ${announcementKey(announcementId)}
      from inboxes
      returning user_id
    )
    update announcements
    set delivered_count = delivered_count + (select count(*) from told)::int,
      delivered_up_to_id = coalesce((select id from batch order by id desc limit 1), delivered_up_to_id)
    where id = ${announcementId}::uuid
    returning (select array_agg(user_id::text) from told) as told`
  return row?.told ?? []
}

/** What makes an announcement one and the same for whoever it is told to. */
export const announcementKey = (announcementId: string): string => `announcement:${announcementId}`

export const finishDelivery = (tx: Tx, id: string, now: Date): Promise<unknown> =>
  tx.announcement.update({ where: { id }, data: { deliveredAt: now } })

/** Writes a notice about a person's account, whose inbox is held, once per key; false when it was there. */
export async function insertNotice(tx: Tx, { userId, onceKey, notice }: NewNotice, now: Date): Promise<boolean> {
  const rows = await tx.sql`/* notifications.insertNotice */
    with inbox as (
      update notification_inboxes set last_sequence = last_sequence + 1
      where user_id = ${userId}::uuid and not exists (
        select from notifications where user_id = ${userId}::uuid and once_key = ${onceKey}
      )
      returning last_sequence
    )
    insert into notifications (created_at, user_id, sequence, type, once_key, payload)
    select ${now}::timestamptz, ${userId}::uuid, last_sequence, 'account', ${onceKey}, ${{ json: notice }}::jsonb from inbox
    returning 1`
  return rows.length > 0
}

/** The notice of this key, for its mail. */
export async function findNoticeByKey(db: Db, userId: string, onceKey: string): Promise<NoticeRow | null> {
  const [row] = await db.sql<NoticeRow>`/* notifications.noticeByKey */
    select n.id::text, n.sequence, n.created_at as "createdAt", n.payload, a.title, a.body
    from notifications n left join announcements a on n.subject_type = 'announcements' and a.id = n.subject_id
    where n.user_id = ${userId}::uuid and n.once_key = ${onceKey} and n.hidden_at is null and a.withdrawn_at is null`
  return row ?? null
}

/** Those of these notices that are the person's, in no order. */
export const listNoticesById = (db: Db, userId: string, ids: readonly string[]): Promise<NoticeRow[]> =>
  db.sql<NoticeRow>`/* notifications.noticesById */
    select n.id::text, n.sequence, n.created_at as "createdAt", n.payload, a.title, a.body
    from notifications n left join announcements a on n.subject_type = 'announcements' and a.id = n.subject_id
    where n.id = any(${ids}::uuid[]) and n.user_id = ${userId}::uuid
      and n.type in ('system_announcement', 'moderation_action', 'account') and n.hidden_at is null
      and a.withdrawn_at is null`

/** Announcements by id, in no order. */
export const listAnnouncementsById = (db: Db, ids: readonly string[]): Promise<AnnouncementRow[]> =>
  db.announcement.findMany({ where: { id: { in: [...ids] } } })
