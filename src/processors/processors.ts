import { Sandbox } from './sandbox.js'
import type { SandboxSettings } from './sandbox.js'
import type { Processor, StripeSettings } from './types.js'

export { toDecline } from './declines.js'
export { ProcessorDeclined, ProcessorEventError, ProcessorSignatureError, ProcessorUnavailable } from './errors.js'
export { sandboxJobs } from './jobs.js'
export { Sandbox } from './sandbox.js'
export { serveSandboxPages } from './sandbox-page.js'

/** Who moves the money of a process: Stripe where it is configured, the sandbox otherwise. */
export interface ProcessorSettings extends SandboxSettings {
  readonly stripe: StripeSettings | null
}

/** Opens the processor. Stripe's code is loaded only where it is used. */
export async function openProcessor({ stripe, ...sandbox }: ProcessorSettings): Promise<Processor> {
  if (!stripe) return new Sandbox(sandbox)
  const { openStripe } = await import('./stripe.js')
  return openStripe(stripe)
}
