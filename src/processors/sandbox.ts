import assert from 'node:assert'
import { transaction } from '../lib/db.js'
import type { Db, Origin } from '../lib/db.js'
import { Faults } from './faults.js'
import { accountOutcome, chargeOutcome, payoutOutcome, refundOutcome } from './sandbox-books.js'
import type { Account, Charge, Payout, Refund } from './sandbox-books.js'
import {
  answerAction,
  cancel,
  changeMethod,
  dropMethod,
  keepMethod,
  makeCharge,
  makeCustomer,
} from './sandbox-charging.js'
import { listMovements } from './sandbox-listing.js'
import { readSandboxEvent, toSandboxNews } from './sandbox-news.js'
import {
  answerOnboarding,
  asksOwner,
  bounce,
  dropAccount,
  makeAccount,
  makePayout,
  moveAccount,
} from './sandbox-paying-out.js'
import { findEntry, findEntryByKey } from './sandbox-queries.js'
import { decide, makeRefund, open, refundAtDesk, takeEvidence } from './sandbox-returning.js'
import type { DisputeClaim } from './sandbox-returning.js'
import { settleDue, tellDue } from './sandbox-telling.js'
import { isId } from './sandbox-turn.js'
import type { Turn } from './sandbox-turn.js'
import type {
  ChargeOrder,
  ChargeOutcome,
  CustomerOrder,
  DisputeEvidence,
  FaultRates,
  MethodOrder,
  MovementKind,
  Movements,
  PayoutAccountOrder,
  PayoutAccountOutcome,
  PayoutAccountStanding,
  PayoutOrder,
  PayoutOutcome,
  Processor,
  ProcessorEvent,
  ProcessorNews,
  ReceiveEvent,
  RefundOrder,
  RefundOutcome,
  SavedMethod,
  Span,
} from './types.js'

/** How a sandbox is opened. */
export interface SandboxSettings {
  readonly db: Db
  /** What its messages are signed with: the first one signs, all are accepted. */
  readonly secrets: readonly string[]
  readonly faults?: FaultRates
  /** Where its pages are, without a slash at the end. */
  readonly baseUrl?: string
  /** How long what moves by itself takes to; at the next delivery unless said otherwise. */
  readonly settleAfterMs?: number
}

/**
 * A processor played in process. Its books are in tables of their own, written in transactions of their own, as another
 * company's would be: what it did is still done after whoever asked for it crashed. Calls are idempotent by key: a further
 * one is answered as the first, and two at the same time make one. It keeps 2 % of each charge, which never come back.
 *
 * What it does is said by what it is given: cards by their tokens (`sandbox-tokens.ts`), destinations by their country.
 *
 * | country              | destination                                                              |
 * | -------------------- | ------------------------------------------------------------------------ |
 * | `NO`                 | PENDING until its page is answered; payouts fail account_not_verified     |
 * | `XX CU IR KP SY`     | refused: country_unsupported                                             |
 * | any other            | VERIFIED at once                                                         |
 *
 * A payout in another currency than its destination's fails currency_mismatch; any other is PAID at once.
 */
export class Sandbox implements Processor {
  readonly name = 'sandbox'
  /** What goes wrong; tests say what does next. */
  readonly faults: Faults
  readonly #settings: SandboxSettings
  readonly #origin: Origin
  readonly #secrets: readonly string[]
  readonly #baseUrl: string
  readonly #settleAfterMs: number

  constructor(settings: SandboxSettings) {
    const { db, secrets, faults, baseUrl = 'https://sandbox.invalid', settleAfterMs = 0 } = settings
    assert(secrets.length > 0, 'the sandbox signs with the first of its secrets')
    this.#settings = settings
    this.faults = new Faults(faults)
    this.#origin = { db, actorId: null, sessionId: null, requestId: 'sandbox' }
    this.#secrets = secrets
    this.#baseUrl = baseUrl
    this.#settleAfterMs = settleAfterMs
  }

  createCustomer(order: CustomerOrder): Promise<{ readonly reference: string }> {
    return this.faults.befall('customer', async () => ({
      reference: await this.#inTurn((turn) => makeCustomer(turn, order)),
    }))
  }

  saveMethod(order: MethodOrder): Promise<SavedMethod> {
    return this.faults.befall('method', () => this.#inTurn((turn) => keepMethod(turn, order)))
  }

  removeMethod(reference: string): Promise<void> {
    return this.faults.befall('method', () => this.#inTurn((turn) => dropMethod(turn, reference)))
  }

  charge(order: ChargeOrder): Promise<ChargeOutcome> {
    return this.faults.befall('charge', () => {
      const isRefused = this.faults.strikes('charge', 'decline')
      return this.#inTurn((turn) => makeCharge(turn, order, isRefused))
    })
  }

  findCharge({ key }: Pick<ChargeOrder, 'intentId' | 'key' | 'customer'>): Promise<ChargeOutcome | null> {
    return this.faults.befall('find', async () => {
      const charge = await findEntryByKey<Charge>(this.#origin.db, key)
      return charge?.kind === 'CHARGE' ? chargeOutcome(charge, charge.state) : null
    })
  }

  cancelCharge(reference: string): Promise<ChargeOutcome> {
    return this.faults.befall('cancel', () => this.#inTurn((turn) => cancel(turn, reference)))
  }

  refund(order: RefundOrder): Promise<RefundOutcome> {
    return this.faults.befall('refund', () => this.#inTurn((turn) => makeRefund(turn, order)))
  }

  findRefund({ key }: RefundOrder): Promise<RefundOutcome | null> {
    return this.faults.befall('find', async () => {
      const refund = await findEntryByKey<Refund>(this.#origin.db, key)
      return refund?.kind === 'REFUND' ? refundOutcome(refund, refund.state) : null
    })
  }

  createPayoutAccount(order: PayoutAccountOrder): Promise<PayoutAccountOutcome> {
    return this.faults.befall('account', () => this.#inTurn((turn) => makeAccount(turn, order)))
  }

  findPayoutAccount(reference: string): Promise<PayoutAccountOutcome | null> {
    return this.faults.befall('find', async () => {
      const account = await findEntry<Account>(this.#origin.db, reference)
      return account?.kind === 'PAYOUT_ACCOUNT' ? accountOutcome(account) : null
    })
  }

  removePayoutAccount(reference: string): Promise<void> {
    return this.faults.befall('account', () => this.#inTurn((turn) => dropAccount(turn, reference)))
  }

  sendPayout(order: PayoutOrder): Promise<PayoutOutcome> {
    return this.faults.befall('payout', () => {
      const isRefused = this.faults.strikes('payout', 'decline')
      return this.#inTurn((turn) => makePayout(turn, order, isRefused))
    })
  }

  findPayout({ key }: PayoutOrder): Promise<PayoutOutcome | null> {
    return this.faults.befall('find', async () => {
      const payout = await findEntryByKey<Payout>(this.#origin.db, key)
      return payout?.kind === 'PAYOUT' ? payoutOutcome(payout, payout.state) : null
    })
  }

  /** Nothing: the sandbox leaves no money on the way. */
  takeBackPayout(): Promise<void> {
    return Promise.resolve()
  }

  sendEvidence(evidence: DisputeEvidence): Promise<void> {
    return this.faults.befall('evidence', () => this.#inTurn((turn) => takeEvidence(turn, evidence)))
  }

  listMovements(kind: MovementKind, span: Span, after: string | null): Promise<Movements> {
    return this.faults.befall('find', () => listMovements(this.#origin.db, kind, span, after))
  }

  readEvent(rawBody: Buffer, headers: Readonly<Record<string, string | undefined>>, now: Date): ProcessorEvent {
    return readSandboxEvent(rawBody, headers, this.#secrets, now)
  }

  toNews({ payload }: Pick<ProcessorEvent, 'type' | 'payload' | 'occurredAt'>): ProcessorNews | null {
    return toSandboxNews(payload)
  }

  /** The same sandbox, without faults, by the clock of another handle on its database. */
  inPast(db: Db): Sandbox {
    return new Sandbox({ ...this.#settings, db, faults: {} })
  }

  /**
   * Lets move on what moves by itself, and tells everything that is due, at least once.
   * @throws Error when something was not taken; it is told again later
   */
  async deliverDue(receive: ReceiveEvent): Promise<void> {
    await settleDue(this.#origin.db, (work) => this.#inTurn(work))
    await tellDue({ origin: this.#origin, faults: this.faults, secrets: this.#secrets, receive })
  }

  /** The charge whose payer is asked, or was; null when there is none of that name. */
  async findAction(reference: string): Promise<Charge | null> {
    const charge = isId(reference, 'CHARGE') ? await findEntry<Charge>(this.#origin.db, reference) : undefined
    return charge?.data.behaviour === 'CONFIRMS' ? charge : null
  }

  /** Answers the bank's question as the payer would; says where they are sent back to. */
  async confirmAction(reference: string, answer: 'succeed' | 'fail'): Promise<{ readonly returnUrl: string | null }> {
    const { data } = await this.#inTurn((turn) => answerAction(turn, reference, answer))
    return { returnUrl: data.returnUrl }
  }

  /** The destination whose owner is asked, or was; null when there is none of that name. */
  async findOnboarding(reference: string): Promise<Account | null> {
    const isAccount = isId(reference, 'PAYOUT_ACCOUNT')
    const account = isAccount ? await findEntry<Account>(this.#origin.db, reference) : undefined
    return account && asksOwner(account) ? account : null
  }

  /** Answers the bank's questions as the owner of a destination would. */
  answerOnboarding(reference: string, answer: 'succeed' | 'fail'): Promise<void> {
    return this.#inTurn((turn) => answerOnboarding(turn, reference, answer))
  }

  /** Has the payer's bank take back a charge; answers the dispute's name. */
  async openDispute(chargeReference: string, claim: DisputeClaim = {}): Promise<string> {
    const { id } = await this.#inTurn((turn) => open(turn, chargeReference, claim))
    return id
  }

  /** Decides a dispute as a bank would. */
  closeDispute(reference: string, verdict: 'WON' | 'LOST'): Promise<void> {
    return this.#inTurn((turn) => decide(turn, reference, verdict))
  }

  /** Gives back a charge as the processor's own desk would; all of it is told, and nobody here asked for it. */
  refundAtProcessor(chargeReference: string, amountMinor: bigint): Promise<RefundOutcome> {
    return this.#inTurn((turn) => refundAtDesk(turn, chargeReference, amountMinor))
  }

  /** Has the bank send back a payout. */
  failPayout(reference: string, failureCode = 'account_closed'): Promise<void> {
    return this.#inTurn((turn) => bounce(turn, reference, failureCode))
  }

  /** Has a destination stand otherwise: its owner answered the questions, or its bank closed it. */
  setPayoutAccount(reference: string, state: PayoutAccountStanding): Promise<void> {
    return this.#inTurn((turn) => moveAccount(turn, reference, state))
  }

  /** Has each further charge of a saved method be refused with `declineCode`. */
  breakMethod(reference: string, declineCode: string): Promise<void> {
    return this.#inTurn((turn) => changeMethod(turn, reference, declineCode))
  }

  /** Has each further charge of a saved method succeed. */
  mendMethod(reference: string): Promise<void> {
    return this.#inTurn((turn) => changeMethod(turn, reference, null))
  }

  #inTurn<T>(work: (turn: Turn) => Promise<T>): Promise<T> {
    const settings = { settleAfterMs: this.#settleAfterMs, baseUrl: this.#baseUrl }
    return transaction(this.#origin, (tx, now) => work({ tx, now, ...settings }))
  }
}
