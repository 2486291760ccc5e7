import type { Decline, SignatureProblem } from './types.js'

/** The processor refused, and will refuse the same again. */
export class ProcessorDeclined extends Error {
  readonly decline: Decline

  constructor(decline: Decline) {
    super(decline.reason)
    this.name = 'ProcessorDeclined'
    this.decline = decline
  }
}

/** Nobody knows whether it was done: the processor did not answer, or not in a way that says. Ask it, never guess. */
export class ProcessorUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ProcessorUnavailable'
  }
}

/** A message that is not the processor's, or was sent again by somebody else. */
export class ProcessorSignatureError extends Error {
  readonly problem: SignatureProblem

  constructor(problem: SignatureProblem) {
    super(`the signature is ${problem}`)
    this.name = 'ProcessorSignatureError'
    this.problem = problem
  }
}

/** A message that the processor signed, and that is no event: sent again it is none either. */
export class ProcessorEventError extends Error {
  readonly problem: string

  constructor(problem: string) {
    super(`the message is no event: ${problem}`)
    this.name = 'ProcessorEventError'
    this.problem = problem
  }
}
