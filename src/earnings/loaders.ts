import type { Db } from '../lib/db.js'
import { makeIdLoader } from '../lib/row-loader.js'
import type { RowLoader } from '../lib/row-loader.js'
import { listRecordsById } from './queries.js'
import type { RecordRow } from './types.js'

/** What a request reads of transactions, each once. */
export interface EarningsLoaders {
  /** A transaction by id, whosever it is: whoever shows it asks first what the viewer may see of it. */
  readonly transaction: RowLoader<RecordRow>
}

/** Loaders for one request or one event. */
export const makeEarningsLoaders = (db: Db): EarningsLoaders => ({
  transaction: makeIdLoader((ids) => listRecordsById(db, ids)),
})
