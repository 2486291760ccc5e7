import DataLoader from 'dataloader'
import type { Db } from '../lib/db.js'
import { listRecordsById } from './queries.js'
import type { RecordRow } from './types.js'

/** What a request reads of transactions, each once. */
export interface EarningsLoaders {
  /** A transaction by id, whosever it is: whoever shows it asks first what the viewer may see of it. */
  readonly transaction: DataLoader<string, RecordRow | null>
}

/** Loaders for one request or one event. */
export const makeEarningsLoaders = (db: Db): EarningsLoaders => ({
  transaction: new DataLoader(async (ids) => {
    const found = new Map((await listRecordsById(db, ids)).map((row) => [row.id, row]))
    return ids.map((id) => found.get(id) ?? null)
  }),
})
