import DataLoader from 'dataloader'
import type { Reading } from '../content/content.js'
import type { CategoryRow } from '../content/types.js'
import type { Db } from '../lib/db.js'
import { makeIdLoader } from '../lib/row-loader.js'
import { listCreatorCategories } from './creator-queries.js'
import { listTagsById } from './tag-queries.js'
import type { TagRow } from './types.js'

/** What a request reads of who makes what, each once. */
export interface DiscoveryLoaders {
  /** What a person says they make, by their id. */
  readonly creatorCategories: DataLoader<string, CategoryRow[]>
  /** A tag by id, where the viewer finds posts under it. */
  readonly tag: DataLoader<string, TagRow | null>
}

/** Loaders for one request or one event. */
export const makeDiscoveryLoaders = (db: Db, reading: () => Reading): DiscoveryLoaders => ({
  creatorCategories: new DataLoader(async (ids) => {
    const rows = await listCreatorCategories(db, ids)
    return ids.map((id) => rows.filter(({ userId }) => userId === id))
  }),
  tag: makeIdLoader((ids) => listTagsById(db, ids, reading())),
})
