import type { Db } from '../lib/db.js'
import { makeSessionsLoaders } from '../sessions/loaders.js'

/** Every domain's loaders, made for one request or one event: nothing read for one person is ever shown to another. */
export const makeLoaders = (db: Db) => ({
  ...makeSessionsLoaders(db),
})

export type Loaders = ReturnType<typeof makeLoaders>
