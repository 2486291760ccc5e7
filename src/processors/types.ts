import type { DeclineClass, DisputeState } from '../generated/prisma/enums.js'
import { jobName } from '../lib/jobs.js'
import type { Money } from '../lib/money.js'

export type { DeclineClass, DisputeState }

/** Who can move money: ours, which plays a processor in development and tests, and the real one. */
export const PROCESSORS = ['sandbox', 'stripe'] as const
export type ProcessorName = (typeof PROCESSORS)[number]

/** A customer as the processor knows them. */
export interface CustomerOrder {
  readonly userId: string
  /** The same on every try; the processor makes one customer under it. */
  readonly key: string
}

/** A card or another way to pay, given by the processor's own token; card data never comes here. */
export interface MethodOrder {
  readonly customer: string
  /** From the processor's code in the browser: `pm_…`. */
  readonly token: string
  readonly key: string
}

/** A way to pay that was saved for later charges without the person. */
export interface SavedMethod {
  readonly reference: string
  /** `card`, `sepa_debit` and the like, in the processor's words. */
  readonly kind: string
  readonly brand: string | null
  readonly lastFour: string | null
  readonly expiryMonth: number | null
  readonly expiryYear: number | null
  readonly countryCode: string | null
  /** The same for the same card, whoever saves it. */
  readonly fingerprint: string | null
}

/** Money to be taken. */
export interface ChargeOrder {
  /** Our payment intent; the processor keeps it beside the charge and names it in its events. */
  readonly intentId: string
  /** The processor's idempotency key: one per intent, the same on every try. */
  readonly key: string
  readonly amount: Money
  readonly customer: string
  readonly method: string
  /** Whether the person is there to confirm; a renewal is charged without them. */
  readonly isPresent: boolean
  /** Where the processor sends the person back to after a confirmation; without it none can be asked for. */
  readonly returnUrl: string | null
  readonly description: string
}

/** A refusal by the processor or the bank, and what it means for trying again. */
export interface Decline {
  /** The processor's code: `insufficient_funds`. */
  readonly code: string
  readonly declineClass: DeclineClass
  /** For the payer, in English. */
  readonly reason: string
}

/** How a charge stands. */
export type ChargeOutcome =
  | {
      readonly state: 'SUCCEEDED'
      readonly reference: string
      readonly captured: Money
      /**
       * What the processor keeps of it: in another currency than the charge's where it exchanged. Null where it is not told, as
       * by Stripe's messages; `findCharge` asks again.
       */
      readonly fee: Money | null
    }
  | { readonly state: 'REQUIRES_ACTION'; readonly reference: string; readonly actionUrl: string }
  | { readonly state: 'PROCESSING'; readonly reference: string }
  | {
      readonly state: 'FAILED'
      readonly reference: string | null
      /** The processor's name of this one attempt, so that it is recorded once however often it is told. */
      readonly attempt: string
      readonly decline: Decline
    }

/** Money to be given back. */
export interface RefundOrder {
  readonly refundId: string
  readonly key: string
  /** The charge's reference. */
  readonly charge: string
  readonly amount: Money
}

/** How a refund stands. */
export interface RefundOutcome {
  readonly reference: string
  readonly state: 'PROCESSING' | 'SUCCEEDED' | 'FAILED'
  readonly failureCode: string | null
}

/** Where a creator's earnings shall be sent. */
export interface PayoutAccountOrder {
  readonly creatorId: string
  readonly key: string
  readonly countryCode: string
  readonly currency: string
  /** Where the processor sends the creator back to after its own questions. */
  readonly returnUrl: string
}

/** Whether money can be sent there. */
export type PayoutAccountStanding = 'PENDING' | 'VERIFIED' | 'DISABLED'

/** A destination as the processor keeps it. */
export interface PayoutAccountOutcome {
  readonly reference: string
  readonly state: PayoutAccountStanding
  /** What people recognise it by: `Sandbox bank ·· 6789`. */
  readonly label: string | null
  /** Where the creator answers the processor's questions; null when it has none. */
  readonly onboardingUrl: string | null
}

/** Money to be sent to a creator. */
export interface PayoutOrder {
  readonly payoutId: string
  readonly key: string
  /** The destination's reference. */
  readonly account: string
  readonly amount: Money
}

/** How a payout stands. */
export interface PayoutOutcome {
  /** Null for one that was refused outright. */
  readonly reference: string | null
  readonly state: 'PROCESSING' | 'PAID' | 'FAILED'
  readonly failureCode: string | null
  readonly failureReason: string | null
}

/** What a dispute is answered with: facts from consent, access and delivery records, no secret. */
export interface DisputeEvidence {
  /** The processor's name of the dispute. */
  readonly dispute: string
  readonly productDescription: string
  /** One fact per line, with its time. */
  readonly accessLog: string
  readonly customerName: string | null
}

/** What a processor tells of one of its objects. */
export type ProcessorNews =
  | { readonly kind: 'charge'; readonly intentId: string | null; readonly outcome: ChargeOutcome }
  | {
      readonly kind: 'refund'
      /** Ours; null for one that was made at the processor. */
      readonly refundId: string | null
      readonly charge: string
      readonly amount: Money
      readonly outcome: RefundOutcome
    }
  | {
      readonly kind: 'dispute'
      readonly reference: string
      readonly charge: string
      readonly state: DisputeState
      readonly amount: Money
      /**
       * What the processor takes for having to deal with it: in another currency than the charge's where it exchanged. Null
       * where that is not told, or is left in several currencies; what was told before then stands.
       */
      readonly fee: Money | null
      readonly reason: string
      readonly evidenceDueAt: Date | null
      readonly openedAt: Date
    }
  | { readonly kind: 'payout'; readonly payoutId: string | null; readonly outcome: PayoutOutcome }
  | { readonly kind: 'payout_account'; readonly reference: string; readonly state: PayoutAccountStanding }

/** A message of a processor whose signature holds. */
export interface ProcessorEvent {
  /** Unique at this processor: a message that comes twice is known by it. */
  readonly id: string
  readonly type: string
  /** What it is about; its messages are applied one after the other. */
  readonly objectId: string | null
  readonly occurredAt: Date
  /** As it was sent, kept for replays. */
  readonly payload: Readonly<Record<string, unknown>>
}

/** What a processor's books have a list of. A payout is what left the platform for a creator. */
export type MovementKind = 'CHARGE' | 'REFUND' | 'PAYOUT'

/** Something in a processor's books, as a reconciliation compares it with ours. */
export interface Movement {
  readonly reference: string
  /** Ours, as we named it there: the payment, the refund or the payout; null for what was not made by us. */
  readonly ownId: string | null
  readonly amount: Money
  /** `OPEN`: it has no end yet. */
  readonly state: 'SUCCEEDED' | 'FAILED' | 'OPEN'
}

/** A part of a list of movements; `next` is where to go on, null at its end. */
export interface Movements {
  readonly movements: readonly Movement[]
  readonly next: string | null
}

/** From one instant to before another. */
export interface Span {
  readonly from: Date
  readonly to: Date
}

/** Why a message is not believed. */
export type SignatureProblem = 'missing' | 'malformed' | 'stale' | 'wrong'

/** Who moves money. Every call has a limit of time; what comes after it is unknown and asked about, never guessed. */
export interface Processor {
  readonly name: ProcessorName
  createCustomer(order: CustomerOrder): Promise<{ readonly reference: string }>
  /** @throws ProcessorDeclined when the card cannot be saved */
  saveMethod(order: MethodOrder): Promise<SavedMethod>
  /** Idempotent. */
  removeMethod(reference: string): Promise<void>
  /** A second call under the same key answers as the first and moves nothing. @throws ProcessorUnavailable */
  charge(order: ChargeOrder): Promise<ChargeOutcome>
  /** How the charge of an intent stands; null when the processor has none. @throws ProcessorUnavailable */
  findCharge(order: Pick<ChargeOrder, 'intentId' | 'key' | 'customer'>): Promise<ChargeOutcome | null>
  /** Gives up a charge that waits for its payer; answers how it then stands: FAILED `canceled`, or as it ended before. */
  cancelCharge(reference: string): Promise<ChargeOutcome>
  /**
   * @throws ProcessorUnavailable
   * @throws ProcessorDeclined when it cannot be done: `refund_exceeds_charge`, `charge_already_refunded`, `charge_disputed`
   */
  refund(order: RefundOrder): Promise<RefundOutcome>
  findRefund(order: RefundOrder): Promise<RefundOutcome | null>
  /** @throws ProcessorDeclined for a country or currency that nothing is sent to */
  createPayoutAccount(order: PayoutAccountOrder): Promise<PayoutAccountOutcome>
  /** With `returnUrl`, one that is PENDING has a fresh address for the processor's questions: each works once, for minutes. */
  findPayoutAccount(reference: string, returnUrl?: string): Promise<PayoutAccountOutcome | null>
  /** Idempotent. */
  removePayoutAccount(reference: string): Promise<void>
  /** @throws ProcessorUnavailable */
  sendPayout(order: PayoutOrder): Promise<PayoutOutcome>
  findPayout(order: PayoutOrder): Promise<PayoutOutcome | null>
  /**
   * Brings home the money of a payout that failed after it was sent, which Stripe leaves at the destination. To be called when
   * a payout is told to have FAILED, before its amount is the creator's again. Idempotent; nothing for one that did not fail.
   * @throws ProcessorUnavailable
   */
  takeBackPayout(order: PayoutOrder): Promise<void>
  /** Idempotent; nothing for a dispute that takes no more evidence. */
  sendEvidence(evidence: DisputeEvidence): Promise<void>
  /** What was begun within a span, in an order of the processor's own; `after` is the `next` of the part before. @throws ProcessorUnavailable */
  listMovements(kind: MovementKind, span: Span, after: string | null): Promise<Movements>
  /**
   * Reads a message from its raw bytes and headers.
   * @throws ProcessorSignatureError when it is not the processor's, or too old
   */
  readEvent(rawBody: Buffer, headers: Readonly<Record<string, string | undefined>>, now: Date): ProcessorEvent
  /** What a message says, or null where it concerns nothing that is kept here. Pure: a replay reads the same. */
  toNews(event: Pick<ProcessorEvent, 'type' | 'payload' | 'occurredAt'>): ProcessorNews | null
}

/** Where the sandbox sends its messages: the raw bytes and headers that a webhook would have. Returns once they are kept. */
export type ReceiveEvent = (rawBody: Buffer, headers: Readonly<Record<string, string>>) => Promise<void>

/** What goes wrong on demand: chances from 0 to 1, and how long each answer waits. */
export interface FaultRates {
  /** A message comes twice. */
  readonly duplicate?: number
  /** A message comes after later ones. */
  readonly reorder?: number
  /** A message never comes. */
  readonly drop?: number
  /** It is done, and the answer never comes. */
  readonly timeout?: number
  /** Nothing is done, and there is no answer. */
  readonly refuse?: number
  /** The bank says no. */
  readonly decline?: number
  /** Milliseconds before each answer. */
  readonly delay?: number
}

/** How Stripe is reached. */
export interface StripeSettings {
  readonly secretKey: string
  /** Newest first; all are accepted. */
  readonly webhookSecrets: readonly string[]
  /** Instead of Stripe's own address, for tests: `http://127.0.0.1:12111`. */
  readonly apiBase?: string
}

/** Tells what the sandbox has to tell, and lets move what moves by itself. */
export const deliverSandboxEventsJob = jobName<Record<string, never>>('processors.deliver_sandbox_events')
