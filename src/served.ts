import { resolvers, rules } from './api/resolvers.js'
import { buildSchema, readContract } from './api/schema.js'
import type { Served } from './server.js'
import { authenticate } from './sessions/sessions.js'

/** What the platform serves: the contract with the domains behind it, to whoever the sessions recognise. */
export const served: Served = {
  schema: buildSchema({ typeDefs: readContract(), resolvers, rules }),
  authenticate,
}
