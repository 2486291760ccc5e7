import type { Db } from '../lib/db.js'
import { makeIdLoader, makeRowLoader } from '../lib/row-loader.js'
import type { RowLoader } from '../lib/row-loader.js'
import { listDisputesById, listDisputesOf } from './queries.js'
import type { DisputeRow } from './types.js'

/** What a request reads of disputes, each once. Whoever shows one asks first what the viewer may see of it. */
export interface DisputesLoaders {
  /** A dispute by id. */
  readonly dispute: RowLoader<DisputeRow>
  /** The newest dispute of a sale. */
  readonly disputeOf: RowLoader<DisputeRow>
}

/** Loaders for one request or one event. */
export const makeDisputesLoaders = (db: Db): DisputesLoaders => ({
  dispute: makeIdLoader((ids) => listDisputesById(db, ids)),
  disputeOf: makeRowLoader(
    (ids) => listDisputesOf(db, ids),
    ({ transactionId }) => transactionId,
  ),
})
