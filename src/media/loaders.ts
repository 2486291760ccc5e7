import DataLoader from 'dataloader'
import type { Db } from '../lib/db.js'
import { listMediaById } from './queries.js'
import type { MediaRow } from './types.js'

export interface MediaLoaders {
  /** A file that is not deleted, by id, with what was made of it: whose it is, and who may fetch it, its reader must ask. */
  readonly media: DataLoader<string, MediaRow | null>
}

/** Loaders for one request or one event. */
export const makeMediaLoaders = (db: Db): MediaLoaders => ({
  media: new DataLoader<string, MediaRow | null>(async (ids) => {
    const rows = new Map((await listMediaById(db, ids)).map((row) => [row.id, row]))
    return ids.map((id) => rows.get(id) ?? null)
  }),
})
