import type { Config } from './env.js'
import type { Db } from './lib/db.js'
import type { PaymentServices } from './payments/types.js'
import { payoutNewsFor } from './payouts/payouts.js'
import { openProcessor } from './processors/processors.js'
import { purposes } from './purposes.js'

/** Opens who moves money: Stripe where it is configured, the sandbox otherwise; and says what is done with what it tells. */
export async function openPayments(config: Config, db: Db, secret: string): Promise<PaymentServices> {
  const processor = await openProcessor({
    stripe: config.stripe,
    db,
    secrets: [secret],
    baseUrl: config.publicUrl,
    ...(config.sandboxFaults && { faults: config.sandboxFaults }),
  })
  const services: PaymentServices = { processor, purposes, payouts: payoutNewsFor(() => services) }
  return services
}
