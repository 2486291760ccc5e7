/** The front door: how creators are paid. */
export { payoutNewsFor } from './sending.js'
