/** The front door: what is bought singly. */
export { contentPurchases, purchaseContent } from './buying.js'
export type { PurchasesLoaders } from './loaders.js'
