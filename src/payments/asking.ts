import { AppError } from '../lib/errors.js'
import { ProcessorDeclined, ProcessorUnavailable } from '../processors/processors.js'
import type { Decline } from '../processors/types.js'

const RETRY_AFTER_SECONDS = 5

/**
 * Asks the processor for something that a person waits for.
 * @throws what `refused` makes of a refusal; UNAVAILABLE service_unavailable where it does not answer
 */
export async function askProcessor<T>(ask: () => Promise<T>, refused: (decline: Decline) => AppError): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof ProcessorDeclined) throw refused(error.decline)
    if (error instanceof ProcessorUnavailable)
      throw new AppError('UNAVAILABLE', 'service_unavailable', 'The processor does not answer: try again.', {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      })
    throw error
  }
}
