import type { Config } from '../env.js'
import type { Bus } from '../lib/bus.js'
import type { Database } from '../lib/db.js'
import type { RateLimiter } from '../lib/rate.js'
import type { MediaServices } from '../media/media.js'
import type { PaymentServices } from '../payments/types.js'

/** What one process has open, and every request works with. */
export interface Services {
  readonly config: Config
  readonly database: Database
  readonly bus: Bus
  /** Security limits: sign-ins, resets, mails. Holds across processes. */
  readonly limiter: RateLimiter
  /** The cost of operations: in process, or in Redis where there is one. Asked on every request. */
  readonly budget: RateLimiter
  /** Where files are, and what works on them. */
  readonly media: MediaServices
  /** Who moves money, and what for. */
  readonly payments: PaymentServices
}
