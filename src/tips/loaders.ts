import DataLoader from 'dataloader'
import type { Db } from '../lib/db.js'
import { listTipsById } from './queries.js'
import type { TipRow } from './types.js'

/** What a request reads of tips, each once. */
export interface TipsLoaders {
  /** A tip by id, whosever it is: whoever shows it asks first what the viewer may see of it. */
  readonly tip: DataLoader<string, TipRow | null>
}

/** Loaders for one request or one event. */
export const makeTipsLoaders = (db: Db): TipsLoaders => ({
  tip: new DataLoader(async (ids) => {
    const found = new Map((await listTipsById(db, ids)).map((row) => [row.id, row]))
    return ids.map((id) => found.get(id) ?? null)
  }),
})
