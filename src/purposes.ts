import { topUps } from './payments/payments.js'
import type { Purposes } from './payments/types.js'
import { tips } from './tips/tips.js'

/** What can be paid for, and what paying for it does. */
export const purposes: Purposes = {
  TIP: tips,
  WALLET_TOP_UP: topUps,
}
