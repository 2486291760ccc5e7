import { currencyDigits } from '../lib/money.js'
import type { Money } from '../lib/money.js'

/** Card networks move no tenth of a cent: the last of three digits is nought (docs.stripe.com/currencies#three-decimal). */
const STEP_OF_THREE_DIGITS = 10n
const CARD_DIGITS = 2

/** Whether an amount can be moved at all in its currency: more than nothing, and whole for the networks. */
export const isMovable = ({ amountMinor, currency }: Money): boolean =>
  amountMinor > 0n && (currencyDigits(currency) <= CARD_DIGITS || amountMinor % STEP_OF_THREE_DIGITS === 0n)
