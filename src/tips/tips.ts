/** The front door: money that people give creators. */
export { sendTip, tips } from './sending.js'
export type { TipsLoaders } from './loaders.js'
