/** The front door: what was paid, and what creators have of it. */
export type { EarningsLoaders } from './loaders.js'
export { getEarnings, minimumPayout } from './reading.js'
export { STATEMENTS_PATH, serveStatements } from './routes.js'
