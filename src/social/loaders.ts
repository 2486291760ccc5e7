import type { Db } from '../lib/db.js'
import { makeOwnLoader, makeRowLoader } from '../lib/row-loader.js'
import type { RowLoader } from '../lib/row-loader.js'
import { listBlocksById, listFollowsOf, listMutesById } from './queries.js'
import type { BlockRow, FollowRow, MuteRow } from './types.js'

/** What a request reads of the viewer's followings, blocks and mutes, each once. */
export interface SocialLoaders {
  /** The viewer's following of somebody, by that person's id; null when there is none. */
  readonly follow: RowLoader<FollowRow>
  /** The viewer's own blocks by id; another's are null. */
  readonly block: RowLoader<BlockRow>
  /** The viewer's own mutes by id; another's, and those that have ended, are null. */
  readonly mute: RowLoader<MuteRow>
}

/** Loaders for one request or one event of `viewerId`, or of a stranger. */
export const makeSocialLoaders = (db: Db, viewerId: string | null): SocialLoaders => ({
  follow: makeRowLoader(
    (userIds) => (viewerId === null ? Promise.resolve([]) : listFollowsOf(db, viewerId, userIds)),
    ({ userId }) => userId,
  ),
  block: makeOwnLoader(viewerId, (id, ids) => listBlocksById(db, id, ids)),
  mute: makeOwnLoader(viewerId, (id, ids) => listMutesById(db, id, ids)),
})
