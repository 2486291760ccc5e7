import { uuidOf } from '../lib/ids.js'
import { checkedReturnUrl } from '../lib/urls.js'
import type { PaymentDeclineRow, PaymentRow, PaymentSource } from './types.js'

/** How somebody wants to pay, as they wrote it. */
interface UncheckedSource {
  readonly paymentMethodId?: string | null | undefined
  readonly useWallet?: boolean | null | undefined
  readonly returnUrl?: string | null | undefined
}

/** @throws NOT_FOUND node_not_found; INVALID invalid_input */
export const checkedSource = (
  source: UncheckedSource | null | undefined,
  { config }: { readonly config: { readonly isProduction: boolean } },
): PaymentSource => ({
  paymentMethodId: source?.paymentMethodId
    ? uuidOf('PaymentMethod', source.paymentMethodId, ['input', 'payWith', 'paymentMethodId'])
    : null,
  useWallet: source?.useWallet === true,
  returnUrl: source?.returnUrl ? checkedReturnUrl(source.returnUrl, config, ['input', 'payWith', 'returnUrl']) : null,
})

/** Why a payment was refused; null for one that was not. */
export const declineOf = ({ state, failureCode, failureReason, declineClass }: PaymentRow): PaymentDeclineRow | null =>
  state === 'FAILED' && failureCode !== null
    ? { code: failureCode, message: failureReason ?? failureCode, declineClass: declineClass ?? 'RETRY_LATER' }
    : null
