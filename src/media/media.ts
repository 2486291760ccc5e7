/** The front door: files, from the request to upload one to the addresses under which it is fetched. */
export { addressExpiry, addressOf } from './addresses.js'
export { checkReady, holdMedia, releaseMedia } from './attaching.js'
export { fileOf, hintOf, imageOf } from './files.js'
export { serveMedia } from './routes.js'
export { openMedia } from './services.js'
export type { MediaServices } from './services.js'
