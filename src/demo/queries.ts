import type { Db, Tx } from '../lib/db.js'
import type { NoticeRows } from './notices.js'
import type { PeopleRows } from './rows.js'
import type { DemoFollow } from './world.js'

/** Whether this person is in the database, in whatever state. */
export const hasUser = async (db: Db, id: string): Promise<boolean> => (await db.user.count({ where: { id } })) > 0

/** Makes the months that the world's past lies in, so that nothing of it falls into the default partitions. */
export async function makePastPartitions(tx: Tx, months: number): Promise<void> {
  await tx.sql`/* demo.partitions */ select app_make_partitions(0, ${months}::int)`
}

export const insertUsers = (tx: Tx, { users }: PeopleRows): Promise<unknown> => tx.user.createMany({ data: users })

/** What stands beside the people's rows and their keys. */
export async function insertAccounts(tx: Tx, rows: PeopleRows): Promise<void> {
  await tx.userProfile.createMany({ data: rows.profiles })
  await tx.userSession.createMany({ data: rows.sessions })
  await tx.refreshToken.createMany({ data: rows.refreshTokens })
  await tx.ageVerification.createMany({ data: rows.ageVerifications })
}

/** Thousands of rows, of which Prisma would make a statement with five times as many parameters. */
export async function insertFollows(tx: Tx, follows: readonly DemoFollow[]): Promise<void> {
  await tx.sql`/* demo.follows */
    insert into follows (id, follower_id, following_id, followed_at, unfollowed_at, created_at)
    select id, follower_id, following_id, followed_at, unfollowed_at, followed_at
    from unnest(
      ${follows.map(({ id }) => id)}::uuid[],
      ${follows.map(({ followerId }) => followerId)}::uuid[],
      ${follows.map(({ followingId }) => followingId)}::uuid[],
      ${follows.map(({ followedAt }) => followedAt)}::timestamptz[],
      ${follows.map(({ unfollowedAt }) => unfollowedAt)}::timestamptz[]
    ) as new (id, follower_id, following_id, followed_at, unfollowed_at)`
}

export async function insertNotices(tx: Tx, { announcements, inboxes, notifications }: NoticeRows): Promise<void> {
  await tx.announcement.createMany({ data: announcements })
  await tx.notificationInbox.createMany({ data: inboxes })
  await tx.sql`/* demo.notices */
    insert into notifications (
      id, user_id, sequence, type, created_at, once_key, actor_id, subject_type, subject_id, payload, group_key, group_id,
      group_from, group_since, superseded_by
    )
    select
      id, user_id, sequence, type, created_at, once_key, actor_id, subject_type, subject_id, payload, group_key, group_id,
      group_from, group_since, superseded_by
    from jsonb_populate_recordset(null::notifications, ${{ json: notifications }}::jsonb)`
}
