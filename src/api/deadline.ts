import { monotonicMs } from '../lib/clock.js'
import { AppError } from '../lib/errors.js'
import { TIMEOUTS } from '../lib/timeouts.js'

const RETRY_AFTER_SECONDS = 1

/**
 * The time that one operation has, or one event of a subscription: whoever waits is told when it is over, and nothing new
 * begins after it. What is under way then ends by the limits of its own.
 */
export class Deadline {
  readonly startedMs = monotonicMs()
  isOver = false
  readonly #late: Promise<never>
  #timer: NodeJS.Timeout | undefined

  constructor(timeoutMs: number = TIMEOUTS.operationMs) {
    this.#late = new Promise((_resolve, reject) => {
      this.#timer = setTimeout(() => {
        this.isOver = true
        reject(tookTooLong())
      }, timeoutMs).unref()
    })
    // there may be nobody who waits
    this.#late.catch(() => undefined)
  }

  /**
   * What `work` comes to, if it does in time; nobody asks after it any more otherwise.
   * @throws AppError UNAVAILABLE service_unavailable when time is up first
   */
  within<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#late])
  }

  /** Nothing is left that could be late. */
  end(): void {
    clearTimeout(this.#timer)
  }
}

const tookTooLong = (): AppError =>
  new AppError(
    'UNAVAILABLE',
    'service_unavailable',
    'This took too long, and may still be done: try again, a write under the same idempotency key.',
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  )
