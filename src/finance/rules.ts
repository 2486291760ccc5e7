import { isAdmin } from '../lib/rules.js'

/** Who may call what. */
export const rules = {
  Query: {
    financeCases: isAdmin,
    feeRates: isAdmin,
  },
  Mutation: {
    closeFinanceCase: isAdmin,
    setFeeRate: isAdmin,
  },
}
