import type { Decline, DeclineClass } from './types.js'

type Verdict = readonly [DeclineClass, string]

const TRY_LATER = 'Your bank declined the payment. Try again later, or use another card.'
const ASK_BANK = 'Your bank declined the payment. Ask it for the reason, or use another card.'
const USE_ANOTHER = 'This card cannot be used here. Use another one.'
const WRONG_DETAILS = 'The details of this card are not right. Enter it again, or use another one.'
const NOT_NOW = 'The payment could not be made just now. It is tried again later.'
const CONFIRM = 'Your bank wants you to confirm this payment.'

/**
 * What each refusal means for trying again. Sources: Stripe's decline codes (docs.stripe.com/declines/codes) and error codes
 * (docs.stripe.com/error-codes). The reasons for theft and fraud say no more than a plain refusal does: whoever holds the
 * card must not learn that it is known to be stolen.
 */
const VERDICTS: Readonly<Record<string, Verdict>> = {
  approve_with_id: ['RETRY_LATER', TRY_LATER],
  authentication_required: ['NEEDS_ACTION', CONFIRM],
  amount_too_large: ['NEVER', 'The amount is more than can be taken at once.'],
  amount_too_small: ['NEVER', 'The amount is less than can be taken.'],
  call_issuer: ['RETRY_LATER', ASK_BANK],
  canceled: ['NEEDS_ACTION', 'The payment was given up before it was confirmed.'],
  card_decline_rate_limit_exceeded: ['RETRY_LATER', 'This card was declined too often. Try again tomorrow.'],
  card_declined: ['RETRY_LATER', TRY_LATER],
  card_not_supported: ['NEW_METHOD', USE_ANOTHER],
  card_velocity_exceeded: ['RETRY_LATER', 'The limit of your card is reached. Try again later, or use another one.'],
  charge_already_refunded: ['NEVER', 'All of this payment was given back already.'],
  charge_disputed: ['NEVER', 'This payment is disputed; your bank decides about it.'],
  country_unsupported: ['NEVER', 'Nothing can be sent to this country.'],
  currency_not_supported: ['NEW_METHOD', 'This card cannot pay in this currency. Use another one.'],
  do_not_honor: ['RETRY_LATER', ASK_BANK],
  do_not_try_again: ['NEVER', ASK_BANK],
  duplicate_transaction: ['RETRY_LATER', 'The same amount was paid a moment ago. Look at your recent payments first.'],
  expired_card: ['NEW_METHOD', 'This card has expired. Use another one.'],
  fraudulent: ['NEVER', ASK_BANK],
  generic_decline: ['RETRY_LATER', TRY_LATER],
  incorrect_address: ['NEW_METHOD', WRONG_DETAILS],
  incorrect_cvc: ['NEW_METHOD', WRONG_DETAILS],
  incorrect_number: ['NEW_METHOD', WRONG_DETAILS],
  incorrect_pin: ['NEW_METHOD', WRONG_DETAILS],
  incorrect_zip: ['NEW_METHOD', WRONG_DETAILS],
  insufficient_funds: ['RETRY_LATER', 'There is not enough money on this card.'],
  invalid_account: ['NEW_METHOD', USE_ANOTHER],
  invalid_amount: ['NEVER', 'This amount cannot be taken in this currency.'],
  invalid_cvc: ['NEW_METHOD', WRONG_DETAILS],
  invalid_expiry_month: ['NEW_METHOD', WRONG_DETAILS],
  invalid_expiry_year: ['NEW_METHOD', WRONG_DETAILS],
  invalid_number: ['NEW_METHOD', WRONG_DETAILS],
  invalid_pin: ['NEW_METHOD', WRONG_DETAILS],
  invalid_token: ['NEW_METHOD', 'This card is not known any more. Enter it again, or use another one.'],
  issuer_not_available: ['RETRY_LATER', NOT_NOW],
  lost_card: ['NEVER', ASK_BANK],
  merchant_blacklist: ['NEVER', ASK_BANK],
  mobile_device_authentication_required: ['NEEDS_ACTION', CONFIRM],
  new_account_information_available: ['NEW_METHOD', 'Your bank has replaced this card. Enter the new one.'],
  no_action_taken: ['RETRY_LATER', TRY_LATER],
  not_permitted: ['RETRY_LATER', ASK_BANK],
  offline_pin_required: ['NEEDS_ACTION', CONFIRM],
  online_or_offline_pin_required: ['NEEDS_ACTION', CONFIRM],
  payment_intent_authentication_failure: [
    'NEEDS_ACTION',
    'The payment was not confirmed. Try again, or use another card.',
  ],
  payment_method_customer_decline: ['NEEDS_ACTION', 'The payment was not confirmed. Try again, or use another card.'],
  payment_method_not_available: ['RETRY_LATER', NOT_NOW],
  payment_method_provider_timeout: ['RETRY_LATER', NOT_NOW],
  pickup_card: ['NEVER', ASK_BANK],
  pin_try_exceeded: ['NEW_METHOD', USE_ANOTHER],
  processing_error: ['RETRY_LATER', NOT_NOW],
  reenter_transaction: ['RETRY_LATER', NOT_NOW],
  refund_exceeds_charge: ['NEVER', 'This is more than is left of the payment.'],
  restricted_card: ['NEW_METHOD', USE_ANOTHER],
  revocation_of_all_authorizations: ['NEVER', ASK_BANK],
  revocation_of_authorization: ['NEVER', ASK_BANK],
  security_violation: ['NEVER', ASK_BANK],
  service_not_allowed: ['NEW_METHOD', USE_ANOTHER],
  stolen_card: ['NEVER', ASK_BANK],
  stop_payment_order: ['NEVER', ASK_BANK],
  testmode_decline: ['NEW_METHOD', 'This is a card for tests. Use a real one.'],
  transaction_not_allowed: ['NEW_METHOD', USE_ANOTHER],
  try_again_later: ['RETRY_LATER', NOT_NOW],
  withdrawal_count_limit_exceeded: [
    'RETRY_LATER',
    'The limit of your card is reached. Try again later, or use another one.',
  ],
}

/** What a refusal means. A code that the table does not have may be tried again later, as most refusals may. */
export function toDecline(code: string): Decline {
  const [declineClass, reason] = (Object.hasOwn(VERDICTS, code) ? VERDICTS[code] : undefined) ?? [
    'RETRY_LATER',
    TRY_LATER,
  ]
  return { code, declineClass, reason }
}
