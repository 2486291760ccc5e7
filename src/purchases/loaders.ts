import type { Db } from '../lib/db.js'
import { makeIdLoader } from '../lib/row-loader.js'
import type { RowLoader } from '../lib/row-loader.js'
import { listPurchasesById } from './queries.js'
import type { PurchaseRow } from './types.js'

/** What a request reads of purchases, each once. */
export interface PurchasesLoaders {
  /** A purchase by id, whosever it is: whoever shows it asks first whether the viewer may see it. */
  readonly purchase: RowLoader<PurchaseRow>
}

/** Loaders for one request or one event. */
export const makePurchasesLoaders = (db: Db): PurchasesLoaders => ({
  purchase: makeIdLoader((ids) => listPurchasesById(db, ids)),
})
