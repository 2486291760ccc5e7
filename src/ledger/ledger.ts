/** The front door: what was paid, who has it now, and the books that prove it. */
export { DEFAULT_FEE_BASIS_POINTS, allocate, discounted, feeGivenBack, fitHeld, split } from './fees.js'
export type { Hold, Returned } from './fees.js'
export {
  EARNINGS_WAIT_MS,
  postDisputeHold,
  postDisputeLost,
  postDisputeWon,
  postPayoutPaid,
  postPayoutRequested,
  postPayoutReturned,
  postProcessorFee,
  postRefund,
  postRefundFailed,
  postSale,
  postTopUp,
  priceOf,
  recordFailedAttempt,
} from './postings.js'
export type { DisputeHeld, NewSale } from './postings.js'
export { findLedgerProblems } from './problem-queries.js'
export {
  findSale,
  findTransaction,
  getBalances,
  getRefunded,
  getWalletBalance,
  hasMoney,
  releaseEarnings,
  transactionColumns,
} from './queries.js'
