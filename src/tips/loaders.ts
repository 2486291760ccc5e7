import type { Db } from '../lib/db.js'
import { makeIdLoader } from '../lib/row-loader.js'
import type { RowLoader } from '../lib/row-loader.js'
import { listTipsById } from './queries.js'
import type { TipRow } from './types.js'

/** What a request reads of tips, each once. */
export interface TipsLoaders {
  /** A tip by id, whosever it is: whoever shows it asks first what the viewer may see of it. */
  readonly tip: RowLoader<TipRow>
}

/** Loaders for one request or one event. */
export const makeTipsLoaders = (db: Db): TipsLoaders => ({
  tip: makeIdLoader((ids) => listTipsById(db, ids)),
})
