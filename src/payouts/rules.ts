import { freshly, isAdmin, isCreator } from '../lib/rules.js'

/** Who may call what. */
export const rules = {
  Query: {
    payouts: isAdmin,
  },
  Mutation: {
    addPayoutAccount: freshly(isCreator),
    removePayoutAccount: freshly(isCreator),
    setDefaultPayoutAccount: freshly(isCreator),
    requestPayout: isCreator,
    decidePayout: isAdmin,
    holdPayouts: isAdmin,
    releasePayoutHold: isAdmin,
  },
}
