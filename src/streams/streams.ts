/** The front door: live streams. */
export { streamsFollowStanding } from './airing.js'
export { serveStreaming } from './routes.js'
