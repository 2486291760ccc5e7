import type { Db } from '../lib/db.js'
import { makeIdLoader } from '../lib/row-loader.js'
import type { RowLoader } from '../lib/row-loader.js'
import { listMediaById } from './queries.js'
import type { MediaRow } from './types.js'

export interface MediaLoaders {
  /** A file that is not deleted, by id, with what was made of it: whose it is, and who may fetch it, its reader must ask. */
  readonly media: RowLoader<MediaRow>
}

/** Loaders for one request or one event. */
export const makeMediaLoaders = (db: Db): MediaLoaders => ({
  media: makeIdLoader((ids) => listMediaById(db, ids)),
})
