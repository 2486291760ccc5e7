import type { EventHandler } from './lib/relay.js'

/** Everything that is done about what was committed. */
export const eventHandlers: readonly EventHandler[] = []
