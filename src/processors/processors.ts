/** The front door: who moves money. */
export { ProcessorDeclined, ProcessorSignatureError, ProcessorUnavailable } from './errors.js'
