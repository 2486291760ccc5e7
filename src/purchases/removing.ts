import { DAY_MS, addMs } from '../lib/clock.js'
import type { Origin } from '../lib/db.js'
import { giveBackAllOwed } from '../payments/payments.js'
import type { PaymentServices } from '../payments/types.js'
import { claimRemoved, listOfRemoved } from './queries.js'

/** How long a post has been taken down before its buyers get their money back: a mistake can be mended until then. */
const WAIT_MS = DAY_MS

/** Gives back what was paid for posts that moderation took down: all that is left of it. */
export const refundRemoved = (origin: Origin, payments: PaymentServices): Promise<void> =>
  giveBackAllOwed(origin, payments, {
    list: (tx, limit, now) => listOfRemoved(tx, addMs(now, -WAIT_MS), limit),
    claim: (tx, id, now) => claimRemoved(tx, id, addMs(now, -WAIT_MS), now),
    reason: 'The post was taken down.',
    failure: { one: 'a purchase could not be given back', many: 'purchases could not be given back' },
    idName: 'purchaseId',
  })
