/** The front door: money that people give creators. */
export { findTip } from './queries.js'
export { tips } from './sending.js'
export type { TipsLoaders } from './loaders.js'
