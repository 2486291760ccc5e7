import { anyone, freshly, hasSession, isSignedIn } from '../lib/rules.js'

/** Ending sessions stays open to limited accounts; whatever guards an account asks for a fresh proof of identity. */
export const rules = {
  Mutation: {
    login: anyone,
    refreshSession: anyone,
    reauthenticate: isSignedIn,
    logout: hasSession,
    logoutEverywhere: hasSession,
    revokeSession: hasSession,
    requestPasswordReset: anyone,
    resetPassword: anyone,
    changePassword: freshly(isSignedIn),
    startTotp: freshly(isSignedIn),
    confirmTotp: freshly(isSignedIn),
    disableTotp: freshly(isSignedIn),
  },
}
