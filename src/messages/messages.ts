/** The front door: what a fan and a creator write each other. */
export { messagePurchases } from './buying.js'
export { findTold, listMassTold } from './told-queries.js'
export { messageGates } from './gates.js'
export { forgetMessagesOfErased } from './purging.js'
