/** The front door: recurring support of creators. */
export { subscriptionPeriods } from './paying.js'
export { renewDue } from './renewing.js'
export type { SubscriptionsLoaders } from './loaders.js'
