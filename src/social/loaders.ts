import DataLoader from 'dataloader'
import type { Db } from '../lib/db.js'
import { listBlocksById, listFollowsOf, listMutesById } from './queries.js'
import type { BlockRow, FollowRow, MuteRow } from './types.js'

/** What a request reads of the viewer's followings, blocks and mutes, each once. */
export interface SocialLoaders {
  /** The viewer's following of somebody, by that person's id; null when there is none. */
  readonly follow: DataLoader<string, FollowRow | null>
  /** The viewer's own blocks by id; another's are null. */
  readonly block: DataLoader<string, BlockRow | null>
  /** The viewer's own mutes by id; another's, and those that have ended, are null. */
  readonly mute: DataLoader<string, MuteRow | null>
}

/** Loaders for one request or one event of `viewerId`, or of a stranger. */
export const makeSocialLoaders = (db: Db, viewerId: string | null): SocialLoaders => ({
  follow: ownBy(
    viewerId,
    (id, userIds) => listFollowsOf(db, id, userIds),
    ({ userId }) => userId,
  ),
  block: ownBy(
    viewerId,
    (id, ids) => listBlocksById(db, id, ids),
    ({ id }) => id,
  ),
  mute: ownBy(
    viewerId,
    (id, ids) => listMutesById(db, id, ids),
    ({ id }) => id,
  ),
})

/** Loads the viewer's own rows by a key; a stranger has none. */
const ownBy = <Row>(
  viewerId: string | null,
  read: (viewerId: string, keys: readonly string[]) => Promise<Row[]>,
  keyOf: (row: Row) => string,
): DataLoader<string, Row | null> =>
  new DataLoader<string, Row | null>(async (keys) => {
    const rows = viewerId === null ? [] : await read(viewerId, keys)
    const found = new Map(rows.map((row) => [keyOf(row), row]))
    return keys.map((key) => found.get(key) ?? null)
  })
