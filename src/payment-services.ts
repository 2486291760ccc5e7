import type { Config } from './env.js'
import type { Db } from './lib/db.js'
import type { PaymentServices } from './payments/types.js'
import { openProcessor } from './processors/processors.js'
import { purposes } from './purposes.js'

/** Opens who moves money: Stripe where it is configured, the sandbox otherwise; and says what is done with what it tells. */
export async function openPayments(config: Config, db: Db, secret: string): Promise<PaymentServices> {
  const processor = await openProcessor({
    stripe: config.stripe,
    db,
    secrets: [secret],
    baseUrl: config.publicUrl,
  })
  return {
    processor,
    purposes,
    payouts: { applyPayout: () => Promise.resolve(false), applyPayoutAccount: () => Promise.resolve(false) },
  }
}
