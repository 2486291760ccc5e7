import assert from 'node:assert'
import type { PaymentRow, PaymentServices, Purpose } from './types.js'

/** What paying for this does. */
export function purposeOf({ purposes }: PaymentServices, { purpose }: Pick<PaymentRow, 'purpose'>): Purpose {
  const found = purposes[purpose]
  assert(found, `nobody says what paying for ${purpose} does`)
  return found
}
