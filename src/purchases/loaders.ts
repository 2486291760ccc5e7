import DataLoader from 'dataloader'
import type { Db } from '../lib/db.js'
import { listPurchasesById } from './queries.js'
import type { PurchaseRow } from './types.js'

/** What a request reads of purchases, each once. */
export interface PurchasesLoaders {
  /** A purchase by id, whosever it is: whoever shows it asks first whether the viewer may see it. */
  readonly purchase: DataLoader<string, PurchaseRow | null>
}

/** Loaders for one request or one event. */
export const makePurchasesLoaders = (db: Db): PurchasesLoaders => ({
  purchase: new DataLoader(async (ids) => {
    const found = new Map((await listPurchasesById(db, ids)).map((row) => [row.id, row]))
    return ids.map((id) => found.get(id) ?? null)
  }),
})
