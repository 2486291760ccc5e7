import { isInGoodStanding, userRowColumns } from '../accounts/accounts.js'
import type { UserRow } from '../accounts/types.js'
import { violatesUnique } from '../lib/db.js'
import type { Db, Tx } from '../lib/db.js'
import { beyond, inOrder, timeAndId } from '../lib/keyset.js'
import type { PageRequest } from '../lib/page.js'
import { fragment } from '../lib/sql.js'
import { notBlocked } from '../social/social.js'
import type { FanListRow } from './types.js'

const columns = fragment`
  l.id::text as id, l.creator_id::text as "creatorId", l.name, l.member_count as "memberCount", l.created_at as "createdAt"`

/** A creator's lists, by name, at most so many. */
export const listFanLists = (db: Db, creatorId: string, limit: number): Promise<FanListRow[]> =>
  db.sql<FanListRow>`/* messages.fanLists */
    select ${columns} from fan_lists l where l.creator_id = ${creatorId}::uuid order by l.name, l.id limit ${limit}::int`

/** Those of these lists that are the creator's, in no order. */
export const listFanListsById = (db: Db, creatorId: string, ids: readonly string[]): Promise<FanListRow[]> =>
  db.sql<FanListRow>`/* messages.fanListsById */
    select ${columns} from fan_lists l where l.id = any(${ids}::uuid[]) and l.creator_id = ${creatorId}::uuid`

export const countFanLists = (tx: Tx, creatorId: string): Promise<number> => tx.fanList.count({ where: { creatorId } })

/** Makes a list; null where there is one of that name. */
export async function insertFanList(tx: Tx, creatorId: string, name: string, now: Date): Promise<string | null> {
  const [row] = await tx.sql<{ id: string }>`/* messages.insertFanList */
    insert into fan_lists (creator_id, name, created_at, updated_at)
    values (${creatorId}::uuid, ${name}, ${now}::timestamptz, ${now}::timestamptz)
    on conflict (creator_id, name) do nothing returning id::text as id`
  return row?.id ?? null
}

/** Gives a creator's list another name: whether there is one, and whether the name was free. */
export async function renameFanList(
  tx: Tx,
  { listId, creatorId, name }: { readonly listId: string; readonly creatorId: string; readonly name: string },
): Promise<'renamed' | 'missing' | 'taken'> {
  try {
    const { count } = await tx.fanList.updateMany({ where: { id: listId, creatorId }, data: { name } })
    return count > 0 ? 'renamed' : 'missing'
  } catch (error) {
    if (violatesUnique(error, 'fan_lists_creator_id_name_key')) return 'taken'
    throw error
  }
}

/** Holds a creator's list; how many are on it, null where there is none. */
export async function holdFanList(tx: Tx, listId: string, creatorId: string): Promise<number | null> {
  const [row] = await tx.sql<{ memberCount: number }>`/* messages.holdFanList */
    select member_count as "memberCount" from fan_lists
    where id = ${listId}::uuid and creator_id = ${creatorId}::uuid for no key update`
  return row?.memberCount ?? null
}

/** Those of these people whom a creator can see, and who are in good standing. */
export async function listAddable(tx: Tx, creatorId: string, userIds: readonly string[], now: Date): Promise<string[]> {
  const rows = await tx.sql<{ id: string }>`/* messages.addable */
    select u.id::text as id from users u
    where u.id = any(${userIds}::uuid[]) and u.id <> ${creatorId}::uuid and ${isInGoodStanding(fragment`u`, now)}
      and ${notBlocked(creatorId, fragment`u.id`)}`
  return rows.map(({ id }) => id)
}

/** Puts people on a list that is held; who is on it stays on it. */
export async function addMembers(tx: Tx, listId: string, userIds: readonly string[], now: Date): Promise<void> {
  await tx.sql`/* messages.addMembers */
    with added as (
      insert into fan_list_members (list_id, user_id, created_at)
      select ${listId}::uuid, id, ${now}::timestamptz from unnest(${userIds}::uuid[]) as person (id)
      on conflict do nothing returning 1
    )
    update fan_lists set member_count = member_count + (select count(*) from added), updated_at = ${now}::timestamptz
    where id = ${listId}::uuid`
}

/** Takes people off a list that is held. */
export async function removeMembers(tx: Tx, listId: string, userIds: readonly string[], now: Date): Promise<void> {
  await tx.sql`/* messages.removeMembers */
    with removed as (
      delete from fan_list_members where list_id = ${listId}::uuid and user_id = any(${userIds}::uuid[]) returning 1
    )
    update fan_lists set member_count = member_count - (select count(*) from removed), updated_at = ${now}::timestamptz
    where id = ${listId}::uuid`
}

/** Somebody on a list. */
export type MemberRow = UserRow & { readonly addedAt: Date }

/** A page of those on a creator's list whom the creator can see, the one who was added last first. */
export const listMembers = (
  db: Db,
  { id, creatorId }: Pick<FanListRow, 'id' | 'creatorId'>,
  page: PageRequest,
): Promise<MemberRow[]> =>
  db.sql<MemberRow>`/* messages.members */
    select ${userRowColumns(fragment`u`)}, f.created_at as "addedAt"
    from fan_list_members f join users u on u.id = f.user_id
    where f.list_id = ${id}::uuid and ${isInGoodStanding(fragment`u`, fragment`app_now()`)}
      and ${notBlocked(creatorId, fragment`u.id`)}
      and ${beyond(page, fragment`f.created_at, f.user_id`, timeAndId)}
    order by ${inOrder(page, fragment`f.created_at`, fragment`f.user_id`)}
    limit ${page.limit + 1}::int`
