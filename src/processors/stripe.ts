import type { Processor, StripeSettings } from './types.js'

/** Stands here until the adapter comes. */
export const openStripe = (settings: StripeSettings): Processor => {
  throw new Error(`no adapter for ${settings.secretKey.slice(0, 3)}`)
}
