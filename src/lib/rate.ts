/** How often something may happen: `points` within `windowSeconds` from the first charge, counted per key. */
export interface RateLimit {
  readonly name: string
  readonly points: number
  readonly windowSeconds: number
  /**
   * Where it counts. `shared` (the default): in PostgreSQL, or Redis where there is one, over all processes; for whatever
   * guards an account. `process`: in Redis where there is one, else in this process alone; for what is charged on every
   * request and may be exceeded as often as there are processes.
   */
  readonly store?: 'shared' | 'process'
}

/** What a charge left. */
export interface Allowance {
  readonly isAllowed: boolean
  readonly remaining: number
  /** Until the window ends, at least 1; meaningful when nothing remains. */
  readonly retryAfterSeconds: number
}

/** Counts what people do. Security limits live in PostgreSQL or Redis and hold across processes. */
export interface RateLimiter {
  /**
   * Charges `points` (1 by default; below zero gives back) to `key` under `limit`; never throws for want of a store: it falls
   * back in process.
   */
  charge(limit: RateLimit, key: string, points?: number): Promise<Allowance>
  /** Charges, and refuses beyond the limit. @throws LIMITED rate_limited with `retryAfterSeconds` */
  spend(limit: RateLimit, key: string, points?: number): Promise<void>
  /** Forgets what `key` spent, as after a successful sign-in. */
  forgive(limit: RateLimit, key: string): Promise<void>
}
