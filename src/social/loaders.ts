import DataLoader from 'dataloader'
import type { Db } from '../lib/db.js'
import { listFollowsOf } from './queries.js'
import type { FollowRow } from './types.js'

/** What a request reads of the viewer's followings, each once. */
export interface SocialLoaders {
  /** The viewer's following of somebody, by that person's id; null when there is none. */
  readonly follow: DataLoader<string, FollowRow | null>
}

/** Loaders for one request or one event of `viewerId`, or of a stranger. */
export const makeSocialLoaders = (db: Db, viewerId: string | null): SocialLoaders => ({
  follow: new DataLoader<string, FollowRow | null>(async (userIds) => {
    const rows = viewerId === null ? [] : await listFollowsOf(db, viewerId, userIds)
    const found = new Map(rows.map((row) => [row.userId, row]))
    return userIds.map((id) => found.get(id) ?? null)
  }),
})
