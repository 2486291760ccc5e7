import { anyone, freshly, hasSession, isAdmin, isSignedIn, isStaff } from '../lib/rules.js'

/** Who may call what. A limited account reads about itself and can bring itself back. */
export const rules = {
  Query: {
    viewer: anyone,
    user: anyone,
    users: isStaff,
  },
  Subscription: {
    viewerChanged: hasSession,
  },
  Mutation: {
    register: anyone,
    verifyEmail: anyone,
    resendVerification: isSignedIn,
    changeEmail: freshly(isSignedIn),
    updateProfile: isSignedIn,
    becomeCreator: isSignedIn,
    submitAgeVerification: isSignedIn,
    reviewAgeVerification: isStaff,
    setAccountStatus: isStaff,
    setAccountType: isAdmin,
    deleteAccount: isSignedIn,
    restoreAccount: hasSession,
  },
  User: {
    staffView: isStaff,
  },
}
