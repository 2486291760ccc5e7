import { isSignedIn } from '../lib/rules.js'

/** Who may call what: everybody their own files. */
export const rules = {
  Mutation: {
    requestMediaUpload: isSignedIn,
    completeMediaUpload: isSignedIn,
    updateMedia: isSignedIn,
    deleteMedia: isSignedIn,
    setAvatar: isSignedIn,
    setBanner: isSignedIn,
  },
}
