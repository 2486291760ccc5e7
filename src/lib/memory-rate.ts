import { LRUCache } from 'lru-cache'
import { SECOND_MS, monotonicMs } from './clock.js'
import type { Allowance, RateLimit } from './rate.js'

/** Keys that are counted at once; those charged longest ago are forgotten first, so that memory has an end. */
const MAX_KEYS = 50_000

interface Window {
  spent: number
  readonly endsAtMs: number
}

/** Counts in this process, in windows that begin with the first charge. */
export class MemoryRates {
  readonly #windows = new LRUCache<string, Window>({ max: MAX_KEYS })

  /** Charges `points` to `key` where `limit.points` may be spent. */
  charge(limit: RateLimit, key: string, points: number): Allowance {
    const window = this.#windowOf(limit, key)
    window.spent += points
    return {
      isAllowed: window.spent <= limit.points,
      remaining: Math.max(0, limit.points - window.spent),
      retryAfterSeconds: Math.max(1, Math.ceil((window.endsAtMs - monotonicMs()) / SECOND_MS)),
    }
  }

  forgive(limit: RateLimit, key: string): void {
    this.#windows.delete(`${limit.name}:${key}`)
  }

  #windowOf(limit: RateLimit, key: string): Window {
    const name = `${limit.name}:${key}`
    const known = this.#windows.get(name)
    if (known && known.endsAtMs > monotonicMs()) return known
    const window = { spent: 0, endsAtMs: monotonicMs() + limit.windowSeconds * SECOND_MS }
    this.#windows.set(name, window)
    return window
  }
}
