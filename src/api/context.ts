import type { Config } from '../env.js'
import type { Bus } from '../lib/bus.js'
import type { Db, Origin } from '../lib/db.js'
import type { RateLimiter } from '../lib/rate.js'
import type { Asking, Viewer } from '../lib/viewer.js'
import type { MediaServices } from '../media/media.js'
import type { PaymentServices } from '../payments/types.js'
import { makeLoaders } from './loaders.js'
import type { Loaders } from './loaders.js'
import type { Services } from './services.js'

/** Where a request came from. */
export interface Client {
  /** The address: the peer's, or what a configured proxy forwarded. */
  readonly ip: string
  readonly userAgent: string
}

/** What resolvers work with; made anew for each request, and for each event of a subscription. */
export interface Context extends Origin, Asking {
  readonly loaders: Loaders
  readonly bus: Bus
  readonly limiter: RateLimiter
  readonly client: Client
  readonly config: Config
  readonly media: MediaServices
  readonly payments: PaymentServices
  /** Of a subscription: aborted when it ends. */
  readonly signal?: AbortSignal
}

/** Who asks, and when: read from the session's row by one statement. */
export interface Authenticated {
  readonly viewer: Viewer | null
  readonly now: Date
  readonly tokenExpiresAt: Date | null
}

/**
 * Reads who a bearer token stands for; a stranger without one.
 * @throws UNAUTHENTICATED invalid_token
 */
export type Authenticate = (db: Db, accessToken: string | null) => Promise<Authenticated>

/** What is known of a request before anybody is asked who it is. */
export interface Asked {
  readonly requestId: string
  readonly client: Client
  readonly signal?: AbortSignal
}

/** The context of one request or event, with loaders of its own. */
export function makeContext(
  { config, database, bus, limiter, media, payments }: Services,
  { requestId, client, signal }: Asked,
  { viewer, now }: Authenticated,
): Context {
  // field by field: spreading a whole request into it takes twenty times as long as all the rest of this
  const context: { -readonly [Name in keyof Context]: Context[Name] } = {
    requestId,
    client,
    db: database.db,
    actorId: viewer?.userId ?? null,
    sessionId: viewer?.sessionId ?? null,
    viewer,
    now,
    loaders: null as unknown as Loaders,
    bus,
    limiter,
    config,
    advance: (later) => {
      if (later > context.now) context.now = later
    },
    media,
    payments,
  }
  context.loaders = makeLoaders(database.db, context)
  return signal ? Object.assign(context, { signal }) : context
}
