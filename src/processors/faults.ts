import { randomInt } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { ProcessorUnavailable } from './errors.js'
import type { FaultRates } from './types.js'

/** What can go wrong with a call: see `FaultRates`. */
export type CallFault = 'timeout' | 'refuse' | 'decline'
/** What can go wrong with a message on its way. */
export type EventFault = 'duplicate' | 'reorder' | 'drop'
/** What is called, as faults name it. */
export type Operation =
  'customer' | 'method' | 'charge' | 'cancel' | 'refund' | 'account' | 'payout' | 'evidence' | 'find'

const RESOLUTION = 1_000_000

/** What goes wrong in the sandbox: by chance, as configured, or the next few times, as a test says. */
export class Faults {
  #rates: FaultRates
  readonly #next = new Map<string, number>()

  constructor(rates: FaultRates = {}) {
    this.#rates = rates
  }

  /** Puts other chances in place of those there are, and forgets what was to happen next. */
  set(rates: FaultRates): void {
    this.#rates = rates
    this.#next.clear()
  }

  /** Lets `fault` befall the next calls of this kind, or the next messages. */
  next(operation: Operation, fault: CallFault, times?: number): void
  next(operation: 'event', fault: EventFault, times?: number): void
  next(operation: Operation | 'event', fault: CallFault | EventFault, times = 1): void {
    this.#next.set(`${operation}:${fault}`, times)
  }

  /** Whether `fault` befalls this one; counts down what was to happen next. */
  strikes(operation: Operation | 'event', fault: CallFault | EventFault): boolean {
    const name = `${operation}:${fault}`
    const left = this.#next.get(name) ?? 0
    if (left > 0) this.#next.set(name, left - 1)
    return left > 0 || randomInt(RESOLUTION) < (this.#rates[fault] ?? 0) * RESOLUTION
  }

  /**
   * Runs a call as a bad day would have it: late, not at all, or done with its answer lost.
   * @throws ProcessorUnavailable in the last two cases, which its caller cannot tell apart
   */
  async befall<T>(operation: Operation, work: () => Promise<T>): Promise<T> {
    if (this.#rates.delay) await setTimeout(this.#rates.delay)
    if (this.strikes(operation, 'refuse')) throw new ProcessorUnavailable('the sandbox cannot be reached')
    const answer = await work()
    if (this.strikes(operation, 'timeout')) throw new ProcessorUnavailable('the sandbox did not answer in time')
    return answer
  }
}
