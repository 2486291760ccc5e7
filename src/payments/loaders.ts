import DataLoader from 'dataloader'
import type { Db } from '../lib/db.js'
import { listPaymentsById } from './queries.js'
import type { PaymentRow } from './types.js'

/** What a request reads of payments, each once. */
export interface PaymentsLoaders {
  /** A payment by id, whosever it is: whoever shows it asks first whether the viewer may see it. */
  readonly payment: DataLoader<string, PaymentRow | null>
}

/** Loaders for one request or one event. */
export const makePaymentsLoaders = (db: Db): PaymentsLoaders => ({
  payment: new DataLoader(async (ids) => {
    const found = new Map((await listPaymentsById(db, ids)).map((row) => [row.id, row]))
    return ids.map((id) => found.get(id) ?? null)
  }),
})
