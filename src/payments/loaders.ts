import type { Db } from '../lib/db.js'
import { makeIdLoader } from '../lib/row-loader.js'
import type { RowLoader } from '../lib/row-loader.js'
import { listPaymentsById } from './queries.js'
import type { PaymentRow } from './types.js'

/** What a request reads of payments, each once. */
export interface PaymentsLoaders {
  /** A payment by id, whosever it is: whoever shows it asks first whether the viewer may see it. */
  readonly payment: RowLoader<PaymentRow>
}

/** Loaders for one request or one event. */
export const makePaymentsLoaders = (db: Db): PaymentsLoaders => ({
  payment: makeIdLoader((ids) => listPaymentsById(db, ids)),
})
