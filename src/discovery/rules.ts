import { anyone, isCreator, isSignedIn } from '../lib/rules.js'

/** Who may call what. */
export const rules = {
  Query: {
    feed: isSignedIn,
    explore: anyone,
    creators: anyone,
    search: anyone,
    tags: anyone,
  },
  Mutation: {
    setCreatorCategories: isCreator,
  },
}
