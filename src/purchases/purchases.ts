/** The front door: what is bought singly. */
export { PURCHASES, alreadyBought, contentPurchases, purchaseContent, purchaseReversals } from './buying.js'
export { attachPayment, findLivePurchase, findPaidPurchase, insertPurchase, updatePurchase } from './queries.js'
export type { PurchasesLoaders } from './loaders.js'
