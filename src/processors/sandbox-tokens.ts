/** What a test card does, beside what it says of itself. */
export interface TestCard {
  readonly brand: string
  readonly lastFour: string
  readonly countryCode: string
  /** Code with which saving it is refused. */
  readonly declinesSaving: string | null
  /** Code with which each charge is refused. */
  readonly declinesCharges: string | null
  readonly behaviour: CardBehaviour | null
}

/** What happens beside a charge's success or refusal. */
export type CardBehaviour =
  /** Its bank wants the person to confirm each charge. */
  | 'CONFIRMS'
  /** A charge is in processing first. */
  | 'PROCESSES'
  /** A charge is disputed after it succeeded. */
  | 'DISPUTES'
  /** A refund fails after it succeeded. */
  | 'FAILS_REFUNDS'
  /** A refund is in processing first. */
  | 'DELAYS_REFUNDS'

const card = (lastFour: string, more: Partial<TestCard> = {}): TestCard => ({
  brand: 'visa',
  lastFour,
  countryCode: 'US',
  declinesSaving: null,
  declinesCharges: null,
  behaviour: null,
  ...more,
})

const refused = (lastFour: string, code: string): TestCard =>
  card(lastFour, { declinesSaving: code, declinesCharges: code })
const failing = (lastFour: string, code: string): TestCard => card(lastFour, { declinesCharges: code })
const odd = (lastFour: string, behaviour: CardBehaviour): TestCard => card(lastFour, { behaviour })

/**
 * The test cards, under the names that Stripe gives to its own (docs.stripe.com/testing). `chargeDeclined…` cannot be saved;
 * `chargeCustomerFail…` can, and is refused at each charge, as a card is that goes bad later. Those with a word behind
 * `chargeCustomerFail` are the sandbox's own.
 */
const CARDS: Readonly<Record<string, TestCard>> = {
  pm_card_visa: card('4242'),
  pm_card_mastercard: card('4444', { brand: 'mastercard' }),
  pm_card_amex: card('8431', { brand: 'amex' }),
  pm_card_jp: card('0003', { countryCode: 'JP' }),
  pm_card_chargeDeclined: refused('0002', 'generic_decline'),
  pm_card_chargeDeclinedInsufficientFunds: refused('9995', 'insufficient_funds'),
  pm_card_chargeDeclinedExpiredCard: refused('0069', 'expired_card'),
  pm_card_chargeDeclinedProcessingError: refused('0119', 'processing_error'),
  pm_card_chargeDeclinedLostCard: refused('9987', 'lost_card'),
  pm_card_chargeDeclinedStolenCard: refused('9979', 'stolen_card'),
  pm_card_chargeCustomerFail: failing('0341', 'generic_decline'),
  pm_card_chargeCustomerFailInsufficientFunds: failing('0342', 'insufficient_funds'),
  pm_card_chargeCustomerFailExpiredCard: failing('0343', 'expired_card'),
  pm_card_chargeCustomerFailLostCard: failing('0344', 'lost_card'),
  pm_card_chargeCustomerFailProcessingError: failing('0345', 'processing_error'),
  pm_card_authenticationRequired: odd('3184', 'CONFIRMS'),
  pm_card_threeDSecure2Required: odd('3220', 'CONFIRMS'),
  pm_card_processing: odd('0346', 'PROCESSES'),
  pm_card_createDispute: odd('0259', 'DISPUTES'),
  pm_card_refundFail: odd('5126', 'FAILS_REFUNDS'),
  pm_card_pendingRefund: odd('7726', 'DELAYS_REFUNDS'),
}

/** Stripe's documentation has both spellings. */
const plain = (token: string): string => token.replace(/^pm_card_visa_(?=chargeDeclined)/, 'pm_card_')

/** The test card of this token; null for one that nobody issued. */
export const testCard = (token: string): TestCard | null => {
  const name = plain(token)
  return Object.hasOwn(CARDS, name) ? (CARDS[name] ?? null) : null
}

/** Whether this names a test card itself rather than one that was saved. */
export const isCardToken = (reference: string): boolean => reference.startsWith('pm_card_')
