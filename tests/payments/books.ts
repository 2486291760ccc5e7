import { DAY } from '../subscriptions/members.js'

const FEE_PERCENT = 20
const PROCESSOR_FEE_PERCENT = 2
const DISPUTE_FEE = 1_500
const EARNINGS_WAIT_DAYS = 7
export const GRACE = 3 * DAY
/** What a month costs, of either creator. */
export const MONTHLY = 500
export const PAYOUT_MINIMUM = 1_000
export const PAYOUT_LIMIT = 100_000

/** A refund that stands. */
interface GivenBack {
  readonly amount: number
  readonly fee: number
  /** Whether it closes what was bought although something of the price is left. */
  readonly closes: boolean
}

/** What somebody paid for, and what became of it. */
export interface Sale {
  readonly kind: 'tip' | 'post' | 'period'
  readonly fan: number
  readonly creator: number
  readonly gross: number
  readonly fee: number
  readonly isFromWallet: boolean
  readonly day: number
  /** By the processor's name of the refund; of the wallet's by one of our own. */
  readonly refunds: Map<string, GivenBack>
  readonly disputes: { state: 'open' | 'won' | 'lost'; amount: number; fee: number }[]
  /** Whether nothing of it is left to its buyer: it can be bought again. */
  isOver: boolean
  closedBy: 'refund' | 'dispute' | null
  /** Of a period: what it opens, which passes. */
  opens: { from: number; until: number } | null
  readonly membership: Membership | null
}

/** A subscription. */
export interface Membership {
  readonly id: string
  readonly fan: number
  readonly creator: number
  anchor: number
  number: number
  isCancelled: boolean
  endedBy: 'time' | 'refund' | 'dispute' | null
  readonly periods: Sale[]
}

interface Payout {
  readonly creator: number
  readonly amount: number
  state: 'waits' | 'paid' | 'returned'
}

const sum = (amounts: Iterable<number>): number => [...amounts].reduce((total, amount) => total + amount, 0)
const round = (value: number): number => Math.floor(value + 0.5)
const standing = ({ refunds }: Sale): number => sum([...refunds.values()].map(({ amount }) => amount))
const disputed = ({ disputes }: Sale): number =>
  sum(disputes.filter(({ state }) => state !== 'won').map(({ amount }) => amount))
const feeGiven = ({ refunds }: Sale): number => sum([...refunds.values()].map(({ fee }) => fee))
const feeHeld = ({ disputes }: Sale): number =>
  sum(disputes.filter(({ state }) => state !== 'won').map(({ fee }) => fee))
/** What can still go back of a sale. */
export const leftOf = (sale: Sale): number => sale.gross - standing(sale) - disputed(sale)
/** Whether a dispute of a sale is open. */
export const isHeld = ({ disputes }: Sale): boolean => disputes.some(({ state }) => state === 'open')

/** The fee in the first `part` of a sale. */
const feeUpTo = ({ fee, gross }: Sale, part: number): number => round((fee * part) / gross)
const within = (fee: number, amount: number): number => Math.max(0, Math.min(fee, amount))

/** The end of month `number` of `anchor`: its day of the month, or the month's last. */
function monthsAfter(anchor: number, number: number): number {
  const end = new Date(anchor)
  const day = end.getUTCDate()
  end.setUTCMonth(end.getUTCMonth() + number, 1)
  const days = new Date(Date.UTC(end.getUTCFullYear(), end.getUTCMonth() + 1, 0)).getUTCDate()
  end.setUTCDate(Math.min(day, days))
  return end.getTime()
}

/** When the period of a subscription ends that is paid. */
export const endOf = ({ anchor, number }: Membership): number => monthsAfter(anchor, number)

/** What the books should say: kept in plain numbers, by what was done, and knowing nothing of how it is done. */
export class Books {
  day = 0
  readonly wallets: number[]
  readonly sales = new Map<string, Sale>()
  readonly payouts = new Map<string, Payout>()
  readonly memberships: Membership[] = []
  readonly #creators: number
  readonly #paidTwice = new Set<Sale>()
  #toppedUp = 0
  #processorFees = 0
  #disputeFees = 0

  constructor(fans: number, creators: number) {
    this.wallets = Array.from({ length: fans }, () => 0)
    this.#creators = creators
  }

  sell(id: string, sold: Pick<Sale, 'kind' | 'fan' | 'creator' | 'gross' | 'isFromWallet'> & Partial<Sale>): Sale {
    const sale: Sale = {
      opens: null,
      membership: null,
      ...sold,
      fee: round((sold.gross * FEE_PERCENT) / 100),
      day: this.day,
      refunds: new Map(),
      disputes: [],
      isOver: false,
      closedBy: null,
    }
    if (sold.isFromWallet) this.wallets[sold.fan]! -= sold.gross
    else this.#chargeProcessor(sold.gross)
    this.sales.set(id, sale)
    return sale
  }

  topUp(fan: number, amount: number): void {
    this.wallets[fan]! += amount
    this.#toppedUp += amount
    this.#chargeProcessor(amount)
  }

  #chargeProcessor(amount: number): void {
    this.#processorFees += Math.floor((amount * PROCESSOR_FEE_PERCENT) / 100)
  }

  /** The purchase of a post that is a fan's, if there is one. */
  purchaseOf(fan: number, creator: number): Sale | undefined {
    return [...this.sales.values()].find(
      (sale) => sale.kind === 'post' && sale.fan === fan && sale.creator === creator && !sale.isOver,
    )
  }

  membershipOf(fan: number, creator: number): Membership | undefined {
    return this.memberships.find((each) => each.fan === fan && each.creator === creator && !each.endedBy)
  }

  /** A month that was paid: the first one of a subscription, or the next. */
  begin(id: string, membership: Membership, isFromWallet: boolean): void {
    const { fan, creator, periods } = membership
    const [from, until] = [periods.length === 0 ? membership.anchor : endOf(membership), 0]
    this.#refit(membership, 0)
    membership.number += 1
    const opens = { from, until }
    const sale = { kind: 'period', fan, creator, gross: MONTHLY, isFromWallet, opens, membership } as const
    periods.push(this.sell(id, sale))
    this.#refit(membership, membership.isCancelled ? 0 : GRACE)
  }

  /** Has the current period open until its end, and `more`. */
  #refit(membership: Membership, more: number): void {
    const current = membership.periods.at(-1)
    if (current?.opens && !current.closedBy) current.opens.until = endOf(membership) + more
  }

  setCancelled(membership: Membership, isCancelled: boolean): void {
    membership.isCancelled = isCancelled
    this.#refit(membership, isCancelled ? 0 : GRACE)
  }

  expire(membership: Membership): void {
    membership.endedBy = 'time'
    this.#refit(membership, 0)
  }

  /** What goes back now of a sale, and whether that closes it. */
  refund(refundId: string, sale: Sale, amount: number, revokes: boolean): void {
    const isAll = amount === leftOf(sale)
    const due = isAll ? sale.fee - feeHeld(sale) : feeUpTo(sale, standing(sale) + amount)
    const fee = within(due - feeGiven(sale), amount)
    sale.isOver ||= isAll
    sale.refunds.set(refundId, { amount, fee, closes: revokes })
    if (sale.isFromWallet) this.wallets[sale.fan]! += amount
    if (isAll || revokes) this.#close(sale, 'refund')
  }

  /** A refund that the bank sends back: something of the price is left again, and opens unless another refund keeps it closed. */
  comeBack(refundId: string, sale: Sale, now: number): void {
    sale.refunds.delete(refundId)
    // what was bought again since stays closed
    if (sale.isOver && sale.kind === 'post' && this.purchaseOf(sale.fan, sale.creator)) {
      this.#paidTwice.add(sale)
      return
    }
    sale.isOver = false
    if ([...sale.refunds.values()].some(({ closes }) => closes)) return
    const { membership, closedBy } = sale
    sale.closedBy = null
    const isCurrent = membership?.periods.at(-1) === sale && membership.endedBy === closedBy && endOf(membership) > now
    if (membership && isCurrent && !this.membershipOf(membership.fan, membership.creator)) membership.endedBy = null
  }

  #close(sale: Sale, by: 'refund' | 'dispute'): void {
    sale.closedBy ??= by
    const { membership } = sale
    if (membership && membership.periods.at(-1) === sale) membership.endedBy ??= by
  }

  openDispute(sale: Sale, claimed: number): void {
    const amount = Math.min(claimed, leftOf(sale))
    const rest = sale.fee - feeGiven(sale)
    const fromTheEnd = sale.fee - feeUpTo(sale, sale.gross - disputed(sale) - amount)
    const due = amount === leftOf(sale) ? rest : Math.min(rest, fromTheEnd)
    const fee = within(due - feeHeld(sale), amount)
    sale.disputes.push({ state: 'open', amount, fee })
  }

  closeDispute(sale: Sale, state: 'won' | 'lost'): void {
    const dispute = sale.disputes.find((each) => each.state === 'open')!
    dispute.state = state
    if (state === 'won') return
    this.#disputeFees += DISPUTE_FEE
    if (leftOf(sale) > 0) return
    sale.isOver = true
    this.#close(sale, 'dispute')
  }

  /** What waits of a creator's, and what does not; below zero is owed. */
  earningsOf(creator: number): { pending: number; due: number; inTransit: number } {
    const [waiting, over]: [Sale[], Sale[]] = [[], []]
    for (const sale of this.sales.values())
      if (sale.creator === creator) (this.day - sale.day < EARNINGS_WAIT_DAYS ? waiting : over).push(sale)
    const own = [...this.payouts.values()].filter((payout) => payout.creator === creator)
    const taken = own.filter(({ state }) => state !== 'returned')
    return {
      pending: sum(waiting.map((sale) => this.#netOf(sale))),
      due: sum(over.map((sale) => this.#netOf(sale))) - sum(taken.map(({ amount }) => amount)),
      inTransit: sum(own.filter(({ state }) => state === 'waits').map(({ amount }) => amount)),
    }
  }

  #netOf(sale: Sale): number {
    return leftOf(sale) - this.#feeOf(sale)
  }

  #feeOf(sale: Sale): number {
    return sale.fee - feeGiven(sale) - feeHeld(sale)
  }

  /** Every balance there should be, by the kind of account and whose it is; and what people have to look at. */
  balances(): Record<string, number> {
    const sales = [...this.sales.values()]
    const byCard = sales.filter(({ isFromWallet }) => !isFromWallet)
    const disputes = sales.flatMap((sale) => sale.disputes)
    const paid = [...this.payouts.values()].filter(({ state }) => state === 'paid')
    const lost = disputes.filter(({ state }) => state === 'lost')
    const wentIn = sum(byCard.map(({ gross }) => gross)) + this.#toppedUp - this.#processorFees
    const wentOut =
      sum(byCard.map(standing)) +
      sum(lost.map(({ amount }) => amount)) +
      this.#disputeFees +
      sum(paid.map(({ amount }) => amount))
    const all: [string, number][] = [
      ['platform_fees', sum(sales.map((sale) => this.#feeOf(sale)))],
      ['processor_fees', 0 - this.#processorFees - this.#disputeFees],
      ['processor_clearing', wentOut - wentIn],
      ['dispute_held', sum(disputes.filter(({ state }) => state === 'open').map(({ amount }) => amount))],
      ...this.wallets.map((balance, fan): [string, number] => [`wallet of ${String(fan)}`, balance]),
      ['cases of what was paid twice', this.#paidTwice.size],
    ]
    for (let creator = 0; creator < this.#creators; creator += 1) {
      const { pending, due, inTransit } = this.earningsOf(creator)
      all.push(
        [`pending of ${String(creator)}`, pending],
        [`available of ${String(creator)}`, Math.max(0, due)],
        [`owed of ${String(creator)}`, Math.max(0, -due)],
        [`inTransit of ${String(creator)}`, inTransit],
      )
    }
    return Object.fromEntries(all)
  }

  /** Whether a fan opens a creator's post that is sold, and the one for subscribers. */
  opens(fan: number, creator: number, now: number): { sold: boolean; forSubscribers: boolean } {
    const open = [...this.sales.values()].filter(
      (sale) => sale.fan === fan && sale.creator === creator && !sale.closedBy && !isHeld(sale),
    )
    return {
      sold: open.some(({ kind }) => kind === 'post'),
      forSubscribers: open.some(({ opens }) => opens && opens.from <= now && now < opens.until),
    }
  }

  /** Days pass. */
  wait(days: number): void {
    this.day += days
    for (const membership of this.memberships) {
      membership.anchor -= days * DAY
      for (const { opens } of membership.periods)
        if (opens) [opens.from, opens.until] = [opens.from - days * DAY, opens.until - days * DAY]
    }
  }
}
