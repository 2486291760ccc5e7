import { isSignedIn } from '../lib/rules.js'

/** Who may call what. */
export const rules = {
  Mutation: {
    likeContent: isSignedIn,
    unlikeContent: isSignedIn,
  },
}
