import type { Tx } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { idempotently } from '../lib/idempotency.js'
import type { Remembered } from '../lib/idempotency.js'
import { checkedShortText } from '../lib/text.js'
import type { Viewer } from '../lib/viewer.js'
import {
  addMembers,
  countFanLists,
  holdFanList,
  insertFanList,
  listAddable,
  removeMembers,
  renameFanList as renameRow,
} from './list-queries.js'

/** Lists of one creator. */
export const MAX_LISTS = 100
/** People on one list; a mass message reaches no more. */
const MAX_MEMBERS = 100_000
/** People who are put on a list, or taken off it, at once. */
const MAX_AT_ONCE = 100
const MAX_NAME_LENGTH = 80
const NAME = ['input', 'name']

/** @throws INVALID invalid_input */
export const checkedName = (name: string): string => checkedShortText(name, NAME, MAX_NAME_LENGTH)

const nameTaken = (): AppError =>
  new AppError('CONFLICT', 'list_name_taken', 'There is a list of that name.', { path: NAME })

/** Makes a list. Idempotent under the key. Not audited. @throws CONFLICT list_name_taken, too_many_lists */
export async function createFanList(
  tx: Tx,
  { userId }: Viewer,
  { name, idempotencyKey }: { readonly name: string; readonly idempotencyKey: string | null },
  now: Date,
): Promise<Remembered<{ listId: string }>> {
  const call = { scope: userId, mutation: 'createFanList', key: idempotencyKey, request: { name } }
  return idempotently(tx, call, now, async () => {
    const listId = await insertFanList(tx, userId, name, now)
    if (listId === null) throw nameTaken()
    if ((await countFanLists(tx, userId)) > MAX_LISTS)
      throw new AppError('CONFLICT', 'too_many_lists', `At most ${String(MAX_LISTS)} lists.`, { path: NAME })
    return { listId }
  })
}

/** @throws NOT_FOUND node_not_found; CONFLICT list_name_taken */
export async function renameFanList(
  tx: Tx,
  { userId: creatorId }: Viewer,
  { listId, name }: { readonly listId: string; readonly name: string },
): Promise<void> {
  const outcome = await renameRow(tx, { listId, creatorId, name })
  if (outcome === 'missing') throw noSuchList()
  if (outcome === 'taken') throw nameTaken()
}

/** People, and the list that they come on or leave. */
export interface MembersChange {
  readonly listId: string
  readonly userIds: readonly string[]
}

/**
 * Puts people on a list; who is on it stays on it. Nobody is told. Not audited.
 * @throws NOT_FOUND node_not_found of the list, or of somebody who cannot be seen; INVALID invalid_input; CONFLICT list_full
 */
export async function addToFanList(
  tx: Tx,
  { userId }: Viewer,
  { listId, userIds }: MembersChange,
  now: Date,
): Promise<void> {
  const ids = checkedIds(userIds)
  const before = await holdFanList(tx, listId, userId)
  if (before === null) throw noSuchList()
  if ((await listAddable(tx, userId, ids, now)).length < ids.length)
    throw new AppError('NOT_FOUND', 'node_not_found', 'No such User.', { path: ['input', 'userIds'] })
  if (before + ids.length > MAX_MEMBERS)
    throw new AppError('CONFLICT', 'list_full', 'The list is full.', { path: ['input', 'userIds'] })
  await addMembers(tx, listId, ids, now)
}

/** Takes people off a list; who is not on it stays off it. @throws NOT_FOUND node_not_found of the list; INVALID invalid_input */
export async function removeFromFanList(
  tx: Tx,
  { userId }: Viewer,
  { listId, userIds }: MembersChange,
  now: Date,
): Promise<void> {
  const ids = checkedIds(userIds)
  if ((await holdFanList(tx, listId, userId)) === null) throw noSuchList()
  await removeMembers(tx, listId, ids, now)
}

function checkedIds(userIds: readonly string[]): string[] {
  const ids = [...new Set(userIds)]
  if (ids.length > 0 && ids.length <= MAX_AT_ONCE) return ids
  throw new AppError('INVALID', 'invalid_input', `1 to ${String(MAX_AT_ONCE)} people.`, { path: ['input', 'userIds'] })
}

export const noSuchList = (): AppError =>
  new AppError('NOT_FOUND', 'node_not_found', 'No such FanList.', { path: ['input', 'listId'] })
