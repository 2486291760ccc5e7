import { createHmac } from 'node:crypto'
import type { Redis } from 'ioredis'
import type pg from 'pg'
import { RateLimiterPostgres, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { RateLimiterStoreAbstract } from 'rate-limiter-flexible'
import { SECOND_MS, monotonicMs } from './clock.js'
import { AppError } from './errors.js'
import { log } from './log.js'
import { MemoryRates } from './memory-rate.js'
import type { Allowance, RateLimit, RateLimiter } from './rate.js'

/** While the store does not answer, this share of every limit holds, counted in the process: stricter, never open. */
const WITHOUT_STORE = 0.5
/** After a failure the store is left alone for this long, so that nobody waits for it on every charge. */
const STORE_REST_MS = 2 * SECOND_MS
const TABLE = 'rate_limits'

/** Where limits are counted: a pool over the table `rate_limits`, or Redis. `secret` hashes whom they count for. */
export interface RateStore {
  readonly pool?: pg.Pool
  readonly redis?: Redis
  readonly secret: Uint8Array
}

/** A limiter over Redis if there is one, else over PostgreSQL, else in the process alone. */
export const makeRateLimiter = (store: RateStore): RateLimiter => new StoreRateLimiter(store)

class StoreRateLimiter implements RateLimiter {
  readonly #store: RateStore
  readonly #limiters = new Map<string, RateLimiterStoreAbstract>()
  readonly #inProcess = new MemoryRates()
  readonly #withoutStore = new MemoryRates()
  #restsUntilMs = 0

  constructor(store: RateStore) {
    this.#store = store
  }

  async charge(limit: RateLimit, key: string, points = 1): Promise<Allowance> {
    const limiter = this.#limiterOf(limit)
    if (!limiter) return this.#inProcess.charge(limit, key, points)
    if (monotonicMs() < this.#restsUntilMs) return this.#chargeWithoutStore(limit, key, points)
    try {
      return toAllowance(await limiter.consume(this.#hashed(key), points), true)
    } catch (failure) {
      if (failure instanceof RateLimiterRes) return toAllowance(failure, false)
      this.#rest(failure)
      return this.#chargeWithoutStore(limit, key, points)
    }
  }

  async spend(limit: RateLimit, key: string, points = 1): Promise<void> {
    const { isAllowed, retryAfterSeconds } = await this.charge(limit, key, points)
    if (!isAllowed)
      throw new AppError('LIMITED', 'rate_limited', `Too many tries. Come back in ${String(retryAfterSeconds)} s.`, {
        retryAfterSeconds,
      })
  }

  async forgive(limit: RateLimit, key: string): Promise<void> {
    this.#inProcess.forgive(limit, key)
    this.#withoutStore.forgive(limit, key)
    if (monotonicMs() < this.#restsUntilMs) return
    // what cannot be forgiven now ends with its window
    await this.#limiterOf(limit)
      ?.delete(this.#hashed(key))
      .catch((failure: unknown) => {
        this.#rest(failure)
      })
  }

  /** The store's counter of a limit; none where it is counted in the process. */
  #limiterOf(limit: RateLimit): RateLimiterStoreAbstract | null {
    const { pool, redis } = this.#store
    if (!redis && (!pool || limit.store === 'process')) return null
    const known = this.#limiters.get(limit.name)
    if (known) return known
    const options = { keyPrefix: limit.name, points: limit.points, duration: limit.windowSeconds }
    const limiter = redis
      ? new RateLimiterRedis({ ...options, storeClient: redis, rejectIfRedisNotReady: true })
      : new RateLimiterPostgres({
          ...options,
          storeClient: pool,
          storeType: 'pool',
          tableName: TABLE,
          tableCreated: true,
          clearExpiredByTimeout: false,
        })
    this.#limiters.set(limit.name, limiter)
    return limiter
  }

  #rest(failure: unknown): void {
    const wasResting = monotonicMs() < this.#restsUntilMs
    this.#restsUntilMs = monotonicMs() + STORE_REST_MS
    if (!wasResting) log.warn({ err: failure }, 'rate limits: the store does not answer, counting in the process')
  }

  #chargeWithoutStore(limit: RateLimit, key: string, points: number): Allowance {
    const stricter = { ...limit, points: Math.ceil(limit.points * WITHOUT_STORE) }
    return this.#withoutStore.charge(stricter, key, points)
  }

  /** Keys are accounts and addresses; what is stored of them is a keyed hash. */
  #hashed(key: string): string {
    return createHmac('sha256', this.#store.secret).update(key).digest('base64url')
  }
}

const toAllowance = (result: RateLimiterRes, isAllowed: boolean): Allowance => ({
  isAllowed,
  remaining: result.remainingPoints,
  retryAfterSeconds: Math.max(1, Math.ceil(result.msBeforeNext / SECOND_MS)),
})
