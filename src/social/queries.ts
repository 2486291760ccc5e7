import { isBlocking, isInGoodStanding, userRowColumns } from '../accounts/accounts.js'
import type { AccountStatus, UserRow } from '../accounts/types.js'
import type { NotificationChannel, NotificationType } from '../generated/prisma/enums.js'
import type { Db, Tx } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import type { Fragment, SqlPart } from '../lib/sql.js'
import { notBlocked } from './bond-queries.js'
import type { BlockRow, FollowRow, MuteRow } from './types.js'

/**
 * Makes whoever changes something between two people take turns, and whoever counts what one of them does: held until the
 * transaction ends. First the one, then the pair, so that nobody waits in a ring.
 */
export async function lockPair(tx: Tx, actorId: string, otherId: string): Promise<void> {
  const [first, second] = actorId < otherId ? [actorId, otherId] : [otherId, actorId]
  await tx.sql`/* social.lockPair */
    select pg_advisory_xact_lock(hashtextextended('social:' || ${actorId}::text, 0))::text,
      pg_advisory_xact_lock(hashtextextended('social:' || ${first}::text || ':' || ${second}::text, 0))::text`
}

/** A person as they are while the transaction lasts: their standing cannot change. */
export interface HeldPerson {
  readonly id: string
  readonly accountStatus: AccountStatus
  readonly suspendedUntil: Date | null
}

/** Holds these people against changes of their standing, in order of id; erased ones are missing. */
export const holdPeople = (tx: Tx, ids: readonly string[]): Promise<HeldPerson[]> =>
  tx.sql`/* social.holdPeople */
    select u.id::text as id, upper(u.account_status::text) as "accountStatus", u.suspended_until as "suspendedUntil"
    from users u where u.id = any(${ids}::uuid[]) and u.erased_at is null
    order by u.id for share`

/** A following as it is stored, whether it lasts or not. */
export interface StoredFollow {
  readonly id: string
  readonly unfollowedAt: Date | null
  readonly withdrawnAt: Date | null
  readonly notifiedAt: Date | null
}

/** What is between two people, and how many the first follows. */
export interface PairState {
  readonly blocks: boolean
  readonly isBlocked: boolean
  readonly follow: StoredFollow | null
  readonly followingCount: number
}

export async function findPair(tx: Tx, actorId: string, otherId: string): Promise<PairState> {
  type Row = Omit<PairState, 'follow'> & Omit<StoredFollow, 'id'> & { readonly id: string | null }
  const [row] = await tx.sql<Row>`/* social.pair */
    select ${isBlocking(actorId, otherId)} as blocks, ${isBlocking(otherId, actorId)} as "isBlocked",
      f.id::text as id, f.unfollowed_at as "unfollowedAt", f.withdrawn_at as "withdrawnAt", f.notified_at as "notifiedAt",
      coalesce((select following_count from user_counters where user_id = ${actorId}::uuid), 0) as "followingCount"
    from (values (1)) one
    left join follows f on f.follower_id = ${actorId}::uuid and f.following_id = ${otherId}::uuid`
  if (!row) throw new Error('a row without a table always is there')
  const { id, unfollowedAt, withdrawnAt, notifiedAt, ...state } = row
  return { ...state, follow: id === null ? null : { id, unfollowedAt, withdrawnAt, notifiedAt } }
}

/** Begins a following, or begins it again. */
export async function insertFollow(
  tx: Tx,
  follow: { readonly followerId: string; readonly followingId: string; readonly notifiedAt: Date },
  now: Date,
): Promise<void> {
  await tx.sql`/* social.follow */
    insert into follows (follower_id, following_id, followed_at, notified_at, created_at)
    values (
      ${follow.followerId}::uuid, ${follow.followingId}::uuid, ${now}::timestamptz, ${follow.notifiedAt}::timestamptz,
      ${now}::timestamptz
    )
    on conflict (follower_id, following_id) do update
    set followed_at = excluded.followed_at, notified_at = excluded.notified_at, unfollowed_at = null, withdrawn_at = null`
}

/** Brings back a following that was withdrawn, since when it was. */
export const reinstateFollow = (tx: Tx, id: string): Promise<unknown> =>
  tx.follow.update({ where: { id }, data: { withdrawnAt: null }, select: { id: true } })

export const endFollow = (tx: Tx, id: string, now: Date): Promise<unknown> =>
  tx.follow.update({ where: { id }, data: { unfollowedAt: now }, select: { id: true } })

/** Ends following both ways, also one that is withdrawn now: it shall not come back. */
export async function endFollowsBetween(tx: Tx, one: string, other: string, now: Date): Promise<void> {
  await tx.sql`/* social.endFollows */
    update follows set unfollowed_at = ${now}::timestamptz
    where unfollowed_at is null and (
      follower_id = ${one}::uuid and following_id = ${other}::uuid
      or follower_id = ${other}::uuid and following_id = ${one}::uuid
    )`
}

export const setNotificationsEnabled = (tx: Tx, followId: string, notificationsEnabled: boolean): Promise<unknown> =>
  tx.follow.update({ where: { id: followId }, data: { notificationsEnabled }, select: { id: true } })

/** What is wanted of one type on one channel; null for as with everybody. */
export interface WantedPreference {
  readonly type: NotificationType
  readonly channel: NotificationChannel
  readonly enabled: boolean | null
}

/** Sets these preferences of a following and leaves the others. */
export async function setPreferences(tx: Tx, followId: string, wanted: readonly WantedPreference[]): Promise<void> {
  for (const { type, channel, enabled } of wanted) {
    const key = { followId, type, channel }
    if (enabled === null) await tx.followPreference.deleteMany({ where: key })
    else
      await tx.followPreference.upsert({
        where: { followId_type_channel: key },
        create: { ...key, enabled },
        update: { enabled },
        select: { id: true },
      })
  }
}

/** Blocks, and keeps the note there is where none is given; answers whether it is a new block. */
export async function upsertBlock(
  tx: Tx,
  block: { readonly blockerId: string; readonly blockedId: string; readonly note: string | null },
  now: Date,
): Promise<boolean> {
  const [row] = await tx.sql<{ isNew: boolean }>`/* social.block */
    insert into blocks (blocker_id, blocked_id, reason, created_at)
    values (${block.blockerId}::uuid, ${block.blockedId}::uuid, ${block.note}::text, ${now}::timestamptz)
    on conflict (blocker_id, blocked_id) do update set reason = coalesce(excluded.reason, blocks.reason)
    returning xmax = 0 as "isNew"`
  return row?.isNew ?? false
}

/** Answers whether there was a block. */
export async function deleteBlock(tx: Tx, blockerId: string, blockedId: string): Promise<boolean> {
  return (await tx.block.deleteMany({ where: { blockerId, blockedId } })).count > 0
}

export const countBlocks = (tx: Tx, blockerId: string): Promise<number> => tx.block.count({ where: { blockerId } })

/** Mutes until `expiresAt`; one that had ended begins anew. */
export async function upsertMute(
  tx: Tx,
  mute: { readonly muterId: string; readonly mutedId: string; readonly expiresAt: Date | null },
  now: Date,
): Promise<void> {
  await tx.sql`/* social.mute */
    insert into mutes (muter_id, muted_id, expires_at, created_at)
    values (${mute.muterId}::uuid, ${mute.mutedId}::uuid, ${mute.expiresAt}::timestamptz, ${now}::timestamptz)
    on conflict (muter_id, muted_id) do update
    set expires_at = excluded.expires_at,
      created_at = case when mutes.expires_at <= excluded.created_at then excluded.created_at else mutes.created_at end`
}

/** Answers whether there was a mute, ended or not. */
export async function deleteMute(tx: Tx, muterId: string, mutedId: string): Promise<boolean> {
  return (await tx.mute.deleteMany({ where: { muterId, mutedId } })).count > 0
}

/** How many somebody mutes beside one; those whose time is over are deleted first. */
export async function countOtherMutes(tx: Tx, muterId: string, mutedId: string, now: Date): Promise<number> {
  await tx.mute.deleteMany({ where: { muterId, expiresAt: { lte: now }, mutedId: { not: mutedId } } })
  return await tx.mute.count({ where: { muterId, mutedId: { not: mutedId } } })
}

/** One of the two ends of a following. */
export type FollowEnd = 'followers' | 'following'

/** Whose list it is, and who is in it. */
const ENDS: Readonly<Record<FollowEnd, { readonly owner: Fragment; readonly listed: Fragment }>> = {
  followers: { owner: fragment`f.following_id`, listed: fragment`f.follower_id` },
  following: { owner: fragment`f.follower_id`, listed: fragment`f.following_id` },
}

/** Somebody in a list of followers or of those followed. */
export type ListedUser = UserRow & { readonly followId: string; readonly followedAt: Date }

/**
 * A page of a person's followers, or of those they follow, as that person may see them: the newest first, one row more than
 * its limit when others follow.
 */
export const listFollows = (
  db: Db,
  end: FollowEnd,
  ownerId: string,
  page: PageRequest,
  now: Date,
): Promise<ListedUser[]> =>
  db.sql<ListedUser>`/* social.follows */
    select ${userRowColumns(fragment`u`)}, f.id::text as "followId", f.followed_at as "followedAt"
    from follows f join users u on u.id = ${ENDS[end].listed}
    where ${ENDS[end].owner} = ${ownerId}::uuid and f.unfollowed_at is null and f.withdrawn_at is null
      and ${isInGoodStanding(fragment`u`, now)} and ${notBlocked(ownerId, fragment`u.id`)}
      and ${beyond(page, fragment`f.followed_at, f.id`, timeAndId)}
    order by ${inOrder(page, fragment`f.followed_at`, fragment`f.id`)}
    limit ${page.limit + 1}::int`

const blockColumns = fragment`
  b.id::text as id, b.blocked_id::text as "blockedId", b.reason as note, b.created_at as "blockedAt"`

const muteColumns = fragment`
  m.id::text as id, m.muted_id::text as "mutedId", m.created_at as "mutedAt", m.expires_at as "expiresAt"`

const hasNotEnded = (now: SqlPart): Fragment => fragment`(m.expires_at is null or m.expires_at > ${now}::timestamptz)`

/** A page of whom a person blocks, the newest first, one row more than its limit when others follow. */
export const listBlocks = (db: Db, blockerId: string, page: PageRequest): Promise<BlockRow[]> =>
  db.sql<BlockRow>`/* social.blocks */
    select ${blockColumns}
    from blocks b where b.blocker_id = ${blockerId}::uuid and ${beyond(page, fragment`b.created_at, b.id`, timeAndId)}
    order by ${inOrder(page, fragment`b.created_at`, fragment`b.id`)}
    limit ${page.limit + 1}::int`

/** A page of whom a person mutes now, the newest first, one row more than its limit when others follow. */
export const listMutes = (db: Db, muterId: string, page: PageRequest, now: Date): Promise<MuteRow[]> =>
  db.sql<MuteRow>`/* social.mutes */
    select ${muteColumns}
    from mutes m
    where m.muter_id = ${muterId}::uuid and ${hasNotEnded(now)}
      and ${beyond(page, fragment`m.created_at, m.id`, timeAndId)}
    order by ${inOrder(page, fragment`m.created_at`, fragment`m.id`)}
    limit ${page.limit + 1}::int`

/** Those of these blocks that are the person's, in no order. */
export const listBlocksById = (db: Db, blockerId: string, ids: readonly string[]): Promise<BlockRow[]> =>
  db.sql<BlockRow>`/* social.blocksById */
    select ${blockColumns} from blocks b where b.id = any(${ids}::uuid[]) and b.blocker_id = ${blockerId}::uuid`

/** Those of these mutes that are the person's and have not ended, in no order. */
export const listMutesById = (db: Db, muterId: string, ids: readonly string[]): Promise<MuteRow[]> =>
  db.sql<MuteRow>`/* social.mutesById */
    select ${muteColumns}
    from mutes m
    where m.id = any(${ids}::uuid[]) and m.muter_id = ${muterId}::uuid and ${hasNotEnded(fragment`app_now()`)}`

/** The viewer's followings of these people that last, in no order. */
export const listFollowsOf = (db: Db, viewerId: string, userIds: readonly string[]): Promise<FollowRow[]> =>
  db.sql<FollowRow>`/* social.followsOf */
    select f.following_id::text as "userId", f.followed_at as "followedAt",
      f.notifications_enabled as "notificationsEnabled",
      coalesce((
        select jsonb_agg(
          jsonb_build_object('type', upper(p.type::text), 'channel', upper(p.channel::text), 'enabled', p.enabled)
          order by p.type, p.channel
        )
        from follow_preferences p where p.follow_id = f.id
      ), '[]') as preferences
    from follows f
    where f.follower_id = ${viewerId}::uuid and f.following_id = any(${userIds}::uuid[])
      and f.unfollowed_at is null and f.withdrawn_at is null`
