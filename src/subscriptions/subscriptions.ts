/** The front door: recurring support of creators. */
export { findRenewalAhead } from './announcing.js'
export { listGiftsOf } from './gift-queries.js'
export { subscriptionGifts } from './giving.js'
export { subscriptionPeriods } from './paying.js'
export { renewDue } from './renewing.js'
export type { SubscriptionsLoaders } from './loaders.js'
