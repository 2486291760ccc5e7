import { handlers as comments } from './comments/handlers.js'
import type { EventHandler } from './lib/relay.js'
import { handlers as subscriptions } from './subscriptions/handlers.js'
import { handlers as notifications } from './notifications/handlers.js'
import { handlers as streams } from './streams/handlers.js'
import { handlers as webhooks } from './webhooks/handlers.js'

/** Everything that is done about what was committed. */
export const eventHandlers: readonly EventHandler[] = [
  ...comments,
  ...notifications,
  ...subscriptions,
  ...streams,
  ...webhooks,
]
