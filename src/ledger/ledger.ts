/** The front door: what was paid, who has it now, and the books that prove it. */
export { allocate, discounted, feeGivenBack, split } from './fees.js'
export type { Returned } from './fees.js'
export {
  EARNINGS_WAIT_MS,
  postDisputeLost,
  postDisputeOpened,
  postDisputeWon,
  postPayoutPaid,
  postPayoutRequested,
  postPayoutReturned,
  postRefund,
  postRefundFailed,
  postSale,
  postTopUp,
  recordFailedAttempt,
} from './postings.js'
export type { NewSale } from './postings.js'
export {
  findSale,
  findTransaction,
  getBalances,
  getReturned,
  getWalletBalance,
  releaseEarnings,
  transactionColumns,
} from './queries.js'
