import { isSignedIn } from '../lib/rules.js'

/** Who may call what. */
export const rules = {
  Query: {
    feed: isSignedIn,
  },
}
